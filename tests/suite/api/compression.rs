//! Content coding negotiation, and conditional requests on encoded responses.

use std::io::Read;

use serde_json::{Value, json};

use crate::on_both;
use crate::support::TestServer;
use crate::support::server::Response;

const LIST: &str = "/v1/videos?lang=all&limit=100";
const ITEM: &str = "/v1/videos/testimonials-part-one?lang=all";
const CODINGS: [&str; 3] = ["gzip", "br", "zstd"];

fn plain(response: &Response) -> Vec<u8> {
    let mut bytes = Vec::new();
    let read = match response.header("content-encoding") {
        None => return response.body.clone(),
        Some("gzip") => {
            flate2::read::GzDecoder::new(response.body.as_slice()).read_to_end(&mut bytes)
        }
        Some("br") => {
            brotli::Decompressor::new(response.body.as_slice(), 4_096).read_to_end(&mut bytes)
        }
        Some("zstd") => zstd::stream::read::Decoder::new(response.body.as_slice())
            .unwrap()
            .read_to_end(&mut bytes),
        Some(other) => panic!("unknown coding {other}"),
    };
    read.expect("the body matches its content coding");
    bytes
}

fn get(server: &TestServer, path: &str, coding: &str, tag: Option<&str>) -> Response {
    // The document describes the unencoded body.
    let request =
        server.request("GET", path).header("Accept-Encoding", coding).skip_contract_check();
    match tag {
        Some(tag) => request.header("If-None-Match", tag).send(),
        None => request.send(),
    }
}

on_both! {
    demo fn each_content_coding_has_same_content_and_own_etag(server: &TestServer) {
        for path in [LIST, ITEM, "/v1/countries", "/openapi.json", "/openapi.yaml", "/docs/swagger-ui.css"] {
            let identity = server.request("GET", path).skip_contract_check().send().expect(200);
            assert_eq!(identity.header("content-encoding"), None);
            assert!(identity.required_header("vary").contains("Accept-Encoding"), "{path}");
            let mut tags: Vec<Option<String>> = vec![identity.header("etag").map(str::to_owned)];
            for coding in CODINGS {
                let response = get(server, path, coding, None).expect(200);
                assert_eq!(response.header("content-encoding"), Some(coding), "{path}");
                assert_eq!(plain(&response), identity.body, "{path} {coding}");
                assert!(response.body.len() < identity.body.len());
                assert_eq!(response.required_header("content-length"), response.body.len().to_string());
                assert_eq!(response.required_header("vary"), identity.required_header("vary"));
                tags.push(response.header("etag").map(str::to_owned));
            }
            if tags.iter().any(Option::is_some) {
                tags.sort();
                tags.dedup();
                assert_eq!(tags.len(), 4, "{path}: {tags:?}");
            }
        }
    }

    demo fn matching_etag_of_content_coding_returns_304(server: &TestServer) {
        for path in [LIST, ITEM, "/openapi.json"] {
            for coding in CODINGS {
                let first = get(server, path, coding, None).expect(200);
                let tag = first.required_header("etag").to_owned();
                for known in [tag.clone(), format!("\"other\", {tag}"), format!("W/{tag}")] {
                    let again = get(server, path, coding, Some(&known)).expect(304);
                    assert!(again.body.is_empty() && again.header("content-encoding").is_none());
                    assert_eq!((again.required_header("etag"), again.required_header("vary")), (tag.as_str(), first.required_header("vary")));
                }
                let other = if coding == "gzip" { "br" } else { "gzip" };
                get(server, path, other, Some(&tag)).expect(200);
                get(server, path, "identity", Some(&tag)).expect(200);
            }
        }
    }

    demo fn if_match_accepts_etag_of_any_content_coding(server: &TestServer) {
        let key = server.editor_key();
        for (number, coding) in CODINGS.into_iter().enumerate() {
            let tag = get(server, ITEM, coding, None).expect(200).required_header("etag").to_owned();
            assert!(tag.ends_with(&format!("+{coding}\"")), "{tag}");
            let change = |body: &Value| server.request("PATCH", ITEM).key(&key).header("If-Match", &tag).json(body).send();
            change(&json!({"duration_seconds": 100 + number})).expect(200);
            change(&json!({"duration_seconds": 200})).problem(412, "precondition-failed");
            get(server, ITEM, coding, Some(&tag)).expect(200);
        }
    }

    demo fn negotiates_content_coding(server: &TestServer) {
        let cases = [
            ("gzip, deflate, br, zstd", Some("zstd")), ("gzip;q=1, br;q=0.2", Some("gzip")), ("identity", None),
            ("gzip;q=0", None), ("deflate", None), ("*", Some("zstd")),
        ];
        for (wish, coding) in cases {
            assert_eq!(get(server, LIST, wish, None).expect(200).header("content-encoding"), coding, "{wish}");
        }
        assert_eq!(get(server, "/healthz", "gzip", None).expect(200).header("content-encoding"), None, "too small to gain");
        let head = server.request("HEAD", LIST).header("Accept-Encoding", "gzip").skip_contract_check().send().expect(200);
        let whole = get(server, LIST, "gzip", None);
        for name in ["content-encoding", "etag", "vary", "content-length"] {
            assert_eq!(head.header(name), whole.header(name), "{name}");
        }
        let missing = get(server, "/v1/videos/none", "gzip", None);
        assert_eq!((missing.status, missing.header("content-encoding")), (404, None), "problems are not compressed");
    }
}
