//! What a programme is.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::db::keyset::SortKeyType;
use crate::http::json_fields::{JsonFields, limits};
use crate::places::CountryReference;
use crate::programmes::allocations::{CountryShare, Sector, parse_country_shares, parse_sectors};
use crate::resource::model::item::{LoadedItem, NewReference, Status};
use crate::resource::model::packed::{PackedJson, PackedJsonList};
use crate::resource::query::pagination::PageInfo;
use crate::resource::read::page::{FacetValue, Links};
use crate::resource::schema::{
    FilterSchema, FilterType, RangeSchema, RangeType, ReferenceSchema, ResourceKind,
    ResourceSchema, SortColumn, SortSchema, SortTableSchema, TextField,
};
use crate::resource::view::context::{CommonFields, RenderContext};
use crate::resource::view::partner_role::{self, PartnerRole, PartnerRoleInput};
use crate::resource::view::resource::ParsedFields;

/// What state a programme is in (IATI activity status).
pub const ACTIVITY_STATUSES: &[&str] =
    &["pipeline", "implementation", "finalisation", "closed", "cancelled", "suspended"];

/// The declaration.
pub const SCHEMA: ResourceSchema = ResourceSchema {
    kind: ResourceKind::Programme,
    sort_table: Some(SortTableSchema { name: "programmes", columns: &["start_date", "end_date"] }),
    text_fields: &[
        ("title", TextField::Title),
        ("summary", TextField::Summary),
        ("description", TextField::Description),
        ("credit_line", TextField::CreditLine),
        ("disclaimer", TextField::Disclaimer),
    ],
    references: &[ReferenceSchema {
        field: "partners",
        target: ResourceKind::Partner,
        referrer_phrase: "partner",
    }],
    filters: &[
        FilterSchema {
            name: "partner",
            filter_type: FilterType::Item(ResourceKind::Partner),
            description: "Programmes in which this partner takes part.",
            example: "un-women",
        },
        FilterSchema {
            name: "country",
            filter_type: FilterType::Country,
            description: "Programmes in this country.",
            example: "XK",
        },
        FilterSchema {
            name: "language",
            filter_type: FilterType::Language,
            description: "Programmes with texts in this language.",
            example: "sq",
        },
    ],
    ranges: &[
        RangeSchema {
            name: "period_after",
            column: "programmes.start_date",
            value_type: RangeType::Date,
            is_lower_bound: true,
            description: "Began on this day or later.",
            example: "2024-01-01",
        },
        RangeSchema {
            name: "period_before",
            column: "programmes.start_date",
            value_type: RangeType::Date,
            is_lower_bound: false,
            description: "Began before this day.",
            example: "2025-01-01",
        },
    ],
    sort_keys: &[
        SortSchema {
            name: "title",
            column: SortColumn::Title,
            description: "the title, in the answer's language and its alphabet",
        },
        SortSchema {
            name: "start_date",
            column: SortColumn::Column {
                name: "programmes.start_date",
                key_type: SortKeyType::Date,
                nullable: true,
            },
            description: "when it began",
        },
        SortSchema {
            name: "end_date",
            column: SortColumn::Column {
                name: "programmes.end_date",
                key_type: SortKeyType::Date,
                nullable: true,
            },
            description: "when it ended",
        },
    ],
    fields: &[
        "start_date",
        "end_date",
        "countries",
        "country_shares",
        "sectors",
        "partners",
        "website",
        "iati_identifier",
        "iati_status",
        "helplines",
    ],
    on_demand_fields: &[],
    referenced_by: &[],
    embeds: &[ResourceKind::Partner],
    feed_formats: &["atom", "json"],
};

/// A programme: what videos and statistics belong to.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Programme {
    /// What every resource shows.
    #[serde(flatten)]
    pub common: CommonFields,
    /// The texts in the answer's language.
    #[serde(flatten)]
    pub texts: ProgrammeTexts,
    /// When it began.
    #[schema(required)]
    pub start_date: Option<chrono::NaiveDate>,
    /// When it ended.
    #[schema(required)]
    pub end_date: Option<chrono::NaiveDate>,
    /// Where it works.
    pub countries: Vec<CountryReference>,
    /// How it is shared among its countries.
    #[schema(value_type = Vec<CountryShare>)]
    pub country_shares: PackedJsonList,
    /// What it is for.
    #[schema(value_type = Vec<Sector>)]
    pub sectors: PackedJsonList,
    /// Who takes part, and how.
    pub partners: Vec<PartnerRole>,
    /// Website.
    #[schema(required, format = "uri")]
    pub website: Option<String>,
    /// Identifier of the activity in IATI.
    #[schema(required)]
    pub iati_identifier: Option<String>,
    /// What state it is in, where its dates do not say it.
    #[schema(required, value_type = Option<ActivityStatus>)]
    pub iati_status: Option<String>,
    /// Where people concerned find help.
    #[schema(value_type = Vec<Helpline>)]
    pub helplines: PackedJsonList,
}

/// What state a programme is in (IATI activity status).
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum ActivityStatus {
    Pipeline,
    Implementation,
    Finalisation,
    Closed,
    Cancelled,
    Suspended,
}

/// Where people concerned find help.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
pub struct Helpline {
    /// Where it serves.
    #[schema(required, example = "MK")]
    pub country: Option<String>,
    /// Languages it speaks.
    pub languages: Vec<String>,
    /// Name.
    #[schema(min_length = 1, max_length = 300)]
    pub name: String,
    /// Telephone number.
    #[schema(required, max_length = 200)]
    pub phone: Option<String>,
    /// Website.
    #[schema(required, format = "uri")]
    pub url: Option<String>,
}

/// A programme's texts in one language; with `lang=all` in every language instead.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
pub struct ProgrammeTexts {
    /// The language of the texts.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required, nullable = false, example = "en")]
    pub language: Option<String>,
    /// Whether they were made from the same language's other script.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required, nullable = false)]
    pub transliterated: Option<bool>,
    /// Title.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required, nullable = false, example = "Football players speak out")]
    pub title: Option<String>,
    /// One or two sentences.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required, value_type = Option<String>)]
    pub summary: Option<Option<String>>,
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
    #[schema(nullable = false, value_type = BTreeMap<String, ProgrammeTranslation>)]
    pub translations: Option<BTreeMap<String, Value>>,
}

/// A programme's texts in one language.
#[derive(Clone, Debug, ToSchema)]
pub struct ProgrammeTranslation {
    /// Whether the public sees this language.
    pub status: Option<Status>,
    /// Title.
    #[schema(
        required,
        nullable = false,
        min_length = 1,
        max_length = 300,
        example = "Football players speak out"
    )]
    pub title: Option<String>,
    /// One or two sentences.
    #[schema(max_length = 2000)]
    pub summary: Option<String>,
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
#[schema(example = json!({"status": "published", "title": "Implementing Norms, Changing Minds", "countries": ["AL", "XK"]}))]
pub struct ProgrammeInput {
    /// Readable name in addresses; made from the title if it is absent.
    #[schema(pattern = "^[a-z0-9]+(-[a-z0-9]+)*$", max_length = 80)]
    pub slug: Option<String>,
    /// `draft` if it is absent.
    pub status: Option<Status>,
    /// Set at first publication if it is absent.
    pub published_at: Option<chrono::DateTime<chrono::Utc>>,
    /// The language it was written in.
    pub original_language: Option<String>,
    /// The texts by language tag; null removes a language in a PATCH.
    pub translations: Option<BTreeMap<String, ProgrammeTranslation>>,
    /// Title, in the original language.
    #[schema(min_length = 1, max_length = 300)]
    pub title: Option<String>,
    /// One or two sentences; in the original language.
    #[schema(max_length = 2000)]
    pub summary: Option<String>,
    /// As long as it needs to be; plain text; in the original language.
    #[schema(max_length = 50000)]
    pub description: Option<String>,
    /// Whom every display must credit; in the original language.
    #[schema(max_length = 2000)]
    pub credit_line: Option<String>,
    /// What every display must say; in the original language.
    #[schema(max_length = 2000)]
    pub disclaimer: Option<String>,
    /// When it began.
    pub start_date: Option<chrono::NaiveDate>,
    /// When it ended; not before it began.
    pub end_date: Option<chrono::NaiveDate>,
    /// Where it works: codes, or objects with one.
    #[schema(schema_with = crate::resource::schema::openapi_refs::countries_input)]
    pub countries: Option<Vec<String>>,
    /// How it is shared among its countries; the percentages sum up to 100.
    pub country_shares: Option<Vec<CountryShare>>,
    /// What it is for; the percentages of several in one vocabulary sum up to 100.
    pub sectors: Option<Vec<Sector>>,
    /// Who takes part, and how.
    pub partners: Option<Vec<PartnerRoleInput>>,
    /// Website.
    #[schema(format = "uri")]
    pub website: Option<String>,
    /// Identifier of the activity in IATI.
    #[schema(max_length = 200)]
    pub iati_identifier: Option<String>,
    /// What state it is in, where its dates do not say it: cancelled, suspended, or other than
    /// planned.
    pub iati_status: Option<ActivityStatus>,
    /// Where people concerned find help.
    pub helplines: Option<Vec<Helpline>>,
}

/// A page of a list.
#[derive(Clone, Debug, ToSchema)]
pub struct ProgrammePage {
    /// The items of this page.
    pub data: Vec<Programme>,
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

/// A programme's own fields.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct ProgrammeFields {
    /// When it began.
    pub start_date: Option<chrono::NaiveDate>,
    /// When it ended.
    pub end_date: Option<chrono::NaiveDate>,
    /// Website.
    pub website: Option<String>,
    /// Identifier in IATI.
    pub iati_identifier: Option<String>,
    /// See [`STATUSES`].
    pub iati_status: Option<String>,
    /// Country codes.
    pub countries: PackedJson,
    /// [`CountryShare`]s.
    pub country_shares: PackedJson,
    /// [`Sector`]s.
    pub sectors: PackedJson,
    /// [`Helpline`]s.
    pub helplines: PackedJson,
}

/// Reads a body.
pub fn parse(fields: &mut JsonFields<'_, '_>) -> ParsedFields<ProgrammeFields> {
    let (start_date, end_date) = (fields.date("start_date"), fields.date("end_date"));
    if let (Some(start), Some(end)) = (start_date, end_date)
        && end < start
    {
        fields.error(
            "end_date",
            "invalid_range",
            format!("The end must not be before the start ({start})."),
        );
    }
    let helplines: Vec<Helpline> = fields.list("helplines", |value, pointer, errors| {
        let mut line = JsonFields::new(value, pointer, errors)?;
        let helpline = Helpline {
            country: line.country("country"),
            languages: line
                .languages("languages")
                .iter()
                .map(|language| language.as_str().to_owned())
                .collect(),
            name: line.text("name", limits::TITLE).unwrap_or_default(),
            phone: line.text("phone", limits::SHORT_TEXT),
            url: line.url("url"),
        };
        line.require("name", !helpline.name.is_empty());
        line.finish();
        Some(helpline)
    });
    let countries = fields.countries("countries");
    let own = ProgrammeFields {
        start_date,
        end_date,
        website: fields.url("website"),
        iati_identifier: fields.text("iati_identifier", limits::SHORT_TEXT),
        iati_status: fields.one_of("iati_status", ACTIVITY_STATUSES),
        country_shares: PackedJson::list(&parse_country_shares(fields, &countries)),
        sectors: PackedJson::list(&parse_sectors(fields)),
        countries: PackedJson::list(&countries),
        helplines: PackedJson::list(&helplines),
    };
    let links: Vec<NewReference> = partner_role::parse(fields);
    ParsedFields { fields: own, references: links }
}

/// Draws the resource.
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
        partners,
        website: own.website,
        iati_identifier: own.iati_identifier,
        iati_status: own.iati_status,
        helplines: own.helplines.into_list(),
    }
}
