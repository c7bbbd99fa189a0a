//! `/healthz` and `/readyz`.

use crate::on_both;

on_both! {
    fn health_and_readiness_respond(server: &TestServer) {
        for path in ["/healthz", "/readyz"] {
            let response = server.get(path).expect(200);
            assert_eq!(response.json(), serde_json::json!({"status": "ok"}));
            assert_eq!(response.required_header("cache-control"), "no-store");
        }
    }
}
