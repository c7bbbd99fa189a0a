use kinoteka::db::keyset::{PageStart, Position};
use kinoteka::db::sort_key::MAX_SORT_KEYS;
use kinoteka::http::auth::Visibility;
use kinoteka::http::cursor;
use kinoteka::http::language::LanguageDefaults;
use kinoteka::http::problem::{Problem, ProblemKind};
use kinoteka::http::query_params::{MAX_QUERY_LEN, percent_decode};
use kinoteka::resource::model::resource::ResourceModel;
use kinoteka::resource::query::pagination::{MAX_LIMIT, MAX_OFFSET};
use kinoteka::resource::query::params::ListRequest;
use kinoteka::resource::read::page::with_cursor;
use kinoteka::text::Language;
use kinoteka::videos::resource::Videos;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::items;

/// Fuzzes the query string of the list of videos, and `Accept-Language` on an optional second line.
pub fn query(data: &[u8]) {
    let Some((query, accepted)) = super::two_lines(data) else { return };
    for viewer in [Visibility::Published, Visibility::All] {
        let read = |query: &str| {
            let language_defaults =
                LanguageDefaults { accept_language: accepted, fallback: &[Language::default()] };
            ListRequest::parse(Videos::SCHEMA, query, language_defaults, viewer)
        };
        match read(query) {
            Ok(request) => assert_valid_request(query, &request, viewer, read),
            Err(problem) => assert_valid_problem(query, &problem),
        }
    }
}

/// Asserts the limits of a parsed request, and that rewriting and paging do not change its meaning.
fn assert_valid_request(
    query: &str,
    request: &ListRequest,
    viewer: Visibility,
    read: impl Fn(&str) -> Result<ListRequest, Problem>,
) {
    assert!((1..=MAX_LIMIT).contains(&request.page_params.limit));
    match &request.page_params.start {
        PageStart::Offset(offset) => assert!((0..=MAX_OFFSET).contains(offset)),
        PageStart::After(position) | PageStart::Before(position) => {
            assert!(position.keys.iter().flatten().all(|key| !key.contains('\0')));
        }
    }
    assert!(
        viewer == Visibility::All || request.visibility == Visibility::Published,
        "a request without a key includes published items only"
    );
    for name in request.response_shape.fields.iter().flatten() {
        assert!(Videos::SCHEMA.all_fields().any(|known| known == name), "{name}");
    }
    assert!(
        request
            .response_shape
            .include
            .iter()
            .all(|field| Videos::SCHEMA.reference(field).is_some())
    );

    // Percent-encoding and order do not change the query.
    let escaped = |text: &str| {
        utf8_percent_encode(&percent_decode(text).expect("the query decodes"), NON_ALPHANUMERIC)
            .to_string()
    };
    let mut pairs: Vec<String> = query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            format!("{}={}", escaped(name), escaped(value))
        })
        .collect();
    pairs.reverse();
    let rewritten = pairs.join("&");
    if rewritten.len() <= MAX_QUERY_LEN {
        let same = read(&rewritten)
            .unwrap_or_else(|problem| panic!("{rewritten} is rejected: {:?}", problem.errors));
        assert_eq!((&same.page_params, same.key()), (&request.page_params, request.key()));
    }

    // The URL of the next page continues the same list.
    let position = Position { keys: vec![Some("a".to_owned()); MAX_SORT_KEYS], row_id: 9 };
    let next = with_cursor(
        query,
        &cursor::encode_after(&request.page_params.query_fingerprint, &position),
    );
    let page =
        read(&next).unwrap_or_else(|problem| panic!("{next} is rejected: {:?}", problem.errors));
    assert_eq!(
        (&page.page_params.query_fingerprint, page.page_params.limit, page.page_params.with_total),
        (
            &request.page_params.query_fingerprint,
            request.page_params.limit,
            request.page_params.with_total
        )
    );
    assert_eq!(page.page_params.start, PageStart::After(position));
    if next.len() < MAX_QUERY_LEN {
        let rejected =
            read(&format!("nonesuch=1&{query}")).err().expect("an unknown parameter is rejected");
        assert!(rejected.errors.iter().any(|error| error.parameter.as_deref() == Some("nonesuch")));
    }
}

/// Asserts that every error names a parameter, and that the response is limited in size.
fn assert_valid_problem(query: &str, problem: &Problem) {
    if problem.kind == ProblemKind::UriTooLong {
        assert!(query.len() > MAX_QUERY_LEN);
        return;
    }
    assert_eq!(problem.kind, ProblemKind::InvalidParameter);
    assert!(!problem.errors.is_empty());
    for error in &problem.errors {
        assert!(error.parameter.is_some() && error.pointer.is_none());
        items::assert_printable(&error.detail);
    }
    let size = serde_json::to_string(&problem.errors).expect("errors serialize").len();
    assert!(size <= 131_072, "a query of {} bytes causes errors of {size} bytes", query.len());
}
