//! The filter `missing`: items that lack a part in a language.

use crate::db::driving_table::DrivingTable;
use crate::db::sql_fragment::{Bind, Fragment};
use crate::http::auth::Visibility;
use crate::http::json_fields::truncate_for_message;
use crate::http::query_params::QueryParams;
use crate::i18n::country_names::NAME_LANGUAGES;
use crate::resource::model::completeness::{
    CAPTION_LANGUAGE_FILTER, TranslatablePart, part_names, translatable_parts,
};
use crate::resource::model::text_track::TrackKind;
use crate::resource::query::filter_sql::filter_match;
use crate::resource::schema::TEXT_LANGUAGE_FILTER;
use crate::resource::schema::{FilterType, MAX_VALUES, ResourceSchema};
use crate::resource::store::texts::text_key_range_sql;
use crate::text::language::Language;
use crate::text::name_suggestion::closest_name;

/// Names that the kinds give to the title, which every language must have.
const TITLE_FIELD_NAMES: [&str; 3] = ["title", "name", "label"];

/// The conditions of the `missing` parameter.
#[derive(Clone, Debug, Default)]
pub struct MissingFilter {
    /// Parts of which at least one must be missing.
    any_missing: Vec<MissingClause>,
    /// Parts that must all exist.
    all_present: Vec<MissingClause>,
}

impl MissingFilter {
    /// Parses the parameter.
    pub fn parse(params: &mut QueryParams, schema: &ResourceSchema) -> Self {
        let parts = translatable_parts(schema);
        let mut read = Self::default();
        for member in params.list("missing", MAX_VALUES).unwrap_or_default() {
            let (list, text) =
                member.strip_prefix('!').map_or((&mut read.any_missing, member.as_str()), |text| {
                    (&mut read.all_present, text)
                });
            match MissingClause::parse(text, &parts) {
                Ok(wanted) => list.push(wanted),
                Err(detail) => params.error("missing", "unknown_value", detail),
            }
        }
        read
    }

    /// Whether there are no conditions.
    pub fn is_empty(&self) -> bool {
        self.any_missing.is_empty() && self.all_present.is_empty()
    }

    /// Returns the predicates for a list with this driving table; each is a lookup by a key of the
    /// item.
    pub fn predicates(
        &self,
        schema: &ResourceSchema,
        driving_table: DrivingTable,
        visibility: Visibility,
    ) -> Vec<Fragment> {
        let exists = |clause: &MissingClause| {
            Fragment::new("EXISTS (")
                .append(&clause.existence_subquery(schema, driving_table, visibility))
                .sql(")")
        };
        let mut predicates: Vec<Fragment> = self.all_present.iter().map(exists).collect();
        let any =
            self.any_missing.iter().map(|clause| Fragment::new("NOT ").append(&exists(clause)));
        predicates.extend(any.reduce(|all, predicate| all.sql(" OR ").append(&predicate)));
        predicates
    }
}

/// A part in a language, which may be stored under several tags, such as `sr`.
#[derive(Clone, Debug)]
struct MissingClause {
    part: TranslatablePart,
    languages: Vec<String>,
}

impl MissingClause {
    fn parse(text: &str, parts: &[(&'static str, TranslatablePart)]) -> Result<Self, String> {
        let wrong = |detail: String| {
            detail
                + &suggest_value(text, parts)
                    .map_or_else(String::new, |similar| format!(" Did you mean `{similar}`?"))
        };
        let named = |name: &str| {
            parts.iter().find(|(part_name, _)| *part_name == name).map(|(_, part)| *part)
        };
        let Some((tag, part)) =
            text.split_once('.').and_then(|(tag, name)| Some((tag, named(name)?)))
        else {
            let detail = format!(
                "`{}` is not a language tag, a dot and one of {}, such as `sq.",
                truncate_for_message(text),
                part_names(parts).join(", ")
            );
            return Err(wrong(detail + parts.first().map_or("title", |(title, _)| title) + "`."));
        };
        let languages =
            FilterType::Language.parse_value(tag).map_err(|detail| wrong(detail + "."))?;
        Ok(Self { part, languages })
    }

    /// Returns a subquery for the rows that prove that the part exists. For titles and captions
    /// these are in the filter index, as for the filters `language` and `caption_language`.
    fn existence_subquery(
        &self,
        schema: &ResourceSchema,
        driving_table: DrivingTable,
        visibility: Visibility,
    ) -> Fragment {
        let column = match self.part {
            TranslatablePart::Title if visibility.includes_unpublished() => {
                return filter_match(
                    driving_table,
                    &schema.index_field("any_language"),
                    &self.languages,
                );
            }
            TranslatablePart::Title => {
                return filter_match(
                    driving_table,
                    &schema.index_field(TEXT_LANGUAGE_FILTER),
                    &self.languages,
                );
            }
            TranslatablePart::Captions => {
                return filter_match(
                    driving_table,
                    &schema.index_field(CAPTION_LANGUAGE_FILTER),
                    &self.languages,
                );
            }
            TranslatablePart::Transcript => return self.track_subquery(driving_table),
            TranslatablePart::Summary => "texts.summary",
            TranslatablePart::Description => "texts.description",
        };
        // PostgreSQL overestimates the number of texts of an item and would scan the whole table
        // for each; the order and the limit prevent this.
        Fragment::new("SELECT 1 FROM ")
            .by_backend("texts WHERE ", "(SELECT * FROM texts WHERE ")
            .sql(text_key_range_sql(driving_table.row_id_column()))
            .by_backend(" AND ", " ORDER BY texts.key LIMIT 512) texts WHERE ")
            .append(&self.language_in("texts.language"))
            .sql(if visibility.includes_unpublished() {
                " AND "
            } else {
                " AND texts.status = 'published' AND "
            })
            .sql(column)
            .sql(" IS NOT NULL")
    }

    fn track_subquery(&self, driving_table: DrivingTable) -> Fragment {
        let spoken = TrackKind::ALL.iter().filter(|(_, kind)| kind.is_spoken());
        let kinds: Vec<String> = spoken.map(|(name, _)| format!("'{name}'")).collect();
        Fragment::new("SELECT 1 FROM tracks WHERE tracks.item = ")
            .sql(driving_table.row_id_column())
            .sql(format!(" AND tracks.kind IN ({}) AND ", kinds.join(", ")))
            .append(&self.language_in("tracks.language"))
            // Makes PostgreSQL evaluate the subquery row by row, until the page is full.
            .by_backend("", " OFFSET 0")
    }

    fn language_in(&self, column: &'static str) -> Fragment {
        Fragment::new(column)
            .sql(" IN (")
            .binds(self.languages.iter().cloned().map(Bind::Text))
            .sql(")")
    }
}

/// Returns the valid value closest to an invalid one.
fn suggest_value(text: &str, parts: &[(&'static str, TranslatablePart)]) -> Option<String> {
    let title = parts.first().map(|(title, _)| *title)?;
    let (tag, name) = text.rsplit_once(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(("", text));
    let part = closest_name(name, part_names(parts))
        .or_else(|| TITLE_FIELD_NAMES.contains(&name).then_some(title));
    let Some(part) = part else {
        return Language::parse(text).ok().map(|language| format!("{}.{title}", language.as_str()));
    };
    let language = Language::parse(tag)
        .ok()
        .or_else(|| Language::parse(closest_name(tag, NAME_LANGUAGES.iter().copied())?).ok());
    Some(format!("{}.{part}", language.unwrap_or_default().as_str()))
}
