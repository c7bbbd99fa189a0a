//! Settings of the database and its connection pools.

use std::net::IpAddr;

use crate::config::settings::Settings;
use crate::db::connection::{SessionConfig, Target};
use crate::db::database::DatabaseConfig;
use crate::http::query_params::percent_decode;

impl Settings {
    pub(super) fn validate_database(&self, errors: &mut Vec<String>) {
        if let Err(error) = Target::parse(&self.database_url) {
            errors.push(error);
        }
        match self.replica_url.as_deref().map(Target::parse) {
            Some(Ok(replica)) if replica.is_sqlite() => {
                errors.push("KINOTEKA_REPLICA_URL must name a PostgreSQL replica".to_owned());
            }
            Some(Err(_)) => {
                errors.push("KINOTEKA_REPLICA_URL must start with postgres://".to_owned());
            }
            Some(Ok(_)) if self.database_url.starts_with("sqlite") => {
                errors.push("KINOTEKA_REPLICA_URL requires a PostgreSQL DATABASE_URL".to_owned());
            }
            None | Some(Ok(_)) => {}
        }
        if self.database_queue == 0 {
            errors.push("KINOTEKA_DATABASE_QUEUE must be at least 1".to_owned());
        }
        if self.readers == 0 || self.writers == 0 || self.workers == Some(0) {
            errors.push(
                "KINOTEKA_READERS, KINOTEKA_WRITERS and KINOTEKA_WORKERS must be at least 1"
                    .to_owned(),
            );
        }
    }

    /// The sizes and limits of the connection pools.
    pub fn database_config(&self) -> DatabaseConfig {
        DatabaseConfig {
            readers: self.readers,
            writers: self.writers,
            acquire_timeout: self.database_wait,
            max_queue_len: self.database_queue,
            session: SessionConfig {
                busy_timeout: self.database_wait,
                statement_timeout: self.database_wait.saturating_mul(2),
                slow_query_threshold: self.slow_query_threshold,
            },
        }
    }

    /// Hosts other than this machine that the database and its replica are on (PostgreSQL).
    pub fn remote_database_hosts(&self) -> Vec<String> {
        let urls = std::iter::once(self.database_url.as_str()).chain(self.replica_url.as_deref());
        let mut hosts: Vec<String> = urls.flat_map(remote_hosts).collect();
        hosts.dedup();
        hosts
    }
}

/// The hosts of a libpq connection URL, in its authority and in the parameters `host` and
/// `hostaddr`, except this machine.
fn remote_hosts(url: &str) -> Vec<String> {
    let Some((_, rest)) =
        url.split_once("://").filter(|(scheme, _)| scheme.starts_with("postgres"))
    else {
        return Vec::new();
    };
    let (address, query) = rest.split_once('?').unwrap_or((rest, ""));
    let authority = address.split('/').next().unwrap_or_default();
    let hosts = authority.rsplit_once('@').map_or(authority, |(_, hosts)| hosts);
    let hosts = hosts.split(',').map(|host| match host.strip_prefix('[') {
        Some(address) => address.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    });
    let parameters = query
        .split('&')
        .filter_map(|pair| pair.strip_prefix("host=").or_else(|| pair.strip_prefix("hostaddr=")))
        .flat_map(|values| values.split(','));
    hosts.chain(parameters).filter_map(percent_decode).filter(|host| !is_local_host(host)).collect()
}

/// Whether a host is this machine: a Unix socket, `localhost` or a loopback address.
fn is_local_host(host: &str) -> bool {
    host.is_empty()
        || host.starts_with(['/', '@'])
        || host.eq_ignore_ascii_case("localhost")
        || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::remote_hosts;

    #[test]
    fn local_databases_have_no_remote_host() {
        for url in [
            "sqlite://kinoteka.db",
            "postgres:///kinoteka",
            "postgres://user:secret@localhost:5432/kinoteka",
            "postgres://127.0.0.1/kinoteka",
            "postgresql://[::1]:5432/kinoteka",
            "postgres:///kinoteka?host=/run/postgresql&port=5432",
            "postgres://%2Frun%2Fpostgresql/kinoteka",
        ] {
            assert_eq!(remote_hosts(url), Vec::<String>::new(), "{url}");
        }
    }

    #[test]
    fn finds_remote_hosts() {
        for (url, hosts) in [
            ("postgres://user:secret@db.example.org:5432/kinoteka", vec!["db.example.org"]),
            ("postgres://localhost,10.0.0.7/kinoteka", vec!["10.0.0.7"]),
            ("postgresql://[2001:db8::1]/kinoteka", vec!["2001:db8::1"]),
            ("postgres:///kinoteka?sslmode=require&host=db.example.org", vec!["db.example.org"]),
        ] {
            assert_eq!(remote_hosts(url), hosts, "{url}");
        }
    }
}
