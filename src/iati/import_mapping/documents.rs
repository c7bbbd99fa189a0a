//! Documents that support a value: videos of this catalogue become evidence, other links documents.

use serde_json::{Map, Value as Json, json};

use super::mapper::{ImportMapper, cut_text, set_if_present};
use crate::http::json_fields::{is_web_url, limits};
use crate::iati::activity::{Document, PeriodValue};
use crate::resource::schema::ResourceKind;
use crate::text::language::Language;

/// Path of the documents of a value, for counts.
const ELEMENT: &str = "result/indicator/period/actual/document-link";

impl ImportMapper<'_> {
    pub(super) fn map_documents(&mut self, value: &PeriodValue, body: &mut Map<String, Json>) {
        let (mut evidence, mut documents) = (Vec::new(), Vec::new());
        for document in &value.documents {
            // Another catalogue may have another video with the same slug.
            let video = document.video.as_deref().filter(|video| {
                let video = self.existing.get(ResourceKind::VIDEO, video);
                let mut titles = document.title.iter();
                video.is_some_and(|video| {
                    !video.is_deleted && titles.any(|(_, title)| video.titles.contains(title))
                })
            });
            match video {
                Some(video) => evidence.push(evidence_json(video, document)),
                None if !is_web_url(&document.url) => {
                    self.count_skipped(&format!("{ELEMENT} (without a web URL)"), 1);
                }
                None => {
                    let titles = document.title.len().saturating_sub(1);
                    self.count_skipped(&format!("{ELEMENT}/title/narrative"), titles);
                    let descriptions = document.description.len();
                    self.count_skipped(&format!("{ELEMENT}/description/narrative"), descriptions);
                    documents.push(document_json(document));
                }
            }
        }
        set_if_present(body, "evidence", Some(&evidence).filter(|evidence| !evidence.is_empty()));
        set_if_present(
            body,
            "documents",
            Some(&documents).filter(|documents| !documents.is_empty()),
        );
    }
}

/// Passage of a video from the media fragment of its URL.
fn evidence_json(video: &str, document: &Document) -> Json {
    let seconds = document.url.split_once("#t=").map(|(_, seconds)| seconds).unwrap_or_default();
    let (start, end) = seconds.split_once(',').unwrap_or((seconds, ""));
    let number = |text: &str| text.parse::<f64>().ok();
    let quote = document
        .description
        .first()
        .map(|(language, text)| json!({"text": text, "language": language}));
    json!({"video": video, "start_seconds": number(start), "end_seconds": number(end), "quote": quote})
}

fn document_json(document: &Document) -> Json {
    let (url, page) = match document.url.split_once("#page=") {
        Some((url, page)) if page.parse::<u32>().is_ok() => (url, page.parse::<u32>().ok()),
        _ => (document.url.as_str(), None),
    };
    let named = document.title.first();
    // Language of a document, refined by the language of its title.
    let stated = document.languages.first().and_then(|code| Language::parse(code).ok());
    let language = stated.map(|stated| {
        let refined = named
            .map(|(language, _)| language.as_str())
            .filter(|language| language.split('-').next() == Some(stated.as_str()));
        refined.unwrap_or(stated.as_str()).to_owned()
    });
    let language =
        language.filter(|tag| Language::parse(tag).is_ok_and(|tag| tag.check_storable().is_ok()));
    let title = cut_text(named.map_or(url, |(_, title)| title), limits::TITLE);
    let media_type = Some(&document.format).filter(|format| !format.is_empty());
    json!({"title": title, "url": url, "media_type": media_type, "language": language, "page": page})
}
