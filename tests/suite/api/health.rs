//! `/healthz` and `/readyz`.

use crate::on_both;

on_both! {
    fn the_process_and_the_database_answer(server: &TestServer) {
        for path in ["/healthz", "/readyz"] {
            let answer = server.get(path).expect(200);
            assert_eq!(answer.json(), serde_json::json!({"status": "ok"}));
            assert_eq!(answer.must("cache-control"), "no-store");
        }
    }
}
