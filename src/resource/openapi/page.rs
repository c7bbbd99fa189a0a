//! The schema of a page of a list.
#![expect(unused_qualifications, reason = "utoipa qualifies the type parameter of a schema")]

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::marker::PhantomData;

use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use crate::resource::query::pagination::PageInfo;
use crate::resource::read::page::{FacetValue, Links};

/// A page of a list.
#[derive(ToSchema)]
#[expect(dead_code, reason = "declares a schema")]
struct PageFields<T> {
    /// Items of this page.
    data: Vec<T>,
    /// Position of the page in the list.
    page: PageInfo,
    /// Counts of the values of each requested facet, most frequent first.
    #[schema(nullable = false)]
    facets: Option<BTreeMap<String, Vec<FacetValue>>>,
    /// Words of `q` that no item of the list has together with the others. The items have the other
    /// words. Absent if they have all words.
    #[schema(nullable = false, min_items = 1, example = json!(["2023"]))]
    omitted_terms: Option<Vec<String>>,
    /// Suggested searches with more results, if this one has few.
    #[schema(nullable = false, example = json!(["violence"]))]
    did_you_mean: Option<Vec<String>>,
    /// Links to this page and its neighbours.
    links: Links,
}

/// A page of a list with items of this type. The schema of `Page<Video>` is named `VideoPage`.
pub struct Page<T>(PhantomData<T>);

impl<T: ToSchema> PartialSchema for Page<T> {
    fn schema() -> RefOr<Schema> {
        PageFields::<T>::schema()
    }
}

impl<T: ToSchema> ToSchema for Page<T> {
    fn name() -> Cow<'static, str> {
        format!("{}Page", T::name()).into()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        PageFields::<T>::schemas(schemas);
    }
}
