//! The catalogue as open-data portals read it: DCAT 3 by the application profile DCAT-AP 3.0, in
//! JSON-LD.
//!
//! Pure: what is known goes in, and nothing that is not known comes out.

use serde_json::{Map, Value, json};

use crate::db::Time;
use crate::phrases::{LANGUAGES, Phrase};

/// The EU's tables of words, which DCAT-AP asks for.
const AUTHORITY: &str = "http://publications.europa.eu/resource/authority";
/// Where IANA describes media types.
const MEDIA_TYPES: &str = "https://www.iana.org/assignments/media-types";
/// The IATI standard, version 2.03.
pub const IATI: &str = "https://iatistandard.org/en/iati-standard/203/";

/// Languages of the EU's table by their ISO 639-1 codes; its names are the codes of ISO 639-3 in
/// capitals.
const LANGUAGE_CODES: [(&str, &str); 24] = [
    ("ar", "ARA"),
    ("bg", "BUL"),
    ("bs", "BOS"),
    ("cnr", "CNR"),
    ("cs", "CES"),
    ("de", "DEU"),
    ("el", "ELL"),
    ("en", "ENG"),
    ("es", "SPA"),
    ("fr", "FRA"),
    ("hr", "HRV"),
    ("hu", "HUN"),
    ("it", "ITA"),
    ("ku", "KUR"),
    ("mk", "MKD"),
    ("nl", "NLD"),
    ("pl", "POL"),
    ("ro", "RON"),
    ("ru", "RUS"),
    ("sl", "SLV"),
    ("sq", "SQI"),
    ("sr", "SRP"),
    ("tr", "TUR"),
    ("uk", "UKR"),
];

/// A form in which a dataset is given.
#[derive(Clone, Copy, Debug)]
pub struct Format {
    /// Its name, also in identifiers.
    pub name: &'static str,
    /// What people call it.
    pub title: &'static str,
    /// Its name in the EU's table of file types.
    pub file_type: &'static str,
    /// Its media type, where IANA knows it.
    pub media_type: Option<&'static str>,
    /// A standard that it follows.
    pub standard: Option<&'static str>,
}

/// A dataset: what is told of a kind of item.
#[derive(Clone, Debug)]
pub struct Dataset {
    /// Its name in identifiers.
    pub name: &'static str,
    /// What it is called.
    pub title: Phrase,
    /// What is in it.
    pub about: Phrase,
    /// When it last changed.
    pub modified: Option<Time>,
    /// The languages of its texts (BCP 47).
    pub languages: Vec<String>,
    /// The countries that it is about: ISO 3166-1 alpha-3, or XKX.
    pub countries: Vec<String>,
    /// Where it is given, in which form, and whether that is a page of it rather than the whole.
    pub distributions: Vec<(Format, String, bool)>,
}

/// The catalogue.
#[derive(Clone, Debug)]
pub struct Catalogue {
    /// The address of this server.
    pub base: String,
    /// What it is called, and who publishes it.
    pub publisher: String,
    /// The terms under which its metadata and data may be used.
    pub licence: Option<String>,
    /// When it last changed.
    pub modified: Option<Time>,
    /// Its documentation for people.
    pub documentation: Option<String>,
    /// What it has.
    pub datasets: Vec<Dataset>,
}

/// How the members are meant.
fn context() -> Value {
    let address = |name: &str| json!({"@id": name, "@type": "@id"});
    let texts = |name: &str| json!({"@id": name, "@container": "@language"});
    json!({
        "@version": 1.1,
        "dcat": "http://www.w3.org/ns/dcat#", "dct": "http://purl.org/dc/terms/", "foaf": "http://xmlns.com/foaf/0.1/", "xsd": "http://www.w3.org/2001/XMLSchema#",
        "Catalog": "dcat:Catalog", "Dataset": "dcat:Dataset", "Distribution": "dcat:Distribution", "DataService": "dcat:DataService", "Agent": "foaf:Agent",
        "Document": "foaf:Document", "LicenseDocument": "dct:LicenseDocument", "LinguisticSystem": "dct:LinguisticSystem", "Location": "dct:Location",
        "MediaType": "dct:MediaType", "MediaTypeOrExtent": "dct:MediaTypeOrExtent", "Standard": "dct:Standard",
        "title": texts("dct:title"), "description": texts("dct:description"), "name": "foaf:name",
        "modified": {"@id": "dct:modified", "@type": "xsd:dateTime"}, "publisher": "dct:publisher", "language": "dct:language",
        "license": "dct:license", "spatial": "dct:spatial", "identifier": "dct:identifier", "format": "dct:format",
        "conformsTo": "dct:conformsTo", "homepage": "foaf:homepage", "page": "foaf:page",
        "dataset": "dcat:dataset", "service": "dcat:service", "distribution": "dcat:distribution", "accessService": address("dcat:accessService"),
        "accessURL": address("dcat:accessURL"), "downloadURL": address("dcat:downloadURL"), "mediaType": "dcat:mediaType",
        "endpointURL": address("dcat:endpointURL"), "endpointDescription": address("dcat:endpointDescription"), "servesDataset": address("dcat:servesDataset"),
    })
}

/// A phrase in every language.
fn in_all(phrase: Phrase) -> Value {
    LANGUAGES
        .iter()
        .map(|language| ((*language).to_owned(), json!(phrase.in_language(language))))
        .collect::<Map<_, _>>()
        .into()
}

/// A language of the EU's table, whatever its script.
fn language(tag: &str) -> Option<String> {
    let primary = tag.split('-').next()?;
    let (_, code) = LANGUAGE_CODES.iter().find(|(known, _)| *known == primary)?;
    Some(format!("{AUTHORITY}/language/{code}"))
}

fn languages<'a>(tags: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut found: Vec<String> = tags.filter_map(language).collect();
    found.sort();
    found.dedup();
    found
}

/// A country of the EU's table: it has a code of its own for Kosovo.
fn country(alpha3: &str) -> String {
    format!("{AUTHORITY}/country/{}", if alpha3 == "XKX" { "1A0" } else { alpha3 })
}

/// An object of these members; those that are not known are left out.
fn object(members: impl IntoIterator<Item = (&'static str, Option<Value>)>) -> Value {
    members
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), value?)))
        .collect::<Map<_, _>>()
        .into()
}

/// What is described elsewhere, and what it is: who reads this need not look there.
fn named(address: &str, class: &'static str) -> Value {
    json!({"@id": address, "@type": class})
}

/// A list of them, unless it is empty.
fn all_named(list: &[String], class: &'static str) -> Option<Value> {
    (!list.is_empty()).then(|| list.iter().map(|address| named(address, class)).collect())
}

impl Catalogue {
    /// The identifier of a part of it.
    fn id(&self, part: &str) -> String {
        format!("{}/catalog.jsonld#{part}", self.base)
    }

    fn licence(&self) -> Option<Value> {
        self.licence.as_ref().map(|licence| named(licence, "LicenseDocument"))
    }

    fn agent(&self) -> Value {
        json!({"@id": self.id("publisher"), "@type": "Agent", "name": self.publisher})
    }

    /// The whole as JSON-LD.
    pub fn json_ld(&self) -> Value {
        let modified = |time: Option<Time>| {
            time.filter(|time| time.micros() > 0).map(|time| json!(time.to_string()))
        };
        let mut countries: Vec<String> = self
            .datasets
            .iter()
            .flat_map(|dataset| &dataset.countries)
            .map(|code| country(code))
            .collect();
        countries.sort();
        countries.dedup();
        object([
            ("@context", Some(context())),
            ("@id", Some(json!(self.id("catalog")))),
            ("@type", Some(json!("Catalog"))),
            ("title", Some(json!({"@none": self.publisher}))),
            ("description", Some(in_all(Phrase::CatalogueAbout))),
            ("publisher", Some(self.agent())),
            ("homepage", Some(named(&format!("{}/", self.base), "Document"))),
            ("language", all_named(&languages(LANGUAGES.iter().copied()), "LinguisticSystem")),
            ("license", self.licence()),
            ("modified", modified(self.modified)),
            ("spatial", all_named(&countries, "Location")),
            ("service", Some(json!([self.service()]))),
            (
                "dataset",
                Some(
                    self.datasets
                        .iter()
                        .map(|dataset| self.dataset(dataset, modified(dataset.modified)))
                        .collect(),
                ),
            ),
        ])
    }

    fn service(&self) -> Value {
        let served: Vec<String> =
            self.datasets.iter().map(|dataset| self.id(dataset.name)).collect();
        object([
            ("@id", Some(json!(self.id("api")))),
            ("@type", Some(json!("DataService"))),
            ("title", Some(json!({"@none": format!("{} API", self.publisher)}))),
            ("description", Some(in_all(Phrase::CatalogueAbout))),
            ("publisher", Some(self.agent())),
            ("endpointURL", Some(json!(format!("{}/v1", self.base)))),
            ("endpointDescription", Some(json!(format!("{}/openapi.json", self.base)))),
            ("page", self.documentation.as_ref().map(|page| named(page, "Document"))),
            ("license", self.licence()),
            ("servesDataset", (!served.is_empty()).then(|| json!(served))),
        ])
    }

    fn dataset(&self, dataset: &Dataset, modified: Option<Value>) -> Value {
        let distributions = dataset
            .distributions
            .iter()
            .map(|(format, path, is_page)| self.distribution(dataset, format, (path, *is_page)));
        object([
            ("@id", Some(json!(self.id(dataset.name)))),
            ("@type", Some(json!("Dataset"))),
            ("identifier", Some(json!(self.id(dataset.name)))),
            ("title", Some(in_all(dataset.title))),
            ("description", Some(in_all(dataset.about))),
            ("publisher", Some(self.agent())),
            (
                "language",
                all_named(
                    &languages(dataset.languages.iter().map(String::as_str)),
                    "LinguisticSystem",
                ),
            ),
            ("modified", modified),
            (
                "spatial",
                all_named(
                    &dataset.countries.iter().map(|code| country(code)).collect::<Vec<_>>(),
                    "Location",
                ),
            ),
            ("distribution", Some(distributions.collect())),
        ])
    }

    fn distribution(
        &self,
        dataset: &Dataset,
        format: &Format,
        (path, is_page): (&str, bool),
    ) -> Value {
        let address = format!("{}{path}", self.base);
        object([
            ("@id", Some(json!(self.id(&format!("{}-{}", dataset.name, format.name))))),
            ("@type", Some(json!("Distribution"))),
            ("title", Some(json!({"@none": format.title}))),
            ("accessURL", Some(json!(address))),
            ("downloadURL", (!is_page).then(|| json!(address))),
            ("accessService", Some(json!(self.id("api")))),
            (
                "format",
                Some(named(
                    &format!("{AUTHORITY}/file-type/{}", format.file_type),
                    "MediaTypeOrExtent",
                )),
            ),
            (
                "mediaType",
                format
                    .media_type
                    .map(|media_type| named(&format!("{MEDIA_TYPES}/{media_type}"), "MediaType")),
            ),
            ("conformsTo", format.standard.map(|standard| named(standard, "Standard"))),
            ("license", self.licence()),
        ])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn languages_and_countries_are_those_of_the_tables() {
        let found = languages(["sr-Latn", "sr-Cyrl", "mk", "tlh", "en-GB"].into_iter());
        assert_eq!(found, ["ENG", "MKD", "SRP"].map(|code| format!("{AUTHORITY}/language/{code}")));
        assert_eq!(LANGUAGES.iter().filter_map(|tag| language(tag)).count(), LANGUAGES.len());
        assert!(
            country("XKX").ends_with("/country/1A0") && country("MKD").ends_with("/country/MKD")
        );
    }

    #[test]
    fn what_is_not_known_is_left_out() {
        let catalogue = Catalogue {
            base: "https://c.example.org".to_owned(),
            publisher: "A".to_owned(),
            licence: None,
            modified: None,
            documentation: None,
            datasets: Vec::new(),
        };
        let drawn = catalogue.json_ld();
        for name in ["license", "modified", "spatial"] {
            assert!(drawn.get(name).is_none(), "{name}");
        }
        assert!(drawn["service"][0].get("servesDataset").is_none());
        // Every member that is used is explained, and none is explained that is not used.
        let context = drawn["@context"].as_object().unwrap();
        for member in drawn.as_object().unwrap().keys().filter(|name| !name.starts_with('@')) {
            assert!(context.contains_key(member), "{member}");
        }
    }
}
