//! Report of an import, for the operator or as JSON.

use std::collections::BTreeMap;
use std::io::Write;

use serde_json::json;

use crate::commands::error::CommandError;
use crate::commands::import::apply::{ImportOptions, ImportOutcome};
use crate::commands::import::iati::FileRest;
use crate::commands::output::print_status;
use crate::http::problem::Problem;

/// Prints the report on standard error.
pub fn print(outcome: &ImportOutcome, rest: &FileRest, options: ImportOptions) {
    for fault in &outcome.omitted {
        print_status(&format!(
            "omitted: line {}: {}: {}",
            fault.line, fault.element, fault.message
        ));
    }
    let omitted = omitted_counts(outcome);
    if !omitted.is_empty() {
        print_status(&format!("Omitted invalid parts: {}.", list(&omitted)));
    }
    if !rest.skipped.is_empty() {
        print_status(&format!("Not stored: {}.", list(&rest.skipped)));
    }
    for (identifier, names) in &rest.shared_identifiers {
        let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
        print_status(&format!(
            "The identifier {identifier} has several names, each of which is a partner: {}.",
            names.join(", ")
        ));
    }
    let report = outcome.report;
    let (stored, unchanged) = (report.stored, report.unchanged);
    print_status(&if options.dry_run {
        let created = report.created;
        let changed = stored.saturating_sub(created);
        format!(
            "Dry run: {created} items would be created, {changed} changed, {unchanged} unchanged; nothing was stored."
        )
    } else {
        format!("{stored} items stored, {unchanged} unchanged.")
    });
}

/// Prints the report on standard output.
pub fn print_json(
    outcome: &ImportOutcome,
    rest: &FileRest,
    options: ImportOptions,
) -> Result<(), CommandError> {
    let omitted: Vec<_> = outcome
        .omitted
        .iter()
        .map(|fault| json!({"line": fault.line, "element": fault.element, "detail": fault.message}))
        .collect();
    let report = outcome.report;
    let report = json!({
        "created": report.created,
        "changed": report.stored.saturating_sub(report.created),
        "unchanged": report.unchanged,
        "dry_run": options.dry_run,
        "omitted": omitted,
        "omitted_counts": omitted_counts(outcome),
        "not_stored": rest.skipped,
        "shared_identifiers": rest.shared_identifiers,
    });
    let text = serde_json::to_string(&report).map_err(Problem::internal)?;
    writeln!(std::io::stdout(), "{text}")?;
    Ok(())
}

/// Numbers of omitted parts by kind.
fn omitted_counts(outcome: &ImportOutcome) -> BTreeMap<String, usize> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for fault in &outcome.omitted {
        let count = counts.entry(fault.element.clone()).or_default();
        *count = count.saturating_add(1);
    }
    if outcome.omitted_dependents > 0 {
        counts.insert("items of omitted items".to_owned(), outcome.omitted_dependents);
    }
    counts
}

fn list(counts: &BTreeMap<String, usize>) -> String {
    let counts: Vec<String> =
        counts.iter().map(|(name, count)| format!("{name} {count}")).collect();
    counts.join(", ")
}
