//! Mapping of an imported file to request bodies.
//!
//! Slugs are those written by an export of this product, if they do not name other items of this
//! catalogue, or are derived from the identifiers in the file, so that importing a file again yields
//! the same slugs.

mod allocations;
mod classifications;
mod documents;
mod indicators;
mod mapper;
mod own_slugs;
mod partner_index;
mod partners;
mod result_statements;
mod results;
mod slugs;
mod words;

use std::collections::{BTreeMap, HashMap};

use chrono::NaiveDate;
use serde_json::{Map, Value as Json, json};

pub use classifications::remove_defaults;
pub use mapper::{ExistingItem, ExistingItems, ImportItem};
use mapper::{ImportMapper, MappedItem, set_if_present};
pub use partner_index::KnownPartner;
use partner_index::PartnerIndex;
use slugs::stable_slug;

use crate::http::json_fields::is_web_url;
use crate::iati::activity::{Activity, activity_end, activity_start, status_from_dates};
use crate::iati::codes;
use crate::iati::xml_reader::ParsedFile;
use crate::resource::schema::ResourceKind;

/// A mapped file.
pub struct MappedFile {
    /// Items to store.
    pub items: Vec<ImportItem>,
    /// Identifiers in the file that several partners have, with the names of the partners.
    pub shared_identifiers: BTreeMap<String, Vec<String>>,
}

/// Maps activities to items. Data that is not imported is counted in the file's report, and invalid
/// parts are added to its faults.
pub fn map_activities(
    file: &mut ParsedFile,
    existing: &ExistingItems,
    today: NaiveDate,
) -> MappedFile {
    let activities = std::mem::take(&mut file.activities);
    let mut mapper = ImportMapper {
        file,
        existing,
        today,
        items: Vec::new(),
        item_indexes: HashMap::new(),
        repetitions: HashMap::new(),
        partners: PartnerIndex::new(&existing.partners),
        claimed_slugs: HashMap::new(),
        activity_lines: HashMap::new(),
    };
    for activity in activities {
        mapper.map_activity(activity);
    }
    MappedFile { items: mapper.items, shared_identifiers: mapper.partners.into_shared() }
}

impl ImportMapper<'_> {
    fn map_activity(&mut self, mut activity: Activity) {
        let identifier = &activity.identifier;
        if let Some(line) = self.activity_lines.get(identifier) {
            let message = format!("duplicate of the activity `{identifier}` on line {line}");
            return self.add_fault(activity.line, "iati-activity", message);
        }
        self.activity_lines.insert(identifier.clone(), activity.line);
        let mut slug = self.existing.programme_slug(&activity);
        // Files of two catalogues that were joined may have two programmes with the same slug.
        if self.line_of(ResourceKind::PROGRAMME, &slug).is_some() {
            slug = stable_slug(identifier, identifier);
        }
        let mut partners: Vec<Json> = Vec::new();
        let mut partner_slugs = HashMap::new();
        for participant in &activity.participants {
            let partner = self.map_partner(participant, &slug);
            if let Some(own) = participant.slug.clone() {
                partner_slugs.insert(own, partner.clone());
            }
            let role = codes::role_from_code(&participant.role);
            let one = json!({"partner": partner, "role": role});
            if !partners.contains(&one) {
                partners.push(one);
            }
        }
        self.remove_foreign_slugs(&mut activity, &slug, &partner_slugs);
        let activity = &activity;
        let mut body = Map::new();
        body.insert("iati_identifier".to_owned(), json!(activity.identifier));
        self.map_dates(activity, &mut body);
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
        self.map_results(activity, &slug);
    }

    /// Dates, and the status where it does not follow from them.
    fn map_dates(&mut self, activity: &Activity, body: &mut Map<String, Json>) {
        let (mut start, mut end) = (activity.start, activity.end);
        if let (Some(first), Some(last)) = (start, end)
            && last.date < first.date
        {
            // A plan that was not kept yields to what happened.
            let superseded = match (first.is_actual, last.is_actual) {
                (true, false) => Some((&mut end, "activity-date (a planned end before the start)")),
                (false, true) => {
                    Some((&mut start, "activity-date (a planned start after the end)"))
                }
                _ => None,
            };
            if let Some((date, name)) = superseded {
                *date = None;
                self.count_skipped(name, 1);
            } else {
                let (first, last) = (first.date, last.date);
                let message = format!("the activity ends ({last}) before it starts ({first})");
                self.add_fault(activity.line, "activity-date", message);
                end = None;
            }
            // A date that the catalogue has would contradict the other one.
            body.insert("start_date".to_owned(), Json::Null);
            body.insert("end_date".to_owned(), Json::Null);
        }
        set_if_present(body, "start_date", start.map(|day| day.date).as_ref());
        set_if_present(body, "end_date", end.map(|day| day.date).as_ref());
        let start = start.map(|day| activity_start(day.date, None, self.today));
        let end = end.map(|day| activity_end(day.date, None, self.today));
        let is_implied = activity.status == status_from_dates(start, end);
        let status = codes::activity_status_from_code(&activity.status).filter(|_| !is_implied);
        body.insert("iati_status".to_owned(), json!(status));
    }
}
