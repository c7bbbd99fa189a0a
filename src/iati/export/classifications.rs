//! Codes, contact, markers, tags and further identifiers of an activity.

use crate::config::Settings;
use crate::iati::activity::{Contact, OtherIdentifier, PolicyMarker, Tag};
use crate::iati::export::context::ExportContext;
use crate::iati::export::places::own_text;
use crate::iati::load::Programme;
use crate::iati::narratives::tag_narratives;
use crate::programmes::classifications;
use crate::programmes::reporting::{AidType, IatiContact, IatiOverrides};
use crate::text::iati_codelists::{FORMER_REPORTING_ORG, OWN_VOCABULARY};

/// What a programme reports: its own codes, and those of the settings where it has none.
pub fn reported_codes(programme: &Programme, settings: &Settings) -> IatiOverrides {
    let own: Option<IatiOverrides> = programme.fields.iati.unpack();
    let own = own.unwrap_or_default();
    let common = &settings.iati;
    let aid_types = if own.aid_types.is_empty() {
        let of = |(vocabulary, code): (&str, &str)| AidType {
            code: code.to_owned(),
            vocabulary: vocabulary.to_owned(),
        };
        common.aid_types().map(of).collect()
    } else {
        own.aid_types
    };
    IatiOverrides {
        aid_types,
        flow_type: own.flow_type.or_else(|| common.flow_type.clone()),
        finance_type: own.finance_type.or_else(|| common.finance_type.clone()),
        tied_status: own.tied_status.or_else(|| common.tied_status.clone()),
        collaboration_type: own.collaboration_type.or_else(|| common.collaboration_type.clone()),
        activity_scope: own.activity_scope.or_else(|| common.activity_scope.clone()),
        contact: own.contact,
    }
}

/// The contact of a programme, else that of the settings.
pub fn contact(
    programme: &Programme,
    own: Option<&IatiContact>,
    context: &ExportContext<'_>,
) -> Option<Contact> {
    if let Some(own) = own {
        return Some(Contact {
            organisation: own_text(programme, own.organisation.as_deref()),
            email: own.email.clone(),
            website: own.website.clone(),
        });
    }
    let common = &context.settings.iati;
    let language = context.settings.default_language();
    let organisation = common.contact_organisation.iter();
    let contact = Contact {
        organisation: tag_narratives(
            organisation.map(|name| (language.as_str(), name.trim().to_owned())),
        ),
        email: common.contact_email.clone(),
        website: common.contact_website.clone(),
    };
    (contact != Contact::default()).then_some(contact)
}

/// Whether an identifier begins with that of the reporting organisation, or a former one.
pub fn has_own_prefix(
    identifier: &str,
    programme: &Programme,
    context: &ExportContext<'_>,
) -> bool {
    let current = context.settings.iati_reporting_org.as_deref();
    let stored: Vec<classifications::OtherIdentifier> = programme.fields.other_identifiers.unpack();
    let former = stored
        .iter()
        .filter(|other| other.kind == FORMER_REPORTING_ORG)
        .map(|other| other.identifier.as_str());
    current
        .into_iter()
        .chain(former)
        .chain(context.settings.iati.former_orgs.iter().map(String::as_str))
        .any(|organisation| begins_with(identifier, organisation))
}

fn begins_with(identifier: &str, organisation: &str) -> bool {
    identifier.strip_prefix(organisation).is_some_and(|rest| rest.starts_with('-'))
}

/// The further identifiers of a programme, and the former reporting organisation with whose
/// identifier its own begins.
pub fn other_identifiers(
    identifier: &str,
    programme: &Programme,
    context: &ExportContext<'_>,
) -> Vec<OtherIdentifier> {
    let stored: Vec<classifications::OtherIdentifier> = programme.fields.other_identifiers.unpack();
    let mut identifiers: Vec<OtherIdentifier> = stored
        .into_iter()
        .map(|other| OtherIdentifier {
            reference: other.identifier,
            kind: other.kind,
            owner_reference: other.owner_identifier,
            owner_name: own_text(programme, other.owner_name.as_deref()),
        })
        .collect();
    let current = context.settings.iati_reporting_org.as_ref();
    let is_current = current.is_some_and(|current| begins_with(identifier, current));
    let former = context.settings.iati.former_orgs.iter().filter(|former| {
        !is_current
            && begins_with(identifier, former)
            && !identifiers
                .iter()
                .any(|one| one.kind == FORMER_REPORTING_ORG && one.reference == **former)
    });
    let former: Vec<OtherIdentifier> = former
        .map(|former| OtherIdentifier {
            reference: former.clone(),
            kind: FORMER_REPORTING_ORG.to_owned(),
            owner_reference: current.cloned(),
            ..OtherIdentifier::default()
        })
        .collect();
    identifiers.extend(former);
    identifiers
}

/// Policy markers.
pub fn policy_markers(programme: &Programme) -> Vec<PolicyMarker> {
    let stored: Vec<classifications::PolicyMarker> = programme.fields.policy_markers.unpack();
    stored
        .into_iter()
        .map(|marker| PolicyMarker {
            vocabulary: marker.vocabulary,
            code: marker.code,
            significance: marker.significance,
            name: own_text(programme, marker.name.as_deref()),
        })
        .collect()
}

/// What IATI requires of a policy marker that this one lacks.
pub fn missing_part(marker: &PolicyMarker) -> Option<&'static str> {
    if marker.vocabulary == OWN_VOCABULARY {
        marker.name.is_empty().then_some(
            "IATI requires the `name` of a policy marker in the vocabulary 99; it is left out.",
        )
    } else {
        marker.significance.is_none().then_some(
            "IATI requires the `significance` of a policy marker in the vocabulary 1; it is left out.",
        )
    }
}

/// Tags.
pub fn tags(programme: &Programme) -> Vec<Tag> {
    let stored: Vec<classifications::Tag> = programme.fields.tags.unpack();
    stored
        .into_iter()
        .map(|tag| Tag {
            vocabulary: tag.vocabulary,
            code: tag.code,
            name: own_text(programme, tag.name.as_deref()),
        })
        .collect()
}
