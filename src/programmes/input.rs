//! Request body of a programme, and its parser.

use crate::resource::model::item::NewReference;
use crate::resource::model::packed::PackedJson;
use crate::resource::view::resource::{BodyDocs, ParsedFields};

use serde_json::json;

use crate::http::json_fields::{JsonFields, limits};
use crate::programmes::allocations::{parse_recipient_places, parse_sectors};
use crate::programmes::classifications::{
    parse_other_identifiers, parse_policy_markers, parse_tags,
};
use crate::programmes::fields::{ACTIVITY_STATUSES, Helpline, ProgrammeFields};
use crate::programmes::reporting::parse_iati_overrides;
use crate::resource::view::partner_role;

/// Documentation of the request bodies, where it differs from that of responses.
pub const BODY_DOCS: BodyDocs = BodyDocs {
    example: Some(
        || json!({"status": "published", "title": "Implementing Norms, Changing Minds", "countries": ["AL", "XK"]}),
    ),
    descriptions: &[
        (
            "country_shares",
            "Allocation to countries; the percentages must add up to 100, with those of `regions`.",
        ),
        ("end_date", "End date; not before the start date."),
        (
            "iati_status",
            "Activity status where it does not follow from the dates, such as `cancelled` or `suspended`.",
        ),
        (
            "regions",
            "Regions; the percentages of several in one vocabulary must add up to 100, with those of `country_shares`.",
        ),
        ("sectors", "Sectors; the percentages of several in one vocabulary must add up to 100."),
    ],
};

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
    let helplines: Vec<Helpline> = fields.objects("helplines", |mut line| {
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
    let places = parse_recipient_places(fields, &countries);
    let own = ProgrammeFields {
        start_date,
        end_date,
        website: fields.url("website"),
        iati_identifier: fields.text("iati_identifier", limits::SHORT_TEXT),
        iati_status: fields.one_of("iati_status", ACTIVITY_STATUSES),
        country_shares: PackedJson::list(&places.country_shares),
        sectors: PackedJson::list(&parse_sectors(fields)),
        regions: PackedJson::list(&places.regions),
        policy_markers: PackedJson::list(&parse_policy_markers(fields)),
        tags: PackedJson::list(&parse_tags(fields)),
        other_identifiers: PackedJson::list(&parse_other_identifiers(fields)),
        iati: PackedJson::object(parse_iati_overrides(fields).as_ref()),
        countries: PackedJson::list(&countries),
        helplines: PackedJson::list(&helplines),
    };
    let links: Vec<NewReference> = partner_role::parse(fields);
    ParsedFields { fields: own, references: links }
}
