//! PostgreSQL: one temporary cluster per test run, started from the installed server programs, and
//! one database per test.

use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::pg::PgConnection;
use diesel::prelude::*;

/// Running cluster. It stops with this process: its supervisor reads from a pipe that only this
/// process holds.
pub struct Cluster {
    directory: PathBuf,
    programs: PathBuf,
    owner: Option<(u32, u32)>,
    port: u16,
    supervisor: Child,
}

static CLUSTER: OnceLock<Option<Cluster>> = OnceLock::new();
static NUMBER: AtomicU32 = AtomicU32::new(1);

/// Database that is dropped with the value.
pub struct PostgresDatabase {
    name: String,
    /// Connection URL.
    pub url: String,
}

impl PostgresDatabase {
    /// Copies a template; `template0` is empty. `None` if PostgreSQL is not installed.
    pub fn from_template(template: &str) -> Option<Self> {
        let name = format!("t_{}", NUMBER.fetch_add(1, Ordering::Relaxed));
        Self::named(&name, template)
    }

    /// Creates a database of this name.
    pub fn named(name: &str, template: &str) -> Option<Self> {
        let cluster = cluster()?;
        cluster.execute(&format!("CREATE DATABASE {name} TEMPLATE {template}"));
        Some(Self { name: name.to_owned(), url: cluster.url(name) })
    }
}

impl PostgresDatabase {
    /// Copies the database; servers reconnect afterwards.
    pub fn save_copy(&self) {
        self.without_connections(&format!("CREATE DATABASE {0}_copy TEMPLATE {0}", self.name));
    }

    /// Replaces the database by the copy; servers reconnect afterwards.
    pub fn restore_copy(&self) {
        self.without_connections(&format!(
            "DROP DATABASE {0}; ALTER DATABASE {0}_copy RENAME TO {0}",
            self.name
        ));
    }

    fn without_connections(&self, statements: &str) {
        let cluster = cluster().expect("the database exists");
        cluster.execute(&format!("ALTER DATABASE {} ALLOW_CONNECTIONS false", self.name));
        cluster.execute(&format!(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{}'",
            self.name
        ));
        for statement in statements.split("; ") {
            cluster.execute(statement);
        }
        cluster.execute(&format!("ALTER DATABASE {} ALLOW_CONNECTIONS true", self.name));
    }
}

impl Drop for PostgresDatabase {
    fn drop(&mut self) {
        if let Some(cluster) = cluster() {
            cluster.execute(&format!("DROP DATABASE {} WITH (FORCE)", self.name));
        }
    }
}

fn cluster() -> Option<&'static Cluster> {
    CLUSTER.get_or_init(|| Cluster::start(5432, "-c listen_addresses=", |_, _| {})).as_ref()
}

impl Cluster {
    /// Directory of its files.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Connection URL of a database, by Unix socket.
    pub fn url(&self, database: &str) -> String {
        format!(
            "postgres:///{database}?host={}&port={}&user=postgres",
            self.directory.display(),
            self.port
        )
    }

    /// Runs a statement as superuser.
    pub fn execute(&self, statement: &str) {
        let mut connection =
            PgConnection::establish(&self.url("postgres")).expect("the cluster responds");
        connection
            .batch_execute("SET client_min_messages = warning")
            .expect("the cluster responds");
        connection.batch_execute(statement).unwrap_or_else(|error| panic!("{statement}: {error}"));
    }
}

impl Cluster {
    /// Creates and starts a cluster on this port of its own socket, with these options of
    /// `postgres`; `prepare` receives its directory first, and a function that runs programs as its
    /// owner. `None` if PostgreSQL is not installed.
    pub fn start(
        port: u16,
        options: &str,
        prepare: impl FnOnce(&Path, &dyn Fn(&Path) -> Command),
    ) -> Option<Self> {
        let Some(programs) = programs() else {
            let line = "PostgreSQL is not installed (no initdb and postgres in PATH or /usr/lib/postgresql): its tests were skipped.";
            assert!(std::env::var("CI").as_deref() != Ok("true"), "{line} CI=true requires them.");
            #[expect(clippy::print_stderr, reason = "reports why tests were skipped")]
            {
                eprintln!("{line}");
            }
            return None;
        };
        let directory = tempfile::Builder::new()
            .prefix("kinoteka-pg-")
            .tempdir()
            .expect("a temporary directory")
            .keep();
        let owner = owner(&directory);
        let run_as = |program: &Path| as_owner(program, &directory, owner);
        let made = run_as(&programs.join("initdb"))
            .args([
                "--auth=trust",
                "--username=postgres",
                "--encoding=UTF8",
                "--locale=C",
                "--no-sync",
                "-D",
            ])
            .arg(directory.join("data"))
            .output()
            .expect("initdb runs");
        assert!(made.status.success(), "initdb: {}", String::from_utf8_lossy(&made.stderr));
        prepare(&directory, &run_as);
        std::fs::write(directory.join("options"), format!("-p {port} {OPTIONS} {options}"))
            .expect("writing the options");
        // The supervisor survives signals to the process group, stops the server when the pipe
        // closes, and removes the files.
        let script = r#"trap '' INT TERM HUP
            "$1/pg_ctl" -D "$2/data" -l "$2/log" -o "-k $2 $(cat "$2/options")" -w start
            read -r _
            "$1/pg_ctl" -D "$2/data" -m immediate -w stop
            rm -rf "$2""#;
        let supervisor = run_as(Path::new("/bin/sh"))
            .args(["-c", script, "supervisor"])
            .args([&programs, &directory])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("sh runs");
        let cluster = Self { directory, programs, owner, port, supervisor };
        cluster.wait();
        Some(cluster)
    }

    fn wait(&self) {
        let deadline = Instant::now() + Duration::from_secs(30);
        while PgConnection::establish(&self.url("postgres")).is_err() {
            let log = std::fs::read_to_string(self.directory.join("log")).unwrap_or_default();
            assert!(Instant::now() < deadline, "PostgreSQL does not start:\n{log}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    fn control(&self, arguments: &[&str]) {
        let mut command = as_owner(&self.programs.join("pg_ctl"), &self.directory, self.owner);
        let done = command
            .arg("-D")
            .arg(self.directory.join("data"))
            .arg("-l")
            .arg(self.directory.join("log"))
            .args(arguments)
            .status();
        assert!(done.expect("pg_ctl runs").success(), "pg_ctl {arguments:?}");
    }

    /// Stops the server like a power cut.
    pub fn crash(&self) {
        self.stop("immediate");
    }

    /// Stops the server in this mode of `pg_ctl`: `immediate` is like a power cut, `fast` a regular
    /// stop.
    pub fn stop(&self, mode: &str) {
        self.control(&["-s", "-m", mode, "-w", "stop"]);
    }

    /// Starts it again.
    pub fn recover(&self) {
        let options =
            std::fs::read_to_string(self.directory.join("options")).expect("reading the options");
        self.control(&[
            "-s",
            "-o",
            &format!("-k {} {options}", self.directory.display()),
            "-w",
            "start",
        ]);
        self.wait();
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        drop(self.supervisor.stdin.take());
        drop(self.supervisor.wait());
    }
}

const OPTIONS: &str = "-c fsync=off -c synchronous_commit=off -c full_page_writes=off -c max_connections=300 -c shared_buffers=64MB -c max_wal_size=4GB";

/// Command that runs as the owner of the cluster.
fn as_owner(program: &Path, directory: &Path, owner: Option<(u32, u32)>) -> Command {
    let mut command = Command::new(program);
    if let Some((user, group)) = owner {
        command.uid(user).gid(group);
    }
    command.current_dir(directory);
    command
}

/// Directory of the newest server programs.
fn programs() -> Option<PathBuf> {
    let in_path = std::env::var_os("PATH")
        .into_iter()
        .flat_map(|path| std::env::split_paths(&path).collect::<Vec<_>>());
    let mut packaged: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path().join("bin"))
        .collect();
    packaged.sort();
    packaged.reverse();
    packaged.into_iter().chain(in_path).find(|directory| {
        directory.join("initdb").is_file() && directory.join("postgres").is_file()
    })
}

/// PostgreSQL refuses to run as root: changes the owner of the directory to `postgres` or `nobody`.
fn owner(directory: &Path) -> Option<(u32, u32)> {
    use std::os::unix::fs::MetadataExt;
    if std::fs::metadata(directory).expect("the directory exists").uid() != 0 {
        return None;
    }
    let users = std::fs::read_to_string("/etc/passwd").expect("/etc/passwd can be read");
    let ids = ["postgres", "nobody"].iter().find_map(|wanted| {
        let line = users.lines().find(|line| line.split(':').next() == Some(*wanted))?;
        let mut parts = line.split(':').skip(2);
        Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
    });
    let (user, group) = ids.expect("a user `postgres` or `nobody` exists");
    std::os::unix::fs::chown(directory, Some(user), Some(group))
        .expect("changing the owner as root");
    Some((user, group))
}
