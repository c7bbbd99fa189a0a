//! API keys: 256 random bits, kept as a SHA-256 digest, shown once.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use diesel::prelude::*;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::db::schema::api_keys;
use crate::db::{Connection, Error, Id, Time};
use crate::http::problem::{Problem, ProblemKind};

/// What a key allows; each role includes those before it.
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

    /// Reads the name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(known, _)| *known == name).map(|(_, role)| *role)
    }
}

/// What the caller may see.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Visibility {
    /// Published items in published languages.
    Published,
    /// Everything.
    All,
}

impl Visibility {
    /// Whether drafts are to be seen.
    pub fn includes_unpublished(self) -> bool {
        self == Self::All
    }
}

/// A key as stored.
#[derive(Clone, Debug, Insertable, Queryable, Selectable)]
#[diesel(table_name = api_keys)]
pub struct ApiKey {
    /// Identifier, for listing and revoking.
    pub id: Id,
    /// What it is for.
    pub name: String,
    /// Role.
    pub role: String,
    /// SHA-256 of the key, hexadecimal.
    pub digest: String,
    /// When it was made.
    pub created_at: Time,
    /// When it stops working.
    pub expires_at: Option<Time>,
    /// When it was revoked.
    pub revoked_at: Option<Time>,
    /// When it was last used, to the minute.
    pub last_used_at: Option<Time>,
}

/// Makes a key and stores its digest. The key itself is returned once and kept nowhere.
pub fn create_key(
    connection: &mut Connection,
    name: &str,
    role: Role,
    expires_at: Option<Time>,
) -> Result<(ApiKey, String), Error> {
    let mut bytes = [0_u8; 32];
    getrandom::fill(&mut bytes).map_err(|error| Error::Internal(error.to_string()))?;
    let secret = format!("kino_{}", URL_SAFE_NO_PAD.encode(bytes));
    let key = ApiKey {
        id: Id::new(),
        name: name.to_owned(),
        role: role.as_str().to_owned(),
        digest: hash_key(&secret),
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

/// Revokes a key; says whether there was one that worked.
pub fn revoke_key(connection: &mut Connection, id: Id) -> Result<bool, Error> {
    let changed = diesel::update(
        api_keys::table.filter(api_keys::id.eq(id)).filter(api_keys::revoked_at.is_null()),
    )
    .set(api_keys::revoked_at.eq(Some(Time::now())))
    .execute(connection)?;
    Ok(changed > 0)
}

/// Notes that a key was used now.
pub fn record_use(connection: &mut Connection, id: Id) -> Result<(), Error> {
    diesel::update(api_keys::table.filter(api_keys::id.eq(id)))
        .set(api_keys::last_used_at.eq(Some(Time::now())))
        .execute(connection)?;
    Ok(())
}

/// Reads the `Authorization` header: `None` without one, the token with one, a problem if it is not
/// `Bearer`.
pub fn parse_bearer(
    header: Option<&actix_web::http::header::HeaderValue>,
) -> Result<Option<String>, Problem> {
    let Some(value) = header else { return Ok(None) };
    let token = value.to_str().ok().and_then(|text| {
        let (scheme, token) = text.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| token.trim().to_owned())
    });
    match token {
        Some(token) if !token.is_empty() => Ok(Some(token)),
        _ => Err(unauthenticated("The Authorization header must read `Bearer` and a key.")),
    }
}

/// Finds the key behind a token.
pub fn authenticate(connection: &mut Connection, token: &str) -> Result<(ApiKey, Role), Problem> {
    let wanted = hash_key(token);
    let key = api_keys::table
        .filter(api_keys::digest.eq(&wanted))
        .select(ApiKey::as_select())
        .first::<ApiKey>(connection)
        .optional()?;
    let now = Time::now();
    let key = key.filter(|key| bool::from(key.digest.as_bytes().ct_eq(wanted.as_bytes())));
    let Some(key) = key else { return Err(unauthenticated("The key is not known.")) };
    if key.revoked_at.is_some() {
        return Err(unauthenticated("The key has been revoked."));
    }
    if key.expires_at.is_some_and(|expiry| expiry <= now) {
        return Err(unauthenticated("The key has expired."));
    }
    let role = Role::parse(&key.role).ok_or_else(|| {
        Problem::internal(format!("key {} has the unknown role {}", key.id, key.role))
    })?;
    Ok((key, role))
}

/// 401 with the challenge that RFC 9110 section 11.6.1 asks for.
pub fn unauthenticated(detail: &str) -> Problem {
    Problem::new(ProblemKind::Unauthenticated, detail)
        .with_header(actix_web::http::header::WWW_AUTHENTICATE, "Bearer realm=\"kinoteka\"")
}

fn hash_key(secret: &str) -> String {
    let bytes: Vec<String> =
        Sha256::digest(secret.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
    bytes.concat()
}
