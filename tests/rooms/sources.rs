//! The sources as text: without comments, documentation and tests.

use std::fs;
use std::path::{Path, PathBuf};

/// A file of the product.
pub(crate) struct Source {
    /// Its path below the root of the project.
    pub(crate) path: String,
    /// What it says to a compiler: no comments, no tests.
    pub(crate) code: String,
}

/// Every file with this ending below a folder of the project, in the order of their paths.
pub(crate) fn below(folder: &str, ending: &str) -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut paths = Vec::new();
    collect(&root.join(folder), ending, &mut paths);
    paths.sort();
    let read = |path: &PathBuf| Source {
        path: path.strip_prefix(root).unwrap().display().to_string(),
        code: code(&fs::read_to_string(path).unwrap(), ending),
    };
    let sources: Vec<Source> = paths.iter().map(read).collect();
    assert!(sources.len() > 10, "{folder} has no files to look at");
    sources
}

fn collect(folder: &Path, ending: &str, paths: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, ending, paths);
        } else if path.extension().is_some_and(|found| found == ending)
            && path.file_stem().is_some_and(|stem| stem != "tests")
        {
            paths.push(path);
        }
    }
}

fn code(text: &str, ending: &str) -> String {
    let comment = if ending == "rs" { "//" } else { "#" };
    // Unit tests stand at the end of their file; every other piece between triple quotes is documentation.
    let text = text.split("\n#[cfg(test)]\nmod tests").next().unwrap();
    let text: String = match ending {
        "py" => text.split("\"\"\"").step_by(2).collect(),
        _ => text.to_owned(),
    };
    let without = |line: &str| {
        let kept = line.split(comment).next().unwrap_or_default();
        if line.trim_start().starts_with(comment) {
            String::new()
        } else if kept.matches('"').count() % 2 == 0 {
            kept.to_owned()
        } else {
            // The mark stands within a text.
            line.to_owned()
        }
    };
    text.lines().map(|line| without(line) + "\n").collect()
}

/// The words of a text: runs of letters, digits and underscores.
pub(crate) fn words(code: &str) -> impl Iterator<Item = &str> {
    code.split(|letter: char| !letter.is_alphanumeric() && letter != '_')
        .filter(|word| !word.is_empty())
}
