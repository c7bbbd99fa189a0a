//! Impact statistics as a table: a row is one figure of one slice.

use super::cell::{Cells, Several};
use super::lists::Tabulated;
use super::row::Row;
use crate::impact::model::{
    Baseline, Disaggregation, Document, Own, Quote, SourceDocument, Target,
};
use crate::impact::store::ImpactStatistics;
use crate::resource::load::{Link, Loaded};
use crate::resource::shown::Shown;

impl Tabulated for ImpactStatistics {
    const COLUMNS: &'static [&'static str] = &[
        "id",
        "slug",
        "status",
        "language",
        "transliterated",
        "label",
        "description",
        "figure",
        "value",
        "qualifier",
        "unit",
        "measure",
        "ascending",
        "additive",
        "indicator",
        "indicator_label",
        "programme",
        "programme_title",
        "partner",
        "partner_name",
        "countries",
        "period_start",
        "period_end",
        "disaggregation",
        "baseline_value",
        "baseline_year",
        "target_value",
        "target_period_start",
        "target_period_end",
        "source_text",
        "source_url",
        "documents",
        "evidence",
        "languages",
        "published_at",
        "created_at",
        "updated_at",
    ];

    fn row(mut loaded: Loaded<Self::Own>, shown: &Shown, cells: &mut dyn Cells) {
        let mut row = Row::new(cells);
        let chosen = loaded.take_chosen();
        row.begin(&loaded.item, chosen.as_ref());
        row.some_text(chosen.as_ref().map(|chosen| chosen.text.title.as_str()));
        row.some_text(chosen.as_ref().and_then(|chosen| chosen.text.description.as_deref()));
        row.some_text(loaded.own.figure(shown.wish.ui_language).as_deref());
        row.decimal(loaded.own.value.as_deref());
        row.text(&loaded.own.qualifier);
        row.some_text(loaded.own.unit.as_deref());
        row.text(&loaded.own.measure);
        row.flag(loaded.own.ascending);
        row.flag(loaded.own.additive);
        row.reference(&loaded, "indicator", shown);
        row.reference(&loaded, "programme", shown);
        row.reference(&loaded, "partner", shown);
        row.countries(&loaded.own.countries);
        row.day(loaded.own.period_start);
        row.day(loaded.own.period_end);
        let mut slice = Several::default();
        for one in loaded.own.disaggregation.unpack::<Vec<Disaggregation>>() {
            slice.add_pair(&one.dimension, Some(&one.value));
        }
        row.cell(slice.cell());
        let baseline: Option<Baseline> = loaded.own.baseline.unpack();
        row.decimal(baseline.as_ref().map(|baseline| baseline.value.as_str()));
        row.whole(baseline.map(|baseline| baseline.year));
        let target: Option<Target> = loaded.own.target.unpack();
        row.decimal(target.as_ref().map(|target| target.value.as_str()));
        row.day(target.as_ref().and_then(|target| target.period_start));
        row.day(target.and_then(|target| target.period_end));
        let source: Option<SourceDocument> = loaded.own.source.unpack();
        row.some_text(source.as_ref().and_then(|source| source.text.as_deref()));
        row.some_text(source.as_ref().and_then(|source| source.url.as_deref()));
        let mut documents = Several::default();
        for document in loaded.own.documents.unpack::<Vec<Document>>() {
            documents.add_pair(&document.title, Some(&place(&document)));
        }
        row.cell(documents.cell());
        row.cell(evidence(&loaded, shown).cell());
        row.end(&loaded.item, &loaded.languages);
    }
}

/// Where a document is: `url|page|language|media type`, without what is not known at its end.
fn place(document: &Document) -> String {
    let page = document.page.map(|page| page.to_string()).unwrap_or_default();
    let (language, media_type) = (
        document.language.as_deref().unwrap_or_default(),
        document.media_type.as_deref().unwrap_or_default(),
    );
    [&document.url, &page, language, media_type].join("|").trim_end_matches('|').to_owned()
}

/// The videos that show a figure, with their passages and what is said there:
/// `video#12.5-30=en:More than five hundred of us came.`
fn evidence(loaded: &Loaded<Own>, shown: &Shown) -> Several {
    let quotes: Vec<Option<Quote>> = loaded.own.quotes.unpack();
    let mut evidence = Several::default();
    for (link, quote) in loaded
        .in_field("evidence")
        .zip(quotes.iter().map(Option::as_ref).chain(std::iter::repeat(None)))
    {
        let Some(target) = shown.target(&link.target_id) else { continue };
        let quote = quote.map(|quote| {
            format!("{}:{}", quote.language.as_deref().unwrap_or_default(), quote.text)
        });
        evidence.add_pair(&format!("{}{}", target.slug, passage(link)), quote.as_deref());
    }
    evidence
}

/// The passage of a video, in seconds: `#12.5-30`, `#12.5`, `#-30` or nothing.
fn passage(link: &Link) -> String {
    let seconds = |milliseconds: i64| {
        let (whole, rest) = (milliseconds.div_euclid(1_000), milliseconds.rem_euclid(1_000));
        if rest == 0 {
            whole.to_string()
        } else {
            format!("{whole}.{rest:03}").trim_end_matches('0').to_owned()
        }
    };
    let start = link.start_seconds.map(seconds).unwrap_or_default();
    let end = link.end_seconds.map(|end| format!("-{}", seconds(end))).unwrap_or_default();
    if start.is_empty() && end.is_empty() { String::new() } else { format!("#{start}{end}") }
}
