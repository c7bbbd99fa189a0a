//! Relevance of `q` on complete catalogues: ranking judgements, and equal results on both
//! databases.

use std::cell::Cell;
use std::collections::BTreeSet;

use kinoteka::resource::schema::ResourceKind;
use kinoteka::text::{fold, to_cyrillic, to_latin};
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::{Value, json};

use crate::support::server::slugs;
use crate::support::{Content, TestServer, demo_catalogue, generated_catalogue, percent_encode};

/// A search, and the items of which one must rank first.
struct Judgement {
    catalogue: Content,
    path: &'static str,
    query: &'static str,
    first: Vec<&'static str>,
}

fn load_judgements() -> Vec<Judgement> {
    let lines = include_str!("relevance_judgements.txt")
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'));
    let parsed = lines.map(|line| {
        let (search, first) = line.split_once(" = ")?;
        let (catalogue, search) = search.split_once(' ')?;
        let (path, query) = search.split_once(' ')?;
        let catalogue = match catalogue {
            "demo" => Content::Demo,
            "generated" => Content::Generated,
            _ => return None,
        };
        Some(Judgement { catalogue, path, query, first: first.split(' ').collect() })
    });
    parsed.map(|judged| judged.expect("catalogue, path, query, `=`, slugs")).collect()
}

fn path_of(item: &Value) -> &'static str {
    item["resource"].as_str().and_then(ResourceKind::parse).expect("an item has a kind").path()
}

fn mean(reciprocal_ranks: &[f64]) -> f64 {
    reciprocal_ranks.iter().sum::<f64>() / f64::from(u32::try_from(reciprocal_ranks.len()).unwrap())
}

fn check_ranking(database: &str, start: impl Fn(Content) -> Option<TestServer>) {
    let judged = load_judgements();
    assert!(judged.len() >= 50);
    let mut all = Vec::new();
    for (catalogue, items) in
        [(Content::Demo, demo_catalogue()), (Content::Generated, generated_catalogue())]
    {
        let Some(server) = start(catalogue) else { return };
        let mut ranks = Vec::new();
        for Judgement { path, query, first, .. } in
            judged.iter().filter(|judged| judged.catalogue == catalogue)
        {
            let is_there = |slug: &&str| {
                items.iter().any(|item| item["slug"] == *slug && path_of(item) == *path)
            };
            assert!(first.iter().all(is_there), "{query}: {first:?}");
            let found = server.slugs(&list(path, query));
            let place = found
                .iter()
                .position(|slug| first.contains(&slug.as_str()))
                .map(|place| u32::try_from(place + 1).unwrap());
            if place != Some(1) {
                let rank = place.map_or("not found".to_owned(), |place| format!("rank {place}"));
                println!(
                    "{database}, {catalogue:?}, {path}, {query}: {rank}; {:?} before {first:?}",
                    found.first()
                );
            }
            ranks.push(place.map_or(0.0, |place| 1.0 / f64::from(place)));
        }
        println!(
            "{database}, {catalogue:?}: mean reciprocal rank {:.3} of {} searches",
            mean(&ranks),
            ranks.len()
        );
        all.extend(ranks);
    }
    println!("{database}: mean reciprocal rank {:.3} of {} searches", mean(&all), all.len());
    assert!(mean(&all) >= 0.9, "{database}: mean reciprocal rank {:.3}", mean(&all));
}

#[test]
fn ranking_matches_judgements_sqlite() {
    check_ranking("SQLite", |content| Some(TestServer::sqlite(content, |_| {})));
}

#[test]
fn ranking_matches_judgements_postgres() {
    check_ranking("PostgreSQL", |content| TestServer::postgres(content, |_| {}));
}

/// The same items on both databases.
struct Pair {
    sqlite: TestServer,
    postgres: TestServer,
    /// Viewer keys of both servers.
    keys: [String; 2],
}

impl Pair {
    /// Loads both catalogues; `None` where PostgreSQL is not installed.
    fn start() -> Option<Self> {
        let mut demo = demo_catalogue();
        for item in &mut demo {
            item["published_at"] = json!("2024-11-25T00:00:00Z");
        }
        let filled = |server: TestServer| {
            server.import(&demo);
            server
        };
        std::thread::scope(|scope| {
            let postgres =
                scope.spawn(|| TestServer::postgres(Content::Generated, |_| {}).map(filled));
            let sqlite = filled(TestServer::sqlite(Content::Generated, |_| {}));
            let postgres = postgres.join().expect("the server starts")?;
            let keys = [&sqlite, &postgres].map(TestServer::viewer_key);
            Some(Self { sqlite, postgres, keys })
        })
    }

    /// Compares a list on both databases. Returns the number of hits, or a description of the first
    /// difference within this number of pages.
    fn compare(&self, path: &str, pages: usize, with_drafts: bool) -> Result<u64, String> {
        let [of_sqlite, of_postgres] =
            self.keys.each_ref().map(|key| with_drafts.then_some(key.as_str()));
        let (sqlite, postgres) = (
            walk(&self.sqlite, path, pages, of_sqlite),
            walk(&self.postgres, path, pages, of_postgres),
        );
        if sqlite == postgres {
            return Ok(sqlite.1);
        }
        let sets = [&sqlite.0, &postgres.0].map(|found| found.iter().collect::<BTreeSet<_>>());
        let only = |one: usize, other: usize| {
            sets[one].difference(&sets[other]).take(5).collect::<Vec<_>>()
        };
        let first =
            sqlite.0.iter().zip(&postgres.0).enumerate().find(|(_, (one, other))| one != other);
        let totals = format!("SQLite finds {}, PostgreSQL {}", sqlite.1, postgres.1);
        Err(format!(
            "{path}: {totals}; on these pages only SQLite {:?}, only PostgreSQL {:?}; first difference {first:?}",
            only(0, 1),
            only(1, 0)
        ))
    }
}

/// Slugs of at most this number of pages, and the total.
fn walk(server: &TestServer, path: &str, pages: usize, key: Option<&str>) -> (Vec<String>, u64) {
    let read = |path: &str| {
        let request = server.request("GET", path);
        let request = if let Some(key) = key { request.key(key) } else { request };
        request.send().expect(200).json()
    };
    let mut page = read(&format!("{path}&total=true"));
    let total = page["page"]["total"].as_u64().expect("the page has the requested total");
    let mut found = slugs(&page);
    for _ in 1..pages {
        let Some(cursor) = page["page"]["next_cursor"].as_str() else { break };
        page = read(&format!("{path}&cursor={cursor}"));
        found.extend(slugs(&page));
    }
    (found, total)
}

/// Change applied to a word before it is used in a query.
#[derive(Clone, Debug)]
enum Change {
    None,
    Capitals,
    Folded,
    Cyrillic,
    Latin,
    /// Removes this number of letters and appends an ending.
    Inflected(usize, &'static str),
    /// Truncates to a prefix.
    Cut(Index),
    /// Removes one letter.
    Misspelt(Index),
}

const ENDINGS: [&str; 20] = [
    "", "a", "e", "i", "u", "om", "ama", "s", "ing", "ve", "t", "ës", "ler", "ların", "ği", "да",
    "от", "та", "ите", "има",
];

impl Change {
    fn any() -> impl Strategy<Value = Self> {
        prop_oneof![
            4 => Just(Self::None),
            1 => Just(Self::Capitals),
            1 => Just(Self::Folded),
            1 => Just(Self::Cyrillic),
            1 => Just(Self::Latin),
            2 => (0_usize..3, select(&ENDINGS[..])).prop_map(|(less, ending)| Self::Inflected(less, ending)),
            1 => any::<Index>().prop_map(Self::Cut),
            1 => any::<Index>().prop_map(Self::Misspelt),
        ]
    }

    fn of_whole_words() -> impl Strategy<Value = Self> {
        prop_oneof![3 => Just(Self::None), 1 => Just(Self::Capitals), 1 => Just(Self::Folded), 1 => Just(Self::Cyrillic), 1 => Just(Self::Latin)]
    }

    fn of(&self, word: &str) -> String {
        let letters: Vec<char> = word.chars().collect();
        let beginning = |length: usize| letters.iter().take(length).collect::<String>();
        match self {
            Self::None => word.to_owned(),
            Self::Capitals => word.to_uppercase(),
            Self::Folded => fold(word),
            Self::Cyrillic => to_cyrillic(word).into_owned(),
            Self::Latin => to_latin(word).into_owned(),
            Self::Inflected(less, ending) => {
                beginning(letters.len().saturating_sub(*less)) + ending
            }
            Self::Cut(at) => beginning(at.index(letters.len()) + 1),
            Self::Misspelt(at) => {
                let without = at.index(letters.len());
                beginning(without) + &letters.iter().skip(without + 1).collect::<String>()
            }
        }
    }
}

/// Texts of an item, and the path of its list.
#[derive(Clone, Debug)]
struct ItemTexts {
    path: &'static str,
    texts: Vec<String>,
}

impl ItemTexts {
    fn of(item: &Value) -> Self {
        let translations = item["translations"].as_object().expect("an item has texts").values();
        let texts = translations
            .flat_map(|text| text.as_object().expect("fields"))
            .filter(|(field, _)| *field != "status");
        Self {
            path: path_of(item),
            texts: texts.map(|(_, text)| text.as_str().expect("a text").to_owned()).collect(),
        }
    }

    fn words(&self) -> Vec<String> {
        self.texts.iter().flat_map(|text| text.split_whitespace()).map(str::to_owned).collect()
    }
}

/// A possibly changed word of the texts, a phrase of them, or two words.
fn term(corpus: &ItemTexts) -> impl Strategy<Value = String> + use<> {
    let word =
        (select(corpus.words()), Change::any()).prop_map(|(word, change)| change.of(&word)).boxed();
    let part = (select(corpus.texts.clone()), any::<Index>(), 2_usize..5, Change::of_whole_words())
        .prop_map(|(text, from, length, change)| {
            let words: Vec<&str> = text.split_whitespace().collect();
            let part: Vec<&str> =
                words.iter().skip(from.index(words.len())).take(length).copied().collect();
            format!("\"{}\"", change.of(&part.join(" ")))
        });
    let two = || (word.clone(), word.clone());
    prop_oneof![
        8 => word.clone(),
        2 => part.boxed(),
        1 => two().prop_map(|(one, other)| format!("„{one} {other}“")),
        2 => two().prop_map(|(one, other)| format!("{one} OR {other}")),
    ]
}

/// A list path and a query: one to four terms from the texts of one or two items, sometimes with an
/// excluded term.
fn search(items: &[ItemTexts]) -> impl Strategy<Value = (&'static str, String)> + use<> {
    let items = items.to_vec();
    (select(items.clone()), select(items), prop::bool::weighted(0.15)).prop_flat_map(
        |(mut corpus, other, both)| {
            let excluded = proptest::option::weighted(0.2, term(&other));
            if both {
                corpus.texts.extend(other.texts);
            }
            let term = term(&corpus).boxed();
            let terms = select(&[1_usize, 1, 1, 2, 2, 3, 4][..])
                .prop_flat_map(move |count| proptest::collection::vec(term.clone(), count));
            let ends = select(&["", "", " "][..]);
            (
                Just(corpus.path),
                (terms, excluded, ends).prop_map(|(terms, excluded, end)| {
                    let excluded =
                        excluded.map_or(String::new(), |excluded| format!("-{excluded} "));
                    excluded + &terms.join(" ") + end
                }),
            )
        },
    )
}

fn list(path: &str, query: &str) -> String {
    format!("{path}?fields=slug&limit=100&q={}", percent_encode(query))
}

/// Runs this number of generated queries; results must be equal on both databases. Returns the
/// number of queries with hits.
fn compare_generated(pair: &Pair, seed: u8, cases: u32) -> u32 {
    let is_item = |item: &&Value| item["resource"] != "text_track";
    let item_texts =
        |items: Vec<Value>| items.iter().filter(is_item).map(ItemTexts::of).collect::<Vec<_>>();
    let searches = prop_oneof![
        search(&item_texts(demo_catalogue())),
        search(&item_texts(generated_catalogue()))
    ];
    let languages = select(
        &["", "", "", "", "", "&lang=sr-Latn", "&lang=mk", "&lang=tr", "&lang=sq", "&lang=all"][..],
    );
    let pages = select(&[1, 1, 1, 1, 4][..]);
    let config =
        Config { cases, failure_persistence: None, max_shrink_iters: 200, ..Config::default() };
    let successful = Cell::new(0);
    TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &[seed; 32]))
        .run(
            &(searches, languages, pages, prop::bool::weighted(0.2)),
            |((path, query), language, pages, with_drafts)| {
                let found = pair
                    .compare(&(list(path, &query) + language), pages, with_drafts)
                    .map_err(TestCaseError::fail)?;
                successful.set(successful.get() + u32::from(found > 0));
                Ok(())
            },
        )
        .unwrap_or_else(|difference| panic!("{difference}"));
    successful.get()
}

#[test]
fn both_databases_return_same_hits_in_same_order() {
    const THREADS: u8 = 2;
    let Some(pair) = Pair::start() else { return };
    let (judged, pair) = (load_judgements(), &pair);
    let shares = || {
        (0..THREADS).map(|thread| {
            (thread, judged.iter().skip(usize::from(thread)).step_by(usize::from(THREADS)))
        })
    };
    let successful: u32 = std::thread::scope(|scope| {
        let threads = shares().map(|(thread, judged)| {
            scope.spawn(move || {
                let compared =
                    judged.map(|judged| pair.compare(&list(judged.path, judged.query), 2, false));
                let different: Vec<String> = compared.filter_map(Result::err).collect();
                assert!(different.is_empty(), "{}", different.join("\n"));
                compare_generated(pair, thread, 500 / u32::from(THREADS))
            })
        });
        let threads: Vec<_> = threads.collect();
        threads.into_iter().map(|thread| thread.join().expect("equal results")).sum()
    });
    println!("{successful} of 500 generated searches have hits");
    assert!(successful >= 250, "{successful}");
}
