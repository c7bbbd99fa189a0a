//! The catalogue as open-data portals read it: DCAT 3 by the application profile DCAT-AP 3.0, in
//! JSON-LD.
//!
//! Pure functions; unknown members are omitted.

use chrono::NaiveDate;
use serde_json::{Map, Value, json};

use crate::db::Time;
use crate::i18n::messages::MESSAGE_LANGUAGES;
use crate::i18n::messages::Message;
use crate::server::entry_point::ENTRY_POINT_PATH;

/// Authority tables of the EU, which DCAT-AP requires.
const EU_AUTHORITY_URL: &str = "http://publications.europa.eu/resource/authority";
/// Theme of the datasets in the EU authority table: population and society.
const THEME: &str = "SOCI";
/// Base URL of media types at IANA.
const IANA_MEDIA_TYPES_URL: &str = "https://www.iana.org/assignments/media-types";
/// The IATI standard, version 2.03.
pub const IATI_STANDARD_URL: &str = "https://iatistandard.org/en/iati-standard/203/";

/// Languages of the EU authority table by ISO 639-1 code; the table uses ISO 639-3 codes in capitals.
const EU_LANGUAGE_CODES: [(&str, &str); 24] = [
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

/// The format of a distribution.
#[derive(Clone, Copy, Debug)]
pub struct DistributionFormat {
    /// Name, also in identifiers.
    pub name: &'static str,
    /// Title.
    pub title: &'static str,
    /// Name in the EU authority table of file types.
    pub file_type: &'static str,
    /// Media type, if registered.
    pub media_type: Option<&'static str>,
    /// Standard that it conforms to.
    pub standard: Option<&'static str>,
}

/// A dataset: the items of a kind.
#[derive(Clone, Debug)]
pub struct DcatDataset {
    /// Name in identifiers.
    pub name: &'static str,
    /// Title.
    pub title: Message,
    /// Description.
    pub description: Message,
    /// Time of the earliest publication of its items.
    pub issued: Option<Time>,
    /// Modification time.
    pub modified: Option<Time>,
    /// Languages of its texts (BCP 47).
    pub languages: Vec<String>,
    /// Countries: ISO 3166-1 alpha-3, or XKX.
    pub countries: Vec<String>,
    /// First and last day that its items are about.
    pub period: (Option<NaiveDate>, Option<NaiveDate>),
    /// Names of its topics.
    pub topics: Vec<String>,
    /// Its distributions.
    pub distributions: Vec<Distribution>,
}

/// A distribution of a dataset.
#[derive(Clone, Debug)]
pub struct Distribution {
    /// The format.
    pub format: DistributionFormat,
    /// Path of its URL.
    pub path: String,
    /// Whether the URL returns one page of the dataset only.
    pub is_page: bool,
}

/// A DCAT catalog.
#[derive(Clone, Debug)]
pub struct DcatCatalog {
    /// Base URL of this server.
    pub base_url: String,
    /// Title and publisher.
    pub publisher_name: String,
    /// Licence of metadata and data.
    pub licence_url: Option<String>,
    /// Address for questions: a `mailto` URL or that of a page.
    pub contact_url: Option<String>,
    /// Modification time.
    pub modified: Option<Time>,
    /// Documentation URL.
    pub documentation_url: Option<String>,
    /// Datasets.
    pub datasets: Vec<DcatDataset>,
}

/// The JSON-LD context.
fn json_ld_context() -> Value {
    let url_term = |name: &str| json!({"@id": name, "@type": "@id"});
    let localized_term = |name: &str| json!({"@id": name, "@container": "@language"});
    let mut context = json!({
        "@version": 1.1,
        "dcat": "http://www.w3.org/ns/dcat#", "dct": "http://purl.org/dc/terms/", "foaf": "http://xmlns.com/foaf/0.1/", "xsd": "http://www.w3.org/2001/XMLSchema#",
        "Catalog": "dcat:Catalog", "Dataset": "dcat:Dataset", "Distribution": "dcat:Distribution", "DataService": "dcat:DataService", "Agent": "foaf:Agent",
        "Document": "foaf:Document", "LicenseDocument": "dct:LicenseDocument", "LinguisticSystem": "dct:LinguisticSystem", "Location": "dct:Location",
        "MediaType": "dct:MediaType", "MediaTypeOrExtent": "dct:MediaTypeOrExtent", "Standard": "dct:Standard",
        "title": localized_term("dct:title"), "description": localized_term("dct:description"), "name": "foaf:name",
        "issued": {"@id": "dct:issued", "@type": "xsd:dateTime"}, "modified": {"@id": "dct:modified", "@type": "xsd:dateTime"}, "publisher": "dct:publisher", "language": "dct:language",
        "license": "dct:license", "spatial": "dct:spatial", "identifier": "dct:identifier", "format": "dct:format",
        "conformsTo": "dct:conformsTo", "homepage": "foaf:homepage", "page": "foaf:page",
        "dataset": "dcat:dataset", "service": "dcat:service", "distribution": "dcat:distribution", "accessService": url_term("dcat:accessService"),
        "accessURL": url_term("dcat:accessURL"), "downloadURL": url_term("dcat:downloadURL"), "mediaType": "dcat:mediaType",
        "endpointURL": url_term("dcat:endpointURL"), "endpointDescription": url_term("dcat:endpointDescription"), "servesDataset": url_term("dcat:servesDataset"),
    });
    let of_datasets = json!({
        "vcard": "http://www.w3.org/2006/vcard/ns#", "skos": "http://www.w3.org/2004/02/skos/core#",
        "Kind": "vcard:Kind", "PeriodOfTime": "dct:PeriodOfTime", "Concept": "skos:Concept",
        "contactPoint": "dcat:contactPoint", "fn": "vcard:fn", "hasEmail": url_term("vcard:hasEmail"), "hasURL": url_term("vcard:hasURL"),
        "keyword": localized_term("dcat:keyword"), "theme": "dcat:theme", "temporal": "dct:temporal",
        "startDate": {"@id": "dcat:startDate", "@type": "xsd:date"}, "endDate": {"@id": "dcat:endDate", "@type": "xsd:date"},
    });
    if let (Some(context), Value::Object(of_datasets)) = (context.as_object_mut(), of_datasets) {
        context.extend(of_datasets);
    }
    context
}

/// A message in every language.
fn localized(phrase: Message) -> Value {
    MESSAGE_LANGUAGES
        .iter()
        .map(|language| ((*language).to_owned(), json!(phrase.localize(language))))
        .collect::<Map<_, _>>()
        .into()
}

/// Keywords of a dataset: its title in each language, and the names of its topics.
fn keywords(dataset: &DcatDataset) -> Value {
    let mut keywords = localized(dataset.title);
    if let Some(keywords) = keywords.as_object_mut().filter(|_| !dataset.topics.is_empty()) {
        keywords.insert("@none".to_owned(), json!(dataset.topics));
    }
    keywords
}

/// The period of a dataset; `None` if it is unknown.
fn temporal((start, end): (Option<NaiveDate>, Option<NaiveDate>)) -> Option<Value> {
    let day = |day: Option<NaiveDate>| day.map(|day| json!(day.to_string()));
    (start.is_some() || end.is_some()).then(|| {
        compact_object([
            ("@type", Some(json!("PeriodOfTime"))),
            ("startDate", day(start)),
            ("endDate", day(end)),
        ])
    })
}

/// A time; `None` if it is unknown, also as the start of the epoch.
fn date_time(time: Option<Time>) -> Option<Value> {
    time.filter(|time| time.micros() > 0).map(|time| json!(time.to_string()))
}

/// URL of a language in the EU authority table, regardless of script.
fn eu_language_url(tag: &str) -> Option<String> {
    let primary = tag.split('-').next()?;
    let (_, code) = EU_LANGUAGE_CODES.iter().find(|(known, _)| *known == primary)?;
    Some(format!("{EU_AUTHORITY_URL}/language/{code}"))
}

fn eu_language_urls<'a>(tags: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut found: Vec<String> = tags.filter_map(eu_language_url).collect();
    found.sort();
    found.dedup();
    found
}

/// URL of a country in the EU authority table, which has its own code for Kosovo.
fn eu_country_url(alpha3: &str) -> String {
    format!("{EU_AUTHORITY_URL}/country/{}", if alpha3 == "XKX" { "1A0" } else { alpha3 })
}

/// An object of these members without null values.
fn compact_object(members: impl IntoIterator<Item = (&'static str, Option<Value>)>) -> Value {
    members
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), value?)))
        .collect::<Map<_, _>>()
        .into()
}

/// A reference to an external resource, with its type.
fn typed_ref(address: &str, class: &'static str) -> Value {
    json!({"@id": address, "@type": class})
}

/// An array, or null if it is empty.
fn typed_refs(list: &[String], class: &'static str) -> Option<Value> {
    (!list.is_empty()).then(|| list.iter().map(|address| typed_ref(address, class)).collect())
}

impl DcatCatalog {
    /// The identifier of a part of the catalog.
    fn part_id(&self, part: &str) -> String {
        format!("{}/catalog.jsonld#{part}", self.base_url)
    }

    fn licence_ref(&self) -> Option<Value> {
        self.licence_url.as_ref().map(|licence| typed_ref(licence, "LicenseDocument"))
    }

    fn publisher_agent(&self) -> Value {
        json!({"@id": self.part_id("publisher"), "@type": "Agent", "name": self.publisher_name})
    }

    fn contact_point(&self) -> Option<Value> {
        let contact = self.contact_url.as_ref()?;
        let member = if contact.starts_with("mailto:") { "hasEmail" } else { "hasURL" };
        Some(compact_object([
            ("@id", Some(json!(self.part_id("contact")))),
            ("@type", Some(json!("Kind"))),
            ("fn", Some(json!(self.publisher_name))),
            (member, Some(json!(contact))),
        ]))
    }

    /// The catalog as JSON-LD.
    pub fn to_json_ld(&self) -> Value {
        let issued = self.datasets.iter().filter_map(|dataset| dataset.issued).min();
        let mut countries: Vec<String> = self
            .datasets
            .iter()
            .flat_map(|dataset| &dataset.countries)
            .map(|code| eu_country_url(code))
            .collect();
        countries.sort();
        countries.dedup();
        compact_object([
            ("@context", Some(json_ld_context())),
            ("@id", Some(json!(self.part_id("catalog")))),
            ("@type", Some(json!("Catalog"))),
            ("title", Some(json!({"@none": self.publisher_name}))),
            ("description", Some(localized(Message::CatalogueDescription))),
            ("publisher", Some(self.publisher_agent())),
            ("homepage", Some(typed_ref(&format!("{}/embed/videos", self.base_url), "Document"))),
            (
                "language",
                typed_refs(
                    &eu_language_urls(MESSAGE_LANGUAGES.iter().copied()),
                    "LinguisticSystem",
                ),
            ),
            ("license", self.licence_ref()),
            ("issued", date_time(issued)),
            ("modified", date_time(self.modified)),
            ("spatial", typed_refs(&countries, "Location")),
            ("service", Some(json!([self.render_service()]))),
            (
                "dataset",
                Some(self.datasets.iter().map(|dataset| self.render_dataset(dataset)).collect()),
            ),
        ])
    }

    fn render_service(&self) -> Value {
        let served: Vec<String> =
            self.datasets.iter().map(|dataset| self.part_id(dataset.name)).collect();
        compact_object([
            ("@id", Some(json!(self.part_id("api")))),
            ("@type", Some(json!("DataService"))),
            ("title", Some(json!({"@none": format!("{} API", self.publisher_name)}))),
            ("description", Some(localized(Message::CatalogueDescription))),
            ("publisher", Some(self.publisher_agent())),
            ("endpointURL", Some(json!(format!("{}{ENTRY_POINT_PATH}", self.base_url)))),
            ("endpointDescription", Some(json!(format!("{}/openapi.json", self.base_url)))),
            ("page", self.documentation_url.as_ref().map(|page| typed_ref(page, "Document"))),
            ("license", self.licence_ref()),
            ("servesDataset", (!served.is_empty()).then(|| json!(served))),
        ])
    }

    fn render_dataset(&self, dataset: &DcatDataset) -> Value {
        let distributions = dataset
            .distributions
            .iter()
            .map(|distribution| self.render_distribution(dataset, distribution));
        compact_object([
            ("@id", Some(json!(self.part_id(dataset.name)))),
            ("@type", Some(json!("Dataset"))),
            ("identifier", Some(json!(self.part_id(dataset.name)))),
            ("title", Some(localized(dataset.title))),
            ("description", Some(localized(dataset.description))),
            ("keyword", Some(keywords(dataset))),
            (
                "theme",
                Some(json!([typed_ref(
                    &format!("{EU_AUTHORITY_URL}/data-theme/{THEME}"),
                    "Concept"
                )])),
            ),
            ("publisher", Some(self.publisher_agent())),
            ("contactPoint", self.contact_point()),
            ("temporal", temporal(dataset.period)),
            (
                "language",
                typed_refs(
                    &eu_language_urls(dataset.languages.iter().map(String::as_str)),
                    "LinguisticSystem",
                ),
            ),
            ("issued", date_time(dataset.issued)),
            ("modified", date_time(dataset.modified)),
            (
                "spatial",
                typed_refs(
                    &dataset.countries.iter().map(|code| eu_country_url(code)).collect::<Vec<_>>(),
                    "Location",
                ),
            ),
            ("distribution", Some(distributions.collect())),
        ])
    }

    fn render_distribution(&self, dataset: &DcatDataset, distribution: &Distribution) -> Value {
        let Distribution { format, path, is_page } = distribution;
        let address = format!("{}{path}", self.base_url);
        compact_object([
            ("@id", Some(json!(self.part_id(&format!("{}-{}", dataset.name, format.name))))),
            ("@type", Some(json!("Distribution"))),
            ("title", Some(json!({"@none": format.title}))),
            ("accessURL", Some(json!(address))),
            ("downloadURL", (!is_page).then(|| json!(address))),
            ("accessService", Some(json!(self.part_id("api")))),
            (
                "format",
                Some(typed_ref(
                    &format!("{EU_AUTHORITY_URL}/file-type/{}", format.file_type),
                    "MediaTypeOrExtent",
                )),
            ),
            (
                "mediaType",
                format.media_type.map(|media_type| {
                    typed_ref(&format!("{IANA_MEDIA_TYPES_URL}/{media_type}"), "MediaType")
                }),
            ),
            ("conformsTo", format.standard.map(|standard| typed_ref(standard, "Standard"))),
            ("license", self.licence_ref()),
        ])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn maps_languages_and_countries_to_eu_tables() {
        let found = eu_language_urls(["sr-Latn", "sr-Cyrl", "mk", "tlh", "en-GB"].into_iter());
        assert_eq!(
            found,
            ["ENG", "MKD", "SRP"].map(|code| format!("{EU_AUTHORITY_URL}/language/{code}"))
        );
        assert_eq!(
            MESSAGE_LANGUAGES.iter().filter_map(|tag| eu_language_url(tag)).count(),
            MESSAGE_LANGUAGES.len()
        );
        assert!(
            eu_country_url("XKX").ends_with("/country/1A0")
                && eu_country_url("MKD").ends_with("/country/MKD")
        );
    }

    #[test]
    fn omits_unknown_members() {
        let catalogue = DcatCatalog {
            base_url: "https://c.example.org".to_owned(),
            publisher_name: "A".to_owned(),
            licence_url: None,
            contact_url: None,
            modified: None,
            documentation_url: None,
            datasets: Vec::new(),
        };
        let json_ld = catalogue.to_json_ld();
        for name in ["license", "issued", "modified", "spatial"] {
            assert!(json_ld.get(name).is_none(), "{name}");
        }
        assert!(json_ld["service"][0].get("servesDataset").is_none());
        // Every member that is used is explained, and none is explained that is not used.
        let context = json_ld["@context"].as_object().unwrap();
        for member in json_ld.as_object().unwrap().keys().filter(|name| !name.starts_with('@')) {
            assert!(context.contains_key(member), "{member}");
        }
    }
}
