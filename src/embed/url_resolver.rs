//! Matches the URL of an oEmbed request: the page of an item, a list, a chart or a saved query, on
//! this server or on the publisher's own site.

use crate::resource::schema::ResourceKind;
use crate::text::language::Language;

/// The saved query whose page a URL addresses.
pub(super) struct SavedQueryTarget {
    /// Its id or slug.
    pub id_or_slug: String,
    /// The query string of the URL.
    pub query: String,
}

/// The item whose page a URL addresses.
pub(super) struct ItemTarget {
    /// Its id or slug.
    pub id_or_slug: String,
    /// Language of the page.
    pub language: Option<Language>,
}

/// Path and query of a URL of this server, or of a relative URL.
fn split_path_and_query<'a>(url: &'a str, base_url: &str) -> (&'a str, &'a str) {
    let url = url.split('#').next().unwrap_or_default();
    let path = url.strip_prefix(base_url).unwrap_or(url);
    path.split_once('?').unwrap_or((path, ""))
}

/// Matches the page of a list; returns its query.
pub(super) fn match_list_url(url: &str, base_url: &str) -> Option<String> {
    let (path, query) = split_path_and_query(url, base_url);
    (path == "/embed/videos").then(|| query.to_owned())
}

/// Matches the page of a chart; returns its query.
pub(super) fn match_chart_url(url: &str, base_url: &str) -> Option<String> {
    let (path, query) = split_path_and_query(url, base_url);
    (path == "/embed/impact-statistics/chart").then(|| query.to_owned())
}

/// Matches the page of a saved query.
pub(super) fn match_saved_query_url(url: &str, base_url: &str) -> Option<SavedQueryTarget> {
    let (path, query) = split_path_and_query(url, base_url);
    let name = path.strip_prefix("/f/").filter(|name| is_slug_or_id(name))?;
    Some(SavedQueryTarget { id_or_slug: name.to_owned(), query: query.to_owned() })
}

/// Matches the page of an item of a kind.
pub(super) fn match_item_url(
    kind: ResourceKind,
    url: &str,
    base_url: &str,
    template: Option<&str>,
) -> Option<ItemTarget> {
    let absolute_url =
        if url.starts_with('/') { format!("{base_url}{url}") } else { url.to_owned() };
    let url = absolute_url.as_str();
    let without_fragment = url.split('#').next().unwrap_or_default();
    let (page, query) = without_fragment.split_once('?').unwrap_or((without_fragment, ""));
    let query_language = query
        .split('&')
        .find_map(|pair| pair.strip_prefix("lang="))
        .and_then(|tag| Language::parse(tag).ok());
    for path in [&format!("/embed/{}", kind.path_segment()), kind.path()] {
        let prefix = format!("{base_url}{path}/");
        if let Some(name) = page.strip_prefix(&prefix).filter(|name| is_slug_or_id(name)) {
            return Some(ItemTarget { id_or_slug: name.to_owned(), language: query_language });
        }
    }
    // A template without `{kind}` is for videos.
    let template =
        template.filter(|template| kind == ResourceKind::VIDEO || template.contains("{kind}"))?;
    let (id_or_slug, language) = match_template(kind, template, url)?;
    let language = language.and_then(|tag| Language::parse(&tag).ok()).or(query_language);
    Some(ItemTarget { id_or_slug, language })
}

fn is_slug_or_id(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= 200
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

/// Matches a URL with a template; returns the values of `{slug}` or `{id}`, and of `{lang}`.
fn match_template(
    kind: ResourceKind,
    template: &str,
    url: &str,
) -> Option<(String, Option<String>)> {
    let (mut name, mut language) = (None, None);
    let (mut template, mut rest) = (template, url);
    while !template.is_empty() {
        let Some(brace) = template.find('{') else {
            // A query or fragment may follow.
            let after = rest.strip_prefix(template)?;
            rest = if after.is_empty() || after.starts_with(['?', '#', '&']) {
                ""
            } else {
                return None;
            };
            break;
        };
        rest = rest.strip_prefix(template.get(..brace)?)?;
        let (placeholder, after) = template.get(brace..)?.split_once('}')?;
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '-').unwrap_or(rest.len());
        let (value, remainder) = rest.split_at_checked(end)?;
        match placeholder {
            "{slug" | "{id" => name = Some(value.to_owned()),
            "{lang" => language = Some(value.to_owned()),
            "{kind" if value == kind.path_segment() => {}
            _ => return None,
        }
        (template, rest) = (after, remainder);
    }
    let is_end = rest.is_empty() || rest.starts_with(['?', '#', '&']);
    Some((name.filter(|name| is_end && is_slug_or_id(name))?, language))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matches_video_urls() {
        let template = Some("https://example.org/{lang}/videos/{slug}");
        let found = |url: &str| {
            let ItemTarget { id_or_slug, language } =
                match_item_url(ResourceKind::VIDEO, url, "https://c.example.org", template)?;
            Some(format!(
                "{id_or_slug} {}",
                language.map(|language| language.as_str().to_owned()).unwrap_or_default()
            ))
        };
        for (url, expected) in [
            ("https://c.example.org/embed/videos/a-film", Some("a-film ")),
            (
                "https://c.example.org/embed/videos/a-film?lang=sr-Cyrl&start=1#t=2",
                Some("a-film sr-Cyrl"),
            ),
            ("https://c.example.org/v1/videos/a-film#t=3", Some("a-film ")),
            ("/embed/videos/a-film?lang=tr", Some("a-film tr")),
            ("https://example.org/mk/videos/a-film", Some("a-film mk")),
            ("https://example.org/mk/videos/a-film?utm_source=x#top", Some("a-film mk")),
            ("https://example.org/mk/videos/a-film/more", None),
            ("https://example.org/videos/a-film", None),
            ("https://c.example.org/embed/videos/", None),
            ("https://c.example.org/embed/videos/a/b", None),
            ("https://c.example.org.evil.org/embed/videos/a-film", None),
            ("https://c.example.org/v1/programmes/a", None),
            ("javascript:alert(1)", None),
        ] {
            assert_eq!(found(url).as_deref(), expected, "{url}");
        }
        let by_template =
            |template: &str, url: &str| match_template(ResourceKind::VIDEO, template, url);
        assert_eq!(
            by_template("https://e.org/?id={id}", "https://e.org/?id=12&x=1"),
            Some(("12".to_owned(), None))
        );
        assert_eq!(
            by_template("https://e.org/{kind}/{slug}.html", "https://e.org/programmes/a.html"),
            None
        );
        assert_eq!(
            by_template("https://e.org/{kind}/{slug}.html", "https://e.org/videos/a.html#x"),
            Some(("a".to_owned(), None))
        );
    }

    #[test]
    fn matches_statistic_urls() {
        let template = Some("https://example.org/{kind}/{slug}?l={lang}");
        let found = |url: &str, template: Option<&str>| {
            let ItemTarget { id_or_slug, language } = match_item_url(
                ResourceKind::IMPACT_STATISTIC,
                url,
                "https://c.example.org",
                template,
            )?;
            Some(format!(
                "{id_or_slug} {}",
                language.map(|language| language.as_str().to_owned()).unwrap_or_default()
            ))
        };
        for (url, expected) in [
            ("https://c.example.org/embed/impact-statistics/people?lang=mk", Some("people mk")),
            ("/v1/impact-statistics/people", Some("people ")),
            ("https://example.org/impact-statistics/people?l=tr", Some("people tr")),
            ("https://example.org/videos/people?l=tr", None),
            ("https://c.example.org/embed/videos/people", None),
            ("/embed/impact-statistics", None),
        ] {
            assert_eq!(found(url, template).as_deref(), expected, "{url}");
        }
        assert_eq!(
            found("https://example.org/mk/people", Some("https://example.org/{lang}/{slug}")),
            None
        );
    }
}
