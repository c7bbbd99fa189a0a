//! Import cycles among the files of a crate: the strongly connected components of the import graph.

use std::collections::{BTreeMap, BTreeSet};

use crate::imports::Import;

/// A directed graph: the successors of each node.
pub type Graph = BTreeMap<String, BTreeSet<String>>;

/// Returns the import graph of the files. Re-exports that a file does not use itself do not count:
/// an import through them is an import of the file that defines the item.
pub fn graph(imports: &BTreeSet<Import>) -> Graph {
    let mut graph = Graph::new();
    for import in imports.iter().filter(|import| !import.re_export && import.from != import.to) {
        graph.entry(import.from.clone()).or_default().insert(import.to.clone());
    }
    graph
}

/// Returns the sets of nodes that are mutually reachable, from the smallest to the largest.
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

/// Describes the imports inside a cycle: a line for each pair of files, with the names.
pub fn describe(cycle: &BTreeSet<String>, imports: &BTreeSet<Import>) -> String {
    let mut pairs: BTreeMap<(&str, &str), BTreeSet<&str>> = BTreeMap::new();
    for Import { from, to, name, .. } in imports.iter().filter(|import| !import.re_export) {
        if from != to && cycle.contains(from) && cycle.contains(to) {
            pairs.entry((from, to)).or_default().insert(name);
        }
    }
    let mut text = format!("import cycle of {} files:\n", cycle.len());
    for ((from, to), names) in pairs {
        let names: Vec<&str> = names.into_iter().collect();
        text.extend(["  ", from, " -> ", to, ": ", &names.join(", "), "\n"]);
    }
    text
}
