//! `document-link` elements: pages of videos, websites, sources and documents.

use crate::iati::activity::Document;
use crate::iati::export::context::ExportContext;
use crate::iati::load::{ExportData, LinkedVideo, Programme, Statistic};
use crate::iati::narratives::{narratives, tag_narratives};
use crate::impact::fields as statistic;
use crate::resource::schema::ResourceKind;

/// Documents of a programme: its website and its videos.
pub fn activity_documents(
    programme: &Programme,
    data: &ExportData,
    context: &ExportContext<'_>,
) -> Vec<Document> {
    let website = programme.fields.website.clone().map(|url| Document {
        format: media_type_from_url(&url).to_owned(),
        url,
        title: narratives(programme, |text| Some(text.title.clone())),
        category: "A12".to_owned(),
        ..Document::default()
    });
    let videos = data
        .videos_by_programme
        .get(&programme.item.id)
        .into_iter()
        .flatten()
        .filter_map(|id| data.videos.get(id));
    website
        .into_iter()
        .chain(videos.map(|video| video_document(video, "A12", "", context)))
        .collect()
}

/// Link to the page of a video.
fn video_document(
    video: &LinkedVideo,
    category: &'static str,
    passage: &str,
    context: &ExportContext<'_>,
) -> Document {
    let page =
        context.urls.page_url(ResourceKind::VIDEO, video.id, &video.slug, &video.page_language);
    Document {
        url: format!("{page}{passage}"),
        format: "text/html".to_owned(),
        video: Some(video.slug.clone()),
        title: video.title.clone(),
        category: category.to_owned(),
        languages: iso_639_1_codes(video.spoken_languages.iter().map(String::as_str)),
        ..Document::default()
    }
}

/// Distinct ISO 639-1 codes of language tags; languages without a code are skipped.
fn iso_639_1_codes<'a>(tags: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut languages: Vec<String> = Vec::new();
    for language in tags
        .map(|tag| tag.split('-').next().unwrap_or_default())
        .filter(|language| language.len() == 2)
    {
        if !languages.iter().any(|known| known == language) {
            languages.push(language.to_owned());
        }
    }
    languages
}

/// Media type from the file extension of a URL; `text/html` by default.
fn media_type_from_url(url: &str) -> &'static str {
    let path = url.split(['?', '#']).next().unwrap_or_default();
    let name =
        path.splitn(4, '/').nth(3).and_then(|path| path.rsplit('/').next()).unwrap_or_default();
    match name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase()).as_deref() {
        Some("pdf") => "application/pdf",
        Some("doc") => "application/msword",
        Some("docx") => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        Some("xls") => "application/vnd.ms-excel",
        Some("xlsx") => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        Some("ppt") => "application/vnd.ms-powerpoint",
        Some("pptx") => "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        Some("odt") => "application/vnd.oasis.opendocument.text",
        Some("ods") => "application/vnd.oasis.opendocument.spreadsheet",
        Some("csv") => "text/csv",
        Some("json") => "application/json",
        Some("xml") => "application/xml",
        Some("zip") => "application/zip",
        _ => "text/html",
    }
}

/// Documents that support a value: video passages, source and documents.
pub fn value_documents(
    one: &Statistic,
    data: &ExportData,
    context: &ExportContext<'_>,
) -> Vec<Document> {
    let quotes: Vec<Option<statistic::Quote>> = one.fields.quotes.unpack();
    let videos = one.references_in("evidence").enumerate().filter_map(|(place, link)| {
        let seconds = |at: Option<i64>| {
            at.and_then(|ms| i32::try_from(ms).ok()).map(|ms| f64::from(ms) / 1000.0)
        };
        let passage = match (seconds(link.start_ms), seconds(link.end_ms)) {
            (None, None) => String::new(),
            (Some(start), None) => format!("#t={start}"),
            (start, Some(end)) => format!("#t={},{end}", start.unwrap_or(0.0)),
        };
        let video = data.videos.get(&link.target_id)?;
        let quote = quotes.get(place).cloned().flatten();
        let quotation = quote.map(|quote| {
            (quote.language.unwrap_or_else(|| video.original_language.clone()), quote.text)
        });
        let description = tag_narratives(
            quotation.iter().map(|(language, text)| (language.as_str(), text.clone())),
        );
        Some(Document { description, ..video_document(video, "A08", &passage, context) })
    });
    let original = one.item.original_language.as_str();
    let source: Option<statistic::SourceDocument> = one.fields.source.unpack();
    let source = source.and_then(|source| {
        let url = source.url?;
        let title = match source.text {
            Some(text) => tag_narratives([(original, text)].into_iter()),
            None => narratives(one, |text| Some(text.title.clone())),
        };
        Some(Document {
            format: media_type_from_url(&url).to_owned(),
            url,
            title,
            category: "A08".to_owned(),
            ..Document::default()
        })
    });
    let documents: Vec<statistic::Document> = one.fields.documents.unpack();
    let documents = documents.into_iter().map(|document| {
        let format =
            document.media_type.unwrap_or_else(|| media_type_from_url(&document.url).to_owned());
        // RFC 8118 defines the page fragment of PDF.
        let page =
            document.page.filter(|_| format == "application/pdf" && !document.url.contains('#'));
        let url = page
            .map_or_else(|| document.url.clone(), |page| format!("{}#page={page}", document.url));
        let language = document.language.as_deref();
        let title = tag_narratives([(language.unwrap_or(original), document.title)].into_iter());
        Document {
            url,
            format,
            title,
            category: "A08".to_owned(),
            languages: iso_639_1_codes(language.into_iter()),
            ..Document::default()
        }
    });
    videos.chain(source).chain(documents).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn media_type_from_url_extension() {
        for (url, format) in [
            ("https://e.org/a.b/report.PDF?x=.doc#p", "application/pdf"),
            ("https://e.org", "text/html"),
            ("https://e.org/", "text/html"),
            ("https://e.zip", "text/html"),
            ("https://e.org/data.csv", "text/csv"),
        ] {
            assert_eq!(media_type_from_url(url), format, "{url}");
        }
    }
}
