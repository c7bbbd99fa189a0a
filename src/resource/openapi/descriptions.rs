//! Descriptions of the OpenAPI document that come from comments.

use serde_json::Value;

/// Joins the lines of each paragraph in descriptions: they come from comments, which are wrapped at
/// 100 columns. Lists, tables and examples are unchanged.
pub fn unwrap_descriptions(value: &mut Value) {
    match value {
        Value::Object(members) => {
            for (name, member) in members.iter_mut() {
                match member {
                    Value::String(text) if name == "description" => *text = join_lines(text),
                    _ if name == "example" || name == "examples" => {}
                    other => unwrap_descriptions(other),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(unwrap_descriptions),
        _ => {}
    }
}

/// The text with a blank instead of each line break within a paragraph.
fn join_lines(text: &str) -> String {
    let mut joined = String::with_capacity(text.len());
    for line in text.lines() {
        let starts_block = line.is_empty() || line.starts_with(['-', '*', '|', '#', ' ']);
        match joined.chars().last() {
            None => {}
            Some(last) if starts_block || last == '\n' => joined.push('\n'),
            Some(_) => joined.push(' '),
        }
        joined.push_str(line);
    }
    joined
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn joins_wrapped_lines_of_paragraphs() {
        for (text, joined) in [
            ("One\nparagraph.", "One paragraph."),
            ("One\nparagraph.\n\nAnother\none.", "One paragraph.\n\nAnother one."),
            ("A list:\n- first\n- second,\nwrapped", "A list:\n- first\n- second, wrapped"),
            ("| a |\n|---|\n| b |", "| a |\n|---|\n| b |"),
        ] {
            assert_eq!(join_lines(text), joined);
        }
    }

    #[test]
    fn examples_keep_their_line_breaks() {
        let mut document = json!({"description": "a\nb", "example": {"description": "c\nd"}});
        unwrap_descriptions(&mut document);
        assert_eq!(document, json!({"description": "a b", "example": {"description": "c\nd"}}));
    }
}
