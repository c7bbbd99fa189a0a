//! API representation of a partner.

use crate::resource::model::item::LoadedItem;
use crate::resource::model::packed::PackedJson;
use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::i18n::country_names::CountryReference;
use crate::partners::fields::{Logo, PartnerFields, PartnerKind};
use crate::partners::schema::SCHEMA;
use crate::resource::view::context::{CommonFields, RenderContext};

/// An organisation, or a group of organisations, that participates in programmes and videos.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Partner {
    /// Fields common to all resources.
    #[serde(flatten)]
    pub common: CommonFields,
    /// Texts in the language of the response.
    #[serde(flatten)]
    pub texts: PartnerTexts,
    /// Kind of organisation.
    #[schema(required, value_type = Option<PartnerKind>)]
    pub kind: Option<String>,
    /// Short name.
    #[schema(required, example = "EU")]
    pub acronym: Option<String>,
    /// Whether it is a group of organisations.
    pub is_group: bool,
    /// Country where it is based.
    #[schema(required)]
    pub country: Option<CountryReference>,
    /// Website.
    #[schema(required, format = "uri")]
    pub website: Option<String>,
    /// IATI organisation identifier.
    #[schema(required, example = "XM-DAC-41146")]
    pub iati_identifier: Option<String>,
    /// Logo.
    #[schema(required, value_type = Option<Logo>)]
    pub logo: PackedJson,
}

/// Texts of a partner in one language, or in all languages with `lang=all`.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
pub struct PartnerTexts {
    /// Language of the texts (BCP 47).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required, nullable = false, example = "en")]
    pub language: Option<String>,
    /// Whether the texts were transliterated from the other script of the language.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required, nullable = false)]
    pub transliterated: Option<bool>,
    /// Name.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required, nullable = false, example = "European Union")]
    pub name: Option<String>,
    /// Description as plain text.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required, value_type = Option<String>)]
    pub description: Option<Option<String>>,
    /// Attribution line; must be shown wherever the item is displayed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required, value_type = Option<String>)]
    pub credit_line: Option<Option<String>>,
    /// Disclaimer; must be shown wherever the item is displayed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required, value_type = Option<String>)]
    pub disclaimer: Option<Option<String>>,
    /// Texts in all languages by language tag; present only with `lang=all` or
    /// `include=translations`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub translations: Option<BTreeMap<String, Value>>,
}

/// Renders the API representation.
pub fn render(mut loaded: LoadedItem<PartnerFields>, render_context: &RenderContext) -> Partner {
    let translations = loaded.render_translations(&SCHEMA, render_context);
    let texts = match loaded.take_selected_text() {
        None => PartnerTexts { translations, ..PartnerTexts::default() },
        Some(chosen) => PartnerTexts {
            language: Some(chosen.language.as_str().to_owned()),
            transliterated: Some(chosen.is_transliterated),
            name: Some(chosen.text.title),
            description: Some(chosen.text.description),
            credit_line: Some(chosen.text.credit_line),
            disclaimer: Some(chosen.text.disclaimer),
            translations,
        },
    };
    let common = loaded.take_common_fields();
    let own = loaded.fields;
    Partner {
        common,
        texts,
        kind: own.kind,
        acronym: own.acronym,
        is_group: own.is_group,
        country: own.country.as_deref().and_then(|code| {
            render_context
                .country_names
                .country_reference(code, render_context.language_preference.ui_language)
        }),
        website: own.website,
        iati_identifier: own.iati_identifier,
        logo: own.logo,
    }
}
