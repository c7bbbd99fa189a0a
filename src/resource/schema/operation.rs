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

    /// Returns the problem types that such an operation can respond with, besides those of
    /// [`COMMON_PROBLEMS`].
    fn specific_problems(self) -> &'static [ProblemKind] {
        use ProblemKind::{
            BodyTooLarge, Conflict, Forbidden, Gone, InvalidFields, NotAcceptable, NotFound,
            NotSummable, PreconditionFailed, PreconditionRequired, Unauthenticated,
            UnsupportedMediaType,
        };
        match self {
            Self::CatalogueFile => &[],
            Self::List => &[Unauthenticated, NotAcceptable],
            Self::Summarise => &[Unauthenticated, NotAcceptable, NotSummable],
            Self::Feed | Self::Export => &[Unauthenticated, NotFound],
            Self::GetReferenceData => &[Unauthenticated, NotFound, NotAcceptable],
            Self::Get | Self::Series => &[Unauthenticated, NotFound, NotAcceptable, Gone],
            Self::Create => &[
                Unauthenticated,
                Forbidden,
                NotAcceptable,
                Conflict,
                BodyTooLarge,
                UnsupportedMediaType,
                InvalidFields,
            ],
            Self::Replace | Self::Patch => &[
                Unauthenticated,
                Forbidden,
                NotFound,
                NotAcceptable,
                Conflict,
                Gone,
                PreconditionFailed,
                BodyTooLarge,
                UnsupportedMediaType,
                InvalidFields,
                PreconditionRequired,
            ],
            Self::Restore => &[
                Unauthenticated,
                Forbidden,
                NotFound,
                NotAcceptable,
                Conflict,
                Gone,
                PreconditionFailed,
                UnsupportedMediaType,
                InvalidFields,
            ],
            Self::Delete => &[
                Unauthenticated,
                Forbidden,
                NotFound,
                Conflict,
                Gone,
                PreconditionFailed,
                UnsupportedMediaType,
                PreconditionRequired,
            ],
        }
    }

    /// Returns the problem types that such an operation can respond with.
    pub fn problem_kinds(self) -> impl Iterator<Item = ProblemKind> {
        COMMON_PROBLEMS.into_iter().chain(self.specific_problems().iter().copied())
    }
}

/// The problem types that every operation of a class can respond with.
const COMMON_PROBLEMS: [ProblemKind; 6] = [
    ProblemKind::InvalidParameter,
    ProblemKind::RequestTimeout,
    ProblemKind::UriTooLong,
    ProblemKind::HeadersTooLarge,
    ProblemKind::Internal,
    ProblemKind::Unavailable,
];
