//! Cycles among the files of a crate: the strongly connected components of their imports.

use std::collections::{BTreeMap, BTreeSet};

use crate::imports::Import;

/// Which node leads to which others.
pub type Graph = BTreeMap<String, BTreeSet<String>>;

/// The graph of files. Re-exports that a file does not use itself do not count: an import through
/// them is one of the file that defines the item.
pub fn graph(imports: &BTreeSet<Import>) -> Graph {
    let mut graph = Graph::new();
    for import in imports.iter().filter(|import| !import.re_export && import.from != import.to) {
        graph.entry(import.from.clone()).or_default().insert(import.to.clone());
    }
    graph
}

/// The sets of nodes of which each leads to every other, from the smallest to the largest.
pub fn cycles(graph: &Graph) -> Vec<BTreeSet<String>> {
    let reached: BTreeMap<&str, BTreeSet<&str>> =
        graph.keys().map(|node| (node.as_str(), reachable(graph, node))).collect();
    let leads = |from: &str, to: &str| reached.get(from).is_some_and(|nodes| nodes.contains(to));
    let mut found = BTreeSet::new();
    for (node, others) in &reached {
        if others.contains(node) {
            let component: BTreeSet<String> = others
                .iter()
                .filter(|other| leads(other, node))
                .map(|&other| other.to_owned())
                .collect();
            found.insert((component.len(), component));
        }
    }
    found.into_iter().map(|(_, component)| component).collect()
}

fn reachable<'g>(graph: &'g Graph, start: &str) -> BTreeSet<&'g str> {
    let mut found = BTreeSet::new();
    let mut waiting = vec![start];
    while let Some(node) = waiting.pop() {
        for next in graph.get(node).into_iter().flatten() {
            if found.insert(next.as_str()) {
                waiting.push(next);
            }
        }
    }
    found
}

/// The imports inside a cycle, a line for each pair of files, with the names. Imports within one of
/// the listed sets are left out.
pub fn describe(
    cycle: &BTreeSet<String>,
    imports: &BTreeSet<Import>,
    listed: &[BTreeSet<String>],
) -> String {
    let mut pairs: BTreeMap<(&str, &str), BTreeSet<&str>> = BTreeMap::new();
    for Import { from, to, name, .. } in imports.iter().filter(|import| !import.re_export) {
        let is_listed = listed.iter().any(|files| files.contains(from) && files.contains(to));
        if from != to && cycle.contains(from) && cycle.contains(to) && !is_listed {
            pairs.entry((from, to)).or_default().insert(name);
        }
    }
    let mut text = format!("import cycle of {} files", cycle.len());
    if listed.iter().any(|files| !files.is_disjoint(cycle)) {
        text.push_str(", without the imports within cycles that are listed");
    }
    text.push_str(":\n");
    for ((from, to), names) in pairs {
        let names: Vec<&str> = names.into_iter().collect();
        text.extend(["  ", from, " -> ", to, ": ", &names.join(", "), "\n"]);
    }
    text
}
