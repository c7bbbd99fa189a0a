//! Export of many programmes in batches, so that their related items fit into memory.

use std::collections::{BTreeSet, HashMap};

use diesel::sql_types::{BigInt, Text};

use crate::db::sql_fragment::{Bind, Fragment, Statement, integer_in_fragment};
use crate::db::types::sql::Uuid;
use crate::db::{Connection, Error, Id, RowId};
use crate::http::auth::Visibility;
use crate::http::problem::Problem;
use crate::iati::export::context::ExportContext;
use crate::iati::export::{ActivityExport, FileProgress, export_activities, export_for_merge};
use crate::iati::load::ExportData;
use crate::programmes::resource::Programmes;
use crate::resource::view::context::RenderContext;
use crate::resource::view::load::load_by_row_ids;
use crate::{impact, videos};

/// Number of items of a batch: programmes, their statistics and videos. A single programme may have
/// more.
const ITEMS_PER_BATCH: i64 = 200;

/// Divides programmes into batches, in order.
pub fn divide_into_batches(
    connection: &mut Connection,
    programmes: &[RowId],
) -> Result<Vec<Vec<RowId>>, Error> {
    let related_counts = load_related_counts(connection)?;
    let statement = Fragment::new("SELECT items.number, items.id FROM items WHERE ")
        .append(&integer_in_fragment("items.number", programmes.iter().copied()));
    let ids: Vec<(RowId, Id)> =
        Statement::<(BigInt, Uuid)>::new(statement).load_rows(connection)?;
    let item_counts: HashMap<RowId, i64> = ids
        .into_iter()
        .map(|(row_id, id)| (row_id, *related_counts.get(&id.to_string()).unwrap_or(&0)))
        .collect();
    let mut batches: Vec<Vec<RowId>> = Vec::new();
    let mut room = 0;
    for programme in programmes {
        let items = item_counts.get(programme).unwrap_or(&0).saturating_add(1);
        if let Some(batch) = batches.last_mut().filter(|_| items <= room) {
            batch.push(*programme);
        } else {
            batches.push(vec![*programme]);
            room = ITEMS_PER_BATCH;
        }
        room = room.saturating_sub(items);
    }
    Ok(batches)
}

/// Returns the number of statistics and videos of each programme, by its identifier.
fn load_related_counts(connection: &mut Connection) -> Result<HashMap<String, i64>, Error> {
    let fields = [&impact::schema::SCHEMA, &videos::schema::SCHEMA]
        .map(|schema| Bind::Text(schema.index_field("programme")));
    let statement = Fragment::new(
        "SELECT filter_terms.value, COUNT(*) FROM filter_terms JOIN filter_index ON filter_index.term = filter_terms.number \
         WHERE filter_terms.field IN (",
    )
    .binds(fields)
    .sql(") GROUP BY filter_terms.value");
    let rows: Vec<(String, i64)> =
        Statement::<(Text, BigInt)>::new(statement).load_rows(connection)?;
    Ok(rows.into_iter().collect())
}

/// Exports programmes batch by batch.
pub struct BatchExport<'a> {
    context: &'a ExportContext<'a>,
    progress: FileProgress,
}

impl<'a> BatchExport<'a> {
    /// Creates an export of programmes.
    pub fn new(context: &'a ExportContext<'a>) -> Self {
        Self { context, progress: FileProgress::default() }
    }

    /// Exports the next programmes; those that are no longer public are left out.
    /// `render_context` must select all languages.
    pub fn export(
        &mut self,
        connection: &mut Connection,
        programmes: &[RowId],
        render_context: RenderContext,
    ) -> Result<ActivityExport, Problem> {
        let data = load_batch(connection, programmes, render_context)?;
        Ok(export_activities(&data, self.context, &mut self.progress))
    }

    /// Exports the programmes with these identifiers among the next ones, complete or not.
    pub fn export_for_merge(
        &mut self,
        connection: &mut Connection,
        programmes: &[RowId],
        render_context: RenderContext,
        identifiers: &BTreeSet<String>,
    ) -> Result<ActivityExport, Problem> {
        let data = load_batch(connection, programmes, render_context)?;
        Ok(export_for_merge(&data, self.context, &mut self.progress, identifiers))
    }
}

fn load_batch(
    connection: &mut Connection,
    programmes: &[RowId],
    mut render_context: RenderContext,
) -> Result<ExportData, Problem> {
    let programmes = load_by_row_ids::<Programmes>(
        connection,
        programmes,
        Visibility::Published,
        &mut render_context,
    )?;
    ExportData::load(connection, programmes, &mut render_context)
}
