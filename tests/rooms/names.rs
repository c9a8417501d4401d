//! A name means one thing.

use std::collections::BTreeMap;

use crate::sources::{below, words};

/// Words of the trade have taken their places.
const METAPHORS: [&str; 17] = [
    "diaries",
    "diary",
    "sheet",
    "gather",
    "facts",
    "part",
    "turn",
    "trouble",
    "troubled",
    "roster",
    "walk",
    "absent",
    "told",
    "hush",
    "obey",
    "strangers",
    "hear",
];

#[test]
fn a_type_is_defined_once() {
    let mut places: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for source in below("src", "rs") {
        for line in source.code.lines() {
            let mut words =
                words(line).skip_while(|word| ["pub", "crate", "super", "in"].contains(word));
            let is_type = words
                .next()
                .is_some_and(|word| ["struct", "enum", "trait", "type"].contains(&word));
            // An associated type belongs to its trait.
            if is_type
                && !line.starts_with(' ')
                && let Some(name) = words.next()
            {
                places
                    .entry(name.to_owned())
                    .or_default()
                    .push(source.path.clone());
            }
        }
    }
    assert!(places.len() > 100, "{} types were seen", places.len());
    places.retain(|_, files| files.len() > 1);
    assert!(places.is_empty(), "defined more than once: {places:#?}");
}

#[test]
fn files_functions_and_types_have_plain_names() {
    let mut found = Vec::new();
    for source in below("src", "rs") {
        let stem = source
            .path
            .rsplit('/')
            .next()
            .unwrap()
            .trim_end_matches(".rs");
        if METAPHORS.contains(&stem) {
            found.push(source.path.clone());
        }
        for line in source.code.lines() {
            let mut words = words(line).skip_while(|word| {
                !["fn", "mod", "struct", "enum", "trait", "type"].contains(word)
            });
            words.next();
            if let Some(name) = words.next()
                && METAPHORS.contains(&name.to_lowercase().as_str())
            {
                found.push(format!("{}: {name}", source.path));
            }
        }
    }
    assert!(found.is_empty(), "names that say little: {found:#?}");
}
