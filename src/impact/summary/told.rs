//! A summary in the language of the answer.

use std::collections::HashMap;

use diesel::sql_types::BigInt;

use super::asked::{Asked, By};
use super::group::{Group, Grouping, Part};
use super::known::Facts;
use super::read::{Selected, read};
use super::reckon::One;
use super::view::{
    GroupKey, ImpactSummary, LeftOutStatistic, NotSummed, SummaryAmount, SummaryBaseline,
    SummaryGroup, SummaryTarget, SummaryValue,
};
use crate::db::sql::{Statement, integer_in_fragment};
use crate::db::types::sql::Uuid;
use crate::db::{Connection, Id, RowId};
use crate::http::keys::Visibility;
use crate::http::problem::Problem;
use crate::impact::facts::Scope;
use crate::phrases::Phrase;
use crate::resource::load::load_named;
use crate::resource::shown::{Reference, Shown};
use crate::resource::spec::Kind;
use crate::text::collation::sort_key;
use crate::text::language::Language;

/// Reckons a summary, and says it.
pub fn summarise(
    connection: &mut Connection,
    asked: &Asked,
    shown: &mut Shown,
) -> Result<ImpactSummary, Problem> {
    let Some(memory) = shown.memory() else {
        return Err(Problem::internal("a summary was read without a memory"));
    };
    let Selected { facts, places } = read(connection, &asked.list, &memory)?;
    learn(connection, &facts, asked, shown)?;
    let mut groups = Grouping {
        by: &asked.by,
        is_apart: asked.is_apart,
        is_summed: asked.wants("sum"),
        may_see: &|id| shown.knows(&id),
        called: &|by, part| key(by, part, shown).label,
    }
    .of(&facts, &places)?;
    let total_groups = groups.len();
    let language = Language::stored(shown.wish.ui_language);
    groups.sort_by_cached_key(|group| {
        let order = |(part, by): (&Part, &By)| match part {
            Part::Year(year) => (0, *year, String::new()),
            Part::Undivided => (1, 0, String::new()),
            Part::Text(_) | Part::Item(_) => {
                (0, 0, sort_key(&key(by, part, shown).label, &language))
            }
        };
        (
            group.parts.iter().zip(&asked.by).map(order).collect::<Vec<_>>(),
            group.sort.clone(),
            group.parts.clone(),
        )
    });
    groups.truncate(asked.limit);
    let names = Named::read(connection, &facts, &named(&groups, asked), asked.list.viewer, shown)?;
    let said = |group: &Group| said(&facts, group, asked, &names, shown);
    Ok(ImpactSummary { data: groups.iter().map(said).collect(), total_groups })
}

/// Makes known what scopes refer to and keys name, as far as the reader may see it.
pub fn learn(
    connection: &mut Connection,
    facts: &Facts,
    asked: &Asked,
    shown: &mut Shown,
) -> Result<(), Problem> {
    type Of = fn(&Scope) -> Option<Id>;
    let items: [(By, Kind, Of); 3] = [
        (By::Programme, Kind::Programme, |scope| scope.programme),
        (By::Partner, Kind::Partner, |scope| scope.partner),
        (By::Indicator, Kind::Indicator, |scope| scope.indicator),
    ];
    let wanted = items.into_iter().filter(|(by, ..)| asked.by.contains(by));
    let targets =
        wanted.map(|(_, kind, of)| (kind, facts.scopes.iter().filter_map(of).collect())).collect();
    Ok(load_named(connection, targets, asked.list.viewer, shown)?)
}

/// What a part of a key is called.
pub fn key(by: &By, part: &Part, shown: &Shown) -> GroupKey {
    let names = shown.wish.ui_language;
    let by_name = by.name();
    let of = |value: String, label: String| GroupKey {
        by: by_name.clone(),
        value: Some(value),
        label,
        footnote: None,
    };
    match part {
        Part::Year(year) => of(year.to_string(), year.to_string()),
        Part::Item(id) => match shown.reference(id) {
            Some(reference) => of(reference.slug, reference.title),
            None => key(by, &Part::Undivided, shown),
        },
        Part::Text(code) if *by == By::Country => match shown.places.country(code, names) {
            Some(country) => {
                GroupKey { footnote: country.footnote, ..of(code.clone(), country.name.to_owned()) }
            }
            None => of(code.clone(), code.clone()),
        },
        Part::Text(text) => of(text.clone(), text.clone()),
        Part::Undivided => GroupKey {
            by: by_name,
            value: None,
            label: Phrase::Undivided.in_language(names).to_owned(),
            footnote: None,
        },
    }
}

/// What the statistics that an answer names are called.
pub struct Named(HashMap<RowId, Id>);

/// The statistics that an answer names: places among the rows.
fn named(groups: &[Group], asked: &Asked) -> Vec<usize> {
    let mut places: Vec<usize> = Vec::new();
    for group in groups {
        let reckoned = &group.reckoned;
        let ones = [("min", &reckoned.min), ("max", &reckoned.max), ("latest", &reckoned.latest)];
        places.extend(
            ones.iter()
                .filter(|(name, _)| asked.wants(name))
                .filter_map(|(_, one)| one.as_ref().map(|(_, place)| *place)),
        );
        places.extend(group.counted.rows.iter().take(asked.named));
        places.extend(
            group
                .counted
                .left_out
                .iter()
                .take(asked.named)
                .flat_map(|left_out| [left_out.row, left_out.counted]),
        );
        places.extend(group.without_value.iter().take(asked.named));
    }
    places
}

impl Named {
    /// Reads what these are called, as far as the reader may see them.
    pub fn read(
        connection: &mut Connection,
        facts: &Facts,
        places: &[usize],
        viewer: Visibility,
        shown: &mut Shown,
    ) -> Result<Self, Problem> {
        let numbers =
            places.iter().filter_map(|place| facts.rows.get(*place)).map(|row| row.number);
        let statement = Statement::<(BigInt, Uuid)>::select(
            "items.number, items.id",
            "items",
            &integer_in_fragment("items.number", numbers),
        );
        let rows: Vec<(RowId, Id)> = statement.load_rows(connection)?;
        load_named(
            connection,
            vec![(Kind::ImpactStatistic, rows.iter().map(|(_, id)| *id).collect())],
            viewer,
            shown,
        )?;
        Ok(Self(rows.into_iter().collect()))
    }

    /// A statistic in short.
    pub fn of(&self, facts: &Facts, place: usize, shown: &Shown) -> Option<Reference> {
        shown.reference(self.0.get(&facts.rows.get(place)?.number)?)
    }
}

fn said(facts: &Facts, group: &Group, asked: &Asked, names: &Named, shown: &Shown) -> SummaryGroup {
    let (reckoned, measure, language) =
        (&group.reckoned, group.sort.measure.as_str(), shown.wish.ui_language);
    let one = |one: &Option<One>| {
        let (amount, place) = one.as_ref()?;
        let row = facts.rows.get(*place)?;
        let figures = facts.figures(row);
        let day = |day: &str| (!day.is_empty()).then(|| day.to_owned());
        let SummaryAmount { value, value_number, qualifier, figure } =
            SummaryAmount::new(amount, measure, language);
        let (period_start, period_end) = (day(figures.start), day(figures.end));
        Some(SummaryValue {
            value,
            value_number,
            qualifier,
            figure,
            period_start,
            period_end,
            statistic: names.of(facts, *place, shown),
        })
    };
    let overlapping = group.counted.left_out.iter().map(|left_out| LeftOutStatistic {
        statistic: names.of(facts, left_out.row, shown),
        reason: "overlaps",
        counted_with: names.of(facts, left_out.counted, shown),
    });
    let without = group.without_value.iter().map(|place| LeftOutStatistic {
        statistic: names.of(facts, *place, shown),
        reason: "no_value",
        counted_with: None,
    });
    SummaryGroup {
        keys: group.parts.iter().zip(&asked.by).map(|(part, by)| key(by, part, shown)).collect(),
        unit: group.sort.unit.clone(),
        measure: measure.to_owned(),
        count: group.counted.rows.len(),
        sum: asked
            .wants("sum")
            .then(|| reckoned.sum.as_ref().map(|sum| SummaryAmount::new(sum, measure, language))),
        not_summed: group.refusal.as_ref().filter(|_| asked.wants("sum")).map(|refusal| {
            NotSummed { code: refusal.code, detail: format!("{}.", refusal.detail) }
        }),
        min: asked.wants("min").then(|| one(&reckoned.min)),
        max: asked.wants("max").then(|| one(&reckoned.max)),
        latest: asked.wants("latest").then(|| one(&reckoned.latest)),
        baseline: asked.wants("baseline").then(|| {
            reckoned.baseline.as_ref().map(|before| SummaryBaseline::new(before, measure, language))
        }),
        target: asked.wants("target").then(|| {
            reckoned.target.as_ref().map(|aim| SummaryTarget::new(aim, measure, language))
        }),
        progress: asked.wants("progress").then(|| {
            reckoned.progress.as_ref().map(|way| SummaryAmount::new(way, "percentage", language))
        }),
        statistics: group
            .counted
            .rows
            .iter()
            .take(asked.named)
            .filter_map(|place| names.of(facts, *place, shown))
            .collect(),
        left_out: overlapping.chain(without).take(asked.named).collect(),
        left_out_count: group.counted.left_out.len().saturating_add(group.without_value.len()),
    }
}
