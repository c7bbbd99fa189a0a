//! Elements and attributes of IATI files.

use roxmltree::Node;

use crate::iati::activity::KINOTEKA_NAMESPACE;

/// An element.
pub(super) type Element<'a, 'i> = Node<'a, 'i>;

/// Namespace of `xml:lang`.
pub(super) const XML_NAMESPACE: &str = "http://www.w3.org/XML/1998/namespace";
/// Namespace of `xsi:noNamespaceSchemaLocation`.
pub(super) const XML_SCHEMA_INSTANCE: &str = "http://www.w3.org/2001/XMLSchema-instance";

/// Elements of an activity file and of an activity (IATI 2.03), none of which is in a namespace.
const IATI_ELEMENTS: &[&str] = &[
    "activity-date",
    "activity-scope",
    "activity-status",
    "budget",
    "capital-spend",
    "collaboration-type",
    "conditions",
    "contact-info",
    "country-budget-items",
    "crs-add",
    "default-aid-type",
    "default-finance-type",
    "default-flow-type",
    "default-tied-status",
    "description",
    "document-link",
    "fss",
    "humanitarian-scope",
    "iati-activities",
    "iati-activity",
    "iati-identifier",
    "legacy-data",
    "location",
    "other-identifier",
    "participating-org",
    "planned-disbursement",
    "policy-marker",
    "recipient-country",
    "recipient-region",
    "related-activity",
    "reporting-org",
    "result",
    "sector",
    "tag",
    "title",
    "transaction",
];

/// Text content of an element, without comments.
pub(super) fn element_text(node: Element<'_, '_>) -> String {
    node.children().filter(Node::is_text).filter_map(|child| child.text()).collect()
}

/// Child elements without a namespace.
pub(super) fn iati_elements<'a, 'i>(
    node: Element<'a, 'i>,
) -> impl Iterator<Item = Element<'a, 'i>> {
    node.children().filter(|child| child.is_element() && child.tag_name().namespace().is_none())
}

pub(super) fn kinoteka_attribute(node: Element<'_, '_>, name: &str) -> Option<String> {
    node.attribute((KINOTEKA_NAMESPACE, name)).map(str::to_owned)
}

/// The name of an element as it is written in the file, with its prefix.
pub(super) fn qualified_name<'i>(node: Element<'_, 'i>) -> &'i str {
    let text = node.document().input_text().get(node.range().start..).unwrap_or_default();
    let name = text.strip_prefix('<').unwrap_or_default();
    name.split(|c: char| c.is_whitespace() || matches!(c, '/' | '>')).next().unwrap_or_default()
}

/// Whether an element has a name of IATI, without a prefix, in another namespace: it is meant to be
/// the element of IATI, whereas an extension has a prefix or another name.
pub fn is_misplaced(node: Element<'_, '_>) -> bool {
    let name = node.tag_name().name();
    node.tag_name().namespace().is_some_and(|namespace| namespace != KINOTEKA_NAMESPACE)
        && IATI_ELEMENTS.binary_search(&name).is_ok()
        && qualified_name(node) == name
}
