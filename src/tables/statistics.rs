//! Impact statistics as a table, one row per statistic.

use super::cell::{CellSink, MultiValue};
use super::row::RowWriter;
use crate::impact::fields::{
    Baseline, Disaggregation, Document, Quote, SourceDocument, StatisticFields, Target,
};
use crate::impact::resource::ImpactStatistics;
use crate::resource::model::item::{LoadedItem, Reference};
use crate::resource::view::context::RenderContext;
use crate::tables::table_resource::TableResource;

impl TableResource for ImpactStatistics {
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
        "state",
        "unit",
        "measure",
        "ascending",
        "time_aggregation",
        "group_aggregation",
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
        "baseline_date",
        "baseline_comment",
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

    fn write_row(
        mut loaded: LoadedItem<Self::Fields>,
        render_context: &RenderContext,
        cells: &mut dyn CellSink,
    ) {
        let mut row = RowWriter::new(cells);
        let chosen = loaded.take_selected_text();
        row.leading_columns(&loaded.item, chosen.as_ref());
        row.optional_text(chosen.as_ref().map(|chosen| chosen.text.title.as_str()));
        row.optional_text(chosen.as_ref().and_then(|chosen| chosen.text.description.as_deref()));
        row.optional_text(
            loaded.fields.format_value(render_context.language_preference.ui_language).as_deref(),
        );
        row.decimal(loaded.fields.value.as_deref());
        row.text(&loaded.fields.qualifier);
        row.optional_text(loaded.fields.state.as_deref());
        row.optional_text(loaded.fields.unit.as_deref());
        row.text(&loaded.fields.measure);
        row.boolean(loaded.fields.ascending);
        row.optional_text(loaded.fields.time_aggregation.as_deref());
        row.optional_text(loaded.fields.group_aggregation.as_deref());
        row.reference(&loaded, "indicator", render_context);
        row.reference(&loaded, "programme", render_context);
        row.reference(&loaded, "partner", render_context);
        row.countries(&loaded.fields.countries);
        row.date(loaded.fields.period_start);
        row.date(loaded.fields.period_end);
        let mut slice = MultiValue::default();
        for one in loaded.fields.disaggregation.unpack::<Vec<Disaggregation>>() {
            slice.add_pair(&one.dimension, Some(&one.value));
        }
        row.cell(slice.to_cell());
        let baseline: Option<Baseline> = loaded.fields.baseline.unpack();
        row.decimal(baseline.as_ref().map(|baseline| baseline.value.as_str()));
        row.integer(baseline.as_ref().map(|baseline| baseline.year));
        row.date(baseline.and_then(|baseline| baseline.date));
        row.optional_text(chosen.as_ref().and_then(|chosen| chosen.text.comment.as_deref()));
        let target: Option<Target> = loaded.fields.target.unpack();
        row.decimal(target.as_ref().map(|target| target.value.as_str()));
        row.date(target.as_ref().and_then(|target| target.period_start));
        row.date(target.and_then(|target| target.period_end));
        let source: Option<SourceDocument> = loaded.fields.source.unpack();
        row.optional_text(source.as_ref().and_then(|source| source.text.as_deref()));
        row.optional_text(source.as_ref().and_then(|source| source.url.as_deref()));
        let mut documents = MultiValue::default();
        for document in loaded.fields.documents.unpack::<Vec<Document>>() {
            documents.add_pair(&document.title, Some(&document_location(&document)));
        }
        row.cell(documents.to_cell());
        row.cell(evidence_cell(&loaded, render_context).to_cell());
        row.trailing_columns(&loaded.item, &loaded.languages);
    }
}

/// A document as `url|page|language|media type`, without trailing unknown parts.
fn document_location(document: &Document) -> String {
    let page = document.page.map(|page| page.to_string()).unwrap_or_default();
    let (language, media_type) = (
        document.language.as_deref().unwrap_or_default(),
        document.media_type.as_deref().unwrap_or_default(),
    );
    [&document.url, &page, language, media_type].join("|").trim_end_matches('|').to_owned()
}

/// Evidence with passages and quotations: `video#12.5-30=en:More than five hundred of us came.`
fn evidence_cell(
    loaded: &LoadedItem<StatisticFields>,
    render_context: &RenderContext,
) -> MultiValue {
    let quotes: Vec<Option<Quote>> = loaded.fields.quotes.unpack();
    let mut evidence = MultiValue::default();
    for (link, quote) in loaded
        .references_in("evidence")
        .zip(quotes.iter().map(Option::as_ref).chain(std::iter::repeat(None)))
    {
        let Some(target) = render_context.target(&link.target_id) else { continue };
        let quote = quote.map(|quote| {
            format!("{}:{}", quote.language.as_deref().unwrap_or_default(), quote.text)
        });
        evidence.add_pair(&format!("{}{}", target.slug, passage_suffix(link)), quote.as_deref());
    }
    evidence
}

/// Passage of a video in seconds: `#12.5-30`, `#12.5`, `#-30` or empty.
fn passage_suffix(reference: &Reference) -> String {
    let seconds = |milliseconds: i64| {
        let (seconds, rest) = (milliseconds.div_euclid(1_000), milliseconds.rem_euclid(1_000));
        if rest == 0 {
            seconds.to_string()
        } else {
            format!("{seconds}.{rest:03}").trim_end_matches('0').to_owned()
        }
    };
    let start = reference.start_ms.map(seconds).unwrap_or_default();
    let end = reference.end_ms.map(|end| format!("-{}", seconds(end))).unwrap_or_default();
    if start.is_empty() && end.is_empty() { String::new() } else { format!("#{start}{end}") }
}
