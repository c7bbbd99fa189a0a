//! A chart of statistics by themselves: nothing is added up.

use std::sync::Arc;

use super::asked::Asked;
use super::{Chart, Exactness, Form, Mark, Point};
use crate::db::{Connection, Id};
use crate::http::problem::Problem;
use crate::impact::figure::{figure, number};
use crate::impact::model::{Baseline, Own, SPEC, Target};
use crate::impact::reached::reached;
use crate::impact::store::ImpactStatistics;
use crate::phrases::Phrase;
use crate::resource::context::Context;
use crate::resource::load::{Loaded, load_page};
use crate::resource::owed::of_programmes;
use crate::resource::query::ListRequest;
use crate::resource::revisions::Revisions;
use crate::resource::shown::Shown;
use crate::resource::told::{Note, tell};
use crate::text::days::span;

/// Reads the statistics of a list and makes a chart of them.
pub fn read(
    connection: &mut Connection,
    (context, revisions): (&Context, &Arc<Revisions>),
    (asked, wanted, query): (&Asked, &ListRequest, &str),
    shown: &mut Shown,
) -> Result<Chart, Problem> {
    let told = tell(connection, &SPEC, query, wanted.viewer, shown)?;
    let Some(memory) = shown.memory() else {
        return Err(Problem::internal("a chart was read without a memory"));
    };
    let list = wanted.list(connection, &SPEC, &memory)?;
    let page = load_page::<ImpactStatistics>(
        connection,
        &list,
        (&wanted.paging.start, wanted.paging.limit),
        wanted.viewer,
        shown,
    )?;
    let Some((slice, loaded)) = page else {
        return Err(Problem::internal("a list has no first page"));
    };
    let total = if slice.has_more {
        let count = |connection: &mut Connection| {
            Ok::<_, Problem>(
                wanted.list_to_count(connection, &SPEC, &memory, None)?.count(connection)?,
            )
        };
        context.totals.of(revisions, &wanted.counted, || count(connection))?
    } else {
        i64::try_from(loaded.len()).unwrap_or(i64::MAX)
    };
    let more = usize::try_from(total).unwrap_or(0).saturating_sub(loaded.len());
    let programmes: Vec<Id> = loaded
        .iter()
        .flat_map(|one| one.in_field("programme"))
        .map(|link| link.target_id)
        .filter(|id| shown.knows(id))
        .collect();
    let owed = of_programmes(connection, context, &programmes, (wanted.viewer, revisions), shown)?;
    let words = shown.wish.ui_language;
    let mut chart = Chart {
        form: asked.form,
        language: words,
        title: told.title,
        of: Phrase::ImpactStatistics.in_language(words).to_owned(),
        panels: Vec::new(),
        notes: Vec::new(),
        source: context.settings.publisher_name(&shown.base),
    };
    let mut without = 0_usize;
    for one in loaded {
        if let Some((panel, point)) = drawn(one, asked.form, words) {
            chart.add(&panel, None, point);
        } else {
            without = without.saturating_add(1);
        }
    }
    // Where all count the same, their labels say what.
    if let [only] = chart.panels.as_mut_slice() {
        only.heading = None;
    }
    let said = |phrase: Phrase, number: usize| {
        (number > 0).then(|| phrase.with(words, &number.to_string()))
    };
    let lacking =
        if asked.form == Form::Progress { Phrase::WithoutTarget } else { Phrase::WithoutValue };
    chart.notes.extend(said(Phrase::NotShown, more).into_iter().chain(said(lacking, without)));
    let lines = programmes
        .iter()
        .filter_map(|id| owed.get(id))
        .flat_map(|owed| [&owed.credit_line, &owed.disclaimer])
        .flatten()
        .cloned();
    for note in told.notes.iter().map(Note::text).chain(lines) {
        if !chart.notes.contains(&note) {
            chart.notes.push(note);
        }
    }
    Ok(chart.clean())
}

/// A statistic as a point, and of what it is: values of one unit and measure have one scale.
/// Nothing of one that lacks what is to be shown.
fn drawn(mut one: Loaded<Own>, form: Form, words: &'static str) -> Option<(String, Point)> {
    let chosen = one.take_chosen()?;
    let own = &one.own;
    let value = own.value.clone()?;
    let of = |value: &str| number(value, &own.measure, words);
    let with = |said: String, more: Option<String>| {
        more.map_or_else(|| said.clone(), |more| format!("{said} ({more})"))
    };
    let baseline = own.baseline.unpack::<Option<Baseline>>();
    let target = own.target.unpack::<Option<Target>>();
    if form == Form::Progress && target.is_none() {
        return None;
    }
    let way = target.as_ref().and_then(|target| {
        let baseline = baseline.as_ref().map(|baseline| baseline.value.as_str());
        reached(&value, &own.qualifier, baseline, &target.value)
    });
    let named = |phrase: Phrase, said: String| format!("{}: {said}", phrase.in_language(words));
    let language = chosen.language.as_str();
    let panel = own.unit.clone().or_else(|| {
        Phrase::of_word(&own.measure).map(|phrase| phrase.in_language(words).to_owned())
    });
    let point = Point {
        key: one.item.slug.clone(),
        language: (language != words).then(|| language.to_owned()),
        label: chosen.text.title,
        exactness: Exactness::of(&own.qualifier),
        figure: figure(&value, &own.qualifier, &own.measure, words),
        baseline: baseline.map(|baseline| Mark {
            said: named(
                Phrase::Baseline,
                with(of(&baseline.value), Some(baseline.year.to_string())),
            ),
            value: baseline.value,
        }),
        reached: way.map(|(percent, qualifier)| figure(&percent, qualifier, "percentage", words)),
        target: target.map(|target| Mark {
            said: named(
                Phrase::Target,
                with(of(&target.value), span(target.period_start, target.period_end, words)),
            ),
            value: target.value,
        }),
        value: Some(value),
    };
    let point = if form == Form::Progress {
        point
    } else {
        Point { baseline: None, target: None, reached: None, ..point }
    };
    Some((panel.unwrap_or_default(), point))
}

/// What must be said where a name with its sign stands.
pub fn footnote(text: &str) -> String {
    format!("* {text}")
}
