//! Log lines: their format, and what they must not contain.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use kinoteka::http::access_log::path_for_log;
use serde_json::{Value, json};

use crate::cli::on_both;
use crate::support::process::{
    expect_exit, get, printed_api_key, run, send_request, serve, stdout_text,
};

#[test]
fn values_of_parameters_without_free_text_are_logged() {
    let document: Value = serde_json::from_str(&kinoteka::server::document_json()).expect("JSON");
    let operations = document["paths"].as_object().expect("paths").values();
    let parameters = operations
        .filter_map(Value::as_object)
        .flat_map(|path| path.values())
        .filter_map(|operation| operation["parameters"].as_array())
        .flatten()
        .filter(|parameter| parameter["in"] == "query");
    let names: BTreeSet<&str> =
        parameters.filter_map(|parameter| parameter["name"].as_str()).collect();
    let hidden: Vec<&str> = names
        .into_iter()
        .filter(|name| !path_for_log(&format!("/?{name}=value")).ends_with("=value"))
        .collect();
    let expected = [
        "code",
        "cursor",
        "dimension",
        "ignore_columns",
        "label",
        "q",
        "unit",
        "url",
        "vocabulary",
    ];
    assert_eq!(hidden, expected);
}

#[test]
fn logs_one_line_per_request() {
    on_both(|directory, url| {
        let (served, lines, address) = serve(directory, url, &["--demo", "--slow-query-ms", "0"]);
        let key = printed_api_key(&lines);
        get(&address, "/v1/videos?limit=1&q=%22a%0Ab", "X-Request-Id: mine-1\r\n");
        let line = served.wait_for_log(&["request_id=mine-1"]);
        for part in [
            "time=20",
            " level=info ",
            " target=kinoteka::request ",
            " method=GET ",
            " path=\"/v1/videos?limit=1&q=…\"",
            " status=200 ",
            " duration_ms=",
        ] {
            assert!(line.contains(part), "{part}: {line}");
        }
        // An API key in the wrong header, with its prefix and without.
        for secret in [key.as_str(), key.trim_start_matches("kino_")] {
            get(&address, "/healthz", &format!("X-Request-Id: {secret}\r\n"));
        }
        get(
            &address,
            "/v1/videos?Q=zzsecret&search=zzsecret&password=zzsecret",
            "X-Request-Id: mine-4\r\n",
        );
        served.wait_for_log(&["request_id=mine-4"]);
        for line in served.log_lines() {
            assert!(
                !line.contains(key.trim_start_matches("kino_")) && !line.contains("zzsecret"),
                "{line}"
            );
        }
        get(&address, "/v1/videos?limit=0", "X-Request-Id: mine-2\r\n");
        served.wait_for_log(&["request_id=mine-2", "status=400"]);
        served.wait_for_log(&["target=kinoteka::slow_query", "duration_ms=", "statement="]);
        // The use of a key is recorded, and the key never logged.
        let unused = stdout_text(&expect_exit(run(directory, url, &["key", "list"]), 0));
        get(
            &address,
            "/v1/videos",
            &format!("Authorization: Bearer {key}\r\nX-Request-Id: mine-3\r\n"),
        );
        assert!(!served.wait_for_log(&["request_id=mine-3"]).contains(&key));
        let last_used = |list: &str| {
            list.lines().nth(1).and_then(|line| line.split('\t').nth(5)).map(str::to_owned)
        };
        assert_eq!(last_used(&unused).as_deref(), Some("-"), "{unused}");
        // The response does not wait for that write.
        let deadline = Instant::now() + Duration::from_secs(10);
        loop {
            let used = stdout_text(&expect_exit(run(directory, url, &["key", "list"]), 0));
            if last_used(&used).is_some_and(|time| time.starts_with("20")) {
                break;
            }
            assert!(Instant::now() < deadline, "{used}");
        }
    });
}

/// Splits a log line by the rules of logfmt; fails if a value is not quoted where it has to be.
fn parse_logfmt(line: &str) -> Vec<(String, String)> {
    let mut pairs = Vec::new();
    let mut rest = line;
    while !rest.is_empty() {
        let (name, after) = rest.split_once('=').unwrap_or_else(|| panic!("no value: {line}"));
        assert!(
            !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'),
            "{name:?} in {line}"
        );
        let value = if after.starts_with('"') {
            let mut values = serde_json::Deserializer::from_str(after).into_iter::<String>();
            let value = values.next().expect("a value").unwrap_or_else(|e| panic!("{e}: {line}"));
            rest = &after[values.byte_offset()..];
            value
        } else {
            let end = after.find(' ').unwrap_or(after.len());
            rest = &after[end..];
            after[..end].to_owned()
        };
        assert!(rest.is_empty() || rest.starts_with(' '), "{rest:?} in {line}");
        rest = rest.strip_prefix(' ').unwrap_or_default();
        pairs.push((name.to_owned(), value));
    }
    pairs
}

#[test]
fn log_is_logfmt_without_search_terms_drafts_and_keys() {
    on_both(|directory, url| {
        let (served, lines, address) = serve(directory, url, &["--demo", "--slow-query-ms", "0"]);
        let key = printed_api_key(&lines);
        let revoked = stdout_text(&expect_exit(
            run(directory, url, &["key", "create", "--role", "viewer", "--name", "R"]),
            0,
        ));
        let revoked = revoked.trim();
        let list = stdout_text(&expect_exit(run(directory, url, &["key", "list"]), 0));
        let id = |name: &str| {
            let line = list.lines().find(|line| line.ends_with(name)).expect("the key is listed");
            line.split('\t').next().expect("an id").to_owned()
        };
        expect_exit(run(directory, url, &["key", "revoke", &id("\tR")]), 0);
        let draft = json!({"name": "Hiddendraft \"quoted\" text", "description": "Secretbody"});
        let created = send_request(&address, "POST", "/v1/topics", Some(&key), Some(&draft));
        assert_eq!(created.status, 201);
        for path in [
            "/v1/videos?q=shelterword",
            "/v1/search?q=shelterword%20-other",
            "/v1/suggest?q=shelterw",
            &format!("/v1/videos?access_token={key}"),
            &format!("/v1/videos?access_token=%6Bino_{}", &key[5..]),
        ] {
            send_request(&address, "GET", path, None, None);
        }
        get(&address, &format!("/v1/{key}"), "");
        for refused in [revoked, "kino_unknownsecret"] {
            send_request(&address, "GET", "/v1/videos", Some(refused), None).expect(401);
        }
        get(
            &address,
            "/v1/topics",
            &format!("X-Request-Id: last\r\nAuthorization: Bearer {key}\r\n"),
        );
        let request_line = served.wait_for_log(&["request_id=last"]);
        assert!(request_line.contains(&format!(" key={}", id("\tdemo"))), "{request_line}");
        served.wait_for_log(&["target=kinoteka::auth", "refused=unknown"]);
        served.wait_for_log(&["refused=revoked", &format!("key={}", id("\tR"))]);
        served.wait_for_log(&["target=kinoteka::slow_query", "INSERT INTO items"]);
        let log = served.log_lines();
        for line in log.iter().filter(|line| !line.starts_with("Editor key")) {
            let pairs = parse_logfmt(line);
            assert_eq!(
                pairs.iter().take(3).map(|(name, _)| name.as_str()).collect::<Vec<_>>(),
                ["time", "level", "target"]
            );
            for secret in
                ["shelterw", "Hiddendraft", "Secretbody", &key[5..], &revoked[5..], "unknownsecret"]
            {
                assert!(!line.contains(secret), "{secret} in {line}");
            }
        }
    });
}
