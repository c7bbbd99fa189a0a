//! `kinoteka serve`.

use std::time::Duration;

use diesel::prelude::*;

use crate::commands::error::CommandError;
use crate::commands::import;
use crate::commands::output::print_status;
use crate::config::Settings;
use crate::db::Time;
use crate::db::schema::{api_keys, items};
use crate::http::api_keys::{Role, create_key};
use crate::http::problem::Problem;
use crate::server;

/// Flags of `serve`.
#[derive(clap::Args)]
pub struct Args {
    /// Load the demo catalogue into an empty database and print an editor key
    #[arg(long, env = "KINOTEKA_DEMO")]
    demo: bool,
}

/// Serves until a stop signal, then finishes running requests.
pub fn run(settings: &Settings, args: &Args) -> Result<(), CommandError> {
    if args.demo {
        load_demo(settings)?;
    }
    actix_web::rt::System::new().block_on(async {
        ignore_signals();
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

/// Raises the soft limit of open files, which is commonly 1,024: every connection is an open file.
#[cfg(unix)]
fn raise_open_file_limit() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    /// The maximum number of connections that the server accepts.
    const MAX_OPEN_FILES: u64 = 65_536;
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let target = maximum.map_or(MAX_OPEN_FILES, |maximum| maximum.min(MAX_OPEN_FILES));
    if current.is_some_and(|current| current < target)
        && let Err(error) = setrlimit(Resource::Nofile, Rlimit { current: Some(target), maximum })
    {
        log::warn!(
            "could not raise the open-file limit ({}): {error}",
            current.unwrap_or_default()
        );
    }
}

#[cfg(not(unix))]
fn raise_open_file_limit() {}

/// Installs handlers for signals that would end the process without finishing requests: `SIGXFSZ`,
/// so that a write beyond the file size limit (`ulimit -f`, `LimitFSIZE=`) fails as on a full disk;
/// `SIGHUP`, `SIGUSR1` and `SIGUSR2`, which log rotation, `systemctl reload` and closed terminals
/// send, and for which the server has nothing to do.
#[cfg(unix)]
fn ignore_signals() {
    use tokio::signal::unix::{SignalKind, signal};
    /// The number of `SIGXFSZ` on every tier 1 and tier 2 platform except MIPS.
    const SIGXFSZ: i32 = 25;
    for kind in [
        SignalKind::from_raw(SIGXFSZ),
        SignalKind::hangup(),
        SignalKind::user_defined1(),
        SignalKind::user_defined2(),
    ] {
        if let Err(error) = signal(kind) {
            log::warn!("handler of signal {} not installed: {error}", kind.as_raw_value());
        }
    }
}

#[cfg(not(unix))]
fn ignore_signals() {}

/// The key of the demo catalogue is printed, and so may be in the logs of a container.
const DEMO_KEY_LIFETIME: Duration = Duration::from_hours(30 * 24);

/// Loads the demo catalogue, unless the database has items.
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
        log::info!("database already has {count} items, demo catalogue not loaded");
    } else {
        let imported = import::import_lines(&context, import::DEMO_CATALOGUE, |_, _| {})?;
        log::info!("demo catalogue loaded: {} items", imported.stored);
    }
    if !has_keys {
        let (_, secret) = store.write_blocking(|connection| {
            let expires_at = Time::now().saturating_add(DEMO_KEY_LIFETIME);
            create_key(connection, "demo", Role::Editor, Some(expires_at)).map_err(Problem::from)
        })?;
        print_status(&format!("Editor key, shown once, valid for 30 days: {secret}"));
    }
    Ok(())
}
