//! `kinoteka generate`: a catalogue of any size, for load tests. The same seed generates the
//! same catalogue.

mod rng;
mod size;
mod statistics;
mod words;

use std::io::{BufWriter, Write};

use serde_json::{Map, Value, json};

use crate::commands::error::CommandError;
use crate::commands::generate::rng::SplitMix64;
use crate::commands::generate::size::{COUNTRY_CODES, CatalogueSpec};
use crate::commands::generate::words::WORDS_BY_LANGUAGE;
use crate::text::transliterate::to_cyrillic;

/// Flags of `generate`.
#[derive(clap::Args)]
pub struct Args {
    /// Number of videos; the other items are in proportion: 40 topics, a programme for 2,000
    /// videos, a partner for 200, a statistic for 50, captions with 200 cues for 20
    #[arg(long, default_value_t = 1_000)]
    videos: u32,
    /// Number of statistics, instead of in proportion to the videos: 50 programmes, 40 indicators,
    /// by year and country, in total and by sex and age
    #[arg(long)]
    statistics: Option<u32>,
    /// Seed of the random generator
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// Writes a catalogue as NDJSON, which `import` reads, to standard output.
pub fn run(args: &Args) -> Result<(), CommandError> {
    let mut out = BufWriter::new(std::io::stdout().lock());
    for line in generate_lines(catalogue_spec(args.videos, args.statistics, args.seed)) {
        writeln!(out, "{line}")?;
    }
    out.flush()?;
    Ok(())
}

/// Returns the lines of a catalogue, generated lazily.
pub fn generate_catalogue(videos: u32, seed: u64) -> impl Iterator<Item = Value> {
    generate_lines(catalogue_spec(videos, None, seed))
}

/// Returns the lines of a catalogue with this number of statistics.
pub fn generate_statistics_catalogue(
    videos: u32,
    statistics: u32,
    seed: u64,
) -> impl Iterator<Item = Value> {
    generate_lines(catalogue_spec(videos, Some(statistics), seed))
}

fn catalogue_spec(videos: u32, statistics: Option<u32>, seed: u64) -> CatalogueSpec {
    CatalogueSpec {
        topics: 40,
        partners: (videos / 200).clamp(3, 5_000),
        programmes: (videos / 2_000)
            .clamp(if statistics.is_some() { MIN_REPORTING_PROGRAMMES } else { 2 }, 1_000),
        videos,
        statistics: statistics.unwrap_or_else(|| (videos / 50).max(5)),
        by_indicator: statistics.is_some(),
        tracks: videos / VIDEOS_PER_TRACK,
        seed,
    }
}

fn generate_lines(spec: CatalogueSpec) -> impl Iterator<Item = Value> {
    let kinds = [
        (LineKind::Topic, spec.topics),
        (LineKind::Partner, spec.partners),
        (LineKind::Programme, spec.programmes),
        (LineKind::Video, spec.videos),
        (LineKind::Statistic, spec.statistics),
        (LineKind::Track, spec.tracks),
        (LineKind::Indicator, if spec.by_indicator { statistics::INDICATOR_COUNT } else { 0 }),
    ];
    kinds.into_iter().zip(0_u64..).flat_map(move |((kind, count), place)| {
        (1..=count).map(move |number| {
            // Each item has a sequence of its own, so that a larger catalogue begins like a smaller
            // one.
            let mut rng = SplitMix64(spec.seed ^ (place << 56) ^ (u64::from(number) << 20));
            generate_line(kind, number, spec, &mut rng)
        })
    })
}

/// Minimum number of programmes that report statistics.
const MIN_REPORTING_PROGRAMMES: u32 = 50;

/// One video in this number has captions.
const VIDEOS_PER_TRACK: u32 = 20;

#[derive(Clone, Copy)]
enum LineKind {
    Topic,
    Partner,
    Programme,
    Video,
    Indicator,
    Statistic,
    Track,
}

const PARTNER_KINDS: &[&str] = &[
    "donor",
    "multilateral",
    "government",
    "civil_society",
    "academic",
    "private_sector",
    "media",
    "other",
];
const PARTNER_ROLES: &[&str] = &["funder", "implementer", "host", "partner"];

fn sentence(rng: &mut SplitMix64, words: &[&str], min: u32, max: u32) -> String {
    let words: Vec<&str> = (0..rng.in_range(min, max)).map(|_| rng.pick(words)).collect();
    let text = words.join(" ");
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// Returns a place name that about twenty videos share, and for every fifth video also an
/// anniversary: a rare and a frequent search term.
fn place_and_anniversary(number: u32, spec: CatalogueSpec) -> String {
    // Neighbouring numbers get different places.
    let places = (spec.videos / 20).max(1);
    let place = u64::from(number).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32;
    let mut rest = usize::try_from(place % u64::from(places)).unwrap_or(0);
    let mut name = String::from(" ");
    for syllables in PLACE_SYLLABLES {
        name.push_str(syllables.get(rest % syllables.len()).copied().unwrap_or_default());
        rest /= syllables.len();
    }
    name.push_str(if number.is_multiple_of(5) { "ac. Anniversary." } else { "ac." });
    name
}

/// Syllables of place names: thousands of combinations, none a prefix of another.
const PLACE_SYLLABLES: [&[&str]; 4] = [
    &["Bor", "Cer", "Dol", "Gor", "Jar", "Kos", "Lip", "Rud", "Sel", "Tis", "Vel", "Zlat"],
    &["ab", "ed", "if", "og", "uk", "al", "em", "in", "or", "us", "at", "ev"],
    &["ar", "es", "in", "od", "ut", "an", "el", "ik", "om", "ur", "av", "ez"],
    &["in", "ov", "an", "ev"],
];

/// The text fields of a kind.
#[derive(Clone, Copy)]
struct TextFields {
    title: &'static str,
    /// Whether there is also a summary and a description.
    has_description: bool,
}

impl TextFields {
    const NAME: Self = Self { title: "name", has_description: false };
    const LABEL: Self = Self { title: "label", has_description: false };
    const TITLE: Self = Self { title: "title", has_description: true };
}

/// Generates texts in two to six languages, always with English; some are drafts.
fn translations(
    rng: &mut SplitMix64,
    number: u32,
    fields: TextFields,
    spec: CatalogueSpec,
) -> Value {
    let all = rng.one_in(2);
    let mut texts = Map::new();
    for (language, words) in WORDS_BY_LANGUAGE {
        if *language != "en" && !all && rng.one_in(2) {
            continue;
        }
        let mut text = Map::new();
        let status = if *language != "en" && rng.one_in(20) { "draft" } else { "published" };
        text.insert("status".to_owned(), json!(status));
        text.insert(
            fields.title.to_owned(),
            json!(format!("{} {number}", sentence(rng, words, 2, 6))),
        );
        if fields.has_description {
            text.insert("summary".to_owned(), json!(format!("{}.", sentence(rng, words, 8, 16))));
            let sentences: Vec<String> =
                (0..4).map(|_| format!("{}.", sentence(rng, words, 8, 14))).collect();
            let place_text =
                if *language == "en" { place_and_anniversary(number, spec) } else { String::new() };
            text.insert("description".to_owned(), json!(sentences.join(" ") + &place_text));
        }
        if *language == "sr-Latn" && rng.one_in(3) {
            let cyrillic = text.iter().map(|(name, value)| {
                let text = value.as_str().unwrap_or_default();
                (
                    name.clone(),
                    if name == "status" { value.clone() } else { json!(to_cyrillic(text)) },
                )
            });
            texts.insert("sr-Cyrl".to_owned(), Value::Object(cyrillic.collect()));
        }
        texts.insert((*language).to_owned(), Value::Object(text));
    }
    Value::Object(texts)
}

/// Returns a date in the past, since items with a later time of publication would be scheduled.
fn random_date(rng: &mut SplitMix64) -> String {
    format!("{}-{:02}-{:02}", rng.in_range(2016, 2025), rng.in_range(1, 12), rng.in_range(1, 28))
}

fn partners(rng: &mut SplitMix64, spec: CatalogueSpec) -> Value {
    let mut numbers: Vec<u32> =
        (0..rng.in_range(1, 3)).map(|_| rng.skewed_up_to(spec.partners)).collect();
    numbers.sort_unstable();
    numbers.dedup();
    numbers
        .into_iter()
        .map(|number| json!({"partner": format!("partner-{number}"), "role": rng.pick(PARTNER_ROLES)}))
        .collect()
}

/// Generates two hundred cues in one language, one of which contains the number of the video.
fn captions(rng: &mut SplitMix64, video: u32) -> Value {
    let languages: Vec<&str> = WORDS_BY_LANGUAGE.iter().map(|(language, _)| *language).collect();
    let language = rng.pick(&languages);
    let words = WORDS_BY_LANGUAGE
        .iter()
        .find(|(known, _)| *known == language)
        .map(|(_, words)| *words)
        .unwrap_or_default();
    let numbered_cue = rng.in_range(0, 199);
    let mut webvtt = "WEBVTT\n".to_owned();
    for cue in 0..200_u32 {
        let at = |seconds: u32| {
            format!("{:02}:{:02}:{:02}.500", seconds / 3_600, seconds / 60 % 60, seconds % 60)
        };
        let (start, end) = (at(cue.saturating_mul(4)), at(cue.saturating_mul(4).saturating_add(3)));
        let text = if cue == numbered_cue {
            format!("Story number {video}")
        } else {
            sentence(rng, words, 5, 9)
        };
        webvtt.extend(["\n", &start, " --> ", &end, "\n", &text, ".\n"]);
    }
    json!({"resource": "text_track", "video": format!("video-{video}"), "kind": "captions", "language": language, "webvtt": webvtt})
}

fn generate_line(kind: LineKind, number: u32, spec: CatalogueSpec, rng: &mut SplitMix64) -> Value {
    if matches!(kind, LineKind::Track) {
        return captions(rng, number.saturating_mul(VIDEOS_PER_TRACK));
    }
    let moment =
        format!("{}T{:02}:{:02}:00Z", random_date(rng), rng.in_range(0, 23), rng.in_range(0, 59));
    let mut line = match kind {
        LineKind::Topic => {
            let parent = (number > 8).then(|| format!("topic-{}", rng.in_range(1, 8)));
            json!({"resource": "topic", "slug": format!("topic-{number}"), "parent": parent, "translations": translations(rng, number, TextFields::NAME, spec)})
        }
        LineKind::Partner => json!({
            "resource": "partner", "slug": format!("partner-{number}"), "kind": rng.pick(PARTNER_KINDS), "country": rng.pick(COUNTRY_CODES),
            "website": format!("https://partner-{number}.example.org/"), "translations": translations(rng, number, TextFields::NAME, spec),
        }),
        LineKind::Programme => json!({
            "resource": "programme", "slug": format!("programme-{number}"), "start_date": format!("{}-01-01", rng.in_range(2016, 2020)),
            "end_date": format!("{}-12-31", rng.in_range(2021, 2027)), "countries": rng.some_of(COUNTRY_CODES, 4),
            "partners": partners(rng, spec), "translations": translations(rng, number, TextFields::TITLE, spec),
        }),
        LineKind::Video => {
            let mut topics: Vec<u32> =
                (0..rng.in_range(1, 4)).map(|_| rng.skewed_up_to(spec.topics)).collect();
            topics.sort_unstable();
            topics.dedup();
            let spoken = rng.some_of(&["en", "sq", "bs", "sr", "mk", "tr"], 2);
            json!({
                "resource": "video", "slug": format!("video-{number}"), "programme": format!("programme-{}", rng.skewed_up_to(spec.programmes)),
                "countries": rng.some_of(COUNTRY_CODES, 3), "partners": partners(rng, spec), "spoken_languages": spoken,
                "topics": topics.iter().map(|topic| format!("topic-{topic}")).collect::<Vec<_>>(),
                "duration_seconds": rng.in_range(30, 3_600), "recorded_on": random_date(rng), "licence": "CC-BY-4.0",
                "sources": [{"kind": "file", "url": format!("https://media.example.org/video-{number}.mp4"), "mime_type": "video/mp4", "width": 1920, "height": 1080}],
                "thumbnail": {"url": format!("https://media.example.org/video-{number}.jpg"), "width": 1280, "height": 720},
                "translations": translations(rng, number, TextFields::TITLE, spec),
            })
        }
        LineKind::Indicator => statistics::generate_indicator(number),
        LineKind::Statistic if spec.by_indicator => statistics::generate_statistic(number, spec),
        LineKind::Statistic => {
            let year = rng.in_range(2017, 2025);
            json!({
                "resource": "impact_statistic", "slug": format!("statistic-{number}"), "value": rng.in_range(1, 100_000).to_string(),
                "qualifier": rng.pick(&["exact", "more_than", "about"]), "unit": rng.pick(&["people", "women", "trainings"]), "measure": "unit",
                "ascending": true, "time_aggregation": "sum", "group_aggregation": "sum", "programme": format!("programme-{}", rng.skewed_up_to(spec.programmes)),
                "countries": rng.some_of(COUNTRY_CODES, 2), "period_start": format!("{year}-01-01"), "period_end": format!("{year}-12-31"),
                "evidence": [{"video": format!("video-{}", rng.in_range(1, spec.videos.max(1)))}], "translations": translations(rng, number, TextFields::LABEL, spec),
            })
        }
        LineKind::Track => Value::Null,
    };
    let moment = if spec.by_indicator && matches!(kind, LineKind::Statistic) {
        statistics::published_at(number, spec)
    } else {
        moment
    };
    if let Some(line) = line.as_object_mut() {
        line.retain(|_, value| !value.is_null());
        let published = matches!(kind, LineKind::Indicator) || !rng.one_in(25);
        line.insert("status".to_owned(), json!(if published { "published" } else { "draft" }));
        if published {
            line.insert("published_at".to_owned(), json!(moment));
        }
        line.insert("original_language".to_owned(), json!("en"));
    }
    line
}
