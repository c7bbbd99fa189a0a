//! Settings of what the reporting organisation states in IATI.

use clap::Args;
use serde::Serialize;

use crate::http::json_fields::is_web_url;
use crate::text::iati_codelists::{
    ACTIVITY_SCOPES, AID_TYPE_VOCABULARIES, COLLABORATION_TYPES, FINANCE_TYPES, FLOW_TYPES,
    TIED_STATUSES, aid_types,
};

/// What the reporting organisation states about all its programmes; a programme may replace it.
#[derive(Args, Clone, Debug, Default, Serialize)]
pub struct IatiSettings {
    /// Former IATI identifiers of the reporting organisation, with which identifiers of programmes
    /// may begin: a comma-separated list
    #[arg(
        long = "iati-former-orgs",
        env = "KINOTEKA_IATI_FORMER_ORGS",
        value_delimiter = ',',
        global = true
    )]
    pub former_orgs: Vec<String>,

    /// Default aid types: codes of the IATI codelist `AidType`, such as C01 (project), or
    /// `VOCABULARY:CODE`: a comma-separated list
    #[arg(
        long = "iati-aid-types",
        env = "KINOTEKA_IATI_AID_TYPES",
        value_delimiter = ',',
        global = true
    )]
    pub aid_types: Vec<String>,

    /// Default flow type: a code of `FlowType`, such as 10 (official development assistance)
    #[arg(long = "iati-flow-type", env = "KINOTEKA_IATI_FLOW_TYPE", global = true)]
    pub flow_type: Option<String>,

    /// Default finance type: a code of `FinanceType`, such as 110 (standard grant)
    #[arg(long = "iati-finance-type", env = "KINOTEKA_IATI_FINANCE_TYPE", global = true)]
    pub finance_type: Option<String>,

    /// Default tied status: 3 (partially tied), 4 (tied) or 5 (untied)
    #[arg(long = "iati-tied-status", env = "KINOTEKA_IATI_TIED_STATUS", global = true)]
    pub tied_status: Option<String>,

    /// Collaboration type: a code of `CollaborationType`, such as 1 (bilateral)
    #[arg(
        long = "iati-collaboration-type",
        env = "KINOTEKA_IATI_COLLABORATION_TYPE",
        global = true
    )]
    pub collaboration_type: Option<String>,

    /// Activity scope: a code of `ActivityScope`, such as 2 (regional) or 4 (national)
    #[arg(long = "iati-activity-scope", env = "KINOTEKA_IATI_ACTIVITY_SCOPE", global = true)]
    pub activity_scope: Option<String>,

    /// Name of the organisation to contact about the programmes
    #[arg(
        long = "iati-contact-organisation",
        env = "KINOTEKA_IATI_CONTACT_ORGANISATION",
        global = true
    )]
    pub contact_organisation: Option<String>,

    /// Email address for questions about the programmes; it is published
    #[arg(long = "iati-contact-email", env = "KINOTEKA_IATI_CONTACT_EMAIL", global = true)]
    pub contact_email: Option<String>,

    /// Website for questions about the programmes
    #[arg(long = "iati-contact-website", env = "KINOTEKA_IATI_CONTACT_WEBSITE", global = true)]
    pub contact_website: Option<String>,
}

impl IatiSettings {
    /// The default aid types: vocabulary and code.
    pub fn aid_types(&self) -> impl Iterator<Item = (&str, &str)> {
        self.aid_types.iter().map(|text| text.split_once(':').unwrap_or(("1", text)))
    }

    pub(super) fn validate(&self, errors: &mut Vec<String>) {
        for former in self.former_orgs.iter().filter(|former| !is_organisation_identifier(former)) {
            errors.push(format!(
                "KINOTEKA_IATI_FORMER_ORGS: `{former}` is not an identifier; it must not be empty or have spaces or any of / & | ?"
            ));
        }
        let mut vocabularies = Vec::new();
        for (vocabulary, code) in self.aid_types() {
            if !AID_TYPE_VOCABULARIES.contains(&vocabulary) {
                errors.push(format!(
                    "KINOTEKA_IATI_AID_TYPES: `{vocabulary}` is not a vocabulary; one of {} is expected",
                    AID_TYPE_VOCABULARIES.join(", ")
                ));
            } else if let Some(known) = aid_types(vocabulary).filter(|known| !known.contains(&code))
            {
                errors.push(format!(
                    "KINOTEKA_IATI_AID_TYPES: `{code}` is not an aid type of vocabulary {vocabulary}, which has {}",
                    known.join(", ")
                ));
            } else if code.is_empty() {
                errors
                    .push(format!("KINOTEKA_IATI_AID_TYPES: vocabulary {vocabulary} has no code"));
            }
            if vocabularies.contains(&vocabulary) {
                errors.push(format!(
                    "KINOTEKA_IATI_AID_TYPES has two codes of vocabulary {vocabulary}; give one of each"
                ));
            }
            vocabularies.push(vocabulary);
        }
        for (name, code, known) in [
            ("FLOW_TYPE", &self.flow_type, FLOW_TYPES),
            ("FINANCE_TYPE", &self.finance_type, FINANCE_TYPES),
            ("TIED_STATUS", &self.tied_status, TIED_STATUSES),
            ("COLLABORATION_TYPE", &self.collaboration_type, COLLABORATION_TYPES),
            ("ACTIVITY_SCOPE", &self.activity_scope, ACTIVITY_SCOPES),
        ] {
            if let Some(code) = code.as_deref().filter(|code| !known.contains(code)) {
                errors.push(format!(
                    "KINOTEKA_IATI_{name} must be one of {}, not `{code}`",
                    known.join(", ")
                ));
            }
        }
        if self.contact_organisation.as_deref().is_some_and(|name| name.trim().is_empty()) {
            errors.push("KINOTEKA_IATI_CONTACT_ORGANISATION must not be blank".to_owned());
        }
        if self.contact_email.as_deref().is_some_and(|address| !is_email_address(address)) {
            errors.push(
                "KINOTEKA_IATI_CONTACT_EMAIL must be an email address such as info@example.org"
                    .to_owned(),
            );
        }
        if self.contact_website.as_deref().is_some_and(|url| !is_web_url(url)) {
            errors.push(
                "KINOTEKA_IATI_CONTACT_WEBSITE must be an http or https URL such as https://example.org/"
                    .to_owned(),
            );
        }
    }
}

/// Whether a text can identify an organisation. Former identifiers are often numbers.
pub fn is_organisation_identifier(text: &str) -> bool {
    !text.is_empty()
        && !text.contains(|c: char| {
            c.is_whitespace() || c.is_control() || matches!(c, '/' | '&' | '|' | '?')
        })
}

/// Whether a text looks like an email address.
fn is_email_address(text: &str) -> bool {
    let is_part = |part: &str| {
        !part.is_empty()
            && !part.contains(|c: char| c.is_whitespace() || c.is_control() || c == '@')
    };
    text.split_once('@').is_some_and(|(name, host)| is_part(name) && is_part(host))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn validates_codes_and_contact() {
        let errors = |settings: &IatiSettings| {
            let mut errors = Vec::new();
            settings.validate(&mut errors);
            errors
        };
        let some = |text: &str| Some(text.to_owned());
        let valid = IatiSettings {
            former_orgs: vec!["46004".to_owned()],
            aid_types: vec!["C01".to_owned(), "2:3".to_owned(), "3:A1".to_owned()],
            flow_type: some("10"),
            finance_type: some("110"),
            tied_status: some("5"),
            collaboration_type: some("1"),
            activity_scope: some("4"),
            contact_organisation: some("Network"),
            contact_email: some("info@example.org"),
            contact_website: some("https://example.org/"),
        };
        assert_eq!(errors(&valid), Vec::<String>::new());
        assert_eq!(errors(&IatiSettings::default()), Vec::<String>::new());
        let invalid = IatiSettings {
            former_orgs: vec!["4 6".to_owned(), String::new()],
            aid_types: ["C99", "9:C01", "1:C01", "3:"].map(str::to_owned).to_vec(),
            flow_type: some("11"),
            finance_type: some("x"),
            tied_status: some("1"),
            collaboration_type: some("5"),
            activity_scope: some("9"),
            contact_organisation: some(" "),
            contact_email: some("info at example.org"),
            contact_website: some("example.org"),
        };
        let found = errors(&invalid);
        for (line, part) in found.iter().zip([
            "KINOTEKA_IATI_FORMER_ORGS: `4 6` is not",
            "KINOTEKA_IATI_FORMER_ORGS: `` is not",
            "`C99` is not an aid type of vocabulary 1",
            "`9` is not a vocabulary",
            "two codes of vocabulary 1",
            "vocabulary 3 has no code",
            "KINOTEKA_IATI_FLOW_TYPE must be one of 10, 20",
            "KINOTEKA_IATI_FINANCE_TYPE must be one of",
            "KINOTEKA_IATI_TIED_STATUS must be one of 3, 4, 5, not `1`",
            "KINOTEKA_IATI_COLLABORATION_TYPE",
            "KINOTEKA_IATI_ACTIVITY_SCOPE",
            "KINOTEKA_IATI_CONTACT_ORGANISATION",
            "KINOTEKA_IATI_CONTACT_EMAIL",
            "KINOTEKA_IATI_CONTACT_WEBSITE",
        ]) {
            assert!(line.contains(part), "{part}: {line}");
        }
        assert_eq!(found.len(), 14, "{found:?}");
    }
}
