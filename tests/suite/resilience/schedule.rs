//! Scheduled changes that became due while no server was running.

use std::time::Duration;

use kinoteka::db::Time;
use serde_json::json;

use super::on_both_databases;
use crate::support::process::{get, printed_api_key, send_request, serve};

#[test]
fn due_changes_precede_first_request() {
    on_both_databases(|directory, url| {
        let (served, lines, address) = serve(directory, url, &["--demo"]);
        let key = printed_api_key(&lines);
        let soon = Time::now().saturating_add(Duration::from_secs(2)).to_string();
        let write = |method: &str, path: &str, body: serde_json::Value| {
            let response = send_request(&address, method, path, Some(&key), Some(&body));
            assert!((200..300).contains(&response.status), "{}", response.text());
        };
        for number in 0..60 {
            let due = json!({"slug": format!("due-{number}"), "status": "published", "title": "Due", "published_at": soon});
            write("POST", "/v1/videos", due);
        }
        let video = "/v1/videos/testimonials-part-one";
        write("PATCH", &format!("{video}?on_references=keep"), json!({"unpublish_at": soon}));
        drop(served);
        std::thread::sleep(Duration::from_millis(2_500));
        let (served, _, address) = serve(directory, url, &[]);
        for path in ["/v1/videos/due-0", "/v1/videos/due-59"] {
            assert!(get(&address, path, "").starts_with("HTTP/1.1 200"), "{path}");
        }
        assert!(get(&address, video, "").starts_with("HTTP/1.1 404"));
        drop(served);
    });
}
