//! Reads what is saved: when it is written, and each time it is asked.

use super::model::{KINDS, Own, SPEC};
use super::store::SavedQueries;
use crate::db::Connection;
use crate::http::cursor::{self, CursorError};
use crate::http::fields::not_one_of;
use crate::http::keys::Viewer;
use crate::http::language::Wish;
use crate::http::params::{Params, decode, given};
use crate::http::problem::{Kind, Problem, Violation};
use crate::resource::list::MAX_LIMIT;
use crate::resource::load::{Found, complete_single};
use crate::resource::query::ListRequest;
use crate::resource::read::find_visible;
use crate::resource::shown::Shown;
use crate::resource::spec::Spec;
use crate::text::language::Language;

/// The longest query, in characters.
pub const LONGEST: usize = 2_000;

/// What is asked for at the address, by whoever reads.
const AT_THE_ADDRESS: &[&str] = &["lang", "limit", "cursor"];

/// Parameters of lists that have no place in a saved query.
const REFUSED: &[&str] = &[
    "lang",
    "cursor",
    "offset",
    "status",
    "fields",
    "include",
    "facets",
    "facet_limit",
    "highlights",
    "total",
    "layout",
];

/// Where errors of a query lie in a body.
const POINTER: &str = "/query";

/// Reads a query that is to be saved; errors point to where it stands in the body. The items that
/// it names are not looked up yet.
pub fn understand(own: &Own, list: &'static Spec) -> Result<ListRequest, Vec<Violation>> {
    if own.query.starts_with("http:")
        || own.query.starts_with("https:")
        || own.query.starts_with('/')
    {
        let detail = "Only what stands after `?` in the address of a list is a query.";
        return Err(vec![Violation::field(POINTER, "not_a_query", detail)]);
    }
    let refused: Vec<Violation> = given(&own.query, REFUSED)
        .into_iter()
        .map(|name| {
            let detail = match name {
                "lang" | "layout" | "cursor" => {
                    format!("`{name}` is chosen at the address: `/f/{{slug}}.rss?{name}=…`.")
                }
                "offset" => {
                    "A saved query begins with the first item; `cursor` at the address goes on."
                        .to_owned()
                }
                _ => format!("`{name}` is for lists. Filters, `q`, `sort` and `limit` work here."),
            };
            Violation::field(POINTER, "unknown_parameter", detail)
        })
        .collect();
    if !refused.is_empty() {
        return Err(refused);
    }
    ListRequest::parse(list, &own.query, None, &[], Viewer::Public).map_err(in_the_body)
}

/// The errors of a query, as those of the body that it stands in.
pub fn in_the_body(problem: Problem) -> Vec<Violation> {
    if problem.errors.is_empty() {
        return vec![Violation::field(POINTER, "invalid_value", problem.detail)];
    }
    let placed = |error: Violation| Violation {
        detail: format!("`{}`: {}", error.parameter.as_deref().unwrap_or_default(), error.detail),
        pointer: Some(POINTER.to_owned()),
        parameter: None,
        ..error
    };
    problem.errors.into_iter().map(placed).collect()
}

/// What is asked at the address of a saved query, beside what is saved.
#[derive(Clone, Debug)]
pub struct AtTheAddress {
    /// Languages.
    pub wish: Wish,
    /// The parameters as they were given.
    query: String,
    /// What `Accept-Language` says.
    accepted: Option<String>,
}

impl AtTheAddress {
    /// Reads `lang`, `limit` and `cursor`.
    pub fn read(
        query: &str,
        accepted: Option<&str>,
        fallback: &[Language],
    ) -> Result<Self, Problem> {
        let mut params = Params::parse(query)?;
        let wish = Wish::parse(&mut params, accepted, fallback);
        if wish.all {
            params.error(
                "lang",
                "invalid_language",
                "This is in one language: name it, or leave `lang` out.",
            );
        }
        params.integer("limit", 1..=MAX_LIMIT);
        // Of which list it is, is seen when that is known.
        if let Some(text) = params.take("cursor")
            && matches!(cursor::read("", &text), Err(CursorError::Malformed))
        {
            params.error(
                "cursor",
                "invalid_cursor",
                "The cursor is not one that this server gave; start again without it.",
            );
        }
        params.finish()?;
        Ok(Self { wish, query: query.to_owned(), accepted: accepted.map(str::to_owned) })
    }

    /// The parameter that keeps the language, where one was asked for, with its question mark.
    pub fn lang(&self) -> String {
        let asked = self.wish.asked.first().filter(|_| self.wish.explicit);
        asked.map_or_else(String::new, |asked| format!("?lang={}", asked.as_str()))
    }

    /// What makes it another than others: part of tags.
    pub fn identity(&self) -> String {
        format!("{}\n{}", self.query, self.wish.identity())
    }

    /// The saved query with what is asked beside it.
    pub fn list(
        &self,
        own: &Own,
        fallback: &[Language],
        viewer: Viewer,
    ) -> Result<(&'static Spec, ListRequest), Problem> {
        let list = own.list().ok_or_else(|| {
            let detail = format!(
                "It asks for items of a kind that this server does not have: {}",
                not_one_of(&own.kind, KINDS.iter().copied())
            );
            no_longer_understood(Problem::parameter("kind", "unknown_value", detail))
        })?;
        let has_limit = !given(&self.query, &["limit"]).is_empty();
        let kept = own.query.split('&').filter(|pair| {
            let name = decode(pair.split('=').next().unwrap_or_default());
            let is_replaced = has_limit && name.as_deref() == Some("limit");
            !pair.is_empty() && !is_replaced
        });
        let whole = kept
            .chain(self.query.split('&').filter(|pair| !pair.is_empty()))
            .collect::<Vec<_>>()
            .join("&");
        match ListRequest::parse(list, &whole, self.accepted.as_deref(), fallback, viewer) {
            Ok(request) => Ok((list, request)),
            Err(problem) => Err(no_longer_understood(problem)),
        }
    }
}

/// A query that was understood when it was saved and is no longer: not the caller's fault, unless
/// it is what stands at the address.
pub fn no_longer_understood(problem: Problem) -> Problem {
    let (mine, saved): (Vec<Violation>, Vec<Violation>) =
        problem.errors.into_iter().partition(|error| {
            error.parameter.as_deref().is_some_and(|parameter| AT_THE_ADDRESS.contains(&parameter))
        });
    if problem.kind != Kind::InvalidParameter {
        return Problem { errors: [mine, saved].concat(), ..problem };
    }
    if !mine.is_empty() {
        return Problem::parameters(mine);
    }
    let mut unavailable = Problem::new(
        Kind::Unavailable,
        "What was saved under this name is no longer understood; whoever keeps the catalogue can mend it.",
    );
    unavailable.errors = saved;
    unavailable
}

/// A saved query as it is asked.
pub struct Saved {
    /// Slug.
    pub slug: String,
    /// What it asks.
    pub own: Own,
    /// Its name, its description and their language.
    pub name: String,
    /// As long as it needs to be.
    pub description: Option<String>,
    /// The language of both (BCP 47).
    pub language: String,
}

/// Finds a saved query that the caller may see; the slug where it has another now.
pub fn find(
    connection: &mut Connection,
    name: &str,
    viewer: Viewer,
    shown: &mut Shown,
) -> Result<Result<Saved, String>, Problem> {
    let item = match find_visible(connection, &SPEC, name, viewer)? {
        Found::Moved(item) => return Ok(Err(item.slug)),
        Found::Here(item) => item,
    };
    let unreadable = format!("the own fields of saved query {} cannot be read", item.id);
    let mut loaded = complete_single::<SavedQueries>(connection, item, None, viewer, shown)?
        .ok_or_else(|| Problem::internal(unreadable))?;
    let chosen = loaded
        .take_chosen()
        .ok_or_else(|| Problem::internal(format!("saved query {} has no name", loaded.item.id)))?;
    Ok(Ok(Saved {
        language: chosen.language.as_str().to_owned(),
        name: chosen.text.title,
        description: chosen.text.description,
        slug: loaded.item.slug,
        own: loaded.own,
    }))
}
