//! What a video is.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::parts::{Accessibility, Caption, Chapter, Credit, Source, Thumbnail};
use super::tracks::Captions;
use crate::db::page::SortKeyType;
use crate::http::fields::{JsonFields, limits};
use crate::places::CountryReference;
use crate::resource::list::{FacetValue, Links, PageInfo};
use crate::resource::load::Loaded;
use crate::resource::roles::{self, PartnerRole, PartnerRoleInput};
use crate::resource::shown::{Common, Embedded, Packed, PackedList, Shown};
use crate::resource::snippets;
use crate::resource::spec::{
    FilterSpec, Kind, LinkSpec, RangeSpec, RangeType, ReferrerSpec, SortColumn, SortSpec, Spec,
    TableSpec, Takes, TextColumn,
};
use crate::resource::tracks::{Summary, TrackKind};
use crate::resource::{Draft, NewLink, Status};
use crate::text::language::Language;

/// What a video can be asked to have.
pub const HAS: &[&str] = &[
    "captions",
    "transcript",
    "chapters",
    "source",
    "thumbnail",
    "sign_language",
    "audio_description",
];

/// The declaration.
pub const SPEC: Spec = Spec {
    kind: Kind::Video,
    table: Some(TableSpec { name: "videos", columns: &["duration_seconds", "recorded_on"] }),
    texts: &[
        ("title", TextColumn::Title),
        ("summary", TextColumn::Summary),
        ("description", TextColumn::Description),
        ("content_note", TextColumn::ContentNote),
    ],
    links: &[
        LinkSpec { field: "programme", target: Kind::Programme, phrase: "programme" },
        LinkSpec { field: "topics", target: Kind::Topic, phrase: "topic" },
        LinkSpec { field: "partners", target: Kind::Partner, phrase: "partner" },
    ],
    filters: &[
        FilterSpec {
            name: "programme",
            takes: Takes::Item(Kind::Programme),
            description: "Videos of this programme.",
            example: "implementing-norms-changing-minds",
        },
        FilterSpec {
            name: "partner",
            takes: Takes::Item(Kind::Partner),
            description: "Videos in which this partner takes part.",
            example: "un-women",
        },
        FilterSpec {
            name: "topic",
            takes: Takes::Item(Kind::Topic),
            description: "Videos about this topic.",
            example: "prevention",
        },
        FilterSpec {
            name: "statistic",
            takes: Takes::Referrer(Kind::ImpactStatistic, "evidence"),
            description: "Videos that evidence this impact statistic.",
            example: "new-partnerships-on-survivor-services",
        },
        FilterSpec {
            name: "country",
            takes: Takes::Country,
            description: "Videos about this country.",
            example: "MK",
        },
        FilterSpec {
            name: "language",
            takes: Takes::Language,
            description: "Videos with texts in this language; `sr` means both scripts.",
            example: "sq",
        },
        FilterSpec {
            name: "spoken_language",
            takes: Takes::Language,
            description: "Videos in which this language is spoken.",
            example: "tr",
        },
        FilterSpec {
            name: "caption_language",
            takes: Takes::Language,
            description: "Videos with captions in this language.",
            example: "en",
        },
        FilterSpec {
            name: "kind",
            takes: Takes::Word(super::parts::SOURCE_KINDS),
            description: "Videos that can be played from this kind of source.",
            example: "youtube",
        },
        FilterSpec {
            name: "has",
            takes: Takes::Has(HAS),
            description: "Videos that have all of these.",
            example: "captions,source",
        },
    ],
    ranges: &[
        RangeSpec {
            name: "recorded_after",
            column: "videos.recorded_on",
            holds: RangeType::Date,
            lower: true,
            description: "Recorded on this day or later.",
            example: "2024-01-01",
        },
        RangeSpec {
            name: "recorded_before",
            column: "videos.recorded_on",
            holds: RangeType::Date,
            lower: false,
            description: "Recorded before this day.",
            example: "2025-01-01",
        },
        RangeSpec {
            name: "min_duration",
            column: "videos.duration_seconds",
            holds: RangeType::Integer,
            lower: true,
            description: "At least so many seconds long.",
            example: "60",
        },
        RangeSpec {
            name: "max_duration",
            column: "videos.duration_seconds",
            holds: RangeType::Integer,
            lower: false,
            description: "Less than so many seconds long.",
            example: "600",
        },
    ],
    sorts: &[
        SortSpec {
            name: "title",
            column: SortColumn::Title,
            description: "the title, in the answer's language and its alphabet",
        },
        SortSpec {
            name: "duration_seconds",
            column: SortColumn::Column {
                name: "videos.duration_seconds",
                holds: SortKeyType::Integer,
                nullable: true,
            },
            description: "the length",
        },
        SortSpec {
            name: "recorded_on",
            column: SortColumn::Column {
                name: "videos.recorded_on",
                holds: SortKeyType::Date,
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
    extras: &["embed"],
    referrers: &[ReferrerSpec {
        field: "impact_statistics",
        kind: Kind::ImpactStatistic,
        through: "evidence",
    }],
    shows: &[Kind::Programme, Kind::Topic, Kind::Partner],
    feeds: &["rss", "atom", "json"],
};

/// A video.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Video {
    /// What every resource shows.
    #[serde(flatten)]
    pub common: Common,
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
    pub spoken_languages: PackedList,
    /// Countries it is about.
    pub countries: Vec<CountryReference>,
    /// What it is about.
    #[schema(schema_with = crate::resource::document::topics_shown)]
    pub topics: Vec<Embedded>,
    /// The programme it belongs to.
    #[schema(required, schema_with = crate::resource::document::programme_shown)]
    pub programme: Option<Embedded>,
    /// Who takes part, and how.
    pub partners: Vec<PartnerRole>,
    /// Where it can be played, best first.
    #[schema(value_type = Vec<Source>)]
    pub sources: PackedList,
    /// Still image.
    #[schema(required, value_type = Option<Thumbnail>)]
    pub thumbnail: Packed,
    /// Caption tracks.
    #[schema(value_type = Vec<Caption>)]
    pub captions: Captions,
    /// Chapters, in order.
    #[schema(value_type = Vec<Chapter>)]
    pub chapters: PackedList,
    /// Who made it.
    #[schema(value_type = Vec<Credit>)]
    pub credits: PackedList,
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
    #[schema(schema_with = crate::resource::document::countries_input)]
    pub countries: Option<Vec<String>>,
    /// What it is about: slugs, ids, or objects with one.
    #[schema(schema_with = crate::resource::document::references_input)]
    pub topics: Option<Vec<String>>,
    /// The programme it belongs to: a slug, an id, or an object with one.
    #[schema(schema_with = crate::resource::document::reference_input)]
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
    fn new(slug: &str, title: &str, shown: &Shown) -> Self {
        let base = &shown.base;
        let asked =
            shown.wish.requested.first().filter(|_| shown.wish.is_explicit).map(Language::as_str);
        let lang = asked.map_or_else(String::new, |language| format!("?lang={language}"));
        let page = format!("{base}/embed/videos/{slug}{lang}");
        let size = (snippets::WIDTH, snippets::height(snippets::WIDTH));
        Self {
            iframe: snippets::frame(&page, size, title),
            component: snippets::video(base, slug, (&page, title, asked)),
            oembed: snippets::oembed(base, &page),
            page,
        }
    }
}

/// A video's own fields.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Own {
    /// Length in seconds.
    pub duration_seconds: Option<i64>,
    /// Day of recording.
    pub recorded_on: Option<chrono::NaiveDate>,
    /// Licence.
    pub licence: Option<String>,
    /// Country codes.
    pub countries: Packed,
    /// Language tags.
    pub spoken_languages: Packed,
    /// [`Source`]s.
    pub sources: Packed,
    /// [`Thumbnail`].
    pub thumbnail: Packed,
    /// [`Caption`]s.
    pub captions: Packed,
    /// [`Chapter`]s.
    pub chapters: Packed,
    /// [`Credit`]s.
    pub credits: Packed,
    /// [`Accessibility`].
    pub accessibility: Packed,
}

/// Reads a body.
pub fn read(fields: &mut JsonFields<'_, '_>) -> Draft<Own> {
    fields.ignore(SPEC.extras);
    let duration_seconds = fields.integer("duration_seconds", 1..=864_000);
    let sources = fields.list("sources", Source::read);
    let thumbnail = fields.object("thumbnail", Thumbnail::read);
    let captions = fields.list("captions", Caption::read);
    let mut chapters = fields.list("chapters", Chapter::read);
    chapters.sort_by(|a, b| a.start_seconds.total_cmp(&b.start_seconds));
    super::parts::check_chapters(fields, &chapters, duration_seconds);
    let credits = fields.list("credits", Credit::read);
    let accessibility = fields
        .object("accessibility", Accessibility::read)
        .filter(|value| *value != Accessibility::default());
    let spoken: Vec<String> = fields
        .languages("spoken_languages")
        .iter()
        .map(|language| language.as_str().to_owned())
        .collect();
    let own = Own {
        duration_seconds,
        recorded_on: fields.date("recorded_on"),
        licence: fields.text("licence", limits::SHORT_TEXT),
        countries: Packed::list(&fields.countries("countries")),
        spoken_languages: Packed::list(&spoken),
        sources: Packed::list(&sources),
        thumbnail: Packed::object(thumbnail.as_ref()),
        captions: Packed::list(&captions),
        chapters: Packed::list(&chapters),
        credits: Packed::list(&credits),
        accessibility: Packed::object(accessibility.as_ref()),
    };
    let mut links: Vec<NewLink> = fields
        .reference("programme")
        .map(|programme| NewLink::to("programme", programme))
        .into_iter()
        .collect();
    links.extend(
        fields
            .list("topics", crate::http::fields::parse_reference)
            .into_iter()
            .map(|topic| NewLink::to("topics", topic)),
    );
    links.extend(roles::read(fields));
    Draft { own, links }
}

/// The values that filters find a video by.
pub fn facets(own: &Own, tracks: &[Summary]) -> Vec<(&'static str, String)> {
    let mut facets: Vec<(&'static str, String)> = Vec::new();
    let mut add = |name: &'static str, values: Vec<String>| {
        facets.extend(values.into_iter().map(|value| (name, value)))
    };
    add("country", own.countries.unpack());
    add("spoken_language", own.spoken_languages.unpack());
    let captions: Vec<Caption> = own.captions.unpack();
    let sources: Vec<Source> = own.sources.unpack();
    let accessibility: Accessibility = own.accessibility.unpack();
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
            own.chapters.0.is_some()
                || tracks.iter().any(|track| track.kind == TrackKind::Chapters),
        ),
        ("source", !sources.is_empty()),
        ("thumbnail", own.thumbnail.0.is_some()),
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
pub fn view(mut loaded: Loaded<Own>, shown: &Shown) -> Video {
    let translations = loaded.translations(&SPEC, shown);
    let texts = match loaded.take_chosen() {
        None => VideoTexts { translations, ..VideoTexts::default() },
        Some(chosen) => VideoTexts {
            language: Some(chosen.language.as_str().to_owned()),
            transliterated: Some(chosen.transliterated),
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
    let embed =
        shown.extras.contains(&"embed").then(|| Embed::new(&loaded.item.slug, title(), shown));
    let common = loaded.take_common();
    let topics = loaded.many("topics", shown);
    let programme = loaded.one("programme", shown);
    let partners = roles::view(&loaded, shown);
    let captions = Captions::new(&loaded.own.captions, &loaded.item, &shown.base, &common.slug);
    let own = loaded.own;
    Video {
        common,
        texts,
        duration_seconds: own.duration_seconds,
        recorded_on: own.recorded_on,
        spoken_languages: own.spoken_languages.shown_as_list(),
        countries: shown.countries(&own.countries),
        topics,
        programme,
        partners,
        sources: own.sources.shown_as_list(),
        thumbnail: own.thumbnail,
        captions,
        chapters: own.chapters.shown_as_list(),
        credits: own.credits.shown_as_list(),
        licence: own.licence,
        accessibility: own.accessibility.unpack(),
        embed,
    }
}
