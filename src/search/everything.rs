//! `GET /v1/search`: items of all kinds in one list, the best first.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, get, web};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use super::kinds;
use crate::db::page::{Key, KeyType, List};
use crate::db::search::{Ask, Audience, Frequencies, Matching, Scope, frequencies, matching};
use crate::db::sql::{Bind, Fragment};
use crate::db::{Connection, Id, Time};
use crate::http::conditional::ConditionalGet;
use crate::http::fields::not_one_of;
use crate::http::keys::Viewer;
use crate::http::language::{Wish, accepted};
use crate::http::layer::Statements;
use crate::http::negotiate;
use crate::http::params::Params;
use crate::http::problem::Problem;
use crate::resource::Status;
use crate::resource::context::Context;
use crate::resource::document::{Listing, comma_list, item_shown, parameter};
use crate::resource::highlights::{Highlight, Marked};
use crate::resource::list::{FacetValue, Items, Links, Page, PageInfo, Paging};
use crate::resource::load::{Item, Loaded, Text, load_page_of};
use crate::resource::meant::{COUNTED, meant};
use crate::resource::query::{
    Asked, NOT_OF_THE_LIST, Shape, in_states, read_range, read_search, read_statuses,
};
use crate::resource::read::{OfCatalogue, answer_page, read_of_catalogue};
use crate::resource::revisions::Revisions;
use crate::resource::shown::{Packed, Shown};
use crate::resource::spec::{COMMON_RANGES, Kind, RangeSpec};
use crate::text::query::Query;
use crate::topics::model::SPEC;

/// What the document says of it, beside what the handler does: of the parameters of lists those
/// that every kind has.
pub const DECLARED: Listing = Listing {
    path: "/v1/search",
    spec: &SPEC,
    without: &WITHOUT,
    own: parameters,
    needs_query: true,
};

const WITHOUT: [&str; 9] =
    ["fields", "include", "ids", "year", "sort", "facets", "facet_limit", "parent", "missing"];

/// The fields of a hit.
const FIELDS: [&str; 12] = [
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
];

fn parameters() -> Vec<Value> {
    let names: Vec<&str> = Kind::SOUGHT.iter().map(|kind| kind.as_str()).collect();
    let with_not: Vec<String> =
        names.iter().flat_map(|name| [(*name).to_owned(), format!("!{name}")]).collect();
    vec![
        comma_list(
            "kind",
            "Only items of this kind. Several mean any of them; `!` excludes.",
            json!({"type": "string", "enum": with_not}),
            Kind::SOUGHT.len(),
            "video",
        ),
        comma_list(
            "facets",
            "`kind`: how many items of each kind are found; the filter `kind` does not narrow it. In `facets`: value, label in the answer's language and count of each, the most frequent first.",
            json!({"type": "string", "enum": ["kind"]}),
            1,
            "kind",
        ),
        comma_list(
            "fields",
            "Only these fields, and `id`.",
            json!({"type": "string", "enum": FIELDS}),
            100,
            "title",
        ),
        parameter(
            "include",
            "`item` adds the whole resource to each hit.",
            json!({"type": "string", "enum": ["item"]}),
            json!("item"),
        ),
    ]
}

/// An item that was found.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SearchHit {
    /// What it is.
    #[schema(value_type = HitKind)]
    pub kind: String,
    /// Identifier.
    #[schema(value_type = uuid::Uuid)]
    pub id: Id,
    /// Slug.
    #[schema(example = "testimonials-part-one")]
    pub slug: String,
    /// Title, name or label in the answer's language; null with `lang=all`.
    #[schema(required, example = "In their own words, part one")]
    pub title: Option<String>,
    /// Summary, of what has one.
    #[schema(required)]
    pub summary: Option<String>,
    /// The language of the texts (BCP 47); null with `lang=all`.
    #[schema(required, example = "en")]
    pub language: Option<String>,
    /// Whether the texts were made from the other script.
    pub transliterated: bool,
    /// Title and summary in every language, with `lang=all`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub translations: Option<BTreeMap<String, HitText>>,
    /// When it was published.
    #[schema(value_type = Option<chrono::DateTime<chrono::Utc>>, required, example = "2026-05-07T08:00:00Z")]
    pub published_at: Option<Time>,
    /// Still image of a video, logo of a partner.
    #[schema(required)]
    pub image: Option<HitImage>,
    /// Where the whole resource is.
    #[schema(format = "uri")]
    pub url: String,
    /// The whole resource, with `include=item`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = item_shown, required = false)]
    pub item: Option<Value>,
    /// The fields in which it was found; only with `highlights=true`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub highlights: Option<Vec<Highlight>>,
}

/// What a hit is.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub enum HitKind {
    /// A video.
    Video,
    /// A programme.
    Programme,
    /// A partner.
    Partner,
    /// An indicator.
    Indicator,
    /// An impact statistic.
    ImpactStatistic,
    /// A topic.
    Topic,
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

/// An image that stands for a hit.
#[derive(Clone, Debug, Default, Deserialize, Serialize, ToSchema)]
pub struct HitImage {
    /// Where it is.
    #[schema(format = "uri")]
    pub url: String,
    /// What it shows.
    #[schema(required)]
    pub alt: Option<String>,
}

/// A page of hits.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SearchHitPage {
    /// The hits, the best first.
    pub data: Vec<SearchHit>,
    /// Where the page stands.
    pub page: PageInfo,
    /// With `facets=kind`: how many items of each kind are found.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub facets: Option<HashMap<String, Vec<FacetValue>>>,
    /// Searches that find more, where this one finds little: what was perhaps meant.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = json!(["violence"]))]
    pub did_you_mean: Option<Vec<String>>,
    /// Addresses of this page and its neighbours.
    pub links: Links,
}

/// Of what only a kind has, if it has anything: what stands for it in a list.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Pictured {
    thumbnail: Packed,
    logo: Packed,
}

impl Pictured {
    fn image(&self) -> Option<HitImage> {
        [&self.thumbnail, &self.logo].into_iter().find_map(Packed::unpack::<Option<HitImage>>)
    }
}

/// Search everything
///
/// Videos, programmes, partners, impact statistics and topics in one list, the best first: what
/// stands in titles comes before summaries, names, descriptions and transcripts, whatever the kind.
#[utoipa::path(operation_id = "list_search_hits", tag = "Search", responses((status = 200, description = "A page of hits.", body = SearchHitPage)))]
#[get("/v1/search")]
pub async fn search_everything(
    context: web::Data<Context>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    negotiate::json(&request)?;
    let caller = context.viewer(&request).await?;
    let wanted = Arc::new(Wanted::read(&context, &request, caller)?);
    let (shared, inner) = (Arc::clone(&wanted), context.clone().into_inner());
    let condition = ConditionalGet::from_request(&request);
    let done = context
        .read(caller, move |connection| {
            let asked = OfCatalogue {
                identity: &shared.identity,
                wish: &shared.wish,
                base: &shared.base,
                also_changed_at: None,
                condition: &condition,
            };
            read_of_catalogue(connection, &inner, &asked, |connection, revisions, shown| {
                read_page(connection, &inner, &shared, revisions, shown)
            })
        })
        .await?;
    Statements::note(&request, done.statements);
    answer_page(&context, &request, (caller, &wanted.wish), done.value, None)
}

/// A search, understood.
struct Wanted {
    search: Asked,
    kinds: Vec<Kind>,
    wish: Wish,
    shape: Shape,
    with_item: bool,
    paging: Paging,
    viewer: Viewer,
    statuses: Option<Vec<Status>>,
    ranges: Vec<(&'static RangeSpec, Bind)>,
    by_kind: bool,
    highlights: bool,
    base: String,
    /// What makes the counts of its kinds others than those of another search.
    counted: String,
    /// For the `ETag`.
    identity: String,
}

impl Wanted {
    fn read(context: &Context, request: &HttpRequest, caller: Viewer) -> Result<Self, Problem> {
        let mut params = Params::parse(request.query_string())?;
        let wish = Wish::parse(&mut params, accepted(request), &context.fallback);
        let search = read_search(&mut params, &wish);
        if search.is_none() {
            params.error("q", "required", "`q` says what to search for.");
        }
        let kinds = kinds::read_kinds(&mut params, &Kind::SOUGHT);
        let fields = params.list("fields", 100);
        for name in fields.iter().flatten().filter(|name| !FIELDS.contains(&name.as_str())) {
            params.error("fields", "unknown_value", not_one_of(name, FIELDS.iter().copied()));
        }
        let with_item = read_word(&mut params, "include", "item");
        let by_kind = read_word(&mut params, "facets", "kind");
        let statuses = read_statuses(&mut params, caller);
        let ranges = COMMON_RANGES
            .iter()
            .filter_map(|range| Some((range, read_range(&mut params, range)?)))
            .collect();
        let highlights = params.flag("highlights").unwrap_or(false);
        let asked = if wish.explicit { String::new() } else { wish.identity() };
        let identity = format!("search\n{}\n{asked}\n{caller:?}", params.identity(NOT_OF_THE_LIST));
        let paging = Paging::read(&mut params, &identity);
        let counted = format!(
            "search\n{}\n{caller:?}",
            params.identity(&[NOT_OF_THE_LIST, &["kind"]].concat())
        );
        let viewer = if statuses.is_some() { caller } else { Viewer::Public };
        let identity = format!("search\n{}\n{}\n{viewer:?}", params.identity(&[]), wish.identity());
        params.finish()?;
        let Some(search) = search else {
            return Err(Problem::internal("a search without a query was understood"));
        };
        Ok(Self {
            search,
            kinds,
            wish,
            shape: Shape { fields, ..Shape::default() },
            with_item,
            paging,
            viewer,
            statuses,
            ranges,
            by_kind,
            highlights,
            base: context.settings.base_url(request),
            counted,
            identity,
        })
    }

    /// What a query finds among these kinds.
    fn list(
        &self,
        query: &Query,
        kinds: &[Kind],
        ask: Ask,
        frequencies: &Arc<Frequencies>,
    ) -> List {
        let letters: Vec<char> = kinds.iter().map(|kind| kind.letter()).collect();
        let audience =
            if self.viewer.sees_unpublished() { Audience::Editors } else { Audience::Public };
        let mut list = List::default();
        match matching(query, &letters, audience, (Scope::Everything, ask), frequencies) {
            Matching::Ranked(ranked) if !kinds.is_empty() => list.ranked = Some(ranked),
            // Nothing but what is not looked for, or no kind.
            other => {
                list.predicates.extend(if let Matching::Predicate(predicate) = other {
                    Some(predicate)
                } else {
                    None
                });
                list.predicates.push(of_kinds(kinds));
                list.keys.push(Key {
                    expression: Fragment::new("items.published_at"),
                    holds: KeyType::Time,
                    descending: true,
                    nullable: self.statuses.is_some(),
                });
            }
        }
        list.predicates.extend(in_states(self.statuses.as_deref(), list.ranked.is_some()));
        list.predicates.extend(self.ranges.iter().map(|(range, bound)| range.holds(bound)));
        list
    }
}

/// Holds for items of these kinds.
fn of_kinds(kinds: &[Kind]) -> Fragment {
    let names: Vec<String> = kinds.iter().map(|kind| format!("'{}'", kind.as_str())).collect();
    Fragment::new(if names.is_empty() {
        "1 = 0".to_owned()
    } else {
        format!("items.kind IN ({})", names.join(", "))
    })
}

/// Whether a parameter that takes a single word is given.
fn read_word(params: &mut Params, name: &'static str, word: &str) -> bool {
    let given = params.list(name, 20).unwrap_or_default();
    for other in given.iter().filter(|given| *given != word) {
        params.error(name, "unknown_value", not_one_of(other, [word].into_iter()));
    }
    !given.is_empty()
}

fn read_page(
    connection: &mut Connection,
    context: &Context,
    wanted: &Wanted,
    revisions: &Arc<Revisions>,
    shown: &mut Shown,
) -> Result<Page, Problem> {
    let frequencies = frequencies(connection)?;
    let mut list = wanted.list(&wanted.search.query, &wanted.kinds, Ask::Ranked, &frequencies);
    let kinds: Vec<&str> = wanted.kinds.iter().map(|kind| kind.as_str()).collect();
    let counted = format!("{}\n{}", wanted.counted, kinds.join(","));
    list.identity = Some(counted.clone());
    // What an item refers to is only shown where it is marked.
    let spec_of = |item: &Item| Kind::parse(&item.kind).and_then(|kind| context.spec(kind));
    let paging = &wanted.paging;
    let page = load_page_of::<Option<Pictured>>(
        connection,
        &list,
        (&paging.start, paging.limit),
        wanted.viewer,
        shown,
        |item| spec_of(item).filter(|_| wanted.highlights),
    )?;
    let Some((slice, loaded)) = page else {
        return Err(Problem::parameter(
            "cursor",
            "invalid_cursor",
            "The cursor does not fit this search; start again without it.",
        ));
    };
    let total = paging
        .total
        .then(|| context.totals.of(revisions, &counted, || list.count(connection)))
        .transpose()?;
    let facets = if wanted.by_kind {
        Some(facets(connection, context, wanted, (revisions, &frequencies))?)
    } else {
        None
    };
    let did_you_mean = match wanted.search.little(paging, loaded.len()) {
        Some(little) => meant(connection, &context.vocabulary, &little, |connection, query| {
            Ok(wanted
                .list(&query, &wanted.kinds, Ask::All, &frequencies)
                .count_up_to(connection, COUNTED)?)
        })?,
        None => Vec::new(),
    };
    let mut wholes = if wanted.with_item {
        read_wholes(connection, context, wanted.viewer, &loaded, shown)?
    } else {
        HashMap::new()
    };
    let marked = if wanted.highlights {
        Some(Marked::read(connection, &wanted.search.query, &loaded)?)
    } else {
        None
    };
    let mut items = Items::default();
    for one in loaded {
        let Some(spec) = spec_of(&one.item) else { continue };
        let highlights = marked.as_ref().map(|marked| marked.of(spec, &one, wanted.viewer, shown));
        let item = wholes.remove(&one.item.id);
        items.push(&hit(one, spec.kind, item, shown), &wanted.shape)?;
        if let Some(highlights) = highlights {
            items.add_member("highlights", &highlights)?;
        }
    }
    Ok(Page { items, info: paging.info(&slice, total), facets, did_you_mean })
}

/// How many items of each kind are found.
fn facets(
    connection: &mut Connection,
    context: &Context,
    wanted: &Wanted,
    (revisions, frequencies): (&Revisions, &Arc<Frequencies>),
) -> Result<Map<String, Value>, Problem> {
    let mut counts: Vec<(Kind, i64)> = Vec::new();
    for kind in Kind::SOUGHT {
        let list = format!("{}\n{}", wanted.counted, kind.as_str());
        counts.push((
            kind,
            context.totals.of(revisions, &list, || {
                wanted.list(&wanted.search.query, &[kind], Ask::All, frequencies).count(connection)
            })?,
        ));
    }
    counts.retain(|(_, count)| *count > 0);
    counts.sort_by(|(a, first), (b, second)| {
        second.cmp(first).then_with(|| a.as_str().cmp(b.as_str()))
    });
    let values = counts.into_iter().map(|(kind, count)| FacetValue {
        value: kind.as_str().to_owned(),
        label: kinds::name(kind, wanted.wish.names).to_owned(),
        count,
    });
    Ok([("kind".to_owned(), json!(values.collect::<Vec<_>>()))].into_iter().collect())
}

/// The whole resources of what was found: a fixed number of queries for each kind.
fn read_wholes(
    connection: &mut Connection,
    context: &Context,
    viewer: Viewer,
    loaded: &[Loaded<Option<Pictured>>],
    shown: &Shown,
) -> Result<HashMap<Id, Value>, Problem> {
    let mut wholes = HashMap::new();
    for (spec, read) in &context.kinds {
        let ids: Vec<Id> = loaded
            .iter()
            .filter(|one| one.item.kind == spec.kind.as_str())
            .map(|one| one.item.id)
            .collect();
        let mut inner = Shown::new(shown.wish.clone(), Arc::clone(&shown.places), shown.memory())
            .at(&shown.base);
        wholes.extend(read(connection, &ids, viewer, &mut inner)?);
    }
    Ok(wholes)
}

fn hit(
    mut one: Loaded<Option<Pictured>>,
    kind: Kind,
    item: Option<Value>,
    shown: &Shown,
) -> SearchHit {
    let text = |text: &Text| {
        (
            text.language.clone(),
            HitText { title: text.title.clone(), summary: text.summary.clone() },
        )
    };
    let translations = shown.wish.translations.then(|| one.texts.iter().map(text).collect());
    let image = one.own.as_ref().and_then(Pictured::image);
    let chosen = one.take_chosen();
    SearchHit {
        kind: kind.as_str().to_owned(),
        id: one.item.id,
        url: format!("{}{}/{}", shown.base, kind.path(), one.item.slug),
        slug: one.item.slug,
        transliterated: chosen.as_ref().is_some_and(|chosen| chosen.transliterated),
        language: chosen.as_ref().map(|chosen| chosen.language.as_str().to_owned()),
        summary: chosen.as_ref().and_then(|chosen| chosen.text.summary.clone()),
        title: chosen.map(|chosen| chosen.text.title),
        translations,
        published_at: one.item.published_at,
        image,
        item,
        highlights: None,
    }
}
