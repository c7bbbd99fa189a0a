//! Conditional requests (RFC 9110 section 13): strong entity tags derived from revisions, not from
//! bytes.
//!
//! The entity tag of an item is `"<revision>.<item>.<representation>"`. `If-None-Match` compares
//! the whole tag. `If-Match` protects the item and not one representation: it compares only the
//! first two parts and so accepts the tag of any representation. A new version of the schema changes
//! the last part, since the migration may have changed what is represented.

use std::convert::Infallible;
use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::header::{self, Header};
use actix_web::{FromRequest, HttpRequest};
use serde::Serialize;

use super::problem::{Problem, ProblemKind};
use crate::db::schema_version::SCHEMA_VERSION;
use crate::db::{Id, Time};
use crate::text::fingerprint::Fingerprint;

/// An entity tag: a validator of a representation.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct EntityTag(String);

impl EntityTag {
    /// The entity tag of an item in one representation.
    pub fn for_item(version: ItemVersion, representation: &(impl Serialize + ?Sized)) -> Self {
        let representation = hash(&(SCHEMA_VERSION, representation));
        Self(format!("\"{}.{representation}\"", version.revision_part()))
    }

    /// The entity tag of any other representation; changes with `key`.
    pub fn from_key(key: &(impl Serialize + ?Sized)) -> Self {
        Self(format!("\"{}\"", hash(&(SCHEMA_VERSION, key))))
    }

    /// The value of the `ETag` header, in quotes.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The value without quotes.
    fn opaque(&self) -> &str {
        self.0.trim_matches('"')
    }
}

/// A state of an item or of one of its text tracks, which `If-Match` protects.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ItemVersion {
    /// Identifier of the item or track.
    pub id: Id,
    /// Its revision.
    pub revision: i64,
    /// The nonce of the write that created the revision. After a restore or a failover that lost
    /// writes, another write may create the same revision.
    pub nonce: i64,
}

impl ItemVersion {
    fn revision_part(self) -> String {
        let Self { id, revision, nonce } = self;
        let item = hash(&(id, revision, nonce));
        format!("{revision}.{}", item.get(..8).unwrap_or_default())
    }
}

/// Length of the hashes in entity tags, in bytes.
const HASH_LEN: usize = 12;

fn hash(key: &(impl Serialize + ?Sized)) -> String {
    Fingerprint::of(key).to_base64(HASH_LEN)
}

/// The validators of a representation, sent as `ETag` and `Last-Modified`.
#[derive(Clone, Debug)]
pub struct CacheValidators {
    /// The entity tag.
    pub tag: EntityTag,
    /// When anything in the representation last changed.
    pub last_modified: Option<Time>,
    /// When the representation may next change on schedule. Caches must not use it after that.
    pub fresh_until: Option<Time>,
}

impl CacheValidators {
    /// Loads the representation, unless the client has it already. This is the only decision
    /// between 200 and 304; everything after it matches on the result.
    pub fn unless_current<T, E>(
        self,
        condition: &ConditionalGet,
        load: impl FnOnce() -> Result<T, E>,
    ) -> Result<Freshness<T>, E> {
        if condition.is_current(&self) {
            return Ok(Freshness::NotModified(self));
        }
        Ok(Freshness::Fresh(self, load()?))
    }

    /// `ETag` and, where the time of the last change is known, `Last-Modified`.
    pub fn headers(&self) -> Vec<(String, String)> {
        let mut headers = vec![(header::ETAG.to_string(), self.tag.as_str().to_owned())];
        if let Some(time) = self.last_modified.filter(|time| time.micros() > 0) {
            headers.push((header::LAST_MODIFIED.to_string(), to_http_date(time)));
        }
        headers
    }
}

/// The result of a conditional read.
#[derive(Clone, Debug)]
pub enum Freshness<T> {
    /// The client has the current representation: respond with 304.
    NotModified(CacheValidators),
    /// The client needs the representation: respond with 200.
    Fresh(CacheValidators, T),
}

/// The preconditions of a read (RFC 9110 section 13.2.2): `If-None-Match`, compared weakly, or
/// without it `If-Modified-Since`.
///
/// Members of `If-None-Match` that are not entity tags match nothing.
#[derive(Clone, Debug)]
pub struct ConditionalGet {
    if_none_match: Option<header::IfNoneMatch>,
    if_modified_since: Option<i64>,
}

impl ConditionalGet {
    /// Parses the headers of a request.
    pub fn parse(request: &HttpRequest) -> Self {
        let headers = request.headers();
        let if_none_match = headers.contains_key(header::IF_NONE_MATCH).then(|| {
            header::IfNoneMatch::parse(request)
                .unwrap_or_else(|_| header::IfNoneMatch::Items(Vec::new()))
        });
        let if_modified_since = headers
            .get(header::IF_MODIFIED_SINCE)
            .and_then(|value| value.to_str().ok())
            .and_then(parse_http_date);
        Self { if_none_match, if_modified_since }
    }

    /// Whether the client has the representation that these validators identify.
    pub fn is_current(&self, validators: &CacheValidators) -> bool {
        match &self.if_none_match {
            Some(header::IfNoneMatch::Any) => true,
            Some(header::IfNoneMatch::Items(tags)) => {
                tags.iter().any(|tag| tag.tag() == validators.tag.opaque())
            }
            None => match (self.if_modified_since, validators.last_modified) {
                (Some(since), Some(changed_at)) => changed_at.0.timestamp() <= since,
                _ => false,
            },
        }
    }
}

impl FromRequest for ConditionalGet {
    type Error = Infallible;
    type Future = Ready<Result<Self, Infallible>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Self::parse(request)))
    }
}

/// The preconditions of a write.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Precondition {
    /// `If-Match`: entity tags, one of which must match the item, or `*`.
    if_match: Option<String>,
    /// `If-None-Match: *`: the item must not exist.
    must_be_absent: bool,
    /// Whether a change without `If-Match` is rejected.
    required: bool,
}

impl Precondition {
    /// Parses the headers of a request.
    pub fn from_request(request: &HttpRequest) -> Result<Self, Problem> {
        let joined = |name: header::HeaderName| {
            let values: Vec<&str> =
                request.headers().get_all(name).filter_map(|value| value.to_str().ok()).collect();
            (!values.is_empty()).then(|| values.join(", "))
        };
        let absent = joined(header::IF_NONE_MATCH);
        if let Some(other) = absent.as_deref().filter(|value| value.trim() != "*") {
            return Err(Problem::invalid_parameter(
                "If-None-Match",
                "invalid_value",
                format!(
                    "Writes support only `If-None-Match: *`, not `{}`.",
                    crate::text::truncate_for_message(other)
                ),
            ));
        }
        Ok(Self {
            if_match: joined(header::IF_MATCH),
            must_be_absent: absent.is_some(),
            required: false,
        })
    }

    /// Sets whether a change without `If-Match` is rejected.
    #[must_use]
    pub fn required(self, required: bool) -> Self {
        Self { required, ..self }
    }

    /// Checks the preconditions against an existing item.
    pub fn check(&self, version: ItemVersion) -> Result<(), Problem> {
        if self.must_be_absent {
            return Err(Problem::new(
                ProblemKind::PreconditionFailed,
                "The item already exists (`If-None-Match: *`).",
            ));
        }
        let Some(if_match) = &self.if_match else {
            if self.required {
                return Err(Problem::new(
                    ProblemKind::PreconditionRequired,
                    "Get the item and send its `ETag` in `If-Match`.",
                ));
            }
            return Ok(());
        };
        let current = version.revision_part();
        let holds = if_match.trim() == "*"
            || parse_etag_list(if_match).any(|tag| {
                tag.trim_matches('"').rsplit_once('.').is_some_and(|(front, _)| front == current)
            });
        if holds {
            return Ok(());
        }
        let is_weak = if_match.split(',').any(|tag| tag.trim_start().starts_with("W/"));
        let detail = if is_weak {
            "`If-Match` has a weak ETag (`W/\"…\"`), which never matches: it requires a strong comparison (RFC 9110 section 13.1.1). A proxy has weakened the ETag that the server sent, probably because it compressed the response; configure it to pass responses unchanged, or remove the `W/`."
        } else {
            "The item has changed since it was read: no ETag in `If-Match` matches the current one."
        };
        Err(Problem::new(ProblemKind::PreconditionFailed, detail))
    }

    /// Checks the preconditions for an item that does not exist.
    pub fn check_absent(&self) -> Result<(), Problem> {
        if self.if_match.is_some() {
            return Err(Problem::new(
                ProblemKind::PreconditionFailed,
                "The item does not exist, so `If-Match` cannot match.",
            ));
        }
        Ok(())
    }
}

/// The members of a list of entity tags; a weak tag keeps its `W/` and so never equals a strong
/// one.
fn parse_etag_list(value: &str) -> impl Iterator<Item = &str> {
    value.split(',').map(str::trim).filter(|tag| tag.trim_start_matches("W/").starts_with('"'))
}

fn parse_http_date(text: &str) -> Option<i64> {
    let date: header::HttpDate = text.parse().ok()?;
    let time = std::time::SystemTime::from(date);
    let seconds = time.duration_since(std::time::UNIX_EPOCH).ok()?.as_secs();
    i64::try_from(seconds).ok()
}

/// Formats a time as an `HTTP-date` (RFC 9110 section 5.6.7).
pub fn to_http_date(time: Time) -> String {
    time.0.format("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    fn precondition(name: &str, value: &str) -> Precondition {
        let request = TestRequest::default().insert_header((name, value)).to_http_request();
        Precondition::from_request(&request).unwrap_or_default()
    }

    #[test]
    fn if_match_accepts_any_representation_of_current_revision() {
        let current = ItemVersion { id: Id::new(), revision: 3, nonce: 7 };
        let tag = EntityTag::for_item(current, "en");
        let other_representation = EntityTag::for_item(current, "mk");
        let matches =
            |tag: &str, version: ItemVersion| precondition("If-Match", tag).check(version).is_ok();
        assert!(matches(tag.as_str(), current) && matches("*", current));
        assert!(matches(&format!("\"x\", {}", other_representation.as_str()), current));
        for other in [
            ItemVersion { revision: 4, ..current },
            ItemVersion { id: Id::new(), ..current },
            ItemVersion { nonce: 8, ..current },
        ] {
            assert!(!matches(tag.as_str(), other), "{other:?}");
        }
        let weak = precondition("If-Match", &format!("W/{}", tag.as_str())).check(current);
        assert!(
            weak.is_err_and(|problem| problem.detail.contains("proxy")),
            "a weak tag never matches"
        );
    }

    #[test]
    fn if_none_match_compares_weakly_and_takes_precedence_over_dates() {
        let validators = CacheValidators {
            tag: EntityTag::from_key("state"),
            last_modified: Some(Time::now()),
            fresh_until: None,
        };
        let tag = validators.tag.as_str();
        let is_current = |value: &str| {
            let request = TestRequest::default()
                .insert_header(("If-None-Match", value))
                .insert_header(("If-Modified-Since", "Fri, 31 Dec 9999 23:59:59 GMT"))
                .to_http_request();
            ConditionalGet::parse(&request).is_current(&validators)
        };
        assert!(is_current(&format!("\"a\", W/{tag}")));
        assert!(is_current(&format!(" ,{tag},")), "empty members of the list are ignored");
        assert!(is_current("*"));
        for other in ["\"a\"", &format!("x{tag}"), &format!("{tag}-gzip"), "\"", "", ","] {
            assert!(!is_current(other), "{other}");
        }
    }
}
