//! What the public sees otherwise than before, noted in the transaction that changes it, until the
//! hub has been told (`WebSub`).
//!
//! Only where there is a hub (`KINOTEKA_WEBSUB_HUB`): without one nothing is noted. `feeds::hub`
//! tells it.

use diesel::RunQueryDsl;
use diesel::sql_types::BigInt;

use crate::config::Settings;
use crate::db::sql_fragment::{Bind, Fragment, Statement};
use crate::db::{Connection, Error, Time};
use crate::resource::schema::ResourceKind;

/// Notes that items of a kind changed which the public sees, or saw until then. One row stands for
/// all changes of a kind that the hub has not been told of; last in a transaction, since every
/// writer needs it.
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
