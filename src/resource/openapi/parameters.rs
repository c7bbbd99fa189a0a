//! Query parameters and request headers of the classes of operations.

use serde_json::{Value, json};

use crate::resource::model::status_change::OnReferences;
use crate::resource::openapi::completeness as resource_completeness;
use crate::resource::openapi::parameter_schemas::{
    DECIMAL_PATTERN, LANGUAGE_PATTERN, comma_list_parameter, cursor_schema, id_or_slug_schema,
    language_schema, query_parameter,
};
use crate::resource::query::facet_params::{DEFAULT_FACET_LIMIT, MAX_FACET_LIMIT};
use crate::resource::query::pagination::{DEFAULT_LIMIT, MAX_LIMIT, MAX_OFFSET};
use crate::resource::query::params::{MAX_IDS, MAX_SEARCH_LEN};
use crate::resource::query::shape::HIGHLIGHTS_FIELD;
use crate::resource::schema::operation::OperationKind;
use crate::resource::schema::{
    FilterSchema, FilterType, MAX_VALUES, RangeType, ResourceKind, ResourceSchema,
};
use crate::resource::write::idempotency;

/// Returns the parameter that decides what happens to the items that refer to an item.
fn on_references_parameter(values: &[&str]) -> Value {
    query_parameter(
        OnReferences::PARAM,
        "What happens to the public items that refer to the item if it is no longer public: with `keep` they continue to refer to it, and show its name, credit line and disclaimer if it is archived; with `archive` they are archived too. Without it, the request is rejected (409) if there are any.",
        json!({"type": "string", "enum": values}),
        json!("archive"),
    )
}

/// Returns the query parameters of an operation: those of every read, and the list parameters if
/// the class takes them.
pub fn query_parameters_for(resource_schema: &ResourceSchema, class: OperationKind) -> Vec<Value> {
    if class == OperationKind::Delete {
        let purge = query_parameter(
            "purge",
            "Removes the content of the item permanently, also of one that was deleted before. Requires an admin's key.",
            json!({"type": "boolean", "default": false}),
            json!(false),
        );
        return vec![on_references_parameter(&["archive"]), purge];
    }
    let list_fields = [HIGHLIGHTS_FIELD].into_iter().filter(|_| class.takes_list_params());
    let fields: Vec<&str> = resource_schema.all_fields().chain(list_fields).collect();
    let includes: Vec<&str> = resource_schema.all_includes().collect();
    let mut include = "References to embed as full resources; `translations` adds the texts in every language, `completeness` the parts that exist in each language.".to_owned();
    for extra in resource_schema.on_demand_fields {
        include.extend([" `", extra, "` adds the field of that name, which lists omit."]);
    }
    let mut parameters = vec![
        query_parameter(
            "lang",
            "Language of the response (BCP 47), or `all` for every language. Defaults to `Accept-Language`; `language` of each resource is the language of its texts.",
            language_schema(),
            json!("sr-Cyrl"),
        ),
        comma_list_parameter(
            "fields",
            "Only these fields, and `id`.",
            json!({"type": "string", "enum": fields}),
            100,
            "slug",
        ),
        comma_list_parameter(
            "include",
            &include,
            json!({"type": "string", "enum": includes}),
            20,
            includes.first().copied().unwrap_or("translations"),
        ),
    ];
    if matches!(class, OperationKind::Replace | OperationKind::Patch) {
        parameters.push(on_references_parameter(&["keep", "archive"]));
    }
    if !class.takes_list_params() {
        return parameters;
    }
    parameters.push(query_parameter("q", "Full-text search: words that must all occur, `\"phrases\"`, `either OR other`, `-excluded`. Words match by stem in the languages of the catalogue (or those of `lang`), the last word also as a prefix; quoted words match without stemming. Case, diacritics and script are ignored. Any text is a valid query: there are no stop words, and a text without a letter or digit matches nothing.", json!({"type": "string", "maxLength": MAX_SEARCH_LEN}), json!("zene")));
    parameters.push(query_parameter(
        "highlights",
        "With `q`: adds `highlights` to each item, with the matching fields and the matching words marked in their original form. `fields=highlights` adds them too.",
        json!({"type": "boolean", "default": false}),
        json!(true),
    ));
    parameters.push(comma_list_parameter(
        "ids",
        "Only items with these ids or slugs; unknown ones are ignored.",
        id_or_slug_schema(),
        MAX_IDS,
        "a-slug,another-slug",
    ));
    parameters.push(comma_list_parameter(
        "status",
        "Only items with these statuses; any but `published` requires a key. Default: published items.",
        json!({"type": "string", "enum": ["draft", "scheduled", "published", "archived", "!draft", "!scheduled", "!published", "!archived"]}),
        10,
        "published",
    ));
    for filter in resource_schema.all_filters() {
        parameters.push(filter_parameter(filter));
    }
    parameters.push(resource_completeness::missing_parameter(resource_schema));
    for range in resource_schema.all_ranges() {
        let schema = match range.value_type {
            RangeType::Time => {
                json!({"anyOf": [{"type": "string", "format": "date-time"}, {"type": "string", "format": "date"}]})
            }
            RangeType::Date => json!({"type": "string", "format": "date"}),
            RangeType::Integer => {
                json!({"type": "integer", "minimum": 0, "maximum": 1_000_000_000})
            }
            RangeType::Decimal => {
                json!({"type": "string", "pattern": DECIMAL_PATTERN, "maxLength": crate::text::decimal::format::MAX_DECIMAL_LEN})
            }
        };
        let example = if range.value_type == RangeType::Integer {
            range.example.parse::<i64>().map_or_else(|_| json!(range.example), Value::from)
        } else {
            json!(range.example)
        };
        parameters.push(query_parameter(range.name, range.description, schema, example));
    }
    let keys: Vec<String> = resource_schema
        .all_sort_keys()
        .map(|sort| format!("`{}` ({})", sort.name, sort.description))
        .collect();
    let words: Vec<String> = resource_schema
        .all_sort_keys()
        .map(|sort| sort.name.to_owned())
        .chain(["relevance".to_owned()])
        .flat_map(|name| [name.clone(), format!("-{name}")])
        .collect();
    parameters.push(comma_list_parameter(
        "sort",
        &format!(
            "Sort keys, `-` for descending: {}; or `relevance` alone, with `q`: matches in titles rank before those in summaries, names (of topics, programmes, partners), descriptions and transcripts; exact words before other forms, and these before prefixes; then newest first. Default: newest first without `q`, `relevance` with it. Ties are broken by id.",
            keys.join(", ")
        ),
        json!({"type": "string", "enum": words}),
        3,
        "-published_at",
    ));
    parameters.push(query_parameter(
        "limit",
        "Maximum number of items per page.",
        json!({"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT}),
        json!(20),
    ));
    parameters.push(json!({"name": "cursor", "in": "query", "required": false, "description": "`next_cursor` or `prev_cursor` of another page of the same query.", "schema": cursor_schema()}));
    parameters.push(query_parameter(
        "offset",
        "Number of items to skip; cannot be combined with `cursor`.",
        json!({"type": "integer", "minimum": 0, "maximum": MAX_OFFSET, "default": 0}),
        json!(0),
    ));
    let facets: Vec<&str> = resource_schema.all_facets().map(|filter| filter.name).collect();
    parameters.push(comma_list_parameter(
        "facets",
        "Counts the values of these filters over the whole filtered list; a facet's own filter does not narrow it. `facets` in the response has the value, its label in the language of the response, and its count, most frequent first.",
        json!({"type": "string", "enum": facets}),
        20,
        facets.first().copied().unwrap_or("year"),
    ));
    parameters.push(query_parameter(
        "facet_limit",
        "Maximum number of values of each facet.",
        json!({"type": "integer", "minimum": 1, "maximum": MAX_FACET_LIMIT, "default": DEFAULT_FACET_LIMIT}),
        json!(10),
    ));
    parameters.push(query_parameter(
        "total",
        "Whether to count the whole list.",
        json!({"type": "boolean", "default": false}),
        json!(true),
    ));
    parameters
}

fn filter_parameter(filter: &FilterSchema) -> Value {
    let with_not = |words: &[&str]| {
        let all: Vec<String> =
            words.iter().flat_map(|word| [(*word).to_owned(), format!("!{word}")]).collect();
        json!({"type": "string", "enum": all})
    };
    let items = match filter.filter_type {
        FilterType::Item(_)
        | FilterType::ReferencedBy(..)
        | FilterType::Text
        | FilterType::AnyCase => id_or_slug_schema(),
        FilterType::Country => json!({"type": "string", "pattern": "^!?[A-Za-z]{2,3}$"}),
        FilterType::Language => {
            json!({"type": "string", "minLength": 2, "maxLength": 36, "pattern": format!("^!?{LANGUAGE_PATTERN}$")})
        }
        FilterType::OneOf(words) | FilterType::AllOf(words) => with_not(words),
        FilterType::KindWithFeeds => with_not(&ResourceKind::names(&ResourceKind::with_feeds())),
        FilterType::Boolean => with_not(&["true", "false"]),
        FilterType::Year => json!({"type": "string", "pattern": "^!?[0-9]{4}$"}),
    };
    let rule = if matches!(filter.filter_type, FilterType::AllOf(_)) {
        "Several values must all match; `!` excludes."
    } else {
        "Several values match any of them; `!` excludes."
    };
    comma_list_parameter(
        filter.name,
        &format!("{} {rule}", filter.description),
        items,
        MAX_VALUES,
        filter.example,
    )
}

pub fn header_parameters_for(class: OperationKind) -> Vec<Value> {
    let header = |name: &str, description: &str, example: &str| json!({"name": name, "in": "header", "required": false, "description": description, "schema": {"type": "string"}, "example": example});
    let only_new = || json!({"name": "If-None-Match", "in": "header", "required": false, "description": "`*`: only if the item does not exist yet; otherwise 412.", "schema": {"type": "string", "enum": ["*"]}, "example": "*"});
    let idempotency = || {
        header(
            idempotency::IDEMPOTENCY_KEY,
            "A unique quoted string: a repetition of the same request gets the stored response (`Idempotent-Replayed: true`) and has no further effect. 422 if the request differs, 409 while the first request is still being processed.",
            "\"8e03978e-40d5-43dd-bc93-6894a57f9324\"",
        )
    };
    match class {
        OperationKind::List
        | OperationKind::Feed
        | OperationKind::Export
        | OperationKind::Summarise
        | OperationKind::Series
        | OperationKind::CatalogueFile
        | OperationKind::Get
        | OperationKind::GetReferenceData => vec![header(
            "If-None-Match",
            "An `ETag`; the response is 304 while it is current.",
            "\"3.x1y2z3a4.b5c6d7e8f9g0h1i2\"",
        )],
        OperationKind::Create => vec![idempotency()],
        OperationKind::Restore => {
            vec![
                idempotency(),
                header(
                    "If-Match",
                    "An `ETag` of the item; 412 if the item has changed since.",
                    "\"3.x1y2z3a4.b5c6d7e8f9g0h1i2\"",
                ),
            ]
        }
        OperationKind::Replace => {
            vec![
                header(
                    "If-Match",
                    "An `ETag` of the item; 412 if the item has changed since.",
                    "\"3.x1y2z3a4.b5c6d7e8f9g0h1i2\"",
                ),
                only_new(),
            ]
        }
        OperationKind::Patch | OperationKind::Delete => {
            vec![header(
                "If-Match",
                "An `ETag` of the item; 412 if the item has changed since.",
                "\"3.x1y2z3a4.b5c6d7e8f9g0h1i2\"",
            )]
        }
    }
}
