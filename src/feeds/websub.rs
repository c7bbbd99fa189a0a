//! Publisher of `WebSub` (w3.org/TR/websub): notifies a hub of changed feeds.
//!
//! Writes record the changed kinds in their own transaction. After one second without another
//! change, the affected topics are queued, each once, and a ping (`hub.mode=publish`, `hub.url`) is
//! sent to the hub for each. A node claims a ping before it sends it, so that only one of several
//! nodes sends it. Failed pings are retried with exponential backoff from one second to one hour,
//! and dropped after [`MAX_ATTEMPTS`].

use std::collections::BTreeSet;
use std::io::Read;
use std::time::Duration;

use actix_web::web;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool};
use tokio::sync::oneshot;
use tokio::time::MissedTickBehavior;

use crate::db::schema::{feed_changes, websub_queue};
use crate::db::sql_fragment::{Bind, Fragment, Statement};
use crate::db::{Connection, ReadCost, Time};
use crate::http::problem::Problem;
use crate::resource::model::item::ItemRow;
use crate::resource::schema::{ResourceKind, ResourceSchema};
use crate::resource::state::AppState;
use crate::resource::store::items::load_items;
use crate::saved_queries::model::SavedQueryFields;
use crate::saved_queries::resource::published_condition;
use crate::text::logfmt::quote;

/// Interval at which the queue is polled.
const POLL_INTERVAL: Duration = Duration::from_secs(1);
/// Delay before the next poll after a database error.
const DB_RETRY_DELAY: Duration = Duration::from_secs(10);
/// Time without another change after which the hub is notified.
const DEBOUNCE: Duration = Duration::from_secs(1);
/// Time after the first change after which the hub is notified in any case.
const MAX_DEBOUNCE: Duration = Duration::from_secs(10);
/// Time for which a ping is claimed by a node; longer than [`TOTAL_TIMEOUT`].
const LEASE: Duration = Duration::from_secs(30);
/// Timeout of connecting to the hub.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Timeout of the entire request.
const TOTAL_TIMEOUT: Duration = Duration::from_secs(15);
/// Number of attempts after which a ping is dropped, about twelve hours after the first one.
pub const MAX_ATTEMPTS: i64 = 24;
/// Maximum length of a response body in the log.
const MAX_LOGGED_RESPONSE_BYTES: u64 = 200;

/// A ping that is claimed by this node.
struct ClaimedPing {
    /// Path of the feed.
    topic: String,
    /// Counter of the changes that it covers; it increases if the feed changes while the ping is
    /// sent.
    changes: i64,
    /// Number of previous attempts.
    attempts: i64,
}

/// The topics that are affected by a change of a kind: the feeds without parameters of that kind
/// and of the kinds that embed it, as paths. Feeds with parameters are not announced, since only
/// the hub knows which of them have subscribers.
fn feed_topics(
    schemas: impl Iterator<Item = &'static ResourceSchema>,
    changed: ResourceKind,
) -> BTreeSet<String> {
    let is_affected = |schema: &&ResourceSchema| embeds_kind(schema, changed);
    let feeds = |schema: &'static ResourceSchema| {
        let name = schema.kind.path().trim_start_matches("/v1/");
        schema.kind.feed_formats().iter().map(move |extension| format!("/feeds/{name}.{extension}"))
    };
    schemas.filter(is_affected).flat_map(feeds).collect()
}

fn embeds_kind(schema: &ResourceSchema, changed: ResourceKind) -> bool {
    schema.kind == changed || schema.embeds.contains(&changed)
}

/// The affected feeds of saved queries: those that list or embed a changed kind, and all of them if
/// a saved query changed.
fn saved_query_topics(
    connection: &mut Connection,
    schemas: &[&'static ResourceSchema],
    changed: &[ResourceKind],
) -> Result<Vec<String>, Problem> {
    let is_affected = |list: &ResourceSchema| {
        changed.iter().any(|kind| *kind == ResourceKind::SAVED_QUERY || embeds_kind(list, *kind))
    };
    let feeds = |query: &ItemRow| {
        let list = query
            .parse_fields::<SavedQueryFields>()
            .and_then(|fields| fields.list_schema(schemas))
            .filter(|list| is_affected(list));
        let extensions = list.map_or(&[][..], |list| list.kind.feed_formats());
        extensions
            .iter()
            .map(|extension| format!("/f/{}.{extension}", query.slug))
            .collect::<Vec<_>>()
    };
    Ok(load_items(connection, &published_condition())?.iter().flat_map(feeds).collect())
}

/// Background task that notifies the hub; returns at once if no hub or no base URL is configured.
pub async fn run_publisher(state: web::Data<AppState>) {
    let (Some(hub), Some(base)) =
        (state.settings.websub_hub.clone(), state.settings.base_url.clone())
    else {
        return;
    };
    let base = base.trim_end_matches('/');
    let mut times = actix_web::rt::time::interval(POLL_INTERVAL);
    times.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        times.tick().await;
        loop {
            match publish_next(&state, &hub, base).await {
                Ok(true) => {}
                Ok(false) => break,
                Err(problem) => {
                    log::warn!(target: "kinoteka::websub", "queue unavailable: {problem}");
                    actix_web::rt::time::sleep(DB_RETRY_DELAY).await;
                    break;
                }
            }
        }
    }
}

/// Sends the next due ping. Returns whether there was one.
async fn publish_next(state: &web::Data<AppState>, hub: &str, base: &str) -> Result<bool, Problem> {
    // Checked by a read, so that an idle queue causes no writes.
    if !state.database.read_primary(ReadCost::Light, has_due_work).await?.value {
        return Ok(false);
    }
    let schemas = state.schemas();
    let claimed = state
        .database
        .write(move |connection| {
            enqueue_topics(connection, &schemas)?;
            claim_next(connection)
        })
        .await?
        .value;
    let Some(ping) = claimed else { return Ok(false) };
    let outcome = post_ping_in_thread(hub.to_owned(), format!("{base}{}", ping.topic)).await;
    let attempt = ping.attempts.saturating_add(1);
    let gave_up = outcome.is_err() && attempt >= MAX_ATTEMPTS;
    let attempted = format!("topic={} attempt={attempt}", ping.topic);
    match &outcome {
        Ok(()) => log::info!(target: "kinoteka::websub", "{attempted} outcome=published"),
        // Nothing is sent until the feed changes again.
        Err(error) if gave_up => {
            log::error!(target: "kinoteka::websub", "{attempted} outcome=dropped error={}", quote(error));
        }
        Err(error) => {
            log::warn!(target: "kinoteka::websub", "{attempted} outcome=retry error={}", quote(error));
        }
    }
    let is_done = outcome.is_ok() || gave_up;
    state.database.write(move |connection| record_outcome(connection, &ping, is_done)).await?;
    Ok(true)
}

fn has_due_work(connection: &mut Connection) -> Result<bool, Problem> {
    let now = Time::now();
    let query = Fragment::new("SELECT EXISTS (SELECT 1 FROM feed_changes WHERE last_at <= ")
        .bind(Bind::Time(now.saturating_sub(DEBOUNCE)))
        .sql(" OR first_at <= ")
        .bind(Bind::Time(now.saturating_sub(MAX_DEBOUNCE)))
        .sql(") OR EXISTS (SELECT 1 FROM websub_queue WHERE due_at <= ")
        .bind(Bind::Time(now))
        .sql(")");
    let rows: Vec<bool> = Statement::<Bool>::new(query).load_rows(connection)?;
    Ok(rows.first().copied().unwrap_or(false))
}

/// Queues the topics of recorded changes. A topic that is already queued keeps its position, and
/// its attempts are reset.
fn enqueue_topics(
    connection: &mut Connection,
    schemas: &[&'static ResourceSchema],
) -> Result<(), Problem> {
    let now = Time::now();
    let changed: Vec<String> = feed_changes::table
        .filter(
            feed_changes::last_at
                .le(now.saturating_sub(DEBOUNCE))
                .or(feed_changes::first_at.le(now.saturating_sub(MAX_DEBOUNCE))),
        )
        .select(feed_changes::kind)
        .load(connection)?;
    let mut all = BTreeSet::new();
    for name in &changed {
        diesel::delete(feed_changes::table.find(name)).execute(connection)?;
    }
    let changed: Vec<ResourceKind> =
        changed.iter().filter_map(|name| ResourceKind::parse(name)).collect();
    all.extend(changed.iter().flat_map(|kind| feed_topics(schemas.iter().copied(), *kind)));
    if !changed.is_empty() {
        all.extend(saved_query_topics(connection, schemas, &changed)?);
    }
    for topic in all {
        let row = Fragment::new(
            "INSERT INTO websub_queue (topic, changes, attempts, due_at) VALUES (",
        )
        .binds([Bind::Text(topic), Bind::Integer(1), Bind::Integer(0), Bind::Time(now)])
        .sql(
            ") ON CONFLICT (topic) DO UPDATE SET changes = websub_queue.changes + 1, attempts = 0",
        );
        Statement::<BigInt>::new(row).execute(connection)?;
    }
    Ok(())
}

/// Claims the ping that has been due for the longest time. Writes are serialized on both databases,
/// so that no other node claims the same one.
fn claim_next(connection: &mut Connection) -> Result<Option<ClaimedPing>, Problem> {
    let now = Time::now();
    let next: Option<(String, i64, i64)> = websub_queue::table
        .filter(websub_queue::due_at.le(now))
        .order((websub_queue::due_at, websub_queue::topic))
        .select((websub_queue::topic, websub_queue::changes, websub_queue::attempts))
        .first(connection)
        .optional()?;
    let Some((topic, changes, attempts)) = next else { return Ok(None) };
    diesel::update(websub_queue::table.find(&topic))
        .set(websub_queue::due_at.eq(now.saturating_add(LEASE)))
        .execute(connection)?;
    Ok(Some(ClaimedPing { topic, changes, attempts }))
}

/// Removes a completed ping or schedules its retry. A completed ping whose feed changed in the
/// meantime becomes due at once.
fn record_outcome(
    connection: &mut Connection,
    ping: &ClaimedPing,
    is_done: bool,
) -> Result<(), Problem> {
    let now = Time::now();
    if is_done {
        let unchanged =
            websub_queue::table.find(&ping.topic).filter(websub_queue::changes.eq(ping.changes));
        if diesel::delete(unchanged).execute(connection)? == 0 {
            diesel::update(websub_queue::table.find(&ping.topic))
                .set(websub_queue::due_at.eq(now))
                .execute(connection)?;
        }
        return Ok(());
    }
    let due_at = now.saturating_add(retry_delay(ping.attempts, random_byte()));
    diesel::update(websub_queue::table.find(&ping.topic))
        .set((
            websub_queue::attempts.eq(websub_queue::attempts + 1),
            websub_queue::due_at.eq(due_at),
        ))
        .execute(connection)?;
    Ok(())
}

/// Delay before the next attempt after a number of failed ones: exponential from one second to one
/// hour, with a jitter of up to a quarter in both directions, so that retries spread out. `random`
/// selects the jitter.
fn retry_delay(attempts: i64, random: u8) -> Duration {
    let seconds = 2_u64.saturating_pow(u32::try_from(attempts).unwrap_or(u32::MAX)).clamp(1, 3_600);
    let thousandths = 750_u64.saturating_add(u64::from(random).saturating_mul(500) / 255);
    Duration::from_millis(seconds.saturating_mul(thousandths))
}

fn random_byte() -> u8 {
    let mut byte = [0_u8; 1];
    if getrandom::fill(&mut byte).is_err() { 128 } else { byte.first().copied().unwrap_or(128) }
}

/// Sends a ping on a separate thread, so that an unresponsive hub blocks neither other tasks nor
/// the shutdown.
async fn post_ping_in_thread(hub: String, topic: String) -> Result<(), String> {
    let (sender, receiver) = oneshot::channel();
    let thread = std::thread::Builder::new().name("websub".to_owned());
    thread
        .spawn(move || drop(sender.send(post_ping(&hub, &topic))))
        .map_err(|error| format!("cannot start thread: {error}"))?;
    receiver.await.unwrap_or_else(|error| Err(format!("sender thread ended: {error}")))
}

fn post_ping(hub: &str, topic: &str) -> Result<(), String> {
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .timeout_connect(Some(CONNECT_TIMEOUT))
        .timeout_global(Some(TOTAL_TIMEOUT))
        .user_agent(concat!("Kinoteka/", env!("CARGO_PKG_VERSION")))
        .tls_config(
            ureq::tls::TlsConfig::builder()
                .provider(ureq::tls::TlsProvider::NativeTls)
                .root_certs(ureq::tls::RootCerts::PlatformVerifier)
                .build(),
        )
        .build()
        .into();
    let result = agent.post(hub).send_form([("hub.mode", "publish"), ("hub.url", topic)]);
    let mut response = result.map_err(|error| format!("hub unreachable: {error}"))?;
    if response.status().is_success() {
        return Ok(());
    }
    let mut response_body = Vec::new();
    // The body is only logged, so errors of reading it are ignored.
    drop(
        response
            .body_mut()
            .as_reader()
            .take(MAX_LOGGED_RESPONSE_BYTES)
            .read_to_end(&mut response_body),
    );
    let response_body = String::from_utf8_lossy(&response_body).escape_debug().to_string();
    let redirect = response.headers().get("location").and_then(|location| location.to_str().ok());
    let redirect = redirect
        .map(|location| format!(", redirect to {} not followed", location.escape_debug()))
        .unwrap_or_default();
    Err(format!("hub returned {}{redirect}: {response_body}", response.status().as_u16()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_delay_doubles_up_to_one_hour() {
        let seconds = |attempts: i64, random: u8| retry_delay(attempts, random).as_secs();
        assert_eq!([0, 1, 2, 5, 11].map(|attempts| seconds(attempts, 128)), [1, 2, 4, 32, 2_048]);
        for attempts in [12, 23, 62, 63, 64, i64::MAX] {
            assert_eq!(
                (seconds(attempts, 0), seconds(attempts, 255)),
                (2_700, 4_500),
                "{attempts}"
            );
        }
        let all: u64 = (0..MAX_ATTEMPTS - 1).map(|attempts| seconds(attempts, 128)).sum();
        assert!((11 * 3_600..13 * 3_600).contains(&all), "{all}");
    }
}
