//! TTML (W3C, "Timed Text Markup Language 2") and its profiles: DFXP, IMSC, EBU-TT-D.
//!
//! Each `p` element is a cue. Italic, bold and underlined text, regions at the top of the picture
//! and the names of agents are kept.

use std::collections::HashMap;

use roxmltree::{Document, Node};

use crate::captions::formats::markup::{Markup, Styles};
use crate::captions::repair::loose_file::{LooseFile, Repairs};
use crate::captions::track::{Cue, MAX_CUES, ParseError};

/// Maximum depth of nested elements.
const MAX_DEPTH: usize = 64;
/// Maximum length of the name of an agent in characters; each of its cues contains it.
const MAX_NAME_LEN: usize = 200;
/// Maximum number of attributes of an element; each is compared with all others.
const MAX_ATTRIBUTES: usize = 500;
/// Maximum number of declared namespaces, which the parser copies to elements with others.
const MAX_NAMESPACES: usize = 100;

/// Whether a text has the root element of TTML near its start.
pub(super) fn is_ttml(text: &str) -> bool {
    let start: String = text.trim_start().chars().take(4_000).collect();
    start.starts_with('<')
        && (start.contains("<tt ") || start.contains("<tt>") || start.contains(":tt "))
}

/// Parses a file; fails if it is not well-formed XML.
pub(super) fn parse(text: &str, repairs: &mut Repairs) -> Result<LooseFile, ParseError> {
    check_attributes(text)?;
    let document = Document::parse(text).map_err(|error| {
        let line = usize::try_from(error.pos().row).unwrap_or(1);
        ParseError::new(line, "invalid_xml", format!("The file is not well-formed XML: {error}."))
    })?;
    let root = document.root_element();
    let mut reader = Reader {
        line_ends: text.match_indices('\n').map(|(at, _)| at).collect(),
        clock: Clock::of(root),
        definitions: root
            .descendants()
            .filter_map(|node| Some((attribute(node, "id")?, Definition::of(node))))
            .collect(),
        file: LooseFile::default(),
        repairs,
    };
    if let Some(body) = root.children().find(|node| is_element(*node, "body")) {
        reader.read_timed(body, Inherited::default(), 0);
    }
    Ok(reader.file)
}

/// Rejects elements with too many attributes, of which the parser compares each pair, and too many
/// namespaces.
fn check_attributes(text: &str) -> Result<(), ParseError> {
    if text.matches("xmlns").count() > MAX_NAMESPACES {
        let detail = format!("The file declares more than {MAX_NAMESPACES} namespaces.");
        return Err(ParseError::new(1, "invalid_xml", detail));
    }
    for (at, tag) in text.match_indices('<') {
        let tag = text.get(at..).unwrap_or(tag);
        let tag = tag.find('>').and_then(|end| tag.get(..end)).unwrap_or(tag);
        if tag.bytes().filter(|byte| *byte == b'=').count() > MAX_ATTRIBUTES {
            let line = text.bytes().take(at).filter(|byte| *byte == b'\n').count() + 1;
            let detail = format!("The element has more than {MAX_ATTRIBUTES} attributes.");
            return Err(ParseError::new(line, "invalid_xml", detail));
        }
    }
    Ok(())
}

/// What elements inherit from those around them.
#[derive(Clone, Copy, Default)]
struct Inherited {
    /// Start of the parent in milliseconds.
    start_ms: i64,
    /// End of the parent, if it has one.
    end_ms: Option<i64>,
    styles: Styles,
    is_at_top: bool,
}

/// What an element with an identifier defines: a style, a region or an agent.
#[derive(Default)]
struct Definition {
    styles: [Option<bool>; 3],
    is_at_top: bool,
    agent_name: Option<String>,
}

impl Definition {
    fn of(node: Node<'_, '_>) -> Self {
        let name = node.children().find(|child| is_element(*child, "name"));
        Self {
            styles: own_styles(node),
            is_at_top: attribute(node, "displayAlign") == Some("before"),
            agent_name: name
                .and_then(|name| name.text())
                .filter(|name| name.chars().count() <= MAX_NAME_LEN)
                .map(str::to_owned),
        }
    }
}

/// The styles that an element sets or unsets.
fn own_styles(node: Node<'_, '_>) -> [Option<bool>; 3] {
    let values = [
        ("fontStyle", "italic", "normal"),
        ("fontWeight", "bold", "normal"),
        ("textDecoration", "underline", "none"),
    ];
    values.map(|(name, set, unset)| match attribute(node, name) {
        Some(value) if value == set => Some(true),
        Some(value) if value == unset => Some(false),
        _ => None,
    })
}

struct Reader<'a, 'r> {
    /// Offsets of line ends.
    line_ends: Vec<usize>,
    clock: Clock,
    /// Definitions by `xml:id`.
    definitions: HashMap<&'a str, Definition>,
    file: LooseFile,
    repairs: &'r mut Repairs,
}

impl<'a> Reader<'a, '_> {
    /// Reads `body`, `div` and `p`, whose times are relative to those of the element around them.
    fn read_timed(&mut self, node: Node<'a, 'a>, parent: Inherited, depth: usize) {
        // More are an error.
        if self.file.cues.len() > MAX_CUES {
            return;
        }
        if depth > MAX_DEPTH {
            let line = self.line(node);
            self.repairs.add(line, "too_deep", "The element is nested too deeply; it was dropped.");
            return;
        }
        let Some(own) = self.inherit_times(node, parent) else {
            let line = self.line(node);
            let detail = "The times of the element cannot be read; it was dropped.";
            self.repairs.add(line, "invalid_time", detail);
            return;
        };
        let own = self.inherit_styles(node, own);
        if !is_element(node, "p") {
            let children = node.children().filter(Node::is_element);
            children.for_each(|child| self.read_timed(child, own, depth + 1));
            return;
        }
        let mut markup = Markup::default();
        self.read_text(node, own.styles, &mut markup, depth);
        let payload = markup.finish(self.agent_name(node).as_deref());
        if payload.is_empty() {
            return;
        }
        let Some(end_ms) = own.end_ms else {
            let line = self.line(node);
            self.repairs.add(line, "invalid_time", "The paragraph has no end; it was dropped.");
            return;
        };
        let settings = if own.is_at_top { "line:0".to_owned() } else { String::new() };
        let cue = Cue { start_ms: own.start_ms, end_ms, settings, payload, ..Cue::default() };
        let line = self.line(node);
        self.file.cues.push((line, cue));
    }

    /// The times of an element; `None` if they are invalid.
    fn inherit_times(&self, node: Node<'a, 'a>, parent: Inherited) -> Option<Inherited> {
        let time = |name| match attribute(node, name) {
            Some(text) => self.clock.parse(text).map(Some),
            None => Some(None),
        };
        let start_ms = parent.start_ms.saturating_add(time("begin")?.unwrap_or(0));
        let end = time("end")?.map(|end| parent.start_ms.saturating_add(end));
        let duration = time("dur")?.map(|duration| start_ms.saturating_add(duration));
        let end_ms = [end, duration, parent.end_ms].into_iter().flatten().min();
        Some(Inherited { start_ms, end_ms, ..parent })
    }

    /// The styles of an element: those of the elements around it, of its region, of the styles that
    /// it refers to, and its own.
    fn inherit_styles(&self, node: Node<'a, 'a>, mut inherited: Inherited) -> Inherited {
        let definition = |id| self.definitions.get(id);
        if let Some(region) = attribute(node, "region").and_then(definition) {
            inherited.is_at_top = region.is_at_top;
        }
        let referred = attribute(node, "style").unwrap_or_default().split_whitespace();
        let referred = referred.filter_map(definition).map(|definition| definition.styles);
        for styles in referred.chain([own_styles(node)]) {
            for (style, inherited) in styles.iter().zip(&mut inherited.styles) {
                *inherited = style.unwrap_or(*inherited);
            }
        }
        inherited
    }

    /// Reads the text of an element: line breaks of the file are spaces, `br` elements are not.
    fn read_text(&self, node: Node<'a, 'a>, styles: Styles, markup: &mut Markup, depth: usize) {
        if depth > MAX_DEPTH {
            return;
        }
        for child in node.children() {
            if let Some(text) = child.text().filter(|_| child.is_text()) {
                let words: Vec<&str> = text.split([' ', '\t', '\n', '\r']).collect();
                let is_space = |words: &&[&str]| words.iter().all(|word| word.is_empty());
                if is_space(&words.as_slice()) {
                    markup.push(" ", styles);
                    continue;
                }
                let inner: Vec<&str> =
                    words.iter().copied().filter(|word| !word.is_empty()).collect();
                let before =
                    if words.first().is_some_and(|word| word.is_empty()) { " " } else { "" };
                let after = if words.last().is_some_and(|word| word.is_empty()) { " " } else { "" };
                markup.push(&format!("{before}{}{after}", inner.join(" ")), styles);
            } else if is_element(child, "br") {
                markup.push("\n", styles);
            } else if is_element(child, "span") {
                let inherited = Inherited { styles, ..Inherited::default() };
                self.read_text(
                    child,
                    self.inherit_styles(child, inherited).styles,
                    markup,
                    depth + 1,
                );
            }
        }
    }

    /// The name of the agent that an element refers to.
    fn agent_name(&self, node: Node<'a, 'a>) -> Option<String> {
        let id = node.ancestors().find_map(|node| attribute(node, "agent"))?;
        self.definitions.get(id.split_whitespace().next()?)?.agent_name.clone()
    }

    fn line(&self, node: Node<'a, 'a>) -> usize {
        let start = node.range().start;
        self.line_ends.partition_point(|end| *end < start) + 1
    }
}

/// Whether a node is an element with a local name; namespaces differ between versions.
fn is_element(node: Node<'_, '_>, name: &str) -> bool {
    node.is_element() && node.tag_name().name() == name
}

/// The value of an attribute with a local name.
fn attribute<'a>(node: Node<'a, '_>, name: &str) -> Option<&'a str> {
    node.attributes().find(|attribute| attribute.name() == name).map(|attribute| attribute.value())
}

/// The units of time expressions (TTML 2, 12.3 "time value expressions").
struct Clock {
    frames_per_second: f64,
    ticks_per_second: f64,
}

impl Clock {
    fn of(root: Node<'_, '_>) -> Self {
        let number =
            |name| attribute(root, name).and_then(|value| value.trim().parse::<f64>().ok());
        let multiplier = attribute(root, "frameRateMultiplier").and_then(|value| {
            let (numerator, denominator) = value.split_once([' ', ':'])?;
            let denominator: f64 = denominator.trim().parse().ok().filter(|value| *value > 0.0)?;
            Some(numerator.trim().parse::<f64>().ok()? / denominator)
        });
        let is_positive = |value: &f64| *value > 0.0;
        let frames = number("frameRate").filter(is_positive).unwrap_or(30.0);
        let frames_per_second = frames * multiplier.filter(is_positive).unwrap_or(1.0);
        let ticks_per_second = number("tickRate").filter(is_positive).unwrap_or(1.0);
        Self { frames_per_second, ticks_per_second }
    }

    /// A time expression in milliseconds.
    fn parse(&self, text: &str) -> Option<i64> {
        let text = text.trim();
        let seconds = if text.contains(':') {
            let fields: Vec<f64> = text.split(':').map(parse_decimal).collect::<Option<_>>()?;
            let (clock, frames) = match fields.as_slice() {
                [hours, minutes, seconds] => ([*hours, *minutes, *seconds], 0.0),
                [hours, minutes, seconds, frames] => ([*hours, *minutes, *seconds], *frames),
                _ => return None,
            };
            let [hours, minutes, seconds] = clock;
            (hours * 60.0 + minutes) * 60.0 + seconds + frames / self.frames_per_second
        } else {
            let unit_at = text.find(|c: char| c.is_ascii_alphabetic())?;
            let (number, unit) = text.split_at_checked(unit_at)?;
            let seconds_per_unit = match unit {
                "h" => 3_600.0,
                "m" => 60.0,
                "s" => 1.0,
                "ms" => 0.001,
                "f" => 1.0 / self.frames_per_second,
                "t" => 1.0 / self.ticks_per_second,
                _ => return None,
            };
            parse_decimal(number)? * seconds_per_unit
        };
        // Rounded without a cast, which could truncate.
        format!("{:.0}", seconds * 1_000.0).parse().ok()
    }
}

/// A number of digits with an optional fraction.
fn parse_decimal(text: &str) -> Option<f64> {
    let is_decimal =
        !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    is_decimal.then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    type FoundCue = (usize, i64, i64, String, String);

    fn cues(text: &str) -> Vec<FoundCue> {
        let cues = parse(text, &mut Repairs::default()).unwrap().cues;
        cues.into_iter()
            .map(|(line, cue)| (line, cue.start_ms, cue.end_ms, cue.settings, cue.payload))
            .collect()
    }

    #[test]
    fn parses_paragraphs() {
        let file = r#"<?xml version="1.0" encoding="UTF-8"?>
<tt xmlns="http://www.w3.org/ns/ttml" xmlns:tts="http://www.w3.org/ns/ttml#styling" xmlns:ttm="http://www.w3.org/ns/ttml#metadata">
  <head>
    <metadata><ttm:agent xml:id="ana"><ttm:name>Ana</ttm:name></ttm:agent></metadata>
    <styling><style xml:id="kurziv" tts:fontStyle="italic"/></styling>
    <layout><region xml:id="gore" tts:displayAlign="before"/></layout>
  </head>
  <body begin="1s"><div>
    <p begin="00:00:01.000" end="00:00:02.500" ttm:agent="ana">Da &amp;
      <span style="kurziv">ne</span><br/>možda</p>
    <p begin="3s" dur="1500ms" region="gore" style="kurziv">Gore</p>
    <p begin="x" end="2s">Broken</p>
    <p begin="9s" end="10s"> <metadata>No text</metadata> </p>
  </div></body>
</tt>"#;
        let expected: [FoundCue; 2] = [
            (9, 2_000, 3_500, String::new(), "<v Ana>Da &amp; <i>ne\n</i>možda".to_owned()),
            (11, 4_000, 5_500, "line:0".to_owned(), "<i>Gore</i>".to_owned()),
        ];
        assert_eq!(cues(file), expected);
        assert_eq!(parse("<tt>\n<p></tt>", &mut Repairs::default()).unwrap_err().line, 2);
    }

    #[test]
    fn parses_time_expressions() {
        let clock = Clock { frames_per_second: 25.0, ticks_per_second: 10_000_000.0 };
        for (text, expected) in [
            ("00:00:01.5", Some(1_500)),
            ("01:02:03", Some(3_723_000)),
            ("00:00:01:05", Some(1_200)),
            ("12.5s", Some(12_500)),
            ("250ms", Some(250)),
            ("1.5m", Some(90_000)),
            ("2h", Some(7_200_000)),
            ("50f", Some(2_000)),
            ("15000000t", Some(1_500)),
            ("12", None),
            ("-1s", None),
            ("1:2", None),
            ("infs", None),
        ] {
            assert_eq!(clock.parse(text), expected, "{text}");
        }
    }
}
