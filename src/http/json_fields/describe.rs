//! The describing mode of [`JsonFields`]: records the JSON Schema of the members that a parser reads.

use serde_json::{Map, Value};

use crate::http::json_fields::JsonFields;
use crate::http::json_fields::schema::ObjectSchema;

impl<'v> JsonFields<'v, '_> {
    /// Returns the JSON Schema of the objects that a parser accepts, by running it in describing
    /// mode: the object is empty, errors are dropped, and nested parsers run once.
    pub fn describe(parse: impl FnOnce(&mut JsonFields<'_, '_>)) -> Value {
        let (object, mut errors, mut schema) = (Map::new(), Vec::new(), ObjectSchema::default());
        parse(&mut JsonFields {
            object: &object,
            pointer: String::new(),
            known_fields: Vec::new(),
            errors: &mut errors,
            schema: Some(&mut schema),
        });
        schema.into_json()
    }

    pub(super) fn record(&mut self, name: &str, schema: impl FnOnce() -> Value) {
        if let Some(recorded) = &mut self.schema {
            recorded.set(name, schema());
        }
    }

    /// Records a nested object, described by its parser, within the schema that `wrap` returns.
    pub(super) fn record_nested(
        &mut self,
        name: &str,
        parse: impl FnOnce(JsonFields<'v, '_>),
        wrap: fn(&Value) -> Value,
    ) {
        if self.schema.is_none() {
            return;
        }
        let mut nested = ObjectSchema::default();
        parse(JsonFields {
            object: self.object,
            pointer: self.pointer_to(name),
            known_fields: Vec::new(),
            errors: self.errors,
            schema: Some(&mut nested),
        });
        self.record(name, || wrap(&nested.into_json()));
    }

    /// Adds keywords to the JSON Schema of a member that has been read, for checks that its type
    /// does not include.
    pub fn add_keywords(&mut self, name: &str, keywords: impl FnOnce() -> Value) {
        if let Some(recorded) = &mut self.schema {
            recorded.add_keywords(name, keywords());
        }
    }
}
