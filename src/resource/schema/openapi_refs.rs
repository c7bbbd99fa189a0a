//! References to schemas that are defined in the OpenAPI document by hand, for `schema_with`
//! attributes.

use utoipa::openapi::{Ref, RefOr, Schema};

/// Defines functions for `schema_with`. Each one returns a reference to a schema of the document.
macro_rules! named_schemas {
    ($($(#[$doc:meta])* $function:ident => $name:literal;)+) => {
        $($(#[$doc])* pub fn $function() -> RefOr<Schema> { Ref::from_schema_name($name).into() })+
    };
}

named_schemas! {
    /// A topic embedded in another resource, or null.
    topic_or_null => "TopicOrNull";
    /// Topics embedded in another resource.
    embedded_topics => "EmbeddedTopics";
    /// A result embedded in another resource, or null.
    result_or_null => "ResultStatementOrNull";
    /// An indicator embedded in another resource, or null.
    indicator_or_null => "IndicatorOrNull";
    /// A programme embedded in another resource, or null.
    programme_or_null => "ProgrammeOrNull";
    /// A partner embedded in another resource.
    embedded_partner => "EmbeddedPartner";
    /// A partner embedded in another resource, or null.
    partner_or_null => "PartnerOrNull";
    /// A video embedded in another resource.
    embedded_video => "EmbeddedVideo";
    /// A resource of any kind.
    full_item => "FullItem";
}
