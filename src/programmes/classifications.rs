//! Policy markers, tags and further identifiers of a programme, as IATI defines them.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::http::json_fields::{JsonFields, limits};
use crate::text::iati_codelists::{
    OTHER_IDENTIFIER_TYPES, POLICY_MARKER_VOCABULARIES, POLICY_SIGNIFICANCES, TAG_VOCABULARIES,
    is_policy_marker, is_tag,
};

/// A policy marker: how far a policy is an objective of a programme.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize, ToSchema)]
pub struct PolicyMarker {
    /// Code in the vocabulary (`PolicyMarker`); 1 is gender equality.
    #[schema(min_length = 1, max_length = 200, example = "1")]
    pub code: String,
    /// IATI code of the vocabulary (`PolicyMarkerVocabulary`): 1 (OECD DAC, the default) or 99
    /// (own).
    #[schema(example = "1")]
    pub vocabulary: String,
    /// IATI code (`PolicySignificance`): 0 (not targeted), 1 (significant objective), 2 (principal
    /// objective), 3 or 4.
    #[schema(required, example = "2")]
    pub significance: Option<String>,
    /// Name, in the original language of the programme; IATI requires it in vocabulary 99.
    #[schema(required, max_length = 300)]
    pub name: Option<String>,
}

/// A tag, such as a goal or target of the Sustainable Development Goals.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize, ToSchema)]
pub struct Tag {
    /// Code in the vocabulary, such as 5 (a goal) or 5.2 (a target).
    #[schema(min_length = 1, max_length = 200, example = "5.2")]
    pub code: String,
    /// IATI code of the vocabulary (`TagVocabulary`): 1 (AGROVOC), 2 (SDG goals), 3 (SDG targets), 4
    /// (Team Europe) or 99 (own).
    #[schema(example = "3")]
    pub vocabulary: String,
    /// Name, in the original language of the programme.
    #[schema(required, max_length = 300)]
    pub name: Option<String>,
}

/// A further identifier of a programme, or a former one of its reporting organisation.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize, ToSchema)]
pub struct OtherIdentifier {
    /// The identifier.
    #[schema(min_length = 1, max_length = 200, example = "46004")]
    pub identifier: String,
    /// IATI code (`OtherIdentifierType`): A1 (internal), A2 (OECD CRS), A3 (former identifier of the
    /// activity), A9 (other of the activity), B1 (former identifier of the reporting organisation)
    /// or B9 (other of the organisation).
    #[serde(rename = "type")]
    #[schema(example = "B1")]
    pub kind: String,
    /// IATI identifier of the organisation that assigned it.
    #[schema(required, max_length = 200, example = "XM-DAC-46004")]
    pub owner_identifier: Option<String>,
    /// Name of that organisation, in the original language of the programme.
    #[schema(required, max_length = 300)]
    pub owner_name: Option<String>,
}

/// Parses `policy_markers`.
pub fn parse_policy_markers(fields: &mut JsonFields<'_, '_>) -> Vec<PolicyMarker> {
    let mut seen = Vec::new();
    fields.objects("policy_markers", |mut inner| {
        let code = inner.text("code", limits::SHORT_TEXT);
        let vocabulary = inner.one_of("vocabulary", POLICY_MARKER_VOCABULARIES);
        let vocabulary = vocabulary.unwrap_or_else(|| "1".to_owned());
        let significance = inner.one_of("significance", POLICY_SIGNIFICANCES);
        let name = inner.text("name", limits::TITLE);
        inner.require("code", code.is_some());
        let what = ClassificationCode { name: "policy marker", vocabulary: &vocabulary };
        what.validate(&mut inner, code.as_deref(), &mut seen, is_policy_marker);
        inner.finish();
        Some(PolicyMarker { code: code?, vocabulary, significance, name })
    })
}

/// Parses `tags`.
pub fn parse_tags(fields: &mut JsonFields<'_, '_>) -> Vec<Tag> {
    let mut seen = Vec::new();
    fields.objects("tags", |mut inner| {
        let code = inner.text("code", limits::SHORT_TEXT);
        let vocabulary = inner.one_of("vocabulary", TAG_VOCABULARIES);
        let name = inner.text("name", limits::TITLE);
        inner.require("code", code.is_some());
        inner.require("vocabulary", vocabulary.is_some());
        if let Some(vocabulary) = vocabulary.as_deref() {
            let what = ClassificationCode { name: "tag", vocabulary };
            what.validate(&mut inner, code.as_deref(), &mut seen, is_tag);
        }
        inner.finish();
        Some(Tag { code: code?, vocabulary: vocabulary?, name })
    })
}

/// Parses `other_identifiers`.
pub fn parse_other_identifiers(fields: &mut JsonFields<'_, '_>) -> Vec<OtherIdentifier> {
    let mut seen: Vec<(String, String)> = Vec::new();
    fields.objects("other_identifiers", |mut inner| {
        let identifier = inner.text("identifier", limits::SHORT_TEXT);
        let kind = inner.one_of("type", OTHER_IDENTIFIER_TYPES);
        let owner_identifier = inner.text("owner_identifier", limits::SHORT_TEXT);
        let owner_name = inner.text("owner_name", limits::TITLE);
        inner.require("identifier", identifier.is_some());
        inner.require("type", kind.is_some());
        if let Some(own) = kind.clone().zip(identifier.clone()) {
            if seen.contains(&own) {
                inner.error("identifier", "repeated", format!("`{}` is repeated.", own.1));
            }
            seen.push(own);
        }
        inner.finish();
        let (identifier, kind) = (identifier?, kind?);
        Some(OtherIdentifier { identifier, kind, owner_identifier, owner_name })
    })
}

/// A code that is being validated.
struct ClassificationCode<'a> {
    /// What the code stands for, in messages.
    name: &'static str,
    vocabulary: &'a str,
}

impl ClassificationCode<'_> {
    /// Reports a code that is not on its list, or occurs twice.
    fn validate(
        &self,
        inner: &mut JsonFields<'_, '_>,
        code: Option<&str>,
        seen: &mut Vec<(String, String)>,
        is_known: fn(&str, &str) -> bool,
    ) {
        let Some(code) = code else { return };
        let Self { name, vocabulary } = *self;
        let own = (vocabulary.to_owned(), code.to_owned());
        if !is_known(vocabulary, code) {
            let code = crate::text::truncate_for_message(code);
            let detail = format!("`{code}` is not a {name} of vocabulary {vocabulary}.");
            inner.error("code", "unknown_value", detail);
        } else if seen.contains(&own) {
            inner.error("code", "repeated", format!("`{code}` is repeated."));
        }
        seen.push(own);
    }
}
