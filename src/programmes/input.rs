//! Request body of a programme, and its parser.

use crate::resource::model::item::NewReference;
use crate::resource::model::item::Status;
use crate::resource::model::packed::PackedJson;
use crate::resource::view::resource::ParsedFields;
use std::collections::BTreeMap;

use utoipa::ToSchema;

use crate::http::json_fields::{JsonFields, limits};
use crate::programmes::allocations::{CountryShare, Sector, parse_country_shares, parse_sectors};
use crate::programmes::fields::{ACTIVITY_STATUSES, ActivityStatus, Helpline, ProgrammeFields};
use crate::programmes::view::ProgrammeTranslation;
use crate::resource::view::partner_role::{self, PartnerRoleInput};

/// Request body of POST and PUT, and the merge patch of PATCH. Texts outside `translations` are in
/// `original_language`.
#[derive(Clone, Debug, ToSchema)]
#[schema(example = json!({"status": "published", "title": "Implementing Norms, Changing Minds", "countries": ["AL", "XK"]}))]
pub struct ProgrammeInput {
    /// Readable identifier in URLs; generated from the title by default.
    #[schema(pattern = "^[a-z0-9]+(-[a-z0-9]+)*$", max_length = 80)]
    pub slug: Option<String>,
    /// Publication status; `draft` by default.
    pub status: Option<Status>,
    /// Time of publication; set at first publication by default.
    pub published_at: Option<chrono::DateTime<chrono::Utc>>,
    /// Language in which the item was written (BCP 47).
    pub original_language: Option<String>,
    /// Texts by language tag; in a PATCH, null removes a language.
    pub translations: Option<BTreeMap<String, ProgrammeTranslation>>,
    /// Title, in the original language.
    #[schema(min_length = 1, max_length = 300)]
    pub title: Option<String>,
    /// Summary of one or two sentences, in the original language.
    #[schema(max_length = 2000)]
    pub summary: Option<String>,
    /// Description as plain text, in the original language.
    #[schema(max_length = 50000)]
    pub description: Option<String>,
    /// Attribution line in the original language; must be shown wherever the item is displayed.
    #[schema(max_length = 2000)]
    pub credit_line: Option<String>,
    /// Disclaimer in the original language; must be shown wherever the item is displayed.
    #[schema(max_length = 2000)]
    pub disclaimer: Option<String>,
    /// Start date.
    pub start_date: Option<chrono::NaiveDate>,
    /// End date; not before the start date.
    pub end_date: Option<chrono::NaiveDate>,
    /// Countries of the programme: codes, or objects that contain one.
    #[schema(schema_with = crate::resource::schema::openapi_refs::countries_input)]
    pub countries: Option<Vec<String>>,
    /// Allocation to countries; the percentages must add up to 100.
    pub country_shares: Option<Vec<CountryShare>>,
    /// Sectors; the percentages of several in one vocabulary must add up to 100.
    pub sectors: Option<Vec<Sector>>,
    /// Partners and their roles.
    pub partners: Option<Vec<PartnerRoleInput>>,
    /// Website.
    #[schema(format = "uri")]
    pub website: Option<String>,
    /// IATI activity identifier.
    #[schema(max_length = 200)]
    pub iati_identifier: Option<String>,
    /// Activity status where it does not follow from the dates, such as `cancelled` or `suspended`.
    pub iati_status: Option<ActivityStatus>,
    /// A helpline for people affected.
    pub helplines: Option<Vec<Helpline>>,
}

/// Parses and validates a request body.
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
