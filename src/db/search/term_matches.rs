//! Items that contain a term. Excluded terms are loaded before a search and tested as a set: the
//! full-text index would evaluate them again for each match and each rank.

use diesel::sql_types::BigInt;

use crate::db::connection::Connection;
use crate::db::error::Error;
use crate::db::row_id_bitmap::RowIdBitmap;
use crate::db::search::ITEM_ROW_ID_SQL;
use crate::db::search::match_dialects::{ScanMethod, to_condition};
use crate::db::search::match_expr::any_field_expr;
use crate::db::search::search_plan::IndexSearch;
use crate::db::sql_fragment::{Fragment, Statement};
use crate::db::types::RowId;
use crate::text::query::Term;

/// Loads the items of a kind that contain `term` in the fields of the search.
pub fn load_items_with_term(
    connection: &mut Connection,
    index_search: IndexSearch<'_>,
    kind: char,
    term: &Term,
) -> Result<RowIdBitmap, Error> {
    let expr = any_field_expr(term, kind, &index_search.scope.fields());
    let statement = Fragment::new("SELECT ")
        .sql(ITEM_ROW_ID_SQL)
        .sql(" FROM search_index WHERE ")
        .append(&to_condition(&expr, index_search.frequencies, ScanMethod::Index))
        .sql(" AND ")
        .sql(index_search.audience.entry_condition());
    let row_ids: Vec<RowId> = Statement::<BigInt>::new(statement).load_rows(connection)?;
    Ok(row_ids.into_iter().collect())
}
