//! `/v1/videos/{video}/schema.jsonld`: a video as a schema.org `VideoObject`.

use actix_web::{HttpRequest, HttpResponse, get, web};
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::embed::html_shell::truncate_seconds;
use crate::embed::load_item::{self, ItemRequest, Located, VideoExtras};
use crate::http::conditional::Freshness;
use crate::http::language::LanguagePreference;
use crate::http::problem::Problem;
use crate::http::query_params::QueryParams;
use crate::images::poster::png_path;
use crate::resource::extract::Viewer;
use crate::resource::model::item::LoadedItem;
use crate::resource::read::response::ResponseContext;
use crate::resource::schema::ResourceKind;
use crate::resource::schema::operation::OperationKind;
use crate::resource::state::AppState;
use crate::resource::view::context::RenderContext;
use crate::resource::view::urls::PublicUrls;
use crate::text::fingerprint::Fingerprint;
use crate::videos::fields::VideoFields;
use crate::videos::media::{Accessibility, Caption, Chapter, Credit, Source, Thumbnail};
use crate::videos::tracks::Captions;

/// Minimum duration for which search engines show clips, in seconds.
const MIN_DURATION_FOR_CLIPS_SECONDS: i64 = 30;

#[derive(Serialize)]
struct SchemaOrgKey<'a> {
    urls: &'a PublicUrls,
    publisher: &'a str,
}

/// Get structured data of a video
///
/// A schema.org `VideoObject` (JSON-LD) for the page of the video, with the properties that search
/// engines require, clips for chapters, captions and accessibility features. Embed pages include
/// it.
#[utoipa::path(operation_id = "get_video_schema", extensions(("x-operation-kind" = json!(OperationKind::Get))), tag = "Videos", params(
    ("video" = String, Path, description = "Id or slug."),
    ("lang" = Option<String>, Query, description = "Language of the texts (BCP 47).", example = "sr-Cyrl"),
), responses((status = 200, description = "The structured data.", content((std::collections::BTreeMap<String, Value> = "application/ld+json", example = json!({"@context": "https://schema.org", "@type": "VideoObject", "name": "In their own words, part one", "thumbnailUrl": ["https://catalogue.example.org/v1/videos/testimonials-part-one/poster.png?lang=en"], "uploadDate": "2026-05-07T08:00:00Z"}))))))]
#[get("/v1/videos/{video}/schema.jsonld")]
pub async fn video_schema(
    context: web::Data<AppState>,
    request: HttpRequest,
    Viewer(visibility): Viewer,
    id_or_slug: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let mut params = QueryParams::parse(request.query_string())?;
    let language_preference =
        LanguagePreference::parse(&mut params, context.language_defaults(&request));
    if language_preference.all_languages {
        params.error(
            "lang",
            "invalid_language",
            "`lang=all` is not supported here; give one language or omit `lang`.",
        );
    }
    params.finish()?;
    let base_url = context.settings.base_url(&request);
    let (urls, publisher) =
        (PublicUrls::new(&context.settings, &base_url), context.settings.publisher_name(&base_url));
    let etag_key = Fingerprint::of(&SchemaOrgKey { urls: &urls, publisher: &publisher });
    let item_request = ItemRequest {
        id_or_slug: id_or_slug.into_inner(),
        visibility,
        language_preference: &language_preference,
        etag_key,
        with_extras: true,
        accept_former_slug: false,
    };
    let response_context = ResponseContext::new(&context, visibility, &language_preference);
    let (validators, found) = match load_item::load_video(
        &context,
        &request,
        item_request,
        move |loaded, extras, render_context| {
            let publisher = Publisher { name: &publisher, urls: &urls };
            video_object(&loaded, &extras, publisher, render_context)
        },
    )
    .await?
    {
        Freshness::Fresh(validators, found) => (validators, found),
        Freshness::NotModified(validators) => {
            return Ok(response_context.not_modified(&validators));
        }
    };
    match found {
        Located::Moved(slug) => Ok(load_item::permanent_redirect(
            &context,
            &request,
            &format!("/v1/videos/{slug}/schema.jsonld"),
        )),
        Located::Found(Some(data)) => {
            let mut response = response_context.ok(&validators);
            Ok(response.content_type("application/ld+json").body(data.to_string()))
        }
        Located::Found(None) => Err(Problem::internal("the video has no text in any language")),
    }
}

/// The publisher of a video.
#[derive(Clone, Copy)]
pub struct Publisher<'a> {
    /// The name.
    pub name: &'a str,
    /// The URLs of its pages.
    pub urls: &'a PublicUrls,
}

/// The `VideoObject` of a video; `None` where it has no text in any language.
pub fn video_object(
    loaded: &LoadedItem<VideoFields>,
    extras: &VideoExtras,
    publisher: Publisher<'_>,
    render_context: &RenderContext,
) -> Option<Value> {
    let Publisher { name: publisher_name, urls } = publisher;
    let chosen = loaded.clone().take_selected_text()?;
    let (item, fields, language) = (&loaded.item, &loaded.fields, chosen.language.as_str());
    let embed_url = urls.own_url(&format!("/embed/videos/{}", item.slug));
    let page_url = urls.page_url(ResourceKind::VIDEO, item.id, &item.slug, language);
    let thumbnail = fields.thumbnail.unpack::<Option<Thumbnail>>().map(|thumbnail| thumbnail.url);
    let poster = urls.own_url(&png_path(&item.slug, language, None));
    let sources: Vec<Source> = fields.sources.unpack();
    let file_url =
        sources.iter().find(|source| source.kind == "file").map(|source| source.url.clone());
    let captions =
        Captions::new(&fields.captions, item, &render_context.base_url, &item.slug).all();
    let field = |name: &str| {
        extras.programme.as_ref().and_then(|programme| programme.get(name)).and_then(Value::as_str)
    };

    let mut object = Map::new();
    let mut add = |name: &str, value: Option<Value>| {
        drop(value.map(|value| object.insert(name.to_owned(), value)));
    };
    add("@context", Some(json!("https://schema.org")));
    add("@type", Some(json!("VideoObject")));
    add("@id", Some(json!(format!("urn:uuid:{}", item.id))));
    add("name", Some(json!(chosen.text.title)));
    add(
        "description",
        chosen.text.description.as_ref().or(chosen.text.summary.as_ref()).map(|text| json!(text)),
    );
    add("thumbnailUrl", Some(json!(thumbnail.into_iter().chain([poster]).collect::<Vec<_>>())));
    add("uploadDate", Some(json!(item.published_at.unwrap_or(item.created_at).to_string())));
    add("dateModified", Some(json!(item.updated_at.to_string())));
    add("url", Some(json!(page_url)));
    add("embedUrl", Some(json!(embed_url)));
    add("contentUrl", file_url.map(|url| json!(url)));
    add("duration", fields.duration_seconds.map(|seconds| json!(iso8601_duration(seconds))));
    add("inLanguage", Some(json!(language)));
    let spoken: Vec<String> = fields.spoken_languages.unpack();
    add(
        "audio",
        (!spoken.is_empty()).then(|| json!({"@type": "AudioObject", "inLanguage": spoken})),
    );
    add("license", fields.licence.as_ref().map(|licence| json!(licence_url(licence))));
    add("creditText", field("credit_line").map(|line| json!(line)));
    add("publisher", Some(json!({"@type": "Organization", "name": publisher_name})));
    let credits: Vec<Credit> = fields.credits.unpack();
    let people = credits
        .iter()
        .map(|credit| json!({"@type": "Person", "name": credit.name}))
        .collect::<Vec<_>>();
    add("creator", (!people.is_empty()).then(|| json!(people)));
    add(
        "isPartOf",
        field("title").map(|title| json!({"@type": "CreativeWorkSeries", "name": title})),
    );
    let topics = loaded
        .references_in("topics")
        .filter_map(|reference| render_context.short_reference(&reference.target_id))
        .map(|topic| topic.title)
        .collect::<Vec<_>>();
    add("keywords", (!topics.is_empty()).then(|| json!(topics)));
    let locations = render_context
        .countries(&fields.countries)
        .iter()
        .map(|country| json!({"@type": "Country", "name": country.name}))
        .collect::<Vec<_>>();
    add("contentLocation", (!locations.is_empty()).then(|| json!(locations)));
    let caption_objects: Vec<Value> = captions
        .iter()
        .filter(|caption| matches!(caption.kind.as_str(), "captions" | "subtitles"))
        .map(caption_object)
        .collect();
    add("caption", (!caption_objects.is_empty()).then(|| json!(caption_objects)));
    let features =
        accessibility_features(&fields.accessibility.unpack(), &captions, !item.tracks.is_empty());
    add("accessibilityFeature", (!features.is_empty()).then(|| json!(features)));
    add("hasPart", clips(&extras.chapters, fields.duration_seconds, &embed_url));
    Some(Value::Object(object))
}

fn caption_object(caption: &Caption) -> Value {
    json!({"@type": "MediaObject", "contentUrl": caption.url, "inLanguage": caption.language})
}

/// Terms of the schema.org accessibility vocabulary (w3.org/community/reports/a11y-discov-vocab).
fn accessibility_features(
    accessibility: &Accessibility,
    captions: &[Caption],
    has_transcript: bool,
) -> Vec<&'static str> {
    let has =
        |kinds: &[&str]| captions.iter().any(|caption| kinds.contains(&caption.kind.as_str()));
    let mut features = Vec::new();
    for (feature, is_present) in [
        ("captions", has(&["captions", "subtitles"])),
        ("openCaptions", !accessibility.open_captions.is_empty()),
        ("signLanguage", !accessibility.sign_languages.is_empty()),
        ("audioDescription", !accessibility.audio_descriptions.is_empty()),
        ("transcript", has_transcript && has(&["captions", "subtitles"])),
    ] {
        if is_present {
            features.push(feature);
        }
    }
    features
}

/// Chapters as clips with unique starts; `None` for short videos.
fn clips(chapters: &[Chapter], duration: Option<i64>, page: &str) -> Option<Value> {
    let mut starts: Vec<(i64, &str)> = chapters
        .iter()
        .map(|chapter| (truncate_seconds(chapter.start_seconds), chapter.title.as_str()))
        .collect();
    starts.sort_by_key(|(start, _)| *start);
    starts.dedup_by_key(|(start, _)| *start);
    if starts.is_empty()
        || duration.is_none_or(|duration| duration < MIN_DURATION_FOR_CLIPS_SECONDS)
    {
        return None;
    }
    let ends = starts.iter().skip(1).map(|(start, _)| Some(*start)).chain([duration]);
    let clip = |((start, title), end): (&(i64, &str), Option<i64>)| json!({"@type": "Clip", "name": title, "startOffset": start, "endOffset": end, "url": format!("{page}?start={start}")});
    Some(starts.iter().zip(ends).map(clip).collect())
}

/// Formats an ISO 8601 duration: `PT1H2M5S`.
fn iso8601_duration(seconds: i64) -> String {
    let (hours, minutes, rest) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    let part = |number: i64, unit: char| {
        if number > 0 { format!("{number}{unit}") } else { String::new() }
    };
    let all = format!("PT{}{}{}", part(hours, 'H'), part(minutes, 'M'), part(rest, 'S'));
    if all == "PT" { "PT0S".to_owned() } else { all }
}

/// The URL of a Creative Commons licence; other licences unchanged.
fn licence_url(licence: &str) -> String {
    let parts: Vec<&str> = licence.split('-').collect();
    match parts.as_slice() {
        ["CC0", version] => format!("https://creativecommons.org/publicdomain/zero/{version}/"),
        ["CC", terms @ .., version]
            if !terms.is_empty() && version.starts_with(|c: char| c.is_ascii_digit()) =>
        {
            format!(
                "https://creativecommons.org/licenses/{}/{version}/",
                terms.join("-").to_lowercase()
            )
        }
        _ => licence.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_durations_and_licence_urls() {
        for (seconds, expected) in
            [(0, "PT0S"), (95, "PT1M35S"), (3_600, "PT1H"), (3_725, "PT1H2M5S"), (60, "PT1M")]
        {
            assert_eq!(iso8601_duration(seconds), expected);
        }
        for (licence, expected) in [
            ("CC-BY-4.0", "https://creativecommons.org/licenses/by/4.0/"),
            ("CC-BY-NC-SA-3.0", "https://creativecommons.org/licenses/by-nc-sa/3.0/"),
            ("CC0-1.0", "https://creativecommons.org/publicdomain/zero/1.0/"),
            ("https://example.org/terms", "https://example.org/terms"),
            ("All rights reserved", "All rights reserved"),
            ("CC-BY", "CC-BY"),
        ] {
            assert_eq!(licence_url(licence), expected);
        }
    }

    #[test]
    fn clips_have_unique_starts_and_ends() {
        let chapter =
            |start_seconds: f64, title: &str| Chapter { start_seconds, title: title.to_owned() };
        let chapters = [chapter(0.2, "A"), chapter(0.9, "Same second"), chapter(40.0, "B")];
        let found = clips(&chapters, Some(95), "https://e.org/film").unwrap();
        assert_eq!(
            found,
            json!([
                {"@type": "Clip", "name": "A", "startOffset": 0, "endOffset": 40, "url": "https://e.org/film?start=0"},
                {"@type": "Clip", "name": "B", "startOffset": 40, "endOffset": 95, "url": "https://e.org/film?start=40"},
            ])
        );
        assert!(
            clips(&chapters, Some(20), "x").is_none()
                && clips(&chapters, None, "x").is_none()
                && clips(&[], Some(95), "x").is_none()
        );
    }
}
