//! The items of the catalogue to which an IATI file can refer.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use diesel::prelude::*;
use serde_json::Value;

use crate::db::schema::{items, slugs};
use crate::db::{Connection, Error, Id, RowId, Time};
use crate::iati::import_mapping::{ExistingItem, ExistingItems, KnownPartner};
use crate::resource::model::item::{Reference, decode_references};
use crate::resource::schema::ResourceKind;
use crate::resource::store::texts::load_all_texts;

/// Loads the existing items to which a file can refer.
pub fn load_existing(connection: &mut Connection) -> Result<ExistingItems, Error> {
    let programmes = load_identified(connection, ResourceKind::PROGRAMME)?;
    let programmes = programmes.into_iter().rev().map(|row| (row.identifier, row.slug)).collect();
    Ok(ExistingItems {
        programmes,
        partners: load_partners(connection)?,
        items: load_items(connection)?,
    })
}

/// An item with its references.
struct LinkedRow {
    number: RowId,
    id: Id,
    kind: ResourceKind,
    slug: String,
    references: Vec<Reference>,
    is_deleted: bool,
}

impl LinkedRow {
    /// The items to which a field refers.
    fn targets(&self, field: &str) -> impl Iterator<Item = Id> {
        self.references
            .iter()
            .filter(move |reference| reference.field == field)
            .map(|reference| reference.target_id)
    }
}

/// Loads the items of the kinds that a file can have, by present and former slug, and the programmes
/// with which they are linked.
fn load_items(
    connection: &mut Connection,
) -> Result<HashMap<(ResourceKind, String), Arc<ExistingItem>>, Error> {
    let kinds = [
        ResourceKind::PROGRAMME,
        ResourceKind::PARTNER,
        ResourceKind::VIDEO,
        ResourceKind::RESULT,
        ResourceKind::INDICATOR,
        ResourceKind::IMPACT_STATISTIC,
    ]
    .map(ResourceKind::as_str);
    let rows: Vec<(RowId, Id, String, String, String, Option<Time>)> = items::table
        .filter(items::kind.eq_any(kinds))
        .select((
            items::number,
            items::id,
            items::kind,
            items::slug,
            items::reference_list,
            items::deleted_at,
        ))
        .load(connection)?;
    let rows: Vec<LinkedRow> = rows
        .into_iter()
        .filter_map(|(number, id, kind, slug, encoded, deleted_at)| {
            let references = decode_references(&encoded).unwrap_or_default();
            let (kind, is_deleted) = (ResourceKind::parse(&kind)?, deleted_at.is_some());
            Some(LinkedRow { number, id, kind, slug, references, is_deleted })
        })
        .collect();
    let linked = linked_programmes(&rows);
    let named = rows.iter().filter(|row| {
        [ResourceKind::INDICATOR, ResourceKind::PARTNER, ResourceKind::VIDEO].contains(&row.kind)
    });
    let mut texts = load_all_texts(connection, named.map(|row| row.number))?;
    let fields: Vec<(RowId, String)> = items::table
        .filter(items::kind.eq(ResourceKind::INDICATOR.as_str()))
        .select((items::number, items::fields))
        .load(connection)?;
    let mut fields: HashMap<RowId, Value> = fields
        .into_iter()
        .filter_map(|(number, fields)| Some((number, serde_json::from_str(&fields).ok()?)))
        .collect();
    let programmes: HashMap<Id, String> = rows
        .iter()
        .filter(|row| row.kind == ResourceKind::PROGRAMME)
        .map(|row| (row.id, row.slug.clone()))
        .collect();
    let mut existing = HashMap::new();
    let mut by_number = HashMap::new();
    for row in rows {
        let linked = linked.get(&row.id).into_iter().flatten();
        let fields = fields.remove(&row.number).unwrap_or_default();
        let text = |name: &str| fields.get(name).and_then(Value::as_str).map(str::to_owned);
        let texts = texts.remove(&row.number).unwrap_or_default();
        let item = Arc::new(ExistingItem {
            slug: row.slug.clone(),
            is_deleted: row.is_deleted,
            programmes: linked.filter_map(|id| programmes.get(id).cloned()).collect(),
            titles: texts.into_iter().map(|text| text.title).collect(),
            measure: text("measure"),
            unit: text("unit"),
        });
        by_number.insert(row.number, Arc::clone(&item));
        existing.insert((row.kind, row.slug), item);
    }
    let former: Vec<(String, String, RowId)> = slugs::table
        .filter(slugs::kind.eq_any(kinds))
        .select((slugs::kind, slugs::slug, slugs::item))
        .load(connection)?;
    for (kind, slug, number) in former {
        if let (Some(kind), Some(item)) = (ResourceKind::parse(&kind), by_number.get(&number)) {
            existing.entry((kind, slug)).or_insert_with(|| Arc::clone(item));
        }
    }
    Ok(existing)
}

/// Returns the programmes with which items are linked: by their own reference, by those of the
/// values of an indicator or of a partner, as a partner of the programme, or, for results and their
/// indicators, by one another.
fn linked_programmes(rows: &[LinkedRow]) -> HashMap<Id, HashSet<Id>> {
    let mut linked: HashMap<Id, HashSet<Id>> = HashMap::new();
    let own_programme: HashMap<Id, Id> =
        rows.iter().filter_map(|row| Some((row.id, row.targets("programme").next()?))).collect();
    for row in rows {
        for partner in row.targets("partners").filter(|_| row.kind == ResourceKind::PROGRAMME) {
            linked.entry(partner).or_default().insert(row.id);
        }
        for programme in row.targets("programme") {
            let others = row.targets("indicator").chain(row.targets("partner"));
            for id in std::iter::once(row.id).chain(others) {
                linked.entry(id).or_default().insert(programme);
            }
        }
    }
    for row in rows.iter().filter(|row| row.kind == ResourceKind::INDICATOR) {
        for result in row.targets("result") {
            let programmes = linked.get(&row.id).cloned().unwrap_or_default();
            let of_result = own_programme.get(&result).copied();
            linked.entry(row.id).or_default().extend(of_result);
            linked.entry(result).or_default().extend(programmes);
        }
    }
    linked
}

/// An item with an IATI identifier.
struct IdentifiedRow {
    number: RowId,
    slug: String,
    identifier: String,
    acronym: Option<String>,
}

/// Loads the items of a kind that have an IATI identifier, in the order of their creation.
fn load_identified(
    connection: &mut Connection,
    kind: ResourceKind,
) -> Result<Vec<IdentifiedRow>, Error> {
    let rows: Vec<(RowId, String, String)> = items::table
        .filter(items::kind.eq(kind.as_str()))
        .filter(items::deleted_at.is_null())
        .order(items::number)
        .select((items::number, items::slug, items::fields))
        .load(connection)?;
    let identified = rows.into_iter().filter_map(|(number, slug, fields)| {
        let fields: Value = serde_json::from_str(&fields).ok()?;
        let text = |name: &str| fields.get(name).and_then(Value::as_str).map(str::to_owned);
        let (identifier, acronym) = (text("iati_identifier")?, text("acronym"));
        Some(IdentifiedRow { number, slug, identifier, acronym })
    });
    Ok(identified.collect())
}

/// Loads the partners that have an IATI identifier, with their names.
fn load_partners(connection: &mut Connection) -> Result<Vec<KnownPartner>, Error> {
    let rows = load_identified(connection, ResourceKind::PARTNER)?;
    let mut texts = load_all_texts(connection, rows.iter().map(|row| row.number))?;
    let partner = |row: IdentifiedRow| KnownPartner {
        names: texts
            .remove(&row.number)
            .unwrap_or_default()
            .into_iter()
            .map(|text| text.title)
            .chain(row.acronym)
            .collect(),
        slug: row.slug,
        identifier: row.identifier,
    };
    Ok(rows.into_iter().map(partner).collect())
}
