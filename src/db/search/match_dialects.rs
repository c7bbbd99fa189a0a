//! Match expressions in the query languages of the databases: FTS5 of SQLite, `tsquery` of
//! PostgreSQL.

use crate::db::search::match_expr::MatchExpr;
use crate::db::search::term_frequencies::TokenFrequencies;
use crate::db::sql_fragment::{Bind, Fragment};

/// How PostgreSQL accesses index entries. It must not choose by itself: after five executions it
/// uses a generic plan for any text, and takes frequent tokens for rare ones.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum ScanMethod {
    /// By the full-text index.
    Index,
    /// By a scan in key order. The function behind the operator `@@` has the same result but uses
    /// no index.
    KeyScan,
    /// The entries are already loaded and are matched against many queries. Each query is parsed
    /// once for all of them.
    Loaded,
}

impl ScanMethod {
    /// Returns the SQL before and after the query, which is bound as text.
    fn sql_around_query(self) -> (&'static str, &'static str) {
        match self {
            Self::Index => ("search_index.document @@ CAST(", " AS tsquery)"),
            Self::KeyScan => ("ts_match_vq(search_index.document, CAST(", " AS tsquery))"),
            Self::Loaded => ("search_index.document @@ (SELECT CAST(", " AS tsquery))"),
        }
    }
}

/// Returns the condition for entries that match `expr`. For phrases PostgreSQL finds the entries
/// that contain their tokens, and checks their words.
pub(super) fn to_condition(
    expr: &MatchExpr,
    frequencies: &TokenFrequencies,
    scan_method: ScanMethod,
) -> Fragment {
    // Only the syntax of the database in use is rendered.
    if frequencies.is_sqlite {
        return Fragment::new("search_index MATCH ").bind(Bind::Text(expr.to_fts5()));
    }
    let (before, after) = scan_method.sql_around_query();
    let start = Fragment::new(before).bind(Bind::Text(expr.to_tsquery())).sql(after);
    if expr.has_phrase() {
        expr.append_phrase_check(start.sql(" AND "), scan_method)
    } else {
        start
    }
}

impl MatchExpr {
    /// Renders the expression in the FTS5 query syntax. Tokens contain letters and digits only, but
    /// are quoted anyway.
    fn to_fts5(&self) -> String {
        let join = |parts: &[Self], joiner: &str| {
            let parts: Vec<String> = parts.iter().map(Self::to_fts5).collect();
            format!("({})", parts.join(joiner))
        };
        match self {
            Self::Token(token) => format!("\"{token}\""),
            Self::Prefix(token) => format!("\"{token}\" *"),
            Self::Pair { words: [first, second], .. } => format!("\"{first} {second}\""),
            Self::Phrase(tokens, prefix) => {
                format!("\"{}\"{}", tokens.join(" "), if *prefix { " *" } else { "" })
            }
            Self::All(parts) => join(parts, " AND "),
            Self::Any(parts) => join(parts, " OR "),
            Self::AndNot(found, others) => {
                format!("({} NOT {})", found.to_fts5(), others.to_fts5())
            }
        }
    }

    /// Renders the expression as a `tsquery`. It matches a superset if the expression contains
    /// phrases.
    fn to_tsquery(&self) -> String {
        let join = |parts: &[String], joiner: &str| format!("({})", parts.join(joiner));
        match self {
            Self::Token(token) | Self::Pair { key: token, .. } => format!("'{token}'"),
            Self::Prefix(token) => format!("'{token}':*"),
            Self::Phrase(tokens, prefix) => {
                let last = tokens.len().saturating_sub(1);
                let token = |(position, token): (usize, &String)| {
                    format!("'{token}'{}", if *prefix && position == last { ":*" } else { "" })
                };
                join(&tokens.iter().enumerate().map(token).collect::<Vec<_>>(), " & ")
            }
            Self::All(parts) => {
                join(&parts.iter().map(Self::to_tsquery).collect::<Vec<_>>(), " & ")
            }
            Self::Any(parts) => {
                join(&parts.iter().map(Self::to_tsquery).collect::<Vec<_>>(), " | ")
            }
            Self::AndNot(found, others) if others.has_phrase() => found.to_tsquery(),
            Self::AndNot(found, others) => {
                format!("({} & !{})", found.to_tsquery(), others.to_tsquery())
            }
        }
    }

    /// Appends the checks of phrases on the words of entries that contain their tokens
    /// (PostgreSQL).
    fn append_phrase_check(&self, start: Fragment, scan_method: ScanMethod) -> Fragment {
        let append = |start: Fragment, sql: &'static str| start.sql(sql);
        let join = |start: Fragment, parts: &[Self], joiner: &'static str| {
            let mut all = append(start, "(");
            for (position, part) in parts.iter().enumerate() {
                all = part.append_phrase_check(
                    if position == 0 { all } else { append(all, joiner) },
                    scan_method,
                );
            }
            append(all, ")")
        };
        match self {
            expr if !expr.has_phrase() => {
                let (before, after) = scan_method.sql_around_query();
                append(append(start, before).bind(Bind::Text(expr.to_tsquery())), after)
            }
            Self::Phrase(tokens, prefix) => {
                // `LIKE` would be planned again for each phrase, because PostgreSQL estimates how
                // frequent it is.
                let words = format!(" {}{}", tokens.join(" "), if *prefix { "" } else { " " });
                append(
                    append(start, "strpos(search_index.words, ").bind(Bind::Text(words)),
                    ") > 0",
                )
            }
            Self::All(parts) => join(start, parts, " AND "),
            Self::Any(parts) => join(start, parts, " OR "),
            Self::AndNot(expr, others) => others.append_phrase_check(
                append(expr.append_phrase_check(start, scan_method), " AND NOT "),
                scan_method,
            ),
            Self::Token(_) | Self::Prefix(_) | Self::Pair { .. } => start,
        }
    }
}
