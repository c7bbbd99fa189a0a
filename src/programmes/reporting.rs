//! What a programme reports to IATI in place of the organisation's settings.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::http::json_fields::{JsonFields, limits};
use crate::text::iati_codelists::{
    ACTIVITY_SCOPES, AID_TYPE_VOCABULARIES, COLLABORATION_TYPES, FINANCE_TYPES, FLOW_TYPES,
    TIED_STATUSES, aid_types,
};

/// Codes and contact that a programme reports to IATI in place of those of the organisation, which
/// are settings. A member that is null or empty does not replace any.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize, ToSchema)]
pub struct IatiOverrides {
    /// Aid types, one of each vocabulary.
    pub aid_types: Vec<AidType>,
    /// IATI code (`FlowType`), such as 10 (official development assistance).
    #[schema(required, example = "10")]
    pub flow_type: Option<String>,
    /// IATI code (`FinanceType`), such as 110 (standard grant).
    #[schema(required, example = "110")]
    pub finance_type: Option<String>,
    /// IATI code (`TiedStatus`): 3 (partially tied), 4 (tied) or 5 (untied).
    #[schema(required, example = "5")]
    pub tied_status: Option<String>,
    /// IATI code (`CollaborationType`), such as 1 (bilateral).
    #[schema(required, example = "1")]
    pub collaboration_type: Option<String>,
    /// IATI code (`ActivityScope`), such as 4 (national).
    #[schema(required, example = "4")]
    pub activity_scope: Option<String>,
    /// Contact for questions about the programme.
    #[schema(required)]
    pub contact: Option<IatiContact>,
}

/// A type of aid.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize, ToSchema)]
pub struct AidType {
    /// Code in the vocabulary, such as C01 (project).
    #[schema(min_length = 1, max_length = 200, example = "C01")]
    pub code: String,
    /// IATI code of the vocabulary (`AidTypeVocabulary`): 1 (OECD DAC, the default), 2
    /// (earmarking), 3 (earmarking modality) or 4 (cash and vouchers).
    #[schema(example = "1")]
    pub vocabulary: String,
}

/// A contact.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize, ToSchema)]
pub struct IatiContact {
    /// Name of the organisation.
    #[schema(required, max_length = 300)]
    pub organisation: Option<String>,
    /// Email address.
    #[schema(required, max_length = 200, example = "info@example.org")]
    pub email: Option<String>,
    /// Website.
    #[schema(required, format = "uri")]
    pub website: Option<String>,
}

/// Parses `iati`; `None` if it replaces nothing.
pub fn parse_iati_overrides(fields: &mut JsonFields<'_, '_>) -> Option<IatiOverrides> {
    let own = fields.object("iati", |mut inner| {
        let own = IatiOverrides {
            aid_types: parse_aid_types(&mut inner),
            flow_type: inner.one_of("flow_type", FLOW_TYPES),
            finance_type: inner.one_of("finance_type", FINANCE_TYPES),
            tied_status: inner.one_of("tied_status", TIED_STATUSES),
            collaboration_type: inner.one_of("collaboration_type", COLLABORATION_TYPES),
            activity_scope: inner.one_of("activity_scope", ACTIVITY_SCOPES),
            contact: parse_contact(&mut inner),
        };
        inner.finish();
        Some(own)
    });
    own.filter(|own| *own != IatiOverrides::default())
}

fn parse_aid_types(fields: &mut JsonFields<'_, '_>) -> Vec<AidType> {
    let mut vocabularies: Vec<String> = Vec::new();
    fields.objects("aid_types", |mut inner| {
        let code = inner.text("code", limits::SHORT_TEXT);
        let vocabulary = inner.one_of("vocabulary", AID_TYPE_VOCABULARIES);
        let vocabulary = vocabulary.unwrap_or_else(|| "1".to_owned());
        inner.require("code", code.is_some());
        if let Some(code) = code.as_deref()
            && aid_types(&vocabulary).is_some_and(|known| !known.contains(&code))
        {
            let code = crate::text::truncate_for_message(code);
            let detail = format!("`{code}` is not an aid type of vocabulary {vocabulary}.");
            inner.error("code", "unknown_value", detail);
        }
        if vocabularies.contains(&vocabulary) {
            let detail = format!("Vocabulary {vocabulary} is repeated; give one code of each.");
            inner.error("vocabulary", "repeated", detail);
        }
        vocabularies.push(vocabulary.clone());
        inner.finish();
        Some(AidType { code: code?, vocabulary })
    })
}

fn parse_contact(fields: &mut JsonFields<'_, '_>) -> Option<IatiContact> {
    let contact = fields.object("contact", |mut inner| {
        let contact = IatiContact {
            organisation: inner.text("organisation", limits::TITLE),
            email: inner.text("email", limits::SHORT_TEXT),
            website: inner.url("website"),
        };
        inner.finish();
        Some(contact)
    });
    contact.filter(|contact| *contact != IatiContact::default())
}
