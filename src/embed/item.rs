//! An item as everything here reads it: found by its name, complete, in the languages that are
//! wished for.

use std::sync::Arc;

use actix_web::{HttpRequest, web};
use serde_json::Value;

use crate::db::{Connection, Id};
use crate::http::conditional::{ConditionalGet, Freshness};
use crate::http::keys::Visibility;
use crate::http::language::LanguagePreference;
use crate::http::layer::StatementCount;
use crate::http::problem::Problem;
use crate::resource::Subject;
pub use crate::resource::answer::moved;
use crate::resource::context::Context;
use crate::resource::load::{Found, Loaded, complete_single};
use crate::resource::notes::elsewhere;
use crate::resource::query::Shape;
use crate::resource::read::{OfCatalogue, find_visible, read_of_catalogue};
use crate::resource::referrers::Referrers;
use crate::resource::revisions::Revisions;
use crate::resource::shown::Shown;
use crate::resource::spec::Kind;
use crate::text::choice::preference_order;
use crate::videos::model::Own;
use crate::videos::parts::Chapter;
use crate::videos::store::Videos;
use crate::videos::tracks::chapters;

/// What shows the impact statistics that a video evidences.
const STATISTICS: &str = "impact_statistics";

/// What is asked of an item.
pub struct Asked<'a> {
    /// Its name.
    pub name: String,
    /// Who asks.
    pub viewer: Visibility,
    /// In which languages.
    pub wish: &'a LanguagePreference,
    /// What makes the answer another than others: for the `ETag`.
    pub identity: String,
    /// Whether what is owed with a video is read, too.
    pub with_owed: bool,
    /// Whether a former slug is as good as the present one; else whoever has it is sent on.
    pub follows: bool,
}

/// What is owed with a video.
#[derive(Default)]
pub struct Owed {
    /// The programme that it belongs to, whole.
    pub programme: Option<Value>,
    /// The content note, where the language in which it answers has none: the language and the
    /// note.
    pub content_note: Option<(String, String)>,
    /// Its chapters, in the language in which it answers where there are such.
    pub chapters: Vec<Chapter>,
    /// The impact statistics that it evidences, whole.
    pub statistics: Vec<Value>,
}

/// Where an item is.
pub enum At<T> {
    /// Here, and this is what was made of it.
    Here(T),
    /// It has another slug now.
    Moved(String),
}

/// Reads a video and makes something of it, unless the client has that already.
pub async fn read<T: Send + 'static>(
    context: &web::Data<Context>,
    request: &HttpRequest,
    asked: Asked<'_>,
    draw: impl Fn(Loaded<Own>, Owed, &Shown) -> T + Send + 'static,
) -> Result<Freshness<At<T>>, Problem> {
    let (with_owed, viewer) = (asked.with_owed, asked.viewer);
    read_any::<Videos, T>(context, request, asked, move |connection, around, loaded, shown| {
        let owed = if with_owed {
            owed(connection, around, &loaded, viewer, shown)?
        } else {
            Owed::default()
        };
        Ok(draw(loaded, owed, shown))
    })
    .await
}

/// The same for an item of any kind.
pub async fn read_any<S: Subject, T: Send + 'static>(
    context: &web::Data<Context>,
    request: &HttpRequest,
    asked: Asked<'_>,
    draw: impl Fn(&mut Connection, (&Context, &Revisions), Loaded<S::Own>, &Shown) -> Result<T, Problem>
    + Send
    + 'static,
) -> Result<Freshness<At<T>>, Problem> {
    let base = context.settings.base_url(request);
    let Asked { name, viewer, wish, identity, follows, .. } = asked;
    let identity = format!("{identity}\n{name}\n{}\n{viewer:?}", wish.cache_key());
    let (inner, condition, wish) =
        (context.clone().into_inner(), ConditionalGet::from_request(request), wish.clone());
    let done = context
        .read(viewer, move |connection| {
            let of = OfCatalogue {
                identity: &identity,
                wish: &wish,
                base: &base,
                also_changed_at: None,
                condition: &condition,
            };
            read_of_catalogue(connection, &inner, &of, |connection, revisions, shown| {
                let item = match find_visible(connection, S::SPEC, &name, viewer)? {
                    Found::Moved(item) if !follows => return Ok(At::Moved(item.slug)),
                    Found::Moved(item) | Found::Here(item) => item,
                };
                let unreadable =
                    format!("the own fields of {} {} cannot be read", S::SPEC.kind.noun(), item.id);
                let loaded = complete_single::<S>(connection, item, None, viewer, shown)?
                    .ok_or_else(|| Problem::internal(unreadable))?;
                Ok(At::Here(draw(connection, (&inner, revisions), loaded, shown)?))
            })
        })
        .await?;
    StatementCount::record(request, done.statement_count);
    Ok(done.value)
}

fn owed(
    connection: &mut Connection,
    (context, revisions): (&Context, &Revisions),
    loaded: &Loaded<Own>,
    viewer: Visibility,
    shown: &Shown,
) -> Result<Owed, Problem> {
    let programme = programme_of(connection, context, loaded, viewer, shown)?;
    let content_note =
        elsewhere(connection, context, revisions, std::slice::from_ref(loaded), viewer)?
            .into_values()
            .next();
    let mut languages = preference_order(&shown.wish.requested, &shown.wish.fallback);
    languages.splice(0..0, loaded.choice.as_ref().map(|choice| choice.language.clone()));
    let (chapters, _) = chapters::of(connection, &loaded.item, &loaded.own.chapters, &languages)?;
    let shape = Shape { include: vec![STATISTICS], ..Shape::default() };
    let id = loaded.item.id;
    let referrers =
        Referrers::read(connection, context, (Videos::SPEC, &shape), viewer, shown, &[id])?;
    let statistics = referrers.of(id).flat_map(|(_, statistics)| statistics.clone()).collect();
    Ok(Owed { programme, content_note, chapters, statistics })
}

/// The programme that an item belongs to, whole, if the viewer may see it.
pub fn programme_of<O>(
    connection: &mut Connection,
    context: &Context,
    loaded: &Loaded<O>,
    viewer: Visibility,
    shown: &Shown,
) -> Result<Option<Value>, Problem> {
    let ids: Vec<Id> = loaded
        .in_field("programme")
        .map(|link| link.target_id)
        .filter(|id| shown.knows(id))
        .collect();
    let Some(expand) = context.expander(Kind::Programme).filter(|_| !ids.is_empty()) else {
        return Ok(None);
    };
    let mut within =
        Shown::new(shown.wish.clone(), Arc::clone(&shown.places), shown.memory()).at(&shown.base);
    Ok(expand(connection, &ids, viewer, &mut within)?.into_values().next())
}
