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
    topic_or_none => "TopicOrNull";
    /// Topics embedded in another resource.
    topics_shown => "TopicsShown";
    /// An indicator embedded in another resource, or null.
    indicator_or_none => "IndicatorOrNull";
    /// A programme embedded in another resource, or null.
    programme_shown => "ProgrammeOrNull";
    /// A partner embedded in another resource.
    partner_shown => "PartnerShown";
    /// A partner embedded in another resource, or null.
    partner_or_none => "PartnerOrNull";
    /// A video embedded in another resource.
    video_shown => "VideoShown";
    /// A resource of any kind.
    item_shown => "ItemShown";
}
