//! DCAT description for open-data portals: `/catalog.jsonld`.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::on_both;
use crate::support::TestServer;

const PATH: &str = "/catalog.jsonld";
const AUTHORITY: &str = "http://publications.europa.eu/resource/authority";

fn described(server: &TestServer) -> Value {
    let response = server.get(PATH).expect(200);
    assert_eq!(response.required_header("content-type"), "application/ld+json");
    response.json()
}

fn dataset(catalogue: &Value, name: &str) -> Value {
    let datasets = catalogue["dataset"].as_array().unwrap();
    datasets
        .iter()
        .find(|dataset| dataset["@id"].as_str().unwrap().ends_with(&format!("#{name}")))
        .unwrap_or_else(|| panic!("{name}: {catalogue}"))
        .clone()
}

/// All nested objects.
fn objects(value: &Value) -> Vec<&Value> {
    match value {
        Value::Object(members) => std::iter::once(value)
            .chain(
                members
                    .iter()
                    .filter(|(name, _)| *name != "@context")
                    .flat_map(|(_, value)| objects(value)),
            )
            .collect(),
        Value::Array(members) => members.iter().flat_map(objects).collect(),
        _ => Vec::new(),
    }
}

/// All texts outside the context.
fn strings(value: &Value) -> Vec<&str> {
    match value {
        Value::String(text) => vec![text],
        Value::Object(members) => members
            .iter()
            .filter(|(name, _)| *name != "@context")
            .flat_map(|(_, value)| strings(value))
            .collect(),
        Value::Array(members) => members.iter().flat_map(strings).collect(),
        _ => Vec::new(),
    }
}

on_both! {
    demo fn dcat_describes_every_kind_in_every_language(server: &TestServer, |settings| settings.name = Some("Norms and minds".to_owned())) {
        let catalogue = described(server);
        assert_eq!((&catalogue["@type"], &catalogue["title"], &catalogue["publisher"]["name"]), (&json!("Catalog"), &json!({"@none": "Norms and minds"}), &json!("Norms and minds")));
        let names: Vec<&str> = catalogue["dataset"].as_array().unwrap().iter().filter_map(|dataset| dataset["@id"].as_str().unwrap().split('#').nth(1)).collect();
        assert_eq!(names, ["videos", "programmes", "partners", "indicators", "impact-statistics"]);
        for name in names {
            let dataset = dataset(&catalogue, name);
            for text in ["title", "description"] {
                let languages: BTreeSet<&str> = dataset[text].as_object().unwrap().keys().map(String::as_str).collect();
                assert_eq!(languages, BTreeSet::from(["en", "sq", "bs", "sr-Latn", "sr-Cyrl", "mk", "tr"]), "{name}");
            }
            assert!(dataset["modified"].as_str().unwrap().starts_with("20"), "{dataset}");
        }
        assert_eq!(dataset(&catalogue, "videos")["title"]["mk"], "Видеа");
        // Spatial coverage and languages of the public items.
        let spatial = dataset(&catalogue, "impact-statistics")["spatial"].clone();
        for code in ["ALB", "1A0", "MKD", "TUR"] {
            assert!(spatial.as_array().unwrap().contains(&json!({"@id": format!("{AUTHORITY}/country/{code}"), "@type": "Location"})), "{code}: {spatial}");
        }
        let languages = dataset(&catalogue, "videos")["language"].clone();
        for code in ["ENG", "SQI", "BOS", "SRP", "MKD", "TUR"] {
            assert!(languages.as_array().unwrap().contains(&json!({"@id": format!("{AUTHORITY}/language/{code}"), "@type": "LinguisticSystem"})), "{code}: {languages}");
        }
    }

    demo fn every_url_responds(server: &TestServer) {
        let catalogue = described(server);
        let base = server.base();
        let addresses: BTreeSet<&str> = strings(&catalogue).into_iter().filter(|text| text.starts_with(&base)).collect();
        for address in &addresses {
            let path = address.strip_prefix(&base).unwrap().split('#').next().unwrap();
            // The documentation is not in the OpenAPI document.
            let request = server.request("GET", path);
            if path == "/docs" { request.skip_contract_check() } else { request }.send().expect(200);
        }
        assert!(addresses.contains(format!("{base}/v1").as_str()) && addresses.len() > 20, "{addresses:?}");
        let mut seen = 0;
        for object in objects(&catalogue) {
            for member in ["accessURL", "downloadURL", "endpointURL", "endpointDescription", "homepage", "page"] {
                let Some(address) = object[member]["@id"].as_str().or(object[member].as_str()) else { continue };
                let path = address.strip_prefix(&base).unwrap_or_else(|| panic!("{address}"));
                // Pages are not in the OpenAPI document.
                let is_page = matches!(member, "homepage" | "page");
                let request = server.request("GET", path);
                let response = if is_page { request.skip_contract_check() } else { request }.send().expect(200);
                if let Some(media_type) = object["mediaType"]["@id"].as_str() {
                    let given = response.required_header("content-type").split(';').next().unwrap().to_owned();
                    assert!(media_type.ends_with(&format!("/{given}")), "{address}: {media_type} {given}");
                }
                seen += 1;
            }
        }
        assert!(seen >= 15, "{seen}");
        let forms = |name: &str| -> Vec<String> {
            dataset(&catalogue, name)["distribution"].as_array().unwrap().iter().map(|one| one["title"]["@none"].as_str().unwrap().to_owned()).collect()
        };
        assert!(["JSON", "RSS", "Atom", "JSON Feed"].iter().all(|form| forms("videos").contains(&(*form).to_owned())), "{:?}", forms("videos"));
        assert!(!forms("partners").contains(&"RSS".to_owned()), "partners have no RSS");
    }

    demo fn json_ld_terms_and_identifiers_resolve(server: &TestServer) {
        let catalogue = described(server);
        let context = catalogue["@context"].as_object().unwrap();
        let mut identifiers = BTreeSet::new();
        for object in objects(&catalogue) {
            if object.get("@type").is_none() || object["@type"] == "PeriodOfTime" {
                continue;
            }
            for name in object.as_object().unwrap().keys().filter(|name| !name.starts_with('@')) {
                assert!(context.contains_key(name), "{name}");
            }
            assert!(context.contains_key(object["@type"].as_str().unwrap()), "{object}");
            let identifier = object["@id"].as_str().unwrap().to_owned();
            if object.as_object().unwrap().len() == 2 {
                continue;
            }
            assert!(identifiers.insert(identifier.clone()) || identifier.ends_with("#publisher"), "{identifier} twice");
        }
        for object in objects(&catalogue) {
            for name in ["accessService", "servesDataset"] {
                let named = object.get(name).map(|value| value.as_array().cloned().unwrap_or_else(|| vec![value.clone()])).unwrap_or_default();
                assert!(named.iter().all(|one| identifiers.contains(one.as_str().unwrap())), "{name}: {named:?}");
            }
        }
    }

    fn dcat_omits_unknown_values(server: &TestServer) {
        let catalogue = described(server);
        let host = server.base().split("//").nth(1).unwrap().to_owned();
        assert_eq!(catalogue["publisher"]["name"], json!(host));
        for object in objects(&catalogue) {
            for member in ["license", "spatial", "issued"] {
                assert!(object.get(member).is_none(), "{member}: {object}");
            }
            assert!(object["@type"] != "Dataset" || (object.get("language").is_none() && object.get("modified").is_none()), "{object}");
        }
        // Drafts do not count.
        let key = server.editor_key();
        server.create(&key, "/v1/videos", &json!({"title": "Draft", "countries": ["SI"]}));
        assert!(dataset(&described(server), "videos").get("spatial").is_none());
        server.get("/catalog.jsonld?lang=en").errors(400, &[("lang", "unknown_parameter")]);
    }

    fn dcat_has_keywords_theme_contact_and_period(server: &TestServer, |settings| settings.contact_url = Some("mailto:data@example.org".to_owned())) {
        let key = server.editor_key();
        server.create(&key, "/v1/topics", &json!({"slug": "prevention", "status": "published", "name": "Prevention"}));
        server.create(&key, "/v1/videos", &json!({"title": "A", "status": "published", "topics": ["prevention"], "recorded_on": "2024-05-01"}));
        server.create(&key, "/v1/videos", &json!({"title": "B", "status": "draft", "recorded_on": "2020-05-01"}));
        server.create(&key, "/v1/programmes", &json!({"title": "P", "status": "published", "start_date": "2017-02-01"}));
        for (start, end, status) in [("2022-01-01", "2022-12-31", "published"), ("2024-01-01", "2024-12-31", "published"), ("2001-01-01", "2030-12-31", "draft")] {
            server.create(&key, "/v1/impact-statistics", &json!({"label": "S", "status": status, "period_start": start, "period_end": end}));
        }
        let catalogue = described(server);
        let period = |name: &str| dataset(&catalogue, name)["temporal"].clone();
        assert_eq!(period("impact-statistics"), json!({"@type": "PeriodOfTime", "startDate": "2022-01-01", "endDate": "2024-12-31"}));
        assert_eq!(period("programmes"), json!({"@type": "PeriodOfTime", "startDate": "2017-02-01"}));
        assert_eq!(period("videos"), json!({"@type": "PeriodOfTime", "startDate": "2024-05-01", "endDate": "2024-05-01"}));
        assert_eq!(period("partners"), Value::Null);
        let videos = dataset(&catalogue, "videos");
        assert_eq!((&videos["keyword"]["en"], &videos["keyword"]["@none"]), (&json!("Videos"), &json!(["Prevention"])));
        assert_eq!(videos["theme"][0]["@id"], format!("{AUTHORITY}/data-theme/SOCI"));
        assert_eq!((&videos["contactPoint"]["hasEmail"], &videos["contactPoint"]["@type"]), (&json!("mailto:data@example.org"), &json!("Kind")));
    }

    fn datasets_are_issued_at_earliest_publication(server: &TestServer) {
        let key = server.editor_key();
        assert_eq!(described(server).get("issued"), None);
        for (slug, status, published_at) in [("b", "published", "2024-05-01T08:00:00Z"), ("a", "published", "2022-02-03T04:05:06Z"), ("draft", "draft", "2010-01-01T00:00:00Z"), ("scheduled", "published", "2999-01-01T00:00:00Z")] {
            server.create(&key, "/v1/videos", &json!({"slug": slug, "title": slug, "status": status, "published_at": published_at}));
        }
        server.create(&key, "/v1/partners", &json!({"slug": "p", "name": "P", "status": "published", "published_at": "2021-01-01T00:00:00Z"}));
        let catalogue = described(server);
        let issued = |name: &str| dataset(&catalogue, name)["issued"].clone();
        assert_eq!((issued("videos"), issued("partners"), issued("programmes")), (json!("2022-02-03T04:05:06Z"), json!("2021-01-01T00:00:00Z"), Value::Null));
        assert_eq!((&catalogue["issued"], &catalogue["@context"]["issued"]["@id"]), (&json!("2021-01-01T00:00:00Z"), &json!("dct:issued")));
    }

    fn advertised_iati_address_can_be_read(server: &TestServer, |settings| {
        settings.iati_reporting_org = Some("XM-EXAMPLE-1".to_owned());
        settings.iati_reporting_org_type = Some("22".to_owned());
        settings.name = Some("Ministry".to_owned());
    }) {
        let key = server.editor_key();
        let address = || {
            let catalogue = described(server);
            let forms = dataset(&catalogue, "programmes")["distribution"].as_array().unwrap().clone();
            forms.iter().find(|form| form["title"]["@none"] == "IATI 2.03").map(|form| form["downloadURL"].as_str().unwrap().to_owned())
        };
        assert_eq!(address(), None, "there is no programme");
        server.create(&key, "/v1/programmes", &json!({"slug": "roads", "title": "Roads", "status": "published"}));
        assert_eq!(address(), None, "no programme is complete");
        server.create(&key, "/v1/partners", &json!({"slug": "ministry", "name": "Ministry", "status": "published", "iati_identifier": "XM-EXAMPLE-1"}));
        server.patch(&key, "/v1/programmes/roads", &json!({"description": "Safe roads.", "iati_identifier": "XM-EXAMPLE-1-ROADS", "start_date": "2021-01-01", "countries": ["AL"], "sectors": [{"code": "15180"}], "partners": [{"partner": "ministry", "role": "implementer"}]}));
        // An incomplete programme must not take the file away.
        server.create(&key, "/v1/programmes", &json!({"slug": "bridges", "title": "Bridges", "status": "published"}));
        let advertised = address().expect("the file has an activity");
        server.get(advertised.strip_prefix(&server.base()).unwrap()).expect(200);
        assert_eq!(advertised, format!("{}/iati/activities.xml", server.base()));
        server.get("/iati/activities.xml?incomplete=refuse").problem(422, "incomplete-catalogue");
    }

    fn dcat_licence_is_configurable(server: &TestServer, |settings| settings.licence_url = Some("https://creativecommons.org/licenses/by/4.0/".to_owned())) {
        let catalogue = described(server);
        let licensed = objects(&catalogue).into_iter().filter(|object| matches!(object["@type"].as_str(), Some("Catalog" | "Distribution" | "DataService")));
        assert!(licensed.clone().count() > 10 && licensed.into_iter().all(|object| object["license"]["@id"] == "https://creativecommons.org/licenses/by/4.0/"), "{catalogue}");
    }

    fn dcat_is_cached_and_linked(server: &TestServer) {
        let key = server.editor_key();
        let first = server.get(PATH).expect(200);
        let tag = first.required_header("etag").to_owned();
        assert_eq!((first.required_header("cache-control"), first.required_header("vary").contains("Accept-Language")), ("public, max-age=60, stale-while-revalidate=600", false));
        assert!(server.request("GET", PATH).header("If-None-Match", &tag).send().expect(304).body.is_empty());
        assert_eq!(server.request("HEAD", PATH).send().expect(200).required_header("etag"), tag);
        server.create(&key, "/v1/videos", &json!({"title": "Film", "status": "published", "countries": ["XK"]}));
        let second = server.request("GET", PATH).header("If-None-Match", &tag).send().expect(200);
        assert_eq!(dataset(&second.json(), "videos")["spatial"], json!([{"@id": format!("{AUTHORITY}/country/1A0"), "@type": "Location"}]));
        assert!(dataset(&second.json(), "videos").get("modified").is_some() && dataset(&second.json(), "partners").get("modified").is_none());
        let links = server.read("/.well-known/api-catalog");
        assert_eq!(links["linkset"][1]["describedby"][0], json!({"href": format!("{}{PATH}", server.base()), "type": "application/ld+json"}));
    }
}
