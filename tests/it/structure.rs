//! Checks the structure in ARCHITECTURE.md: dependencies between modules, and the length of files.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// Lines of the longest file.
const LONGEST: usize = 400;

/// Files that may be longer because they are tables, each with the reason. Remove a file from this list when
/// it is short enough.
const TABLES: [(&str, &str); 0] = [];

fn src() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// Modules whose submodules have no order, because each subcommand is a file.
const WITHOUT_ORDER: [&str; 1] = ["commands"];

/// A file of the source: its text up to its tests, without comments.
struct Module {
    file: PathBuf,
    code: String,
    /// The modules that it declares, in order.
    children: Vec<String>,
}

impl Module {
    /// Reads the module at this path, such as `["edge", "journal"]`.
    fn read(path: &[String]) -> Module {
        let base = path.iter().fold(src(), |folder, name| folder.join(name));
        let mut files = [base.join("mod.rs"), base.with_extension("rs")];
        if path.is_empty() {
            files = [base.join("lib.rs"), base.join("lib.rs")];
        }
        let file = files.into_iter().find(|file| file.exists()).expect("the file of a declared module");
        let text = std::fs::read_to_string(&file).expect("a file");
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        let code: Vec<&str> = code.lines().map(|line| line.split("//").next().unwrap_or_default()).collect();
        let declared = code.iter().filter_map(|line| line.trim().strip_suffix(';')?.split_once("mod "));
        let children = declared.filter(|(before, _)| before.is_empty() || before.starts_with("pub"));
        let children = children.map(|(_, name)| name.to_owned()).collect();
        Module { file, code: code.join("\n"), children }
    }

    /// Every path that begins with `crate`, `super` or `self`, from the root of the crate, and its line.
    fn used(&self, own: &[String]) -> Vec<(usize, Vec<String>)> {
        let mut used = Vec::new();
        for root in ["crate::", "super::", "self::"] {
            for (at, _) in self.code.match_indices(root) {
                let before = self.code[..at].chars().next_back().unwrap_or(' ');
                if before.is_alphanumeric() || "_:$".contains(before) {
                    continue;
                }
                let line = self.code[..at].matches('\n').count() + 1;
                let mut paths = Vec::new();
                use_tree(&mut &self.code[at..], &[], &mut paths);
                used.extend(paths.into_iter().map(|path| (line, from_the_root(path, own))));
            }
        }
        used
    }
}

/// Reads one tree such as `crate::edge::{clock, journal::{Journal, Stamp}}` and adds each of its paths.
fn use_tree(rest: &mut &str, prefix: &[String], paths: &mut Vec<Vec<String>>) {
    let mut path = prefix.to_vec();
    loop {
        *rest = rest.trim_start();
        if let Some(inside) = rest.strip_prefix('{') {
            *rest = inside;
            while !rest.trim_start().starts_with('}') {
                use_tree(rest, &path, paths);
                // `as name` changes nothing here.
                let Some(end) = rest.find([',', '}']) else { return };
                *rest = rest[end..].trim_start_matches(',');
            }
            *rest = &rest.trim_start()[1..];
            return;
        }
        let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
        let (name, after) = rest.split_at(end);
        path.extend((!name.is_empty()).then(|| name.to_owned()));
        *rest = after;
        match after.strip_prefix("::").filter(|_| !name.is_empty()) {
            Some(more) => *rest = more,
            None => return paths.push(path),
        }
    }
}

/// A path that begins with `crate`, `super` or `self`, as seen from the root.
fn from_the_root(path: Vec<String>, own: &[String]) -> Vec<String> {
    let mut whole = if path[0] == "crate" { Vec::new() } else { own.to_vec() };
    for name in path {
        match name.as_str() {
            "crate" | "self" => {}
            "super" => drop(whole.pop()),
            _ => whole.push(name),
        }
    }
    whole
}

/// All modules of the crate by their paths.
fn modules() -> BTreeMap<Vec<String>, Module> {
    let mut modules = BTreeMap::new();
    let mut open = vec![Vec::new()];
    while let Some(path) = open.pop() {
        let module = Module::read(&path);
        open.extend(module.children.iter().map(|child| [&path[..], std::slice::from_ref(child)].concat()));
        modules.insert(path, module);
    }
    modules
}

/// Checks one use of `target` in `user`. At the level where their paths differ, `target` must be declared
/// above `user`; otherwise both names at that level are returned. Parents and submodules have no order.
fn against_the_order<'a>(
    modules: &BTreeMap<Vec<String>, Module>,
    user: &'a [String],
    target: &'a [String],
) -> Option<[&'a str; 2]> {
    let shared = user.iter().zip(target).take_while(|(a, b)| a == b).count();
    let (one, other) = (user.get(shared)?, target.get(shared)?);
    if WITHOUT_ORDER.contains(&user[..shared].join("::").as_str()) {
        return None;
    }
    let order = &modules[&user[..shared]].children;
    let place = |name: &String| order.iter().position(|child| child == name);
    (place(other)? > place(one)?).then_some([one, other])
}

/// The `mod` declarations give the order, in `lib.rs`, `domain/mod.rs`, `edge/mod.rs` and so on.
#[test]
fn a_module_uses_only_modules_that_are_declared_above_it() {
    let modules = modules();
    assert!(modules.len() > 30, "{} modules", modules.len());
    let mut wrong = String::new();
    let mut count = 0;
    for (path, module) in &modules {
        for (line, used) in module.used(path) {
            count += 1;
            if let Some([user, below]) = against_the_order(&modules, path, &used) {
                let file = module.file.strip_prefix(src()).expect("in src").display();
                let _ = writeln!(wrong, "src/{file}:{line}: `{user}` uses `{}`, `{below}` is below", used.join("::"));
            }
        }
    }
    assert!(count > 200, "{count} uses");
    assert!(wrong.is_empty(), "declare what is used above what uses it:\n{wrong}");
}

#[test]
fn every_path_in_a_use_tree_is_found() {
    let code = "use crate::edge::{self, clock, journal::{Entry, rows as r}};\nfn f() { crate::words::of::<u8>(1); super::g(); }";
    let module = Module { file: PathBuf::new(), code: code.to_owned(), children: Vec::new() };
    let used = module.used(&["commands".to_owned(), "list".to_owned()]);
    let used: Vec<String> = used.into_iter().map(|(line, path)| format!("{line} {}", path.join("::"))).collect();
    let expected =
        ["1 edge", "1 edge::clock", "1 edge::journal::Entry", "1 edge::journal::rows", "2 words::of", "2 commands::g"];
    assert_eq!(used, expected);
}

#[test]
fn unsafe_code_is_in_one_file_and_each_block_has_its_reason() {
    let mut blocks = 0;
    for module in modules().values() {
        let text = std::fs::read_to_string(&module.file).expect("a file");
        let lines: Vec<&str> = text.lines().map(str::trim_start).collect();
        for (at, line) in lines.iter().enumerate() {
            let is_comment = line.starts_with("//");
            let place = format!("{}:{}", module.file.display(), at + 1);
            if !is_comment && line.contains("allow(unsafe_code") || line.contains("unsafe {") {
                assert!(module.file.ends_with("edge/os.rs"), "{place}");
            }
            if line.contains("unsafe {") {
                let mut above = lines[..at].iter().rev().take_while(|line| line.starts_with("//"));
                assert!(above.any(|line| line.starts_with("// SAFETY: ")), "{place}: the reason is missing");
                blocks += 1;
            }
        }
    }
    assert!(blocks > 5, "{blocks} blocks");
}

#[test]
fn no_file_is_too_long() {
    let mut folders = vec![src()];
    let mut wrong = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            if path.extension().is_none_or(|extension| extension != "rs") {
                continue;
            }
            let name = path.strip_prefix(src()).expect("in src").to_str().expect("plain").to_owned();
            let lines = std::fs::read_to_string(&path).expect("a file").lines().count();
            let listed = TABLES.iter().any(|(table, _)| *table == name);
            if (lines > LONGEST) != listed {
                wrong.push(format!("src/{name}: {lines} lines, {}", if listed { "listed" } else { "not listed" }));
            }
        }
    }
    assert!(wrong.is_empty(), "at most {LONGEST} lines, but for the tables in this test:\n{}", wrong.join("\n"));
}
