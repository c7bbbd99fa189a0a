//! Restoring deleted items, and purging.

use std::time::{Duration, Instant};

use diesel::prelude::*;
use kinoteka::db::schema::{filter_index, items, videos};
use kinoteka::db::{RowId, Time};
use kinoteka::http::problem::Problem;
use kinoteka::resource::store::texts::load_all_texts;
use serde_json::json;

use crate::on_both;
use crate::support::process;

const VIDEO: &str = "/v1/videos/testimonials-part-one";
const DAY: Duration = Duration::from_hours(24);

on_both! {
    demo fn restores_deleted_item_unchanged(server: &TestServer) {
        let key = server.editor_key();
        let before = server.read(&format!("{VIDEO}?lang=all"));
        let lists = ["/v1/videos", "/v1/videos?country=AL", "/v1/videos?q=testimonials", "/v1/videos?text_language=mk&sort=title"];
        let listed = lists.map(|list| server.slugs(list));
        server.request("DELETE", VIDEO).key(&key).send().expect(204);
        server.get(VIDEO).problem(410, "gone");
        let restored = server.request("POST", &format!("{VIDEO}/restore?lang=all")).key(&key).send().expect(200);
        let mut after = restored.json();
        assert_eq!(after["revision"].as_i64().unwrap(), before["revision"].as_i64().unwrap() + 2, "deletion and restoration increment the revision");
        assert!(after["updated_at"].as_str() > before["updated_at"].as_str());
        for name in ["revision", "updated_at"] {
            after[name] = before[name].clone();
        }
        assert_eq!(after, before);
        assert_eq!(lists.map(|list| server.slugs(list)), listed);
        let tag = restored.required_header("etag").to_owned();
        server.request("PATCH", VIDEO).key(&key).header("If-Match", &tag).json(&json!({"licence": "CC-BY-4.0"})).send().expect(200);
    }

    demo fn restoring_existing_item_is_no_op(server: &TestServer) {
        let key = server.editor_key();
        let before = server.read(VIDEO);
        let id = before["id"].as_str().unwrap().to_owned();
        for name in ["testimonials-part-one", id.as_str()] {
            assert_eq!(server.request("POST", &format!("/v1/videos/{name}/restore")).key(&key).send().expect(200).json(), before);
        }
        server.patch(&key, VIDEO, &json!({"slug": "voices"}));
        let moved = server.request("POST", &format!("{VIDEO}/restore")).key(&key).send().expect(200).json();
        assert_eq!(moved["slug"], "voices", "a former slug is accepted");
    }

    demo fn restores_draft_as_draft(server: &TestServer) {
        let key = server.editor_key();
        server.create(&key, "/v1/topics", &json!({"slug": "draft", "name": "Draft"}));
        server.request("DELETE", "/v1/topics/draft").key(&key).send().expect(204);
        let restored = server.request("POST", "/v1/topics/draft/restore").key(&key).send().expect(200).json();
        assert_eq!(restored["status"], "draft");
        server.get("/v1/topics/draft").problem(404, "not-found");
    }

    demo fn restore_requires_editor_and_known_item(server: &TestServer) {
        let path = format!("{VIDEO}/restore");
        server.request("POST", &path).send().problem(401, "unauthenticated");
        server.request("POST", &path).key(&server.viewer_key()).send().problem(403, "forbidden");
        let key = server.editor_key();
        server.request("POST", "/v1/videos/no-such/restore").key(&key).send().problem(404, "not-found");
        server.request("POST", "/v1/partners/testimonials-part-one/restore").key(&key).send().problem(404, "not-found");
        server.request("POST", &format!("{path}?colour=red")).key(&key).send().problem(400, "invalid-parameter");
        server.request("POST", &path).key(&key).header("If-Match", "\"1.x.y\"").send().problem(412, "precondition-failed");
    }

    fn rejects_restore_while_references_are_deleted(server: &TestServer) {
        let key = server.editor_key();
        server.create(&key, "/v1/topics", &json!({"slug": "parent", "name": "Parent"}));
        server.create(&key, "/v1/topics", &json!({"slug": "child", "name": "Child", "parent": "parent"}));
        for slug in ["child", "parent"] {
            server.request("DELETE", &format!("/v1/topics/{slug}")).key(&key).send().expect(204);
        }
        let problem = server.request("POST", "/v1/topics/child/restore").key(&key).send().problem(409, "conflict");
        assert!(problem["detail"].as_str().unwrap().contains("topic `parent`"), "{problem}");
        for slug in ["parent", "child"] {
            server.request("POST", &format!("/v1/topics/{slug}/restore")).key(&key).send().expect(200);
        }
        let child = server.request("GET", "/v1/topics/child").key(&key).send().expect(200).json();
        assert_eq!(child["parent"]["slug"], "parent");
    }

    demo fn restore_is_idempotent_with_key(server: &TestServer) {
        let key = server.editor_key();
        server.request("DELETE", VIDEO).key(&key).send().expect(204);
        let restore = || server.request("POST", &format!("{VIDEO}/restore")).key(&key).header("Idempotency-Key", "\"r\"").send();
        let first = restore().expect(200);
        server.request("DELETE", VIDEO).key(&key).send().expect(204);
        let again = restore();
        assert_eq!((again.header("idempotent-replayed"), &again.body), (Some("true"), &first.body));
        server.get(VIDEO).problem(410, "gone");
    }

    demo fn purges_items_deleted_long_ago(server: &TestServer) {
        let key = server.editor_key();
        let id = kinoteka::db::Id::parse(server.read(VIDEO)["id"].as_str().unwrap()).expect("an id");
        let recent = "/v1/videos/testimonials-part-two";
        let store = kinoteka::server::database_from_settings(&server.settings).expect("valid settings");
        let row_counts = |number: RowId| {
            store.write_blocking(|c| {
                let texts: usize = load_all_texts(c, [number])?.values().map(Vec::len).sum();
                let own: i64 = videos::table.find(number).count().get_result(c).map_err(Problem::from)?;
                let facets: i64 = filter_index::table.filter(filter_index::item.eq(number)).count().get_result(c).map_err(Problem::from)?;
                Ok::<_, Problem>((texts, own, facets > 0))
            })
        };
        let number: RowId =
            store.write_blocking(|c| items::table.filter(items::id.eq(id)).select(items::number).first(c).map_err(Problem::from)).unwrap();
        assert_eq!(row_counts(number).unwrap(), (6, 1, true), "it is in the index");
        for path in [VIDEO, recent] {
            server.request("DELETE", path).key(&key).send().expect(204);
        }
        let aged = |path: &str, days: u32| {
            let slug = path.rsplit('/').next().unwrap().to_owned();
            let then = Some(Time::now().saturating_sub(DAY * days));
            let item = items::table.filter(items::kind.eq("video")).filter(items::slug.eq(slug));
            store.write_blocking(|c| diesel::update(item.clone()).set(items::deleted_at.eq(then)).execute(c).map_err(Problem::from)).unwrap();
        };
        aged(VIDEO, 31);
        aged(recent, 29);
        // The purge runs at every start.
        let directory = tempfile::tempdir().unwrap();
        let _served = process::serve(directory.path(), &server.settings.database_url, &[]);
        let deadline = Instant::now() + Duration::from_secs(10);
        loop {
            let purged = store.write_blocking(|c| items::table.find(number).select(items::purged_at).first::<Option<Time>>(c).map_err(Problem::from));
            if purged.unwrap().is_some() {
                break;
            }
            assert!(Instant::now() < deadline, "the item is not purged");
            std::thread::sleep(Duration::from_millis(50));
        }
        let problem = server.request("POST", &format!("{VIDEO}/restore")).key(&key).send().problem(410, "gone");
        assert!(problem["detail"].as_str().unwrap().contains("can no longer be restored"), "{problem}");
        server.get(VIDEO).problem(410, "gone");
        server.request("PUT", VIDEO).key(&key).json(&json!({"title": "Again"})).send().problem(410, "gone");
        let taken = json!({"slug": "testimonials-part-one", "title": "Again"});
        server.request("POST", "/v1/videos").key(&key).json(&taken).send().problem(409, "conflict");
        assert_eq!(row_counts(number).unwrap(), (0, 0, false), "rows of the item remain");
        server.request("POST", &format!("{recent}/restore")).key(&key).send().expect(200);
    }
}
