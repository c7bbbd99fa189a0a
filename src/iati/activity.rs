//! An activity of IATI 2.03, as far as the catalogue knows it: what is written, and what is read.
//! Codes are those of IATI's codelists.

use chrono::NaiveDate;

/// A text in several languages: tag and text.
pub type Narratives = Vec<(String, String)>;

/// Who publishes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ReportingOrg {
    /// Its identifier.
    pub reference: String,
    /// What kind of organisation it is (`OrganisationType`).
    pub kind: String,
    /// Its name.
    pub name: Narratives,
    /// Its website.
    pub website: Option<String>,
}

/// An activity: a programme.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Activity {
    /// Where it stands in the file that it was read from.
    pub line: usize,
    /// Its slug, where this product has written it.
    pub slug: Option<String>,
    /// `iati-identifier`.
    pub identifier: String,
    /// Its title.
    pub title: Narratives,
    /// What it is about.
    pub description: Narratives,
    /// Who takes part.
    pub participants: Vec<Participant>,
    /// `ActivityStatus`.
    pub status: String,
    /// When it began or is to begin.
    pub start: Option<ActivityDate>,
    /// When it ended or is to end.
    pub end: Option<ActivityDate>,
    /// Where it works: code and percentage.
    pub countries: Vec<(String, Option<String>)>,
    /// The region where it works, where the countries have no percentages (`Region`).
    pub region: Option<String>,
    /// The places that results and the countries refer to.
    pub locations: Vec<Location>,
    /// What it is for.
    pub sectors: Vec<Sector>,
    /// What tells of it.
    pub documents: Vec<Document>,
    /// What came of it.
    pub results: Vec<IatiResult>,
}

/// A day that is planned or has come.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ActivityDate {
    /// The day.
    pub date: NaiveDate,
    /// Whether it has come.
    pub is_actual: bool,
}

/// Who takes part, and how.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Participant {
    /// Where it stands.
    pub line: usize,
    /// Its slug, where this product has written it.
    pub slug: Option<String>,
    /// Its identifier.
    pub reference: Option<String>,
    /// What kind of organisation it is (`OrganisationType`).
    pub kind: Option<String>,
    /// The part it plays (`OrganisationRole`).
    pub role: String,
    /// Its name.
    pub name: Narratives,
}

/// A country as a place that results refer to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Location {
    /// By what it is referred to.
    pub reference: String,
    /// The code of the country.
    pub country: String,
    /// Its name.
    pub name: Narratives,
    /// What must be said wherever the name stands.
    pub footnote: Narratives,
}

/// What an activity is for.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sector {
    /// `SectorVocabulary`.
    pub vocabulary: String,
    /// Its code there.
    pub code: String,
    /// Its share of the activity.
    pub percentage: Option<String>,
}

/// A page or a document.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Document {
    /// Where it is.
    pub url: String,
    /// Its media type.
    pub format: String,
    /// The slug of the video whose page it is, where this product has written it.
    pub video: Option<String>,
    /// Its title.
    pub title: Narratives,
    /// What is said in it.
    pub description: Narratives,
    /// `DocumentCategory`.
    pub category: String,
    /// The languages it is in (ISO 639-1).
    pub languages: Vec<String>,
}

/// A `result`: what holds indicators. Of this product's each has one.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct IatiResult {
    /// `ResultType`.
    pub kind: String,
    /// What came of it.
    pub title: Narratives,
    /// What is measured.
    pub indicators: Vec<Indicator>,
}

/// What is measured.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Indicator {
    /// Where it stands.
    pub line: usize,
    /// The slug of the statistic that it is by itself, where this product has written it.
    pub statistic: Option<String>,
    /// The slug of the indicator, where this product has written it.
    pub slug: Option<String>,
    /// What is counted, where this product has written it.
    pub unit: Option<String>,
    /// `IndicatorMeasure`.
    pub measure: String,
    /// Whether more is better.
    pub ascending: Option<bool>,
    /// Whether its values may be added up.
    pub additive: Option<bool>,
    /// What is measured.
    pub title: Narratives,
    /// The same at length.
    pub description: Narratives,
    /// What it is called elsewhere.
    pub references: Vec<IndicatorReference>,
    /// The values before.
    pub baselines: Vec<Baseline>,
    /// The values since, and those aimed at.
    pub periods: Vec<Period>,
}

/// An indicator in a vocabulary (`IndicatorVocabulary`).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct IndicatorReference {
    /// The vocabulary.
    pub vocabulary: String,
    /// Its code there.
    pub code: String,
    /// Where that is defined.
    pub url: Option<String>,
}

/// Which slice of the whole a value is of.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DimensionSlice {
    /// The places, by [`Location::reference`].
    pub locations: Vec<String>,
    /// Name and value of each dimension.
    pub dimensions: Vec<(String, String)>,
}

/// The value before.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Baseline {
    /// The year.
    pub year: i64,
    /// The value; none where the indicator is qualitative.
    pub value: Option<String>,
    /// Of what.
    pub slice: DimensionSlice,
    /// What is to be said with it.
    pub comment: Narratives,
}

/// A span of days.
#[derive(Clone, Debug, PartialEq)]
pub struct Period {
    /// The first day.
    pub start: NaiveDate,
    /// The last day.
    pub end: NaiveDate,
    /// The values aimed at.
    pub targets: Vec<PeriodValue>,
    /// The values.
    pub actuals: Vec<PeriodValue>,
}

/// A value in a period.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PeriodValue {
    /// Where it stands.
    pub line: usize,
    /// The slug of the statistic, where this product has written it.
    pub statistic: Option<String>,
    /// How exact it is, where this product has written it.
    pub qualifier: Option<String>,
    /// Where it is taken from, where that has no address and this product has written it.
    pub source: Option<String>,
    /// What the statistic is called among those of its indicator, where this product has written
    /// it.
    pub title: Narratives,
    /// The same at length.
    pub description: Narratives,
    /// The value; none where the indicator is qualitative.
    pub value: Option<String>,
    /// Of what.
    pub slice: DimensionSlice,
    /// What is to be said with it.
    pub comment: Narratives,
    /// What shows it.
    pub documents: Vec<Document>,
}
