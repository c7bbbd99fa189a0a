//! Rendering of a summary in the language of the response.

use std::collections::HashMap;

use diesel::sql_types::BigInt;

use crate::db::sql_fragment::{Statement, integer_in_fragment};
use crate::db::types::sql::Uuid;
use crate::db::{Connection, Id, RowId};
use crate::http::auth::Visibility;
use crate::http::problem::Problem;
use crate::i18n::messages::Message;
use crate::impact::fact_record::FactScope;
use crate::impact::summary::aggregate::ValueWithSource;
use crate::impact::summary::fact_table::FactTable;
use crate::impact::summary::group_by::{Group, Grouper, KeyPart};
use crate::impact::summary::params::{GroupBy, SummaryParams};
use crate::impact::summary::response::{
    ExcludedStatistic, GroupKey, ImpactSummary, NotSummable, SummaryAmount, SummaryBaseline,
    SummaryGroup, SummaryTarget, SummaryTotal, SummaryValue,
};
use crate::impact::summary::select::{SelectedRows, load_selected_rows};
use crate::resource::schema::ResourceKind;
use crate::resource::view::context::{RenderContext, ShortReference};
use crate::resource::view::load::load_reference_targets;
use crate::text::collation::sort_key;
use crate::text::language::Language;

/// Computes and renders a summary.
pub fn build_summary(
    connection: &mut Connection,
    params: &SummaryParams,
    render_context: &mut RenderContext,
) -> Result<ImpactSummary, Problem> {
    let cache = render_context.required_cache()?;
    let SelectedRows { facts, indexes: places } =
        load_selected_rows(connection, &params.list, &cache)?;
    load_group_references(connection, &facts, params, render_context)?;
    let mut groups = Grouper {
        group_by: &params.group_by,
        separate_incomparable: params.separate_incomparable,
        wants_total: params.includes("total"),
        wants_sum: params.includes("sum"),
        is_visible: &|id| render_context.has_target(&id),
        selects_country: &|code| params.list.accepts("country", code),
        label: &|by, part| group_key(by, part, render_context).label,
    }
    .group_rows(&facts, &places)?;
    let total_groups = groups.len();
    let language = Language::from_canonical(render_context.language_preference.ui_language);
    groups.sort_by_cached_key(|group| {
        let order = |(part, by): (&KeyPart, &GroupBy)| match part {
            KeyPart::Year(year) => (0, *year, String::new()),
            KeyPart::Undivided => (1, 0, String::new()),
            KeyPart::Text(_) | KeyPart::Item(_) => {
                (0, 0, sort_key(&group_key(by, part, render_context).label, &language))
            }
        };
        (
            group.key.iter().zip(&params.group_by).map(order).collect::<Vec<_>>(),
            group.comparability.clone(),
            group.key.clone(),
        )
    });
    groups.truncate(params.limit);
    let names = StatisticReferences::load(
        connection,
        facts.row_ids(&referenced_rows(&groups, params)),
        params.list.visibility,
        render_context,
    )?;
    let renderer = GroupRenderer { facts: &facts, params, references: &names, render_context };
    let data = groups.iter().map(|group| renderer.render(group)).collect();
    let mut is_used = vec![false; facts.scopes.len()];
    for row in places.iter().filter_map(|place| facts.rows.get(*place)) {
        if let Some(is_used) = is_used.get_mut(row.scope_index) {
            *is_used = true;
        }
    }
    let used_scopes = facts.scopes.iter().zip(is_used).filter(|(_, is_used)| *is_used);
    let programmes = used_scopes.filter_map(|(scope, _)| scope.programme).collect();
    Ok(ImpactSummary { data, total_groups, programmes })
}

/// Loads the items that group keys reference and that are visible to the client.
pub fn load_group_references(
    connection: &mut Connection,
    facts: &FactTable,
    params: &SummaryParams,
    render_context: &mut RenderContext,
) -> Result<(), Problem> {
    type Of = fn(&FactScope) -> Option<Id>;
    let items: [(GroupBy, ResourceKind, Of); 3] = [
        (GroupBy::Programme, ResourceKind::PROGRAMME, |scope| scope.programme),
        (GroupBy::Partner, ResourceKind::PARTNER, |scope| scope.partner),
        (GroupBy::Indicator, ResourceKind::INDICATOR, |scope| scope.indicator),
    ];
    let requested = items.into_iter().filter(|(by, ..)| params.group_by.contains(by));
    let targets = requested
        .map(|(_, kind, of)| (kind, facts.scopes.iter().filter_map(of).collect()))
        .collect();
    Ok(load_reference_targets(connection, targets, params.list.visibility, render_context)?)
}

/// Renders a part of a group key with its label.
pub fn group_key(by: &GroupBy, part: &KeyPart, render_context: &RenderContext) -> GroupKey {
    let names = render_context.language_preference.ui_language;
    let by_name = by.name();
    let of = |value: String, label: String| GroupKey {
        by: by_name.clone(),
        value: Some(value),
        label,
        footnote: None,
    };
    match part {
        KeyPart::Year(year) => of(year.to_string(), year.to_string()),
        KeyPart::Item(id) => match render_context.short_reference(id) {
            Some(reference) => of(reference.slug, reference.title),
            None => group_key(by, &KeyPart::Undivided, render_context),
        },
        KeyPart::Text(code) if *by == GroupBy::Country => {
            match render_context.country_names.country_reference(code, names) {
                Some(country) => GroupKey {
                    footnote: country.footnote,
                    ..of(code.clone(), country.name.to_owned())
                },
                None => of(code.clone(), code.clone()),
            }
        }
        KeyPart::Text(text) => of(text.clone(), text.clone()),
        KeyPart::Undivided => GroupKey {
            by: by_name,
            value: None,
            label: Message::NotBrokenDown.localize(names).to_owned(),
            footnote: None,
        },
    }
}

/// Ids of the listed statistics by row id, for short references.
pub struct StatisticReferences(HashMap<RowId, Id>);

/// Returns the row indexes of the listed statistics.
fn referenced_rows(groups: &[Group], params: &SummaryParams) -> Vec<usize> {
    let mut places: Vec<usize> = Vec::new();
    for group in groups {
        let computed = &group.aggregates;
        let ones = [("min", &computed.min), ("max", &computed.max), ("latest", &computed.latest)];
        places.extend(
            ones.iter()
                .filter(|(name, _)| params.includes(name))
                .filter_map(|(_, one)| one.as_ref().map(|(_, place)| *place)),
        );
        places.extend(group.deduplicated.rows.iter().take(params.statistics_limit));
        places.extend(
            group
                .deduplicated
                .excluded
                .iter()
                .take(params.statistics_limit)
                .flat_map(|excluded| [excluded.row, excluded.covered_by]),
        );
        let others = group.other_countries.iter().chain(&group.without_value);
        places.extend(others.take(params.statistics_limit));
    }
    places
}

impl StatisticReferences {
    /// Loads short references of these statistics that are visible to the client.
    pub fn load(
        connection: &mut Connection,
        numbers: impl Iterator<Item = RowId>,
        visibility: Visibility,
        render_context: &mut RenderContext,
    ) -> Result<Self, Problem> {
        let statement = Statement::<(BigInt, Uuid)>::select(
            "items.number, items.id",
            "items",
            &integer_in_fragment("items.number", numbers),
        );
        let rows: Vec<(RowId, Id)> = statement.load_rows(connection)?;
        load_reference_targets(
            connection,
            vec![(ResourceKind::IMPACT_STATISTIC, rows.iter().map(|(_, id)| *id).collect())],
            visibility,
            render_context,
        )?;
        Ok(Self(rows.into_iter().collect()))
    }

    /// Returns the short reference of a statistic.
    pub fn get(
        &self,
        facts: &FactTable,
        place: usize,
        render_context: &RenderContext,
    ) -> Option<ShortReference> {
        render_context.short_reference(self.0.get(&facts.rows.get(place)?.number)?)
    }
}

/// Renders the groups of a summary.
struct GroupRenderer<'a> {
    facts: &'a FactTable,
    params: &'a SummaryParams,
    references: &'a StatisticReferences,
    render_context: &'a RenderContext,
}

impl GroupRenderer<'_> {
    fn render(&self, group: &Group) -> SummaryGroup {
        let Self { facts, params, references, render_context } = *self;
        let (computed, measure, language) = (
            &group.aggregates,
            group.comparability.measure.as_str(),
            render_context.language_preference.ui_language,
        );
        let one = |one: &Option<ValueWithSource>| {
            let (amount, place) = one.as_ref()?;
            let row = facts.rows.get(*place)?;
            let figures = facts.values(row);
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
                statistic: references.get(facts, *place, render_context),
            })
        };
        let overlapping = group.deduplicated.excluded.iter().map(|excluded| ExcludedStatistic {
            statistic: references.get(facts, excluded.row, render_context),
            reason: "overlaps",
            covered_by: references.get(facts, excluded.covered_by, render_context),
        });
        let not_covered = |reason| {
            move |place: &usize| ExcludedStatistic {
                statistic: references.get(facts, *place, render_context),
                reason,
                covered_by: None,
            }
        };
        let others = group.other_countries.iter().map(not_covered("other_countries"));
        let without = group.without_value.iter().map(not_covered("no_value"));
        SummaryGroup {
            keys: group
                .key
                .iter()
                .zip(&params.group_by)
                .map(|(part, by)| group_key(by, part, render_context))
                .collect(),
            unit: group.comparability.unit.clone(),
            measure: measure.to_owned(),
            count: group.deduplicated.rows.len(),
            total: params.includes("total").then(|| {
                computed.total.as_ref().map(|total| SummaryTotal::new(total, measure, language))
            }),
            sum: params.includes("sum").then(|| {
                computed.sum.as_ref().map(|sum| SummaryAmount::new(sum, measure, language))
            }),
            not_summable: group.not_summable.as_ref().filter(|_| params.includes("sum")).map(
                |refusal| NotSummable {
                    code: refusal.code,
                    detail: format!("{}.", refusal.detail),
                },
            ),
            min: params.includes("min").then(|| one(&computed.min)),
            max: params.includes("max").then(|| one(&computed.max)),
            latest: params.includes("latest").then(|| one(&computed.latest)),
            baseline: params.includes("baseline").then(|| {
                computed
                    .baseline
                    .as_ref()
                    .map(|before| SummaryBaseline::new(before, measure, language))
            }),
            target: params.includes("target").then(|| {
                computed.target.as_ref().map(|aim| SummaryTarget::new(aim, measure, language))
            }),
            progress: params.includes("progress").then(|| {
                computed
                    .progress
                    .as_ref()
                    .map(|way| SummaryAmount::new(way, "percentage", language))
            }),
            statistics: group
                .deduplicated
                .rows
                .iter()
                .take(params.statistics_limit)
                .filter_map(|place| references.get(facts, *place, render_context))
                .collect(),
            excluded: overlapping
                .chain(others)
                .chain(without)
                .take(params.statistics_limit)
                .collect(),
            excluded_count: group
                .deduplicated
                .excluded
                .len()
                .saturating_add(group.other_countries.len())
                .saturating_add(group.without_value.len()),
        }
    }
}
