//! Draws activities of the catalogue, and says what it lacks for that. Nothing is made up: what is
//! unknown is a [`Lack`].

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::NaiveDate;

use crate::config::{Settings, is_iati_identifier};
use crate::http::language::LanguagePreference;
use crate::iati::activity::{
    Activity, ActivityDate, Baseline, DimensionSlice, Document, IatiResult, Indicator,
    IndicatorReference, Location, Narratives, Participant, Period, PeriodValue, ReportingOrg,
    Sector,
};
use crate::iati::codes;
use crate::iati::load::{ExportData, LoadedIndicator, Partner, Programme, Statistic, Video};
use crate::iati::narratives::{narratives, tag_narratives};
use crate::iati::xml_writer::SkippedCounts;
use crate::impact::model as statistic;
use crate::phrases::Message;
use crate::places::{self, CountryNames, NAME_LANGUAGES};
use crate::programmes::allocations;
use crate::resource::schema::ResourceKind;
use crate::resource::view::urls::PublicUrls;
use crate::text::language::Language;

/// What IATI asks for and the catalogue does not say.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ReadinessIssue {
    /// Of what kind the item is; none where a setting is lacking.
    pub kind: Option<ResourceKind>,
    /// Its slug, or the setting.
    pub slug: String,
    /// The field.
    pub field: &'static str,
    /// A word for programs.
    pub code: &'static str,
    /// What is lacking, and what to do.
    pub detail: String,
}

impl ReadinessIssue {
    /// Where it is lacking: kind, slug and field.
    pub fn pointer(&self) -> String {
        match self.kind {
            Some(kind) => format!("/{}/{}/{}", kind.path_segment(), self.slug, self.field),
            None => format!("/settings/{}", self.slug),
        }
    }
}

/// What is drawn from.
pub struct ExportContext<'a> {
    /// Settings.
    pub settings: &'a Settings,
    /// Names and footnotes of countries.
    pub country_names: &'a CountryNames,
    /// Where things are.
    pub urls: &'a PublicUrls,
    /// What day it is.
    pub today: NaiveDate,
    /// In which of its languages the product speaks beside texts of a language.
    message_languages: RefCell<HashMap<String, &'static str>>,
}

impl<'a> ExportContext<'a> {
    /// With these.
    pub fn new(
        settings: &'a Settings,
        places: &'a CountryNames,
        addresses: &'a PublicUrls,
        today: NaiveDate,
    ) -> Self {
        Self {
            settings,
            country_names: places,
            urls: addresses,
            today,
            message_languages: RefCell::default(),
        }
    }

    fn message_language(&self, language: &str) -> &'static str {
        if let Some(known) = self.message_languages.borrow().get(language) {
            return known;
        }
        let words = LanguagePreference::new(
            vec![Language::from_canonical(language)],
            self.settings.fallback_languages(),
        )
        .ui_language;
        self.message_languages.borrow_mut().insert(language.to_owned(), words);
        words
    }
}

/// What was drawn.
#[derive(Debug, Default)]
pub struct ActivityExport {
    /// The activities that lack nothing, without the statistics that lack something.
    pub activities: Vec<Activity>,
    /// All that is lacking.
    pub issues: Vec<ReadinessIssue>,
    /// What was left out for that.
    pub skipped: SkippedCounts,
}

/// Who reports; what it lacks otherwise.
pub fn build_reporting_org(
    settings: &Settings,
    partner: Option<&Partner>,
) -> Result<ReportingOrg, ReadinessIssue> {
    let lack = |slug: &str, detail: &str| ReadinessIssue {
        kind: None,
        slug: slug.to_owned(),
        field: "",
        code: "lacking",
        detail: detail.to_owned(),
    };
    let (Some(reference), Some(kind)) =
        (&settings.iati_reporting_org, &settings.iati_reporting_org_type)
    else {
        let detail = "IATI asks who reports: set KINOTEKA_IATI_REPORTING_ORG and KINOTEKA_IATI_REPORTING_ORG_TYPE.";
        return Err(lack("KINOTEKA_IATI_REPORTING_ORG", detail));
    };
    let language = settings.default_language();
    let name = match (partner, &settings.name) {
        (Some(partner), _) => narratives(partner, |text| Some(text.title.clone())),
        (None, Some(name)) => tag_narratives([(language.as_str(), name.clone())].into_iter()),
        (None, None) => {
            let detail = format!(
                "IATI asks for the name of `{reference}`: publish a partner with this `iati_identifier`, or set KINOTEKA_NAME."
            );
            return Err(lack("KINOTEKA_NAME", &detail));
        }
    };
    let website = partner.and_then(|partner| partner.fields.website.clone());
    Ok(ReportingOrg { reference: reference.clone(), kind: kind.clone(), name, website })
}

/// Draws every programme of a catalogue.
pub fn export_activities(data: &ExportData, context: &ExportContext<'_>) -> ActivityExport {
    let mut drawn = ActivityExport::default();
    let mut identifiers: HashSet<&str> = HashSet::new();
    for programme in &data.programmes {
        let mut lacks = Vec::new();
        let mut activity = build_activity(programme, data, context, &mut lacks);
        if let Some(identifier) = programme
            .fields
            .iati_identifier
            .as_deref()
            .filter(|identifier| !identifiers.insert(identifier))
        {
            let detail = format!("Another programme has the identifier `{identifier}` too.");
            let slug = programme.item.slug.clone();
            lacks.push(ReadinessIssue {
                kind: Some(ResourceKind::Programme),
                slug,
                field: "iati_identifier",
                code: "invalid_identifier",
                detail,
            });
        }
        let is_whole = lacks.is_empty();
        let mut whole: Vec<&Statistic> = Vec::new();
        for one in data.statistics_by_programme.get(&programme.item.id).into_iter().flatten() {
            let of_it = statistic_issues(one, data);
            if of_it.is_empty() {
                whole.push(one);
            } else if is_whole {
                drawn.skipped.statistics = drawn.skipped.statistics.saturating_add(1);
            }
            lacks.extend(of_it);
        }
        // What an indicator lacks, each of its statistics does.
        for lack in lacks {
            if lack.kind != Some(ResourceKind::Indicator) || !drawn.issues.contains(&lack) {
                drawn.issues.push(lack);
            }
        }
        if is_whole {
            add_results(&whole, data, context, &mut activity);
            drawn.activities.push(activity);
        } else {
            drawn.skipped.programmes = drawn.skipped.programmes.saturating_add(1);
        }
    }
    drawn
}

/// An activity but for its results, and what it lacks.
fn build_activity(
    programme: &Programme,
    data: &ExportData,
    context: &ExportContext<'_>,
    issues: &mut Vec<ReadinessIssue>,
) -> Activity {
    let (item, own) = (&programme.item, &programme.fields);
    let mut lack = |field: &'static str, code: &'static str, detail: String| {
        issues.push(ReadinessIssue {
            kind: Some(ResourceKind::Programme),
            slug: item.slug.clone(),
            field,
            code,
            detail,
        });
    };
    let identifier = own.iati_identifier.clone().unwrap_or_default();
    let prefix =
        context.settings.iati_reporting_org.as_ref().map(|organisation| format!("{organisation}-"));
    if identifier.is_empty() {
        lack(
            "iati_identifier",
            "lacking",
            "IATI asks for an identifier: that of the reporting organisation, a hyphen, and one of your own.".to_owned(),
        );
    } else if !is_iati_identifier(&identifier) {
        lack(
            "iati_identifier",
            "invalid_identifier",
            "An identifier of IATI has no blanks and none of / & | ?.".to_owned(),
        );
    } else if let Some(prefix) = prefix.filter(|prefix| !identifier.starts_with(prefix.as_str())) {
        lack(
            "iati_identifier",
            "invalid_identifier",
            format!("It must begin with that of the reporting organisation: `{prefix}`."),
        );
    }
    let description =
        narratives(programme, |text| text.description.clone().or_else(|| text.summary.clone()));
    if description.is_empty() {
        lack(
            "description",
            "lacking",
            "IATI asks for a description: write one, or a summary.".to_owned(),
        );
    }
    let participants = participants(programme, data);
    if participants.is_empty() {
        let detail = "IATI asks who takes part: give a published partner the role funder, accountable, extending or implementer.";
        lack("partners", "lacking", detail.to_owned());
    }
    let countries: Vec<String> = own.countries.unpack();
    let (shares, region) = recipient_countries(own, &countries);
    if countries.is_empty() {
        lack("countries", "lacking", "IATI asks where the programme works.".to_owned());
    } else if shares.is_empty() && region.is_none() {
        lack(
            "country_shares",
            "lacking",
            "IATI asks how the programme is shared among these countries: no region stands for all of them.".to_owned(),
        );
    }
    let sectors: Vec<allocations::Sector> = own.sectors.unpack();
    let sectors = match export_sectors(&sectors) {
        Ok(sectors) => sectors,
        Err(detail) => {
            lack("sectors", "lacking", detail.to_owned());
            Vec::new()
        }
    };
    if own.start_date.is_none() {
        lack(
            "start_date",
            "lacking",
            "IATI asks when the programme began, or is to begin.".to_owned(),
        );
    }
    let (start, end) =
        activity_dates((own.start_date, own.end_date), own.iati_status.as_deref(), context.today);
    let by_dates = status_from_dates(start, end);
    Activity {
        line: 0,
        slug: Some(item.slug.clone()),
        identifier,
        title: narratives(programme, |text| Some(text.title.clone())),
        description,
        participants,
        status: own
            .iati_status
            .as_deref()
            .and_then(codes::activity_status_code)
            .unwrap_or(by_dates)
            .to_owned(),
        start,
        end,
        countries: shares,
        region,
        locations: countries.iter().filter_map(|code| location(code, context)).collect(),
        sectors,
        documents: activity_documents(programme, data, context),
        results: Vec::new(),
    }
}

/// When a programme begins and ends, and whether that has come. One that is said to go on has not
/// ended, whatever day was planned.
pub fn activity_dates(
    (start, end): (Option<NaiveDate>, Option<NaiveDate>),
    status: Option<&str>,
    today: NaiveDate,
) -> (Option<ActivityDate>, Option<ActivityDate>) {
    let (is_begun, is_over) = (
        status != Some("pipeline"),
        !matches!(status, Some("pipeline" | "implementation" | "suspended")),
    );
    let start = start.map(|on| ActivityDate { date: on, is_actual: is_begun && on <= today });
    // A day that has not passed has not come to its end.
    (start, end.map(|on| ActivityDate { date: on, is_actual: is_over && on < today }))
}

/// The status that dates say: planned, going on, closed.
pub fn status_from_dates(start: Option<ActivityDate>, end: Option<ActivityDate>) -> &'static str {
    match (start, end) {
        (_, Some(ActivityDate { is_actual: true, .. })) => "4",
        (Some(ActivityDate { is_actual: false, .. }), _) => "1",
        _ => "2",
    }
}

fn participants(programme: &Programme, data: &ExportData) -> Vec<Participant> {
    let one = |link: &crate::resource::model::item::Reference| {
        let partner = data.partners.get(&link.target_id)?;
        Some(Participant {
            line: 0,
            slug: Some(partner.item.slug.clone()),
            reference: partner
                .fields
                .iati_identifier
                .clone()
                .filter(|reference| is_iati_identifier(reference)),
            kind: partner
                .fields
                .kind
                .as_deref()
                .and_then(codes::organisation_type_code)
                .map(str::to_owned),
            role: codes::role_code(link.role.as_deref()?)?.to_owned(),
            name: narratives(partner, |text| Some(text.title.clone())),
        })
    };
    programme.references_in("partners").filter_map(one).collect()
}

/// The countries with their percentages, or the region that stands for all of them.
fn recipient_countries(
    fields: &crate::programmes::model::ProgrammeFields,
    countries: &[String],
) -> (Vec<(String, Option<String>)>, Option<String>) {
    let whole = || Some("100".to_owned());
    let shares: Vec<allocations::CountryShare> = fields.country_shares.unpack();
    if !shares.is_empty() {
        return (
            shares.into_iter().map(|share| (share.country, Some(share.percentage))).collect(),
            None,
        );
    }
    match countries {
        [] => (Vec::new(), None),
        [country] => (vec![(country.clone(), whole())], None),
        several => {
            (Vec::new(), codes::region_code(several.iter().map(String::as_str)).map(str::to_owned))
        }
    }
}

/// The sectors with percentages: one alone has all of it.
fn export_sectors(sectors: &[allocations::Sector]) -> Result<Vec<Sector>, &'static str> {
    if sectors.is_empty() {
        return Err(
            "IATI asks what the programme is for: give it a sector, such as 15180 (ending violence against women and girls).",
        );
    }
    let vocabulary = |sector: &allocations::Sector| {
        sector.vocabulary.clone().unwrap_or_else(|| codes::SECTOR_VOCABULARY_DAC.to_owned())
    };
    let draw = |sector: &allocations::Sector| {
        let vocabulary_of_it = vocabulary(sector);
        if matches!(vocabulary_of_it.as_str(), "98" | "99") {
            return Err(
                "IATI asks for the name of a sector of one's own (98, 99), which the catalogue does not keep; use another vocabulary.",
            );
        }
        let is_alone =
            sectors.iter().filter(|other| vocabulary(other) == vocabulary_of_it).count() == 1;
        let percentage = sector.percentage.clone().or_else(|| is_alone.then(|| "100".to_owned()));
        let percentage = percentage
            .ok_or("IATI asks for the percentages of several sectors of a vocabulary.")?;
        Ok(Sector {
            vocabulary: vocabulary_of_it,
            code: sector.code.clone(),
            percentage: Some(percentage),
        })
    };
    sectors.iter().map(draw).collect()
}

fn location(code: &str, context: &ExportContext<'_>) -> Option<Location> {
    let country = places::find_country(code)?;
    let footnote = context.country_names.designation_footnote(code);
    let mark = if footnote.is_some() { "*" } else { "" };
    let name = tag_narratives(
        NAME_LANGUAGES
            .iter()
            .map(|language| (*language, format!("{}{mark}", country.name(language)))),
    );
    // The footnotes that come with the product are in English.
    let language = context
        .settings
        .xk_footnote_text
        .as_ref()
        .map_or_else(Language::default, |_| context.settings.default_language());
    let note =
        tag_narratives(footnote.map(|note| (language.as_str(), note.to_owned())).into_iter());
    Some(Location {
        reference: code.to_owned(),
        country: country.code.to_owned(),
        name,
        footnote: note,
    })
}

/// What tells of a programme: its website and its videos.
fn activity_documents(
    programme: &Programme,
    data: &ExportData,
    context: &ExportContext<'_>,
) -> Vec<Document> {
    let website = programme.fields.website.clone().map(|url| Document {
        format: media_type_from_url(&url).to_owned(),
        url,
        title: narratives(programme, |text| Some(text.title.clone())),
        category: "A12".to_owned(),
        ..Document::default()
    });
    let videos = data
        .videos_by_programme
        .get(&programme.item.id)
        .into_iter()
        .flatten()
        .filter_map(|id| data.videos.get(id));
    website
        .into_iter()
        .chain(videos.map(|video| video_document(video, "A12", "", context)))
        .collect()
}

/// The page of a video.
fn video_document(
    video: &Video,
    category: &'static str,
    passage: &str,
    context: &ExportContext<'_>,
) -> Document {
    let title = narratives(video, |text| Some(text.title.clone()));
    let item = &video.item;
    let original = video
        .texts
        .iter()
        .map(|text| text.language.as_str())
        .find(|language| *language == item.original_language);
    let language = original
        .or_else(|| video.texts.first().map(|text| text.language.as_str()))
        .unwrap_or_default();
    let page = context.urls.page_url(ResourceKind::Video, (item.id, &item.slug), language);
    let spoken: Vec<String> = video.fields.spoken_languages.unpack();
    Document {
        url: format!("{page}{passage}"),
        format: "text/html".to_owned(),
        video: Some(item.slug.clone()),
        title,
        category: category.to_owned(),
        languages: iso_639_1_codes(spoken.iter().map(String::as_str)),
        ..Document::default()
    }
}

/// Languages as ISO 639-1 has them, each once; those that it has not are left out.
fn iso_639_1_codes<'a>(tags: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut languages: Vec<String> = Vec::new();
    for language in tags
        .map(|tag| tag.split('-').next().unwrap_or_default())
        .filter(|language| language.len() == 2)
    {
        if !languages.iter().any(|known| known == language) {
            languages.push(language.to_owned());
        }
    }
    languages
}

/// The media type that the ending of an address says; what says none is a page.
fn media_type_from_url(url: &str) -> &'static str {
    let path = url.split(['?', '#']).next().unwrap_or_default();
    let name =
        path.splitn(4, '/').nth(3).and_then(|path| path.rsplit('/').next()).unwrap_or_default();
    match name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase()).as_deref() {
        Some("pdf") => "application/pdf",
        Some("doc") => "application/msword",
        Some("docx") => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        Some("xls") => "application/vnd.ms-excel",
        Some("xlsx") => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        Some("ppt") => "application/vnd.ms-powerpoint",
        Some("pptx") => "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        Some("odt") => "application/vnd.oasis.opendocument.text",
        Some("ods") => "application/vnd.oasis.opendocument.spreadsheet",
        Some("csv") => "text/csv",
        Some("json") => "application/json",
        Some("xml") => "application/xml",
        Some("zip") => "application/zip",
        _ => "text/html",
    }
}

/// What a statistic lacks, or what it measures.
fn statistic_issues(one: &Statistic, data: &ExportData) -> Vec<ReadinessIssue> {
    let own = &one.fields;
    let mut lacks: Vec<ReadinessIssue> = Vec::new();
    let mut lack = |(kind, slug): (ResourceKind, &str), field: &'static str, detail: &str| {
        lacks.push(ReadinessIssue {
            kind: Some(kind),
            slug: slug.to_owned(),
            field,
            code: "lacking",
            detail: detail.to_owned(),
        });
    };
    let this = (ResourceKind::ImpactStatistic, one.item.slug.as_str());
    if own.result_type.is_none() {
        let of = indicator_of(one, data)
            .map_or(this, |indicator| (ResourceKind::Indicator, indicator.item.slug.as_str()));
        lack(
            of,
            "result_type",
            "IATI asks what kind of result it is: output, outcome, impact or other.",
        );
    }
    let target: Option<statistic::Target> = own.target.unpack();
    let is_qualitative = own.measure == "qualitative";
    if own.value.is_none() && !is_qualitative && target.is_none() {
        lack(this, "value", "IATI asks for a value, or one that is aimed at.");
    }
    let target_has_period =
        match target.as_ref().map(|target| (target.period_start, target.period_end)) {
            Some((Some(_), Some(_))) => true,
            Some((None, None)) | None => false,
            Some((None, Some(_))) => {
                lack(this, "target/period_start", "IATI asks for the first day of the period.");
                true
            }
            Some((Some(_), None)) => {
                lack(this, "target/period_end", "IATI asks for the last day of the period.");
                true
            }
        };
    // What is only aimed at may have a period of its own.
    if own.value.is_some() || is_qualitative || !target_has_period {
        for (field, day, said) in
            [("period_start", own.period_start, "first"), ("period_end", own.period_end, "last")]
        {
            if day.is_none() {
                lack(this, field, &format!("IATI asks for the {said} day of the period."));
            }
        }
    }
    lacks
}

/// What a statistic measures, if that is an indicator that everybody may see.
fn indicator_of<'a>(one: &Statistic, data: &'a ExportData) -> Option<&'a LoadedIndicator> {
    one.references_in("indicator").find_map(|link| data.indicators.get(&link.target_id))
}

/// Adds the results: one of each indicator, and one of each statistic that belongs to none.
fn add_results(
    statistics: &[&Statistic],
    data: &ExportData,
    context: &ExportContext<'_>,
    activity: &mut Activity,
) {
    let mut groups: Vec<(Option<&LoadedIndicator>, Vec<&Statistic>)> = Vec::new();
    for one in statistics {
        let countries: Vec<String> = one.fields.countries.unpack();
        for code_for in countries {
            if !activity.locations.iter().any(|known| known.reference == code_for) {
                activity.locations.extend(location(&code_for, context));
            }
        }
        let of = indicator_of(one, data);
        let known = groups.iter_mut().find(|(known, _)| {
            known.zip(of).is_some_and(|(known, of)| known.item.id == of.item.id)
        });
        match known {
            Some((_, members)) => members.push(one),
            None => groups.push((of, vec![one])),
        }
    }
    for (of, members) in groups {
        let Some(first) = members.first() else { continue };
        let indicator = match of {
            Some(of) => indicator_element(of, &members, data, context),
            None => standalone_indicator(first, data, context),
        };
        let kind = first
            .fields
            .result_type
            .as_deref()
            .and_then(codes::result_type_code)
            .unwrap_or_default()
            .to_owned();
        activity.results.push(IatiResult {
            kind,
            title: indicator.title.clone(),
            indicators: vec![indicator],
        });
    }
}

/// An indicator with its statistics.
fn indicator_element(
    of: &LoadedIndicator,
    members: &[&Statistic],
    data: &ExportData,
    context: &ExportContext<'_>,
) -> Indicator {
    let own = &of.fields;
    let reference =
        own.code.clone().zip(own.vocabulary.as_deref().and_then(codes::vocabulary_code));
    Indicator {
        slug: Some(of.item.slug.clone()),
        unit: own.unit.clone(),
        measure: codes::measure_code(&own.measure).unwrap_or_default().to_owned(),
        ascending: own.ascending,
        additive: own.additive,
        title: narratives(of, |text| Some(text.title.clone())),
        description: narratives(of, |text| text.description.clone()),
        references: reference
            .map(|(code, vocabulary)| IndicatorReference {
                vocabulary: vocabulary.to_owned(),
                code,
                url: own.vocabulary_url.clone(),
            })
            .into_iter()
            .collect(),
        baselines: baselines(members),
        periods: periods(members, true, data, context),
        ..Indicator::default()
    }
}

/// A statistic as an indicator of its own.
fn standalone_indicator(
    one: &Statistic,
    data: &ExportData,
    context: &ExportContext<'_>,
) -> Indicator {
    let own = &one.fields;
    Indicator {
        statistic: Some(one.item.slug.clone()),
        unit: own.unit.clone(),
        measure: codes::measure_code(&own.measure).unwrap_or_default().to_owned(),
        ascending: own.ascending,
        additive: own.additive,
        title: narratives(one, |text| Some(text.title.clone())),
        description: narratives(one, |text| text.description.clone()),
        baselines: baselines(&[one]),
        periods: periods(&[one], false, data, context),
        ..Indicator::default()
    }
}

fn dimension_slice(one: &Statistic) -> DimensionSlice {
    let dimensions: Vec<statistic::Disaggregation> = one.fields.disaggregation.unpack();
    DimensionSlice {
        locations: one.fields.countries.unpack(),
        dimensions: dimensions
            .into_iter()
            .map(|dimension| (dimension.dimension, dimension.value))
            .collect(),
    }
}

/// The values before, each once.
fn baselines(statistics: &[&Statistic]) -> Vec<Baseline> {
    let mut baselines: Vec<Baseline> = Vec::new();
    for one in statistics.iter().filter(|one| one.fields.measure != "qualitative") {
        let stated: Option<statistic::Baseline> = one.fields.baseline.unpack();
        let Some(statistic::Baseline { value, year, .. }) = stated else { continue };
        let baseline = Baseline {
            year,
            value: Some(value),
            slice: dimension_slice(one),
            comment: Narratives::new(),
        };
        if !baselines.contains(&baseline) {
            baselines.push(baseline);
        }
    }
    baselines
}

/// The values by period, in the order of time.
fn periods(
    statistics: &[&Statistic],
    with_labels: bool,
    data: &ExportData,
    context: &ExportContext<'_>,
) -> Vec<Period> {
    let mut periods: BTreeMap<(NaiveDate, NaiveDate), Period> = BTreeMap::new();
    let mut period = |start: NaiveDate, end: NaiveDate, add: &mut dyn FnMut(&mut Period)| {
        add(periods.entry((start, end)).or_insert_with(|| Period {
            start,
            end,
            targets: Vec::new(),
            actuals: Vec::new(),
        }));
    };
    for one in statistics {
        let own = &one.fields;
        let is_qualitative = own.measure == "qualitative";
        let slug = || Some(one.item.slug.clone());
        if let (true, Some(start), Some(end)) =
            (own.value.is_some() || is_qualitative, own.period_start, own.period_end)
        {
            let actual = PeriodValue {
                line: 0,
                statistic: slug(),
                qualifier: (own.qualifier != "exact").then(|| own.qualifier.clone()),
                value: own.value.clone(),
                slice: dimension_slice(one),
                comment: value_comment(one, with_labels, context),
                documents: value_documents(one, data, context),
                source: source_text(own),
                ..labelled_value(one, with_labels)
            };
            period(start, end, &mut |period| period.actuals.push(actual.clone()));
        }
        let target: Option<statistic::Target> = own.target.unpack();
        if let Some(target) = target.filter(|_| !is_qualitative)
            && let (Some(start), Some(end)) =
                (target.period_start.or(own.period_start), target.period_end.or(own.period_end))
        {
            let value = PeriodValue {
                statistic: slug(),
                value: Some(target.value),
                slice: dimension_slice(one),
                ..labelled_value(one, with_labels)
            };
            period(start, end, &mut |period| period.targets.push(value.clone()));
        }
    }
    periods.into_values().collect()
}

/// A value that says what it is called, where it is one among several.
fn labelled_value(one: &Statistic, with_labels: bool) -> PeriodValue {
    if !with_labels {
        return PeriodValue::default();
    }
    let title = narratives(one, |text| Some(text.title.clone()));
    PeriodValue {
        title,
        description: narratives(one, |text| text.description.clone()),
        ..PeriodValue::default()
    }
}

/// Where a statistic is taken from, where that has no address.
fn source_text(fields: &statistic::StatisticFields) -> Option<String> {
    let source: Option<statistic::SourceDocument> = fields.source.unpack();
    source.filter(|source| source.url.is_none()).and_then(|source| source.text)
}

/// What must be said with a value: how exact it is; of one among several what it is; of one in
/// words the words; where it is taken from.
fn value_comment(one: &Statistic, with_labels: bool, context: &ExportContext<'_>) -> Narratives {
    let own = &one.fields;
    let is_exact = own.qualifier == "exact" || own.value.is_none();
    narratives(one, |text| {
        let words = context.message_language(&text.language);
        let mut said: Vec<String> = Vec::new();
        if !is_exact {
            said.extend(own.format_value(words));
        }
        if with_labels || own.measure == "qualitative" {
            said.push(text.title.clone());
            said.extend(text.description.clone());
        }
        said.extend(
            source_text(own).map(|source| format!("{}: {source}", Message::Source.localize(words))),
        );
        (!said.is_empty()).then(|| said.join("\n"))
    })
}

/// What shows a value: passages of videos, where it is taken from, and documents.
fn value_documents(
    one: &Statistic,
    data: &ExportData,
    context: &ExportContext<'_>,
) -> Vec<Document> {
    let quotes: Vec<Option<statistic::Quote>> = one.fields.quotes.unpack();
    let videos = one.references_in("evidence").enumerate().filter_map(|(place, link)| {
        let seconds = |at: Option<i64>| {
            at.and_then(|ms| i32::try_from(ms).ok()).map(|ms| f64::from(ms) / 1000.0)
        };
        let passage = match (seconds(link.start_ms), seconds(link.end_ms)) {
            (None, None) => String::new(),
            (Some(start), None) => format!("#t={start}"),
            (start, Some(end)) => format!("#t={},{end}", start.unwrap_or(0.0)),
        };
        let video = data.videos.get(&link.target_id)?;
        let quote = quotes.get(place).cloned().flatten();
        let said = quote.map(|quote| {
            (quote.language.unwrap_or_else(|| video.item.original_language.clone()), quote.text)
        });
        let description =
            tag_narratives(said.iter().map(|(language, text)| (language.as_str(), text.clone())));
        Some(Document { description, ..video_document(video, "A08", &passage, context) })
    });
    let original = one.item.original_language.as_str();
    let source: Option<statistic::SourceDocument> = one.fields.source.unpack();
    let source = source.and_then(|source| {
        let url = source.url?;
        let title = match source.text {
            Some(text) => tag_narratives([(original, text)].into_iter()),
            None => narratives(one, |text| Some(text.title.clone())),
        };
        Some(Document {
            format: media_type_from_url(&url).to_owned(),
            url,
            title,
            category: "A08".to_owned(),
            ..Document::default()
        })
    });
    let documents: Vec<statistic::Document> = one.fields.documents.unpack();
    let documents = documents.into_iter().map(|document| {
        let format =
            document.media_type.unwrap_or_else(|| media_type_from_url(&document.url).to_owned());
        // RFC 8118 has a fragment for the page of a PDF.
        let page =
            document.page.filter(|_| format == "application/pdf" && !document.url.contains('#'));
        let url = page
            .map_or_else(|| document.url.clone(), |page| format!("{}#page={page}", document.url));
        let language = document.language.as_deref();
        let title = tag_narratives([(language.unwrap_or(original), document.title)].into_iter());
        Document {
            url,
            format,
            title,
            category: "A08".to_owned(),
            languages: iso_639_1_codes(language.into_iter()),
            ..Document::default()
        }
    });
    videos.chain(source).chain(documents).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn media_type_from_url_extension() {
        for (url, format) in [
            ("https://e.org/a.b/report.PDF?x=.doc#p", "application/pdf"),
            ("https://e.org", "text/html"),
            ("https://e.org/", "text/html"),
            ("https://e.zip", "text/html"),
            ("https://e.org/data.csv", "text/csv"),
        ] {
            assert_eq!(media_type_from_url(url), format, "{url}");
        }
    }

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
