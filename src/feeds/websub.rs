//! Telling a hub what changed, so that it tells the subscribers (`WebSub`, w3.org/TR/websub).
//!
//! Writes note what they changed in their own transaction (`resource::announce`). Once no more
//! comes for a second, the topics that this concerns are queued, each once, and the hub is sent a
//! ping for each: `hub.mode=publish`, `hub.url`. A node claims a ping before it sends it, so that
//! of several nodes one does. What the hub does not take is sent again after pauses that grow from
//! a second to an hour, and given up after [`MOST_ATTEMPTS`].

use std::collections::BTreeSet;
use std::io::Read;
use std::time::Duration;

use actix_web::web;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool};
use tokio::sync::oneshot;
use tokio::time::MissedTickBehavior;

use crate::db::schema::{feed_changes, pings};
use crate::db::sql_fragment::{Bind, Fragment, Statement};
use crate::db::{Connection, Time};
use crate::http::problem::Problem;
use crate::resource::model::item::ItemRow;
use crate::resource::schema::{ResourceKind, ResourceSchema};
use crate::resource::state::AppState;
use crate::resource::store::items::load_items;
use crate::saved_queries::model::SavedQueryFields;

/// How often the queue is looked at.
const POLL_INTERVAL: Duration = Duration::from_secs(1);
/// How long the database is left alone when it could not be asked.
const DB_RETRY_DELAY: Duration = Duration::from_secs(10);
/// After so long without another change the hub is told, in microseconds.
const DEBOUNCE_MICROS: i64 = 1_000_000;
/// After so long it is told in any case, in microseconds.
const MAX_DEBOUNCE_MICROS: i64 = 10_000_000;
/// For so long a ping is its node's that claimed it, in microseconds: longer than sending it may
/// take.
const LEASE_MICROS: i64 = 30_000_000;
/// How long the hub may take to be reached.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long it may take in all.
const TOTAL_TIMEOUT: Duration = Duration::from_secs(15);
/// How often a ping is sent before it is given up, which is about twelve hours after the first
/// time.
pub const MAX_ATTEMPTS: i64 = 24;
/// How much of an answer is read, for the log.
const MAX_LOGGED_RESPONSE_BYTES: u64 = 200;

/// A ping that this node has claimed.
struct ClaimedPing {
    /// The path of the feed.
    topic: String,
    /// How many changes it stands for: more may come while it is sent.
    changes: i64,
    /// How often it was sent before.
    attempts: i64,
}

/// The topics of which a hub is told when items of a kind change: the feeds, without parameters, of
/// that kind and of the kinds that show such items. Paths, below the address of this server. Of a
/// feed with parameters nobody but the hub knows that it is subscribed to.
fn feed_topics(
    specs: impl Iterator<Item = &'static ResourceSchema>,
    changed: ResourceKind,
) -> BTreeSet<String> {
    let is_affected = |spec: &&ResourceSchema| embeds_kind(spec, changed);
    let feeds = |spec: &'static ResourceSchema| {
        let name = spec.kind.path().trim_start_matches("/v1/");
        spec.feed_formats.iter().map(move |ending| format!("/feeds/{name}.{ending}"))
    };
    specs.filter(is_affected).flat_map(feeds).collect()
}

fn embeds_kind(spec: &ResourceSchema, changed: ResourceKind) -> bool {
    spec.kind == changed || spec.embeds.contains(&changed)
}

/// The same of saved queries: all that ask for such items, and all of them where a query itself
/// changed.
fn saved_query_topics(
    connection: &mut Connection,
    changed: &[ResourceKind],
) -> Result<Vec<String>, Problem> {
    let published = Fragment::new(
        "items.kind = 'saved_query' AND items.is_public = TRUE AND items.deleted_at IS NULL",
    );
    let is_affected = |list: &ResourceSchema| {
        changed.iter().any(|kind| *kind == ResourceKind::SavedQuery || embeds_kind(list, *kind))
    };
    let feeds = |query: &ItemRow| {
        let list = query
            .parse_fields::<SavedQueryFields>()
            .and_then(|own| own.list_schema())
            .filter(|list| is_affected(list));
        let extensions = list.map_or(&[][..], |list| list.feed_formats);
        extensions.iter().map(|ending| format!("/f/{}.{ending}", query.slug)).collect::<Vec<_>>()
    };
    Ok(load_items(connection, &published)?.iter().flat_map(feeds).collect())
}

/// Tells the hub, for as long as the server runs; nothing where there is none.
pub async fn run_publisher(context: web::Data<AppState>) {
    let (Some(hub), Some(base)) =
        (context.settings.websub_hub.clone(), context.settings.base_url.clone())
    else {
        return;
    };
    let base = base.trim_end_matches('/');
    let mut times = actix_web::rt::time::interval(POLL_INTERVAL);
    times.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        times.tick().await;
        loop {
            match publish_next(&context, &hub, base).await {
                Ok(true) => {}
                Ok(false) => break,
                Err(problem) => {
                    log::warn!(target: "kinoteka::websub", "what the hub is to be told cannot be read or kept now: {problem}");
                    actix_web::rt::time::sleep(DB_RETRY_DELAY).await;
                    break;
                }
            }
        }
    }
}

/// Sends a ping that is due; says whether there was one.
async fn publish_next(
    context: &web::Data<AppState>,
    hub: &str,
    base: &str,
) -> Result<bool, Problem> {
    // Most of the time there is nothing to do, and then nothing is written.
    if !context.database.read_primary(has_due_work).await?.value {
        return Ok(false);
    }
    let specs: Vec<&'static ResourceSchema> =
        context.registry.iter().map(|(spec, _)| *spec).collect();
    let claimed = context
        .database
        .write(move |connection| {
            enqueue_topics(connection, &specs)?;
            claim_next(connection)
        })
        .await?
        .value;
    let Some(ping) = claimed else { return Ok(false) };
    let outcome = post_ping_in_thread(hub.to_owned(), format!("{base}{}", ping.topic)).await;
    let message = match &outcome {
        Ok(()) => format!(
            "topic={} attempt={}: the hub is told",
            ping.topic,
            ping.attempts.saturating_add(1)
        ),
        Err(error) => {
            format!("topic={} attempt={}: {error}", ping.topic, ping.attempts.saturating_add(1))
        }
    };
    let gave_up = outcome.is_err() && ping.attempts.saturating_add(1) >= MAX_ATTEMPTS;
    match outcome {
        Ok(()) => log::info!(target: "kinoteka::websub", "{message}"),
        Err(_) if gave_up => {
            log::error!(target: "kinoteka::websub", "{message}; given up, until this feed changes again")
        }
        Err(_) => log::warn!(target: "kinoteka::websub", "{message}; tried again later"),
    }
    let is_done = outcome.is_ok() || gave_up;
    context.database.write(move |connection| record_outcome(connection, &ping, is_done)).await?;
    Ok(true)
}

fn has_due_work(connection: &mut Connection) -> Result<bool, Problem> {
    let now = Time::now();
    let question = Fragment::new("SELECT EXISTS (SELECT 1 FROM feed_changes WHERE last_at <= ")
        .bind(Bind::Time(now.minus_micros(DEBOUNCE_MICROS)))
        .sql(" OR first_at <= ")
        .bind(Bind::Time(now.minus_micros(MAX_DEBOUNCE_MICROS)))
        .sql(") OR EXISTS (SELECT 1 FROM pings WHERE due_at <= ")
        .bind(Bind::Time(now))
        .sql(")");
    let rows: Vec<bool> = Statement::<Bool>::new(question).load_rows(connection)?;
    Ok(rows.first().copied().unwrap_or(false))
}

/// Queues the topics of what changed. One that waits already stays where it is, and is tried as
/// often as a new one.
fn enqueue_topics(
    connection: &mut Connection,
    specs: &[&'static ResourceSchema],
) -> Result<(), Problem> {
    let now = Time::now();
    let changed: Vec<String> = feed_changes::table
        .filter(
            feed_changes::last_at
                .le(now.minus_micros(DEBOUNCE_MICROS))
                .or(feed_changes::first_at.le(now.minus_micros(MAX_DEBOUNCE_MICROS))),
        )
        .select(feed_changes::kind)
        .load(connection)?;
    let mut all = BTreeSet::new();
    for name in &changed {
        diesel::delete(feed_changes::table.find(name)).execute(connection)?;
    }
    let changed: Vec<ResourceKind> =
        changed.iter().filter_map(|name| ResourceKind::parse(name)).collect();
    all.extend(changed.iter().flat_map(|kind| feed_topics(specs.iter().copied(), *kind)));
    if !changed.is_empty() {
        all.extend(saved_query_topics(connection, &changed)?);
    }
    for topic in all {
        let row = Fragment::new("INSERT INTO pings (topic, changes, attempts, due_at) VALUES (")
            .binds([Bind::Text(topic), Bind::Integer(1), Bind::Integer(0), Bind::Time(now)])
            .sql(") ON CONFLICT (topic) DO UPDATE SET changes = pings.changes + 1, attempts = 0");
        Statement::<BigInt>::new(row).execute(connection)?;
    }
    Ok(())
}

/// Claims the ping that has been due for the longest time. Writers follow one another on both
/// databases, so that no other node has it.
fn claim_next(connection: &mut Connection) -> Result<Option<ClaimedPing>, Problem> {
    let now = Time::now();
    let next: Option<(String, i64, i64)> = pings::table
        .filter(pings::due_at.le(now))
        .order((pings::due_at, pings::topic))
        .select((pings::topic, pings::changes, pings::attempts))
        .first(connection)
        .optional()?;
    let Some((topic, changes, attempts)) = next else { return Ok(None) };
    diesel::update(pings::table.find(&topic))
        .set(pings::due_at.eq(plus_micros(now, LEASE_MICROS)))
        .execute(connection)?;
    Ok(Some(ClaimedPing { topic, changes, attempts }))
}

/// Removes a ping that is done, or puts it off. One that more was queued for meanwhile is sent
/// again at once.
fn record_outcome(
    connection: &mut Connection,
    ping: &ClaimedPing,
    is_done: bool,
) -> Result<(), Problem> {
    let now = Time::now();
    if is_done {
        let mine = pings::table.find(&ping.topic).filter(pings::changes.eq(ping.changes));
        if diesel::delete(mine).execute(connection)? == 0 {
            diesel::update(pings::table.find(&ping.topic))
                .set(pings::due_at.eq(now))
                .execute(connection)?;
        }
        return Ok(());
    }
    let due_at = plus_micros(now, retry_delay_micros(ping.attempts, random_byte()));
    diesel::update(pings::table.find(&ping.topic))
        .set((pings::attempts.eq(pings::attempts + 1), pings::due_at.eq(due_at)))
        .execute(connection)?;
    Ok(())
}

fn plus_micros(now: Time, micros: i64) -> Time {
    now.minus_micros(micros.saturating_neg())
}

/// How long a ping waits that was sent so often before and failed again, in microseconds: from one
/// second on twice as long each time, at most an hour, and up to a quarter more or less, so that
/// many do not come at once.
fn retry_delay_micros(attempts: i64, chance: u8) -> i64 {
    let seconds = 2_i64.saturating_pow(u32::try_from(attempts).unwrap_or(u32::MAX)).clamp(1, 3_600);
    let thousandths = 750_i64.saturating_add(i64::from(chance).saturating_mul(500) / 255);
    seconds.saturating_mul(1_000).saturating_mul(thousandths)
}

fn random_byte() -> u8 {
    let mut byte = [0_u8; 1];
    if getrandom::fill(&mut byte).is_err() { 128 } else { byte.first().copied().unwrap_or(128) }
}

/// Sends a ping from a thread of its own: a hub that hangs holds up nothing, not even the end of
/// this process.
async fn post_ping_in_thread(hub: String, topic: String) -> Result<(), String> {
    let (sender, receiver) = oneshot::channel();
    let thread = std::thread::Builder::new().name("websub".to_owned());
    thread
        .spawn(move || drop(sender.send(post_ping(&hub, &topic))))
        .map_err(|error| format!("no thread can be started: {error}"))?;
    receiver.await.unwrap_or_else(|gone| Err(format!("the thread that sends it has ended: {gone}")))
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
    let mut response = result.map_err(|error| format!("the hub cannot be reached: {error}"))?;
    if response.status().is_success() {
        return Ok(());
    }
    let mut response_body = Vec::new();
    // What it says only helps whoever reads the log.
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
        .map(|location| {
            format!(" and sends on to {}, which is not followed", location.escape_debug())
        })
        .unwrap_or_default();
    Err(format!("the hub answers {}{redirect}: {response_body}", response.status().as_u16()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_delay_doubles_up_to_one_hour() {
        let seconds = |attempts: i64, chance: u8| retry_delay_micros(attempts, chance) / 1_000_000;
        assert_eq!([0, 1, 2, 5, 11].map(|attempts| seconds(attempts, 128)), [1, 2, 4, 32, 2_048]);
        for attempts in [12, 23, 62, 63, 64, i64::MAX] {
            assert_eq!(
                (seconds(attempts, 0), seconds(attempts, 255)),
                (2_700, 4_500),
                "{attempts}"
            );
        }
        let all: i64 = (0..MAX_ATTEMPTS - 1).map(|attempts| seconds(attempts, 128)).sum();
        assert!((11 * 3_600..13 * 3_600).contains(&all), "{all}");
    }
}
