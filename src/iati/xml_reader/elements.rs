//! Elements and attributes of IATI files.

use roxmltree::Node;

use crate::iati::activity::KINOTEKA_NAMESPACE;

/// An element.
pub(super) type Element<'a, 'i> = Node<'a, 'i>;

/// Namespace of `xml:lang`.
pub(super) const XML_NAMESPACE: &str = "http://www.w3.org/XML/1998/namespace";

/// Text content of an element, without comments.
pub(super) fn element_text(node: Element<'_, '_>) -> String {
    node.children().filter(Node::is_text).filter_map(|child| child.text()).collect()
}

/// Child elements that belong to IATI.
pub(super) fn iati_elements<'a, 'i>(
    node: Element<'a, 'i>,
) -> impl Iterator<Item = Element<'a, 'i>> {
    node.children().filter(|child| child.is_element() && child.tag_name().namespace().is_none())
}

pub(super) fn trimmed_attribute(node: Element<'_, '_>, name: &str) -> String {
    node.attribute(name).unwrap_or_default().trim().to_owned()
}

pub(super) fn kinoteka_attribute(node: Element<'_, '_>, name: &str) -> Option<String> {
    node.attribute((KINOTEKA_NAMESPACE, name)).map(str::to_owned)
}
