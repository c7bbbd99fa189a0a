//! The full-text index: the sources of its entries, and how entries are written and compared.

use std::collections::{BTreeSet, HashMap};

use diesel::prelude::*;
use diesel::sql_types::BigInt;

use crate::db::schema::items;
use crate::db::search::{
    IndexDocument, IndexEntries, IndexMismatch, IndexSnapshot, IndexUpdate, IndexedItem, index_item,
};
use crate::db::sql_fragment::{Bind, Fragment, Statement, id_in_fragment, integer_in_fragment};
use crate::db::{Connection, Error, Id, RowId, Time};
use crate::resource::model::item::{ItemRow, Reference, TranslationRow, TranslationsByItem};
use crate::resource::model::resource::ResourceModel;
use crate::resource::model::text_track::{TrackKind, TrackSummary};
use crate::resource::schema::ResourceKind;
use crate::resource::store::items::{load_items, referencing_items};
use crate::resource::store::texts::load_item_texts;
use crate::resource::store::tracks::{self, TrackText};
use crate::text::language::Language;
use crate::text::stem::StemmerLanguage;

/// Rewrites the full-text entries of an item. If items of its kind make others searchable by their
/// names, also rewrites the entries of the referencing items.
pub fn reindex_item<S: ResourceModel>(
    connection: &mut Connection,
    item: &ItemRow,
) -> Result<(), Error> {
    reindex_items(connection, &[item.number])?;
    if S::SCHEMA.kind.is_found_by_name() {
        reindex_referencing(connection, item.id)
    } else {
        Ok(())
    }
}

/// Rewrites the full-text entries of the items that refer to an item and are searchable by its
/// name.
pub fn reindex_referencing(connection: &mut Connection, id: Id) -> Result<(), Error> {
    let found: Vec<RowId> =
        Statement::<BigInt>::select("items.number", "items", &referencing_items(id))
            .load_rows(connection)?;
    for chunk in found.chunks(500) {
        reindex_items(connection, chunk)?;
    }
    Ok(())
}

/// Titles of referenced items, by which an item is searchable too.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ReferencedNames {
    /// Published titles of public items.
    pub public: Vec<(Language, String)>,
    /// All titles.
    pub all: Vec<(Language, String)>,
}

/// Rewrites the full-text entries of these items.
pub fn reindex_items(connection: &mut Connection, numbers: &[RowId]) -> Result<(), Error> {
    let rows =
        load_items(connection, &integer_in_fragment("items.number", numbers.iter().copied()))?;
    let sources = IndexSources::load(connection, &rows)?;
    for item in &rows {
        write_index_entries(connection, sources.source_for(item)?, Some(item.sort_date()))?;
    }
    Ok(())
}

/// The data from which the full-text entries of some items are built.
pub struct IndexSources {
    references: HashMap<RowId, Vec<Reference>>,
    /// Referenced items: row id, and whether the public sees the name of the item.
    targets: HashMap<Id, (RowId, bool)>,
    texts: TranslationsByItem,
    track_texts: HashMap<RowId, Vec<TrackText>>,
}

impl IndexSources {
    /// Loads the data for these items.
    pub fn load(connection: &mut Connection, rows: &[ItemRow]) -> Result<Self, Error> {
        let links: HashMap<RowId, Vec<Reference>> =
            rows.iter().map(|item| (item.number, searched_references(item))).collect();
        let targets: BTreeSet<Id> =
            links.values().flatten().map(|reference| reference.target_id).collect();
        let condition = id_in_fragment("items.id", &targets).sql(" AND items.deleted_at IS NULL");
        let targets = load_items(connection, &condition)?;
        let texts = load_item_texts(
            connection,
            rows.iter().chain(&targets).map(|item| (item.number, item.languages.as_str())),
        )?;
        let spoken = tracks::load_track_texts(connection, &rows.iter().collect::<Vec<_>>())?;
        let targets = targets
            .into_iter()
            .map(|item| (item.id, (item.number, item.is_publicly_named())))
            .collect();
        Ok(Self { references: links, targets, texts, track_texts: spoken })
    }

    /// Returns the data for one of the items.
    fn source_for(&self, item: &ItemRow) -> Result<IndexSource, Error> {
        let texts = self.texts.get(&item.number).cloned().unwrap_or_default();
        let track_texts = self.track_texts.get(&item.number).cloned().unwrap_or_default();
        IndexSource::new(item, texts, track_texts, self.referenced_names(item))
    }

    fn referenced_names(&self, item: &ItemRow) -> ReferencedNames {
        let mut names = ReferencedNames::default();
        for reference in self.references.get(&item.number).into_iter().flatten() {
            let Some((target, is_named)) = self.targets.get(&reference.target_id) else {
                continue;
            };
            for text in self.texts.get(target).into_iter().flatten() {
                let title = (Language::from_canonical(&text.language), text.title.clone());
                if *is_named && text.status == "published" {
                    names.public.push(title.clone());
                }
                names.all.push(title);
            }
        }
        names
    }
}

/// Returns the references of an item through which it is found by the name of the referenced item.
fn searched_references(item: &ItemRow) -> Vec<Reference> {
    let mut references = item.references();
    if let Some(kind) = ResourceKind::parse(&item.kind) {
        references.retain(|reference| kind.is_searched_reference(&reference.field));
    }
    references
}

/// Returns the items whose full-text entries differ from the expected ones.
pub fn index_mismatches(
    connection: &mut Connection,
    rows: &[ItemRow],
    contents: &IndexSnapshot,
) -> Result<HashMap<RowId, IndexMismatch>, Error> {
    let sources = IndexSources::load(connection, rows)?;
    contents.find_mismatches(
        connection,
        &item_dates(rows),
        rows.iter().map(|item| sources.source_for(item)?.index_entries()),
    )
}

fn item_dates(rows: &[ItemRow]) -> Vec<(RowId, Time)> {
    rows.iter().map(|item| (item.number, item.sort_date())).collect()
}

/// Returns the number of items to index: all except purged ones.
pub fn count_indexable_items(connection: &mut Connection) -> Result<usize, Error> {
    let count: i64 =
        items::table.filter(items::purged_at.is_null()).count().get_result(connection)?;
    Ok(usize::try_from(count).unwrap_or_default())
}

/// Result of [`reindex_batch`].
pub struct ReindexReport {
    /// Number of items written.
    pub item_count: usize,
    /// Number of items whose entries differed from the expected ones.
    pub stale_count: usize,
    /// Row id of the last item of the batch; `None` if there were no more items.
    pub last_row_id: Option<RowId>,
}

/// Rewrites the full-text entries of at most `limit` items after the row id `after`. `contents` is
/// the state of the whole index, with which the new entries are compared; without it, all count as
/// out of date.
pub fn reindex_batch(
    connection: &mut Connection,
    after: Option<RowId>,
    limit: usize,
    contents: Option<&IndexSnapshot>,
) -> Result<ReindexReport, Error> {
    let condition = Fragment::new("items.purged_at IS NULL AND items.number > ")
        .bind(Bind::Integer(after.unwrap_or(0)))
        .sql(" ORDER BY items.number LIMIT ")
        .bind(Bind::Integer(i64::try_from(limit).unwrap_or(i64::MAX)));
    let rows = load_items(connection, &condition)?;
    let sources = IndexSources::load(connection, &rows)?;
    let made: Vec<(usize, IndexEntries)> = rows
        .iter()
        .map(|item| {
            let source = sources.source_for(item)?;
            Ok((source.text_len(), source.index_entries()?))
        })
        .collect::<Result<_, Error>>()?;
    let stale = match contents {
        Some(contents) => {
            let made = made.iter().map(|(_, entries)| Ok(entries));
            contents.find_mismatches(connection, &item_dates(&rows), made)?.len()
        }
        None => rows.len(),
    };
    for (item, (bytes, entries)) in rows.iter().zip(made) {
        let index_update =
            IndexUpdate { item: item.number, date_before: Some(item.sort_date()), bytes };
        index_item(connection, index_update, move || Ok(entries))?;
    }
    Ok(ReindexReport {
        item_count: rows.len(),
        stale_count: stale,
        last_row_id: rows.last().map(|item| item.number),
    })
}

/// Writes the full-text entries of one item and deletes those stored under `date_before`; `None` if
/// the item has no entries yet.
pub fn write_index_entries(
    connection: &mut Connection,
    source: IndexSource,
    date_before: Option<Time>,
) -> Result<(), Error> {
    let index_update =
        IndexUpdate { item: source.entry_key.row_id, date_before, bytes: source.text_len() };
    index_item(connection, index_update, move || source.index_entries())
}

/// The data from which the full-text entries of one item are built.
pub struct IndexSource {
    entry_key: IndexedItem,
    is_public: bool,
    is_deleted: bool,
    texts: Vec<TranslationRow>,
    track_texts: Vec<TrackText>,
    /// The tracks that the public may see.
    public_tracks: Vec<TrackSummary>,
    referenced_names: ReferencedNames,
}

impl IndexSource {
    /// Creates the source of an item from its texts, its track texts and the names of referenced
    /// items.
    pub fn new(
        item: &ItemRow,
        texts: Vec<TranslationRow>,
        track_texts: Vec<TrackText>,
        referenced_names: ReferencedNames,
    ) -> Result<Self, Error> {
        let Some(kind) = ResourceKind::parse(&item.kind) else {
            return Err(Error::Internal(format!("item {} has an unknown kind", item.id)));
        };
        let entry = IndexedItem {
            row_id: item.number,
            kind_letter: kind.index_prefix(),
            date: item.sort_date(),
        };
        Ok(Self {
            entry_key: entry,
            is_public: item.is_public,
            is_deleted: item.deleted_at.is_some(),
            texts,
            track_texts,
            public_tracks: item.public_track_summaries(),
            referenced_names,
        })
    }

    /// Returns the approximate length of the indexed texts in bytes.
    fn text_len(&self) -> usize {
        let texts = self.texts.iter().flat_map(|text| {
            let optional = [&text.summary, &text.description, &text.content_note];
            optional.into_iter().flatten().chain([&text.title])
        });
        let spoken = self.track_texts.iter().map(|track| &track.text);
        texts
            .chain(spoken)
            .chain(self.referenced_names.all.iter().map(|(_, name)| name))
            .map(String::len)
            .sum()
    }

    /// Builds the entries: one document for public searches and one for searches with an API key.
    fn index_entries(&self) -> Result<IndexEntries, Error> {
        let published: Vec<&TranslationRow> =
            self.texts.iter().filter(|text| text.status == "published").collect();
        // If there are no unpublished texts or names, both documents are the same and built once.
        let is_public_track = |track: &&TrackText| {
            let is_same = |summary: &TrackSummary| {
                summary.kind == track.kind && summary.language == track.language.as_str()
            };
            self.public_tracks.iter().any(is_same)
        };
        let public_tracks: Vec<&TrackText> =
            self.track_texts.iter().filter(is_public_track).collect();
        let alike = published.len() == self.texts.len()
            && public_tracks.len() == self.track_texts.len()
            && self.referenced_names.public == self.referenced_names.all;
        let editors = (!self.is_deleted).then(|| {
            let names = &self.referenced_names.all;
            index_document(self.texts.iter(), self.track_texts.iter(), names)
        });
        let public = (self.is_public && !alike).then(|| {
            let names = &self.referenced_names.public;
            index_document(published.into_iter(), public_tracks.into_iter(), names)
        });
        let public = if self.is_public && alike { editors.as_ref() } else { public.as_ref() };
        IndexEntries::new(self.entry_key, public, editors.as_ref())
    }
}

/// Builds a document from the texts and tracks of an item and the names of referenced items.
fn index_document<'a>(
    texts: impl Iterator<Item = &'a TranslationRow>,
    track_texts: impl Iterator<Item = &'a TrackText>,
    referenced_names: &[(Language, String)],
) -> IndexDocument {
    let mut document = IndexDocument::default();
    for text in texts {
        let stemmer = StemmerLanguage::from_language(&Language::from_canonical(&text.language));
        document.title.add_text(&text.title, stemmer);
        if let Some(summary) = &text.summary {
            document.summary.add_text(summary, stemmer);
        }
        for description in text.description.iter().chain(&text.content_note) {
            document.description.add_text(description, stemmer);
        }
    }
    for (language, name) in referenced_names {
        document.names.add_text(name, StemmerLanguage::from_language(language));
    }
    for track in track_texts {
        let field = if track.kind == TrackKind::Chapters {
            &mut document.description
        } else {
            &mut document.transcript
        };
        field.add_text(&track.text, StemmerLanguage::from_language(&track.language));
    }
    document
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use crate::db::search::TEXT_BOUNDARY_TOKEN;
    use crate::resource::schema::ResourceKind;

    #[test]
    fn text_boundary_sorts_after_kind_prefixes() {
        let letters: BTreeSet<String> =
            ResourceKind::all().iter().map(|kind| kind.index_prefix().to_string()).collect();
        assert_eq!(letters.len(), ResourceKind::all().len());
        assert!(letters.iter().all(|letter| letter.as_str() < TEXT_BOUNDARY_TOKEN));
    }
}
