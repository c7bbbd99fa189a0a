//! `kinoteka serve`.

use diesel::prelude::*;

use super::{CommandError, import, print_status};
use crate::config::Settings;
use crate::db::schema::{api_keys, items};
use crate::http::api_keys::{Role, create_key};
use crate::http::problem::Problem;
use crate::server;

/// Flags of `serve`.
#[derive(clap::Args)]
pub struct Args {
    /// Load the first catalogue into a fresh database and print an editor's key
    #[arg(long, env = "KINOTEKA_DEMO")]
    demo: bool,
}

/// Serves until a signal to stop; then finishes running requests.
pub fn run(settings: &Settings, args: &Args) -> Result<(), CommandError> {
    if args.demo {
        load_demo(settings)?;
    }
    actix_web::rt::System::new().block_on(async {
        ignore_sigxfsz();
        raise_open_file_limit();
        let running = server::start(settings)?;
        for address in &running.addresses {
            log::info!(target: "kinoteka::serve", "listening=http://{address} docs=http://{address}/docs");
        }
        running.server.await.map_err(CommandError::from)
    })?;
    log::info!("stopped");
    Ok(())
}

/// Every connection is an open file; shells and service managers commonly allow 1,024 of them at
/// first, and more to who asks.
#[cfg(unix)]
fn raise_open_file_limit() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    /// As many as the server accepts connections.
    const MAX_OPEN_FILES: u64 = 65_536;
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let wanted = maximum.map_or(MAX_OPEN_FILES, |maximum| maximum.min(MAX_OPEN_FILES));
    if current.is_some_and(|current| current < wanted)
        && let Err(error) = setrlimit(Resource::Nofile, Rlimit { current: Some(wanted), maximum })
    {
        log::warn!("the limit of open files stays at {}: {error}", current.unwrap_or_default());
    }
}

#[cfg(not(unix))]
fn raise_open_file_limit() {}

/// A write beyond the limit of a file's size (`ulimit -f`, `LimitFSIZE=`) then fails, as on a full
/// disk, instead of ending the process.
#[cfg(unix)]
fn ignore_sigxfsz() {
    use tokio::signal::unix::{SignalKind, signal};
    /// `SIGXFSZ`, on every platform that Rust's first two tiers have but MIPS.
    const SIGXFSZ: i32 = 25;
    if let Err(error) = signal(SignalKind::from_raw(SIGXFSZ)) {
        log::warn!("a limit of a file's size would end this process: {error}");
    }
}

#[cfg(not(unix))]
fn ignore_sigxfsz() {}

/// Loads the first catalogue, unless the database has items already.
fn load_demo(settings: &Settings) -> Result<(), CommandError> {
    let store = server::database_from_settings(settings)?;
    server::ensure_schema(&store, settings.auto_migrate)?;
    let context = server::app_state(settings)?;
    let (count, has_keys) = store.write_blocking(|connection| {
        let count: i64 = items::table.count().get_result(connection).map_err(Problem::from)?;
        let keys: i64 = api_keys::table.count().get_result(connection).map_err(Problem::from)?;
        Ok::<_, Problem>((count, keys > 0))
    })?;
    if count > 0 {
        log::info!(
            "the database has {count} items already; the first catalogue is not loaded again"
        );
    } else {
        let imported = import::import_lines(&context, import::DEMO_CATALOGUE, |_, _| {})?;
        log::info!("the first catalogue is loaded: {} items", imported.stored);
    }
    if !has_keys {
        let (_, secret) = store.write_blocking(|connection| {
            create_key(connection, "demo", Role::Editor, None).map_err(Problem::from)
        })?;
        print_status(&format!("An editor's key, shown once: {secret}"));
    }
    Ok(())
}
