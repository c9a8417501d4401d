//! Who imports whom: down only, and never in a circle, file by file.

use std::collections::{BTreeMap, BTreeSet};

use crate::sources::{Source, below};

/// The layers, lowest first; a file imports from its own layer and from those below it.
const LAYERS: [&[&str]; 5] = [
    &["error", "setting", "model", "lib"],
    &["channel", "log"],
    &["causality"],
    &["drive"],
    &["python"],
];

/// The name of the module that a file holds, as `log::read::scan`.
fn module(source: &Source) -> String {
    let path = source.path.trim_start_matches("src/");
    let path = path.trim_end_matches(".rs").trim_end_matches("/mod");
    path.replace('/', "::")
}

/// Every path that begins with `crate::`, `super::`, `self::` or a child of the module, with the braces of imports spread out.
fn paths(code: &str, own: &str, children: &[&str]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let parent = own.rsplit_once("::").map_or("", |(parent, _)| parent);
    let grandparent = parent.rsplit_once("::").map_or("", |(parent, _)| parent);
    let up = [
        ("crate::".to_owned(), ""),
        ("super::super::".to_owned(), grandparent),
        ("super::".to_owned(), parent),
        ("self::".to_owned(), own),
    ];
    let children: Vec<(String, String)> = children
        .iter()
        .map(|child| (format!("{child}::"), format!("{own}::{child}")))
        .collect();
    let down = children
        .iter()
        .map(|(mark, base)| (mark.clone(), base.as_str()));
    for (mark, base) in up.into_iter().chain(down) {
        for (place, _) in code.match_indices(mark.as_str()) {
            let before = code[..place].chars().next_back().unwrap_or(' ');
            if before.is_alphanumeric() || before == '_' || before == ':' || before == '$' {
                continue;
            }
            spread(&code[place + mark.len()..], base, &mut found);
        }
    }
    found
}

/// Adds what one path names: `a::{b, c::d}` is two; returns how much of the text it took.
fn spread(text: &str, base: &str, found: &mut BTreeSet<String>) -> usize {
    let end = text
        .find(|letter: char| !letter.is_alphanumeric() && letter != '_' && letter != ':')
        .unwrap_or(text.len());
    let path = text[..end].trim_end_matches(':');
    let joined = [base, path].map(str::to_owned);
    let name = joined
        .iter()
        .filter(|part| !part.is_empty())
        .cloned()
        .collect::<Vec<_>>()
        .join("::");
    if !text[end..].starts_with('{') || !text[..end].ends_with("::") && end > 0 {
        found.insert(name);
        return end;
    }
    let mut place = end + 1;
    while !text[place..].starts_with('}') {
        let rest = &text[place..];
        let skipped = rest.len() - rest.trim_start_matches([' ', ',', '\n', '\t']).len();
        if skipped > 0 {
            place += skipped;
            continue;
        }
        let taken = spread(rest, &name, found);
        // `as name`, and whatever else belongs to this item of the list.
        let after = rest[taken..].find([',', '}']).unwrap_or(0);
        place += (taken + after).max(1);
    }
    place + 1
}

/// For each module, those it takes something from.
fn graph() -> BTreeMap<String, BTreeSet<String>> {
    let sources = below("src", "rs");
    let modules: BTreeSet<String> = sources.iter().map(module).collect();
    let owner = |path: &str| {
        let mut path = path;
        loop {
            if modules.contains(path) {
                return Some(path.to_owned());
            }
            path = path.rsplit_once("::")?.0;
        }
    };
    let mut graph = BTreeMap::new();
    for source in &sources {
        let own = module(source);
        let prefix = format!("{own}::");
        let below = modules.iter().filter_map(|name| name.strip_prefix(&prefix));
        let children: Vec<&str> = below.filter(|rest| !rest.contains("::")).collect();
        let taken = paths(&source.code, &own, &children);
        let mut from: BTreeSet<String> = taken.iter().filter_map(|path| owner(path)).collect();
        from.remove(&own);
        graph.insert(own, from);
    }
    graph
}

#[test]
fn imports_spread_out() {
    let code = "use crate::a::{b::C, d};\nlet x = super::e::f();\nuse child::G;";
    let found = paths(code, "room::file", &["child"]);
    let expected = ["a::b::C", "a::d", "room::e::f", "room::file::child::G"];
    assert_eq!(found, expected.map(str::to_owned).into());
}

#[test]
fn no_file_imports_in_a_circle() {
    let graph = graph();
    let arrows: usize = graph.values().map(BTreeSet::len).sum();
    assert!(arrows > graph.len(), "the graph is not empty: {arrows}");
    // What imports nothing that is left cannot be in a circle.
    let mut left = graph.clone();
    loop {
        let free: Vec<String> = left
            .iter()
            .filter(|(_, from)| from.iter().all(|name| !left.contains_key(name)))
            .map(|(name, _)| name.clone())
            .collect();
        if free.is_empty() {
            break;
        }
        for name in free {
            left.remove(&name);
        }
    }
    // What nobody left imports only hangs on a circle.
    loop {
        let imported: BTreeSet<&String> = left.values().flatten().collect();
        let hanging: Vec<String> = left
            .keys()
            .filter(|name| !imported.contains(name))
            .cloned()
            .collect();
        if hanging.is_empty() {
            break;
        }
        for name in hanging {
            left.remove(&name);
        }
    }
    let told: Vec<String> = left
        .iter()
        .map(|(name, from)| {
            let inside: Vec<&String> = from
                .iter()
                .filter(|name| left.contains_key(*name))
                .collect();
            format!("{name} -> {inside:?}")
        })
        .collect();
    assert!(told.is_empty(), "imports in a circle:\n{}", told.join("\n"));
}

#[test]
fn imports_go_down_only() {
    let layer = |module: &str| {
        let room = module.split("::").next().unwrap();
        let found = LAYERS.iter().position(|rooms| rooms.contains(&room));
        found.unwrap_or_else(|| panic!("{module} is in no layer"))
    };
    let mut upwards = Vec::new();
    for (name, from) in graph() {
        let own = layer(&name);
        let is_wrong = |other: &&String| {
            name != "lib"
                && (layer(other) > own || siblings(&name, other) || imported(&name, other))
        };
        upwards.extend(
            from.iter()
                .filter(is_wrong)
                .map(|other| format!("{name} -> {other}")),
        );
    }
    assert!(
        upwards.is_empty(),
        "imports upwards:\n{}",
        upwards.join("\n")
    );
}

fn within(module: &str, room: &str) -> bool {
    module == room || module.starts_with(&format!("{room}::"))
}

/// Whether what knows of our own logs alone takes something from the readers of others'.
fn imported(name: &str, other: &str) -> bool {
    within(name, "log") && !within(name, "log::import") && within(other, "log::import")
}

/// Rooms beside each other that must not know of each other.
fn siblings(name: &str, other: &str) -> bool {
    let apart = [("drive::real", "drive::simulated"), ("channel", "log")];
    apart.iter().any(|(one, two)| {
        within(name, one) && within(other, two) || within(name, two) && within(other, one)
    })
}
