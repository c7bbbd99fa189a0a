//! URLs of the pages of items: on the publisher's own site if one is configured, otherwise on this
//! server.

use serde::Serialize;

use crate::config::Settings;
use crate::db::Id;
use crate::resource::schema::ResourceKind;

/// Builds the URLs of pages. Serializes to a key for entity tags.
#[derive(Clone, Debug, Serialize)]
pub struct PublicUrls {
    base_url: String,
    url_template: Option<String>,
}

impl PublicUrls {
    /// Creates the URLs for this server at this base URL.
    pub fn new(settings: &Settings, base: &str) -> Self {
        Self { base_url: base.to_owned(), url_template: settings.public_url_template.clone() }
    }

    /// Returns the URL of the page of an item in a language: on the publisher's own site, otherwise
    /// the embed page, otherwise the resource of the API.
    pub fn page_url(&self, kind: ResourceKind, id: Id, slug: &str, language: &str) -> String {
        self.external_url(kind, id, slug, language).unwrap_or_else(|| {
            let base_url = &self.base_url;
            if kind.has_embed_page() {
                format!("{base_url}/embed/{}/{slug}?lang={language}", kind.path_segment())
            } else {
                format!("{base_url}{}/{slug}", kind.path())
            }
        })
    }

    /// Returns the URL of the page of an item on the publisher's own site, if that has one.
    pub fn external_url(
        &self,
        kind: ResourceKind,
        id: Id,
        slug: &str,
        language: &str,
    ) -> Option<String> {
        let template = self
            .url_template
            .as_ref()
            .filter(|template| kind == ResourceKind::VIDEO || template.contains("{kind}"))?;
        let filled = template
            .replace("{lang}", language)
            .replace("{kind}", kind.path_segment())
            .replace("{id}", &id.to_string());
        Some(filled.replace("{slug}", slug))
    }

    /// Returns a URL of this server.
    pub fn own_url(&self, path: &str) -> String {
        format!("{}{path}", self.base_url)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fills_url_templates() {
        let id = Id::parse("0192f0c1-4f5e-7c3a-9a5b-3f1c8e2d7b60").unwrap();
        let page = |template: Option<&str>, kind: ResourceKind| {
            let urls = PublicUrls {
                base_url: "https://c.example.org".to_owned(),
                url_template: template.map(str::to_owned),
            };
            urls.page_url(kind, id, "a-slug", "sr-Latn")
        };
        let videos = Some("https://example.org/{lang}/videos/{slug}");
        assert_eq!(page(videos, ResourceKind::VIDEO), "https://example.org/sr-Latn/videos/a-slug");
        assert_eq!(
            page(videos, ResourceKind::PROGRAMME),
            "https://c.example.org/v1/programmes/a-slug"
        );
        assert_eq!(
            page(Some("http://e.org/{kind}/{id}"), ResourceKind::IMPACT_STATISTIC),
            format!("http://e.org/impact-statistics/{id}")
        );
        assert_eq!(
            page(videos, ResourceKind::IMPACT_STATISTIC),
            "https://c.example.org/embed/impact-statistics/a-slug?lang=sr-Latn"
        );
        assert_eq!(
            page(None, ResourceKind::VIDEO),
            "https://c.example.org/embed/videos/a-slug?lang=sr-Latn"
        );
    }
}
