//! `kinoteka key create|list|revoke`.

use std::io::Write;

use clap::Subcommand;

use crate::commands::error::CommandError;
use crate::commands::output::print_status;
use crate::config::Settings;
use crate::db::{Id, Time};
use crate::http::api_keys::{self, Role};
use crate::http::json_fields::{parse_date, parse_time};
use crate::http::problem::Problem;
use crate::server;

/// Actions on API keys.
#[derive(Subcommand)]
pub enum Action {
    /// Create a key and print only the key to standard output; it cannot be shown again
    Create {
        /// Purpose of the key
        #[arg(long)]
        name: String,
        /// viewer (may read drafts), editor (may write) or admin (all)
        #[arg(long, value_parser = parse_role)]
        role: Role,
        /// Expiry: a date, a date-time or a number of days such as `90d`
        #[arg(long, value_parser = parse_expiry)]
        expires: Option<Time>,
    },
    /// List the keys, without their secrets
    List,
    /// Revoke a key by its id
    Revoke {
        /// Id of the key, from `key list`
        #[arg(value_parser = parse_id)]
        id: Id,
    },
}

fn parse_role(text: &str) -> Result<Role, String> {
    Role::parse(text).ok_or_else(|| "must be viewer, editor or admin".to_owned())
}

fn parse_id(text: &str) -> Result<Id, String> {
    Id::parse(text).ok_or_else(|| "must be an id from `kinoteka key list`".to_owned())
}

fn parse_expiry(text: &str) -> Result<Time, String> {
    let days = text
        .strip_suffix('d')
        .and_then(|days| days.parse::<i64>().ok())
        .and_then(chrono::Duration::try_days);
    let from_days = days.and_then(|days| Time::now().0.checked_add_signed(days)).map(Time);
    let from_date = || {
        parse_date(text).and_then(|date| date.and_hms_opt(0, 0, 0)).map(|time| Time(time.and_utc()))
    };
    let time = from_days
        .or_else(|| parse_time(text))
        .or_else(from_date)
        .ok_or("must be a date, a date-time or a number of days such as 90d")?;
    if time <= Time::now() { Err("must be in the future".to_owned()) } else { Ok(time) }
}

/// Runs an action.
pub fn run(settings: &Settings, action: Action) -> Result<(), CommandError> {
    let store = server::database_from_settings(settings)?;
    server::ensure_schema(&store, settings.auto_migrate)?;
    match action {
        Action::Create { name, role, expires } => {
            let name = name.trim().to_owned();
            if name.is_empty() || name.chars().count() > 200 || name.chars().any(char::is_control) {
                return Err(CommandError::usage("--name must have 1 to 200 characters"));
            }
            let (key, secret) = store.write_blocking(|connection| {
                api_keys::create_key(connection, &name, role, expires).map_err(Problem::from)
            })?;
            log::info!(target: "kinoteka::auth", "key={} action=created role={}", key.id, key.role);
            writeln!(std::io::stdout(), "{secret}")?;
            print_status(&format!(
                "Key {} for {name} ({}); only its hash is stored; it cannot be shown again.",
                key.id,
                role.as_str()
            ));
        }
        Action::List => {
            let keys = store.write_blocking(|connection| {
                api_keys::list_keys(connection).map_err(Problem::from)
            })?;
            let mut out = std::io::stdout().lock();
            writeln!(out, "id\trole\tstate\tcreated\texpires\tlast used\tname")?;
            for key in keys {
                let now = Time::now();
                let state = match (key.revoked_at, key.expires_at) {
                    (Some(_), _) => "revoked",
                    (None, Some(expiry)) if expiry <= now => "expired",
                    _ => "active",
                };
                let format_time = |time: Option<Time>| {
                    time.map_or_else(|| "-".to_owned(), |time| time.to_string())
                };
                writeln!(
                    out,
                    "{}\t{}\t{state}\t{}\t{}\t{}\t{}",
                    key.id,
                    key.role,
                    key.created_at,
                    format_time(key.expires_at),
                    format_time(key.last_used_at),
                    key.name
                )?;
            }
        }
        Action::Revoke { id } => {
            let revoked = store.write_blocking(|connection| {
                api_keys::revoke_key(connection, id).map_err(Problem::from)
            })?;
            if !revoked {
                return Err(CommandError::usage(format!("there is no active key {id}")));
            }
            log::info!(target: "kinoteka::auth", "key={id} action=revoked");
            print_status(&format!("Key {id} is revoked."));
        }
    }
    Ok(())
}
