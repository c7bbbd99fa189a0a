//! `/feeds/saved-queries.opml`: the feeds of all saved queries as OPML 2.0.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, get, web};
use serde::Serialize;

use super::media_rss::to_rfc822_date;
use crate::db::{Connection, ReadCost, Time};
use crate::http::auth::Visibility;
use crate::http::conditional::Freshness;
use crate::http::language::LanguageKey;
use crate::http::language::LanguagePreference;
use crate::http::problem::Problem;
use crate::http::query_params::QueryParams;
use crate::i18n::messages::Message;
use crate::resource::model::revisions::CATALOGUE;
use crate::resource::read::catalogue::{CatalogueRequest, read_catalogue};
use crate::resource::read::response::ResponseContext;
use crate::resource::schema::operation::OperationKind;
use crate::resource::state::AppState;
use crate::resource::view::context::RenderContext;
use crate::resource::view::load::load_where;
use crate::saved_queries::model::{SavedQuery, render};
use crate::saved_queries::resource::{SavedQueries, published_condition};
use crate::text::collation::sort_key;
use crate::text::fingerprint::Fingerprint;
use crate::text::language::Language;
use crate::text::xml::XmlWriter;

/// Media type of OPML.
const CONTENT_TYPE: &str = "text/x-opml; charset=utf-8";

#[derive(Serialize)]
struct OpmlKey<'a> {
    publisher: &'a str,
    languages: LanguageKey<'a>,
    is_explicit: bool,
}

/// List the feeds of all saved queries
///
/// OPML 2.0 for import into feed readers: one outline for each published saved query, sorted by
/// name; videos as RSS, other kinds as Atom.
#[utoipa::path(operation_id = "get_saved_query_opml", extensions(("x-operation-kind" = json!(OperationKind::CatalogueFile))), tag = "Feeds", params(
    ("lang" = Option<String>, Query, description = "Language of the names (BCP 47); if given, also of the feeds.", example = "sr-Cyrl"),
), responses(
    (status = 200, description = "The feeds.", body = String, content_type = "text/x-opml", example = json!("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<opml version=\"2.0\">…</opml>\n")),
))]
#[get("/feeds/saved-queries.opml")]
pub async fn saved_query_feeds(
    state: web::Data<AppState>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let mut params = QueryParams::parse(request.query_string())?;
    let language_preference =
        LanguagePreference::parse(&mut params, state.language_defaults(&request));
    if language_preference.all_languages {
        params.error(
            "lang",
            "invalid_language",
            "`lang=all` is not supported here; give one language or omit `lang`.",
        );
    }
    params.finish()?;
    let base = state.settings.base_url(&request);
    let publisher = state.settings.publisher_name(&base);
    let etag_key = Fingerprint::of(&OpmlKey {
        publisher: &publisher,
        languages: language_preference.key(),
        is_explicit: language_preference.is_explicit,
    });
    let catalogue_request = CatalogueRequest {
        etag_key,
        visibility: Visibility::Published,
        language_preference: language_preference.clone(),
        base_url: base,
        cost: ReadCost::Light,
        also_changed_at: None,
    };
    let found = read_catalogue(
        &state,
        &request,
        catalogue_request,
        move |connection, read_context, render_context| {
            Ok(render_opml(
                &load_published_queries(connection, render_context)?,
                render_context,
                &publisher,
                read_context.visible_revisions().changed_at(CATALOGUE),
            ))
        },
    )
    .await?;
    let response_context =
        ResponseContext::new(&state, Visibility::Published, &language_preference);
    let (validators, body) = match found {
        Freshness::Fresh(validators, body) => (validators, body),
        Freshness::NotModified(validators) => {
            return Ok(response_context.not_modified(&validators));
        }
    };
    let mut response = response_context.ok(&validators);
    response.insert_header((header::CONTENT_LANGUAGE, language_preference.ui_language));
    Ok(response.content_type(CONTENT_TYPE).body(body))
}

/// Loads all published saved queries, sorted by name.
fn load_published_queries(
    connection: &mut Connection,
    render_context: &mut RenderContext,
) -> Result<Vec<SavedQuery>, Problem> {
    let loaded = load_where::<SavedQueries>(
        connection,
        &published_condition(),
        Visibility::Published,
        render_context,
    )?;
    let mut queries: Vec<SavedQuery> =
        loaded.into_iter().map(|one| render(one, render_context)).collect();
    let language = Language::from_canonical(render_context.language_preference.ui_language);
    queries.sort_by_cached_key(|query| {
        (
            sort_key(query.texts.name.as_deref().unwrap_or_default(), &language),
            query.common.slug.clone(),
        )
    });
    Ok(queries)
}

fn render_opml(
    queries: &[SavedQuery],
    render_context: &RenderContext,
    publisher: &str,
    changed_at: Option<Time>,
) -> String {
    let mut xml = XmlWriter::new("opml", &[("version", "2.0")]);
    xml.open("head", &[]);
    xml.element(
        "title",
        &[],
        &format!(
            "{publisher} · {}",
            Message::SavedQueries.localize(render_context.language_preference.ui_language)
        ),
    );
    if let Some(changed_at) = changed_at {
        xml.element("dateModified", &[], &to_rfc822_date(changed_at));
    }
    xml.element("docs", &[], "http://opml.org/spec2.opml");
    xml.close();
    xml.open("body", &[]);
    let requested = render_context
        .language_preference
        .requested
        .first()
        .filter(|_| render_context.language_preference.is_explicit);
    let lang =
        requested.map_or_else(String::new, |requested| format!("?lang={}", requested.as_str()));
    for query in queries {
        let name = query.texts.name.as_deref().unwrap_or(&query.common.slug);
        let feed = format!("{}{lang}", query.feeds.rss.as_ref().unwrap_or(&query.feeds.atom));
        let page = query.page.as_ref().map(|page| format!("{page}{lang}"));
        let mut attributes =
            vec![("type", "rss"), ("text", name), ("title", name), ("xmlUrl", feed.as_str())];
        attributes.extend(page.as_deref().map(|page| ("htmlUrl", page)));
        attributes.push(("version", if query.feeds.rss.is_some() { "RSS2" } else { "ATOM" }));
        attributes.extend(query.texts.language.as_deref().map(|language| ("language", language)));
        attributes.extend(
            query
                .texts
                .description
                .as_ref()
                .and_then(Option::as_deref)
                .map(|text| ("description", text)),
        );
        xml.empty_element("outline", &attributes);
    }
    xml.finish()
}
