use serde_json::json;

use super::*;

fn parse_credit(mut fields: JsonFields<'_, '_>) -> Option<String> {
    let name = fields.text("name", 10);
    fields.require("name", name.is_some());
    fields.finish();
    name
}

fn parse(fields: &mut JsonFields<'_, '_>) -> (Option<i64>, Vec<String>) {
    fields.ignore(&["id"]);
    (fields.integer("year", 1900..=2200), fields.objects("credits", parse_credit))
}

#[test]
fn parser_describes_the_objects_that_it_accepts() {
    let schema = JsonFields::describe(|fields| drop(parse(fields)));
    let name = json!({"type": "string", "maxLength": 10, "minLength": 1, "pattern": "\\S"});
    let credit = json!({
        "type": "object",
        "properties": {"name": name},
        "required": ["name"],
        "additionalProperties": false,
    });
    let properties = json!({
        "id": {},
        "year": {"type": "integer", "format": "int64", "minimum": 1900, "maximum": 2200},
        "credits": {"type": "array", "items": credit, "maxItems": limits::LIST_ITEMS},
    });
    assert_eq!(
        schema,
        json!({"type": "object", "properties": properties, "additionalProperties": false})
    );
}

#[test]
fn parser_reports_all_errors_with_their_pointers() {
    let body = json!({"year": 1, "credits": [{"name": "A"}, {"name": " "}, {"nam": "B"}]});
    let mut errors = Vec::new();
    let mut fields = JsonFields::new(&body, "", &mut errors).expect("an object");
    let (year, credits) = parse(&mut fields);
    fields.finish();
    assert_eq!((year, credits), (None, vec!["A".to_owned()]));
    let found: Vec<_> =
        errors.iter().map(|error| (error.pointer.as_deref(), error.code.as_ref())).collect();
    assert_eq!(
        found,
        [
            (Some("/year"), "out_of_range"),
            (Some("/credits/1/name"), "required"),
            (Some("/credits/2/name"), "required"),
            (Some("/credits/2/nam"), "unknown_field"),
        ]
    );
}
