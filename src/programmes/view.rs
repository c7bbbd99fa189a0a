//! API representation of a programme.

use crate::resource::model::item::LoadedItem;
use crate::resource::model::packed::{PackedJson, PackedJsonList};
use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::i18n::country_names::CountryReference;
use crate::programmes::allocations::{CountryShare, RecipientRegion, Sector};
use crate::programmes::classifications::{OtherIdentifier, PolicyMarker, Tag};
use crate::programmes::fields::{ActivityStatus, Helpline, ProgrammeFields};
use crate::programmes::reporting::IatiOverrides;
use crate::programmes::schema::SCHEMA;
use crate::resource::view::context::{CommonFields, RenderContext};
use crate::resource::view::partner_role::{self, PartnerRole};

/// A programme, which videos and statistics belong to.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Programme {
    /// Fields common to all resources.
    #[serde(flatten)]
    pub common: CommonFields,
    /// Texts in the language of the response.
    #[serde(flatten)]
    pub texts: ProgrammeTexts,
    /// Start date.
    #[schema(required)]
    pub start_date: Option<chrono::NaiveDate>,
    /// End date.
    #[schema(required)]
    pub end_date: Option<chrono::NaiveDate>,
    /// Countries of the programme.
    pub countries: Vec<CountryReference>,
    /// Allocation to countries.
    #[schema(value_type = Vec<CountryShare>)]
    pub country_shares: PackedJsonList,
    /// Sectors.
    #[schema(value_type = Vec<Sector>)]
    pub sectors: PackedJsonList,
    /// Regions, instead of or in addition to countries.
    #[schema(value_type = Vec<RecipientRegion>)]
    pub regions: PackedJsonList,
    /// Policy markers, such as that of gender equality.
    #[schema(value_type = Vec<PolicyMarker>)]
    pub policy_markers: PackedJsonList,
    /// Tags, such as Sustainable Development Goals.
    #[schema(value_type = Vec<Tag>)]
    pub tags: PackedJsonList,
    /// Partners and their roles.
    pub partners: Vec<PartnerRole>,
    /// Website.
    #[schema(required, format = "uri")]
    pub website: Option<String>,
    /// IATI activity identifier.
    #[schema(required)]
    pub iati_identifier: Option<String>,
    /// Activity status where it does not follow from the dates.
    #[schema(required, value_type = Option<ActivityStatus>)]
    pub iati_status: Option<String>,
    /// Further identifiers in IATI.
    #[schema(value_type = Vec<OtherIdentifier>)]
    pub other_identifiers: PackedJsonList,
    /// What the programme reports to IATI in place of the organisation's settings.
    #[schema(required, value_type = Option<IatiOverrides>)]
    pub iati: PackedJson,
    /// A helpline for people affected.
    #[schema(value_type = Vec<Helpline>)]
    pub helplines: PackedJsonList,
}

/// Texts of a programme in one language, or in all languages with `lang=all`.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
pub struct ProgrammeTexts {
    /// Language of the texts (BCP 47).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required, nullable = false, example = "en")]
    pub language: Option<String>,
    /// Whether the texts were transliterated from the other script of the language.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required, nullable = false)]
    pub transliterated: Option<bool>,
    /// Title.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required, nullable = false, example = "Football players speak out")]
    pub title: Option<String>,
    /// Summary of one or two sentences.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required, value_type = Option<String>)]
    pub summary: Option<Option<String>>,
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
pub fn render(
    mut loaded: LoadedItem<ProgrammeFields>,
    render_context: &RenderContext,
) -> Programme {
    let translations = loaded.render_translations(&SCHEMA, render_context);
    let texts = match loaded.take_selected_text() {
        None => ProgrammeTexts { translations, ..ProgrammeTexts::default() },
        Some(chosen) => ProgrammeTexts {
            language: Some(chosen.language.as_str().to_owned()),
            transliterated: Some(chosen.is_transliterated),
            title: Some(chosen.text.title),
            summary: Some(chosen.text.summary),
            description: Some(chosen.text.description),
            credit_line: Some(chosen.text.credit_line),
            disclaimer: Some(chosen.text.disclaimer),
            translations,
        },
    };
    let common = loaded.take_common_fields();
    let partners = partner_role::render(&loaded, render_context);
    let own = loaded.fields;
    Programme {
        common,
        texts,
        start_date: own.start_date,
        end_date: own.end_date,
        countries: render_context.countries(&own.countries),
        country_shares: own.country_shares.into_list(),
        sectors: own.sectors.into_list(),
        regions: own.regions.into_list(),
        policy_markers: own.policy_markers.into_list(),
        tags: own.tags.into_list(),
        partners,
        website: own.website,
        iati_identifier: own.iati_identifier,
        iati_status: own.iati_status,
        other_identifiers: own.other_identifiers.into_list(),
        iati: own.iati,
        helplines: own.helplines.into_list(),
    }
}
