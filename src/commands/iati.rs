//! `kinoteka iati`: work with the IATI files of an organisation.

use std::fs::{Metadata, Permissions};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use crate::commands::error::CommandError;
use crate::commands::output::print_status;
use crate::config::Settings;
use crate::iati::merge::{
    DifferingValue, MergeOutcome, MergeSources, MergedCounts, OwnFile, load_sources,
};
use crate::server;

/// Maximum number of identifiers that a message lists.
const MAX_LISTED: usize = 20;

/// Subcommands of `iati`.
#[derive(clap::Subcommand)]
pub enum Action {
    /// Put results, evidence and translations of published programmes into the activities with the
    /// same identifier of an IATI 2.03 file; everything else stays as it is
    Merge(MergeArgs),
}

/// Flags of `iati merge`.
#[derive(clap::Args)]
pub struct MergeArgs {
    /// The organisation's own file of activities, or `-` for standard input
    file: PathBuf,
    /// The file to write, which may be the same [default: standard output]
    #[arg(long, short)]
    output: Option<PathBuf>,
}

/// Runs a subcommand.
pub fn run(settings: &Settings, action: &Action) -> Result<(), CommandError> {
    match action {
        Action::Merge(args) => merge(settings, args),
    }
}

fn merge(settings: &Settings, args: &MergeArgs) -> Result<(), CommandError> {
    if settings.base_url.is_none() {
        return Err(CommandError::usage(
            "KINOTEKA_BASE_URL is required: links to videos in the file start with it",
        ));
    }
    let bytes = read(&args.file).map_err(|error| {
        CommandError::usage(format!("cannot read {}: {error}", args.file.display()))
    })?;
    let own = OwnFile::parse(&bytes).map_err(CommandError::usage)?;
    let store = server::database_from_settings(settings)?;
    server::ensure_schema(&store, settings.auto_migrate)?;
    let mut connection = store.connect()?;
    let MergeSources { activities, issues, absent } = connection
        .with_snapshot(|connection| load_sources(connection, settings, &own.identifiers))?;
    // What an earlier merge inserted is removed also if nothing takes its place.
    if activities.is_empty() && !own.was_merged {
        return Err(CommandError {
            messages: vec![format!(
                "no published programme has the `iati_identifier` of one of the {} activities; nothing was written",
                own.identifiers.len()
            )],
            exit_code: 1,
        });
    }
    let outcome = own.merge(activities).map_err(CommandError::usage)?;
    write(args.output.as_deref(), outcome.text.as_bytes())?;
    print_report(&outcome, &absent);
    for issue in issues {
        print_status(&format!("left out: {}: {}", issue.pointer(), issue.detail));
    }
    Ok(())
}

fn read(file: &Path) -> std::io::Result<Vec<u8>> {
    if file == Path::new("-") {
        let mut bytes = Vec::new();
        std::io::stdin().read_to_end(&mut bytes)?;
        return Ok(bytes);
    }
    std::fs::read(file)
}

/// Writes the file; an existing one is replaced only by a complete one.
fn write(output: Option<&Path>, bytes: &[u8]) -> Result<(), CommandError> {
    let Some(output) = output else {
        let mut out = std::io::stdout().lock();
        out.write_all(bytes)?;
        out.flush()?;
        return Ok(());
    };
    let target = link_target(output);
    let existing = std::fs::metadata(&target).ok();
    let mut name = target.file_name().unwrap_or_default().to_owned();
    name.push(".part");
    let part = target.with_file_name(name);
    let written = if existing.as_ref().is_some_and(|existing| !existing.is_file()) {
        // A device or a pipe cannot be replaced.
        std::fs::write(&target, bytes)
    } else {
        std::fs::File::create(&part)
            .and_then(|mut file| {
                file.write_all(bytes)?;
                file.set_permissions(output_permissions(&file, existing.as_ref())?)?;
                file.sync_all()
            })
            .and_then(|()| std::fs::rename(&part, &target))
    };
    written.map_err(|error| {
        drop(std::fs::remove_file(&part));
        CommandError {
            messages: vec![format!("cannot write {}: {error}", output.display())],
            exit_code: 1,
        }
    })
}

/// The file that a symbolic link refers to, so that the link stays.
fn link_target(output: &Path) -> PathBuf {
    std::fs::canonicalize(output).unwrap_or_else(|_| {
        // The link may refer to a file that does not exist yet.
        std::fs::read_link(output).map_or_else(
            |_| output.to_owned(),
            |target| output.parent().unwrap_or_else(|| Path::new("")).join(target),
        )
    })
}

/// Permissions of the existing file. A new one can be read by all, since it is published.
fn output_permissions(
    file: &std::fs::File,
    existing: Option<&Metadata>,
) -> std::io::Result<Permissions> {
    if let Some(existing) = existing {
        return Ok(existing.permissions());
    }
    #[cfg_attr(not(unix), allow(unused_mut))]
    let mut permissions = file.metadata()?.permissions();
    #[cfg(unix)]
    std::os::unix::fs::PermissionsExt::set_mode(&mut permissions, 0o644);
    Ok(permissions)
}

fn print_report(outcome: &MergeOutcome, absent: &[String]) {
    let is_unchanged = |counts: &MergedCounts| *counts == MergedCounts::default();
    for (identifier, counts) in outcome.merged.iter().filter(|(_, counts)| !is_unchanged(counts)) {
        print_status(&format!(
            "{identifier}: {} indicators, {} baselines, {} document links, {} narratives.",
            counts.indicators, counts.baselines, counts.documents, counts.narratives
        ));
    }
    for (identifier, value) in &outcome.differing {
        let DifferingValue { name, indicator, period: (start, end), own, catalogue } = value;
        print_status(&format!(
            "differs: {identifier}: {indicator}, {name} of {start} to {end}: {own} in the file, which stays, and {catalogue} in the catalogue."
        ));
    }
    let total = outcome.merged.len().saturating_add(outcome.unmatched.len());
    let unchanged = outcome.merged.iter().filter(|(_, counts)| is_unchanged(counts)).count();
    print_status(&format!(
        "{} of {total} activities merged; {unchanged} of them had everything already.",
        outcome.merged.len()
    ));
    print_list("Activities without a published programme", &outcome.unmatched);
    print_list("Published programmes without an activity", absent);
    print_list(
        "Translations were not added, since the texts of the activity have no language",
        &outcome.without_language,
    );
}

fn print_list(heading: &str, identifiers: &[String]) {
    if identifiers.is_empty() {
        return;
    }
    let listed: Vec<&str> = identifiers.iter().take(MAX_LISTED).map(String::as_str).collect();
    let others = match identifiers.len().saturating_sub(MAX_LISTED) {
        0 => String::new(),
        others => format!(" and {others} others"),
    };
    print_status(&format!("{heading}: {}{others}.", listed.join(", ")));
}
