//! Settings of the IATI reports.

use crate::config::iati_settings::is_organisation_identifier;
use crate::config::settings::Settings;

impl Settings {
    pub(super) fn validate_iati(&self, errors: &mut Vec<String>) {
        match (&self.iati_reporting_org, &self.iati_reporting_org_type) {
            (Some(org), _) if !is_iati_identifier(org) => {
                errors.push(
                    "KINOTEKA_IATI_REPORTING_ORG must be an identifier such as XM-DAC-41146, without spaces and without / & | ?".to_owned(),
                );
            }
            (Some(_), Some(kind)) if ORGANISATION_TYPES.contains(&kind.as_str()) => {}
            (Some(_), _) => errors.push(format!(
                "KINOTEKA_IATI_REPORTING_ORG requires KINOTEKA_IATI_REPORTING_ORG_TYPE, one of {}",
                ORGANISATION_TYPES.join(", ")
            )),
            (None, Some(_)) => errors.push(
                "KINOTEKA_IATI_REPORTING_ORG_TYPE requires KINOTEKA_IATI_REPORTING_ORG".to_owned(),
            ),
            (None, None) => {}
        }
        self.iati.validate(errors);
    }
}

/// The codes of the IATI codelist `OrganisationType`.
pub const ORGANISATION_TYPES: &[&str] = &[
    "10", "11", "15", "21", "22", "23", "24", "30", "40", "60", "70", "71", "72", "73", "80", "90",
];

/// Whether a text is a valid IATI identifier.
pub fn is_iati_identifier(text: &str) -> bool {
    text.contains('-') && is_organisation_identifier(text)
}
