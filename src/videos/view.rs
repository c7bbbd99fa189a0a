//! API representation of a video.

use crate::resource::model::item::LoadedItem;
use crate::resource::model::packed::PackedJson;
use crate::resource::model::packed::PackedJsonList;
use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::tracks::Captions;
use crate::i18n::country_names::CountryReference;
use crate::resource::view::context::{CommonFields, EmbeddedJson, RenderContext};
use crate::resource::view::embed_code::{self, FrameSize, VideoComponent};
use crate::resource::view::partner_role::{self, PartnerRole};
use crate::text::language::Language;
use crate::videos::fields::VideoFields;
use crate::videos::media::{Accessibility, Caption, Chapter, Credit, Source, Thumbnail};
use crate::videos::schema::SCHEMA;

/// A video.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Video {
    /// Fields common to all resources.
    #[serde(flatten)]
    pub common: CommonFields,
    /// Texts in the language of the response.
    #[serde(flatten)]
    pub texts: VideoTexts,
    /// Length in seconds.
    #[schema(required, minimum = 1)]
    pub duration_seconds: Option<i64>,
    /// Day of recording.
    #[schema(required)]
    pub recorded_on: Option<chrono::NaiveDate>,
    /// Spoken languages (BCP 47).
    #[schema(value_type = Vec<String>)]
    pub spoken_languages: PackedJsonList,
    /// Countries that it is about.
    pub countries: Vec<CountryReference>,
    /// Topics.
    #[schema(schema_with = crate::resource::schema::openapi_refs::embedded_topics)]
    pub topics: Vec<EmbeddedJson>,
    /// Programme that it belongs to.
    #[schema(required, schema_with = crate::resource::schema::openapi_refs::programme_or_null)]
    pub programme: Option<EmbeddedJson>,
    /// Partners and their roles.
    pub partners: Vec<PartnerRole>,
    /// Playback sources, preferred one first.
    #[schema(value_type = Vec<Source>)]
    pub sources: PackedJsonList,
    /// Still image.
    #[schema(required, value_type = Option<Thumbnail>)]
    pub thumbnail: PackedJson,
    /// Caption tracks.
    #[schema(value_type = Vec<Caption>)]
    pub captions: Captions,
    /// Chapters by start time.
    #[schema(value_type = Vec<Chapter>)]
    pub chapters: PackedJsonList,
    /// Credits.
    #[schema(value_type = Vec<Credit>)]
    pub credits: PackedJsonList,
    /// Licence: SPDX identifier, URL or text.
    #[schema(required, example = "CC-BY-4.0")]
    pub licence: Option<String>,
    /// Accessibility features.
    #[schema(value_type = Accessibility)]
    pub accessibility: Accessibility,
    /// HTML code and URLs for embedding; in lists only with `include=embed` or `fields=embed`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub embed: Option<Embed>,
}

/// Texts of a video in one language, or in all languages with `lang=all`.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
pub struct VideoTexts {
    /// Language of the texts (BCP 47).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required, nullable = false, example = "en")]
    pub language: Option<String>,
    /// Whether the texts were transliterated from the other script of the language.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required, nullable = false)]
    pub transliterated: Option<bool>,
    /// Title.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required, nullable = false, example = "Football players speak out")]
    pub title: Option<String>,
    /// Summary of one or two sentences.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required, value_type = Option<String>)]
    pub summary: Option<Option<String>>,
    /// Description as plain text.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required, value_type = Option<String>)]
    pub description: Option<Option<String>>,
    /// Content warning for viewers.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required, value_type = Option<String>, example = "Speaks of violence.")]
    pub content_note: Option<Option<String>>,
    /// Texts in all languages by language tag; present only with `lang=all` or
    /// `include=translations`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub translations: Option<BTreeMap<String, Value>>,
}

/// HTML code and URLs for embedding a video.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Embed {
    /// URL of the embeddable page; contains `lang` only if the request did.
    #[schema(
        format = "uri",
        example = "https://catalogue.example.org/embed/videos/testimonials-part-one"
    )]
    pub page: String,
    /// HTML `iframe` with that page.
    #[schema(
        example = "<iframe src=\"https://catalogue.example.org/embed/videos/testimonials-part-one\" width=\"640\" height=\"540\" title=\"In their own words, part one\"></iframe>"
    )]
    pub iframe: String,
    /// HTML of the web component, with its script.
    #[schema(
        example = "<script src=\"https://catalogue.example.org/embed/kinoteka.js\" defer></script>\n<kinoteka-video video=\"testimonials-part-one\"></kinoteka-video>"
    )]
    pub component: String,
    /// oEmbed URL.
    #[schema(
        format = "uri",
        example = "https://catalogue.example.org/oembed?url=https%3A%2F%2Fcatalogue%2Eexample%2Eorg%2Fembed%2Fvideos%2Ftestimonials%2Dpart%2Done"
    )]
    pub oembed: String,
}

impl Embed {
    fn new(slug: &str, title: &str, render_context: &RenderContext) -> Self {
        let base = &render_context.base_url;
        let requested = render_context
            .language_preference
            .requested
            .first()
            .filter(|_| render_context.language_preference.is_explicit)
            .map(Language::as_str);
        let lang = requested.map_or_else(String::new, |language| format!("?lang={language}"));
        let page = format!("{base}/embed/videos/{slug}{lang}");
        let size = FrameSize::with_width(embed_code::DEFAULT_WIDTH);
        let component =
            VideoComponent { base_url: base, slug, language: requested, page: &page, title };
        Self {
            iframe: embed_code::iframe_html(&page, size, title),
            component: embed_code::video_component_html(&component),
            oembed: embed_code::oembed_url(base, &page),
            page,
        }
    }
}

/// Renders the API representation.
pub fn render(mut loaded: LoadedItem<VideoFields>, render_context: &RenderContext) -> Video {
    let translations = loaded.render_translations(&SCHEMA, render_context);
    let texts = match loaded.take_selected_text() {
        None => VideoTexts { translations, ..VideoTexts::default() },
        Some(chosen) => VideoTexts {
            language: Some(chosen.language.as_str().to_owned()),
            transliterated: Some(chosen.is_transliterated),
            title: Some(chosen.text.title),
            summary: Some(chosen.text.summary),
            description: Some(chosen.text.description),
            content_note: Some(chosen.text.content_note),
            translations,
        },
    };
    // With `lang=all`, no text is selected: the one in the original language names the video.
    let original = || {
        loaded
            .texts
            .iter()
            .find(|text| text.language == loaded.item.original_language)
            .map(|text| text.title.as_str())
    };
    let title = || texts.title.as_deref().or_else(original).unwrap_or(&loaded.item.slug);
    let embed = render_context
        .on_demand_fields
        .contains(&"embed")
        .then(|| Embed::new(&loaded.item.slug, title(), render_context));
    let common = loaded.take_common_fields();
    let topics = loaded.embedded_references("topics", render_context);
    let programme = loaded.embedded_reference("programme", render_context);
    let partners = partner_role::render(&loaded, render_context);
    let captions = Captions::new(
        &loaded.fields.captions,
        &loaded.item,
        &render_context.base_url,
        &common.slug,
    );
    let own = loaded.fields;
    Video {
        common,
        texts,
        duration_seconds: own.duration_seconds,
        recorded_on: own.recorded_on,
        spoken_languages: own.spoken_languages.into_list(),
        countries: render_context.countries(&own.countries),
        topics,
        programme,
        partners,
        sources: own.sources.into_list(),
        thumbnail: own.thumbnail,
        captions,
        chapters: own.chapters.into_list(),
        credits: own.credits.into_list(),
        licence: own.licence,
        accessibility: own.accessibility.unpack(),
        embed,
    }
}
