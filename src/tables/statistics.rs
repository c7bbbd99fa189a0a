//! Impact statistics as a table: a row is one figure of one slice.

use super::cell::{Cells, Several};
use super::lists::Tabulated;
use super::row::{Row, targets};
use crate::impact::model::{Baseline, Disaggregation, SourceDocument, Target};
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
        row.some_text(loaded.own.figure(shown.wish.names).as_deref());
        row.decimal(loaded.own.value.as_deref());
        row.text(&loaded.own.qualifier);
        row.some_text(loaded.own.unit.as_deref());
        row.text(&loaded.own.measure);
        row.flag(loaded.own.ascending);
        row.flag(loaded.own.additive);
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
        let mut evidence = Several::default();
        for (link, slug, _) in targets(&loaded, "evidence", shown) {
            let (start, end) = passage(link);
            evidence.add_plain(slug, format_args!("{start}{end}"));
        }
        row.cell(evidence.cell());
        row.end(&loaded.item, &loaded.languages);
    }
}

/// The passage of a video, in seconds: `#12.5-30`, `#12.5`, `#-30` or nothing.
fn passage(link: &Link) -> (String, String) {
    let seconds = |milliseconds: i64| {
        let (whole, rest) = (milliseconds.div_euclid(1_000), milliseconds.rem_euclid(1_000));
        if rest == 0 { whole.to_string() } else { format!("{whole}.{rest:03}").trim_end_matches('0').to_owned() }
    };
    let end = link.end_seconds.map(|end| format!("-{}", seconds(end)));
    let start = link.start_seconds.map(|start| format!("#{}", seconds(start)));
    match (start, end) {
        (None, Some(end)) => ("#".to_owned(), end),
        (start, end) => (start.unwrap_or_default(), end.unwrap_or_default()),
    }
}
