//! The modules of a crate, found from its root through `mod` declarations, and the resolution of paths in them.

use super::paths::{Named, named};
use super::source::{self, Token};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// The path of a module from the root. The path of the root is empty.
pub type Name = Vec<String>;

pub struct File {
    /// Relative to the folder of the root.
    pub path: PathBuf,
    pub module: Name,
    pub tokens: Vec<Token>,
    pub named: Vec<Named>,
}

#[derive(Default)]
struct Module {
    file: usize,
    /// Items that are defined in the module.
    items: BTreeSet<String>,
    /// Imports of `use` declarations, by name; `globs` are those with `*`.
    used: BTreeMap<String, Name>,
    globs: Vec<Name>,
}

#[derive(Default)]
pub struct Crate {
    pub files: Vec<File>,
    modules: BTreeMap<Name, Module>,
}

/// What a path refers to.
#[derive(Debug, PartialEq)]
pub enum Target {
    /// The file of this crate that defines the item.
    Inside(usize),
    /// A full path in another crate.
    Outside(Name),
}

const DEFINING: [&str; 10] =
    ["struct", "enum", "union", "trait", "type", "fn", "const", "static", "macro_rules", "mod"];
/// The maximum length of a chain of re-exports.
const HOPS: usize = 16;

impl Crate {
    /// Reads a crate with `read`. `root` is its root file, such as `lib.rs`.
    pub fn read(root: &str, read: &dyn Fn(&Path) -> Option<String>) -> Crate {
        let mut program = Crate::default();
        let mut to_read = vec![(PathBuf::from(root), Name::new(), false)];
        while let Some((path, module, is_test)) = to_read.pop() {
            let text = read(&path).unwrap_or_else(|| panic!("{} cannot be read", path.display()));
            let tokens = source::read(&text, is_test);
            to_read.extend(program.take(path, module, tokens, read));
        }
        program
    }

    /// Adds a file. Returns its modules in other files.
    fn take(
        &mut self,
        path: PathBuf,
        module: Name,
        tokens: Vec<Token>,
        read: &dyn Fn(&Path) -> Option<String>,
    ) -> Vec<(PathBuf, Name, bool)> {
        let file = self.files.len();
        let at = |inside: &[String]| -> Name { module.iter().chain(inside).cloned().collect() };
        self.modules.entry(module.clone()).or_default().file = file;
        let mut children = Vec::new();
        for (index, pair) in tokens.windows(2).enumerate() {
            let (Some(keyword), Some(name)) = (pair[0].word(), pair[1].word()) else { continue };
            if !DEFINING.contains(&keyword) {
                continue;
            }
            let parent = at(&pair[0].inside);
            if keyword == "mod" {
                let child: Name = parent.iter().cloned().chain([name.to_string()]).collect();
                self.modules.entry(child.clone()).or_default().file = file;
                let is_named = tokens.get(..index).is_some_and(is_with_path);
                if tokens.get(index + 2).is_some_and(|t| t.is(';')) && !is_named {
                    children.push((file_of(&path, &pair[0].inside, name, read), child, pair[0].is_test));
                }
            }
            self.modules.entry(parent).or_default().items.insert(name.to_string());
        }
        let named = named(&tokens);
        for one in named.iter().filter(|n| n.alias.is_some()) {
            let here = self.modules.entry(at(&one.inside)).or_default();
            here.file = file;
            match one.alias.as_deref() {
                Some("*") => here.globs.push(one.segments.clone()),
                Some(alias) => drop(here.used.insert(alias.to_string(), one.segments.clone())),
                None => {}
            }
        }
        self.files.push(File { path, module, tokens, named });
        children
    }

    /// Resolves a path in `file`; `None` if it is neither in this crate nor in another.
    pub fn target(&self, file: usize, one: &Named) -> Option<Target> {
        let here: Name = self.files[file].module.iter().chain(one.inside.iter()).cloned().collect();
        self.follow(&here, &one.segments, HOPS)
    }

    fn follow(&self, here: &Name, segments: &[String], hops: usize) -> Option<Target> {
        if hops == 0 {
            return None;
        }
        let first = segments.first()?.as_str();
        let mut rest = &segments[1..];
        let mut module = match first {
            "crate" => Name::new(),
            "self" => here.clone(),
            "super" => here[..here.len().checked_sub(1)?].to_vec(),
            "Self" => return None,
            _ => {
                let module = self.modules.get(here)?;
                let child: Name = here.iter().cloned().chain([first.to_string()]).collect();
                if self.modules.contains_key(&child) {
                    child
                } else if module.items.contains(first) {
                    return Some(Target::Inside(module.file));
                } else if let Some(used) = module.used.get(first).filter(|used| *used != segments && used[0] != *first)
                {
                    let whole: Name = used.iter().chain(rest).cloned().collect();
                    return self.follow(here, &whole, hops - 1);
                } else {
                    return self.by_globs(here, segments, hops).or(Some(Target::Outside(segments.to_vec())));
                }
            }
        };
        while rest.first().is_some_and(|s| s == "super") {
            module.pop()?;
            rest = &rest[1..];
        }
        self.below(&module, rest, hops)
    }

    /// Resolves a path relative to a module.
    fn below(&self, module: &Name, rest: &[String], hops: usize) -> Option<Target> {
        let found = self.modules.get(module)?;
        let Some(first) = rest.first() else { return Some(Target::Inside(found.file)) };
        let child: Name = module.iter().cloned().chain([first.clone()]).collect();
        if self.modules.contains_key(&child) {
            return self.below(&child, &rest[1..], hops);
        }
        if found.items.contains(first) {
            return Some(Target::Inside(found.file));
        }
        if let Some(used) = found.used.get(first) {
            let whole: Name = used.iter().chain(&rest[1..]).cloned().collect();
            return self.follow(module, &whole, hops.checked_sub(1)?);
        }
        self.by_globs(module, rest, hops).or(Some(Target::Inside(found.file)))
    }

    /// Resolves a name that is imported with `*` from a module of this crate.
    fn by_globs(&self, module: &Name, segments: &[String], hops: usize) -> Option<Target> {
        let globs = &self.modules.get(module)?.globs;
        globs.iter().find_map(|glob| {
            let Some(Target::Inside(file)) = self.follow(module, glob, hops.checked_sub(1)?) else { return None };
            let source = &self.files[file].module;
            let defines = self.modules.get(source)?.items.contains(segments.first()?);
            let passes_on = self.modules.get(source)?.used.contains_key(segments.first()?);
            (defines || passes_on).then(|| self.below(source, segments, hops - 1)).flatten()
        })
    }
}

/// Whether `#[path = "…"]` stands right before a module: its file is outside of `src/`, and only tests use it.
fn is_with_path(before: &[Token]) -> bool {
    let start = before.iter().rposition(|t| t.is('[')).unwrap_or_default();
    before.last().is_some_and(|t| t.is(']')) && before[start..].iter().any(|t| t.is_word("path"))
}

/// The file of `mod NAME;` in a file, possibly within inline modules.
fn file_of(parent: &Path, inside: &[String], name: &str, read: &dyn Fn(&Path) -> Option<String>) -> PathBuf {
    let stem = parent.file_stem().unwrap_or_default().to_string_lossy();
    let mut folder = parent.parent().unwrap_or(Path::new("")).to_path_buf();
    if !["mod", "lib", "main"].contains(&&*stem) {
        folder.push(&*stem);
    }
    folder.extend(inside);
    let alone = folder.join(format!("{name}.rs"));
    if read(&alone).is_some() { alone } else { folder.join(name).join("mod.rs") }
}
