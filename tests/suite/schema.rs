//! The migrations: up, down and up again on both databases, which end alike.

use std::collections::BTreeMap;
use std::time::Duration;

use diesel::prelude::*;
use diesel::sql_types::{Bool, Text};
use kinoteka::db::connection::{Access, Connection, SessionConfig, Target};
use kinoteka::db::migrations::{self, MigrationStatus};

use crate::support::postgres::PostgresDatabase;
use crate::support::sqlite::SqliteDatabase;

/// What only one database needs: its way of full-text search, and the record of migrations.
const APART: &[&str] = &["search_", "sqlite_", "__diesel"];

/// Columns by table, and whether each may be unknown.
type Schema = BTreeMap<String, BTreeMap<String, bool>>;

#[derive(QueryableByName)]
#[expect(clippy::struct_field_names, reason = "the columns are called so")]
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
        .expect("SQLite tells its schema"),
        Connection::Postgres(connection) => diesel::sql_query(
            "SELECT table_name::text, column_name::text, is_nullable = 'YES' AS nullable
             FROM information_schema.columns WHERE table_schema = 'public'",
        )
        .load(connection)
        .expect("PostgreSQL tells its schema"),
    };
    let mut schema = Schema::new();
    for column in columns
        .into_iter()
        .filter(|column| !APART.iter().any(|prefix| column.table_name.starts_with(prefix)))
    {
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
    Connection::open(&Target::parse(url).expect("the URL is right"), Access::Write, session)
        .expect("the database opens")
}

fn up_down_up(url: &str) -> Schema {
    let mut connection = open(url);
    assert!(matches!(migrations::status(&mut connection), Ok(MigrationStatus::Pending(1..))));
    let applied = migrations::run_pending(&mut connection).expect("up");
    assert_eq!(migrations::status(&mut connection).expect("a standing"), MigrationStatus::UpToDate);
    assert_eq!(
        migrations::run_pending(&mut connection).expect("nothing to do"),
        Vec::<String>::new()
    );
    let first = schema(&mut connection);
    let mut reverted = migrations::revert_all(&mut connection).expect("down");
    reverted.reverse();
    assert_eq!(reverted, applied);
    assert_eq!(schema(&mut connection), Schema::new(), "down leaves nothing behind");
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
    let Some(database) = PostgresDatabase::copy_of("template0") else { return };
    let postgres = up_down_up(&database.url);
    assert_eq!(sqlite.keys().collect::<Vec<_>>(), postgres.keys().collect::<Vec<_>>());
    for (table, columns) in &sqlite {
        assert_eq!(Some(columns), postgres.get(table), "{table}");
    }
}

#[test]
fn a_newer_database_is_recognised() {
    let file = SqliteDatabase::new(None);
    let mut connection = open(&file.url);
    migrations::run_pending(&mut connection).expect("up");
    diesel::sql_query("INSERT INTO __diesel_schema_migrations (version) VALUES ('29990101000000')")
        .execute(&mut connection)
        .expect("a row can be added");
    assert_eq!(
        migrations::status(&mut connection).expect("a standing"),
        MigrationStatus::Newer("29990101000000".to_owned())
    );
}

#[test]
fn a_file_with_content_is_what_it_was() {
    let file = SqliteDatabase::new(Some(b""));
    migrations::run_pending(&mut open(&file.url)).expect("an empty file is an empty database");
    let Some(named) = PostgresDatabase::named("named", "template0") else { return };
    assert_eq!(schema(&mut open(&named.url)), Schema::new());
}
