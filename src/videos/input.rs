//! Request body of a video, and its parser.

use crate::resource::model::item::NewReference;
use crate::resource::model::packed::PackedJson;
use crate::resource::view::resource::{BodyDocs, ParsedFields};

use serde_json::json;

use crate::http::json_fields::{JsonFields, limits};
use crate::resource::view::partner_role;
use crate::videos::fields::VideoFields;
use crate::videos::media::{Accessibility, Caption, Chapter, Credit, Source, Thumbnail};
use crate::videos::schema::SCHEMA;

/// Documentation of the request bodies, where it differs from that of responses.
pub const BODY_DOCS: BodyDocs = BodyDocs {
    example: Some(
        || json!({"slug": "what-we-do-together", "status": "published", "title": "What we do together", "programme": "implementing-norms-changing-minds", "countries": ["AL", "XK"], "topics": ["results"], "sources": [{"kind": "youtube", "url": "https://www.youtube.com/watch?v=aqz-KE-bpKQ"}]}),
    ),
    descriptions: &[
        ("chapters", "Chapters."),
        ("embed", "Ignored; accepted so that a response can be sent back."),
    ],
};

/// Parses and validates a request body.
pub fn parse(fields: &mut JsonFields<'_, '_>) -> ParsedFields<VideoFields> {
    fields.ignore(SCHEMA.on_demand_fields);
    let duration_seconds = fields.integer("duration_seconds", 1..=864_000);
    let sources = fields.objects("sources", Source::parse);
    let thumbnail = fields.object("thumbnail", Thumbnail::parse);
    let captions = fields.objects("captions", Caption::parse);
    let mut chapters = fields.objects("chapters", Chapter::parse);
    chapters.sort_by(|a, b| a.start_seconds.total_cmp(&b.start_seconds));
    crate::videos::media::validate_chapters(fields, &chapters, duration_seconds);
    let credits = fields.objects("credits", Credit::parse);
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
            .references("topics")
            .into_iter()
            .map(|topic| NewReference::without_role("topics", topic)),
    );
    links.extend(partner_role::parse(fields));
    ParsedFields { fields: own, references: links }
}
