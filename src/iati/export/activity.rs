//! An activity without its results, from a programme.

use crate::config::{is_iati_identifier, is_organisation_identifier};
use crate::iati::activity::{
    Activity, Participant, Sector, activity_end, activity_start, status_from_dates,
};
use crate::iati::codes;
use crate::iati::export::classifications::{
    contact, has_own_prefix, missing_part, other_identifiers, policy_markers, reported_codes, tags,
};
use crate::iati::export::context::ExportContext;
use crate::iati::export::documents::activity_documents;
use crate::iati::export::issues::{ReadinessIssue, ReadinessReport};
use crate::iati::export::places::{Recipients, country_location, own_text, recipients};
use crate::iati::load::{ExportData, Programme};
use crate::iati::narratives::narratives;
use crate::programmes::allocations;
use crate::resource::model::item::Reference;
use crate::resource::schema::ResourceKind;

/// Code of data that is left out of an activity.
pub const NOT_EXPORTED: &str = "not_exported";

const NAMELESS_SECTOR: &str = "IATI requires the `name` of a sector in the vocabularies 98 and 99.";

/// Builds an activity without results, and reports missing data.
pub fn build_activity(
    programme: &Programme,
    data: &ExportData,
    context: &ExportContext<'_>,
    report: &mut ReadinessReport,
) -> Activity {
    let (item, own) = (&programme.item, &programme.fields);
    let finding = |field: &'static str, code: &'static str, detail: String| ReadinessIssue {
        kind: Some(ResourceKind::PROGRAMME),
        slug: item.slug.clone(),
        field,
        code,
        detail,
    };
    let ReadinessReport { issues, notes } = report;
    let mut add_issue = |field, code, detail| issues.push(finding(field, code, detail));
    let mut add_note = |field, detail| notes.push(finding(field, NOT_EXPORTED, detail));
    let identifier = own.iati_identifier.clone().unwrap_or_default();
    if identifier.is_empty() {
        add_issue(
            "iati_identifier",
            "missing_value",
            "IATI requires an identifier: that of the reporting organisation, a hyphen, and an identifier of your own.".to_owned(),
        );
    } else if !is_organisation_identifier(&identifier) {
        add_issue(
            "iati_identifier",
            "invalid_identifier",
            "An IATI identifier must not contain whitespace or any of / & | ?.".to_owned(),
        );
    } else if let Some(organisation) = context.settings.iati_reporting_org.as_ref()
        && !has_own_prefix(&identifier, programme, context)
    {
        let detail = format!(
            "It must start with the identifier of the reporting organisation: `{organisation}-`. If that of a former organisation is meant, add it to KINOTEKA_IATI_FORMER_ORGS, or to `other_identifiers` with the type B1."
        );
        add_issue("iati_identifier", "invalid_identifier", detail);
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
    for role in roles_without_code(programme, data) {
        add_note("partners", role);
    }
    let countries: Vec<String> = own.countries.unpack();
    let recipients = recipients(programme, &countries).unwrap_or_else(|missing| {
        add_issue(missing.field, "missing_value", missing.detail.to_owned());
        Recipients::default()
    });
    let mut sectors: Vec<allocations::Sector> = own.sectors.unpack();
    if sectors.iter().any(has_required_name) && !sectors.iter().all(has_required_name) {
        sectors.retain(has_required_name);
        add_note("sectors", NAMELESS_SECTOR.to_owned());
    }
    let sectors = match export_sectors(programme, &sectors) {
        Ok(sectors) => sectors,
        Err(detail) => {
            add_issue("sectors", "missing_value", detail.to_owned());
            Vec::new()
        }
    };
    let mut policy_markers = policy_markers(programme);
    policy_markers.retain(|marker| {
        let missing = missing_part(marker);
        if let Some(missing) = missing {
            add_note("policy_markers", missing.to_owned());
        }
        missing.is_none()
    });
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
    let reported = reported_codes(programme, context.settings);
    Activity {
        slug: Some(item.slug.clone()),
        other_identifiers: other_identifiers(&identifier, programme, context),
        identifier,
        updated_at: Some(item.updated_at.0),
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
        contact: contact(programme, reported.contact.as_ref(), context),
        scope: reported.activity_scope,
        countries: recipients.countries,
        regions: recipients.regions,
        locations: countries.iter().filter_map(|code| country_location(code, context)).collect(),
        sectors,
        tags: tags(programme),
        policy_markers,
        collaboration_type: reported.collaboration_type,
        flow_type: reported.flow_type,
        finance_type: reported.finance_type,
        aid_types: reported.aid_types,
        tied_status: reported.tied_status,
        documents: activity_documents(programme, data, context),
        ..Activity::default()
    }
}

fn participants(programme: &Programme, data: &ExportData) -> Vec<Participant> {
    let one = |link: &Reference| {
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

/// Messages about the partners whose roles have no IATI code.
fn roles_without_code(programme: &Programme, data: &ExportData) -> Vec<String> {
    let message = |link: &Reference| {
        let partner = data.partners.get(&link.target_id)?;
        let role = link.role.as_deref().filter(|role| codes::role_code(role).is_none())?;
        Some(format!(
            "IATI has no code for the role `{}` of the partner `{}`, which is left out; it has funder, accountable, extending and implementer.",
            crate::text::truncate_for_message(role),
            partner.item.slug
        ))
    };
    programme.references_in("partners").filter_map(message).collect()
}

/// Whether a sector has a name, or needs none.
fn has_required_name(sector: &allocations::Sector) -> bool {
    sector.name.is_some() || !matches!(sector.vocabulary.as_deref(), Some("98" | "99"))
}

/// Sectors with percentages; a single sector of a vocabulary has 100.
fn export_sectors(
    programme: &Programme,
    sectors: &[allocations::Sector],
) -> Result<Vec<Sector>, &'static str> {
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
        let name = own_text(programme, sector.name.as_deref());
        if !has_required_name(sector) {
            return Err(NAMELESS_SECTOR);
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
            name,
        })
    };
    sectors.iter().map(draw).collect()
}
