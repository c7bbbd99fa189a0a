//! Extracts the imports among the files of a crate from their source text.
//!
//! An import is a `use`, or a path in an expression, a type, a pattern, an attribute or the tokens
//! of a macro call. A path is resolved through module aliases and re-exports to the file that
//! defines the item. A name without a visible definition in a module is attributed to a macro or
//! derive of that module. Items behind `#[cfg(test)]` are ignored, and `mod` declarations are not
//! imports.

use std::collections::{BTreeMap, BTreeSet};

use syn::buffer::{Cursor, TokenBuffer};
use syn::visit::{self, Visit};
use syn::{Attribute, Item, Meta, UseTree, Visibility};

/// An import of one item of another file, or of an own item through another file.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Import {
    /// The importing file, relative to `src`.
    pub from: String,
    /// The file that defines the item.
    pub to: String,
    /// The name of the item.
    pub name: String,
    /// The files whose re-exports the path goes through.
    pub through: Vec<String>,
    /// Whether the item is only re-exported: a `pub use` of a name that the file does not use.
    pub re_export: bool,
}

/// The source files of a crate, with their imports.
#[derive(Debug, Default)]
pub struct Crate {
    modules: BTreeMap<String, Module>,
    name: String,
}

/// A module: a file or an inline module.
#[derive(Debug, Default)]
struct Module {
    file: String,
    /// The names of its items other than modules and imports.
    items: BTreeSet<String>,
    /// Whether it has items other than modules and imports.
    has_items: bool,
    children: BTreeSet<String>,
    uses: Vec<Use>,
    paths: BTreeSet<Vec<String>>,
}

/// One name of a `use`.
#[derive(Clone, Debug)]
struct Use {
    path: Vec<String>,
    /// The name it brings into scope; none for a glob.
    name: Option<String>,
    is_exported: bool,
    /// Whether it is inside a function.
    is_local: bool,
}

/// The target of a path.
#[derive(Clone, Debug)]
struct Target {
    module: String,
    /// The item; `None` if the path names the module itself.
    item: Option<String>,
    /// The modules whose imports were followed.
    through: Vec<String>,
}

impl Crate {
    /// Parses the files of the crate `name`; each file is its path below `src` and its text.
    pub fn parse(name: &str, files: &[(String, String)]) -> Self {
        let mut read = Self { modules: BTreeMap::new(), name: name.to_owned() };
        let mut test_modules = Vec::new();
        for (file, text) in files {
            let syntax = syn::parse_file(text)
                .unwrap_or_else(|error| panic!("{file} cannot be parsed: {error}"));
            let mut reader = Reader {
                modules: &mut read.modules,
                test_modules: &mut test_modules,
                current: module_of(file),
                file,
                block_depth: 0,
            };
            reader.module();
            reader.visit_file(&syntax);
        }
        read.modules.retain(|path, _| {
            !test_modules.iter().any(|test| path == test || path.starts_with(&format!("{test}::")))
        });
        read
    }

    /// Returns whether the file only declares modules and re-exports items.
    pub fn is_facade(&self, file: &str) -> bool {
        self.modules.values().filter(|module| module.file == file).all(Module::is_facade)
    }

    /// Returns every import of an item of another file.
    pub fn imports(&self) -> BTreeSet<Import> {
        let mut found = BTreeSet::new();
        for (path, module) in &self.modules {
            let heads: BTreeSet<&str> = module
                .paths
                .iter()
                .chain(module.uses.iter().map(|import| &import.path))
                .filter(|path| path.len() > 1)
                .filter_map(|path| path.first().map(String::as_str))
                .collect();
            for import in &module.uses {
                let Some(name) = &import.name else {
                    for target in self.exports(path, path, import, &mut BTreeSet::new()) {
                        self.add(&mut found, path, &target, import.is_exported);
                    }
                    continue;
                };
                for mut target in self.resolve(path, &import.path, &mut Vec::new()) {
                    if target.item.is_none()
                        && !import.is_exported
                        && !heads.contains(name.as_str())
                        && !self.module(&target.module).is_facade()
                    {
                        target.item = Some(format!("module {}", target.module));
                    }
                    self.add(&mut found, path, &target, import.is_exported);
                }
            }
            for inline in &module.paths {
                for target in self.resolve(path, inline, &mut Vec::new()) {
                    self.add(&mut found, path, &target, false);
                }
            }
        }
        found
    }

    fn add(&self, found: &mut BTreeSet<Import>, path: &str, target: &Target, re_export: bool) {
        let file_of = |path: &str| self.module(path).file.clone();
        let (from, to) = (file_of(path), file_of(&target.module));
        let Some(name) = target.item.clone() else { return };
        let mut through: Vec<String> = target.through.iter().map(|path| file_of(path)).collect();
        through.retain(|file| *file != from && *file != to);
        if from == to && through.is_empty() {
            return;
        }
        found.insert(Import { from, to, name, through, re_export });
    }

    fn module(&self, path: &str) -> &Module {
        self.modules.get(path).expect("resolved modules were parsed")
    }

    /// Resolves a path inside a module. A path may name both a module and an item.
    fn resolve(
        &self,
        from: &str,
        path: &[String],
        seen: &mut Vec<(String, String)>,
    ) -> Vec<Target> {
        let mut start = from;
        let mut rest = path;
        let mut is_rooted = false;
        while let Some((head, tail)) = rest.split_first() {
            start = match head.as_str() {
                "crate" => "",
                name if name == self.name && !is_rooted => "",
                "self" => start,
                "super" => start.rsplit_once("::").map_or("", |(parent, _)| parent),
                _ => break,
            };
            is_rooted = true;
            rest = tail;
        }
        self.walk(start, rest, is_rooted, seen)
    }

    /// Resolves the segments of a path, starting at a module. A name without a definition is an
    /// item of the module if `may_be_generated` is true, and of another crate otherwise.
    fn walk(
        &self,
        module: &str,
        path: &[String],
        may_be_generated: bool,
        seen: &mut Vec<(String, String)>,
    ) -> Vec<Target> {
        let Some((name, tail)) = path.split_first() else {
            return vec![Target { module: module.to_owned(), item: None, through: Vec::new() }];
        };
        let Some(read) = self.modules.get(module) else { return Vec::new() };
        let mut found = Vec::new();
        let child = join(module, name);
        if read.children.contains(name) && self.modules.contains_key(&child) {
            found = self.walk(&child, tail, true, seen);
            if !tail.is_empty() {
                return found;
            }
        }
        let own =
            || Target { module: module.to_owned(), item: Some(name.clone()), through: Vec::new() };
        if read.items.contains(name) {
            found.push(own());
            return found;
        }
        let key = (module.to_owned(), name.clone());
        if seen.contains(&key) {
            return found;
        }
        seen.push(key);
        for import in read.uses.iter().filter(|import| import.name.as_ref() == Some(name)) {
            found.extend(self.follow(module, import, tail, seen));
        }
        if found.is_empty() {
            for glob in read.uses.iter().filter(|import| import.name.is_none()) {
                for target in self.resolve(module, &glob.path, seen) {
                    if target.item.is_none() {
                        found.extend(through(module, self.walk(&target.module, path, false, seen)));
                    }
                }
            }
        }
        seen.pop();
        if found.is_empty() && may_be_generated && !read.is_facade() {
            found.push(own());
        }
        found
    }

    /// Resolves an import of a module, followed by further segments.
    fn follow(
        &self,
        module: &str,
        import: &Use,
        tail: &[String],
        seen: &mut Vec<(String, String)>,
    ) -> Vec<Target> {
        let mut found = Vec::new();
        for target in self.resolve(module, &import.path, seen) {
            if target.item.is_none() {
                let before = target.through;
                let mut behind = self.walk(&target.module, tail, true, seen);
                for target in &mut behind {
                    target.through.extend_from_slice(&before);
                }
                found.extend(through(module, behind));
            } else {
                found.extend(through(module, vec![target]));
            }
        }
        found
    }

    /// Returns the items that a glob import of a module brings into scope: its own and re-exported
    /// items.
    fn exports(
        &self,
        reader: &str,
        module: &str,
        glob: &Use,
        seen: &mut BTreeSet<String>,
    ) -> Vec<Target> {
        let mut found = Vec::new();
        for mut target in self.resolve(module, &glob.path, &mut Vec::new()) {
            if let Some(item) = &mut target.item {
                item.push_str("::*");
                found.push(target);
                continue;
            }
            let (globbed, read) = (target.module.clone(), self.module(&target.module));
            if !seen.insert(globbed.clone()) {
                continue;
            }
            if !read.is_facade() {
                target.item = Some("*".to_owned());
                found.push(target);
            }
            let is_inside = reader == globbed || reader.starts_with(&format!("{globbed}::"));
            for import in read.uses.iter().filter(|import| !import.is_local) {
                if import.is_exported || is_inside || globbed.is_empty() {
                    let exported = match &import.name {
                        Some(_) => self.resolve(&globbed, &import.path, &mut Vec::new()),
                        None => self.exports(reader, &globbed, import, seen),
                    };
                    found.extend(through(&globbed, exported));
                }
            }
        }
        found
    }
}

impl Module {
    fn is_facade(&self) -> bool {
        !self.has_items
    }
}

fn through(module: &str, mut targets: Vec<Target>) -> Vec<Target> {
    for target in &mut targets {
        target.through.push(module.to_owned());
    }
    targets
}

fn join(module: &str, name: &str) -> String {
    if module.is_empty() { name.to_owned() } else { format!("{module}::{name}") }
}

/// Returns the module path of a file.
fn module_of(file: &str) -> String {
    let path = file.strip_suffix(".rs").unwrap_or(file);
    let path = path.strip_suffix("/mod").unwrap_or(path);
    if path == "lib" { String::new() } else { path.replace('/', "::") }
}

/// Collects the definitions and paths of a file.
struct Reader<'a> {
    modules: &'a mut BTreeMap<String, Module>,
    test_modules: &'a mut Vec<String>,
    current: String,
    file: &'a str,
    block_depth: usize,
}

impl Reader<'_> {
    fn module(&mut self) -> &mut Module {
        let module = self.modules.entry(self.current.clone()).or_default();
        if module.file.is_empty() {
            self.file.clone_into(&mut module.file);
        }
        module
    }

    fn path(&mut self, path: Vec<String>) {
        self.module().paths.insert(path);
    }

    /// Collects the paths among the tokens of a macro call or an attribute.
    fn tokens(&mut self, mut at: Cursor<'_>) {
        let mut before = [' ', ' '];
        while !at.eof() {
            let mut punctuation = ' ';
            if let Some((_, rest)) = at.lifetime() {
                at = rest;
            } else if let Some((ident, rest)) = at.ident() {
                let name = plain(&ident.to_string());
                // A field or method, a name after `::`, a variable of a macro.
                let is_path = match before {
                    ['.', '.'] => true,
                    [_, '.'] | [':', ':'] => false,
                    [_, '$'] => name == "crate",
                    _ => true,
                };
                at = if is_path { self.token_path(vec![name], rest) } else { rest };
            } else if let Some((inner, _, _, rest)) = at.any_group() {
                self.tokens(inner);
                at = rest;
            } else if let Some((punct, rest)) = at.punct() {
                punctuation = punct.as_char();
                at = rest;
            } else if let Some((_, rest)) = at.token_tree() {
                at = rest;
            }
            before = [before[1], punctuation];
        }
    }

    /// Collects a path among tokens, with the group of a `use` at its end; returns the position
    /// after it.
    fn token_path<'c>(&mut self, mut path: Vec<String>, mut at: Cursor<'c>) -> Cursor<'c> {
        while let Some(next) = after_colons(at) {
            if let Some((ident, rest)) = next.ident() {
                path.push(plain(&ident.to_string()));
                at = rest;
            } else if let Some((mut inner, _, _, rest)) = next.any_group() {
                while !inner.eof() {
                    if let Some((ident, behind)) = inner.ident() {
                        let mut longer = path.clone();
                        longer.push(plain(&ident.to_string()));
                        inner = self.token_path(longer, behind);
                    } else if let Some((_, behind)) = inner.token_tree() {
                        inner = behind;
                    }
                }
                return rest;
            } else {
                break;
            }
        }
        if path.len() > 1 && path.last().is_some_and(|last| last == "self") {
            path.pop();
        }
        self.path(path);
        at
    }

    /// Collects the paths in string literals of an attribute, such as
    /// `#[serde(with = "crate::text::slug")]`.
    fn strings(&mut self, mut at: Cursor<'_>) {
        while !at.eof() {
            if let Some((inner, _, _, rest)) = at.any_group() {
                self.strings(inner);
                at = rest;
            } else if let Some((literal, rest)) = at.literal() {
                if let Ok(text) = syn::parse_str::<syn::LitStr>(&literal.to_string())
                    && let Ok(path) = syn::parse_str::<syn::Path>(&text.value())
                    && path.segments.len() > 1
                {
                    self.visit_path(&path);
                }
                at = rest;
            } else if let Some((_, rest)) = at.token_tree() {
                at = rest;
            }
        }
    }

    fn use_tree(&mut self, prefix: &[String], tree: &UseTree, import: &Use) {
        let longer = |name: &syn::Ident| {
            let name = plain(&name.to_string());
            let mut path = prefix.to_vec();
            if name != "self" || path.is_empty() {
                path.push(name);
            }
            path
        };
        match tree {
            UseTree::Path(tree) => self.use_tree(&longer(&tree.ident), &tree.tree, import),
            UseTree::Group(group) => {
                group.items.iter().for_each(|tree| self.use_tree(prefix, tree, import));
            }
            UseTree::Name(name) => {
                let path = longer(&name.ident);
                let name = path.last().cloned();
                self.module().uses.push(Use { path, name, ..import.clone() });
            }
            UseTree::Rename(rename) => {
                let path = longer(&rename.ident);
                let name = Some(plain(&rename.rename.to_string()));
                self.module().uses.push(Use { path, name, ..import.clone() });
            }
            UseTree::Glob(_) => {
                self.module().uses.push(Use { path: prefix.to_vec(), ..import.clone() });
            }
        }
    }
}

impl<'ast> Visit<'ast> for Reader<'_> {
    fn visit_item(&mut self, item: &'ast Item) {
        let (attributes, name) = parts(item);
        if attributes.iter().any(is_test_only) {
            if let Item::Mod(module) = item {
                self.test_modules.push(join(&self.current, &plain(&module.ident.to_string())));
            }
            return;
        }
        if self.block_depth == 0 {
            let module = self.module();
            module.has_items |= !matches!(item, Item::Mod(_) | Item::Use(_));
            module.items.extend(name);
        }
        visit::visit_item(self, item);
    }

    fn visit_impl_item_fn(&mut self, function: &'ast syn::ImplItemFn) {
        if !function.attrs.iter().any(is_test_only) {
            visit::visit_impl_item_fn(self, function);
        }
    }

    fn visit_item_mod(&mut self, module: &'ast syn::ItemMod) {
        assert!(
            !module.attrs.iter().any(|attribute| attribute.path().is_ident("path")),
            "{}: `#[path]` hides where a module lies",
            self.file
        );
        let name = plain(&module.ident.to_string());
        self.module().children.insert(name.clone());
        if let Some((_, items)) = &module.content {
            let inner = join(&self.current, &name);
            let outer = std::mem::replace(&mut self.current, inner);
            self.module();
            for item in items {
                self.visit_item(item);
            }
            self.current = outer;
        }
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        if item.leading_colon.is_none() {
            let import = Use {
                path: Vec::new(),
                name: None,
                is_exported: !matches!(item.vis, Visibility::Inherited),
                is_local: self.block_depth > 0,
            };
            self.use_tree(&[], &item.tree, &import);
        }
    }

    fn visit_block(&mut self, block: &'ast syn::Block) {
        self.block_depth += 1;
        visit::visit_block(self, block);
        self.block_depth -= 1;
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        if path.leading_colon.is_none() {
            self.path(path.segments.iter().map(|part| plain(&part.ident.to_string())).collect());
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        self.visit_path(&call.path);
        self.tokens(TokenBuffer::new2(call.tokens.clone()).begin());
    }

    fn visit_attribute(&mut self, attribute: &'ast Attribute) {
        if let Meta::List(list) = &attribute.meta {
            let tokens = TokenBuffer::new2(list.tokens.clone());
            self.tokens(tokens.begin());
            self.strings(tokens.begin());
        }
    }

    /// Ignores `pub(super)`, which is not an import.
    fn visit_vis_restricted(&mut self, _: &'ast syn::VisRestricted) {}
}

/// Returns the attributes of an item, and its name unless it is a module or an import.
fn parts(item: &Item) -> (&[Attribute], Option<String>) {
    let (attributes, name) = match item {
        Item::Const(item) => (&item.attrs, Some(&item.ident)),
        Item::Enum(item) => (&item.attrs, Some(&item.ident)),
        Item::ExternCrate(item) => (&item.attrs, None),
        Item::Fn(item) => (&item.attrs, Some(&item.sig.ident)),
        Item::ForeignMod(item) => (&item.attrs, None),
        Item::Impl(item) => (&item.attrs, None),
        Item::Macro(item) => (&item.attrs, item.ident.as_ref()),
        Item::Mod(item) => (&item.attrs, None),
        Item::Static(item) => (&item.attrs, Some(&item.ident)),
        Item::Struct(item) => (&item.attrs, Some(&item.ident)),
        Item::Trait(item) => (&item.attrs, Some(&item.ident)),
        Item::TraitAlias(item) => (&item.attrs, Some(&item.ident)),
        Item::Type(item) => (&item.attrs, Some(&item.ident)),
        Item::Union(item) => (&item.attrs, Some(&item.ident)),
        Item::Use(item) => (&item.attrs, None),
        _ => return (&[], None),
    };
    (attributes, name.map(|name| plain(&name.to_string())))
}

/// Returns whether an attribute is `cfg(test)` or `cfg(all(test, …))`.
fn is_test_only(attribute: &Attribute) -> bool {
    fn requires_test(mut at: Cursor<'_>) -> bool {
        while !at.eof() {
            if let Some((ident, rest)) = at.ident() {
                if ident == "test" {
                    return true;
                }
                at = rest;
                if let Some((inner, _, _, rest)) = at.any_group() {
                    if ident == "all" && requires_test(inner) {
                        return true;
                    }
                    at = rest;
                }
            } else if let Some((_, rest)) = at.token_tree() {
                at = rest;
            }
        }
        false
    }
    match &attribute.meta {
        Meta::List(list) if list.path.is_ident("cfg") => {
            requires_test(TokenBuffer::new2(list.tokens.clone()).begin())
        }
        _ => false,
    }
}

/// Returns the position after a `::`, if there is one.
fn after_colons(at: Cursor<'_>) -> Option<Cursor<'_>> {
    let (first, at) = at.punct()?;
    let (second, at) = at.punct()?;
    (first.as_char() == ':' && second.as_char() == ':').then_some(at)
}

/// Returns a name without the prefix `r#` of a raw identifier.
fn plain(name: &str) -> String {
    name.strip_prefix("r#").unwrap_or(name).to_owned()
}
