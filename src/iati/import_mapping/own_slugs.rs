//! Which slugs of a file name items of this catalogue.
//!
//! An export of this product names items by their slugs. A file that another catalogue exported
//! names the items of that catalogue, and this one may have others with the same slugs. A slug
//! therefore names an existing item only if the item is linked with the programme that has the
//! identifier of the activity.

use std::collections::HashMap;

use super::indicators::first_text;
use super::mapper::{ExistingItems, ImportMapper};
use super::slugs::{stable_slug, valid_own_slug};
use crate::iati::activity::{Activity, Indicator};
use crate::iati::codes;
use crate::resource::schema::ResourceKind;

impl ExistingItems {
    /// The slug of the programme of an activity.
    pub(super) fn programme_slug(&self, activity: &Activity) -> String {
        let is_free = |slug: &String| self.get(ResourceKind::PROGRAMME, slug).is_none();
        self.programmes
            .get(&activity.identifier)
            .cloned()
            .or_else(|| valid_own_slug(activity.slug.as_deref()).filter(is_free))
            .unwrap_or_else(|| stable_slug(&activity.identifier, &activity.identifier))
    }

    /// Whether an existing item has the slug, or had it, and is not linked with the programme.
    pub(super) fn is_of_another(&self, kind: ResourceKind, slug: &str, programme: &str) -> bool {
        self.get(kind, slug).is_some_and(|item| !item.programmes.contains(programme))
    }

    /// Whether the slug of an indicator names an existing one with this title, measure and unit, which
    /// several programmes may have.
    fn is_shared_indicator(&self, indicator: &Indicator) -> bool {
        let slug = indicator.slug.as_deref().unwrap_or_default();
        self.get(ResourceKind::INDICATOR, slug).is_some_and(|item| {
            item.titles.iter().any(|title| title == first_text(&indicator.title))
                && item.measure.as_deref() == codes::measure_from_code(&indicator.measure)
                && item.unit == indicator.unit
        })
    }

    /// Whether the slug of a participating organisation names a partner of this catalogue or none.
    /// `slug` is the present slug of the partner.
    pub(super) fn is_slug_of_partner(
        &self,
        slug: &str,
        identifier: Option<&str>,
        name: &str,
        programme: &str,
    ) -> bool {
        let Some(item) = self.get(ResourceKind::PARTNER, slug) else { return true };
        let known = self.partners.iter().find(|partner| partner.slug == slug);
        match identifier.zip(known) {
            Some((identifier, known)) => identifier == known.identifier,
            None => {
                item.programmes.contains(programme) || item.titles.iter().any(|title| title == name)
            }
        }
    }
}

impl ImportMapper<'_> {
    /// Removes the slugs of results, indicators and values that name other items of this catalogue,
    /// so that these parts are mapped like those of any other file. `partners` are the slugs of the
    /// participating organisations in this catalogue, by those in the file.
    pub(super) fn remove_foreign_slugs(
        &mut self,
        activity: &mut Activity,
        programme: &str,
        partners: &HashMap<String, String>,
    ) {
        let existing = self.existing;
        let claimed = &mut self.claimed_slugs;
        // Another activity of the file may have named another item so.
        let mut is_claimed = |kind: ResourceKind, slug: &Option<String>, identity: String| {
            let Some(slug) = slug.clone() else { return false };
            let claim = (programme.to_owned(), identity);
            let first = claimed.entry((kind, slug)).or_insert_with(|| claim.clone());
            first.0 != claim.0 && (first.1 != claim.1 || claim.1.is_empty())
        };
        let mut removed = 0_usize;
        let mut remove = |slug: &mut Option<String>, is_foreign: bool| {
            removed = removed.saturating_add(usize::from(is_foreign));
            slug.take_if(|_| is_foreign);
        };
        let is_foreign = |kind: ResourceKind, slug: &Option<String>| {
            slug.as_deref().is_some_and(|slug| existing.is_of_another(kind, slug, programme))
        };
        for result in &mut activity.results {
            let is_other = is_foreign(ResourceKind::RESULT, &result.slug)
                || is_claimed(
                    ResourceKind::RESULT,
                    &result.slug,
                    first_text(&result.title).to_owned(),
                );
            remove(&mut result.slug, is_other);
            for indicator in &mut result.indicators {
                let title = first_text(&indicator.title);
                let identity = format!("{title}\n{}\n{:?}", indicator.measure, indicator.unit);
                let is_other = is_foreign(ResourceKind::INDICATOR, &indicator.slug)
                    && !existing.is_shared_indicator(indicator)
                    || is_claimed(ResourceKind::INDICATOR, &indicator.slug, identity);
                remove(&mut indicator.slug, is_other);
                let statistic = ResourceKind::IMPACT_STATISTIC;
                let is_other = is_foreign(statistic, &indicator.statistic)
                    || is_claimed(statistic, &indicator.statistic, String::new());
                remove(&mut indicator.statistic, is_other);
                let values = indicator.periods.iter_mut();
                for value in values.flat_map(|one| one.actuals.iter_mut().chain(&mut one.targets)) {
                    let is_other = is_foreign(statistic, &value.statistic)
                        || is_claimed(statistic, &value.statistic, String::new());
                    remove(&mut value.statistic, is_other);
                    if let Some(partner) =
                        value.partner.as_ref().and_then(|partner| partners.get(partner))
                    {
                        value.partner = Some(partner.clone());
                    } else {
                        let is_other = is_foreign(ResourceKind::PARTNER, &value.partner);
                        remove(&mut value.partner, is_other);
                    }
                }
            }
        }
        self.count_skipped("slugs of other items (attributes of urn:kinoteka:iati)", removed);
    }
}
