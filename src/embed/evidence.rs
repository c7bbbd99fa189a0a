//! Impact statistics that a video is evidence of, with passage and quote.

use serde_json::Value;

use crate::db::Id;
use crate::resource::view::urls::PublicUrls;

/// A passage of a video that is evidence of a statistic.
pub struct EvidencePassage {
    /// Value and label: `More than 500 · New partnerships`.
    pub title: String,
    /// The language of the label.
    pub language: String,
    /// The embed page of the statistic.
    pub url: String,
    /// Start of the passage, in seconds.
    pub start_seconds: Option<i64>,
    /// The quoted words and their language.
    pub quote: Option<(String, Option<String>)>,
}

/// The passages of a video that are evidence of a statistic.
pub fn evidence_passages(
    statistic: &Value,
    video: Id,
    urls: &PublicUrls,
    lang: &str,
) -> Vec<EvidencePassage> {
    let text =
        |value: &Value, name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
    let (Some(label), Some(slug)) = (text(statistic, "label"), text(statistic, "slug")) else {
        return Vec::new();
    };
    let title = text(statistic, "figure")
        .map_or_else(|| label.clone(), |figure| format!("{figure} · {label}"));
    let separator = if lang.is_empty() { "" } else { "?" };
    let address = urls.own_url(&format!("/embed/impact-statistics/{slug}{separator}{lang}"));
    let language = text(statistic, "language").unwrap_or_default();
    let video = video.to_string();
    let passages = statistic.get("evidence").and_then(Value::as_array).into_iter().flatten();
    let in_video = passages.filter(|passage| {
        passage.pointer("/video/id").and_then(Value::as_str) == Some(video.as_str())
    });
    in_video
        .map(|passage| EvidencePassage {
            title: title.clone(),
            language: language.clone(),
            url: address.clone(),
            start_seconds: passage
                .get("start_seconds")
                .and_then(Value::as_f64)
                .map(crate::embed::html_shell::truncate_seconds),
            quote: passage
                .get("quote")
                .and_then(|quote| Some((text(quote, "text")?, text(quote, "language")))),
        })
        .collect()
}
