//! Properties that hold for every request body of an item.

use std::collections::BTreeMap;
use std::sync::Arc;

use kinoteka::db::{Id, Time};
use kinoteka::http::auth::Visibility;
use kinoteka::http::json_fields::limits;
use kinoteka::http::language::LanguagePreference;
use kinoteka::http::problem::FieldError;
use kinoteka::i18n::country_names::CountryNames;
use kinoteka::i18n::country_names::KosovoFootnote;
use kinoteka::resource::cache::references::{ReferenceTarget, RenderedReferences, VisibleKind};
use kinoteka::resource::model::item::{
    ItemRow, LoadedItem, NewReference, Reference, TranslationRow,
};
use kinoteka::resource::view::context::RenderContext;
use kinoteka::resource::view::resource::Resource;
use kinoteka::resource::write::body::{ParseContext, ParsedBody, parse_body};
use kinoteka::text::Language;
use serde_json::Value;

/// Parses a body for a new or an existing item. Returns the errors if it is rejected.
pub fn read<S: Resource>(
    body: &Value,
    existing: Option<&ItemRow>,
) -> Result<ParsedBody<S::Fields>, Vec<FieldError>> {
    let context = ParseContext {
        existing,
        stored_texts: &[],
        path_slug: None,
        default_language: &Language::default(),
    };
    let mut errors = Vec::new();
    let parsed = parse_body::<S>(body, &context, &mut errors);
    match parsed {
        Some(parsed) if errors.is_empty() => Ok(parsed),
        _ => {
            assert_valid_errors(&errors, body);
            Err(errors)
        }
    }
}

/// Asserts that every language has a title, and that texts are trimmed, limited in length and
/// without control characters.
fn assert_clean_texts(texts: &[TranslationRow]) {
    for text in texts {
        assert!(
            !text.title.is_empty() && text.title.chars().count() <= limits::TITLE,
            "{:?}",
            text.title
        );
        let others = [
            &text.summary,
            &text.description,
            &text.content_note,
            &text.credit_line,
            &text.disclaimer,
        ];
        for value in others.into_iter().flatten().chain([&text.title]) {
            assert!(
                !value.is_empty()
                    && value.trim() == value
                    && value.chars().count() <= limits::DESCRIPTION,
                "{value:?}"
            );
            assert!(!value.chars().any(|c| c.is_control() && !"\n\r\t".contains(c)), "{value:?}");
        }
    }
}

/// Returns whether a value is empty, so that it may be rendered as null.
fn is_blank(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.trim().is_empty(),
        Value::Array(members) => members.is_empty(),
        Value::Object(members) => members.values().all(is_blank),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

/// Asserts that the representation has every non-empty member that was sent.
fn assert_preserved(sent: &Value, shown: &Value) {
    match (sent, shown) {
        // A reference or a country: only its slug or code is parsed.
        (_, Value::Object(shown))
            if shown.len() == 3 && shown.contains_key("code")
                || shown.len() == 5 && shown.contains_key("slug") => {}
        (Value::Object(sent), Value::Object(shown)) => {
            for (name, value) in sent.iter().filter(|(_, value)| !is_blank(value)) {
                let there = shown.get(name).unwrap_or(&Value::Null);
                assert!(!there.is_null(), "{name} is lost: {value}");
                assert_preserved(value, there);
            }
        }
        (Value::Array(sent), Value::Array(shown)) => {
            assert!(!shown.is_empty(), "{sent:?} is lost");
            // Only without duplicates.
            if sent.len() == shown.len() {
                sent.iter().zip(shown).for_each(|(sent, shown)| assert_preserved(sent, shown));
            }
        }
        _ => {}
    }
}

/// Returns the members of a body that are rendered under the same name.
fn members_rendered_alike<S: Resource>(body: &Value) -> Value {
    let is_text = |name: &str| S::SCHEMA.text_fields.iter().any(|(text, _)| *text == name);
    // Read-only fields are ignored, tags are canonicalized, texts are rendered below their language,
    // and `additive` is short for two other fields.
    let not_compared = [
        "id",
        "revision",
        "created_at",
        "updated_at",
        "languages",
        "language",
        "transliterated",
        "translations",
        "completeness",
        "additive",
    ];
    let members = body
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(name, _)| !is_text(name) && !not_compared.contains(&name.as_str()));
    Value::Object(members.map(|(name, value)| (name.clone(), value.clone())).collect())
}

/// Asserts that every error has a valid pointer and printable text.
fn assert_valid_errors(errors: &[FieldError], body: &Value) {
    assert!(!errors.is_empty(), "a rejected body has at least one error");
    for error in errors {
        let pointer = error.pointer.as_deref().expect("an error of a body has a pointer");
        let parent = pointer.rsplit_once('/').map_or("", |(parent, _)| parent);
        assert!(body.pointer(parent).is_some(), "{pointer} is not in the body");
        assert_printable(&error.detail);
    }
}

/// Asserts that text is not empty, of limited length, and without control characters.
pub fn assert_printable(text: &str) {
    assert!(
        !text.is_empty() && text.chars().count() < 2_000,
        "{} characters",
        text.chars().count()
    );
    assert!(!text.chars().any(char::is_control), "{text:?}");
}

/// Renders a parsed item like a read with `lang=all`, and asserts that sending the representation
/// back does not change the item. Returns the representation.
pub fn round_trip<S: Resource>(sent: &Value, first: ParsedBody<S::Fields>) -> Value {
    assert_clean_texts(&first.translations.texts);
    let mut ids: BTreeMap<String, Id> = BTreeMap::new();
    let mut shown = RenderContext::new(
        LanguagePreference::all_languages(vec![Language::default()]),
        Arc::new(CountryNames::new(KosovoFootnote::Eu)),
        None,
    );
    let mut links: Vec<Reference> = Vec::new();
    for link in &first.parsed_fields.references {
        let declared = S::SCHEMA.reference(link.field).expect("a reference is declared");
        let fresh =
            Id(uuid::Uuid::from_u128(1_000 + u128::try_from(ids.len()).expect("it is small")));
        let id = *ids
            .entry(link.target.id_or_slug.clone())
            .or_insert_with(|| Id::parse(&link.target.id_or_slug).unwrap_or(fresh));
        let target = ReferenceTarget {
            id,
            slug: link.target.id_or_slug.clone(),
            is_archived: true,
            original_language: Language::default(),
            languages: vec![Language::default()],
            titles: vec!["Title".to_owned()],
            attributions: Vec::new(),
            rendered: RenderedReferences::default(),
        };
        let items = VisibleKind { kind: declared.target, visibility: Visibility::All };
        shown.add_targets(items, vec![(id, Some(Arc::new(target)))]);
        links.push(Reference {
            field: link.field.to_owned(),
            target_id: id,
            role: link.role.clone(),
            start_ms: link.start_ms,
            end_ms: link.end_ms,
        });
    }
    let epoch = Time::from_micros(0).expect("the epoch is a valid time");
    let item = ItemRow {
        number: 1,
        id: Id(uuid::Uuid::from_u128(1)),
        kind: S::SCHEMA.kind.as_str().to_owned(),
        slug: first.slug.clone().unwrap_or_else(|| "a".to_owned()),
        status: first.status.as_str().to_owned(),
        original_language: first.translations.original_language.as_str().to_owned(),
        languages: first.translations.language_list(|_| true),
        public_languages: first.translations.language_list(|text| text.status == "published"),
        reference_list: kinoteka::resource::model::item::encode_references(&links),
        tracks: String::new(),
        fields: serde_json::to_string(&first.parsed_fields.fields).expect("own fields serialize"),
        revision: 1,
        nonce: 1,
        is_public: false,
        ever_public: false,
        created_at: epoch,
        updated_at: epoch,
        published_at: first.published_at,
        unpublish_at: first.unpublish_at,
        unpublish_referrers: false,
        archived_from_public: false,
        deleted_at: None,
        purged_at: None,
        catalogue_revision: 1,
        public_revision: 1,
        public_nonce: 0,
        public_updated_at: epoch,
    };
    assert!(
        first.translations.texts.iter().any(|text| text.language == item.original_language),
        "the original language has texts"
    );
    // The stored fields of the kind round-trip.
    let own = item.parse_fields::<S::Fields>().expect("the stored fields of the kind parse");
    assert!(own == first.parsed_fields.fields, "{} differs from the fields sent", item.fields);
    let loaded = LoadedItem {
        item: item.clone(),
        fields: own,
        languages: first
            .translations
            .texts
            .iter()
            .map(|text| Language::from_canonical(&text.language))
            .collect(),
        choice: None,
        texts: first.translations.texts.clone(),
        references: links,
        completeness: None,
    };
    let text = serde_json::to_string(&S::render(loaded, &shown)).expect("a view serializes");
    let body: Value = serde_json::from_str(&text).expect("a representation is JSON");
    assert_preserved(&members_rendered_alike::<S>(sent), &body);
    let flat: serde_json::Map<String, Value> = S::SCHEMA
        .text_fields
        .iter()
        .filter_map(|(name, _)| Some(((*name).to_owned(), sent.get(*name)?.clone())))
        .collect();
    assert_preserved(&Value::Object(flat), &body["translations"][&item.original_language]);
    let languages = sent
        .get("translations")
        .and_then(Value::as_object)
        .map(|all| all.values().filter(|texts| !texts.is_null()).count());
    assert_eq!(languages.unwrap_or(1), first.translations.texts.len(), "a language is lost");
    let second = read::<S>(&body, Some(&item))
        .unwrap_or_else(|errors| panic!("{text} cannot be sent back: {errors:?}"));
    assert!(
        first.parsed_fields.fields == second.parsed_fields.fields,
        "{text} sent back has other fields"
    );
    assert_eq!(
        first.translations.texts, second.translations.texts,
        "{text} sent back has other texts"
    );
    assert_eq!(first.translations.original_language, second.translations.original_language);
    assert_eq!((first.status, first.published_at), (second.status, second.published_at));
    assert_eq!(second.slug.as_ref(), Some(&item.slug));
    let what = |link: &NewReference, id: Option<&Id>| {
        (link.field, id.copied(), link.role.clone(), link.start_ms, link.end_ms)
    };
    let before: Vec<_> = first
        .parsed_fields
        .references
        .iter()
        .map(|link| what(link, ids.get(&link.target.id_or_slug)))
        .collect();
    let after: Vec<_> = second
        .parsed_fields
        .references
        .iter()
        .map(|link| what(link, Id::parse(&link.target.id_or_slug).as_ref()))
        .collect();
    assert_eq!(before, after, "{text} sent back has other references");
    body
}
