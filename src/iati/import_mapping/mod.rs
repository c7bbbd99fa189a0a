//! Mapping of an imported file to request bodies.
//!
//! Slugs are those written by an export of this product, or are derived from the identifiers in the
//! file, so that importing a file again yields the same slugs.

mod classifications;
mod mapper;
mod results;
mod slugs;

use std::collections::HashMap;

use chrono::NaiveDate;
use serde_json::{Map, Value as Json, json};

pub use classifications::remove_defaults;
pub use mapper::{ExistingItems, ImportItem};
use mapper::{ImportMapper, MappedItem, set_if_present};
use results::IndicatorSource;
use slugs::{stable_slug, valid_own_slug};

use crate::http::json_fields::is_web_url;
use crate::iati::activity::{
    Activity, Narratives, Participant, activity_end, activity_start, status_from_dates,
};
use crate::iati::codes;
use crate::iati::xml_reader::ParsedFile;
use crate::programmes::allocations::sums_to_100;
use crate::resource::schema::ResourceKind;
use crate::text::slug::slugify;

/// Maps activities to items. Data that is not imported is counted in the file's report.
pub fn map_activities(
    file: &mut ParsedFile,
    existing: &ExistingItems,
    today: NaiveDate,
) -> Vec<ImportItem> {
    let activities = std::mem::take(&mut file.activities);
    let mut mapper =
        ImportMapper { file, existing, today, items: Vec::new(), item_indexes: HashMap::new() };
    for activity in &activities {
        mapper.map_activity(activity);
    }
    mapper.items
}

impl ImportMapper<'_> {
    fn map_activity(&mut self, activity: &Activity) {
        if activity.identifier.is_empty() {
            return;
        }
        let known = self
            .existing
            .slugs_by_identifier
            .get(&(ResourceKind::PROGRAMME, activity.identifier.clone()))
            .cloned();
        let slug = known
            .or_else(|| valid_own_slug(activity.slug.as_deref()))
            .unwrap_or_else(|| stable_slug(&activity.identifier, &activity.identifier));
        if let Some(line) = self
            .item_indexes
            .get(&(ResourceKind::PROGRAMME, slug.clone()))
            .and_then(|at| self.items.get(*at))
            .map(|one| one.line)
        {
            return self.add_error(
                activity.line,
                format!("duplicate of the activity `{}` on line {line}", activity.identifier),
            );
        }
        let mut partners: Vec<Json> = Vec::new();
        for participant in &activity.participants {
            let partner = self.map_partner(participant);
            let role = codes::role_from_code(&participant.role);
            if role.is_none() {
                self.add_error(
                    participant.line,
                    format!(
                        "`{}` is not an IATI role (1 to 4)",
                        crate::text::truncate_for_message(&participant.role)
                    ),
                );
            }
            let one = json!({"partner": partner, "role": role});
            if !partners.contains(&one) {
                partners.push(one);
            }
        }
        let mut body = Map::new();
        body.insert("iati_identifier".to_owned(), json!(activity.identifier));
        set_if_present(&mut body, "start_date", activity.start.map(|day| day.date).as_ref());
        set_if_present(&mut body, "end_date", activity.end.map(|day| day.date).as_ref());
        let start = activity.start.map(|day| activity_start(day.date, None, self.today));
        let end = activity.end.map(|day| activity_end(day.date, None, self.today));
        let is_implied =
            activity.status.is_empty() || activity.status == status_from_dates(start, end);
        let status = codes::activity_status_from_code(&activity.status).filter(|_| !is_implied);
        if status.is_none() && !is_implied {
            self.add_error(
                activity.line,
                format!(
                    "`{}` is not an IATI status (1 to 6)",
                    crate::text::truncate_for_message(&activity.status)
                ),
            );
        }
        body.insert("iati_status".to_owned(), json!(status));
        body.insert("partners".to_owned(), json!(partners));
        self.map_countries(activity, &mut body);
        self.map_sectors(activity, &mut body);
        self.map_classifications(activity, &mut body);
        match activity.documents.first() {
            Some(page) if is_web_url(&page.url) => {
                drop(body.insert("website".to_owned(), json!(page.url)));
            }
            Some(_) => self.count_skipped("document-link (without a web URL)", 1),
            None => {}
        }
        self.add_item(MappedItem {
            line: activity.line,
            kind: ResourceKind::PROGRAMME,
            slug: &slug,
            body,
            title: &activity.title,
            description: &activity.description,
        });
        for result in &activity.results {
            for indicator in &result.indicators {
                let source = IndicatorSource { activity, result, indicator };
                self.map_indicator(source, &slug);
            }
        }
    }

    /// Adds a partner once, with the names from all its mentions.
    fn map_partner(&mut self, participant: &Participant) -> String {
        let known = participant.reference.as_ref().and_then(|reference| {
            self.existing
                .slugs_by_identifier
                .get(&(ResourceKind::PARTNER, reference.clone()))
                .cloned()
        });
        let name = participant.name.first().map(|(_, name)| name.as_str()).unwrap_or_default();
        let own = participant.reference.as_deref().unwrap_or(name);
        let slug =
            known.or_else(|| valid_own_slug(participant.slug.as_deref())).unwrap_or_else(|| {
                let of_name = slugify(name);
                if ResourceKind::PARTNER.validate_slug(&of_name).is_ok()
                    && participant.reference.is_none()
                {
                    of_name
                } else {
                    stable_slug(name, own)
                }
            });
        let place = self.item_indexes.get(&(ResourceKind::PARTNER, slug.clone())).copied();
        if place.is_some() {
            return slug;
        }
        let mut body = Map::new();
        if let Some(reference) = &participant.reference {
            body.insert("iati_identifier".to_owned(), json!(reference));
        }
        // The catalogue's kind of an existing partner takes precedence.
        let kind = participant.kind.as_deref().and_then(codes::partner_kind_from_code);
        if let Some(kind) = kind.filter(|_| !self.existing.contains(ResourceKind::PARTNER, &slug)) {
            body.insert("kind".to_owned(), json!(kind));
        }
        self.add_item(MappedItem {
            line: participant.line,
            kind: ResourceKind::PARTNER,
            slug: &slug,
            body,
            title: &participant.name,
            description: &Narratives::new(),
        });
        slug
    }

    /// Countries and their percentages.
    fn map_countries(&mut self, activity: &Activity, body: &mut Map<String, Json>) {
        let mut countries: Vec<&str> =
            activity.countries.iter().map(|(code, _)| code.as_str()).collect();
        if countries.is_empty() {
            countries.extend(activity.locations.iter().map(|location| location.country.as_str()));
        }
        let percentages: Vec<&str> =
            activity.countries.iter().filter_map(|(_, percentage)| percentage.as_deref()).collect();
        // A single country may omit its percentage.
        let is_shared = percentages.len() > 1
            && percentages.len() == activity.countries.len()
            && sums_to_100(&percentages);
        let shares = activity.countries.iter().filter(|_| is_shared);
        let shares: Vec<Json> = shares
            .map(|(code, percentage)| json!({"country": code, "percentage": percentage}))
            .collect();
        if !is_shared && activity.countries.len() > 1 && activity.regions.is_empty() {
            self.count_skipped(
                "recipient-country/@percentage (the sum is not 100)",
                percentages.len(),
            );
        }
        body.insert("countries".to_owned(), json!(countries));
        body.insert("country_shares".to_owned(), json!(shares));
    }

    fn map_sectors(&mut self, activity: &Activity, body: &mut Map<String, Json>) {
        let mut sectors: Vec<Json> = Vec::new();
        for sector in &activity.sectors {
            let of_it: Vec<_> = activity
                .sectors
                .iter()
                .filter(|other| other.vocabulary == sector.vocabulary)
                .collect();
            let shares: Vec<&str> =
                of_it.iter().filter_map(|other| other.percentage.as_deref()).collect();
            let is_shared = of_it.len() > 1 && shares.len() == of_it.len() && sums_to_100(&shares);
            let percentage = sector.percentage.as_ref().filter(|_| is_shared);
            if sector.percentage.is_some() && !is_shared && of_it.len() > 1 {
                self.count_skipped("sector/@percentage (the sum is not 100)", 1);
            }
            let name = self.first_name(&sector.name, "sector/narrative");
            sectors.push(json!({"code": sector.code, "vocabulary": sector.vocabulary, "percentage": percentage, "name": name}));
        }
        body.insert("sectors".to_owned(), json!(sectors));
    }
}
