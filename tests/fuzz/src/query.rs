use kinoteka::db::page::{MAX_KEYS, Place, Start};
use kinoteka::http::cursor;
use kinoteka::http::keys::Viewer;
use kinoteka::http::params::{LONGEST_QUERY, decode};
use kinoteka::http::problem::{Kind, Problem};
use kinoteka::resource::Subject;
use kinoteka::resource::list::at_cursor;
use kinoteka::resource::list::{MAX_LIMIT, MAX_OFFSET};
use kinoteka::resource::query::ListRequest;
use kinoteka::text::Language;
use kinoteka::videos::store::Videos;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::items;

/// A query string of the list of videos; on the next line, if there is one, `Accept-Language`.
pub fn query(data: &[u8]) {
    let Some((query, accepted)) = super::two_lines(data) else { return };
    for viewer in [Viewer::Public, Viewer::Everything] {
        let read = |query: &str| {
            ListRequest::parse(Videos::SPEC, query, accepted, &[Language::default()], viewer)
        };
        match read(query) {
            Ok(request) => is_understood(query, &request, viewer, read),
            Err(problem) => is_of_use(query, &problem),
        }
    }
}

fn is_understood(
    query: &str,
    request: &ListRequest,
    viewer: Viewer,
    read: impl Fn(&str) -> Result<ListRequest, Problem>,
) {
    assert!((1..=MAX_LIMIT).contains(&request.paging.limit));
    match &request.paging.start {
        Start::Offset(offset) => assert!((0..=MAX_OFFSET).contains(offset)),
        Start::After(place) | Start::Before(place) => {
            assert!(place.keys.iter().flatten().all(|key| !key.contains('\0')))
        }
    }
    assert!(
        viewer == Viewer::Everything || request.viewer == Viewer::Public,
        "the public sees what is public"
    );
    for name in request.shape.fields.iter().flatten() {
        assert!(Videos::SPEC.all_fields().any(|known| known == name), "{name}");
    }
    assert!(request.shape.include.iter().all(|field| Videos::SPEC.link(field).is_some()));

    // However it is written and in whatever order, it is the same query.
    let escaped = |text: &str| {
        utf8_percent_encode(&decode(text).expect("it was understood"), NON_ALPHANUMERIC).to_string()
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
    if rewritten.len() <= LONGEST_QUERY {
        let same = read(&rewritten)
            .unwrap_or_else(|problem| panic!("{rewritten} is refused: {:?}", problem.errors));
        assert_eq!((&same.paging, &same.identity), (&request.paging, &request.identity));
    }

    // The address of the next page leads on in the same list.
    let place = Place { keys: vec![Some("a".to_owned()); MAX_KEYS], number: 9 };
    let next = at_cursor(query, &cursor::write(&request.paging.fingerprint, &place, false));
    let page =
        read(&next).unwrap_or_else(|problem| panic!("{next} is refused: {:?}", problem.errors));
    assert_eq!(
        (&page.paging.fingerprint, page.paging.limit, page.paging.total),
        (&request.paging.fingerprint, request.paging.limit, request.paging.total)
    );
    assert_eq!(page.paging.start, Start::After(place));
    if next.len() < LONGEST_QUERY {
        let refused =
            read(&format!("nonesuch=1&{query}")).err().expect("an unknown parameter is refused");
        assert!(refused.errors.iter().any(|error| error.parameter.as_deref() == Some("nonesuch")));
    }
}

fn is_of_use(query: &str, problem: &Problem) {
    if problem.kind == Kind::UriTooLong {
        assert!(query.len() > LONGEST_QUERY);
        return;
    }
    assert_eq!(problem.kind, Kind::InvalidParameter);
    assert!(!problem.errors.is_empty());
    for error in &problem.errors {
        assert!(error.parameter.is_some() && error.pointer.is_none());
        items::is_a_sentence(&error.detail);
    }
    let size = serde_json::to_string(&problem.errors).expect("errors can be written").len();
    assert!(size <= 131_072, "{} bytes are answered with {size}", query.len());
}
