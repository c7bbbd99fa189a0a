//! An activity without its results, from a programme.

use crate::config::is_iati_identifier;
use crate::i18n::country_names;
use crate::i18n::country_names::NAME_LANGUAGES;
use crate::iati::activity::{
    Activity, Location, Participant, Sector, activity_end, activity_start, status_from_dates,
};
use crate::iati::codes;
use crate::iati::export::context::ExportContext;
use crate::iati::export::documents::activity_documents;
use crate::iati::export::issues::ReadinessIssue;
use crate::iati::load::{ExportData, Programme};
use crate::iati::narratives::{narratives, tag_narratives};
use crate::programmes::allocations;
use crate::resource::schema::ResourceKind;
use crate::text::language::Language;

/// Builds an activity without results, and reports missing data.
pub fn build_activity(
    programme: &Programme,
    data: &ExportData,
    context: &ExportContext<'_>,
    issues: &mut Vec<ReadinessIssue>,
) -> Activity {
    let (item, own) = (&programme.item, &programme.fields);
    let mut add_issue = |field: &'static str, code: &'static str, detail: String| {
        issues.push(ReadinessIssue {
            kind: Some(ResourceKind::PROGRAMME),
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
        add_issue(
            "iati_identifier",
            "missing_value",
            "IATI requires an identifier: that of the reporting organisation, a hyphen, and an identifier of your own.".to_owned(),
        );
    } else if !is_iati_identifier(&identifier) {
        add_issue(
            "iati_identifier",
            "invalid_identifier",
            "An IATI identifier must not contain whitespace or any of / & | ?.".to_owned(),
        );
    } else if let Some(prefix) = prefix.filter(|prefix| !identifier.starts_with(prefix.as_str())) {
        add_issue(
            "iati_identifier",
            "invalid_identifier",
            format!("It must start with the identifier of the reporting organisation: `{prefix}`."),
        );
    }
    let description =
        narratives(programme, |text| text.description.clone().or_else(|| text.summary.clone()));
    if description.is_empty() {
        add_issue(
            "description",
            "missing_value",
            "IATI requires a description: add one, or a summary.".to_owned(),
        );
    }
    let participants = participants(programme, data);
    if participants.is_empty() {
        let detail = "IATI requires a participating organisation: give a published partner the role funder, accountable, extending or implementer.";
        add_issue("partners", "missing_value", detail.to_owned());
    }
    let countries: Vec<String> = own.countries.unpack();
    let (shares, region) = recipient_countries(own, &countries);
    if countries.is_empty() {
        add_issue(
            "countries",
            "missing_value",
            "IATI requires a recipient country: add `countries`.".to_owned(),
        );
    } else if shares.is_empty() && region.is_none() {
        add_issue(
            "country_shares",
            "missing_value",
            "IATI requires the percentages of these countries, since no region contains all of them.".to_owned(),
        );
    }
    let sectors: Vec<allocations::Sector> = own.sectors.unpack();
    let sectors = match export_sectors(&sectors) {
        Ok(sectors) => sectors,
        Err(detail) => {
            add_issue("sectors", "missing_value", detail.to_owned());
            Vec::new()
        }
    };
    if own.start_date.is_none() {
        add_issue(
            "start_date",
            "missing_value",
            "IATI requires a start date, planned or actual.".to_owned(),
        );
    }
    let status = own.iati_status.as_deref();
    let start = own.start_date.map(|date| activity_start(date, status, context.today));
    let end = own.end_date.map(|date| activity_end(date, status, context.today));
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
        places: Vec::new(),
        sectors,
        documents: activity_documents(programme, data, context),
        results: Vec::new(),
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

/// Recipient countries with percentages, or the region that contains all of them.
fn recipient_countries(
    fields: &crate::programmes::fields::ProgrammeFields,
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

/// Sectors with percentages; a single sector of a vocabulary has 100.
fn export_sectors(sectors: &[allocations::Sector]) -> Result<Vec<Sector>, &'static str> {
    if sectors.is_empty() {
        return Err(
            "IATI requires a sector, such as 15180 (ending violence against women and girls).",
        );
    }
    let vocabulary = |sector: &allocations::Sector| {
        sector.vocabulary.clone().unwrap_or_else(|| codes::SECTOR_VOCABULARY_DAC.to_owned())
    };
    let draw = |sector: &allocations::Sector| {
        let vocabulary_of_it = vocabulary(sector);
        if matches!(vocabulary_of_it.as_str(), "98" | "99") {
            return Err(
                "IATI requires the name of a sector in the vocabularies 98 and 99, which the catalogue does not store; use another vocabulary.",
            );
        }
        let is_alone =
            sectors.iter().filter(|other| vocabulary(other) == vocabulary_of_it).count() == 1;
        let percentage = sector.percentage.clone().or_else(|| is_alone.then(|| "100".to_owned()));
        let percentage =
            percentage.ok_or("IATI requires percentages for several sectors of one vocabulary.")?;
        Ok(Sector {
            vocabulary: vocabulary_of_it,
            code: sector.code.clone(),
            percentage: Some(percentage),
        })
    };
    sectors.iter().map(draw).collect()
}

/// A country as a location, with its names and footnote.
pub fn location(code: &str, context: &ExportContext<'_>) -> Option<Location> {
    let country = country_names::find_country(code)?;
    let footnote = context.country_names.designation_footnote(code);
    let mark = if footnote.is_some() { "*" } else { "" };
    let name = tag_narratives(
        NAME_LANGUAGES
            .iter()
            .map(|language| (*language, format!("{}{mark}", country.name(language)))),
    );
    // Built-in footnotes are in English.
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
