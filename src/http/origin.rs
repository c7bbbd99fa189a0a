//! The base URL of absolute links: the configured one, or that of the request if its host is
//! allowed.
//!
//! A client chooses `Host`, and can send `Forwarded` and `X-Forwarded-*`. Without a configured base
//! URL, only the allowed hosts are used, and forwarded headers count only if a trusted proxy sent
//! them: in a list, its last member, which that proxy added.

use std::net::IpAddr;
use std::str::FromStr;

use actix_web::dev::RequestHead;
use actix_web::http::header::{self, HeaderMap, HeaderName};
use ipnet::IpNet;
use url::Host;

use crate::http::problem::{Problem, ProblemKind};
use crate::text::truncate_for_message;

const X_FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
const X_FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// The base URL of a request, without a trailing slash.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct BaseUrl(pub String);

/// How the base URL of a request is determined.
#[derive(Clone, Debug)]
pub struct OriginPolicy {
    /// The configured base URL, without a trailing slash.
    pub base_url: Option<String>,
    /// Hosts that requests may name.
    pub allowed_hosts: AllowedHosts,
    /// Networks whose forwarded headers count.
    pub trusted_proxies: Vec<IpNet>,
}

/// The hosts that requests may name if no base URL is configured.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub enum AllowedHosts {
    /// `localhost` and loopback addresses.
    #[default]
    Loopback,
    /// These hosts.
    List(Vec<Host>),
    /// Every host.
    Any,
}

impl AllowedHosts {
    /// Parses a list of host names and addresses without ports; `*` allows every host. The error is
    /// the member that is not a host.
    pub fn parse(hosts: &[String]) -> Result<Self, String> {
        if hosts.iter().any(|host| host == "*") {
            return Ok(Self::Any);
        }
        if hosts.is_empty() {
            return Ok(Self::Loopback);
        }
        let parsed: Result<_, String> =
            hosts.iter().map(|host| parse_host(host).ok_or_else(|| host.clone())).collect();
        parsed.map(Self::List)
    }

    fn allow(&self, host: &Host) -> bool {
        match self {
            Self::Any => true,
            Self::List(hosts) => hosts.contains(host),
            Self::Loopback => match host {
                Host::Domain(name) => name == "localhost",
                Host::Ipv4(address) => address.is_loopback(),
                Host::Ipv6(address) => address.is_loopback(),
            },
        }
    }
}

impl OriginPolicy {
    /// Determines the base URL of a request from a client at this address. Fails if `Host` is
    /// malformed (RFC 9112 section 3.2) or not allowed.
    pub fn base_url_of(
        &self,
        head: &RequestHead,
        peer: Option<IpAddr>,
    ) -> Result<BaseUrl, Problem> {
        let malformed =
            || Problem::new(ProblemKind::Malformed, "The header `Host` is not a host name.");
        let host = head.headers().get(header::HOST);
        let host = match host.map(|value| value.to_str().ok().filter(|host| is_plain(host))) {
            None => None,
            Some(host) => Some(host.ok_or_else(malformed)?),
        };
        if let Some(base_url) = &self.base_url {
            return Ok(BaseUrl(base_url.clone()));
        }
        let host = match host {
            None => None,
            Some(host) => Some(Authority::parse(host).ok_or_else(malformed)?),
        };
        let is_trusted = peer.is_some_and(|peer| {
            self.trusted_proxies.iter().any(|network| network.contains(&peer.to_canonical()))
        });
        let forwarded =
            if is_trusted { Forwarded::parse(head.headers())? } else { Forwarded::default() };
        let authority = forwarded.host.or(host).ok_or_else(|| {
            Problem::new(ProblemKind::Malformed, "The request lacks the header `Host`.")
        })?;
        if !self.allowed_hosts.allow(&authority.host) {
            let detail = format!(
                "This server does not answer for the host `{}`. Its operator sets KINOTEKA_BASE_URL, or adds the host to KINOTEKA_ALLOWED_HOSTS.",
                truncate_for_message(&authority.host.to_string())
            );
            return Err(Problem::new(ProblemKind::MisdirectedRequest, detail));
        }
        let scheme = if forwarded.is_https { "https" } else { "http" };
        let Authority { host, port } = authority;
        let port = port.map_or_else(String::new, |port| format!(":{port}"));
        Ok(BaseUrl(format!("{scheme}://{host}{port}")))
    }
}

/// A host with an optional port.
#[derive(Debug, Eq, PartialEq)]
struct Authority {
    host: Host,
    port: Option<u16>,
}

impl Authority {
    fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (host, port) = match text.rsplit_once(':') {
            // The colons of an IPv6 address are within brackets.
            Some((host, port)) if !port.contains(']') => (host, Some(port)),
            _ => (text, None),
        };
        let port = match port.filter(|port| !port.is_empty()) {
            Some(port) if port.bytes().all(|byte| byte.is_ascii_digit()) => {
                Some(u16::from_str(port).ok()?)
            }
            Some(_) => return None,
            None => None,
        };
        Some(Self { host: parse_host(host)?, port })
    }
}

fn parse_host(text: &str) -> Option<Host> {
    // The parser decodes percent-encoding and other alphabets, which `Host` does not contain.
    Host::parse(text).ok().filter(|_| is_plain(text))
}

fn is_plain(text: &str) -> bool {
    text.bytes().all(|byte| {
        byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'[' | b']' | b':')
    })
}

/// What a trusted proxy forwarded.
#[derive(Debug, Default)]
struct Forwarded {
    host: Option<Authority>,
    is_https: bool,
}

impl Forwarded {
    /// Reads `Forwarded` (RFC 7239), otherwise `X-Forwarded-Host` and `X-Forwarded-Proto`. Fails if
    /// there are both: a proxy sets one kind, so the client sent the other.
    fn parse(headers: &HeaderMap) -> Result<Self, Problem> {
        let has_both = headers.contains_key(header::FORWARDED)
            && (headers.contains_key(X_FORWARDED_HOST) || headers.contains_key(X_FORWARDED_PROTO));
        if has_both {
            let detail = "The request has `Forwarded` and `X-Forwarded-*`. The proxy must remove the one that it does not set.";
            return Err(Problem::new(ProblemKind::Malformed, detail));
        }
        if let Some(element) = last_member(headers, &header::FORWARDED) {
            let parameter = |name: &str| {
                element.split(';').find_map(|pair| {
                    let (key, value) = pair.split_once('=')?;
                    key.trim().eq_ignore_ascii_case(name).then(|| value.trim().trim_matches('"'))
                })
            };
            return Ok(Self::new(parameter("host"), parameter("proto")));
        }
        let (host, proto) = (&X_FORWARDED_HOST, &X_FORWARDED_PROTO);
        Ok(Self::new(last_member(headers, host), last_member(headers, proto)))
    }

    fn new(host: Option<&str>, proto: Option<&str>) -> Self {
        Self {
            host: host.and_then(Authority::parse),
            is_https: proto.is_some_and(|proto| proto.eq_ignore_ascii_case("https")),
        }
    }
}

/// The last member of the lists in a header.
fn last_member<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    let value = headers.get_all(name).last()?.to_str().ok()?;
    value.rsplit(',').next().map(str::trim).filter(|member| !member.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    fn base_url(
        policy: &OriginPolicy,
        peer: &str,
        headers: &[(&str, &str)],
    ) -> Result<String, u16> {
        let request = headers
            .iter()
            .fold(TestRequest::default(), |request, header| request.insert_header(*header))
            .to_http_request();
        policy
            .base_url_of(request.head(), peer.parse().ok())
            .map(|base| base.0)
            .map_err(|problem| problem.kind.definition().status)
    }

    fn policy(hosts: &[&str], proxies: &[&str]) -> OriginPolicy {
        let hosts: Vec<String> = hosts.iter().map(|host| (*host).to_owned()).collect();
        OriginPolicy {
            base_url: None,
            allowed_hosts: AllowedHosts::parse(&hosts).unwrap(),
            trusted_proxies: proxies.iter().map(|network| network.parse().unwrap()).collect(),
        }
    }

    #[test]
    fn loopback_hosts_are_allowed_by_default() {
        let policy = policy(&[], &[]);
        for (host, expected) in [
            ("localhost:8080", Ok("http://localhost:8080")),
            ("LOCALHOST", Ok("http://localhost")),
            ("127.0.0.1:80", Ok("http://127.0.0.1:80")),
            ("127.8.9.1", Ok("http://127.8.9.1")),
            ("[::1]:8080", Ok("http://[::1]:8080")),
            ("evil.example", Err(421)),
            ("localhost.evil.example", Err(421)),
            ("10.0.0.1", Err(421)),
            ("a b", Err(400)),
            ("\"><svg/onload=1>", Err(400)),
            ("a>; rel=\"stylesheet\", <https://evil.example", Err(400)),
            ("localhost:80:90", Err(400)),
            ("localhost:99999", Err(400)),
            ("user@localhost", Err(400)),
            ("localhost/x", Err(400)),
            ("%6cocalhost", Err(400)),
            ("", Err(400)),
        ] {
            let found = base_url(&policy, "127.0.0.1", &[("host", host)]);
            assert_eq!(found, expected.map(str::to_owned), "{host}");
        }
        assert_eq!(base_url(&policy, "127.0.0.1", &[]), Err(400));
    }

    #[test]
    fn forwarded_headers_count_only_from_trusted_proxies() {
        let policy = policy(&["a.example", "b.example", "inner"], &["10.0.0.0/8", "::1/128"]);
        let x = [
            ("host", "inner"),
            ("x-forwarded-host", "evil.example, a.example"),
            ("x-forwarded-proto", "http, https"),
        ];
        assert_eq!(base_url(&policy, "10.1.2.3", &x), Ok("https://a.example".to_owned()));
        assert_eq!(base_url(&policy, "::ffff:10.1.2.3", &x), Ok("https://a.example".to_owned()));
        assert_eq!(base_url(&policy, "11.1.2.3", &x), Ok("http://inner".to_owned()));
        let both = [x[0], x[1], ("forwarded", "for=1.2.3.4")];
        assert_eq!(base_url(&policy, "10.1.2.3", &both), Err(400));
        assert_eq!(base_url(&policy, "11.1.2.3", &both), Ok("http://inner".to_owned()));
        let standard = [
            ("host", "inner"),
            (
                "forwarded",
                "host=evil.example;proto=http, for=1.2.3.4;host=\"b.example:8443\";proto=https",
            ),
        ];
        assert_eq!(base_url(&policy, "::1", &standard), Ok("https://b.example:8443".to_owned()));
        for (name, value) in [
            ("x-forwarded-proto", "javascript"),
            ("x-forwarded-host", "%0aalert(1)//x"),
            ("forwarded", "host"),
        ] {
            let found = base_url(&policy, "10.1.2.3", &[("host", "inner"), (name, value)]);
            assert_eq!(found, Ok("http://inner".to_owned()), "{name}: {value}");
        }
        let denied = [("host", "inner"), ("x-forwarded-host", "evil.example")];
        assert_eq!(base_url(&policy, "10.1.2.3", &denied), Err(421));
    }

    #[test]
    fn configured_base_url_is_used_for_every_host() {
        let policy = OriginPolicy {
            base_url: Some("https://catalogue.example.org/media".to_owned()),
            ..policy(&[], &["0.0.0.0/0"])
        };
        for host in ["evil.example", "10.0.0.1"] {
            let headers = [("host", host), ("x-forwarded-host", "evil.example")];
            let found = base_url(&policy, "10.1.2.3", &headers);
            assert_eq!(found, Ok("https://catalogue.example.org/media".to_owned()));
        }
        assert_eq!(base_url(&policy, "10.1.2.3", &[("host", "a b")]), Err(400));
    }

    #[test]
    fn lists_of_hosts_are_validated() {
        let parse = |hosts: &[&str]| {
            let hosts: Vec<String> = hosts.iter().map(|host| (*host).to_owned()).collect();
            AllowedHosts::parse(&hosts)
        };
        assert_eq!(parse(&["a.example", "*"]), Ok(AllowedHosts::Any));
        assert_eq!(parse(&["https://a.example"]), Err("https://a.example".to_owned()));
        assert_eq!(parse(&["a.example:8080"]), Err("a.example:8080".to_owned()));
        assert!(
            matches!(parse(&["[::1]", "A.example"]), Ok(AllowedHosts::List(hosts)) if hosts.len() == 2)
        );
    }
}
