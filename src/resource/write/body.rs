//! Parses a request body into fields, translations and references.

use serde_json::{Value, json};

use crate::db::Time;
use crate::http::json_fields::JsonFields;
use crate::http::problem::FieldError;
use crate::http::values::SLUG_PATTERN;
use crate::resource::model::item::{ItemRow, Status, TranslationRow};
use crate::resource::schema::{READ_ONLY_FIELDS, ResourceSchema};
use crate::resource::view::resource::{BodyDocs, ParsedFields, Resource};
use crate::resource::write::translations::{self, ParsedTranslations, TranslationDefaults};
use crate::text::language::Language;
use crate::text::slug;

/// The context in which a body is parsed.
pub struct ParseContext<'a> {
    /// The existing item, if there is one.
    pub existing: Option<&'a ItemRow>,
    /// The texts of the existing item.
    pub stored_texts: &'a [TranslationRow],
    /// The slug in the URL path of a new item.
    pub path_slug: Option<&'a str>,
    /// The original language of a new item whose body does not set one.
    pub default_language: &'a Language,
}

/// A parsed body. Checks that need the database are not done yet.
#[derive(Clone, Debug)]
pub struct ParsedBody<O> {
    /// Publication status of the item.
    pub status: Status,
    /// Time of publication, if the body sets it.
    pub published_at: Option<Time>,
    /// Time of archiving, if the body sets it.
    pub unpublish_at: Option<Time>,
    /// The slug, if the body sets it.
    pub slug: Option<String>,
    /// The texts.
    pub translations: ParsedTranslations,
    /// The kind's own fields and the references.
    pub parsed_fields: ParsedFields<O>,
}

/// Parses the fields of a body; `None` if it is not an object. The result may be stored only if no
/// error was added to `errors`.
pub fn parse_body<S: Resource>(
    body: &Value,
    parse_context: &ParseContext<'_>,
    errors: &mut Vec<FieldError>,
) -> Option<ParsedBody<S::Fields>> {
    let mut fields = JsonFields::new(body, "", errors)?;
    let parsed = parse_members::<S>(&mut fields, parse_context);
    fields.finish();
    Some(parsed)
}

/// The request body of a kind, as its parser describes it.
#[derive(Debug)]
pub struct RequestBody {
    /// The declaration of the kind.
    pub resource_schema: &'static ResourceSchema,
    /// The recorded JSON Schema, see [`JsonFields::describe`].
    pub schema: Value,
    /// The documentation.
    pub docs: &'static BodyDocs,
}

/// Returns the description of the request body of a kind.
pub fn describe_body<S: Resource>() -> RequestBody {
    let parse_context = ParseContext {
        existing: None,
        stored_texts: &[],
        path_slug: None,
        default_language: &Language::default(),
    };
    RequestBody {
        resource_schema: S::SCHEMA,
        schema: JsonFields::describe(|fields| drop(parse_members::<S>(fields, &parse_context))),
        docs: S::BODY_DOCS,
    }
}

fn parse_members<S: Resource>(
    fields: &mut JsonFields<'_, '_>,
    parse_context: &ParseContext<'_>,
) -> ParsedBody<S::Fields> {
    fields.ignore(READ_ONLY_FIELDS);
    let requested_status = fields.enum_value("status", &Status::ALL);
    let status = requested_status
        .or_else(|| {
            parse_context.existing.and_then(|item| {
                Status::ALL.iter().find(|(name, _)| *name == item.status).map(|(_, status)| *status)
            })
        })
        .unwrap_or(Status::Draft);
    let published_at = fields.time("published_at");
    let unpublish_at = fields.time("unpublish_at");
    let slug = fields.text("slug", 200);
    fields
        .add_keywords("slug", || json!({"pattern": SLUG_PATTERN, "maxLength": slug::MAX_SLUG_LEN}));
    let original =
        parse_context.existing.and_then(|item| Language::parse(&item.original_language).ok());
    let original = original.as_ref().unwrap_or(parse_context.default_language);
    let defaults = TranslationDefaults {
        status: status.of_text(),
        original_language: original,
        infer_original_language: parse_context.existing.is_none(),
        stored_texts: parse_context.stored_texts,
    };
    let texts = translations::parse_translations(fields, S::SCHEMA, &defaults);
    if texts.is_flat && parse_context.stored_texts.len() > 1 {
        fields.error(
            "translations",
            "would_lose_languages",
            "The item has texts in several languages; send all of them in `translations` (GET with `lang=all` returns them), or use PATCH.",
        );
    }
    if let Some(slug) = &slug {
        if let Err(error) = S::SCHEMA.kind.validate_slug(slug) {
            fields.error("slug", "invalid_slug", error.to_string());
        }
        if parse_context.path_slug.is_some_and(|path| path != slug) {
            fields.error(
                "slug",
                "conflicting",
                "The slug differs from the one in the URL; a new item gets the slug in the URL.",
            );
        }
    }
    let parsed_fields = S::parse(fields);
    ParsedBody { status, published_at, unpublish_at, slug, translations: texts, parsed_fields }
}

pub(super) fn has_null(body: &Value, field: &str) -> bool {
    body.get(field).is_some_and(Value::is_null)
}
