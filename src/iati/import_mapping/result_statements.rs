//! Mapping of the results of an activity: their statements, and the indicators that refer to them.

use std::collections::HashMap;

use serde_json::{Map, json};

use super::indicators::JoinedIndicator;
use super::mapper::{ImportMapper, MappedItem, set_if_present};
use super::slugs::{indicator_slug, result_slug};
use crate::iati::activity::{Activity, IatiResult};
use crate::iati::codes;
use crate::impact::code_lists::RESULT_LEVELS;
use crate::resource::schema::ResourceKind;

impl ImportMapper<'_> {
    /// Maps the results that have a title of their own.
    pub(super) fn map_result_statements(&mut self, activity: &Activity, programme: &str) {
        let mut position = 0_i64;
        let mut first_mentions: HashMap<String, &IatiResult> = HashMap::new();
        for result in &activity.results {
            if !has_statement(result) {
                let is_lost = !result.description.is_empty();
                self.count_skipped("result/description", usize::from(is_lost));
                continue;
            }
            let slug = result_slug(activity, result);
            if let Some(first) = first_mentions.get(&slug) {
                let is_lost =
                    !result.description.is_empty() && result.description != first.description;
                let name = "result/description (of a repeated result)";
                self.count_skipped(name, usize::from(is_lost));
                continue;
            }
            first_mentions.insert(slug.clone(), result);
            // Another activity of an export may have the same result, if it is of no programme.
            if self.line_of(ResourceKind::RESULT, &slug).is_some() {
                continue;
            }
            let mut body = Map::new();
            if result.slug.is_some() {
                set_if_present(&mut body, "level", result.level.as_ref());
                set_if_present(&mut body, "order", result.order.as_ref());
            } else {
                let level = codes::result_type_from_code(&result.kind);
                let level = level.filter(|level| RESULT_LEVELS.contains(level));
                position = position.saturating_add(1);
                body.insert("level".to_owned(), json!(level));
                body.insert("order".to_owned(), json!(position));
            }
            // An existing result of an export may be of no programme.
            if result.slug.is_none() || !self.existing.contains(ResourceKind::RESULT, &slug) {
                body.insert("programme".to_owned(), json!(programme));
            }
            self.add_item(MappedItem {
                line: result.line,
                kind: ResourceKind::RESULT,
                slug: &slug,
                body,
                title: &result.title,
                description: &result.description,
            });
        }
    }

    /// Adds its result and its position in it to an indicator that was mapped. `positions` are the
    /// last ones by slug of the result.
    pub(super) fn link_indicator(
        &mut self,
        activity: &Activity,
        indicator: &JoinedIndicator<'_>,
        positions: &mut HashMap<String, i64>,
    ) {
        let key = (ResourceKind::INDICATOR, indicator_slug(activity, indicator));
        let item = self.item_indexes.get(&key).and_then(|index| self.items.get_mut(*index));
        let Some(body) = item.and_then(|item| item.body.as_object_mut()) else { return };
        let mut order = indicator.first.order;
        // An export may mention an indicator in several activities, but only one has its result.
        if has_statement(indicator.result) && !body.contains_key("result") {
            let slug = result_slug(activity, indicator.result);
            body.insert("result".to_owned(), json!(slug));
            let position = positions.entry(slug).or_default();
            *position = position.saturating_add(1);
            if indicator.first.slug.is_none() {
                order = Some(*position);
            }
        }
        set_if_present(body, "order", order.as_ref());
    }
}

/// Whether a result is a statement.
fn has_statement(result: &IatiResult) -> bool {
    !result.title.is_empty() && !result.is_stand_in
}
