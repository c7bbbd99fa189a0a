//! Merges results, evidence and translations of the catalogue into an organisation's own file of
//! activities.
//!
//! Everything else in the file stays byte for byte as it is. What is inserted is marked, so that the
//! next merge replaces it, and merging the same state twice gives the same file.

mod insertions;
mod own_file;
mod own_results;
mod sources;

use std::collections::{BTreeSet, HashMap, HashSet};

use insertions::Insertions;
use own_file::{Element, children, iati_children};
pub use own_results::DifferingValue;
use own_results::{Divided, OwnResults, SharedValue, country_of};
pub use sources::{MergeSources, load_sources};

use crate::iati::activity::{Activity, Baseline, Document, IatiResult, Narratives};
use crate::iati::xml_writer;

const XML_NAMESPACE: &str = "http://www.w3.org/XML/1998/namespace";

/// Prefix of references to inserted locations, which differ from those of the file.
const LOCATION_PREFIX: &str = "kinoteka-";

/// An organisation's own file, without what an earlier merge inserted.
#[derive(Debug)]
pub struct OwnFile {
    text: String,
    /// Whether its declared encoding is US-ASCII.
    is_ascii: bool,
    /// Whether an earlier merge had inserted something.
    pub was_merged: bool,
    /// Identifiers of its activities.
    pub identifiers: BTreeSet<String>,
}

/// What was inserted into an activity.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct MergedCounts {
    /// Indicators of results.
    pub indicators: usize,
    /// Baselines of indicators that the file had already.
    pub baselines: usize,
    /// Document links of the activity, and of values that the file had already.
    pub documents: usize,
    /// Narratives of titles and descriptions.
    pub narratives: usize,
}

/// The merged file and what was done.
#[derive(Debug, Default)]
pub struct MergeOutcome {
    /// The file.
    pub text: String,
    /// Identifiers of the activities that have a programme, and what they got.
    pub merged: Vec<(String, MergedCounts)>,
    /// Identifiers of the activities without a programme.
    pub unmatched: Vec<String>,
    /// Values that the file and the catalogue have differently, with the identifier of the activity.
    pub differing: Vec<(String, DifferingValue)>,
    /// Identifiers of activities whose texts have no language, so that translations were not added.
    pub without_language: Vec<String>,
}

impl OwnFile {
    /// Reads a file; the error is a message.
    pub fn parse(bytes: &[u8]) -> Result<Self, String> {
        let (text, is_ascii) = own_file::decode(bytes)?;
        let stripped = own_file::without_merged(text)?;
        let was_merged = stripped.is_some();
        let text = stripped.unwrap_or_else(|| text.to_owned());
        let document = own_file::parse(&text)?;
        let activities = children(document.root_element(), "iati-activity");
        let identifiers = activities.map(own_file::identifier).collect();
        Ok(Self { text, is_ascii, was_merged, identifiers })
    }

    /// Inserts what the programmes have into the activities with the same identifier.
    pub fn merge(&self, programmes: Vec<Activity>) -> Result<MergeOutcome, String> {
        let document = own_file::parse(&self.text)?;
        let mut programmes: HashMap<String, Activity> =
            programmes.into_iter().map(|one| (one.identifier.clone(), one)).collect();
        let mut insertions = Insertions::default();
        let mut outcome = MergeOutcome::default();
        for element in children(document.root_element(), "iati-activity") {
            let identifier = own_file::identifier(element);
            // A second activity with the same identifier gets nothing.
            let Some(programme) = programmes.remove(&identifier) else {
                outcome.unmatched.push(identifier);
                continue;
            };
            let mut activity = ActivityMerge {
                text: &self.text,
                element,
                insertions: &mut insertions,
                counts: MergedCounts::default(),
                differing: Vec::new(),
            };
            if !activity.merge(programme) {
                outcome.without_language.push(identifier.clone());
            }
            let differing = std::mem::take(&mut activity.differing);
            let differing = differing.into_iter().map(|value| (identifier.clone(), value));
            outcome.differing.extend(differing);
            outcome.merged.push((identifier, activity.counts));
        }
        outcome.text = insertions.apply(&self.text, self.is_ascii);
        Ok(outcome)
    }
}

/// The merge of a programme into an activity.
struct ActivityMerge<'a, 'i> {
    text: &'a str,
    element: Element<'a, 'i>,
    insertions: &'a mut Insertions,
    counts: MergedCounts,
    differing: Vec<DifferingValue>,
}

impl ActivityMerge<'_, '_> {
    /// Inserts what the file does not have. Returns whether translations could be added.
    fn merge(&mut self, mut programme: Activity) -> bool {
        let is_titled = self.add_narratives("title", &programme.title);
        let is_described = self.add_narratives("description", &programme.description);
        let mut results = std::mem::take(&mut programme.results);
        let Divided { shared, differing, mut baselines } =
            OwnResults::new(self.element).divide(&programme, &mut results);
        self.differing = differing;
        for value in shared {
            self.add_evidence(&value);
        }
        let slices = results
            .iter_mut()
            .flat_map(slices)
            .chain(baselines.iter_mut().map(|(_, one)| &mut one.slice.locations));
        self.add_locations(&programme, slices);
        for (indicator, baseline) in &baselines {
            self.add_baseline(*indicator, baseline);
        }
        self.add_documents(&programme.documents);
        self.counts.indicators = results.iter().map(|result| result.indicators.len()).sum();
        let results: Vec<String> = results.iter().map(xml_writer::merged_result).collect();
        self.insertions.add_to_activity(self.text, self.element, "result", &results);
        is_titled && is_described
    }

    /// Adds the languages that a text of the activity lacks. Returns whether its languages are
    /// known.
    fn add_narratives(&mut self, name: &'static str, narratives: &Narratives) -> bool {
        // Type 1: general description, the default.
        let element = children(self.element, name)
            .find(|one| one.attribute("type").is_none_or(|kind| kind == "1"));
        let own: Vec<Element<'_, '_>> =
            element.iter().flat_map(|element| children(*element, "narrative")).collect();
        let Some(last) = own.last() else { return true };
        let default = self.element.attribute((XML_NAMESPACE, "lang"));
        let languages: Option<Vec<&str>> =
            own.iter().map(|one| one.attribute((XML_NAMESPACE, "lang")).or(default)).collect();
        let Some(languages) = languages else { return narratives.is_empty() };
        let is_known = |language: &str| {
            languages.iter().any(|known| {
                let known = known.trim();
                // `sr` may be either script.
                known.eq_ignore_ascii_case(language)
                    || (known.len() == 2 && language.split('-').next() == Some(known))
                    || (language.len() == 2 && known.split('-').next() == Some(language))
            })
        };
        let missing: Vec<String> = narratives
            .iter()
            .filter(|(language, _)| !is_known(language))
            .map(|(language, text)| xml_writer::merged_narrative(language, text))
            .collect();
        self.counts.narratives = self.counts.narratives.saturating_add(missing.len());
        self.insertions.add_after(self.text, *last, &missing);
        true
    }

    /// Adds the documents of a value that the file has, too.
    fn add_evidence(&mut self, shared: &SharedValue<'_, '_>) {
        let element = shared.element;
        let missing = missing_documents(element, &shared.value.documents);
        self.counts.documents = self.counts.documents.saturating_add(missing.len());
        match iati_children(element).last() {
            Some(last) => self.insertions.add_after(self.text, last, &missing),
            None => self.insertions.add_into(self.text, element, &missing),
        }
    }

    /// Adds a baseline to an indicator that the file has.
    fn add_baseline(&mut self, indicator: Element<'_, '_>, baseline: &Baseline) {
        let before = ["title", "description", "document-link", "reference", "baseline"];
        let anchor = iati_children(indicator)
            .filter(|child| before.contains(&child.tag_name().name()))
            .last();
        if let Some(anchor) = anchor {
            self.counts.baselines = self.counts.baselines.saturating_add(1);
            self.insertions.add_after(self.text, anchor, &[xml_writer::merged_baseline(baseline)]);
        }
    }

    fn add_documents(&mut self, documents: &[Document]) {
        let missing = missing_documents(self.element, documents);
        self.counts.documents = self.counts.documents.saturating_add(missing.len());
        self.insertions.add_to_activity(self.text, self.element, "document-link", &missing);
    }

    /// Adds the locations to which slices refer, or makes them refer to those of the file.
    fn add_locations<'s>(
        &mut self,
        programme: &Activity,
        slices: impl Iterator<Item = &'s mut Vec<String>>,
    ) {
        let own: Vec<Element<'_, '_>> = children(self.element, "location")
            .filter(|own| own.attribute("ref").is_some())
            .collect();
        let mut used: HashSet<String> = HashSet::new();
        let mut rename = |reference: &mut String| {
            let country = programme.locations.iter().find(|one| one.reference == *reference);
            let known = country.and_then(|country| {
                own.iter().find(|own| country_of(**own) == Some(country.country.as_str()))
            });
            if let Some(known) = known.and_then(|known| known.attribute("ref")) {
                known.clone_into(reference);
            } else {
                used.insert(reference.clone());
                reference.insert_str(0, LOCATION_PREFIX);
            }
        };
        for slice in slices {
            slice.iter_mut().for_each(&mut rename);
        }
        let countries = programme
            .locations
            .iter()
            .filter(|one| used.contains(&one.reference))
            .map(|one| xml_writer::merged_location(LOCATION_PREFIX, one));
        let places = programme
            .places
            .iter()
            .filter(|one| used.contains(&one.reference))
            .map(|one| xml_writer::merged_place(LOCATION_PREFIX, one));
        let locations: Vec<String> = countries.chain(places).collect();
        self.insertions.add_to_activity(self.text, self.element, "location", &locations);
    }
}

/// References to locations of a result.
fn slices(result: &mut IatiResult) -> Vec<&mut Vec<String>> {
    let mut slices = Vec::new();
    for indicator in &mut result.indicators {
        slices.extend(indicator.baselines.iter_mut().map(|one| &mut one.slice.locations));
        for period in &mut indicator.periods {
            let values = period.targets.iter_mut().chain(&mut period.actuals);
            slices.extend(values.map(|one| &mut one.slice.locations));
        }
    }
    slices
}

/// The documents to which an element has no link.
fn missing_documents(element: Element<'_, '_>, documents: &[Document]) -> Vec<String> {
    let mut known: HashSet<&str> = children(element, "document-link")
        .filter_map(|own| own.attribute("url"))
        .map(str::trim)
        .collect();
    documents
        .iter()
        .filter(|document| known.insert(&document.url))
        .map(xml_writer::merged_document_link)
        .collect()
}
