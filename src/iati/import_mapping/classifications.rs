//! Mapping of regions, tags, policy markers, further identifiers, codes and contact.

use std::collections::BTreeSet;

use serde_json::{Map, Value as Json, json};

use super::allocations::{are_shares, distinct_countries};
use super::mapper::{ImportMapper, set_if_present};
use crate::config::IatiSettings;
use crate::http::json_fields::{is_web_url, limits};
use crate::iati::activity::{Activity, Narratives, RecipientRegion};
use crate::iati::codes;
use crate::programmes::reporting::AidType;
use crate::text::iati_codelists::{
    ACTIVITY_SCOPES, AID_TYPE_VOCABULARIES, COLLABORATION_TYPES, FINANCE_TYPES, FLOW_TYPES,
    OTHER_IDENTIFIER_TYPES, POLICY_MARKER_VOCABULARIES, POLICY_SIGNIFICANCES, REGION_VOCABULARIES,
    TAG_VOCABULARIES, TIED_STATUSES, aid_types, is_policy_marker, is_region, is_tag,
};

impl ImportMapper<'_> {
    /// Adds what the activity has; what it does not have stays as it is.
    pub(super) fn map_classifications(
        &mut self,
        activity: &Activity,
        body: &mut Map<String, Json>,
    ) {
        self.map_regions(activity, body);
        self.map_tags(activity, body);
        self.map_policy_markers(activity, body);
        self.map_other_identifiers(activity, body);
        self.map_reported_codes(activity, body);
    }

    /// Codes and contact; those that are not on their lists are left out.
    fn map_reported_codes(&mut self, activity: &Activity, body: &mut Map<String, Json>) {
        let mut reported = Map::new();
        for (name, code, known) in [
            ("flow_type", &activity.flow_type, FLOW_TYPES),
            ("finance_type", &activity.finance_type, FINANCE_TYPES),
            ("tied_status", &activity.tied_status, TIED_STATUSES),
            ("collaboration_type", &activity.collaboration_type, COLLABORATION_TYPES),
            ("activity_scope", &activity.scope, ACTIVITY_SCOPES),
        ] {
            let code = code.as_deref();
            let valid = code.filter(|code| known.contains(code));
            self.count_skipped(
                "code (not on its code list)",
                usize::from(code.is_some() && valid.is_none()),
            );
            set_if_present(&mut reported, name, valid.as_ref());
        }
        let mut mapped = CodedList::default();
        for AidType { code, vocabulary } in &activity.aid_types {
            let is_listed = aid_types(vocabulary).is_none_or(|known| known.contains(&&**code));
            let is_known = AID_TYPE_VOCABULARIES.contains(&&**vocabulary) && is_listed;
            // One code of each vocabulary.
            if mapped.accepts(vocabulary, "any", is_known && !code.is_empty()) {
                mapped.add(json!({"code": code, "vocabulary": vocabulary}));
            }
        }
        self.count_skipped("default-aid-type (repeated, or not on its code list)", mapped.skipped);
        mapped.insert_into("aid_types", &mut reported);
        if let Some(contact) = &activity.contact {
            let organisation = self.first_name(&contact.organisation, "contact-info/organisation");
            let email = contact
                .email
                .as_ref()
                .filter(|email| !email.is_empty() && email.chars().count() <= limits::SHORT_TEXT);
            let website = contact.website.as_ref().filter(|website| is_web_url(website));
            if organisation.is_some() || email.is_some() || website.is_some() {
                let contact =
                    json!({"organisation": organisation, "email": email, "website": website});
                reported.insert("contact".to_owned(), contact);
            }
        }
        if !reported.is_empty() {
            body.insert("iati".to_owned(), Json::Object(reported));
        }
    }

    /// The first of several names, shortened to what the catalogue stores.
    pub(super) fn first_name(&mut self, names: &Narratives, element: &str) -> Option<String> {
        self.count_skipped(element, names.len().saturating_sub(1));
        names.first().map(|(_, name)| name.chars().take(limits::TITLE).collect())
    }

    fn map_regions(&mut self, activity: &Activity, body: &mut Map<String, Json>) {
        let countries = || activity.locations.iter().map(|location| location.country.as_str());
        // An export of this product has the region that contains all countries.
        let is_implied = |region: &RecipientRegion| {
            activity.countries.is_empty()
                && countries().next().is_some()
                && codes::region_code(countries()) == Some(region.code.as_str())
        };
        let mut seen = BTreeSet::new();
        let regions: Vec<&RecipientRegion> = activity
            .regions
            .iter()
            .filter(|region| {
                REGION_VOCABULARIES.contains(&region.vocabulary.as_str())
                    && is_region(&region.vocabulary, &region.code)
                    && !region.code.is_empty()
                    && seen.insert((region.vocabulary.clone(), region.code.clone()))
            })
            .collect();
        self.count_skipped(
            "recipient-region (repeated, or not on its code list)",
            activity.regions.len().saturating_sub(regions.len()),
        );
        let regions: Vec<&RecipientRegion> =
            regions.into_iter().filter(|region| !is_implied(region)).collect();
        if regions.is_empty() {
            return;
        }
        let countries = distinct_countries(activity);
        let shares: Vec<&str> =
            countries.iter().filter_map(|(_, share)| share.as_deref()).collect();
        let vocabularies: BTreeSet<&str> =
            regions.iter().map(|region| region.vocabulary.as_str()).collect();
        let is_shared = shares.len() == countries.len()
            && vocabularies.into_iter().all(|vocabulary| {
                let of_it = regions.iter().filter(|region| region.vocabulary == vocabulary);
                let own: Vec<&str> =
                    of_it.clone().filter_map(|region| region.percentage.as_deref()).collect();
                own.len() == of_it.count() && are_shares(&[shares.as_slice(), &own].concat())
            });
        if !is_shared && are_shares(&shares) {
            // The countries are the whole, as `map_countries` has stored them.
            return self.count_skipped(
                "recipient-region (in addition to 100 percent of countries)",
                regions.len(),
            );
        }
        if !is_shared {
            let own = regions.iter().filter(|region| region.percentage.is_some()).count();
            self.count_skipped(
                "recipient-region/@percentage (the sum with countries is not 100)",
                own,
            );
        }
        let with_shares = countries.iter().filter(|_| is_shared);
        let shares: Vec<Json> = with_shares
            .map(|(country, percentage)| json!({"country": country, "percentage": percentage}))
            .collect();
        body.insert("country_shares".to_owned(), json!(shares));
        let mut mapped = Vec::new();
        for region in regions {
            let name = self.first_name(&region.name, "recipient-region/narrative");
            let percentage = region.percentage.as_ref().filter(|_| is_shared);
            mapped.push(json!({"code": region.code, "vocabulary": region.vocabulary, "percentage": percentage, "name": name}));
        }
        body.insert("regions".to_owned(), json!(mapped));
    }

    fn map_tags(&mut self, activity: &Activity, body: &mut Map<String, Json>) {
        let mut mapped = CodedList::default();
        for tag in &activity.tags {
            let is_known = TAG_VOCABULARIES.contains(&tag.vocabulary.as_str())
                && is_tag(&tag.vocabulary, &tag.code);
            if mapped.accepts(&tag.vocabulary, &tag.code, is_known) {
                let name = self.first_name(&tag.name, "tag/narrative");
                mapped.add(json!({"code": tag.code, "vocabulary": tag.vocabulary, "name": name}));
            }
        }
        self.count_skipped("tag (repeated, or not on its code list)", mapped.skipped);
        mapped.insert_into("tags", body);
    }

    fn map_policy_markers(&mut self, activity: &Activity, body: &mut Map<String, Json>) {
        let mut mapped = CodedList::default();
        for marker in &activity.policy_markers {
            let is_known = POLICY_MARKER_VOCABULARIES.contains(&marker.vocabulary.as_str())
                && is_policy_marker(&marker.vocabulary, &marker.code)
                && marker
                    .significance
                    .as_deref()
                    .is_none_or(|code| POLICY_SIGNIFICANCES.contains(&code));
            if mapped.accepts(&marker.vocabulary, &marker.code, is_known) {
                let name = self.first_name(&marker.name, "policy-marker/narrative");
                mapped.add(json!({"code": marker.code, "vocabulary": marker.vocabulary, "significance": marker.significance, "name": name}));
            }
        }
        self.count_skipped("policy-marker (repeated, or not on its code list)", mapped.skipped);
        mapped.insert_into("policy_markers", body);
    }

    fn map_other_identifiers(&mut self, activity: &Activity, body: &mut Map<String, Json>) {
        let mut mapped = CodedList::default();
        for other in &activity.other_identifiers {
            let is_known = OTHER_IDENTIFIER_TYPES.contains(&other.kind.as_str())
                && other.reference.chars().count() <= limits::SHORT_TEXT;
            if mapped.accepts(&other.kind, &other.reference, is_known) {
                let name = self.first_name(&other.owner_name, "owner-org/narrative");
                mapped.add(json!({"identifier": other.reference, "type": other.kind, "owner_identifier": other.owner_reference, "owner_name": name}));
            }
        }
        self.count_skipped("other-identifier (repeated, or of an unknown type)", mapped.skipped);
        mapped.insert_into("other_identifiers", body);
    }
}

/// Removes from the body of a programme what the settings state already, so that a later change of
/// the settings applies to it.
pub fn remove_defaults(body: &mut Json, settings: &IatiSettings) {
    let Some(reported) = body.get_mut("iati").and_then(Json::as_object_mut) else { return };
    let aid_types: Vec<Json> = settings
        .aid_types()
        .map(|(vocabulary, code)| json!({"code": code, "vocabulary": vocabulary}))
        .collect();
    let contact = json!({
        "organisation": settings.contact_organisation.as_deref().map(str::trim),
        "email": settings.contact_email,
        "website": settings.contact_website,
    });
    for (name, default) in [
        ("flow_type", json!(settings.flow_type)),
        ("finance_type", json!(settings.finance_type)),
        ("tied_status", json!(settings.tied_status)),
        ("collaboration_type", json!(settings.collaboration_type)),
        ("activity_scope", json!(settings.activity_scope)),
        ("aid_types", json!(aid_types)),
        ("contact", contact),
    ] {
        if reported.get(name) == Some(&default) {
            reported.remove(name);
        }
    }
}

/// A list of objects with distinct codes.
#[derive(Default)]
struct CodedList {
    seen: BTreeSet<(String, String)>,
    members: Vec<Json>,
    /// Number of members that were not accepted.
    skipped: usize,
}

impl CodedList {
    fn accepts(&mut self, vocabulary: &str, code: &str, is_known: bool) -> bool {
        let accepted = is_known
            && !code.is_empty()
            && code.chars().count() <= limits::SHORT_TEXT
            && self.seen.insert((vocabulary.to_owned(), code.to_owned()));
        if !accepted {
            self.skipped = self.skipped.saturating_add(1);
        }
        accepted
    }

    fn add(&mut self, member: Json) {
        if self.members.len() < limits::LIST_ITEMS {
            self.members.push(member);
        } else {
            self.skipped = self.skipped.saturating_add(1);
        }
    }

    fn insert_into(self, name: &str, body: &mut Map<String, Json>) {
        if !self.members.is_empty() {
            body.insert(name.to_owned(), json!(self.members));
        }
    }
}
