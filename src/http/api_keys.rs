//! API keys: 256 random bits, stored as a SHA-256 digest. The key itself is returned only once,
//! when it is created.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use diesel::prelude::*;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::db::schema::api_keys;
use crate::db::{Connection, Error, Id, Time};

/// The permissions of an API key; each role includes the previous ones.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Role {
    /// May read drafts.
    Viewer,
    /// May write.
    Editor,
    /// May do everything.
    Admin,
}

impl Role {
    /// All roles with their names.
    pub const ALL: [(&'static str, Self); 3] =
        [("viewer", Self::Viewer), ("editor", Self::Editor), ("admin", Self::Admin)];

    /// The name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Editor => "editor",
            Self::Admin => "admin",
        }
    }

    /// Parses a name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(known, _)| *known == name).map(|(_, role)| *role)
    }
}

/// The start of every API key, by which a leaked key is recognised.
pub const KEY_PREFIX: &str = "kino_";
/// Length of an API key without its prefix: 32 bytes in Base64.
pub const SECRET_LEN: usize = 43;

/// An API key as stored.
#[derive(Clone, Debug, Insertable, Queryable, Selectable)]
#[diesel(table_name = api_keys)]
pub struct ApiKey {
    /// Identifier, for listing and revoking.
    pub id: Id,
    /// Description of its purpose.
    pub name: String,
    /// Name of the role.
    pub role: String,
    /// SHA-256 digest of the key, hexadecimal.
    pub key_hash: String,
    /// Time of creation.
    pub created_at: Time,
    /// Time of expiry.
    pub expires_at: Option<Time>,
    /// Time of revocation.
    pub revoked_at: Option<Time>,
    /// Time of the last use, with a resolution of one minute.
    pub last_used_at: Option<Time>,
}

/// Creates a key and stores its digest. The second value is the key itself, which is not stored.
pub fn create_key(
    connection: &mut Connection,
    name: &str,
    role: Role,
    expires_at: Option<Time>,
) -> Result<(ApiKey, String), Error> {
    let mut bytes = [0_u8; 32];
    getrandom::fill(&mut bytes).map_err(|error| Error::Internal(error.to_string()))?;
    let secret = format!("{KEY_PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes));
    let key = ApiKey {
        id: Id::new(),
        name: name.to_owned(),
        role: role.as_str().to_owned(),
        key_hash: hash_key(&secret),
        created_at: Time::now(),
        expires_at,
        revoked_at: None,
        last_used_at: None,
    };
    diesel::insert_into(api_keys::table).values(&key).execute(connection)?;
    Ok((key, secret))
}

/// All keys, oldest first.
pub fn list_keys(connection: &mut Connection) -> Result<Vec<ApiKey>, Error> {
    Ok(api_keys::table.order(api_keys::created_at).select(ApiKey::as_select()).load(connection)?)
}

/// Finds a key by its secret, also one that is revoked or has expired.
pub fn find_key(connection: &mut Connection, secret: &str) -> Result<Option<ApiKey>, Error> {
    let digest = hash_key(secret);
    let key = api_keys::table
        .filter(api_keys::key_hash.eq(&digest))
        .select(ApiKey::as_select())
        .first::<ApiKey>(connection)
        .optional()?;
    Ok(key.filter(|key| bool::from(key.key_hash.as_bytes().ct_eq(digest.as_bytes()))))
}

/// Revokes a key. Returns whether it existed and was not revoked yet.
pub fn revoke_key(connection: &mut Connection, id: Id) -> Result<bool, Error> {
    let changed = diesel::update(
        api_keys::table.filter(api_keys::id.eq(id)).filter(api_keys::revoked_at.is_null()),
    )
    .set(api_keys::revoked_at.eq(Some(Time::now())))
    .execute(connection)?;
    Ok(changed > 0)
}

/// Records that a key was used now.
pub fn record_use(connection: &mut Connection, id: Id) -> Result<(), Error> {
    diesel::update(api_keys::table.filter(api_keys::id.eq(id)))
        .set(api_keys::last_used_at.eq(Some(Time::now())))
        .execute(connection)?;
    Ok(())
}

fn hash_key(secret: &str) -> String {
    let bytes: Vec<String> =
        Sha256::digest(secret.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
    bytes.concat()
}
