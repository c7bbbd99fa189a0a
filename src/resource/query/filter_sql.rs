//! SQL predicates of filters and statuses, shared by the parts of a list query.

use crate::db::driving_table::DrivingTable;
use crate::db::sql_fragment::{Bind, Fragment};
use crate::resource::model::item::Status;

/// Returns a subquery for the filter index rows of an item that have one of these values.
pub fn filter_match(driving_table: DrivingTable, facet: &str, values: &[String]) -> Fragment {
    let walk = if driving_table == DrivingTable::FilterIndex {
        " INDEXED BY filter_index_newest WHERE "
    } else {
        " WHERE "
    };
    Fragment::new("SELECT 1 FROM filter_index")
        .by_backend(walk, " WHERE ")
        .sql("filter_index.item = ")
        .sql(driving_table.row_id_column())
        .sql(driving_table.filter_index_join())
        .sql(format!(" AND filter_index.term IN (SELECT filter_terms.number FROM filter_terms WHERE filter_terms.field = '{facet}' AND filter_terms.value IN ("))
        .binds(values.iter().cloned().map(Bind::Text))
        .sql("))")
        .by_backend("", force_order(driving_table))
}

/// Returns the SQL that makes PostgreSQL evaluate a subquery row by row, in order, until the page
/// is full. Otherwise it would join both sides completely and sort the result.
pub(super) fn force_order(driving_table: DrivingTable) -> &'static str {
    if driving_table == DrivingTable::FilterIndex { " OFFSET 0" } else { "" }
}

/// Returns a subquery for the id of a filter term. It is NULL, which equals nothing, if no item has
/// the value.
pub(super) fn term_id_subquery(field: &str, value: &str) -> Fragment {
    Fragment::new(format!(
        "(SELECT filter_terms.number FROM filter_terms WHERE filter_terms.field = '{field}' AND filter_terms.value = "
    ))
    .bind(Bind::Text(value.to_owned()))
    .sql(")")
}

/// Returns the predicates for items with these statuses, or for public items without statuses.
/// Matches of the full-text index (`searched`) need fewer predicates: the index has separate
/// entries for public items, and none for soft-deleted ones.
pub fn status_predicates(statuses: Option<&[Status]>, searched: bool) -> Vec<Fragment> {
    match statuses {
        None if searched => Vec::new(),
        None => vec![Fragment::new("items.is_public = TRUE")],
        Some(statuses) if searched && statuses.len() == Status::ALL.len() => Vec::new(),
        Some(statuses) => {
            let mut predicates = vec![Fragment::new("items.deleted_at IS NULL")];
            if statuses.len() < Status::ALL.len() {
                let names: Vec<String> =
                    statuses.iter().map(|status| format!("'{}'", status.as_str())).collect();
                predicates.push(Fragment::new(format!("items.status IN ({})", names.join(", "))));
            }
            predicates
        }
    }
}
