"""Reference implementation of summaries and series of impact statistics.

Independent of the server: written from docs/api/statistics.md, in exact decimals, without regard to speed.

    reference.py CATALOGUES SEED

generates small random catalogues and prints one JSON document: the lines of an import, and for each request of the API
the figures of its response. Each catalogue has a unit of its own, so that one database holds them all.
"""

import json
import random
import sys
from dataclasses import dataclass, replace
from datetime import date
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Context, Decimal, setcontext

setcontext(Context(prec=120))

FIRST_DAY, LAST_DAY = date.min, date.max
BATCH = 40


@dataclass(frozen=True)
class Statistic:
    number: int
    slug: str
    indicator: str | None
    programme: str | None
    partner: str | None
    countries: frozenset
    slices: tuple
    unit: str
    measure: str
    over_time: str | None
    over_groups: str | None
    ascending: bool | None
    start: date | None
    end: date | None
    value: Decimal | None
    qualifier: str
    baseline: tuple | None  # (value, year)
    target: tuple | None  # (value, start, end)

    @property
    def rule(self):
        """Aggregation over time and over groups. Only counts can be summed."""
        rule = (self.over_time, self.over_groups)
        return rule if self.measure == "unit" else tuple(None if part == "sum" else part for part in rule)

    @property
    def scope(self):
        """What the statistic is about, without its period. Slices are compared regardless of case."""
        slices = frozenset((name.lower(), value.lower()) for name, value in self.slices)
        return (self.indicator, self.programme, self.partner, self.countries, slices, self.unit, self.measure)

    @property
    def period(self):
        return (self.start or FIRST_DAY, self.end or LAST_DAY)


@dataclass(frozen=True)
class Fact:
    """A value, a target or a baseline, with its scope and period."""

    number: int
    scope: tuple
    period: tuple
    value: Decimal
    qualifier: str = "exact"


# Relations of scopes and periods


def same_subject(one, other):
    """Without an indicator, only figures of the same programme, partner, countries and unit are comparable."""
    if one[0] or other[0]:
        return one[0] == other[0]
    return one[1:4] == other[1:4] and one[5:] == other[5:]


def scope_contains(whole, part):
    return (
        same_subject(whole, part)
        and whole[1] in (None, part[1])
        and whole[2] in (None, part[2])
        and (not whole[3] or (part[3] and part[3] <= whole[3]))
        and whole[4] <= part[4]
    )


def dimensions(scope):
    return sorted(name for name, _ in scope[4])


def scopes_overlap(one, other):
    if not same_subject(one, other):
        return False
    if one[0] is None and dimensions(one) == dimensions(other):
        return False
    for field in (1, 2):
        if one[field] and other[field] and one[field] != other[field]:
            return False
    if one[3] and other[3] and not one[3] & other[3]:
        return False
    values = dict(other[4])
    return all(values.get(name, value) == value for name, value in one[4])


def is_known(period):
    return period[0] != FIRST_DAY and period[1] != LAST_DAY


def periods_overlap(one, other):
    """Periods that only meet, on the day on which one ends and the other starts, do not overlap."""
    days = (min(one[1], other[1]) - max(one[0], other[0])).days
    return days > 0 or (days == 0 and (one[0] == one[1] or other[0] == other[1]))


def period_contains(whole, part):
    return whole[0] <= part[0] and part[1] <= whole[1]


def last_known_day(period):
    return period[0] if period[1] == LAST_DAY else period[1]


def overlap(one, other):
    if one.scope[0] is None and one.period != other.period:
        return False
    return periods_overlap(one.period, other.period) and scopes_overlap(one.scope, other.scope)


def contains(whole, part):
    return period_contains(whole.period, part.period) and scope_contains(whole.scope, part.scope)


def is_part(part, whole, over_time):
    """Whether a fact is about one programme, partner, country, place or period of those of another one. Only the sum of
    several periods is the value of a longer one."""
    if part.period != whole.period and (part.scope[0] is None or not over_time):
        return False
    # A target without a period is that of the whole duration.
    if over_time == "planned" and not is_known(whole.period) and part.period != whole.period:
        return False
    has_place = [any(name == "location" for name, _ in fact.scope[4]) for fact in (whole, part)]
    is_narrower = (
        (whole.scope[1] is None and part.scope[1] is not None)
        or (whole.scope[2] is None and part.scope[2] is not None)
        or whole.scope[3] != part.scope[3]
        or has_place == [False, True]
        or (not is_known(whole.period) and is_known(part.period))
    )
    return is_narrower and contains(whole, part)


# Counting once


def parts_of(rule):
    """Whether a whole can be compared with its parts (not at all: None), and whether with those of other periods."""
    return None if rule[1] != "sum" else rule[0] == "sum"


def count_once(facts, parts, known_totals=None, all_periods=False):
    """Returns the facts to count: the widest first, and none that overlaps with one before; and which are totals.
    With all_periods, overlapping periods of the same scope are all counted."""

    def breakdown_sum(fact):
        """The sum of the disaggregation of the same whole; of equal slices, the newest."""
        newest = {}
        for other in facts:
            same = (
                other.scope[:4] == fact.scope[:4]
                and other.scope[5:] == fact.scope[5:]
                and other.period == fact.period
                and dimensions(other.scope) == dimensions(fact.scope)
            )
            if same and (other.scope[4] not in newest or newest[other.scope[4]].number < other.number):
                newest[other.scope[4]] = other
        return sum((other.value for other in newest.values()), Decimal(0))

    def width(fact):
        _, programme, partner, countries, slices, *_ = fact.scope
        known = is_known(fact.period)
        return (
            sum(map(bool, (programme, partner, countries, known))) + len(slices),
            -len(countries),
            -(fact.period[1] - fact.period[0]).days if known else float("-inf"),
            (1, -breakdown_sum(fact)) if slices else (0, Decimal(0)),
            -fact.number,
        )

    counted, scope_only, totals = [], set(), {}
    for fact in sorted(facts, key=width):
        near = [one for one in counted if overlap(one, fact) and (one.scope == fact.scope or one not in scope_only)]
        by = [one for one in near if totals[one.number] or not is_part(fact, one, parts)]
        periods = [one for one in by if all_periods and one.scope == fact.scope and one.period != fact.period]
        if len(periods) < len(by):
            continue
        counted.append(fact)
        if known_totals is not None:
            totals[fact.number] = known_totals.get(fact.number, True)
        else:
            totals[fact.number] = parts is None or can_be_total(fact, facts, parts)
        # If one period is not a total, another one that overlaps with it is none either.
        totals[fact.number] &= all(totals[one.number] for one in periods)
        if periods and not totals[fact.number]:
            scope_only.add(fact)
    return counted, totals


def can_be_total(whole, facts, over_time):
    """A whole that is smaller than its parts is none."""
    parts = [fact for fact in facts if fact.number != whole.number and is_part(fact, whole, over_time)]
    if not parts or whole.qualifier not in ("exact", "less_than"):
        return True
    least = [fact.value for fact in count_once(parts, over_time)[0] if fact.qualifier in ("exact", "more_than")]
    return whole.value >= sum(least, Decimal(0))


def count_scopes(facts, totals):
    """Of one fact for each scope, those to count, whatever their periods."""
    timeless = [fact if fact.scope[0] is None else replace(fact, period=(FIRST_DAY, LAST_DAY)) for fact in facts]
    chosen = {fact.number for fact in count_once(timeless, False, totals)[0]}
    return [fact for fact in facts if fact.number in chosen]


# Aggregates


def combine(qualifiers):
    qualifiers = set(qualifiers) - {"exact"}
    if not qualifiers:
        return "exact"
    return qualifiers.pop() if len(qualifiers) == 1 else "about"


def progress(value, qualifier, baseline, target, ascending):
    start = Decimal(0) if baseline is None else baseline
    way = target - start
    if ascending is True and way < 0 or ascending is False and (way > 0 or baseline is None):
        return None
    if baseline is None and way < 0:
        return None
    if way == 0:
        return ("100", qualifier) if value == target and qualifier in ("exact", "about") else None
    if way < 0:
        qualifier = {"more_than": "less_than", "less_than": "more_than"}.get(qualifier, qualifier)
    percent = (value - start) * 100 / way
    rounding = {"more_than": ROUND_FLOOR, "less_than": ROUND_CEILING}.get(qualifier, ROUND_HALF_UP)
    rounded = percent.quantize(Decimal("0.1"), rounding=rounding)
    if percent < 100 <= rounded and qualifier != "less_than":
        rounded = percent.quantize(Decimal("0.1"), rounding=ROUND_FLOOR)
    return (plain(rounded).removesuffix(".0"), qualifier)


def plain(number):
    text = format(number, "f")
    return text.removeprefix("-") if number == 0 else text


def value_fact(statistic):
    return Fact(statistic.number, statistic.scope, statistic.period, statistic.value, statistic.qualifier)


def target_period(statistic):
    _, start, end = statistic.target
    return (start or FIRST_DAY, end or LAST_DAY) if start or end else statistic.period


def target_fact(statistic):
    return Fact(statistic.number, statistic.scope, target_period(statistic), statistic.target[0])


def value_order(fact):
    return (fact.value, {"less_than": -1, "more_than": 1}.get(fact.qualifier, 0))


def most(facts):
    return max(facts, key=lambda fact: (*value_order(fact), -fact.number), default=None)


def days(period):
    return (period[1] - period[0]).days if is_known(period) else float("inf")


def latest(facts):
    return max(facts, key=lambda fact: (last_known_day(fact.period), days(fact.period), fact.number), default=None)


def by_scope(facts, alone):
    """The facts of each scope. A statistic without an indicator may be a scope of its own."""
    scopes = {}
    for fact in facts:
        scopes.setdefault((fact.scope, fact.number if alone and fact.scope[0] is None else None), []).append(fact)
    return list(scopes.values())


def total_of(values, totals, rule):
    """The values whose sum is the total, and whether they are all; None without a total."""
    over_time, over_groups = rule
    scopes = by_scope(values, True)
    if not values or (len(scopes) > 1 and over_groups != "sum"):
        return None
    if over_time == "sum" or len({fact.period for fact in values}) == 1:
        return values, None if len({fact.period for fact in values}) == 1 else "sum"
    choose = {"latest": latest, "max": most}.get(over_time)
    return choose and (count_scopes([choose(facts) for facts in scopes], totals), over_time)


def aggregate(statistics, rule):
    """The figures of a group."""
    by_number = {statistic.number: statistic for statistic in statistics}
    facts = [value_fact(one) for one in statistics if one.value is not None]
    values, totals = count_once(facts, parts_of(rule), all_periods=rule[0] in ("latest", "max"))
    values.sort(key=lambda fact: fact.number)
    result = {"count": len(values), "excluded_count": len(statistics) - len(values)}
    least = min(values, key=lambda fact: (*value_order(fact), fact.number), default=None)
    figure = lambda fact: fact and [plain(fact.value), fact.qualifier]
    result.update(min=figure(least), max=figure(most(values)), latest=figure(latest(values)), sum=None, total=None)
    total, found = None, total_of(values, totals, rule)
    if found:
        total = (sum((fact.value for fact in found[0]), Decimal(0)), combine(fact.qualifier for fact in found[0]))
        result["total"] = [plain(total[0]), total[1], found[1]]
        result["sum"] = [plain(total[0]), total[1]] if found[1] in (None, "sum") else None
    plans = [by_number[fact.number] for fact in values]
    plans += [one for one in statistics if one.value is None and is_own_plan(one, values)]
    plans = sorted((one for one in plans if one.baseline or one.target), key=lambda one: one.number)
    baseline, target, not_reported = plan(plans, values, rule)
    result["baseline"] = baseline and [plain(baseline[0]), *baseline[1]]
    result["target"] = target and [plain(target[0]), target[1] and target[1].isoformat()]
    actual = (total[0] + not_reported, total[1]) if total else values and (latest(values).value, latest(values).qualifier)
    directions = {by_number[fact.number].ascending for fact in values} - {None}
    found = None
    if actual and target and len(directions) < 2:
        found = progress(*actual, baseline and baseline[0], target[0], next(iter(directions), None))
    result["progress"] = found and list(found)
    return result


def is_own_plan(statistic, values):
    """A plan for a part of what has been reported is not a plan of its own."""
    period = target_period(statistic) if statistic.target else statistic.period
    own = Fact(statistic.number, statistic.scope, period, Decimal(0))
    return not any(contains(value, own) and not contains(own, value) for value in values)


def without_repetitions(plans):
    """Without an indicator, a target that states its own period is repeated for each value."""
    kept, repeated = [], set()
    for plan in plans:
        key = (plan.scope, plan.target)
        if plan.indicator is None and (plan.target[1] or plan.target[2]):
            if key in repeated:
                continue
            repeated.add(key)
        kept.append(plan)
    return kept


def plan(plans, values, rule):
    """Baseline and target of a group."""
    over_time, over_groups = rule
    nothing = (None, None, Decimal(0))
    if not plans:
        return nothing
    has_one_scope = len({fact.scope for fact in values} | {plan.scope for plan in plans}) == 1
    has_one_period = len({fact.period for fact in values}) <= 1
    if not has_one_scope and over_groups != "sum":
        return nothing
    if over_time == "none" and not has_one_period:
        return nothing
    if over_time is None and not has_one_period and not has_one_scope:
        return nothing
    with_target = [plan for plan in plans if plan.target]
    if over_time == "sum":
        facts = [target_fact(plan) for plan in without_repetitions(with_target)]
        targets = count_once(facts, "planned")[0]
    else:
        if over_groups == "sum":
            with_target = without_repetitions(with_target)
        facts = [target_fact(plan) for plan in with_target]
        totals = count_once(facts, False)[1]
        choose = greatest_target if over_time == "max" else lambda some: target_of_latest(some, values)
        targets = count_scopes([choose(some) for some in by_scope(facts, over_groups == "sum")], totals)
    return sum_plans(plans, values, targets)


def greatest_target(facts):
    return max(facts, key=lambda fact: (fact.value, last_known_day(fact.period), days(fact.period), fact.number))


def target_of_latest(facts, values):
    """The target of the period of the latest value, or else the latest one."""
    value = latest([value for value in values if value.scope == facts[0].scope])
    if value:
        own = [fact for fact in facts if fact.number == value.number]
        near = [fact for fact in facts if periods_overlap(fact.period, value.period)]
        near.sort(key=lambda fact: (days(fact.period), -fact.number))
        if own or near:
            return (own or near)[0]
    return latest(facts)


def sum_plans(plans, values, targets):
    scopes = {fact.scope for fact in values}
    reported = lambda scope: any(scope == other or scopes_overlap(scope, other) for other in scopes)
    covered = lambda wanted, by: bool(by) and all(any(scope_contains(other, one) for other in by) for one in wanted)
    by_number = {plan.number: plan for plan in plans}
    target_scopes = {fact.scope for fact in targets}
    target = None
    if covered(scopes, target_scopes):
        ends = [by_number[fact.number].target[2] or by_number[fact.number].end for fact in targets]
        target = (sum((fact.value for fact in targets), Decimal(0)), max(filter(None, ends), default=None))
    earliest = {}
    for plan in (plan for plan in plans if plan.baseline):
        order = (plan.baseline[1], plan.period)
        if plan.scope not in earliest or order < earliest[plan.scope][0]:
            earliest[plan.scope] = (order, plan)
    facts = [
        Fact(plan.number, plan.scope, (FIRST_DAY, LAST_DAY), plan.baseline[0]) for _, plan in earliest.values()
    ]
    baselines = count_once(facts, True)[0]
    needed = scopes | {scope for scope in target_scopes if not reported(scope)}
    if not covered(needed, {fact.scope for fact in baselines}):
        return None, target, Decimal(0)
    years = [by_number[fact.number].baseline[1] for fact in baselines]
    not_reported = sum((fact.value for fact in baselines if not reported(fact.scope)), Decimal(0))
    total = sum((fact.value for fact in baselines), Decimal(0))
    return (total, (min(years), max(years))), target, not_reported


# Groups


def year(statistic):
    """The year in which a period of at most one year ends; its boundary may be the first of January."""
    start, end = statistic.start, statistic.end
    if not start or not end:
        return (start or end) and str((start or end).year)
    if (end.year, end.month, end.day) > (start.year + 1, start.month, start.day):
        return None
    if start < end and (end.month, end.day) == (1, 1):
        return str(end.year - 1)
    return str(end.year)


def key_of(statistic, name):
    if name == "country":
        return next(iter(statistic.countries)) if len(statistic.countries) == 1 else None
    if name == "year":
        return year(statistic)
    if name.startswith("dimension:"):
        values = {dimension.lower(): value for dimension, value in statistic.slices}
        return values.get(name.removeprefix("dimension:"))
    return getattr(statistic, name)


def summary(statistics, group_by, countries=None, separate=True):
    """The groups of a summary, or None if values cannot be added up."""
    groups = {}
    for statistic in statistics:
        key = [key_of(statistic, name) for name in group_by]
        folded = tuple(part and part.lower() for part in key)
        kind = (statistic.unit, statistic.measure, statistic.rule) if separate else None
        group = groups.setdefault((folded, kind), {"keys": key, "all": []})
        group["all"].append(statistic)
    result = []
    for group in groups.values():
        all_statistics = group["all"]
        chosen = all_statistics
        if countries and "country" not in group_by:
            chosen = [one for one in all_statistics if one.countries <= countries]
        # The rule of a group is what the rules of its values have in common.
        rules = [one.rule for one in (chosen or all_statistics)]
        rule = tuple(part[0] if len(set(part)) == 1 else None for part in zip(*rules))
        figures = aggregate(chosen, rule)
        if figures["total"] is None and figures["count"] > 1 and not separate:
            return None
        figures["excluded_count"] += len(all_statistics) - len(chosen)
        result.append({"keys": group["keys"], **figures})
    return result


def series(statistics, by, rule):
    lines = {}
    for statistic in statistics:
        if statistic.value is None and not statistic.baseline and not statistic.target:
            continue
        key = key_of(statistic, by) if by else None
        lines.setdefault(key and key.lower(), (key, []))[1].append(statistic)
    result = []
    for key, members in lines.values():
        points = {}
        for one in members:
            if one.value is not None:
                points.setdefault((last_known_day(one.period), one.period[0]), []).append(one)
        rendered = []
        for _, some in sorted(points.items(), key=lambda item: item[0]):
            figures = aggregate(some, rule)
            start, end = iso(some[0].start), iso(some[0].end)
            rendered.append([start, end, figures["total"] and figures["total"][:2], figures["count"], figures["excluded_count"]])
        values, plans = counted_in_points(members, points, rule)
        targets, used = series_targets(values, plans, rule)
        baselines = series_baselines(values, plans, used, rule)
        result.append({"key": key, "points": rendered, "targets": targets, "baselines": baselines})
    return result


def counted_in_points(members, points, rule):
    """The counted values of all points, and the statistics whose plans count."""
    values = []
    for some in points.values():
        facts = [value_fact(one) for one in some]
        values += count_once(facts, parts_of(rule), all_periods=rule[0] in ("latest", "max"))[0]
    counted = {fact.number for fact in values}
    plans = [one for one in members if one.number in counted or (one.value is None and is_own_plan(one, values))]
    return values, plans


def are_summed(values, plans, rule):
    return rule[1] == "sum" or len({fact.scope for fact in values} | {plan.scope for plan in plans}) <= 1


def covers(facts, scopes):
    return bool(facts) and all(any(scope_contains(fact.scope, scope) for fact in facts) for scope in scopes)


def combined(facts, scopes, rule):
    """Targets of one period, or baselines: their sum if they cover these scopes, or each different one."""
    if rule[1] != "sum":
        return sorted({fact.value for fact in facts})
    return [sum((fact.value for fact in facts), Decimal(0))] if covers(facts, scopes) else []


def series_targets(values, plans, rule):
    """The targets by period, and the facts that are counted."""
    result, used = [], []
    for period in {target_period(one) for one in plans if one.target}:
        of_period = [one for one in plans if one.target and target_period(one) == period]
        inside = [one for one in values if one.period == period or periods_overlap(one.period, period)]
        facts = [target_fact(one) for one in of_period]
        if are_summed(inside, of_period, rule):
            if rule[0] == "sum":
                facts = count_once(facts, "planned")[0]
            else:
                totals = count_once(facts, False)[1]
                choose = greatest_target if rule[0] == "max" else lambda some: target_of_latest(some, inside)
                facts = count_scopes([choose(some) for some in by_scope(facts, False)], totals)
        used += facts
        for value in combined(facts, {fact.scope for fact in inside}, rule):
            result.append([plain(value), *(None if day in (FIRST_DAY, LAST_DAY) else day.isoformat() for day in period)])
    return sorted(result, key=json.dumps), used


def series_baselines(values, plans, targets, rule):
    """The baseline of a year adds the newest ones of all scopes until then; of one year, that of the earliest period."""
    result = []
    scopes = {fact.scope for fact in values}
    reported = lambda scope: any(scope == other or scopes_overlap(scope, other) for other in scopes)
    needed = scopes | {fact.scope for fact in targets if not reported(fact.scope)}
    summed = are_summed(values, plans, rule)
    for year in sorted({one.baseline[1] for one in plans if one.baseline}):
        newest = {}
        for one in sorted(plans, key=lambda one: (one.period, one.number), reverse=True):
            if one.baseline and (one.baseline[1] == year or (summed and one.baseline[1] < year)):
                key = one.scope if summed else one.number
                if key not in newest or newest[key].baseline[1] <= one.baseline[1]:
                    newest[key] = one
        facts = [Fact(one.number, one.scope, (FIRST_DAY, LAST_DAY), one.baseline[0]) for one in newest.values()]
        if summed:
            facts = count_once(facts, True)[0]
        result += [[year, plain(value)] for value in combined(facts, needed, rule)]
    return sorted(result)


def iso(day):
    return day and day.isoformat()


# Random catalogues

PERIODS = [
    ("2022-01-01", "2022-12-31"),
    ("2023-01-01", "2023-12-31"),
    ("2024-01-01", "2024-12-31"),
    ("2024-01-01", "2024-03-31"),
    ("2024-04-01", "2024-06-30"),
    ("2023-07-01", "2024-06-30"),
    ("2022-01-01", "2023-01-01"),
    ("2023-01-01", "2024-01-01"),
    ("2022-01-01", "2024-12-31"),
    ("2024-03-08", "2024-03-08"),
    ("2024-01-01", None),
    (None, "2024-12-31"),
    (None, None),
]
COUNTRIES = [[], ["AL"], ["AL"], ["RS"], ["RS"], ["MK"], ["AL", "RS"], ["AL", "MK", "RS"]]
SLICES = [
    [],
    [],
    [],
    [("sex", "female")],
    [("sex", "male")],
    [("sex", "Female")],
    [("age", "young")],
    [("age", "old")],
    [("age", "young"), ("sex", "female")],
    [("location", "Niš")],
    [("location", "Novi Sad")],
]
QUALIFIERS = ["exact"] * 6 + ["more_than", "less_than", "about"]


# Aggregation over time and over groups. Half of all are sums, as most indicators count something.
RULES = [("sum", "sum")] * 6 + [("latest", "none"), ("latest", "sum")] * 2 + [
    ("max", "none"),
    ("max", "sum"),
    ("none", "none"),
    ("none", "sum"),
    ("sum", "none"),
    (None, None),
    (None, "sum"),
    ("latest", None),
]


def in_api(fields):
    """The fields that an indicator and its statistics share, as the API names them."""
    names = {"over_time": "time_aggregation", "over_groups": "group_aggregation"}
    return {names.get(name, name): value for name, value in fields.items()}


class Generator:
    def __init__(self, seed):
        self.random = random.Random(seed)
        self.number = 0

    def value(self, measure):
        if measure == "percentage":
            return Decimal(self.random.randint(0, 1000)) / 10
        form = self.random.random()
        if form < 0.6:
            return Decimal(self.random.randint(0, 60))
        if form < 0.9:
            return Decimal(self.random.randint(0, 6000)) / self.random.choice([10, 100])
        if form < 0.95:
            return Decimal(self.random.randint(0, 10**30)) / 10**7
        return Decimal(-self.random.randint(1, 20))

    def catalogue(self, number):
        """A catalogue of up to nine statistics, and the lines that import it."""
        choose = self.random.choice
        unit = f"u{number}"
        measure = choose(["unit"] * 6 + ["percentage"])
        rules = RULES if measure == "unit" else [rule for rule in RULES if "sum" not in rule]
        rule = choose(rules)
        names = [f"i{number}-{letter}" for letter in "ab"[: choose([1, 1, 1, 2])]]
        indicators = {
            name: {"over_time": rule[0], "over_groups": rule[1], "ascending": choose([True, True, False, None])}
            for name in names
        }
        lines = [
            {"resource": "indicator", "slug": name, "label": name, "unit": unit, "measure": measure, **in_api(fields)}
            for name, fields in indicators.items()
        ]
        # Few different scopes, so that statistics overlap.
        countries = [choose(COUNTRIES) for _ in range(3)]
        slices = [choose(SLICES) for _ in range(2)] + [[]]
        periods = [choose(PERIODS) for _ in range(3)]
        programmes = choose([[None], ["p1"], ["p1", "p2"], [None, "p1"]])
        partners = choose([[None], [None], [None, "q1"], ["q1", "q2"]])
        statistics = []
        for _ in range(self.random.randint(1, 9)):
            indicator = choose([*names, *names, *names, None])
            own_rule = choose([rule, rule, rule, (None, None), choose(rules)])
            own_fields = {"over_time": own_rule[0], "over_groups": own_rule[1], "ascending": None}
            shared = indicators.get(indicator, own_fields)
            start, end = choose(periods)
            own = choose([(None, None)] * 3 + PERIODS[:3] + PERIODS[8:9])
            target = choose([True, False]) and (self.value(measure), own[0], own[1])
            baseline = choose([True, False, False]) and (self.value(measure), choose([2018, 2019, 2021]))
            self.number += 1
            fields = {
                "slug": f"s{self.number}",
                "indicator": indicator,
                "programme": choose(programmes),
                "partner": choose(partners),
                "countries": choose(countries),
                "slices": choose(slices),
                "value": None if self.random.random() < 0.2 else self.value(measure),
                "qualifier": choose(QUALIFIERS),
            }
            statistics.append(
                Statistic(
                    number=self.number,
                    unit=unit,
                    measure=measure,
                    start=start and date.fromisoformat(start),
                    end=end and date.fromisoformat(end),
                    target=target
                    and (target[0], *(day and date.fromisoformat(day) for day in target[1:])) or None,
                    baseline=baseline or None,
                    **{**fields, "countries": frozenset(fields["countries"]), "slices": tuple(fields["slices"])},
                    **shared,
                )
            )
            line = {name: fields[name] for name in ("slug", "indicator", "programme", "partner", "countries")}
            line |= {
                "resource": "impact_statistic",
                "label": fields["slug"],
                "qualifier": fields["qualifier"],
                "value": fields["value"] and plain(fields["value"]) or ("0" if fields["value"] == 0 else None),
                "period_start": start,
                "period_end": end,
                "disaggregation": [{"dimension": name, "value": value} for name, value in fields["slices"]],
                "baseline": baseline and {"value": plain(baseline[0]), "year": baseline[1]} or None,
                "target": target
                and {"value": plain(target[0]), "period_start": target[1], "period_end": target[2]}
                or None,
            }
            if indicator is None:
                line |= {"unit": unit, "measure": measure, **in_api(shared)}
            lines.append(line)
        return statistics, lines, [(name, indicators[name], measure) for name in names]


GROUPINGS = [
    ["unit"],
    ["unit", "country"],
    ["unit", "year"],
    ["unit", "indicator"],
    ["unit", "dimension:sex"],
    ["unit", "dimension:location"],
    ["unit", "programme", "country"],
    ["unit", "partner", "year"],
]
COUNTRY_FILTERS = [["AL"], ["RS", "AL"]]


def main(count, seed):
    generator = Generator(seed)
    items = [{"resource": "programme", "slug": slug, "title": slug} for slug in ("p1", "p2")]
    items += [{"resource": "partner", "slug": slug, "name": slug} for slug in ("q1", "q2")]
    catalogues = [generator.catalogue(number) for number in range(count)]
    items += [line for _, lines, _ in catalogues for line in lines]
    requests = []
    base = "/v1/impact-statistics/summary?statistics_limit=0"
    for first in range(0, count, BATCH):
        batch = catalogues[first : first + BATCH]
        members = [one for statistics, *_ in batch for one in statistics]
        units = ",".join(f"u{number}" for number in range(first, first + len(batch)))
        for names in GROUPINGS:
            path = f"{base}&separate=true&unit={units}&group_by={','.join(names)}"
            requests.append({"path": path, "groups": summary(members, names)})
        for countries in COUNTRY_FILTERS:
            chosen = [one for one in members if one.countries & set(countries)]
            path = f"{base}&separate=true&unit={units}&group_by=unit&country={','.join(countries)}"
            requests.append({"path": path, "groups": summary(chosen, ["unit"], frozenset(countries))})
        after = date(2023, 1, 1)
        chosen = [one for one in members if one.start and one.start >= after]
        path = f"{base}&separate=true&unit={units}&group_by=unit&period_after={after}"
        requests.append({"path": path, "groups": summary(chosen, ["unit"])})
    # What cannot be added up is refused.
    for number, (statistics, _, indicators) in enumerate(catalogues[: count // 16]):
        for names in ([], ["year"]):
            path = f"{base}&unit=u{number}" + (f"&group_by={','.join(names)}" if names else "")
            requests.append({"path": path, "groups": summary(statistics, names, separate=False)})
        for name, fields, measure in indicators:
            members = [one for one in statistics if one.indicator == name]
            rule = (fields["over_time"], fields["over_groups"])
            for by in (None, "country"):
                path = f"/v1/indicators/{name}/series?statistics_limit=0" + (f"&by={by}" if by else "")
                requests.append({"path": path, "lines": series(members, by, rule)})
    json.dump({"items": [{"status": "published", **item} for item in items], "requests": requests}, sys.stdout)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
