//! Search hits: the representation of an item of any kind in `GET /v1/search`.

use crate::resource::model::item::LoadedItem;
use crate::resource::model::item::TranslationRow;
use crate::resource::model::packed::PackedJson;
use crate::resource::query::pagination::PageInfo;
use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::db::{Id, Time};
use crate::resource::openapi::kinds::kind_enumeration;
use crate::resource::query::shape::HIGHLIGHTS_FIELD;
use crate::resource::read::highlights::Highlight;
use crate::resource::read::page::{FacetValue, Links};
use crate::resource::schema::ResourceKind;
use crate::resource::schema::openapi_refs::full_item;
use crate::resource::view::context::RenderContext;

/// Values of the `fields` parameter.
pub(super) const HIT_FIELDS: [&str; 13] = [
    "kind",
    "id",
    "slug",
    "title",
    "summary",
    "language",
    "transliterated",
    "translations",
    "published_at",
    "image",
    "url",
    "item",
    HIGHLIGHTS_FIELD,
];

/// A search hit.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SearchHit {
    /// Kind of the resource.
    #[schema(value_type = HitKind)]
    pub kind: String,
    /// Identifier.
    #[schema(value_type = uuid::Uuid)]
    pub id: Id,
    /// Slug.
    #[schema(example = "testimonials-part-one")]
    pub slug: String,
    /// Title, name or label in the response's language; null with `lang=all`.
    #[schema(required, example = "In their own words, part one")]
    pub title: Option<String>,
    /// Summary; null if the resource has none.
    #[schema(required)]
    pub summary: Option<String>,
    /// Language of the texts (BCP 47); null with `lang=all`.
    #[schema(required, example = "en")]
    pub language: Option<String>,
    /// Whether the texts were transliterated from the language's other script.
    pub transliterated: bool,
    /// Title and summary in every language; only with `lang=all`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub translations: Option<BTreeMap<String, HitText>>,
    /// Time of publication.
    #[schema(value_type = Option<chrono::DateTime<chrono::Utc>>, required, example = "2026-05-07T08:00:00Z")]
    pub published_at: Option<Time>,
    /// Still image of a video or logo of a partner.
    #[schema(required)]
    pub image: Option<HitImage>,
    /// URL of the resource.
    #[schema(format = "uri")]
    pub url: String,
    /// The full resource; only with `include=item`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = full_item, required = false)]
    pub item: Option<Value>,
    /// Matches by field; only with `highlights=true`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub highlights: Option<Vec<Highlight>>,
}

kind_enumeration! {
    /// Kind of a search hit. For the OpenAPI document only.
    HitKind = ResourceKind::in_display_order(ResourceKind::searched())
}

/// The texts of a hit in one language.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct HitText {
    /// Title, name or label.
    pub title: String,
    /// Summary.
    #[schema(required)]
    pub summary: Option<String>,
}

/// The image of a search hit.
#[derive(Clone, Debug, Default, Deserialize, Serialize, ToSchema)]
pub struct HitImage {
    /// URL of the image.
    #[schema(format = "uri")]
    pub url: String,
    /// Alternative text.
    #[schema(required)]
    pub alt: Option<String>,
}

/// A page of search hits.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SearchHitPage {
    /// Hits, best first.
    pub data: Vec<SearchHit>,
    /// Page size, cursors and total.
    pub page: PageInfo,
    /// Number of hits of each kind; only with `facets=kind`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub facets: Option<HashMap<String, Vec<FacetValue>>>,
    /// Words of `q` that no item of the list has together with the others. The items have the other
    /// words. Absent if they have all words.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, min_items = 1, example = json!(["2023"]))]
    pub omitted_terms: Option<Vec<String>>,
    /// Alternative queries with more results, when this one has few.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = json!(["violence"]))]
    pub did_you_mean: Option<Vec<String>>,
    /// URLs of this page and its neighbours.
    pub links: Links,
}

/// The kind-specific fields from which the image of a hit is taken.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct HitImageFields {
    thumbnail: PackedJson,
    logo: PackedJson,
}

impl HitImageFields {
    fn image(&self) -> Option<HitImage> {
        [&self.thumbnail, &self.logo].into_iter().find_map(PackedJson::unpack::<Option<HitImage>>)
    }
}

/// Renders a hit; `item` is the full resource.
pub(super) fn to_hit(
    mut loaded: LoadedItem<Option<HitImageFields>>,
    kind: ResourceKind,
    item: Option<Value>,
    render_context: &RenderContext,
) -> SearchHit {
    let text = |text: &TranslationRow| {
        (
            text.language.clone(),
            HitText { title: text.title.clone(), summary: text.summary.clone() },
        )
    };
    let translations = render_context
        .language_preference
        .include_translations
        .then(|| loaded.texts.iter().map(text).collect());
    let image = loaded.fields.as_ref().and_then(HitImageFields::image);
    let chosen = loaded.take_selected_text();
    SearchHit {
        kind: kind.as_str().to_owned(),
        id: loaded.item.id,
        url: format!("{}{}/{}", render_context.base_url, kind.path(), loaded.item.slug),
        slug: loaded.item.slug,
        transliterated: chosen.as_ref().is_some_and(|chosen| chosen.is_transliterated),
        language: chosen.as_ref().map(|chosen| chosen.language.as_str().to_owned()),
        summary: chosen.as_ref().and_then(|chosen| chosen.text.summary.clone()),
        title: chosen.map(|chosen| chosen.text.title),
        translations,
        published_at: loaded.item.published_at,
        image,
        item,
        highlights: None,
    }
}
