//! Values that are not numbers, which become a part of the description of their statistic.

use crate::i18n::messages::Message;
use crate::iati::activity::Narratives;
use crate::iati::xml_reader::read_number;

/// A value of a file.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum FileValue<'a> {
    /// A number, as a decimal.
    Number(String),
    /// Words, or a number of a measure that has none.
    Words(&'a str),
}

impl<'a> FileValue<'a> {
    /// The value of an indicator with this measure.
    pub(super) fn read(text: Option<&'a String>, measure: &str) -> Option<Self> {
        let text = text?;
        let number = read_number(text, measure == "percentage");
        Some(match number.filter(|_| measure != "qualitative") {
            Some(number) => Self::Number(number),
            None => Self::Words(text),
        })
    }

    pub(super) fn number(&self) -> Option<&String> {
        match self {
            Self::Number(number) => Some(number),
            Self::Words(_) => None,
        }
    }

    pub(super) fn words(&self) -> Option<&'a str> {
        match self {
            Self::Number(_) => None,
            Self::Words(words) => Some(words),
        }
    }
}

/// The words of a statistic.
#[derive(Debug, Default)]
pub(super) struct ValueWords<'a> {
    /// The actual value.
    pub(super) actual: Option<&'a str>,
    /// The target.
    pub(super) target: Option<&'a str>,
    /// The baseline, and its year.
    pub(super) baseline: Option<(i64, &'a str)>,
}

impl ValueWords<'_> {
    /// Puts the words before the description in a language. The actual value stands alone, the
    /// others have a label.
    pub(super) fn describe(&self, language: &str, description: &mut Narratives) {
        let label = |message: Message| message.localize(language);
        let mut lines: Vec<String> = Vec::new();
        lines.extend(self.actual.map(str::to_owned));
        lines.extend(self.target.map(|words| format!("{}: {words}", label(Message::Target))));
        let baseline = self.baseline;
        lines.extend(
            baseline.map(|(year, words)| format!("{} ({year}): {words}", label(Message::Baseline))),
        );
        if lines.is_empty() {
            return;
        }
        let words = lines.join("\n");
        match description.iter_mut().find(|(known, _)| known == language) {
            Some((_, text)) => *text = format!("{words}\n{text}"),
            None => description.insert(0, (language.to_owned(), words)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_precede_description() {
        let words =
            ValueWords { actual: Some("N/A"), target: Some("Yes"), baseline: Some((2019, "No")) };
        let mut description = vec![("en".to_owned(), "Asked twice.".to_owned())];
        words.describe("en", &mut description);
        assert_eq!(
            description,
            [("en".to_owned(), "N/A\nTarget: Yes\nBaseline (2019): No\nAsked twice.".to_owned())]
        );
        let mut description = Vec::new();
        words.describe("mk", &mut description);
        assert_eq!(
            description,
            [("mk".to_owned(), "N/A\nЦел: Yes\nПочетна вредност (2019): No".to_owned())]
        );
        ValueWords::default().describe("sq", &mut description);
        assert_eq!(description.len(), 1);
    }

    #[test]
    fn measure_decides_what_a_number_is() {
        let read = |text: &str, measure| {
            let text = text.to_owned();
            FileValue::read(Some(&text), measure).map(|value| value.number().cloned())
        };
        assert_eq!(read("45%", "percentage"), Some(Some("45".to_owned())));
        assert_eq!(read("45%", "unit"), Some(None));
        assert_eq!(read("5", "qualitative"), Some(None));
        assert_eq!(FileValue::read(None, "unit"), None);
    }
}
