//! The part of `XPath` 1.0 that the IATI Ruleset uses, over roxmltree.

use std::iter::Peekable;
use std::vec::IntoIter;

use roxmltree::Node;

const XML: &str = "http://www.w3.org/XML/1998/namespace";

/// A node of a document.
#[derive(Clone, Copy, Debug)]
pub enum Item<'a, 'i> {
    Element(Node<'a, 'i>),
    Attribute(&'a str),
    Text(&'a str),
}

impl Item<'_, '_> {
    /// Its text.
    pub fn text(&self) -> String {
        match self {
            Self::Element(node) => {
                node.descendants().filter(Node::is_text).filter_map(|text| text.text()).collect()
            }
            Self::Attribute(text) | Self::Text(text) => (*text).to_owned(),
        }
    }
}

/// The value of an expression.
#[derive(Clone, Debug)]
enum Value<'a, 'i> {
    Nodes(Vec<Item<'a, 'i>>),
    Number(f64),
    Text(String),
    Boolean(bool),
}

impl Value<'_, '_> {
    fn boolean(&self) -> bool {
        match self {
            Self::Nodes(nodes) => !nodes.is_empty(),
            Self::Number(number) => *number != 0.0 && !number.is_nan(),
            Self::Text(text) => !text.is_empty(),
            Self::Boolean(boolean) => *boolean,
        }
    }

    fn number(&self) -> f64 {
        match self {
            Self::Nodes(nodes) => number(&nodes.first().map(Item::text).unwrap_or_default()),
            Self::Number(number) => *number,
            Self::Text(text) => number(text),
            Self::Boolean(boolean) => f64::from(u8::from(*boolean)),
        }
    }

    /// Compares as `XPath` does: a node set if any of its nodes does.
    fn compares(&self, operator: &str, other: &Self) -> bool {
        let numbers = |left: f64, right: f64| match operator {
            "=" => (left - right).abs() == 0.0,
            "!=" => (left - right).abs() != 0.0,
            "<" => left < right,
            ">" => left > right,
            "<=" => left <= right,
            ">=" => left >= right,
            other => panic!("operator {other}"),
        };
        match (self, other) {
            (Self::Nodes(nodes), Self::Text(text)) | (Self::Text(text), Self::Nodes(nodes)) => {
                nodes.iter().any(|node| (node.text() == *text) == (operator == "="))
            }
            (Self::Nodes(nodes), right) => {
                nodes.iter().any(|node| numbers(number(&node.text()), right.number()))
            }
            (left, Self::Nodes(nodes)) => {
                nodes.iter().any(|node| numbers(left.number(), number(&node.text())))
            }
            (left, right) => numbers(left.number(), right.number()),
        }
    }
}

fn number(text: &str) -> f64 {
    let text = text.trim();
    let is_number = !text.is_empty()
        && text.trim_start_matches('-').bytes().all(|byte| b"0123456789.".contains(&byte));
    if is_number { text.parse().unwrap_or(f64::NAN) } else { f64::NAN }
}

/// The nodes that a path selects.
pub fn select<'a, 'i>(context: Node<'a, 'i>, path: &str) -> Vec<Item<'a, 'i>> {
    match evaluate(context, path) {
        Value::Nodes(nodes) => nodes,
        other => panic!("{path} is not a path: {other:?}"),
    }
}

/// Whether a condition holds.
pub fn holds(context: Node<'_, '_>, condition: &str) -> bool {
    evaluate(context, condition).boolean()
}

fn evaluate<'a, 'i>(context: Node<'a, 'i>, expression: &str) -> Value<'a, 'i> {
    let mut parser = Parser { tokens: tokens(expression).into_iter().peekable(), context };
    let value = parser.or();
    assert!(parser.tokens.next().is_none(), "{expression} was not read to its end");
    value
}

fn tokens(expression: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    let mut rest = expression;
    while let Some(first) = rest.chars().next() {
        let length = match first {
            ' ' => 1,
            '\'' | '"' => rest[1..].find(first).expect("a text ends") + 2,
            '/' | '!' | '<' | '>' | '.' => {
                let double = ["//", "!=", "<=", ">=", ".."].iter().any(|two| rest.starts_with(two));
                1 + usize::from(double)
            }
            _ if is_name(first) => rest.find(|other| !is_name(other)).unwrap_or(rest.len()),
            _ => 1,
        };
        if first != ' ' {
            tokens.push(rest[..length].to_owned());
        }
        rest = &rest[length..];
    }
    tokens
}

fn is_name(character: char) -> bool {
    character.is_alphanumeric() || matches!(character, '-' | '_' | ':')
}

struct Parser<'a, 'i> {
    tokens: Peekable<IntoIter<String>>,
    context: Node<'a, 'i>,
}

impl<'a, 'i> Parser<'a, 'i> {
    fn takes(&mut self, token: &str) -> bool {
        self.tokens.next_if(|next| next == token).is_some()
    }

    fn or(&mut self) -> Value<'a, 'i> {
        let mut value = self.and();
        while self.takes("or") {
            let right = self.and();
            value = Value::Boolean(value.boolean() || right.boolean());
        }
        value
    }

    fn and(&mut self) -> Value<'a, 'i> {
        let mut value = self.comparison();
        while self.takes("and") {
            let right = self.comparison();
            value = Value::Boolean(value.boolean() && right.boolean());
        }
        value
    }

    fn comparison(&mut self) -> Value<'a, 'i> {
        let left = self.sum();
        let operators = ["=", "!=", "<", ">", "<=", ">="];
        match self.tokens.next_if(|next| operators.contains(&next.as_str())) {
            Some(operator) => Value::Boolean(left.compares(&operator, &self.sum())),
            None => left,
        }
    }

    fn sum(&mut self) -> Value<'a, 'i> {
        let mut value = self.primary();
        while self.takes("+") {
            value = Value::Number(value.number() + self.primary().number());
        }
        value
    }

    fn primary(&mut self) -> Value<'a, 'i> {
        let next = self.tokens.peek().expect("an expression goes on").clone();
        if let Some(text) = next.strip_prefix(['\'', '"']) {
            self.tokens.next();
            return Value::Text(text[..text.len() - 1].to_owned());
        }
        if next.bytes().all(|byte| byte.is_ascii_digit()) {
            self.tokens.next();
            return Value::Number(number(&next));
        }
        if next == "(" {
            self.tokens.next();
            let value = self.or();
            assert!(self.takes(")"), "a parenthesis is closed");
            return value;
        }
        if ["count", "not", "number"].contains(&next.as_str()) {
            self.tokens.next();
            assert!(self.takes("("), "a function has an argument");
            let argument = self.or();
            assert!(self.takes(")"), "a function ends");
            return match (next.as_str(), argument) {
                ("count", Value::Nodes(nodes)) => {
                    Value::Number(f64::from(u32::try_from(nodes.len()).expect("a small number")))
                }
                ("not", argument) => Value::Boolean(!argument.boolean()),
                ("number", argument) => Value::Number(argument.number()),
                (name, argument) => panic!("{name} of {argument:?}"),
            };
        }
        Value::Nodes(self.path())
    }

    fn path(&mut self) -> Vec<Item<'a, 'i>> {
        let mut nodes = vec![Item::Element(self.context)];
        if self.takes("//") {
            let root = self.context.document().root_element();
            let name = self.tokens.next().expect("a name");
            nodes = root
                .descendants()
                .filter(|node| is_element(*node, &name))
                .map(Item::Element)
                .collect();
        } else if self.takes("/") {
            nodes = vec![Item::Element(self.context.document().root())];
            nodes = self.step(nodes);
        } else {
            nodes = self.step(nodes);
        }
        while self.takes("/") {
            nodes = self.step(nodes);
        }
        nodes
    }

    fn step(&mut self, from: Vec<Item<'a, 'i>>) -> Vec<Item<'a, 'i>> {
        let elements: Vec<Node<'a, 'i>> = from
            .iter()
            .filter_map(|item| match item {
                Item::Element(node) => Some(*node),
                _ => None,
            })
            .collect();
        let name = self.tokens.next().expect("a step");
        if name == "@" {
            let name = self.tokens.next().expect("the name of an attribute");
            let value = |node: &Node<'a, 'i>| match name.strip_prefix("xml:") {
                Some(name) => node.attribute((XML, name)),
                None => node.attribute(name.as_str()),
            };
            return elements.iter().filter_map(value).map(Item::Attribute).collect();
        }
        if name == ".." {
            return elements.iter().filter_map(Node::parent).map(Item::Element).collect();
        }
        if name == "text" {
            assert!(self.takes("(") && self.takes(")"), "text()");
            let texts = elements.iter().flat_map(Node::children).filter(Node::is_text);
            return texts.filter_map(|text| text.text()).map(Item::Text).collect();
        }
        let mut found: Vec<Vec<Node<'a, 'i>>> = elements
            .iter()
            .map(|node| node.children().filter(|child| is_element(*child, &name)).collect())
            .collect();
        while self.takes("[") {
            let predicate = self.predicate();
            for group in &mut found {
                let kept = group.iter().enumerate().filter(|(place, node)| {
                    let tokens = predicate.clone().into_iter().peekable();
                    match (Parser { tokens, context: **node }).or() {
                        Value::Number(position) => position.to_string() == (place + 1).to_string(),
                        other => other.boolean(),
                    }
                });
                *group = kept.map(|(_, node)| *node).collect();
            }
        }
        found.into_iter().flatten().map(Item::Element).collect()
    }

    /// The tokens of a predicate.
    fn predicate(&mut self) -> Vec<String> {
        let (mut depth, mut tokens) = (1, Vec::new());
        for token in self.tokens.by_ref() {
            match token.as_str() {
                "[" => depth += 1,
                "]" => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                break;
            }
            tokens.push(token);
        }
        tokens
    }
}

fn is_element(node: Node<'_, '_>, name: &str) -> bool {
    node.is_element() && node.tag_name().namespace().is_none() && node.tag_name().name() == name
}

#[test]
fn evaluates_expressions_of_the_ruleset() {
    let document = roxmltree::Document::parse(
        "<r><a v=\"1\" p=\"40\"><n>x</n></a><a v=\"2\" p=\"60\"/><a/><b xml:lang=\"en\"/></r>",
    )
    .expect("well-formed");
    let root = document.root_element();
    for (condition, expected) in [
        ("count(a) = 3", true),
        ("count(a[@v='1' or @v='' or not(@v)]) > 1", true),
        ("count(a[@v = '1' or @v = '' or not(@v)]/@p) > 1", false),
        ("count(a[not(@v='1')]) + count(b) > 2", true),
        ("not(a/@p) or a/@p = 60", true),
        ("a/@p = 61", false),
        ("a[n and not(b)]", true),
        ("a[@v != '1']/@v", true),
        ("a[@v=1]/n >= 1", false),
        ("a[2]/@p = 60 and not(a[4])", true),
        ("number(a/@v) = a/@v", true),
        ("number(a/n) = a/n", false),
        ("b/@xml:lang", true),
        ("a/n/text()", true),
        ("a/n/../n", true),
    ] {
        assert_eq!(holds(root, condition), expected, "{condition}");
    }
    assert_eq!(select(root, "/r/a[@v='2']/@p")[0].text(), "60");
    assert_eq!(select(root, "//n").len(), 1);
}
