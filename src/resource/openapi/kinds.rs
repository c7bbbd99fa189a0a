//! Schemas that enumerate kinds: the values are the names of registered kinds.

use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{RefOr, Schema};

use crate::resource::schema::ResourceKind;

/// Returns the schema of the names of these kinds.
pub fn kind_schema(description: &str, kinds: &[ResourceKind]) -> RefOr<Schema> {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .description(Some(description.trim()))
        .enum_values(Some(ResourceKind::names(kinds)))
        .into()
}

/// Declares a type whose schema has the names of these kinds as its values.
macro_rules! kind_enumeration {
    (#[doc = $description:literal] $name:ident = $kinds:expr) => {
        #[doc = $description]
        pub struct $name;

        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
                $crate::resource::openapi::kinds::kind_schema($description, &$kinds)
            }
        }

        impl utoipa::ToSchema for $name {}
    };
}

pub(crate) use kind_enumeration;
