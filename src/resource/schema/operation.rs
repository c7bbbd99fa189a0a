//! Classes of operations, and the problems that the operations of a class can respond with.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::http::problem::ProblemKind;

/// Extension of a handler's annotation that declares the class of its operation:
/// `extensions(("x-operation-kind" = json!(OperationKind::List)))`. The finished document does not
/// contain it.
const OPERATION_KIND: &str = "x-operation-kind";

/// Class of an operation. Operations without a class declare all their parameters and responses
/// themselves.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub enum OperationKind {
    /// A page of a list.
    List,
    /// A page of a list in a feed format.
    Feed,
    /// An aggregate of the items of a list.
    Summarise,
    /// A series of the items that belong to one item.
    Series,
    /// A whole list as a table.
    Export,
    /// A file about the whole catalogue, with published data only.
    CatalogueFile,
    /// A single item, or a representation or part of one.
    Get,
    /// An entry of reference data, which cannot be deleted.
    GetReferenceData,
    /// Creation of an item.
    Create,
    /// Replacement of an item.
    Replace,
    /// Partial update of an item.
    Patch,
    /// Deletion of an item.
    Delete,
    /// Restoration of a deleted item.
    Restore,
}

impl OperationKind {
    /// Removes the declared class from an operation, and returns it.
    pub fn take(operation: &mut Map<String, Value>) -> Option<Self> {
        serde_json::from_value(operation.remove(OPERATION_KIND)?).ok()
    }

    /// Whether the response is a list, or a page of one.
    pub fn is_list(self) -> bool {
        matches!(self, Self::List | Self::Feed | Self::Export)
    }

    /// Whether the operation takes the filters of a list.
    pub fn takes_list_params(self) -> bool {
        self.is_list() || matches!(self, Self::Summarise | Self::Series)
    }

    /// Whether the operation is read-only.
    pub fn is_read(self) -> bool {
        self.takes_list_params()
            || matches!(self, Self::CatalogueFile | Self::Get | Self::GetReferenceData)
    }

    /// Returns the problem types that such an operation can respond with.
    pub fn problem_kinds(self) -> &'static [ProblemKind] {
        use ProblemKind::{
            BodyTooLarge, Conflict, Forbidden, Gone, HeadersTooLarge, Internal, InvalidFields,
            InvalidParameter, NotAcceptable, NotFound, NotSummable, PreconditionFailed,
            PreconditionRequired, RequestTimeout, Unauthenticated, Unavailable,
            UnsupportedMediaType, UriTooLong,
        };
        match self {
            Self::List => &[
                InvalidParameter,
                Unauthenticated,
                NotAcceptable,
                RequestTimeout,
                UriTooLong,
                HeadersTooLarge,
                Internal,
                Unavailable,
            ],
            Self::Feed | Self::Export => &[
                InvalidParameter,
                Unauthenticated,
                NotFound,
                RequestTimeout,
                UriTooLong,
                HeadersTooLarge,
                Internal,
                Unavailable,
            ],
            Self::CatalogueFile => &[
                InvalidParameter,
                RequestTimeout,
                UriTooLong,
                HeadersTooLarge,
                Internal,
                Unavailable,
            ],
            Self::GetReferenceData => &[
                InvalidParameter,
                Unauthenticated,
                NotFound,
                NotAcceptable,
                RequestTimeout,
                UriTooLong,
                HeadersTooLarge,
                Internal,
                Unavailable,
            ],
            Self::Summarise => &[
                InvalidParameter,
                Unauthenticated,
                NotAcceptable,
                RequestTimeout,
                UriTooLong,
                NotSummable,
                HeadersTooLarge,
                Internal,
                Unavailable,
            ],
            Self::Get | Self::Series => &[
                InvalidParameter,
                Unauthenticated,
                NotFound,
                NotAcceptable,
                RequestTimeout,
                Gone,
                UriTooLong,
                HeadersTooLarge,
                Internal,
                Unavailable,
            ],
            Self::Create => &[
                InvalidParameter,
                Unauthenticated,
                Forbidden,
                NotAcceptable,
                RequestTimeout,
                Conflict,
                BodyTooLarge,
                UriTooLong,
                UnsupportedMediaType,
                InvalidFields,
                HeadersTooLarge,
                Internal,
                Unavailable,
            ],
            Self::Replace | Self::Patch => &[
                InvalidParameter,
                Unauthenticated,
                Forbidden,
                NotFound,
                NotAcceptable,
                RequestTimeout,
                Conflict,
                Gone,
                PreconditionFailed,
                BodyTooLarge,
                UriTooLong,
                UnsupportedMediaType,
                InvalidFields,
                PreconditionRequired,
                HeadersTooLarge,
                Internal,
                Unavailable,
            ],
            Self::Restore => &[
                InvalidParameter,
                Unauthenticated,
                Forbidden,
                NotFound,
                NotAcceptable,
                RequestTimeout,
                Conflict,
                Gone,
                PreconditionFailed,
                UriTooLong,
                InvalidFields,
                HeadersTooLarge,
                Internal,
                Unavailable,
            ],
            Self::Delete => &[
                InvalidParameter,
                Unauthenticated,
                Forbidden,
                NotFound,
                RequestTimeout,
                Conflict,
                Gone,
                PreconditionFailed,
                UriTooLong,
                PreconditionRequired,
                HeadersTooLarge,
                Internal,
                Unavailable,
            ],
        }
    }
}
