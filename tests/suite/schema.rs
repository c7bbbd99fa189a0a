//! Migrations up, down and up again; both databases have the same schema.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::{Bool, Text};
use kinoteka::db::connection::{Access, Connection, SessionConfig, Target};
use kinoteka::db::migrations::{self, MigrationStatus};
use kinoteka::db::schema_version::{SCHEMA_VERSION, SchemaMismatch};
use sha2::{Digest, Sha256};

use crate::backup_and_check::{damage, on_both};
use crate::support::postgres::PostgresDatabase;
use crate::support::process::{
    expect_exit, get, run, run_with_input, send_request, serve, stderr_text, stdout_text, terminate,
};
use crate::support::sqlite::SqliteDatabase;

/// The migration of version 0.1.0.
const FIRST_MIGRATION: &str = "2026-11-23-000000_catalogue";
/// The later migrations, in order.
const LATER_MIGRATIONS: [&str; 6] = [
    "2026-11-28-000000_standard_names",
    "2026-11-29-000000_history_and_schedule",
    "2026-11-30-000000_public_revisions",
    "2026-11-30-100000_search_analysis",
    "2026-11-30-150000_programme_iati_fields",
    "2026-11-30-200000_results",
];

/// Tables of only one database: full-text search and the migration history.
const ONE_DATABASE_ONLY: &[&str] = &["search_", "sqlite_", "__diesel"];

/// Columns by table, and whether each is nullable.
type Schema = BTreeMap<String, BTreeMap<String, bool>>;

#[derive(QueryableByName)]
#[expect(clippy::struct_field_names, reason = "the columns have these names")]
struct Column {
    #[diesel(sql_type = Text)]
    table_name: String,
    #[diesel(sql_type = Text)]
    column_name: String,
    #[diesel(sql_type = Bool)]
    nullable: bool,
}

fn schema(connection: &mut Connection) -> Schema {
    let columns: Vec<Column> = match connection {
        Connection::Sqlite(connection) => diesel::sql_query(
            "SELECT m.name AS table_name, c.name AS column_name, c.\"notnull\" = 0 AS nullable
             FROM sqlite_master m JOIN pragma_table_info(m.name) c WHERE m.type = 'table'",
        )
        .load(connection)
        .expect("SQLite lists its columns"),
        Connection::Postgres(connection) => diesel::sql_query(
            "SELECT table_name::text, column_name::text, is_nullable = 'YES' AS nullable
             FROM information_schema.columns WHERE table_schema = 'public'",
        )
        .load(connection)
        .expect("PostgreSQL lists its columns"),
    };
    let mut schema = Schema::new();
    for column in columns.into_iter().filter(|column| {
        !ONE_DATABASE_ONLY.iter().any(|prefix| column.table_name.starts_with(prefix))
    }) {
        schema.entry(column.table_name).or_default().insert(column.column_name, column.nullable);
    }
    schema
}

fn open(url: &str) -> Connection {
    let session = SessionConfig {
        busy_timeout: Duration::from_secs(5),
        statement_timeout: Duration::from_secs(30),
        slow_query_threshold: Duration::from_secs(30),
    };
    Connection::open(&Target::parse(url).expect("the URL is valid"), Access::Write, session)
        .expect("the database opens")
}

fn up_down_up(url: &str) -> Schema {
    let mut connection = open(url);
    assert!(matches!(migrations::status(&mut connection), Ok(MigrationStatus::Pending(1..))));
    let applied = migrations::run_pending(&mut connection).expect("up");
    assert_eq!(migrations::status(&mut connection).expect("a status"), MigrationStatus::UpToDate);
    assert_eq!(
        migrations::run_pending(&mut connection).expect("no migration is pending"),
        Vec::<String>::new()
    );
    let first = schema(&mut connection);
    let mut reverted = migrations::revert_all(&mut connection).expect("down");
    reverted.reverse();
    assert_eq!(reverted, applied);
    assert_eq!(schema(&mut connection), Schema::new(), "objects remain after the down migrations");
    migrations::run_pending(&mut connection).expect("up again");
    assert_eq!(schema(&mut connection), first);
    first
}

#[test]
fn both_databases_have_the_same_schema() {
    let file = SqliteDatabase::new(None);
    assert!(file.directory().is_dir());
    let sqlite = up_down_up(&file.url);
    assert!(sqlite.contains_key("items") && sqlite.contains_key("videos"), "{sqlite:?}");
    let Some(database) = PostgresDatabase::from_template("template0") else { return };
    let postgres = up_down_up(&database.url);
    assert_eq!(sqlite.keys().collect::<Vec<_>>(), postgres.keys().collect::<Vec<_>>());
    for (table, columns) in &sqlite {
        assert_eq!(Some(columns), postgres.get(table), "{table}");
    }
}

#[test]
fn detects_newer_schema() {
    let file = SqliteDatabase::new(None);
    let mut connection = open(&file.url);
    migrations::run_pending(&mut connection).expect("up");
    diesel::sql_query("INSERT INTO __diesel_schema_migrations (version) VALUES ('29990101000000')")
        .execute(&mut connection)
        .expect("adding a row");
    assert_eq!(
        migrations::status(&mut connection).expect("a status"),
        MigrationStatus::Unusable(SchemaMismatch::Newer("migration 29990101000000".to_owned()))
    );
}

#[test]
fn empty_file_and_template_are_empty_databases() {
    let file = SqliteDatabase::new(Some(b""));
    migrations::run_pending(&mut open(&file.url)).expect("an empty file is an empty database");
    let Some(named) = PostgresDatabase::named("named", "template0") else { return };
    assert_eq!(schema(&mut open(&named.url)), Schema::new());
}

fn migrations_directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations")
}

fn migration_sql(url: &str, migration: &str, file: &str) -> String {
    let database = if url.starts_with("sqlite") { "sqlite" } else { "postgres" };
    let path = migrations_directory().join(database).join(migration).join(file);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Committed migrations are immutable: a change is a new migration, with its lines in the list.
#[test]
fn committed_migrations_are_unchanged() {
    let mut digests = BTreeSet::new();
    for database in ["postgres", "sqlite"] {
        let directory = migrations_directory().join(database);
        for migration in std::fs::read_dir(directory).expect("migrations") {
            for file in std::fs::read_dir(migration.expect("an entry").path()).expect("files") {
                let path = file.expect("an entry").path();
                let bytes = std::fs::read(&path).expect("the file can be read");
                let mut line = String::new();
                for byte in Sha256::digest(&bytes) {
                    write!(line, "{byte:02x}").expect("writing to a string succeeds");
                }
                let name = path.strip_prefix(env!("CARGO_MANIFEST_DIR")).expect("a path inside");
                write!(line, "  {}", name.display()).expect("writing to a string succeeds");
                digests.insert(line);
            }
        }
    }
    let committed: BTreeSet<String> =
        include_str!("migration_digests.txt").lines().map(str::to_owned).collect();
    assert_eq!(digests, committed, "tests/suite/migration_digests.txt lists every migration file");
    let pairs = i64::try_from(digests.len() / 4).expect("a small number");
    assert_eq!(pairs, SCHEMA_VERSION);
}

/// Names of tables, indexes and sequences, with their columns.
fn objects(url: &str) -> BTreeSet<String> {
    #[derive(QueryableByName)]
    struct Name {
        #[diesel(sql_type = Text)]
        name: String,
    }
    let names: Vec<Name> = match open(url) {
        Connection::Sqlite(mut connection) => diesel::sql_query(
            "SELECT m.type || ' ' || m.name || ' ' || c.name AS name FROM sqlite_schema m JOIN pragma_table_info(m.name) c
             UNION SELECT 'index ' || m.name || ' ' || coalesce(c.name, '') FROM sqlite_schema m JOIN pragma_index_info(m.name) c",
        )
        .load(&mut connection)
        .expect("SQLite lists its schema"),
        Connection::Postgres(mut connection) => diesel::sql_query(
            "SELECT c.relkind::text || ' ' || c.relname || ' ' || a.attname AS name FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
             WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relnamespace = 'public'::regnamespace
             UNION SELECT 'constraint ' || conname FROM pg_constraint WHERE connamespace = 'public'::regnamespace",
        )
        .load(&mut connection)
        .expect("PostgreSQL lists its schema"),
    };
    names
        .into_iter()
        .map(|row| row.name)
        .filter(|name| !name.contains("__diesel") && !name.contains("search_index"))
        .collect()
}

/// Reverts a current database to version 0.1.0.
fn downgrade_to_first(url: &str) {
    for name in LATER_MIGRATIONS.iter().rev() {
        damage(url, &migration_sql(url, name, "down.sql"));
    }
    damage(url, "DELETE FROM __diesel_schema_migrations WHERE version > '20261123000000'");
}

#[test]
fn database_of_0_1_0_upgrades_and_serves() {
    on_both(|directory, url| {
        downgrade_to_first(url);
        let first = if url.starts_with("sqlite") {
            let file = SqliteDatabase::new(None);
            open(&file.url)
                .batch_execute(&migration_sql(url, FIRST_MIGRATION, "up.sql"))
                .expect("up");
            objects(&file.url)
        } else {
            let database = PostgresDatabase::from_template("template0").expect("PostgreSQL runs");
            open(&database.url)
                .batch_execute(&migration_sql(url, FIRST_MIGRATION, "up.sql"))
                .expect("up");
            objects(&database.url)
        };
        assert_eq!(objects(url), first, "down.sql restores the schema of 0.1.0");
        let pending = expect_exit(run(directory, url, &["check"]), 2);
        assert!(
            stderr_text(&pending)
                .contains(&format!("{} migration(s) pending", LATER_MIGRATIONS.len())),
            "{}",
            stderr_text(&pending)
        );
        let (served, _, address) = serve(directory, url, &[]);
        send_request(&address, "GET", "/readyz", None, None).expect(200);
        let videos = get(&address, "/v1/videos?facets=country&limit=1", "");
        assert!(videos.contains(" 200 OK") && videos.contains("\"data\":[{"), "{videos}");
        terminate(&served);
        drop(served);
        expect_exit(run(directory, url, &["check"]), 0);
    });
}

#[test]
fn failed_migration_of_altered_schema_names_remedy() {
    on_both(|directory, url| {
        downgrade_to_first(url);
        damage(url, "ALTER TABLE items RENAME COLUMN own TO other");
        let output = stderr_text(&ended_with_error(run(directory, url, &["migrate"])));
        assert!(output.contains("rolled back") && output.contains("restore a backup"), "{output}");
        damage(url, "ALTER TABLE items RENAME COLUMN other TO own");
        expect_exit(run(directory, url, &["migrate"]), 0);
        expect_exit(run(directory, url, &["check"]), 0);
    });
}

fn ended_with_error(output: std::process::Output) -> std::process::Output {
    assert!(!output.status.success(), "{}", stderr_text(&output));
    output
}

#[test]
fn altered_schema_is_refused() {
    on_both(|directory, url| {
        let (served, _, address) = serve(directory, url, &[]);
        for (alter, undo, difference) in [
            (
                "ALTER TABLE items RENAME COLUMN fields TO own",
                "ALTER TABLE items RENAME COLUMN own TO fields",
                "items.fields is missing, items.own is unknown",
            ),
            (
                "ALTER TABLE videos ADD COLUMN note TEXT",
                "ALTER TABLE videos DROP COLUMN note",
                "videos.note is unknown",
            ),
            (
                "UPDATE schema_version SET fingerprint = 'x' || fingerprint",
                "UPDATE schema_version SET fingerprint = substr(fingerprint, 2)",
                "another edition of a migration",
            ),
        ] {
            send_request(&address, "GET", "/readyz", None, None).expect(200);
            damage(url, alter);
            let problem = send_request(&address, "GET", "/readyz", None, None).expect(503).json();
            let detail = problem["detail"].as_str().expect("a detail");
            assert!(detail.contains(difference), "{detail}");
            for command in ["serve", "migrate", "check", "export"] {
                let output = stderr_text(&expect_exit(run(directory, url, &[command]), 2));
                assert!(
                    output.contains(difference) && output.contains("restore a backup"),
                    "{command}: {output}"
                );
            }
            damage(url, undo);
        }
        terminate(&served);
    });
}

#[test]
fn newer_schema_is_accepted_if_compatible() {
    on_both(|directory, url| {
        damage(
            url,
            "ALTER TABLE videos ADD COLUMN note TEXT; UPDATE schema_version SET version = version + 1;
             INSERT INTO __diesel_schema_migrations (version) VALUES ('29990101000000')",
        );
        let (served, _, address) = serve(directory, url, &[]);
        send_request(&address, "GET", "/readyz", None, None).expect(200);
        assert!(get(&address, "/v1/videos", "").contains(" 200 OK"));
        expect_exit(run(directory, url, &["check"]), 0);
        let output = stderr_text(&expect_exit(run(directory, url, &["migrate"]), 0));
        assert!(output.contains("newer, compatible schema version"), "{output}");
        damage(url, "UPDATE schema_version SET oldest_compatible = version");
        let problem = send_request(&address, "GET", "/readyz", None, None).expect(503).json();
        let detail = problem["detail"].as_str().expect("a detail");
        assert!(detail.contains("newer than this program"), "{detail}");
        terminate(&served);
        for command in ["serve", "migrate", "check"] {
            let output = stderr_text(&expect_exit(run(directory, url, &[command]), 2));
            assert!(output.contains("newer than this program"), "{command}: {output}");
        }
    });
}

/// The fields of items whose slug begins with `sum`, in the order of the slugs.
fn stored_fields(url: &str) -> Vec<String> {
    #[derive(QueryableByName)]
    struct Fields {
        #[diesel(sql_type = Text)]
        fields: String,
    }
    let query =
        diesel::sql_query("SELECT fields FROM items WHERE slug LIKE 'sum%' ORDER BY kind, slug");
    let rows: Vec<Fields> = match open(url) {
        Connection::Sqlite(mut connection) => query.load(&mut connection).expect("items"),
        Connection::Postgres(mut connection) => query.load(&mut connection).expect("items"),
    };
    rows.into_iter().map(|row| row.fields).collect()
}

/// Reverts the migrations that added results and members of programmes, and applies them again.
#[test]
fn results_migration_converts_former_items() {
    on_both(|directory, url| {
        let rules = [
            r#""additive": true"#,
            r#""additive": false"#,
            r#""unit": "\"additive\":true""#,
            r#""time_aggregation": "max", "group_aggregation": "sum""#,
        ];
        let mut lines = vec![
            r#"{"resource": "programme", "slug": "sum-p", "status": "published", "title": "P"}"#
                .to_owned(),
        ];
        for (index, rule) in rules.iter().enumerate() {
            let of = format!("sum-{index}");
            lines.push(format!(r#"{{"resource": "indicator", "slug": "{of}", "status": "published", "label": "L", {rule}}}"#));
            for (year, value) in [(2023, 10), (2024, 20)] {
                lines.push(format!(r#"{{"resource": "impact_statistic", "slug": "{of}-{year}", "status": "published", "label": "L", "indicator": "{of}", "value": "{value}", "period_start": "{year}-01-01", "period_end": "{year}-12-31", "target": {{"value": "30"}}, "baseline": {{"value": "5", "year": 2020}}}}"#));
            }
        }
        lines.push(r#"{"resource": "saved_query", "slug": "sums", "status": "published", "name": "Sums", "kind": "impact_statistic", "query": "country=AL&time_aggregation=sum&group_aggregation=sum"}"#.to_owned());
        expect_exit(run_with_input(directory, url, &["import", "-"], &lines.join("\n")), 0);
        let figures = || {
            let (served, _, address) = serve(directory, url, &[]);
            let paths = (0..rules.len()).map(|index| {
                format!("/v1/impact-statistics/summary?indicator=sum-{index}&separate=true")
            });
            let bodies: Vec<String> = paths
                .map(|path| {
                    get(&address, &path, "").split_once("\r\n\r\n").expect("a body").1.to_owned()
                })
                .collect();
            terminate(&served);
            bodies
        };
        let (before, stored) = (figures(), stored_fields(url));
        for migration in ["2026-11-30-200000_results", "2026-11-30-150000_programme_iati_fields"] {
            damage(url, &migration_sql(url, migration, "down.sql"));
        }
        damage(url, "DELETE FROM __diesel_schema_migrations WHERE version > '20261130100000'");
        let former = stored_fields(url);
        let with = |text: &str| former.iter().filter(|fields| fields.contains(text)).count();
        assert_eq!(
            (
                with(r#","additive":true,"#),
                with(r#","additive":false,"#),
                with(r#","additive":null,"#)
            ),
            (3, 6, 3),
            "{former:?}"
        );
        assert_eq!((with("country=AL&additive=true"), with("_aggregation")), (1, 0), "{former:?}");
        for member in [r#""state""#, r#""order""#, r#""date""#, r#""policy_markers""#] {
            assert_eq!(with(member), 0, "{member}: {former:?}");
        }
        expect_exit(run(directory, url, &["migrate"]), 0);
        expect_exit(run(directory, url, &["check"]), 0);
        // What the former version cannot say, the greatest value, is lost with it.
        let is_kept = |fields: &&String| !fields.contains(r#""max""#);
        let after = stored_fields(url);
        assert!(stored.iter().filter(is_kept).all(|fields| after.contains(fields)), "{after:?}");
        assert_eq!(figures()[..3], before[..3]);
        let exported = expect_exit(run(directory, url, &["export"]), 0);
        let again = run_with_input(directory, url, &["import", "-"], &stdout_text(&exported));
        let report = stderr_text(&expect_exit(again, 0));
        assert!(report.starts_with("0 items stored, "), "{report}");
    });
}
