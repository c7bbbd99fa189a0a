//! References to schemas that the OpenAPI document defines itself, for `schema_with` attributes.

use utoipa::openapi::{Ref, RefOr, Schema};

/// Defines functions for `schema_with`, each a reference to a schema of the document.
macro_rules! named_schemas {
    ($($(#[$doc:meta])* $function:ident => $name:literal;)+) => {
        $($(#[$doc])* pub fn $function() -> RefOr<Schema> { Ref::from_schema_name($name).into() })+
    };
}

named_schemas! {
    /// A reference as it is written.
    reference_input => "ReferenceInput";
    /// A list of references as it is written.
    references_input => "ReferencesInput";
    /// A country as it is written.
    country_input => "CountryInput";
    /// A list of countries as it is written.
    countries_input => "CountriesInput";
    /// A decimal as it is written.
    decimal_input => "DecimalInput";
    /// A topic inside another resource, or null.
    topic_or_none => "TopicOrNull";
    /// Topics inside another resource.
    topics_shown => "TopicsShown";
    /// An indicator inside another resource, or null.
    indicator_or_none => "IndicatorOrNull";
    /// A programme inside another resource, or null.
    programme_shown => "ProgrammeOrNull";
    /// A partner inside another resource.
    partner_shown => "PartnerShown";
    /// A partner inside another resource, or null.
    partner_or_none => "PartnerOrNull";
    /// A video inside another resource.
    video_shown => "VideoShown";
    /// A resource of any kind.
    item_shown => "ItemShown";
}
