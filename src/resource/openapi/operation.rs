//! Classes of operations, and the problems that the operations of a class can respond with.

use crate::http::problem::ProblemKind;

/// Class of an operation, derived from its operationId.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
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
    /// A single item.
    Get,
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

/// Subjects of `get_` operations that are not items of a kind.
const SELF_DESCRIBED: &[&str] =
    &["embed_builder", "impact_statistics_chart", "oembed", "video_sitemap", "web_component"];

impl OperationKind {
    /// Derives the class from the verb at the start of the operationId; `get_` operations that end
    /// in `_feed`, `_summary` or `_series` have classes of their own. Returns `None` for an unknown
    /// verb, and for pages and files that declare their parameters and responses themselves.
    pub fn from_operation_id(operation_id: &str) -> Option<Self> {
        let (verb, rest) = operation_id.split_once('_')?;
        Some(match verb {
            "get" if SELF_DESCRIBED.iter().any(|subject| rest.starts_with(subject)) => return None,
            "list" | "search" => Self::List,
            "get" if rest.ends_with("_feed") => Self::Feed,
            "export" => Self::Export,
            "get" if rest.ends_with("_summary") => Self::Summarise,
            "get" if rest.ends_with("_series") => Self::Series,
            "get" => Self::Get,
            "create" => Self::Create,
            "replace" => Self::Replace,
            "patch" => Self::Patch,
            "delete" => Self::Delete,
            "restore" => Self::Restore,
            _ => return None,
        })
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
        self.takes_list_params() || self == Self::Get
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
