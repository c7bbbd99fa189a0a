//! What a partner is.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::http::json_fields::{JsonFields, limits};
use crate::places::CountryReference;
use crate::resource::model::item::{LoadedItem, Status};
use crate::resource::model::packed::PackedJson;
use crate::resource::query::pagination::PageInfo;
use crate::resource::read::page::{FacetValue, Links};
use crate::resource::schema::{
    FilterSchema, FilterType, ResourceKind, ResourceSchema, SortColumn, SortSchema, TextField,
};
use crate::resource::view::context::{CommonFields, RenderContext};
use crate::resource::view::resource::ParsedFields;

/// What kind of organisation a partner is.
pub const PARTNER_KINDS: &[&str] = &[
    "donor",
    "multilateral",
    "government",
    "civil_society",
    "academic",
    "private_sector",
    "media",
    "other",
];

/// The declaration.
pub const SCHEMA: ResourceSchema = ResourceSchema {
    kind: ResourceKind::Partner,
    sort_table: None,
    text_fields: &[
        ("name", TextField::Title),
        ("description", TextField::Description),
        ("credit_line", TextField::CreditLine),
        ("disclaimer", TextField::Disclaimer),
    ],
    references: &[],
    filters: &[
        FilterSchema {
            name: "kind",
            filter_type: FilterType::OneOf(PARTNER_KINDS),
            description: "Partners of this kind.",
            example: "civil_society",
        },
        FilterSchema {
            name: "country",
            filter_type: FilterType::Country,
            description: "Partners based in this country.",
            example: "MK",
        },
        FilterSchema {
            name: "is_group",
            filter_type: FilterType::Boolean,
            description: "Groups of organisations (`true`) or single ones (`false`).",
            example: "false",
        },
        FilterSchema {
            name: "language",
            filter_type: FilterType::Language,
            description: "Partners with texts in this language.",
            example: "mk",
        },
    ],
    ranges: &[],
    sort_keys: &[SortSchema {
        name: "name",
        column: SortColumn::Title,
        description: "the name, in the answer's language and its alphabet",
    }],
    fields: &["kind", "acronym", "is_group", "country", "website", "iati_identifier", "logo"],
    on_demand_fields: &[],
    referenced_by: &[],
    embeds: &[],
    feed_formats: &["atom", "json"],
};

/// An organisation, or a group of them, that takes part.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Partner {
    /// What every resource shows.
    #[serde(flatten)]
    pub common: CommonFields,
    /// The texts in the answer's language.
    #[serde(flatten)]
    pub texts: PartnerTexts,
    /// What kind of organisation it is.
    #[schema(required, value_type = Option<PartnerKind>)]
    pub kind: Option<String>,
    /// Short name.
    #[schema(required, example = "EU")]
    pub acronym: Option<String>,
    /// Whether it stands for many organisations rather than one.
    pub is_group: bool,
    /// Where it is based.
    #[schema(required)]
    pub country: Option<CountryReference>,
    /// Website.
    #[schema(required, format = "uri")]
    pub website: Option<String>,
    /// Identifier of the organisation in IATI.
    #[schema(required, example = "XM-DAC-41146")]
    pub iati_identifier: Option<String>,
    /// Logo.
    #[schema(required, value_type = Option<Logo>)]
    pub logo: PackedJson,
}

/// What kind of organisation a partner is.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum PartnerKind {
    Donor,
    Multilateral,
    Government,
    CivilSociety,
    Academic,
    PrivateSector,
    Media,
    Other,
}

/// A logo.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
pub struct Logo {
    /// Where the image is.
    #[schema(format = "uri")]
    pub url: String,
    /// What it shows, for those who do not see it.
    #[schema(required, max_length = 2000)]
    pub alt: Option<String>,
}

/// A partner's texts in one language; with `lang=all` in every language instead.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
pub struct PartnerTexts {
    /// The language of the texts.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required, nullable = false, example = "en")]
    pub language: Option<String>,
    /// Whether they were made from the same language's other script.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required, nullable = false)]
    pub transliterated: Option<bool>,
    /// Name.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required, nullable = false, example = "European Union")]
    pub name: Option<String>,
    /// As long as it needs to be; plain text.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required, value_type = Option<String>)]
    pub description: Option<Option<String>>,
    /// Whom every display must credit.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required, value_type = Option<String>)]
    pub credit_line: Option<Option<String>>,
    /// What every display must say.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required, value_type = Option<String>)]
    pub disclaimer: Option<Option<String>>,
    /// The texts of every language, by language tag; only with `lang=all` or
    /// `include=translations`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, value_type = BTreeMap<String, PartnerTranslation>)]
    pub translations: Option<BTreeMap<String, Value>>,
}

/// A partner's texts in one language.
#[derive(Clone, Debug, ToSchema)]
pub struct PartnerTranslation {
    /// Whether the public sees this language.
    pub status: Option<Status>,
    /// Name.
    #[schema(
        required,
        nullable = false,
        min_length = 1,
        max_length = 300,
        example = "European Union"
    )]
    pub name: Option<String>,
    /// As long as it needs to be; plain text.
    #[schema(max_length = 50000)]
    pub description: Option<String>,
    /// Whom every display must credit.
    #[schema(max_length = 2000)]
    pub credit_line: Option<String>,
    /// What every display must say.
    #[schema(max_length = 2000)]
    pub disclaimer: Option<String>,
}

/// What POST and PUT take; PATCH merges it. Flat texts are those of `original_language`.
#[derive(Clone, Debug, ToSchema)]
#[schema(example = json!({"slug": "european-union", "status": "published", "kind": "donor", "acronym": "EU", "name": "European Union"}))]
pub struct PartnerInput {
    /// Readable name in addresses; made from the name if it is absent.
    #[schema(pattern = "^[a-z0-9]+(-[a-z0-9]+)*$", max_length = 80)]
    pub slug: Option<String>,
    /// `draft` if it is absent.
    pub status: Option<Status>,
    /// Set at first publication if it is absent.
    pub published_at: Option<chrono::DateTime<chrono::Utc>>,
    /// The language it was written in.
    pub original_language: Option<String>,
    /// The texts by language tag; null removes a language in a PATCH.
    pub translations: Option<BTreeMap<String, PartnerTranslation>>,
    /// Name, in the original language.
    #[schema(min_length = 1, max_length = 300)]
    pub name: Option<String>,
    /// As long as it needs to be; plain text; in the original language.
    #[schema(max_length = 50000)]
    pub description: Option<String>,
    /// Whom every display must credit; in the original language.
    #[schema(max_length = 2000)]
    pub credit_line: Option<String>,
    /// What every display must say; in the original language.
    #[schema(max_length = 2000)]
    pub disclaimer: Option<String>,
    /// What kind of organisation it is.
    pub kind: Option<PartnerKind>,
    /// Short name.
    #[schema(max_length = 200)]
    pub acronym: Option<String>,
    /// Whether it stands for many organisations rather than one; `false` if it is absent.
    pub is_group: Option<bool>,
    /// Where it is based: a code, or an object with one.
    #[schema(schema_with = crate::resource::schema::openapi_refs::country_input)]
    pub country: Option<String>,
    /// Website.
    #[schema(format = "uri")]
    pub website: Option<String>,
    /// Identifier of the organisation in IATI.
    #[schema(max_length = 200, example = "XM-DAC-41146")]
    pub iati_identifier: Option<String>,
    /// Logo.
    pub logo: Option<Logo>,
}

/// A page of a list.
#[derive(Clone, Debug, ToSchema)]
pub struct PartnerPage {
    /// The items of this page.
    pub data: Vec<Partner>,
    /// Where the page stands in the list.
    pub page: PageInfo,
    /// Counts of the values of each facet that was asked for, the most frequent first.
    #[schema(nullable = false)]
    pub facets: Option<BTreeMap<String, Vec<FacetValue>>>,
    /// Searches that find more, where this one finds little: what was perhaps meant.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = json!(["violence"]))]
    pub did_you_mean: Option<Vec<String>>,
    /// Addresses of this page and its neighbours.
    pub links: Links,
}

/// A partner's own fields.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct PartnerFields {
    /// See [`KINDS`].
    pub kind: Option<String>,
    /// Short name.
    pub acronym: Option<String>,
    /// Whether it stands for many.
    pub is_group: bool,
    /// Country code.
    pub country: Option<String>,
    /// Website.
    pub website: Option<String>,
    /// Identifier in IATI.
    pub iati_identifier: Option<String>,
    /// [`Logo`].
    pub logo: PackedJson,
}

/// Reads a body.
pub fn parse(fields: &mut JsonFields<'_, '_>) -> ParsedFields<PartnerFields> {
    let logo = fields.object("logo", |mut logo| {
        let url = logo.url("url");
        let alt = logo.text("alt", limits::SUMMARY);
        logo.require("url", url.is_some());
        logo.finish();
        Some(Logo { url: url?, alt })
    });
    let own = PartnerFields {
        kind: fields.one_of("kind", PARTNER_KINDS),
        acronym: fields.text("acronym", limits::SHORT_TEXT),
        is_group: fields.flag("is_group").unwrap_or(false),
        country: fields.country("country"),
        website: fields.url("website"),
        iati_identifier: fields.text("iati_identifier", limits::SHORT_TEXT),
        logo: PackedJson::object(logo.as_ref()),
    };
    ParsedFields { fields: own, references: Vec::new() }
}

/// Draws the resource.
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
