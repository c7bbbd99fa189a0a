//! What a video is.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::tracks::Captions;
use crate::db::keyset::SortKeyType;
use crate::http::json_fields::{JsonFields, limits};
use crate::places::CountryReference;
use crate::resource::model::item::{LoadedItem, NewReference, Status};
use crate::resource::model::packed::{PackedJson, PackedJsonList};
use crate::resource::model::text_track::{TrackKind, TrackSummary};
use crate::resource::query::pagination::PageInfo;
use crate::resource::read::page::{FacetValue, Links};
use crate::resource::schema::{
    FilterSchema, FilterType, RangeSchema, RangeType, ReferenceSchema, ReferencedBySchema,
    ResourceKind, ResourceSchema, SortColumn, SortSchema, SortTableSchema, TextField,
};
use crate::resource::view::context::{CommonFields, EmbeddedJson, RenderContext};
use crate::resource::view::embed_code;
use crate::resource::view::partner_role::{self, PartnerRole, PartnerRoleInput};
use crate::resource::view::resource::ParsedFields;
use crate::text::language::Language;
use crate::videos::media::{Accessibility, Caption, Chapter, Credit, Source, Thumbnail};

/// What a video can be asked to have.
pub const HAS_VALUES: &[&str] = &[
    "captions",
    "transcript",
    "chapters",
    "source",
    "thumbnail",
    "sign_language",
    "audio_description",
];

/// The declaration.
pub const SCHEMA: ResourceSchema = ResourceSchema {
    kind: ResourceKind::Video,
    sort_table: Some(SortTableSchema {
        name: "videos",
        columns: &["duration_seconds", "recorded_on"],
    }),
    text_fields: &[
        ("title", TextField::Title),
        ("summary", TextField::Summary),
        ("description", TextField::Description),
        ("content_note", TextField::ContentNote),
    ],
    references: &[
        ReferenceSchema {
            field: "programme",
            target: ResourceKind::Programme,
            referrer_phrase: "programme",
        },
        ReferenceSchema { field: "topics", target: ResourceKind::Topic, referrer_phrase: "topic" },
        ReferenceSchema {
            field: "partners",
            target: ResourceKind::Partner,
            referrer_phrase: "partner",
        },
    ],
    filters: &[
        FilterSchema {
            name: "programme",
            filter_type: FilterType::Item(ResourceKind::Programme),
            description: "Videos of this programme.",
            example: "implementing-norms-changing-minds",
        },
        FilterSchema {
            name: "partner",
            filter_type: FilterType::Item(ResourceKind::Partner),
            description: "Videos in which this partner takes part.",
            example: "un-women",
        },
        FilterSchema {
            name: "topic",
            filter_type: FilterType::Item(ResourceKind::Topic),
            description: "Videos about this topic.",
            example: "prevention",
        },
        FilterSchema {
            name: "statistic",
            filter_type: FilterType::ReferencedBy(ResourceKind::ImpactStatistic, "evidence"),
            description: "Videos that evidence this impact statistic.",
            example: "new-partnerships-on-survivor-services",
        },
        FilterSchema {
            name: "country",
            filter_type: FilterType::Country,
            description: "Videos about this country.",
            example: "MK",
        },
        FilterSchema {
            name: "language",
            filter_type: FilterType::Language,
            description: "Videos with texts in this language; `sr` means both scripts.",
            example: "sq",
        },
        FilterSchema {
            name: "spoken_language",
            filter_type: FilterType::Language,
            description: "Videos in which this language is spoken.",
            example: "tr",
        },
        FilterSchema {
            name: "caption_language",
            filter_type: FilterType::Language,
            description: "Videos with captions in this language.",
            example: "en",
        },
        FilterSchema {
            name: "kind",
            filter_type: FilterType::OneOf(crate::videos::media::SOURCE_KINDS),
            description: "Videos that can be played from this kind of source.",
            example: "youtube",
        },
        FilterSchema {
            name: "has",
            filter_type: FilterType::AllOf(HAS_VALUES),
            description: "Videos that have all of these.",
            example: "captions,source",
        },
    ],
    ranges: &[
        RangeSchema {
            name: "recorded_after",
            column: "videos.recorded_on",
            value_type: RangeType::Date,
            is_lower_bound: true,
            description: "Recorded on this day or later.",
            example: "2024-01-01",
        },
        RangeSchema {
            name: "recorded_before",
            column: "videos.recorded_on",
            value_type: RangeType::Date,
            is_lower_bound: false,
            description: "Recorded before this day.",
            example: "2025-01-01",
        },
        RangeSchema {
            name: "min_duration",
            column: "videos.duration_seconds",
            value_type: RangeType::Integer,
            is_lower_bound: true,
            description: "At least so many seconds long.",
            example: "60",
        },
        RangeSchema {
            name: "max_duration",
            column: "videos.duration_seconds",
            value_type: RangeType::Integer,
            is_lower_bound: false,
            description: "Less than so many seconds long.",
            example: "600",
        },
    ],
    sort_keys: &[
        SortSchema {
            name: "title",
            column: SortColumn::Title,
            description: "the title, in the answer's language and its alphabet",
        },
        SortSchema {
            name: "duration_seconds",
            column: SortColumn::Column {
                name: "videos.duration_seconds",
                key_type: SortKeyType::Integer,
                nullable: true,
            },
            description: "the length",
        },
        SortSchema {
            name: "recorded_on",
            column: SortColumn::Column {
                name: "videos.recorded_on",
                key_type: SortKeyType::Date,
                nullable: true,
            },
            description: "the day of recording",
        },
    ],
    fields: &[
        "duration_seconds",
        "recorded_on",
        "spoken_languages",
        "countries",
        "topics",
        "programme",
        "partners",
        "sources",
        "thumbnail",
        "captions",
        "chapters",
        "credits",
        "licence",
        "accessibility",
    ],
    on_demand_fields: &["embed"],
    referenced_by: &[ReferencedBySchema {
        field: "impact_statistics",
        kind: ResourceKind::ImpactStatistic,
        reference_field: "evidence",
    }],
    embeds: &[ResourceKind::Programme, ResourceKind::Topic, ResourceKind::Partner],
    feed_formats: &["rss", "atom", "json"],
};

/// A video.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Video {
    /// What every resource shows.
    #[serde(flatten)]
    pub common: CommonFields,
    /// The texts in the answer's language.
    #[serde(flatten)]
    pub texts: VideoTexts,
    /// Length in seconds.
    #[schema(required, minimum = 1)]
    pub duration_seconds: Option<i64>,
    /// Day of recording.
    #[schema(required)]
    pub recorded_on: Option<chrono::NaiveDate>,
    /// Languages that are spoken (BCP 47).
    #[schema(value_type = Vec<String>)]
    pub spoken_languages: PackedJsonList,
    /// Countries it is about.
    pub countries: Vec<CountryReference>,
    /// What it is about.
    #[schema(schema_with = crate::resource::schema::openapi_refs::topics_shown)]
    pub topics: Vec<EmbeddedJson>,
    /// The programme it belongs to.
    #[schema(required, schema_with = crate::resource::schema::openapi_refs::programme_shown)]
    pub programme: Option<EmbeddedJson>,
    /// Who takes part, and how.
    pub partners: Vec<PartnerRole>,
    /// Where it can be played, best first.
    #[schema(value_type = Vec<Source>)]
    pub sources: PackedJsonList,
    /// Still image.
    #[schema(required, value_type = Option<Thumbnail>)]
    pub thumbnail: PackedJson,
    /// Caption tracks.
    #[schema(value_type = Vec<Caption>)]
    pub captions: Captions,
    /// Chapters, in order.
    #[schema(value_type = Vec<Chapter>)]
    pub chapters: PackedJsonList,
    /// Who made it.
    #[schema(value_type = Vec<Credit>)]
    pub credits: PackedJsonList,
    /// Licence: an SPDX identifier, a URL or words.
    #[schema(required, example = "CC-BY-4.0")]
    pub licence: Option<String>,
    /// What makes it accessible.
    #[schema(value_type = Accessibility)]
    pub accessibility: Accessibility,
    /// What a webmaster pastes to show it; in lists only with `include=embed` or `fields=embed`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub embed: Option<Embed>,
}

/// A video's texts in one language; with `lang=all` in every language instead.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
pub struct VideoTexts {
    /// The language of the texts.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required, nullable = false, example = "en")]
    pub language: Option<String>,
    /// Whether they were made from the same language's other script.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required, nullable = false)]
    pub transliterated: Option<bool>,
    /// Title.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required, nullable = false, example = "Football players speak out")]
    pub title: Option<String>,
    /// One or two sentences.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required, value_type = Option<String>)]
    pub summary: Option<Option<String>>,
    /// As long as it needs to be; plain text.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required, value_type = Option<String>)]
    pub description: Option<Option<String>>,
    /// What a viewer should be warned of.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required, value_type = Option<String>, example = "Speaks of violence.")]
    pub content_note: Option<Option<String>>,
    /// The texts of every language, by language tag; only with `lang=all` or
    /// `include=translations`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, value_type = BTreeMap<String, VideoTranslation>)]
    pub translations: Option<BTreeMap<String, Value>>,
}

/// A video's texts in one language.
#[derive(Clone, Debug, ToSchema)]
pub struct VideoTranslation {
    /// Whether the public sees this language.
    pub status: Option<Status>,
    /// Title.
    #[schema(
        required,
        nullable = false,
        min_length = 1,
        max_length = 300,
        example = "Football players speak out"
    )]
    pub title: Option<String>,
    /// One or two sentences.
    #[schema(max_length = 2000)]
    pub summary: Option<String>,
    /// As long as it needs to be; plain text.
    #[schema(max_length = 50000)]
    pub description: Option<String>,
    /// What a viewer should be warned of.
    #[schema(max_length = 2000, example = "Speaks of violence.")]
    pub content_note: Option<String>,
}

/// What POST and PUT take; PATCH merges it. Flat texts are those of `original_language`.
#[derive(Clone, Debug, ToSchema)]
#[schema(example = json!({"slug": "what-we-do-together", "status": "published", "title": "What we do together", "programme": "implementing-norms-changing-minds", "countries": ["AL", "XK"], "topics": ["results"], "sources": [{"kind": "youtube", "url": "https://www.youtube.com/watch?v=aqz-KE-bpKQ"}]}))]
pub struct VideoInput {
    /// Readable name in addresses; made from the title if it is absent.
    #[schema(pattern = "^[a-z0-9]+(-[a-z0-9]+)*$", max_length = 80)]
    pub slug: Option<String>,
    /// `draft` if it is absent.
    pub status: Option<Status>,
    /// Set at first publication if it is absent.
    pub published_at: Option<chrono::DateTime<chrono::Utc>>,
    /// The language it was written in.
    pub original_language: Option<String>,
    /// The texts by language tag; null removes a language in a PATCH.
    pub translations: Option<BTreeMap<String, VideoTranslation>>,
    /// Title, in the original language.
    #[schema(min_length = 1, max_length = 300)]
    pub title: Option<String>,
    /// One or two sentences; in the original language.
    #[schema(max_length = 2000)]
    pub summary: Option<String>,
    /// As long as it needs to be; plain text; in the original language.
    #[schema(max_length = 50000)]
    pub description: Option<String>,
    /// What a viewer should be warned of; in the original language.
    #[schema(max_length = 2000)]
    pub content_note: Option<String>,
    /// Length in seconds.
    #[schema(minimum = 1, maximum = 864_000)]
    pub duration_seconds: Option<i64>,
    /// Day of recording.
    pub recorded_on: Option<chrono::NaiveDate>,
    /// Languages that are spoken (BCP 47).
    pub spoken_languages: Option<Vec<String>>,
    /// Countries it is about: codes, or objects with one.
    #[schema(schema_with = crate::resource::schema::openapi_refs::countries_input)]
    pub countries: Option<Vec<String>>,
    /// What it is about: slugs, ids, or objects with one.
    #[schema(schema_with = crate::resource::schema::openapi_refs::references_input)]
    pub topics: Option<Vec<String>>,
    /// The programme it belongs to: a slug, an id, or an object with one.
    #[schema(schema_with = crate::resource::schema::openapi_refs::reference_input)]
    pub programme: Option<String>,
    /// Who takes part, and how.
    pub partners: Option<Vec<PartnerRoleInput>>,
    /// Where it can be played, best first.
    pub sources: Option<Vec<Source>>,
    /// Still image.
    pub thumbnail: Option<Thumbnail>,
    /// Caption tracks.
    pub captions: Option<Vec<Caption>>,
    /// Chapters.
    pub chapters: Option<Vec<Chapter>>,
    /// Who made it.
    pub credits: Option<Vec<Credit>>,
    /// Licence: an SPDX identifier, a URL or words.
    #[schema(max_length = 200)]
    pub licence: Option<String>,
    /// What makes it accessible.
    pub accessibility: Option<Accessibility>,
    /// Ignored: what was read can be sent back.
    pub embed: Option<Value>,
}

/// A page of a list.
#[derive(Clone, Debug, ToSchema)]
pub struct VideoPage {
    /// The items of this page.
    pub data: Vec<Video>,
    /// Where the page stands in the list.
    pub page: PageInfo,
    /// Counts of the values of each facet that was asked for, the most frequent first.
    #[schema(nullable = false)]
    pub facets: Option<BTreeMap<String, Vec<FacetValue>>>,
    /// Searches that find more, where this one finds little: what was perhaps meant.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = json!(["violence"]))]
    pub did_you_mean: Option<Vec<String>>,
    /// Addresses of this page and its neighbours.
    pub links: Links,
}

/// What a webmaster pastes to show a video.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Embed {
    /// The page for frames; it has a language only if the answer was asked for in one.
    #[schema(
        format = "uri",
        example = "https://catalogue.example.org/embed/videos/testimonials-part-one"
    )]
    pub page: String,
    /// A frame with that page, as HTML.
    #[schema(
        example = "<iframe src=\"https://catalogue.example.org/embed/videos/testimonials-part-one\" width=\"640\" height=\"540\" title=\"In their own words, part one\"></iframe>"
    )]
    pub iframe: String,
    /// The same as a web component, with its script, as HTML.
    #[schema(
        example = "<script src=\"https://catalogue.example.org/embed/kinoteka.js\" defer></script>\n<kinoteka-video video=\"testimonials-part-one\"></kinoteka-video>"
    )]
    pub component: String,
    /// Where oEmbed tells of it.
    #[schema(
        format = "uri",
        example = "https://catalogue.example.org/oembed?url=https%3A%2F%2Fcatalogue%2Eexample%2Eorg%2Fembed%2Fvideos%2Ftestimonials%2Dpart%2Done"
    )]
    pub oembed: String,
}

impl Embed {
    fn new(slug: &str, title: &str, render_context: &RenderContext) -> Self {
        let base = &render_context.base_url;
        let asked = render_context
            .language_preference
            .requested
            .first()
            .filter(|_| render_context.language_preference.is_explicit)
            .map(Language::as_str);
        let lang = asked.map_or_else(String::new, |language| format!("?lang={language}"));
        let page = format!("{base}/embed/videos/{slug}{lang}");
        let size = (embed_code::DEFAULT_WIDTH, embed_code::frame_height(embed_code::DEFAULT_WIDTH));
        Self {
            iframe: embed_code::iframe_html(&page, size, title),
            component: embed_code::video_component_html(base, slug, (&page, title, asked)),
            oembed: embed_code::oembed_url(base, &page),
            page,
        }
    }
}

/// A video's own fields.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct VideoFields {
    /// Length in seconds.
    pub duration_seconds: Option<i64>,
    /// Day of recording.
    pub recorded_on: Option<chrono::NaiveDate>,
    /// Licence.
    pub licence: Option<String>,
    /// Country codes.
    pub countries: PackedJson,
    /// Language tags.
    pub spoken_languages: PackedJson,
    /// [`Source`]s.
    pub sources: PackedJson,
    /// [`Thumbnail`].
    pub thumbnail: PackedJson,
    /// [`Caption`]s.
    pub captions: PackedJson,
    /// [`Chapter`]s.
    pub chapters: PackedJson,
    /// [`Credit`]s.
    pub credits: PackedJson,
    /// [`Accessibility`].
    pub accessibility: PackedJson,
}

/// Reads a body.
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

/// The values that filters find a video by.
pub fn filter_values(fields: &VideoFields, tracks: &[TrackSummary]) -> Vec<(&'static str, String)> {
    let mut facets: Vec<(&'static str, String)> = Vec::new();
    let mut add = |name: &'static str, values: Vec<String>| {
        facets.extend(values.into_iter().map(|value| (name, value)));
    };
    add("country", fields.countries.unpack());
    add("spoken_language", fields.spoken_languages.unpack());
    let captions: Vec<Caption> = fields.captions.unpack();
    let sources: Vec<Source> = fields.sources.unpack();
    let accessibility: Accessibility = fields.accessibility.unpack();
    let spoken = || tracks.iter().filter(|track| track.kind.is_spoken());
    let stored = spoken().map(|track| track.language.clone());
    let elsewhere =
        || captions.iter().filter(|caption| caption.kind != TrackKind::Chapters.as_str());
    add(
        "caption_language",
        elsewhere().map(|caption| caption.language.clone()).chain(stored).collect(),
    );
    add("kind", sources.iter().map(|source| source.kind.clone()).collect());
    let mut has = Vec::new();
    for (name, present) in [
        ("captions", elsewhere().next().is_some() || spoken().next().is_some()),
        ("transcript", spoken().next().is_some()),
        (
            "chapters",
            fields.chapters.0.is_some()
                || tracks.iter().any(|track| track.kind == TrackKind::Chapters),
        ),
        ("source", !sources.is_empty()),
        ("thumbnail", fields.thumbnail.0.is_some()),
        ("sign_language", !accessibility.sign_languages.is_empty()),
        ("audio_description", !accessibility.audio_descriptions.is_empty()),
    ] {
        if present {
            has.push(name.to_owned());
        }
    }
    add("has", has);
    facets
}

/// Draws the resource.
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
    // With every language asked for, the text in the original one is still there.
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
