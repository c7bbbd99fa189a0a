//! What operations have in common, by what they do.

use crate::http::problem::ProblemKind;

/// What class an operation is of, by its operationId.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum OperationKind {
    /// A page of a list.
    List,
    /// A page of a list in a format for feed readers.
    Feed,
    /// What the items of a list come to.
    Summarise,
    /// What the items come to that belong to one.
    Series,
    /// A whole list as a table.
    Export,
    /// One item.
    Get,
    /// A new item.
    Create,
    /// The whole of an item.
    Replace,
    /// Parts of an item.
    Patch,
    /// An item that goes.
    Delete,
    /// An item that comes back.
    Restore,
}

impl OperationKind {
    /// By the first word of the operation's id; `get_` with `_summary` or `_series` at the end is a
    /// class of its own.
    pub fn from_operation_id(operation_id: &str) -> Option<Self> {
        let (verb, rest) = operation_id.split_once('_')?;
        Some(match verb {
            "list" | "search" => Self::List,
            "get" if operation_id.ends_with("_feed") => Self::Feed,
            "feed" => Self::Feed,
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

    /// Whether it answers a list, or a page of one.
    pub fn is_list(self) -> bool {
        matches!(self, Self::List | Self::Feed | Self::Export)
    }

    /// Whether it takes the filters of a list.
    pub fn takes_list_params(self) -> bool {
        self.is_list() || matches!(self, Self::Summarise | Self::Series)
    }

    /// Whether it only reads.
    pub fn is_read(self) -> bool {
        self.takes_list_params() || self == Self::Get
    }

    /// What such an operation can answer instead.
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
