//! Several executions of a program in the same files: which there are, and the lines of one of them.
//!
//! A STARTUP names the execution by its run; what a machine writes from there on is of that one.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;

use crate::error::{Error, Result};
use crate::log::execution::Execution;
use crate::log::read::input::LogInput;
use crate::log::read::one_execution::{LineExecution, STARTUP};

/// So many are listed.
const SHOWN: usize = 10;

/// An execution.
struct NamedExecution {
    run_id: String,
    file: PathBuf,
    line: u64,
    machines: BTreeSet<u64>,
    files: BTreeSet<usize>,
}

/// The executions that the logs name, in the order of files and lines.
fn find(paths: &[PathBuf]) -> Result<Vec<NamedExecution>> {
    let mut all: Vec<NamedExecution> = Vec::new();
    for (place, path) in paths.iter().enumerate() {
        let failed = |source| Error::io(path.display().to_string(), source);
        let mut reader = BufReader::with_capacity(1 << 18, LogInput::open(path)?);
        let (mut text, mut line) = (Vec::new(), 0);
        while reader.read_until(b'\n', &mut text).map_err(failed)? > 0 {
            line += 1;
            let told = memchr::memmem::find(&text, STARTUP.as_bytes());
            let told = told.and_then(|_| LineExecution::of(&text).ok());
            text.clear();
            let Some((id, run_id)) = told.and_then(LineExecution::begun) else {
                continue;
            };
            let known = all.iter().position(|found| found.run_id == run_id);
            let found = known.unwrap_or_else(|| {
                all.push(NamedExecution {
                    run_id,
                    file: path.clone(),
                    line,
                    machines: BTreeSet::new(),
                    files: BTreeSet::new(),
                });
                all.len() - 1
            });
            all[found].machines.insert(id);
            all[found].files.insert(place);
        }
    }
    Ok(all)
}

/// The run of the execution that is wanted, and the files that have lines of it.
pub fn choose(paths: &[PathBuf], wanted: &Execution) -> Result<(String, Vec<PathBuf>)> {
    let all = find(paths)?;
    let (found, name) = match wanted {
        Execution::Number(number) => {
            let found = number.checked_sub(1).and_then(|place| all.get(place));
            (found, number.to_string())
        }
        Execution::Name(name) => {
            let found = all.iter().find(|found| found.run_id == *name);
            (found, format!("{name:?}"))
        }
    };
    let found = found.ok_or_else(|| {
        let there = if all.is_empty() {
            "no STARTUP line names a run".to_owned()
        } else {
            listed(&all)
        };
        Error::invalid(format!("execution={name}: there is none such: {there}"))
    })?;
    let files = found.files.iter().map(|&file| paths[file].clone());
    Ok((found.run_id.clone(), files.collect()))
}

/// The error, and which executions there are, if there are several.
pub(super) fn told_apart(error: Error, paths: &[PathBuf]) -> Error {
    match (find(paths), error) {
        (
            Ok(all),
            Error::Log {
                file,
                line,
                message,
            },
        ) if all.len() > 1 => Error::log(
            file,
            line,
            format!(
                "{message}; or say which execution, by execution=1 or its name: {}",
                listed(&all)
            ),
        ),
        (_, error) => error,
    }
}

fn listed(all: &[NamedExecution]) -> String {
    let shown = all.iter().take(SHOWN).zip(1..).map(|(found, number)| {
        let machines: Vec<String> = found
            .machines
            .iter()
            .take(SHOWN)
            .map(u64::to_string)
            .collect();
        let more = if found.machines.len() > SHOWN {
            ", ..."
        } else {
            ""
        };
        let (id, file, line) = (&found.run_id, found.file.display(), found.line);
        let machines = machines.join(", ");
        format!("{number} is {id:?} (first {file}:{line}, machines {machines}{more})")
    });
    let shown: Vec<String> = shown.collect();
    let more = if all.len() > SHOWN { ", ..." } else { "" };
    format!("they are {}{more}", shown.join(", "))
}
