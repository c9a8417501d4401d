//! One home for each thing: how many files name an event kind, a column, a parameter. These bounds may only fall.

use crate::sources::{below, words};

/// The files of both languages in which one of these words stands.
fn files(names: &[&str]) -> Vec<String> {
    let sources = below("src", "rs").into_iter().chain(below("python", "py"));
    let mut files: Vec<String> = sources
        .filter(|source| words(&source.code).any(|word| names.contains(&word)))
        .map(|source| source.path)
        .collect();
    files.sort();
    files
}

#[track_caller]
fn at_most(most: usize, names: &[&str]) {
    let files = files(names);
    assert!(!files.is_empty(), "{names:?} stands nowhere");
    assert!(
        files.len() <= most,
        "{names:?} stands in {} files, {most} are allowed: {files:#?}",
        files.len()
    );
}

#[test]
fn an_event_kind_is_named_in_few_files() {
    at_most(11, &["Internal", "INTERNAL"]);
}

#[test]
fn a_column_is_named_by_its_schema_its_producers_and_its_readers() {
    at_most(10, &["manual"]);
}

#[test]
fn a_parameter_is_named_by_its_setting_and_its_users() {
    at_most(9, &["broadcast_share"]);
}
