//! What every test stands on: databases, servers, the contract, the first catalogue.

pub mod chromium;
pub mod contract;
pub mod database;
pub mod postgres;
pub mod process;
pub mod server;
pub mod sqlite;
pub mod xmllint;

use serde_json::Value;

pub use database::Content;
pub use server::{Answer, TestServer};

/// Tests of behaviour, each once on SQLite and once on PostgreSQL: `fn` begins with no items, `demo
/// fn` with the first catalogue. A closure after the server changes its settings.
#[macro_export]
macro_rules! on_both {
    () => {};
    (demo fn $name:ident($server:ident: &TestServer $(, $change:expr)?) $body:block $($rest:tt)*) => {
        $crate::on_both!(@ Demo, $name, $server, $body $(, $change)?);
        $crate::on_both!($($rest)*);
    };
    (fn $name:ident($server:ident: &TestServer $(, $change:expr)?) $body:block $($rest:tt)*) => {
        $crate::on_both!(@ Nothing, $name, $server, $body $(, $change)?);
        $crate::on_both!($($rest)*);
    };
    (@ $content:ident, $name:ident, $server:ident, $body:block) => {
        $crate::on_both!(@ $content, $name, $server, $body, |_| {});
    };
    (@ $content:ident, $name:ident, $server:ident, $body:block, $change:expr) => {
        fn $name($server: &$crate::support::TestServer) $body

        mod $name {
            use $crate::support::{Content, TestServer};

            fn change() -> impl FnOnce(&mut kinoteka::config::Settings) {
                $change
            }

            #[test]
            fn sqlite() {
                super::$name(&TestServer::sqlite(Content::$content, change()));
            }

            #[test]
            fn postgres() {
                if let Some(server) = TestServer::postgres(Content::$content, change()) {
                    super::$name(&server);
                }
            }
        }
    };
}

/// The items of the first catalogue of one kind.
pub fn first_catalogue(kind: &str) -> Vec<Value> {
    whole_first_catalogue().into_iter().filter(|item| item["resource"] == kind).collect()
}

/// The items of the first catalogue.
pub fn whole_first_catalogue() -> Vec<Value> {
    let lines = kinoteka::commands::DEMO_CATALOGUE.lines().filter(|line| !line.trim().is_empty());
    lines
        .map(|line| serde_json::from_str::<Value>(line).expect("the first catalogue is JSON"))
        .collect()
}

/// The items of the generated catalogue.
pub fn generated_catalogue() -> Vec<Value> {
    kinoteka::commands::generate_catalogue(600, 1).collect()
}

/// Items as lines that `import` reads.
pub fn lines(items: &[Value]) -> String {
    items.iter().map(Value::to_string).collect::<Vec<_>>().join("\n")
}

/// Percent-encodes a query value.
pub fn encoded(text: &str) -> String {
    text.bytes()
        .map(|byte| {
            if byte.is_ascii_alphanumeric() {
                char::from(byte).to_string()
            } else {
                format!("%{byte:02X}")
            }
        })
        .collect()
}
