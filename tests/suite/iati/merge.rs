//! `kinoteka iati merge`: results of the catalogue in an organisation's own file.

use std::process::Output;

use roxmltree::{Document, Node};
use serde_json::json;

use super::ruleset::{all, narratives, one};
use super::{attributes, each, whole};
use crate::on_both;
use crate::support::process::{expect_exit, kinoteka, stderr_text, stdout_text};
use crate::support::{TestServer, xmllint};

const OURS: &str = "urn:kinoteka:iati";

/// An own file with two activities, comments, odd white space and elements that Kinoteka does not
/// know. The result has a value that the catalogue has, too.
const OWN: &str = "<?xml version='1.0' encoding='UTF-8'?>\r\n<!-- ours --><iati-activities version=\"2.03\"   generated-datetime='2024-01-01T00:00:00'>\r\n\
\t<iati-activity xml:lang=\"en\" default-currency=\"EUR\" last-updated-datetime=\"2024-01-01T00:00:00\">\r\n\
\t\t<iati-identifier>XM-EXAMPLE-1-NORMS</iati-identifier>\r\n\
\t\t<reporting-org ref=\"XM-EXAMPLE-1\" type=\"22\"><narrative>Network</narrative></reporting-org>\r\n\
\t\t<title>\r\n\t\t\t<narrative>Norms &amp; minds</narrative></title>\r\n\
\t\t<description type=\"2\"><narrative>Objectives</narrative></description><description><narrative xml:lang='en'><![CDATA[About <it>]]></narrative></description>\r\n\
\t\t<participating-org role=\"4\" ref=\"XM-EXAMPLE-1\" type=\"22\"><narrative>Network</narrative></participating-org>\r\n\
\t\t<activity-status code=\"2\"/>\r\n\t\t<activity-date type=\"2\" iso-date=\"2020-01-01\"/>\r\n\
\t\t<recipient-country code=\"XK\"/><location ref=\"KOS\"><location-id vocabulary=\"A4\" code=\"XK\"/><name><narrative>Kosovo*</narrative></name></location>\r\n\
\t\t<sector code=\"15180\" vocabulary=\"1\"></sector>\r\n\
\t\t<budget><period-start iso-date=\"2020-01-01\"/><period-end iso-date=\"2020-12-31\"/><value value-date=\"2020-01-01\">5</value></budget>\r\n\
\t\t<conditions attached=\"0\"/>  <!-- no conditions -->\r\n\
\t\t<result type=\"1\"><title><narrative>People at the forum</narrative></title><indicator measure=\"1\"><title><narrative>People at the forum</narrative></title>\
<period><period-start iso-date=\"2020-01-01\"/><period-end iso-date=\"2020-12-31\"/><actual value=\"1500.0\"><location ref=\"KOS\"/><dimension name=\"sex\" value=\"female\"/></actual></period></indicator></result>\r\n\
\t\t<x:note xmlns:x=\"urn:other\">kept</x:note>\r\n\t</iati-activity>\r\n\
  <iati-activity xml:lang=\"en\"><iati-identifier>XM-EXAMPLE-1-OTHER</iati-identifier><reporting-org ref=\"XM-EXAMPLE-1\" type=\"22\"><narrative>N</narrative></reporting-org>\
<title><narrative>O</narrative></title><description><narrative>O</narrative></description><participating-org role=\"4\"><narrative>N</narrative></participating-org>\
<activity-status code=\"2\"/><activity-date type=\"2\" iso-date=\"2020-01-01\"/><recipient-country code=\"AL\"/><sector code=\"15180\"/></iati-activity>\r\n\
</iati-activities>\r\n";

struct Merge<'a> {
    server: &'a TestServer,
    directory: tempfile::TempDir,
}

impl Merge<'_> {
    fn run(&self, own: &str, more: &[&str]) -> Output {
        let path = self.directory.path().join("own.xml");
        std::fs::write(&path, own).expect("the file is written");
        let arguments = [&["iati", "merge", "own.xml"], more].concat();
        let mut command =
            kinoteka(self.directory.path(), &self.server.settings.database_url, &arguments);
        command.env("KINOTEKA_BASE_URL", "https://catalogue.example.org");
        command.output().expect("the program runs")
    }

    /// Merges successfully; returns the file and the report.
    fn merged(&self, own: &str) -> (String, String) {
        let output = expect_exit(self.run(own, &[]), 0);
        let text = stdout_text(&output);
        let errors = xmllint::validation_errors("activities", text.as_bytes());
        assert!(errors.is_none(), "{errors:?}\n{text}");
        let document = Document::parse(&text).expect("well-formed");
        assert_eq!(super::standard::findings(&document), Vec::<String>::new(), "{text}");
        (text, stderr_text(&output))
    }
}

fn is_merged(node: &Node<'_, '_>) -> bool {
    node.attribute((OURS, "merged")).is_some()
}

/// Whether a text is another one with insertions only.
fn is_subsequence(of: &str, whole: &str) -> bool {
    let mut rest = whole.chars();
    of.chars().all(|expected| rest.any(|found| found == expected))
}

on_both! {
    fn merges_results_into_own_file(server: &TestServer, super::super::reporting) {
        server.import(&whole());
        server.import(&[json!({"resource": "programme", "slug": "absent", "status": "published", "title": "Absent", "iati_identifier": "XM-EXAMPLE-1-ABSENT"})]);
        let merge = Merge { server, directory: tempfile::tempdir().expect("a directory") };
        let (text, report) = merge.merged(OWN);
        for line in [
            "XM-EXAMPLE-1-NORMS: 2 indicators, 0 baselines, 4 document links, 6 narratives.",
            "1 of 2 activities merged; 0 of them had everything already.",
            "Activities without a published programme: XM-EXAMPLE-1-OTHER.",
            "Published programmes without an activity: XM-EXAMPLE-1-ABSENT.",
        ] {
            assert!(report.contains(line), "{line}: {report}");
        }
        assert!(is_subsequence(OWN, &text));
        let document = Document::parse(&text).unwrap();
        let activities = all(document.root_element(), "iati-activity");
        let activity = activities[0];
        assert_eq!(narratives(one(activity, "title")), [("", "Norms & minds"), ("cnr", "Norme i svijest"), ("sr-Cyrl", "Норме"), ("sr", "Norme")]);
        assert_eq!(narratives(all(activity, "description")[1]), [("en", "About <it>"), ("cnr", "O čemu je riječ."), ("sr-Cyrl", "О чему је реч."), ("sr", "O čemu je reč.")]);
        // Line ends and indentation are those of the neighbours.
        assert!(text.contains("minds</narrative>\r\n\t\t\t<narrative xml:lang=\"cnr\""), "{text}");
        // The own result stays, and has the evidence of the same value.
        let results = all(activity, "result");
        assert_eq!(results.iter().map(is_merged).collect::<Vec<_>>(), [false, true, true]);
        let own_value = results[0].descendants().find(|node| node.tag_name().name() == "actual").unwrap();
        assert_eq!(each(own_value, "document-link"), [
            "url=https://catalogue.example.org/embed/videos/film?lang=en#t=10.5,40 format=text/html merged=true video=film",
            "url=https://e.example.org/report.pdf format=application/pdf merged=true",
        ]);
        // What it does not have is a result of the catalogue: the target, and the story.
        let values: Vec<String> = results[1].descendants().filter(|node| matches!(node.tag_name().name(), "actual" | "target")).map(attributes).collect();
        assert_eq!(values, ["value=2000"]);
        let target = results[1].descendants().find(|node| node.tag_name().name() == "target").unwrap();
        assert_eq!(each(target, "location"), ["ref=KOS"], "the location of the file");
        assert_eq!(all(activity, "location").len(), 1);
        let links = all(activity, "document-link");
        assert_eq!((links.len(), links.iter().all(is_merged)), (2, true));
        assert!(text.contains("</result>\r\n\t\t<x:note"), "{text}");
        // The other activity is as it was.
        let tail = |text: &str| text[text.find("<iati-activity xml:lang=\"en\"><iati-identifier>").unwrap()..].to_owned();
        assert_eq!(tail(&text), tail(OWN));
    }

    fn merging_again_replaces_what_was_merged(server: &TestServer, super::super::reporting) {
        server.import(&whole());
        let merge = Merge { server, directory: tempfile::tempdir().expect("a directory") };
        let (first, _) = merge.merged(OWN);
        let (second, _) = merge.merged(&first);
        assert_eq!(second, first);
        // Without white space, and with an empty element that gets a document.
        let dense = OWN.replace("\r\n", "").replace('\t', "")
            .replace("<actual value=\"1500.0\"><location ref=\"KOS\"/><dimension name=\"sex\" value=\"female\"/></actual>", "<actual value=\"1500.0\"/>");
        let key = server.editor_key();
        server.patch(&key, "/v1/impact-statistics/people", &json!({"countries": [], "disaggregation": []}));
        let (first, _) = merge.merged(&dense);
        assert!(first.contains("<actual value=\"1500.0\"><document-link url=\"https://catalogue.example.org/embed/videos/film?lang=en#t=10.5,40\""), "{first}");
        let (second, _) = merge.merged(&first);
        assert_eq!(second, first);
        // A changed catalogue replaces its part only.
        server.patch(&key, "/v1/impact-statistics/story", &json!({"label": "Courts listen"}));
        server.patch(&key, "/v1/impact-statistics/people", &json!({"countries": ["AL"]}));
        let (changed, _) = merge.merged(&first);
        assert!(changed.contains("Courts listen") && !changed.contains("Courts take survivors"), "{changed}");
        assert!(changed.contains("<location ref=\"kinoteka-AL\" xmlns:kinoteka=\"urn:kinoteka:iati\" kinoteka:merged=\"true\">"), "{changed}");
        assert!(is_subsequence(&dense.replace("<actual value=\"1500.0\"/>", "<actual value=\"1500.0\"></actual>"), &changed));
        let (expected, _) = merge.merged(&dense.replace("<actual value=\"1500.0\"/>", "<actual value=\"1500.0\"></actual>"));
        assert_eq!(changed, expected);
        // An unpublished statistic is gone.
        server.patch(&key, "/v1/impact-statistics/story", &json!({"status": "archived"}));
        assert!(!merge.merged(&changed).0.contains("Courts listen"));
    }

    fn places_are_compared_in_all_notations(server: &TestServer, super::super::reporting) {
        server.import(&whole());
        let merge = Merge { server, directory: tempfile::tempdir().expect("a directory") };
        let report = "2 indicators, 0 baselines, 4 document links, 6 narratives";
        // By the name of the country, without its code.
        let (_, named) = merge.merged(&OWN.replace("<location-id vocabulary=\"A4\" code=\"XK\"/>", "").replace(">Kosovo*<", "> kosovo*<"));
        assert!(named.contains(report), "{named}");
        // Without a location, in an activity with one country.
        let (_, implied) = merge.merged(&OWN.replace("<actual value=\"1500.0\"><location ref=\"KOS\"/>", "<actual value=\"1500.0\">"));
        assert!(implied.contains(report), "{implied}");
        // That of another country is another value.
        let (_, other) = merge.merged(&OWN.replace("<recipient-country code=\"XK\"/>", "<recipient-country code=\"AL\"/>").replace("<actual value=\"1500.0\"><location ref=\"KOS\"/>", "<actual value=\"1500.0\">"));
        assert!(other.contains("2 indicators, 0 baselines, 2 document links"), "{other}");
    }

    fn different_values_are_reported(server: &TestServer, super::super::reporting) {
        server.import(&whole());
        let merge = Merge { server, directory: tempfile::tempdir().expect("a directory") };
        let (text, report) = merge.merged(&OWN.replace("1500.0", "1400"));
        let line = "differs: XM-EXAMPLE-1-NORMS: People at the forum, actual of 2020-01-01 to 2020-12-31: 1400 in the file, which stays, and 1500 in the catalogue.";
        assert!(report.contains(line), "{report}");
        assert_eq!(text.matches("<actual").count(), 2, "that of the file, and the story: {text}");
        assert!(!text.contains("1500"), "{text}");
        // A second value that is equal is a further one.
        let key = server.editor_key();
        let equal = json!({"slug": "people-again", "status": "published", "label": "People at the forum", "value": "1500", "unit": "people", "result_type": "output", "programme": "norms",
            "countries": ["XK"], "period_start": "2020-01-01", "period_end": "2020-12-31", "ascending": true, "additive": true, "disaggregation": [{"dimension": "sex", "value": "female"}]});
        server.create(&key, "/v1/impact-statistics", &equal);
        assert_eq!(merge.merged(OWN).0.matches("<actual").count(), 3);
        server.patch(&key, "/v1/impact-statistics/people-again", &json!({"status": "archived"}));
        // A further value for the same people is not a contradiction.
        let further = json!({"slug": "people-later", "status": "published", "label": "People at the forum", "value": "7", "unit": "people", "result_type": "output", "programme": "norms",
            "countries": ["XK"], "period_start": "2020-01-01", "period_end": "2020-12-31", "ascending": true, "additive": true, "disaggregation": [{"dimension": "sex", "value": "female"}]});
        server.create(&key, "/v1/impact-statistics", &further);
        let (text, report) = merge.merged(OWN);
        assert!(!report.contains("differs:"), "{report}");
        assert_eq!(text.matches("<actual").count(), 3, "{text}");
    }

    fn lacking_baseline_is_added_to_own_indicator(server: &TestServer, super::super::reporting) {
        server.import(&whole());
        let merge = Merge { server, directory: tempfile::tempdir().expect("a directory") };
        let target = "<period><period-start iso-date=\"2021-01-01\"/><period-end iso-date=\"2021-12-31\"/><target value=\"2000\"><location ref=\"KOS\"/><dimension name=\"sex\" value=\"female\"/></target></period></indicator>";
        let own = OWN.replace("</indicator>", target);
        let (text, report) = merge.merged(&own);
        assert!(report.contains("1 indicators, 1 baselines, "), "{report}");
        let document = Document::parse(&text).unwrap();
        let activity = all(document.root_element(), "iati-activity")[0];
        let indicator = one(all(activity, "result")[0], "indicator");
        assert_eq!(each(indicator, "baseline"), ["year=2019 value=20.5 merged=true statistics=people"]);
        assert_eq!(each(one(indicator, "baseline"), "location"), ["ref=KOS"]);
        assert_eq!(merge.merged(&text).0, text);
        // A baseline of the file stays the only one.
        let other = own.replace("</title><period>", "</title><baseline year=\"2018\" value=\"1\"><location ref=\"KOS\"/><dimension name=\"sex\" value=\"female\"/></baseline><period>");
        assert!(merge.merged(&other).1.contains("0 baselines"));
        // If the programme is withdrawn, so is what was merged.
        let key = server.editor_key();
        server.patch(&key, "/v1/programmes/norms?on_references=keep", &json!({"status": "archived"}));
        let (withdrawn, report) = merge.merged(&text);
        assert_eq!(withdrawn, own);
        assert!(report.contains("0 of 2 activities merged"), "{report}");
    }

    fn merge_writes_file_and_rejects_unsuitable_ones(server: &TestServer, super::super::reporting) {
        server.import(&whole());
        server.import(&[json!({"resource": "impact_statistic", "slug": "undated", "status": "published", "label": "L", "value": "1", "programme": "norms"})]);
        let merge = Merge { server, directory: tempfile::tempdir().expect("a directory") };
        let own = merge.directory.path().join("own.xml");
        // In place; a byte order mark stays.
        let marked = format!("\u{FEFF}{OWN}");
        let output = expect_exit(merge.run(&marked, &["--output", "own.xml"]), 0);
        assert!(stdout_text(&output).is_empty() && stderr_text(&output).contains("left out: /impact-statistics/undated/period_start"), "{}", stderr_text(&output));
        let written = std::fs::read_to_string(&own).unwrap();
        assert!(is_subsequence(&marked, &written) && written.len() > marked.len());
        assert_eq!(std::fs::read_dir(merge.directory.path()).unwrap().filter(|entry| entry.as_ref().unwrap().file_name().to_string_lossy().contains(".part")).count(), 0);
        let many = (0..100).map(|number| format!("a{number}='' ")).collect::<Vec<_>>().concat();
        let many = format!("<sector {many}");
        for (from, to, code, message) in [
            ("version=\"2.03\"", "version=\"2.02\"", 2, "the file has the IATI version 2.02, and results need 2.03"),
            ("<iati-activities", "<!DOCTYPE a><iati-activities", 2, "not well-formed XML, or with a DOCTYPE"),
            ("encoding='UTF-8'", "encoding='ISO-8859-1'", 2, "declares the encoding ISO-8859-1"),
            ("<iati-identifier>XM-EXAMPLE-1-NORMS", "<iati-identifier>XM-EXAMPLE-1-NONE", 1, "no published programme has the `iati_identifier` of one of the 2 activities"),
            ("encoding='UTF-8'?>\r\n<!-- ours", "encoding='us-ascii'?>\r\n<!-- na\u{161}", 2, "declares the encoding us-ascii; save it as UTF-8"),
            ("<iati-activities ", "<iati-activities xmlns=\"urn:x\" ", 2, "line 2: `iati-activities` is in the namespace `urn:x`, but IATI has none; remove the attribute `xmlns`"),
            ("<iati-activity ", "<iati-activity xmlns=\"urn:x\" ", 2, "line 3: `iati-activity` is in the namespace `urn:x`"),
            ("<sector ", &many, 2, "line 13: an element has more than 100 attributes"),
            ("<sector ", "<sector <", 2, "not well-formed XML"),
        ] {
            assert!(OWN.contains(from), "{from}");
            let output = expect_exit(merge.run(&OWN.replacen(from, to, 1), &["--output", "merged.xml"]), code);
            assert!(stderr_text(&output).contains(message), "{message}: {}", stderr_text(&output));
            assert!(!merge.directory.path().join("merged.xml").exists());
        }
        // Texts without a language get no translations.
        let (_, report) = (String::new(), stderr_text(&expect_exit(merge.run(&OWN.replacen(" xml:lang=\"en\" default", " default", 1), &[]), 0)));
        assert!(report.contains("0 narratives") || report.contains("have no language: XM-EXAMPLE-1-NORMS"), "{report}");
        let missing = expect_exit(kinoteka(merge.directory.path(), &server.settings.database_url, &["iati", "merge", "none.xml"]).output().unwrap(), 2);
        assert!(stderr_text(&missing).contains("KINOTEKA_BASE_URL is required"), "{}", stderr_text(&missing));
        let output = expect_exit(merge.run(OWN, &["--output", "no-such-directory/x.xml"]), 1);
        assert!(stderr_text(&output).contains("cannot write no-such-directory/x.xml"), "{}", stderr_text(&output));
    }

    fn merge_changes_nothing_else(server: &TestServer, super::super::reporting) {
        server.import(&whole());
        let key = server.editor_key();
        let merge = Merge { server, directory: tempfile::tempdir().expect("a directory") };
        // Other characters are references in a file that is declared to be US-ASCII.
        let (text, _) = merge.merged(&OWN.replacen("UTF-8", "US-ASCII", 1));
        assert!(text.is_ascii() && text.contains("&#1053;&#1086;"), "{text}");
        assert_eq!(merge.merged(&text).0, text);
        // An element that gets nothing, and one that is not marked as merged.
        server.patch(&key, "/v1/impact-statistics/people", &json!({"countries": [], "disaggregation": [], "evidence": [], "source": null}));
        let own = OWN.replace("<location ref=\"KOS\"/><dimension name=\"sex\" value=\"female\"/></actual>", "")
            .replace("<actual value=\"1500.0\">", "<actual value=\"1500.0\"/>")
            .replace("<result type=\"1\">", "<result type=\"1\" xmlns:k=\"urn:kinoteka:iati\" k:merged=\"false\">");
        let (text, _) = merge.merged(&own);
        assert!(text.contains("<actual value=\"1500.0\"/>") && text.contains("k:merged=\"false\""), "{text}");
        assert!(is_subsequence(&own, &text));
    }

    fn merge_keeps_mode_and_links(server: &TestServer, super::super::reporting) {
        use std::os::unix::fs::{PermissionsExt, symlink};

        server.import(&whole());
        let merge = Merge { server, directory: tempfile::tempdir().expect("a directory") };
        let path = |name: &str| merge.directory.path().join(name);
        let mode = |name: &str| std::fs::metadata(path(name)).unwrap().permissions().mode() & 0o777;
        expect_exit(merge.run(OWN, &["--output", "new.xml"]), 0);
        assert_eq!(mode("new.xml"), 0o644);
        let merged = std::fs::read(path("new.xml")).unwrap();
        std::fs::write(path("kept.xml"), "").unwrap();
        std::fs::set_permissions(path("kept.xml"), PermissionsExt::from_mode(0o660)).unwrap();
        symlink("kept.xml", path("link.xml")).unwrap();
        symlink("absent.xml", path("dangling.xml")).unwrap();
        for (link, target, expected) in [("link.xml", "kept.xml", 0o660), ("dangling.xml", "absent.xml", 0o644)] {
            expect_exit(merge.run(OWN, &["--output", link]), 0);
            assert!(std::fs::symlink_metadata(path(link)).unwrap().is_symlink());
            assert_eq!((std::fs::read(path(target)).unwrap(), mode(target)), (merged.clone(), expected));
        }
        let output = expect_exit(merge.run(OWN, &["--output", "/dev/null"]), 0);
        assert!(stderr_text(&output).contains("1 of 2 activities merged"), "{}", stderr_text(&output));
    }
}
