use kinoteka::commands::{ImportLine, line_errors, parse_line};
use kinoteka::http::problem::Problem;
use kinoteka::impact::indicators::resource::Indicators;
use kinoteka::impact::resource::ImpactStatistics;
use kinoteka::partners::resource::Partners;
use kinoteka::programmes::resource::Programmes;
use kinoteka::resource::schema::ResourceKind;
use kinoteka::resource::view::resource::Resource;
use kinoteka::saved_queries::resource::SavedQueries;
use kinoteka::text::validate_slug;
use kinoteka::topics::resource::Topics;
use kinoteka::videos::resource::Videos;

use super::items;

/// Fuzzes a line of an import file, up to the validated item.
pub fn import_line(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    match parse_line(1, text) {
        Err(error) => items::assert_printable(&error),
        Ok(line) => {
            let readers: [(ResourceKind, Reader); 7] = [
                (ResourceKind::TOPIC, read::<Topics>),
                (ResourceKind::PARTNER, read::<Partners>),
                (ResourceKind::PROGRAMME, read::<Programmes>),
                (ResourceKind::VIDEO, read::<Videos>),
                (ResourceKind::INDICATOR, read::<Indicators>),
                (ResourceKind::IMPACT_STATISTIC, read::<ImpactStatistics>),
                (ResourceKind::SAVED_QUERY, read::<SavedQueries>),
            ];
            if let Some((_, read)) = readers.iter().find(|(kind, _)| *kind == line.kind) {
                read(&line);
            }
        }
    }
}

type Reader = fn(&ImportLine);

fn read<S: Resource>(line: &ImportLine) {
    assert_eq!(validate_slug(&line.slug), Ok(()));
    assert_eq!(line.kind, S::SCHEMA.kind);
    let parsed = match items::read::<S>(&line.body, None) {
        Ok(parsed) => parsed,
        Err(errors) => {
            let messages = line_errors(line, &Problem::invalid_fields(errors));
            assert!(!messages.is_empty());
            for (number, text) in messages {
                assert_eq!(number, 1);
                assert!(!text.chars().any(char::is_control), "{text:?}");
            }
            return;
        }
    };
    assert_eq!(parsed.slug.as_ref(), Some(&line.slug));
    // An exported item can be imported.
    let mut body = items::round_trip::<S>(&line.body, parsed);
    body["resource"] = line.kind.as_str().into();
    let again = parse_line(2, &body.to_string())
        .unwrap_or_else(|error| panic!("{body} cannot be imported: {error}"));
    assert_eq!((again.kind, &again.slug), (line.kind, &line.slug));
}
