//! Model of an IATI 2.03 activity, as far as the catalogue supports it, for export and import.
//! Codes are those of the IATI codelists.

use chrono::{DateTime, NaiveDate, Utc};

use crate::programmes::reporting::AidType;

/// XML namespace of the extension attributes and elements.
pub const KINOTEKA_NAMESPACE: &str = "urn:kinoteka:iati";

/// A text in several languages: tag and text.
pub type Narratives = Vec<(String, String)>;

/// Reporting organisation.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ReportingOrg {
    /// Identifier.
    pub reference: String,
    /// Organisation type (`OrganisationType`).
    pub kind: String,
    /// Name.
    pub name: Narratives,
    /// Website.
    pub website: Option<String>,
}

/// An activity, which corresponds to a programme.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Activity {
    /// Line in the imported file.
    pub line: usize,
    /// Slug, if the file is an export of this product.
    pub slug: Option<String>,
    /// `iati-identifier`.
    pub identifier: String,
    /// Title.
    pub title: Narratives,
    /// Description.
    pub description: Narratives,
    /// When the programme or its results last changed.
    pub updated_at: Option<DateTime<Utc>>,
    /// Participating organisations.
    pub participants: Vec<Participant>,
    /// Further identifiers.
    pub other_identifiers: Vec<OtherIdentifier>,
    /// `ActivityStatus`.
    pub status: String,
    /// Planned or actual start.
    pub start: Option<ActivityDate>,
    /// Planned or actual end.
    pub end: Option<ActivityDate>,
    /// Contact.
    pub contact: Option<Contact>,
    /// `ActivityScope`.
    pub scope: Option<String>,
    /// Recipient countries: code and percentage.
    pub countries: Vec<(String, Option<String>)>,
    /// Recipient regions.
    pub regions: Vec<RecipientRegion>,
    /// Locations that results refer to.
    pub locations: Vec<Location>,
    /// Places below a country that values refer to.
    pub places: Vec<Place>,
    /// Sectors.
    pub sectors: Vec<Sector>,
    /// Tags.
    pub tags: Vec<Tag>,
    /// Policy markers.
    pub policy_markers: Vec<PolicyMarker>,
    /// `CollaborationType`.
    pub collaboration_type: Option<String>,
    /// `FlowType`.
    pub flow_type: Option<String>,
    /// `FinanceType`.
    pub finance_type: Option<String>,
    /// Aid types.
    pub aid_types: Vec<AidType>,
    /// `TiedStatus`.
    pub tied_status: Option<String>,
    /// Documents about the activity.
    pub documents: Vec<Document>,
    /// Results.
    pub results: Vec<IatiResult>,
}

/// A planned or actual date.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ActivityDate {
    /// Date.
    pub date: NaiveDate,
    /// Whether the date is actual rather than planned.
    pub is_actual: bool,
}

/// A participating organisation.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Participant {
    /// Line in the imported file.
    pub line: usize,
    /// Slug, if the file is an export of this product.
    pub slug: Option<String>,
    /// Identifier.
    pub reference: Option<String>,
    /// Organisation type (`OrganisationType`).
    pub kind: Option<String>,
    /// Role (`OrganisationRole`).
    pub role: String,
    /// Name.
    pub name: Narratives,
}

/// A country as a location that results refer to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Location {
    /// Reference.
    pub reference: String,
    /// Country code.
    pub country: String,
    /// Name.
    pub name: Narratives,
    /// Footnote that must accompany the name.
    pub footnote: Narratives,
}

/// A place below a country.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Place {
    /// Reference.
    pub reference: String,
    /// Name.
    pub name: Narratives,
}

/// A sector of an activity.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sector {
    /// `SectorVocabulary`.
    pub vocabulary: String,
    /// Code in the vocabulary.
    pub code: String,
    /// Percentage of the activity.
    pub percentage: Option<String>,
    /// Name.
    pub name: Narratives,
}

/// A recipient region of an activity.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RecipientRegion {
    /// `RegionVocabulary`.
    pub vocabulary: String,
    /// Code in the vocabulary.
    pub code: String,
    /// Percentage of the activity.
    pub percentage: Option<String>,
    /// Name.
    pub name: Narratives,
}

/// A tag of an activity.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tag {
    /// `TagVocabulary`.
    pub vocabulary: String,
    /// Code in the vocabulary.
    pub code: String,
    /// Name.
    pub name: Narratives,
}

/// A policy marker of an activity.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PolicyMarker {
    /// `PolicyMarkerVocabulary`.
    pub vocabulary: String,
    /// Code in the vocabulary.
    pub code: String,
    /// `PolicySignificance`.
    pub significance: Option<String>,
    /// Name.
    pub name: Narratives,
}

/// A further identifier of an activity or its reporting organisation.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OtherIdentifier {
    /// The identifier.
    pub reference: String,
    /// `OtherIdentifierType`.
    pub kind: String,
    /// Identifier of the organisation that assigned it.
    pub owner_reference: Option<String>,
    /// Name of that organisation.
    pub owner_name: Narratives,
}

/// A contact.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Contact {
    /// Name of the organisation.
    pub organisation: Narratives,
    /// Email address.
    pub email: Option<String>,
    /// Website.
    pub website: Option<String>,
}

/// A linked page or document.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Document {
    /// URL.
    pub url: String,
    /// Media type.
    pub format: String,
    /// Slug of the video, if the file is an export of this product.
    pub video: Option<String>,
    /// Title.
    pub title: Narratives,
    /// Description.
    pub description: Narratives,
    /// `DocumentCategory`.
    pub category: String,
    /// Languages (ISO 639-1).
    pub languages: Vec<String>,
}

/// A `result` element, which contains indicators.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct IatiResult {
    /// Line in the imported file.
    pub line: usize,
    /// Slug of the result, if the file is an export of this product.
    pub slug: Option<String>,
    /// Level of the result, if the file is an export of this product.
    pub level: Option<String>,
    /// Position of the result in the programme, if the file is an export of this product.
    pub order: Option<i64>,
    /// `ResultType`.
    pub kind: String,
    /// Title.
    pub title: Narratives,
    /// Description.
    pub description: Narratives,
    /// Whether the file is an export of this product, which has no result for the indicators: the
    /// title is that of the indicator.
    pub is_stand_in: bool,
    /// Indicators.
    pub indicators: Vec<Indicator>,
}

/// An indicator.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Indicator {
    /// Line in the imported file.
    pub line: usize,
    /// Slug of the statistic that was exported as an indicator, if the file is an export of this
    /// product.
    pub statistic: Option<String>,
    /// Slug of the indicator, if the file is an export of this product.
    pub slug: Option<String>,
    /// Position of the indicator in the result, if the file is an export of this product.
    pub order: Option<i64>,
    /// Unit, if the file is an export of this product.
    pub unit: Option<String>,
    /// `IndicatorMeasure`.
    pub measure: String,
    /// Whether higher values are better.
    pub ascending: Option<bool>,
    /// Whether values may be summed.
    pub additive: Option<bool>,
    /// Aggregation over time, if the file is an export of this product.
    pub time_aggregation: Option<String>,
    /// Aggregation over groups, if the file is an export of this product.
    pub group_aggregation: Option<String>,
    /// Name of what is measured.
    pub title: Narratives,
    /// Description.
    pub description: Narratives,
    /// Codes in vocabularies.
    pub references: Vec<IndicatorReference>,
    /// Baselines.
    pub baselines: Vec<Baseline>,
    /// Actual and target values by period.
    pub periods: Vec<Period>,
}

/// Code of an indicator in a vocabulary (`IndicatorVocabulary`).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct IndicatorReference {
    /// The vocabulary.
    pub vocabulary: String,
    /// Code in the vocabulary.
    pub code: String,
    /// URL of the definition.
    pub url: Option<String>,
}

/// Locations and dimensions of a value.
#[derive(Clone, Debug, Default, Eq, Hash, PartialEq)]
pub struct DimensionSlice {
    /// Locations, by [`Location::reference`].
    pub locations: Vec<String>,
    /// Name and value of each dimension.
    pub dimensions: Vec<(String, String)>,
}

/// Baseline value.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Baseline {
    /// Slugs of the statistics, if the file is an export of this product.
    pub statistics: Vec<String>,
    /// The year.
    pub year: i64,
    /// The day, in that year.
    pub date: Option<NaiveDate>,
    /// Value; `None` for a qualitative indicator.
    pub value: Option<String>,
    /// Locations and dimensions.
    pub slice: DimensionSlice,
    /// Comment.
    pub comment: Narratives,
}

/// Values of a period.
#[derive(Clone, Debug, PartialEq)]
pub struct Period {
    /// The first day.
    pub start: NaiveDate,
    /// The last day.
    pub end: NaiveDate,
    /// Target values.
    pub targets: Vec<PeriodValue>,
    /// Actual values.
    pub actuals: Vec<PeriodValue>,
}

/// A value in a period.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PeriodValue {
    /// Line in the imported file.
    pub line: usize,
    /// Slug of the statistic, if the file is an export of this product.
    pub statistic: Option<String>,
    /// Qualifier, if the file is an export of this product.
    pub qualifier: Option<String>,
    /// Source without a URL, if the file is an export of this product.
    pub source: Option<String>,
    /// Slug of the partner, if the file is an export of this product.
    pub partner: Option<String>,
    /// Label of the statistic among those of its indicator, if the file is an export of this
    /// product.
    pub title: Narratives,
    /// Description.
    pub description: Narratives,
    /// Value, which in an imported file may be words; `None` for a qualitative indicator.
    pub value: Option<String>,
    /// Locations and dimensions.
    pub slice: DimensionSlice,
    /// Comment.
    pub comment: Narratives,
    /// Supporting documents.
    pub documents: Vec<Document>,
}

/// Numbers of items skipped in an export because they are incomplete.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct SkippedCounts {
    /// Skipped programmes.
    pub programmes: usize,
    /// Skipped statistics of the programmes that were exported.
    pub statistics: usize,
}

impl SkippedCounts {
    /// Adds those of another part of the export.
    pub fn add(&mut self, other: Self) {
        self.programmes = self.programmes.saturating_add(other.programmes);
        self.statistics = self.statistics.saturating_add(other.statistics);
    }

    /// Whether anything was skipped.
    pub fn is_any(self) -> bool {
        self != Self::default()
    }
}

/// Start of a programme: planned or, from its day on, actual.
pub fn activity_start(date: NaiveDate, status: Option<&str>, today: NaiveDate) -> ActivityDate {
    ActivityDate { date, is_actual: status != Some("pipeline") && date <= today }
}

/// End of a programme: planned or, from the next day on, actual. A programme whose status says that
/// it is under way has not ended, even after its planned end.
pub fn activity_end(date: NaiveDate, status: Option<&str>, today: NaiveDate) -> ActivityDate {
    let is_under_way = matches!(status, Some("pipeline" | "implementation" | "suspended"));
    ActivityDate { date, is_actual: !is_under_way && date < today }
}

/// Activity status that follows from the dates: pipeline, implementation or closed.
pub fn status_from_dates(start: Option<ActivityDate>, end: Option<ActivityDate>) -> &'static str {
    match (start, end) {
        (_, Some(ActivityDate { is_actual: true, .. })) => "4",
        (Some(ActivityDate { is_actual: false, .. }), _) => "1",
        _ => "2",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn status_from_dates_covers_all_cases() {
        let day = |is_actual| Some(ActivityDate { date: NaiveDate::default(), is_actual });
        for (start, end, status) in [
            (None, None, "2"),
            (day(true), None, "2"),
            (day(false), day(false), "1"),
            (day(true), day(false), "2"),
            (day(true), day(true), "4"),
        ] {
            assert_eq!(status_from_dates(start, end), status);
        }
    }
}
