//! Request body of a video, and its parser.

use crate::resource::model::item::NewReference;
use crate::resource::model::item::Status;
use crate::resource::model::packed::PackedJson;
use crate::resource::view::resource::ParsedFields;
use std::collections::BTreeMap;

use serde_json::Value;
use utoipa::ToSchema;

use crate::http::json_fields::{JsonFields, limits};
use crate::resource::view::partner_role::{self, PartnerRoleInput};
use crate::videos::fields::VideoFields;
use crate::videos::media::{Accessibility, Caption, Chapter, Credit, Source, Thumbnail};
use crate::videos::schema::SCHEMA;
use crate::videos::view::VideoTranslation;

/// Request body of POST and PUT, and the merge patch of PATCH. Texts outside `translations` are in
/// `original_language`.
#[derive(Clone, Debug, ToSchema)]
#[schema(example = json!({"slug": "what-we-do-together", "status": "published", "title": "What we do together", "programme": "implementing-norms-changing-minds", "countries": ["AL", "XK"], "topics": ["results"], "sources": [{"kind": "youtube", "url": "https://www.youtube.com/watch?v=aqz-KE-bpKQ"}]}))]
pub struct VideoInput {
    /// Readable identifier in URLs; generated from the title by default.
    #[schema(pattern = "^[a-z0-9]+(-[a-z0-9]+)*$", max_length = 80)]
    pub slug: Option<String>,
    /// Publication status; `draft` by default.
    pub status: Option<Status>,
    /// Time of publication; set at first publication by default.
    pub published_at: Option<chrono::DateTime<chrono::Utc>>,
    /// Language in which the item was written (BCP 47).
    pub original_language: Option<String>,
    /// Texts by language tag; in a PATCH, null removes a language.
    pub translations: Option<BTreeMap<String, VideoTranslation>>,
    /// Title, in the original language.
    #[schema(min_length = 1, max_length = 300)]
    pub title: Option<String>,
    /// Summary of one or two sentences, in the original language.
    #[schema(max_length = 2000)]
    pub summary: Option<String>,
    /// Description as plain text, in the original language.
    #[schema(max_length = 50000)]
    pub description: Option<String>,
    /// Content warning for viewers, in the original language.
    #[schema(max_length = 2000)]
    pub content_note: Option<String>,
    /// Length in seconds.
    #[schema(minimum = 1, maximum = 864_000)]
    pub duration_seconds: Option<i64>,
    /// Day of recording.
    pub recorded_on: Option<chrono::NaiveDate>,
    /// Spoken languages (BCP 47).
    pub spoken_languages: Option<Vec<String>>,
    /// Countries that it is about: codes, or objects that contain one.
    #[schema(schema_with = crate::resource::schema::openapi_refs::countries_input)]
    pub countries: Option<Vec<String>>,
    /// Topics: slugs, ids, or objects that contain one.
    #[schema(schema_with = crate::resource::schema::openapi_refs::references_input)]
    pub topics: Option<Vec<String>>,
    /// Programme that it belongs to: slug, id, or an object that contains one.
    #[schema(schema_with = crate::resource::schema::openapi_refs::reference_input)]
    pub programme: Option<String>,
    /// Partners and their roles.
    pub partners: Option<Vec<PartnerRoleInput>>,
    /// Playback sources, preferred one first.
    pub sources: Option<Vec<Source>>,
    /// Still image.
    pub thumbnail: Option<Thumbnail>,
    /// Caption tracks.
    pub captions: Option<Vec<Caption>>,
    /// Chapters.
    pub chapters: Option<Vec<Chapter>>,
    /// Credits.
    pub credits: Option<Vec<Credit>>,
    /// Licence: SPDX identifier, URL or text.
    #[schema(max_length = 200)]
    pub licence: Option<String>,
    /// Accessibility features.
    pub accessibility: Option<Accessibility>,
    /// Ignored; accepted so that a response can be sent back.
    pub embed: Option<Value>,
}

/// Parses and validates a request body.
pub fn parse(fields: &mut JsonFields<'_, '_>) -> ParsedFields<VideoFields> {
    fields.ignore(SCHEMA.on_demand_fields);
    let duration_seconds = fields.integer("duration_seconds", 1..=864_000);
    let sources = fields.list("sources", Source::parse);
    let thumbnail = fields.object("thumbnail", Thumbnail::parse);
    let captions = fields.list("captions", Caption::parse);
    let mut chapters = fields.list("chapters", Chapter::parse);
    chapters.sort_by(|a, b| a.start_seconds.total_cmp(&b.start_seconds));
    crate::videos::media::validate_chapters(fields, &chapters, duration_seconds);
    let credits = fields.list("credits", Credit::parse);
    let accessibility = fields
        .object("accessibility", Accessibility::parse)
        .filter(|value| *value != Accessibility::default());
    let spoken: Vec<String> = fields
        .languages("spoken_languages")
        .iter()
        .map(|language| language.as_str().to_owned())
        .collect();
    let own = VideoFields {
        duration_seconds,
        recorded_on: fields.date("recorded_on"),
        licence: fields.text("licence", limits::SHORT_TEXT),
        countries: PackedJson::list(&fields.countries("countries")),
        spoken_languages: PackedJson::list(&spoken),
        sources: PackedJson::list(&sources),
        thumbnail: PackedJson::object(thumbnail.as_ref()),
        captions: PackedJson::list(&captions),
        chapters: PackedJson::list(&chapters),
        credits: PackedJson::list(&credits),
        accessibility: PackedJson::object(accessibility.as_ref()),
    };
    let mut links: Vec<NewReference> = fields
        .reference("programme")
        .map(|programme| NewReference::without_role("programme", programme))
        .into_iter()
        .collect();
    links.extend(
        fields
            .list("topics", crate::http::json_fields::parse_reference)
            .into_iter()
            .map(|topic| NewReference::without_role("topics", topic)),
    );
    links.extend(partner_role::parse(fields));
    ParsedFields { fields: own, references: links }
}
