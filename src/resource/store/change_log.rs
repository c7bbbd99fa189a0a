//! Log of changes to public feeds, for notifications of the `WebSub` hub.
//!
//! Changes are recorded in the transaction that makes them and remain until the hub has been
//! notified by `feeds::hub`. Without a configured hub (`KINOTEKA_WEBSUB_HUB`), nothing is recorded.

use diesel::RunQueryDsl;
use diesel::sql_types::BigInt;

use crate::config::Settings;
use crate::db::sql_fragment::{Bind, Fragment, Statement};
use crate::db::{Connection, Error, Time};
use crate::resource::schema::ResourceKind;

/// Records that the publicly visible items of a kind changed, which includes items that were public
/// before the change. One row per kind represents all changes of which the hub has not been
/// notified. Call it last in a transaction, since all writers update the same row.
pub fn record_feed_change(
    connection: &mut Connection,
    settings: &Settings,
    kind: ResourceKind,
) -> Result<(), Error> {
    if settings.websub_hub.is_none() {
        return Ok(());
    }
    let now = Time::now();
    let row = Fragment::new("INSERT INTO feed_changes (kind, first_at, last_at) VALUES (")
        .binds([Bind::Text(kind.as_str().to_owned()), Bind::Time(now), Bind::Time(now)])
        .sql(") ON CONFLICT (kind) DO UPDATE SET last_at = excluded.last_at");
    Statement::<BigInt>::new(row).execute(connection)?;
    Ok(())
}
