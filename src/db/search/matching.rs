//! From a query to what both databases are asked, rank by rank.
//!
//! A rank is a field and a form: all that is asked for stands in the title, each word as it was
//! typed; then by a stem; then by its beginning; then the same with the summary allowed, and so on.
//! Each rank is a question of its own to the index, and within it the newest come first, so that a
//! page is full after the first few of what may be many.

use std::ops::RangeInclusive;
use std::sync::Arc;

use super::frequent::Frequencies;
use super::{Audience, FIELDS, ITEM};
use crate::db::sql::{Bind, Fragment};
use crate::text::query::{Query, Term};

/// With more tokens than these the form of the words does not rank.
const MOST_RANKED: usize = 8;

/// How a word is found.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum Form {
    /// As it was typed.
    Exact,
    /// By a stem.
    Stem,
    /// By its beginning.
    Prefix,
}

const FORMS: [Form; 3] = [Form::Exact, Form::Stem, Form::Prefix];

/// In which fields is searched.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Scope {
    /// In all.
    #[default]
    Everything,
    /// In what is said.
    Transcripts,
}

impl Scope {
    /// The place of the first of its fields.
    fn first(self) -> usize {
        match self {
            Self::Everything => 0,
            Self::Transcripts => FIELDS.len().saturating_sub(1),
        }
    }
}

/// What is asked.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Ask {
    /// What is found.
    All,
    /// What is found, the best first.
    Ranked,
}

/// How a list asks the index.
pub enum Matching {
    /// Holds for these items.
    Predicate(Fragment),
    /// These entries hold the items that match.
    Ranked(Ranked),
}

/// The entries that match a query.
#[derive(Clone, Debug)]
pub struct Ranked {
    /// Holds for all of them.
    pub all: Fragment,
    /// The same for PostgreSQL to look for along their keys, where they are so many that some are
    /// soon found so.
    pub along: Option<Fragment>,
    /// Each entry is in one of these; the best first. None where only all of them were asked for.
    pub tiers: Vec<Tier>,
    /// Whether they are perhaps so few that PostgreSQL had better look at all of them.
    pub are_few: bool,
}

/// The entries of one rank. What they are asked by is written when it is needed: most pages are
/// full before the last ranks.
#[derive(Clone, Debug)]
pub struct Tier {
    /// The rank; less is better.
    pub rank: i64,
    place: usize,
    form: Form,
    /// Whether it is the last of its field: whatever the field has is among its entries.
    pub is_whole_field: bool,
    /// The field and the form of the rank before.
    before: Option<(usize, Form)>,
    asked: Arc<Asked>,
}

/// What is asked of the index.
#[derive(Debug)]
struct Asked {
    query: Query,
    kinds: Vec<char>,
    first: usize,
    audience: Audience,
    excluded: Option<Found>,
    /// Whether forms rank.
    forms_rank: bool,
    frequencies: Arc<Frequencies>,
}

impl Asked {
    fn predicate(&self, found: &Found, reach: Reach) -> Fragment {
        predicate(found, &self.frequencies, reach).sql(" AND ").sql(self.audience.entries())
    }

    /// What is found with this rank or a better one.
    fn up_to(&self, (place, form): (usize, Form)) -> Found {
        wanted(&self.query, &self.kinds, self.first..=place, form)
    }
}

impl Tier {
    /// Holds for its entries.
    pub fn matches(&self) -> Fragment {
        self.asked
            .predicate(&self.exactly(), if self.are_many() { Reach::Walk } else { Reach::Index })
    }

    /// Holds for its entries, and for some of a better rank: their rank is the best under which
    /// they are found. It is asked sooner.
    pub fn among(&self) -> Fragment {
        self.asked.predicate(&self.those_among(), Reach::Index)
    }

    /// The same for PostgreSQL of entries that are there already, and for this audience.
    pub fn among_those(&self) -> Fragment {
        predicate(&self.those_among(), &self.asked.frequencies, Reach::There)
    }

    /// Holds for the entries of this rank and of all better ones, if they are expected to be few.
    pub fn few_so_far(&self) -> Option<Fragment> {
        let asked = &self.asked;
        let found = asked.up_to((self.place, self.form)).without(asked.excluded.clone());
        let are_few =
            found.share(&asked.frequencies).1 * asked.frequencies.entries < f64::from(FEW);
        are_few.then(|| asked.predicate(&found, Reach::Index))
    }

    /// Whether PostgreSQL looks at the words of entries for it, beside their tokens.
    pub fn looks_at_words(&self) -> bool {
        self.asked.query.terms().chain(&self.asked.query.excluded).any(|term| term.tokens.len() > 1)
    }

    fn those_among(&self) -> Found {
        let asked = &self.asked;
        // Of several words the weakest counts: there all fields up to this one must be asked.
        let found = if !self.is_of_one_word() {
            asked.up_to((self.place, self.form))
        } else if self.is_whole_field {
            Found::any(
                FORMS
                    .into_iter()
                    .flat_map(|form| only(&asked.query, &asked.kinds, self.place, form))
                    .collect(),
            )
        } else {
            Found::Any(only(&asked.query, &asked.kinds, self.place, self.form))
        };
        found.without(asked.excluded.clone())
    }

    /// Whether a single word is looked for: then only its own field has to be asked for a rank.
    pub fn is_of_one_word(&self) -> bool {
        self.asked.forms_rank && self.asked.query.groups.len() == 1
    }

    /// Whether another rank is of the same field.
    pub fn is_of_field(&self, other: &Self) -> bool {
        self.place == other.place
    }

    /// Whether so many entries have the rank that PostgreSQL had better walk along their keys.
    pub fn are_many(&self) -> bool {
        let frequencies = &self.asked.frequencies;
        frequencies.entries > 0.0 && are_many(self.exactly().share(frequencies).0, frequencies)
    }

    fn exactly(&self) -> Found {
        let others: Vec<Found> = self
            .before
            .map(|before| self.asked.up_to(before))
            .into_iter()
            .chain(self.asked.excluded.clone())
            .collect();
        let others = (!others.is_empty()).then_some(Found::Any(others));
        self.asked.up_to((self.place, self.form)).without(others)
    }
}

impl Ranked {
    /// Holds for the items that match.
    pub fn items(&self) -> Fragment {
        Fragment::new("items.number IN (SELECT ")
            .sql(ITEM)
            .sql(" FROM search_index WHERE ")
            .then(&self.all)
            .sql(")")
    }
}

/// What a query finds among the items of these kinds, by the letters of the kinds.
pub fn matching(
    query: &Query,
    kinds: &[char],
    audience: Audience,
    (scope, ask): (Scope, Ask),
    frequencies: &Arc<Frequencies>,
) -> Matching {
    let forms_rank = query.terms().map(|term| term.tokens.len()).sum::<usize>() <= MOST_RANKED;
    let asked = Arc::new(Asked {
        query: query.clone(),
        kinds: kinds.to_vec(),
        first: scope.first(),
        audience,
        excluded: excluded(query, kinds, scope.first()),
        forms_rank,
        frequencies: Arc::clone(frequencies),
    });
    if query.groups.is_empty() {
        return Matching::Predicate(match &asked.excluded {
            // Nothing that can be searched for was typed.
            None => Fragment::new("1 = 0"),
            Some(excluded) => Fragment::new("items.number NOT IN (SELECT ")
                .sql(ITEM)
                .sql(" FROM search_index WHERE ")
                .then(&asked.predicate(excluded, Reach::Index))
                .sql(")"),
        });
    }
    let all =
        asked.up_to((FIELDS.len().saturating_sub(1), Form::Prefix)).without(asked.excluded.clone());
    let (least, most) = all.share(frequencies);
    let are_few = most * frequencies.entries < f64::from(FEW);
    let along = (frequencies.entries > 0.0 && are_many(least, frequencies))
        .then(|| asked.predicate(&all, Reach::Walk));
    let mut tiers: Vec<Tier> = Vec::new();
    let fields = if ask == Ask::All { FIELDS.len() } else { scope.first() }..FIELDS.len();
    for place in fields {
        for form in FORMS
            .into_iter()
            .filter(|form| if forms_rank { query.has(*form) } else { *form == Form::Prefix })
        {
            let rank = FORMS
                .len()
                .saturating_mul(place)
                .saturating_add(FORMS.iter().position(|one| *one == form).unwrap_or(0));
            let before = tiers.last().map(|tier| (tier.place, tier.form));
            let rank = i64::try_from(rank).unwrap_or(i64::MAX);
            tiers.push(Tier {
                rank,
                place,
                form,
                is_whole_field: false,
                before,
                asked: Arc::clone(&asked),
            });
        }
        if let Some(last) = tiers.last_mut() {
            last.is_whole_field = true;
        }
    }
    Matching::Ranked(Ranked { all: asked.predicate(&all, Reach::Index), along, tiers, are_few })
}

/// Holds for the items of a kind that have what is looked for in their titles, and whether that are
/// many; `None` where nothing is.
pub(super) fn titled(
    query: &Query,
    kind: char,
    audience: Audience,
    frequencies: &Frequencies,
) -> Option<(Fragment, bool)> {
    if query.groups.is_empty() {
        return None;
    }
    let found = wanted(query, &[kind], 0..=0, Form::Prefix).without(excluded(query, &[kind], 0));
    let are_many = are_many(found.share(frequencies).0, frequencies);
    let reach = if are_many { Reach::Walk } else { Reach::Index };
    Some((predicate(&found, frequencies, reach).sql(" AND ").sql(audience.entries()), are_many))
}

/// As many entries PostgreSQL reads and sorts sooner than it asks for them rank by rank.
pub const FEW: u16 = 300;
/// To walk along the keys takes some 15 microseconds for each entry that is passed, whose tokens
/// are unpacked; to sort what the index gives one for each that is found. With this a page of
/// twenty takes the same either way: the number of entries times their share squared.
const PAGE: f64 = 600.0;

/// Whether a share of the entries fills a page sooner by walking along the keys than by sorting
/// what the index gives.
fn are_many(share: f64, frequencies: &Frequencies) -> bool {
    share * share * frequencies.entries > PAGE
}

impl Query {
    /// Whether any of its words can be found so.
    fn has(&self, form: Form) -> bool {
        match form {
            Form::Exact => true,
            Form::Stem => self.terms().any(|term| !term.stems.is_empty()),
            Form::Prefix => self.terms().any(|term| term.prefix),
        }
    }
}

/// What must be found in an entry.
#[derive(Clone, Debug, PartialEq)]
enum Found {
    Token(String),
    Prefix(String),
    /// Tokens that stand together; the last may be a beginning.
    Phrase(Vec<String>, bool),
    All(Vec<Found>),
    Any(Vec<Found>),
    Without(Box<Found>, Box<Found>),
}

/// What is asked for, in the fields at these places and in the last of them by the forms up to one.
fn wanted(query: &Query, kinds: &[char], places: RangeInclusive<usize>, form: Form) -> Found {
    let group = |group: &Vec<Term>| {
        let mut any = Vec::new();
        for (at, field) in FIELDS.iter().enumerate().filter(|(at, _)| places.contains(at)) {
            let last = if at == *places.end() { form } else { Form::Prefix };
            for (term, kind) in
                group.iter().flat_map(|term| kinds.iter().map(move |kind| (term, *kind)))
            {
                any.extend(
                    FORMS
                        .into_iter()
                        .filter(|form| *form <= last)
                        .flat_map(|form| forms(term, kind, *field, form)),
                );
            }
        }
        Found::any(any)
    };
    Found::All(query.groups.iter().map(group).collect())
}

/// A word in one field and form.
fn only(query: &Query, kinds: &[char], place: usize, form: Form) -> Vec<Found> {
    let Some(field) = FIELDS.get(place).copied() else { return Vec::new() };
    let terms = query.terms().flat_map(|term| kinds.iter().map(move |kind| (term, *kind)));
    terms.flat_map(|(term, kind)| forms(term, kind, field, form)).collect()
}

/// What must not be found: the terms as they were typed or by a stem, in any field from this place
/// on.
fn excluded(query: &Query, kinds: &[char], first: usize) -> Option<Found> {
    let mut any = Vec::new();
    for term in &query.excluded {
        for (kind, field) in kinds
            .iter()
            .flat_map(|kind| FIELDS.iter().skip(first).map(move |field| (*kind, *field)))
        {
            any.extend(FORMS.into_iter().flat_map(|form| forms(term, kind, field, form)));
        }
    }
    (!any.is_empty()).then_some(Found::Any(any))
}

/// A term in one field and form.
fn forms(term: &Term, kind: char, (field, field_of_stems): (char, char), form: Form) -> Vec<Found> {
    let token = |token: &String| format!("{kind}{field}{token}");
    match (form, term.tokens.as_slice()) {
        (Form::Stem, _) => term
            .stems
            .iter()
            .map(|stem| Found::Token(format!("{kind}{field_of_stems}{stem}")))
            .collect(),
        (Form::Prefix, _) if !term.prefix => Vec::new(),
        (Form::Exact, [one]) => vec![Found::Token(token(one))],
        (Form::Prefix, [one]) => vec![Found::Prefix(token(one))],
        (_, several) => {
            vec![Found::Phrase(several.iter().map(token).collect(), form == Form::Prefix)]
        }
    }
}

/// How PostgreSQL comes to entries. It must not choose by itself: once it has planned a statement
/// five times it plans for any text alike, and then takes what is frequent for rare.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Reach {
    /// By the full-text index.
    Index,
    /// Along their keys: the function behind the operator finds the same, and no index.
    Walk,
    /// They are there already, and many questions are asked of each: a query is read once for all
    /// of them.
    There,
}

impl Reach {
    /// What stands before and after a query, which is bound as text.
    fn around(self) -> (&'static str, &'static str) {
        match self {
            Self::Index => ("search_index.document @@ CAST(", " AS tsquery)"),
            Self::Walk => ("ts_match_vq(search_index.document, CAST(", " AS tsquery))"),
            Self::There => ("search_index.document @@ (SELECT CAST(", " AS tsquery))"),
        }
    }
}

/// Holds for the entries in which it is found. PostgreSQL finds those that have the tokens of a
/// phrase, and looks at their words.
fn predicate(found: &Found, frequencies: &Frequencies, reach: Reach) -> Fragment {
    // Only what the database that is asked understands is written.
    if frequencies.is_sqlite {
        return Fragment::new("search_index MATCH ").bind(Bind::Text(found.fts5()));
    }
    let (before, after) = reach.around();
    let start = Fragment::new(before).bind(Bind::Text(found.tsquery())).sql(after);
    if found.has_phrase() { found.looked_at(start.sql(" AND "), reach) } else { start }
}

impl Found {
    /// One of these. What begins with a word is found where the word itself is, which is not asked
    /// for then.
    fn any(mut parts: Vec<Self>) -> Self {
        let begun: Vec<Self> = parts.iter().filter_map(Self::without_more).collect();
        parts.retain(|one| !begun.contains(one));
        Self::Any(parts)
    }

    /// Of a beginning the same as a whole word.
    fn without_more(&self) -> Option<Self> {
        match self {
            Self::Prefix(token) => Some(Self::Token(token.clone())),
            Self::Phrase(tokens, true) => Some(Self::Phrase(tokens.clone(), false)),
            _ => None,
        }
    }

    fn without(self, others: Option<Self>) -> Self {
        match others {
            Some(others) => Self::Without(Box::new(self), Box::new(others)),
            None => self,
        }
    }

    /// Between which shares of all entries have it. Of a token that is not known to be frequent
    /// none is expected to.
    fn share(&self, known: &Frequencies) -> (f64, f64) {
        let of = |parts: &[Self]| parts.iter().map(|part| part.share(known)).collect::<Vec<_>>();
        match self {
            Self::Token(token) => {
                known.shares.get(token).map_or((0.0, 0.0), |share| (*share, *share))
            }
            Self::Prefix(beginning) => {
                let shares = known
                    .shares
                    .iter()
                    .filter(|(token, _)| token.starts_with(beginning.as_str()))
                    .map(|(_, share)| *share);
                shares.fold((0.0, 0.0), |(least, most): (f64, f64), share| {
                    (least.max(share), most + share)
                })
            }
            Self::Phrase(tokens, _) => {
                let shares =
                    tokens.iter().map(|token| known.shares.get(token).copied().unwrap_or(0.0));
                shares.fold((1.0, 1.0), |(least, most): (f64, f64), share| {
                    (least * share, most.min(share))
                })
            }
            Self::All(parts) => of(parts)
                .into_iter()
                .fold((1.0, 1.0), |all: (f64, f64), one| (all.0 * one.0, all.1.min(one.1))),
            Self::Any(parts) => of(parts)
                .into_iter()
                .fold((0.0, 0.0), |any: (f64, f64), one| (any.0.max(one.0), any.1 + one.1)),
            Self::Without(found, others) => {
                let (found, others) = (found.share(known), others.share(known));
                ((found.0 - others.1).max(0.0), found.1)
            }
        }
    }

    fn has_phrase(&self) -> bool {
        match self {
            Self::Token(_) | Self::Prefix(_) => false,
            Self::Phrase(..) => true,
            Self::All(parts) | Self::Any(parts) => parts.iter().any(Self::has_phrase),
            Self::Without(found, others) => found.has_phrase() || others.has_phrase(),
        }
    }

    /// FTS5's query language. Tokens hold letters and digits only and are quoted all the same.
    fn fts5(&self) -> String {
        let join = |parts: &[Self], joiner: &str| {
            let parts: Vec<String> = parts.iter().map(Self::fts5).collect();
            format!("({})", parts.join(joiner))
        };
        match self {
            Self::Token(token) => format!("\"{token}\""),
            Self::Prefix(token) => format!("\"{token}\" *"),
            Self::Phrase(tokens, prefix) => {
                format!("\"{}\"{}", tokens.join(" "), if *prefix { " *" } else { "" })
            }
            Self::All(parts) => join(parts, " AND "),
            Self::Any(parts) => join(parts, " OR "),
            Self::Without(found, others) => format!("({} NOT {})", found.fts5(), others.fts5()),
        }
    }

    /// PostgreSQL's. Holds for whatever is found, and where there are phrases for more than that.
    fn tsquery(&self) -> String {
        let join = |parts: &[String], joiner: &str| format!("({})", parts.join(joiner));
        match self {
            Self::Token(token) => format!("'{token}'"),
            Self::Prefix(token) => format!("'{token}':*"),
            Self::Phrase(tokens, prefix) => {
                let last = tokens.len().saturating_sub(1);
                let token = |(place, token): (usize, &String)| {
                    format!("'{token}'{}", if *prefix && place == last { ":*" } else { "" })
                };
                join(&tokens.iter().enumerate().map(token).collect::<Vec<_>>(), " & ")
            }
            Self::All(parts) => join(&parts.iter().map(Self::tsquery).collect::<Vec<_>>(), " & "),
            Self::Any(parts) => join(&parts.iter().map(Self::tsquery).collect::<Vec<_>>(), " | "),
            Self::Without(found, others) if others.has_phrase() => found.tsquery(),
            Self::Without(found, others) => {
                format!("({} & !{})", found.tsquery(), others.tsquery())
            }
        }
    }

    /// Adds what PostgreSQL must look at in the entries that have the tokens.
    fn looked_at(&self, start: Fragment, reach: Reach) -> Fragment {
        let only = |start: Fragment, sql: &'static str| start.sql(sql);
        let join = |start: Fragment, parts: &[Self], joiner: &'static str| {
            let mut all = only(start, "(");
            for (place, part) in parts.iter().enumerate() {
                all = part.looked_at(if place == 0 { all } else { only(all, joiner) }, reach);
            }
            only(all, ")")
        };
        match self {
            found if !found.has_phrase() => {
                let (before, after) = reach.around();
                only(only(start, before).bind(Bind::Text(found.tsquery())), after)
            }
            Self::Phrase(tokens, prefix) => {
                // With LIKE it would plan anew for each phrase, since it guesses how frequent that
                // is.
                let words = format!(" {}{}", tokens.join(" "), if *prefix { "" } else { " " });
                only(only(start, "strpos(search_index.words, ").bind(Bind::Text(words)), ") > 0")
            }
            Self::All(parts) => join(start, parts, " AND "),
            Self::Any(parts) => join(start, parts, " OR "),
            Self::Without(found, others) => {
                others.looked_at(only(found.looked_at(start, reach), " AND NOT "), reach)
            }
            Self::Token(_) | Self::Prefix(_) => start,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How PostgreSQL comes to the entries of each rank, and to all: along their keys, or by the
    /// index.
    fn reached(query: &str, shares: &[(&str, f64)], entries: f64) -> (Vec<bool>, bool) {
        let shares = shares.iter().map(|(token, share)| ((*token).to_owned(), *share)).collect();
        let frequencies = Arc::new(Frequencies { is_sqlite: false, entries, shares });
        let query = Query::parse(query, &[]);
        let found = matching(
            &query,
            &['v'],
            Audience::Public,
            (Scope::Everything, Ask::Ranked),
            &frequencies,
        );
        let Matching::Ranked(ranked) = found else { panic!("{query:?} is looked for") };
        let walks = |tier: &Tier| {
            let sql = format!("{:?}", tier.matches());
            assert_eq!(
                sql.contains("ts_match_vq"),
                tier.are_many(),
                "the order and the condition go together: {sql}"
            );
            assert_ne!(sql.contains("ts_match_vq"), sql.contains("@@"), "{sql}");
            tier.are_many()
        };
        (ranked.tiers.iter().map(walks).collect(), ranked.along.is_some())
    }

    #[test]
    fn postgres_is_told_how_to_come_to_the_entries() {
        // A fifth have the word in their descriptions: the fourth field of five, as it was typed.
        let (ranks, all) = reached("\"anniversary\"", &[("vdanniversary", 0.2)], 100_000.0);
        assert_eq!((ranks, all), (vec![false, false, false, true, false], true));
        // In a small catalogue, or one whose size is not known, the index is as good.
        assert!(!reached("\"anniversary\"", &[("vdanniversary", 0.2)], 10_000.0).1);
        assert!(!reached("\"anniversary\"", &[("vdanniversary", 1.0)], 0.0).1);
        // Of several words the rarest counts.
        assert!(!reached("\"anniversary\" \"rare\"", &[("vdanniversary", 0.2)], 100_000.0).1);
        assert!(reached("rare OR \"anniversary\"", &[("vdanniversary", 0.2)], 100_000.0).1);
    }
}
