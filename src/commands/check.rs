//! `kinoteka check`.

use std::io::Write;
use std::path::Path;

use crate::commands::error::CommandError;
use crate::commands::output::print_status;
use crate::config::Settings;
use crate::db::connection::Target;
use crate::db::migrations::{self, MigrationStatus};
use crate::db::search::analysis_version::{AnalysisStatus, analysis_status};
use crate::db::search::{self, IndexSnapshot};
use crate::db::{Connection, Database, Time, maintenance};
use crate::http::problem::Problem;
use crate::iati::export::issues::ReadinessIssue;
use crate::registry::{ResourceEntry, resources};
use crate::resource::index::verify::{Finding, REINDEX_REMEDY};
use crate::resource::model::revisions::{Audience, bump_all, bump_derived};
use crate::text::name_suggestion::closest_name;
use crate::{iati, server};

/// Flags of `check`.
#[derive(clap::Args)]
pub struct Args {
    /// Rebuild derived data that is out of date; editorial content is not changed
    #[arg(long)]
    repair: bool,
    /// Also report what published programmes and statistics are missing for IATI
    #[arg(long)]
    iati: bool,
    /// Print each finding as a line of JSON
    #[arg(long)]
    json: bool,
}

/// Checks settings, database, indexes and references. The exit code is 0 if there are no problems
/// (or all were repaired), 1 if problems remain, 2 if the check could not run.
pub fn run(settings: &Settings, args: &Args, command: &clap::Command) -> Result<(), CommandError> {
    let mut report = Report { json: args.json, unresolved: 0, repaired: 0 };
    for finding in unknown_settings(command) {
        report.print_unresolved(&finding)?;
    }
    if settings.base_url.is_none() {
        print_status(&format!("warning: {}", server::NO_BASE_URL));
    }
    warn_of_readable_files(settings);
    let store = server::database_from_settings(settings)?;
    let mut connection = store
        .connect()
        .map_err(|error| CommandError::usage(format!("cannot open the database: {error}")))?;
    match migrations::status(&mut connection)
        .map_err(|error| CommandError::usage(format!("cannot read the database: {error}")))?
    {
        MigrationStatus::UpToDate | MigrationStatus::NewerCompatible(_) => {}
        MigrationStatus::Unusable(mismatch) => {
            return Err(CommandError::usage(mismatch.to_string()));
        }
        MigrationStatus::Pending(count) => {
            return Err(CommandError::usage(format!(
                "{count} migration(s) pending; run `kinoteka migrate` first"
            )));
        }
    }
    match analysis_status(&mut connection)? {
        AnalysisStatus::Current => {}
        status => return Err(CommandError::usage(status.to_string())),
    }
    for integrity_error in maintenance::integrity_errors(&mut connection)? {
        let remedy = "Stop the server and restore a backup.";
        report.print_unresolved(&Finding {
            code: "database_damaged",
            subject: "database".to_owned(),
            detail: integrity_error,
            remedy,
            derived: false,
        })?;
    }
    // Everything is compared in one snapshot; a repair reads the items again in its transaction.
    let items = connection.with_snapshot(|connection| {
        let contents = IndexSnapshot::load(connection)?;
        let check = Check { database: &store, contents, repair: args.repair };
        let mut items = 0_usize;
        for entry in resources() {
            items = items.saturating_add(check.check_kind(connection, entry, &mut report)?);
        }
        check.check_orphaned_entries(connection, &mut report)?;
        if args.iati {
            check_iati(connection, settings, &mut report)?;
        }
        Ok::<_, CommandError>(items)
    })?;
    if report.repaired > 0 {
        print_status(&format!("{items} items checked: {} repaired.", report.repaired));
    }
    if report.unresolved > 0 {
        return Err(CommandError {
            messages: vec![format!("{items} items checked: {} to repair.", report.unresolved)],
            exit_code: 1,
        });
    }
    if report.repaired == 0 {
        print_status(&format!("{items} items checked: no problems found."));
    }
    Ok(())
}

/// Prints a warning for each file of the database that other users can read.
fn warn_of_readable_files(settings: &Settings) {
    let target = Target::parse(&settings.database_url);
    for file in target.map(|target| target.files()).unwrap_or_default() {
        if is_readable_by_others(Path::new(&file)) {
            print_status(&format!(
                "warning: other users can read {file}, which contains drafts and digests of keys; run `chmod 600 {file}`"
            ));
        }
    }
}

#[cfg(unix)]
fn is_readable_by_others(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(file).is_ok_and(|metadata| metadata.permissions().mode() & 0o077 != 0)
}

#[cfg(not(unix))]
fn is_readable_by_others(_: &Path) -> bool {
    false
}

/// A check of the derived data.
struct Check<'a> {
    database: &'a Database,
    /// The full-text index.
    contents: IndexSnapshot,
    /// Whether findings are repaired.
    repair: bool,
}

impl Check<'_> {
    /// The outcome of a finding: derived data is repaired if requested.
    fn outcome(&self, finding: &Finding) -> Outcome {
        if self.repair && finding.derived { Outcome::Repaired } else { Outcome::Unresolved }
    }

    /// Checks the items of a kind, and repairs them if requested. Returns the number of items.
    fn check_kind(
        &self,
        connection: &mut Connection,
        entry: &ResourceEntry,
        report: &mut Report,
    ) -> Result<usize, CommandError> {
        let (mut items, mut after) = (0_usize, None);
        loop {
            let checked = (entry.verify)(connection, after, &self.contents)?;
            if self.repair && !checked.stale_row_ids.is_empty() {
                self.database.write_blocking(|connection| {
                    (entry.repair)(connection, &checked.stale_row_ids)?;
                    bump_derived(connection, Audience::Public, Time::now())
                })?;
            }
            items = items.saturating_add(checked.item_count);
            for finding in &checked.findings {
                report.print(finding, self.outcome(finding))?;
            }
            after = checked.last_row_id;
            if after.is_none() {
                return Ok(items);
            }
        }
    }

    /// Reports entries of the full-text index without an item, and deletes them if requested.
    fn check_orphaned_entries(
        &self,
        connection: &mut Connection,
        report: &mut Report,
    ) -> Result<(), CommandError> {
        let keys = search::orphaned_keys(connection)?;
        if keys.is_empty() {
            return Ok(());
        }
        if self.repair {
            self.database.write_blocking(|connection| {
                search::delete_orphans(connection, &keys)?;
                bump_all(connection, Time::now())
            })?;
        }
        let detail = format!("{} orphaned entries in the full-text index.", keys.len());
        let finding = Finding {
            code: "search_index_stale",
            subject: "database".to_owned(),
            detail,
            remedy: REINDEX_REMEDY,
            derived: true,
        };
        report.print(&finding, self.outcome(&finding))
    }
}

/// Reports missing data that IATI requires.
fn check_iati(
    connection: &mut Connection,
    settings: &Settings,
    report: &mut Report,
) -> Result<(), CommandError> {
    let found = iati::readiness::find_issues(connection, settings)?;
    for missing in found.issues {
        let remedy = if missing.kind.is_some() {
            "Until then, /iati/activities.xml leaves it out."
        } else {
            "Until then, nothing is reported."
        };
        report.print_unresolved(&to_finding(missing, remedy))?;
    }
    for note in found.notes {
        report.print_note(&to_finding(note, "No action is needed if that is intended."))?;
    }
    Ok(())
}

fn to_finding(issue: ReadinessIssue, remedy: &'static str) -> Finding {
    let subject = issue.pointer();
    Finding { code: issue.code, subject, detail: issue.detail, remedy, derived: false }
}

/// The outcome of a finding.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Outcome {
    Repaired,
    Unresolved,
    /// Not a problem.
    Noted,
}

struct Report {
    json: bool,
    unresolved: usize,
    repaired: usize,
}

impl Report {
    fn print_unresolved(&mut self, finding: &Finding) -> Result<(), CommandError> {
        self.print(finding, Outcome::Unresolved)
    }

    /// Prints a finding that does not affect the exit code.
    fn print_note(&mut self, finding: &Finding) -> Result<(), CommandError> {
        self.print(finding, Outcome::Noted)
    }

    fn print(&mut self, finding: &Finding, outcome: Outcome) -> Result<(), CommandError> {
        let repaired = outcome == Outcome::Repaired;
        let mut out = std::io::stdout().lock();
        if self.json {
            let mut line = serde_json::to_value(finding).map_err(Problem::internal)?;
            if let Some(object) = line.as_object_mut() {
                object.insert("repaired".to_owned(), repaired.into());
            }
            writeln!(out, "{line}")?;
        } else {
            let remedy = if repaired { "Repaired." } else { finding.remedy };
            writeln!(out, "{}: {}: {} {remedy}", finding.code, finding.subject, finding.detail)?;
        }
        match outcome {
            Outcome::Repaired => self.repaired = self.repaired.saturating_add(1),
            Outcome::Unresolved => self.unresolved = self.unresolved.saturating_add(1),
            Outcome::Noted => {}
        }
        Ok(())
    }
}

/// Reports environment variables with the prefix of settings that are not settings.
fn unknown_settings(command: &clap::Command) -> Vec<Finding> {
    let mut known: Vec<String> = Vec::new();
    for command in std::iter::once(command).chain(command.get_subcommands()) {
        known.extend(
            command
                .get_arguments()
                .filter_map(|argument| Some(argument.get_env()?.to_str()?.to_owned())),
        );
    }
    let names = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok());
    let unknown = names.filter(|name| {
        name.starts_with("KINOTEKA_")
            && !known.contains(name)
            && !name.starts_with("KINOTEKA_BENCH_")
    });
    unknown
        .map(|name| {
            let suggestion = closest_name(&name, known.iter().map(String::as_str));
            let detail = match suggestion {
                Some(suggestion) => {
                    format!("Unknown setting; did you mean `{suggestion}`?")
                }
                None => "Unknown setting.".to_owned(),
            };
            let remedy = "Correct or remove it; .env.example lists all settings.";
            Finding { code: "unknown_setting", subject: name, detail, remedy, derived: false }
        })
        .collect()
}
