//! What the log line of a request may contain: never search terms or API keys.

use crate::db::Id;
use crate::http::api_keys::{KEY_PREFIX, SECRET_LEN};
use crate::http::query_params::percent_decode;

/// The API key of a request, an extension that the middleware logs.
#[derive(Clone, Copy, Debug)]
pub struct AuthenticatedKey(pub Id);

/// Maximum number of characters of a path and a query in the log.
const MAX_LOGGED_CHARS: usize = 2_000;

/// Maximum length of a parameter in the log.
const MAX_PARAMETER_LEN: usize = 100;

/// The parameters whose values are logged: those of the API that contain no free text. What a client
/// sends in others may be a search term or a password, and cursors contain sort keys.
const LOGGED_PARAMETERS: [&str; 69] = [
    "aggregate",
    "aggregates",
    "by",
    "caption_language",
    "country",
    "decimal",
    "defuse",
    "dry_run",
    "facet_limit",
    "facets",
    "fields",
    "format",
    "group_aggregation",
    "group_by",
    "has",
    "height",
    "highlights",
    "ids",
    "include",
    "incomplete",
    "indicator",
    "is_group",
    "kind",
    "lang",
    "layout",
    "level",
    "limit",
    "max_duration",
    "max_value",
    "maxheight",
    "maxwidth",
    "measure",
    "min_duration",
    "min_value",
    "missing",
    "offset",
    "on_references",
    "parent",
    "partner",
    "period_after",
    "period_before",
    "programme",
    "published_after",
    "published_before",
    "purge",
    "qualifier",
    "recorded_after",
    "recorded_before",
    "repair",
    "result",
    "result_type",
    "separate",
    "sort",
    "spoken_language",
    "start",
    "state",
    "statistic",
    "statistics_limit",
    "status",
    "text_language",
    "theme",
    "time_aggregation",
    "topic",
    "total",
    "type",
    "updated_since",
    "video",
    "width",
    "year",
];

/// Returns the path and the query for the log. Values of parameters that are not in
/// [`LOGGED_PARAMETERS`], values with other characters than those of slugs, numbers, dates and
/// lists, and whatever may be an API key are replaced by `…`.
pub fn path_for_log(path_and_query: &str) -> String {
    let (path, query) = path_and_query.split_once('?').unwrap_or((path_and_query, ""));
    let segments: Vec<&str> =
        path.split('/').map(|segment| if may_be_key(segment) { "…" } else { segment }).collect();
    let mut text = segments.join("/");
    for (index, pair) in query.split('&').filter(|pair| !pair.is_empty()).enumerate() {
        text.push(if index == 0 { '?' } else { '&' });
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        if !is_plain(name) || may_be_key(name) {
            text.push('…');
        } else if !LOGGED_PARAMETERS.contains(&name) || !is_plain(value) || may_be_key(value) {
            text.extend([name, "=…"]);
        } else {
            text.push_str(pair);
        }
    }
    text.chars().take(MAX_LOGGED_CHARS).collect()
}

/// Whether a text contains what may be an API key, with its prefix or without.
pub fn may_be_key(text: &str) -> bool {
    // Slugs have no upper-case letters.
    let is_secret =
        |text: &str| text.len() == SECRET_LEN && text.bytes().any(|byte| byte.is_ascii_uppercase());
    percent_decode(text).is_none_or(|decoded| decoded.contains(KEY_PREFIX) || is_secret(&decoded))
}

fn is_plain(text: &str) -> bool {
    text.len() <= MAX_PARAMETER_LEN
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.,:!".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn search_terms_and_keys_are_not_logged() {
        for (given, logged) in [
            ("/v1/videos", "/v1/videos"),
            (
                "/v1/videos?country=RS,MK&sort=-published_at",
                "/v1/videos?country=RS,MK&sort=-published_at",
            ),
            ("/v1/videos?q=shelter&limit=2", "/v1/videos?q=…&limit=2"),
            ("/v1/videos?title=two+words&x", "/v1/videos?title=…&x=…"),
            ("/v1/videos?Q=shelter&password=zzhunter2", "/v1/videos?Q=…&password=…"),
            ("/v1/videos?lang=3T-UwEG7NoAJYtnqIf-bHN0wVlJFOq0rk66vqGSAEu4", "/v1/videos?lang=…"),
            ("/oembed?url=https%3A%2F%2Fc.org%2Fembed%3Fq%3Dshelter", "/oembed?url=…"),
            ("/v1/videos?access_token=kino_abc", "/v1/videos?access_token=…"),
            ("/v1/videos?access_token=%6bino_abc", "/v1/videos?access_token=…"),
            ("/v1/videos?kino_abc=1&kino_abc", "/v1/videos?…&…"),
            ("/v1/kino_abc/x", "/v1/…/x"),
            ("/v1/%6B%69no_abc", "/v1/…"),
            ("/v1/%zz", "/v1/…"),
        ] {
            assert_eq!(path_for_log(given), logged, "{given}");
        }
    }
}
