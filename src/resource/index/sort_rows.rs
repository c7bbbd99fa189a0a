//! The sort tables: the columns by which the items of a kind are sorted, one row per item.

use diesel::prelude::*;
use diesel::sql_types::BigInt;

use crate::db::sql_fragment::{Bind, Fragment, Statement};
use crate::db::{Connection, RowId};
use crate::resource::index::{IndexChange, IndexedItem};
use crate::resource::model::resource::ResourceModel;

/// Stores the row of an item in the sort table of its kind, if the kind declares one.
pub fn save_sort_row<S: ResourceModel>(
    connection: &mut Connection,
    indexed: IndexedItem<'_, S::Fields>,
    change: IndexChange,
) -> Result<(), crate::db::Error> {
    let IndexedItem { item, fields, references, .. } = indexed;
    let Some(table) = &S::SCHEMA.sort_table else { return Ok(()) };
    if change == IndexChange::Replace {
        delete_sort_row::<S>(connection, item.number)?;
    }
    let values = std::iter::once(Bind::Integer(item.number))
        .chain(S::sort_columns(item, fields, references));
    let columns = table.columns.join(", ");
    let statement =
        Fragment::new(format!("INSERT INTO {} (number, {columns}) VALUES (", table.name))
            .binds(values)
            .sql(")");
    Statement::<BigInt>::new(statement).execute(connection)?;
    Ok(())
}

/// Deletes the row of an item from the sort table of its kind.
pub fn delete_sort_row<S: ResourceModel>(
    connection: &mut Connection,
    number: RowId,
) -> Result<(), crate::db::Error> {
    if let Some(table) = &S::SCHEMA.sort_table {
        let statement = Fragment::new(format!("DELETE FROM {} WHERE number = ", table.name))
            .bind(Bind::Integer(number));
        Statement::<BigInt>::new(statement).execute(connection)?;
    }
    Ok(())
}
