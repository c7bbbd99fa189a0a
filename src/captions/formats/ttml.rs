//! TTML (W3C, "Timed Text Markup Language 2") and its profiles: DFXP, IMSC, EBU-TT-D.
//!
//! Each `p` element is a cue, or several if its spans have times. Italic, bold and underlined text, regions at the top of the picture
//! and the names of agents are kept.

use std::collections::HashMap;

use roxmltree::{Document, Node};

use crate::captions::formats::markup::{Markup, Styles};
use crate::captions::formats::ttml_timing::{Clock, Sequence, attribute, has_own_end};
use crate::captions::repair::loose_file::{LooseFile, Repairs};
use crate::captions::track::{Cue, MAX_CUES, ParseError};

/// Maximum depth of nested elements.
const MAX_DEPTH: usize = 64;
/// Maximum length of the name of an agent in characters; each of its cues contains it.
const MAX_NAME_LEN: usize = 200;
/// Maximum number of texts of a paragraph, multiplied by the number of times at which they change.
const MAX_PARAGRAPH_TEXTS: usize = 200_000;
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
    /// Start in milliseconds.
    start_ms: i64,
    /// End, if there is one.
    end_ms: Option<i64>,
    styles: Styles,
    is_at_top: bool,
}

impl Inherited {
    fn is_active_at(&self, ms: i64) -> bool {
        self.start_ms <= ms && self.end_ms.is_none_or(|end_ms| ms < end_ms)
    }
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
    /// Returns the end, which is that of the last element in it if it has none of its own.
    fn read_timed(&mut self, node: Node<'a, 'a>, parent: Inherited, depth: usize) -> Option<i64> {
        // More are an error.
        if self.file.cues.len() > MAX_CUES {
            return None;
        }
        if depth > MAX_DEPTH {
            let line = self.line(node);
            self.repairs.add(line, "too_deep", "The element is nested too deeply; it was dropped.");
            return None;
        }
        let Some(own) = self.inherit_times(node, parent) else {
            let line = self.line(node);
            let detail = "The times of the element cannot be read; it was dropped.";
            self.repairs.add(line, "invalid_time", detail);
            return None;
        };
        let own = self.inherit_styles(node, own);
        if is_element(node, "p") {
            self.read_paragraph(node, own, depth);
            return own.end_ms;
        }
        let mut sequence = Sequence::of(node, own.start_ms);
        let mut last_end_ms = None;
        for child in node.children().filter(Node::is_element) {
            let end_ms = self.read_timed(
                child,
                Inherited { start_ms: sequence.start_ms(), ..own },
                depth + 1,
            );
            let end_ms = end_ms.filter(|_| has_own_end(child) || !is_element(child, "p"));
            sequence.advance(end_ms);
            last_end_ms = last_end_ms.max(end_ms);
        }
        own.end_ms.filter(|_| has_own_end(node)).or(last_end_ms)
    }

    /// Reads a paragraph: a cue, or one for each time at which its spans appear or disappear.
    fn read_paragraph(&mut self, node: Node<'a, 'a>, own: Inherited, depth: usize) {
        let line = self.line(node);
        let mut spans = Vec::new();
        self.read_spans(node, own, &mut spans, depth);
        let agent = self.agent_name(node);
        let settings = if own.is_at_top { "line:0" } else { "" };
        // Paragraphs that are never displayed are reported as such later.
        let is_displayed = own.end_ms.is_none_or(|end_ms| end_ms > own.start_ms);
        let mut times: Vec<i64> = spans
            .iter()
            .filter(|_| is_displayed)
            .flat_map(|span| [Some(span.times.start_ms), span.times.end_ms])
            .flatten()
            .chain([own.start_ms])
            .collect();
        times.sort_unstable();
        times.dedup();
        if times.len().saturating_mul(spans.len()) > MAX_PARAGRAPH_TEXTS {
            let detail = "The paragraph has too many times; it was dropped.";
            return self.repairs.add(line, "invalid_time", detail);
        }
        let ends = times.iter().copied().skip(1).map(Some).chain([own.end_ms]);
        let mut cues: Vec<Cue> = Vec::new();
        for (start_ms, end_ms) in times.iter().copied().zip(ends) {
            let mut markup = Markup::default();
            let is_active = |span: &&Span| !is_displayed || span.times.is_active_at(start_ms);
            for span in spans.iter().filter(is_active) {
                markup.push(&span.text, span.times.styles);
            }
            let payload = markup.finish(agent.as_deref());
            if payload.is_empty() {
                continue;
            }
            let Some(end_ms) = end_ms else {
                let detail = "The paragraph has no end; its last text was dropped.";
                self.repairs.add(line, "invalid_time", detail);
                break;
            };
            let settings = settings.to_owned();
            match cues.last_mut().filter(|last| last.end_ms == start_ms && last.payload == payload)
            {
                Some(last) => last.end_ms = end_ms,
                None => cues.push(Cue { start_ms, end_ms, settings, payload, ..Cue::default() }),
            }
        }
        self.file.cues.extend(cues.into_iter().map(|cue| (line, cue)));
    }

    /// The times of an element; `None` if they are invalid. `parent` starts where the times of the
    /// element count from.
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

    /// Collects the text of an element with its times and styles: line breaks of the file are
    /// spaces, `br` elements are not.
    fn read_spans(
        &mut self,
        node: Node<'a, 'a>,
        own: Inherited,
        spans: &mut Vec<Span>,
        depth: usize,
    ) {
        if depth > MAX_DEPTH {
            return;
        }
        let mut sequence = Sequence::of(node, own.start_ms);
        let mut children = Vec::new();
        for child in node.children() {
            if let Some(text) = child.text().filter(|_| child.is_text()) {
                children.push((child, own, Some(collapse_spaces(text))));
            } else if is_element(child, "br") {
                children.push((child, own, Some("\n".to_owned())));
            } else if is_element(child, "span") {
                let Some(times) =
                    self.inherit_times(child, Inherited { start_ms: sequence.start_ms(), ..own })
                else {
                    let line = self.line(child);
                    let detail = "The times of the element cannot be read; it was dropped.";
                    self.repairs.add(line, "invalid_time", detail);
                    continue;
                };
                sequence.advance(times.end_ms.filter(|_| has_own_end(child)));
                let times = self.inherit_styles(child, Inherited { styles: own.styles, ..times });
                children.push((child, times, None));
            }
        }
        for (child, times, text) in children {
            match text {
                Some(text) => spans.push(Span { text, times }),
                None => self.read_spans(child, times, spans, depth + 1),
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

/// A text of a paragraph, with its times and styles.
struct Span {
    text: String,
    times: Inherited,
}

/// A text whose spaces and line breaks are single spaces.
fn collapse_spaces(text: &str) -> String {
    let is_space = |c: char| matches!(c, ' ' | '\t' | '\n' | '\r');
    let words: Vec<&str> = text.split(is_space).filter(|word| !word.is_empty()).collect();
    if words.is_empty() {
        return " ".to_owned();
    }
    let before = if text.starts_with(is_space) { " " } else { "" };
    let after = if text.ends_with(is_space) { " " } else { "" };
    format!("{before}{}{after}", words.join(" "))
}

/// Whether a node is an element with a local name; namespaces differ between versions.
fn is_element(node: Node<'_, '_>, name: &str) -> bool {
    node.is_element() && node.tag_name().name() == name
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
    fn ticks_are_frames_without_a_rate_of_their_own() {
        for (attributes, expected) in [
            ("", 90_000),
            ("ttp:frameRate='30'", 3_000),
            ("ttp:frameRate='30' ttp:subFrameRate='3'", 1_000),
            ("ttp:frameRate='30' ttp:frameRateMultiplier='1000 1001'", 3_003),
            ("ttp:frameRate='30' ttp:tickRate='90'", 1_000),
        ] {
            let file = format!(
                "<tt xmlns:ttp='p' {attributes}><body><p begin='0t' end='90t'>A</p></body></tt>"
            );
            assert_eq!(cues(&file)[0].2, expected, "{attributes}");
        }
    }

    fn timed(body: &str) -> Vec<(i64, i64, String)> {
        let found = cues(&format!("<tt><body>{body}</body></tt>"));
        found.into_iter().map(|(_, start, end, _, payload)| (start, end, payload)).collect()
    }

    #[test]
    fn spans_have_times() {
        let cue = |start, end, text: &str| (start, end, text.to_owned());
        for (body, expected) in [
            // Words that appear one after the other.
            (
                "<p begin='1s' end='4s'><span begin='0s'>Da</span> <span begin='1s'>ne</span></p>",
                vec![cue(1_000, 2_000, "Da"), cue(2_000, 4_000, "Da ne")],
            ),
            // Times on spans only.
            (
                "<p><span begin='1s' end='2s'>A</span><span begin='2s' dur='1s'>B</span></p>",
                vec![cue(1_000, 2_000, "A"), cue(2_000, 3_000, "B")],
            ),
            // A span that ends before its paragraph, and one within another.
            (
                "<p begin='1s' end='4s'>A<br/><span end='1s' tts:fontStyle='italic'>B</span></p>",
                vec![cue(1_000, 2_000, "A\n<i>B</i>"), cue(2_000, 4_000, "A")],
            ),
            (
                "<p begin='1s' end='9s'><span begin='1s'><span begin='1s'>A</span></span></p>",
                vec![cue(3_000, 9_000, "A")],
            ),
            ("<p begin='1s' end='2s'><span>A</span> B</p>", vec![cue(1_000, 2_000, "A B")]),
            ("<p><span begin='1s'>A</span></p>", vec![]),
        ] {
            let body = body.replace("tts:", "");
            assert_eq!(timed(&body), expected, "{body}");
        }
    }

    #[test]
    fn sequential_containers_follow_each_other() {
        let cue = |start, end, text: &str| (start, end, text.to_owned());
        for (body, expected) in [
            (
                "<div timeContainer='seq'><p dur='2s'>A</p><p begin='1s' dur='2s'>B</p><p end='1s'>C</p></div>",
                vec![cue(0, 2_000, "A"), cue(3_000, 5_000, "B"), cue(5_000, 6_000, "C")],
            ),
            (
                "<div begin='10s' timeContainer='seq'><div><p begin='1s' end='2s'>A</p></div><p dur='1s'>B</p></div>",
                vec![cue(11_000, 12_000, "A"), cue(12_000, 13_000, "B")],
            ),
            (
                "<p begin='1s' end='9s' timeContainer='seq'><span dur='1s'>A</span><span dur='2s'>B</span></p>",
                vec![cue(1_000, 2_000, "A"), cue(2_000, 4_000, "B")],
            ),
            (
                "<div timeContainer='par'><p dur='2s'>A</p><p dur='1s'>B</p></div>",
                vec![cue(0, 2_000, "A"), cue(0, 1_000, "B")],
            ),
        ] {
            assert_eq!(timed(body), expected, "{body}");
        }
    }
}
