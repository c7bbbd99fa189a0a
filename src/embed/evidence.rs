//! What a video is evidence of: impact statistics, with the second that shows them and the words
//! that say them.

use serde_json::Value;

use crate::db::Id;
use crate::resource::view::urls::PublicUrls;

/// A statistic that a passage of a video evidences.
pub struct EvidencePassage {
    /// The value and what was counted: `More than 500 · New partnerships`.
    pub title: String,
    /// The language of what was counted.
    pub language: String,
    /// The page about it.
    pub url: String,
    /// The second at which the passage begins.
    pub start_seconds: Option<i64>,
    /// The words that say it, and their language.
    pub quote: Option<(String, Option<String>)>,
}

/// The passages of a video that evidence a statistic.
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
