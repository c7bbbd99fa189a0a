//! Settings of the feeds.

use crate::config::settings::Settings;
use crate::http::json_fields::is_web_url;

impl Settings {
    pub(super) fn validate_feeds(&self, errors: &mut Vec<String>) {
        if let Some(hub) = &self.websub_hub {
            if !is_web_url(hub) || hub.contains([',', ';', '#']) {
                errors.push("KINOTEKA_WEBSUB_HUB must be an http or https URL such as https://hub.example.org/".to_owned());
            }
            if self.base_url.is_none() {
                errors.push("KINOTEKA_WEBSUB_HUB requires KINOTEKA_BASE_URL: the hub fetches the feeds from there".to_owned());
            }
        }
    }
}
