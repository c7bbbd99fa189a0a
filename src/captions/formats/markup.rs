//! Builds the payload of a cue from styled text.

use crate::captions::webvtt_cue_text::escape;

/// The tags for italic, bold and underlined text.
const TAGS: [&str; 3] = ["i", "b", "u"];

/// Styles of a text: italic, bold and underlined.
pub(super) type Styles = [bool; 3];

/// A payload under construction.
#[derive(Default)]
pub(super) struct Markup {
    payload: String,
    styles: Styles,
}

impl Markup {
    /// Appends text in a style; line breaks are those of the payload.
    pub(super) fn push(&mut self, text: &str, styles: Styles) {
        // Tags enclose text only.
        let visible = text.trim_start();
        let (space, visible) =
            text.split_at_checked(text.len() - visible.len()).unwrap_or(("", text));
        self.payload.push_str(space);
        if visible.is_empty() {
            return;
        }
        self.change_styles(styles);
        self.payload.push_str(&escape(visible));
    }

    fn change_styles(&mut self, styles: Styles) {
        if styles == self.styles {
            return;
        }
        for (tag, _) in TAGS.iter().zip(self.styles).rev().filter(|(_, is_set)| *is_set) {
            self.payload.extend(["</", *tag, ">"]);
        }
        for (tag, _) in TAGS.iter().zip(styles).filter(|(_, is_set)| *is_set) {
            self.payload.extend(["<", *tag, ">"]);
        }
        self.styles = styles;
    }

    /// The payload, spoken by `voice` if given: lines without spaces around them, none blank.
    pub(super) fn finish(mut self, voice: Option<&str>) -> String {
        self.change_styles(Styles::default());
        let is_blank = |c: char| c.is_whitespace() || c.is_control();
        let lines = self.payload.split('\n').map(|line| line.trim_matches(is_blank));
        let lines: Vec<String> = lines
            .filter(|line| !line.is_empty())
            .map(|line| line.replace(char::is_control, " "))
            .collect();
        let text = lines.join("\n");
        let voice = voice.map(|name| name.split_whitespace().collect::<Vec<_>>().join(" "));
        match voice.filter(|name| !name.is_empty() && !text.is_empty()) {
            Some(name) => format!("<v {}>{text}", escape(&name.replace(char::is_control, " "))),
            None => text,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn builds_payloads() {
        let mut markup = Markup::default();
        for (text, styles) in [
            (" Da ", [false; 3]),
            ("ne", [true, false, false]),
            (" \n ", [false; 3]),
            ("\n& <možda>", [true, true, false]),
            ("!", [false; 3]),
        ] {
            markup.push(text, styles);
        }
        assert_eq!(
            markup.finish(Some(" Ana  M ")),
            "<v Ana M>Da <i>ne\n</i><i><b>&amp; &lt;možda&gt;</b></i>!"
        );
        assert_eq!(Markup::default().finish(Some("Ana")), "");
    }
}
