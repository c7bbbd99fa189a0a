//! `kinoteka export`: the whole catalogue as NDJSON that `import` reads.

use std::io::{BufWriter, Write};

use diesel::prelude::*;
use serde_json::{Map, Value};

use super::{Failure, draw_item};
use crate::config::Settings;
use crate::db::schema::items;
use crate::http::problem::Problem;
use crate::resource::load::Item;
use crate::resource::spec::Kind;
use crate::server;

/// Members that only the server sets, or that follow from others.
const DERIVED: &[&str] = &["id", "revision", "created_at", "updated_at", "languages"];

/// Writes every item that is not deleted, in an order in which references find their targets.
pub fn run(settings: &Settings) -> Result<(), Failure> {
    let store = server::store(settings)?;
    server::prepare(&store, settings.auto_migrate)?;
    let context = server::context(settings)?;
    let mut out = BufWriter::new(std::io::stdout().lock());
    for kind in Kind::ALL {
        for line in store.write_here(|connection| {
            let rows: Vec<Item> = items::table
                .filter(items::kind.eq(kind.as_str()))
                .filter(items::deleted_at.is_null())
                .order(items::number)
                .select(Item::as_select())
                .load(connection)
                .map_err(Problem::from)?;
            let mut lines = Vec::with_capacity(rows.len());
            for item in rows {
                let text = draw_item(connection, &context, kind, item)?;
                lines.push(line(kind, &serde_json::from_str(&text).map_err(Problem::internal)?)?);
            }
            Ok::<_, Problem>(lines)
        })? {
            writeln!(out, "{line}")?;
        }
    }
    out.flush()?;
    Ok(())
}

fn line(kind: Kind, resource: &Value) -> Result<String, Problem> {
    let mut object = Map::new();
    object.insert("resource".to_owned(), kind.as_str().into());
    for (name, value) in resource.as_object().into_iter().flatten() {
        let value = short(value);
        let empty = value.is_null() || value.as_array().is_some_and(Vec::is_empty);
        if !DERIVED.contains(&name.as_str()) && !empty {
            object.insert(name.clone(), value);
        }
    }
    serde_json::to_string(&Value::Object(object)).map_err(Problem::internal)
}

/// References as slugs, countries as codes, nothing that is unknown.
fn short(value: &Value) -> Value {
    match value {
        Value::Object(object) => {
            if let (Some(_), Some(slug)) = (object.get("id"), object.get("slug")) {
                return slug.clone();
            }
            if let (Some(code), Some(_)) = (object.get("code"), object.get("footnote")) {
                return code.clone();
            }
            Value::Object(object.iter().map(|(name, value)| (name.clone(), short(value))).filter(|(_, value)| !value.is_null()).collect())
        }
        Value::Array(members) => Value::Array(members.iter().map(short).collect()),
        other => other.clone(),
    }
}
