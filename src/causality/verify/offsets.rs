//! Rule `time` between hosts whose clocks may have any offsets: some have every message arrive after it was sent.

use super::case::Case;
use super::report::{Report, Rule, Violation};
use crate::causality::align::{self, Aligned, align};
use crate::causality::matching::LoggedReceipt;
use crate::error::Result;
use crate::log::history::History;
use crate::model::rules::Rules;

const RULE: Rule = Rule::Time;

/// The offsets that the logs allow.
pub(super) fn aligned(
    history: &History,
    rules: &Rules,
    clock_uncertainty: Option<f64>,
    go_on: &mut dyn FnMut() -> bool,
) -> Result<Aligned> {
    let options = align::AlignOptions {
        clock_uncertainty: clock_uncertainty.unwrap_or_default(),
        ..align::AlignOptions::default()
    };
    align(history, rules, &options, go_on)
}

/// Checks that there are offsets.
pub(super) fn check(case: &Case<'_>, aligned: Option<&Aligned>, report: &mut Report) {
    let contradiction = match aligned {
        None => return,
        Some(Ok(alignment)) => return report.checked(RULE, alignment.messages),
        Some(Err(contradiction)) => contradiction,
    };
    report.checked(RULE, contradiction.messages.len() as u64);
    report.add(RULE, || {
        let expected =
            "offsets of the clocks that have every message arrive after it was sent".to_owned();
        match contradiction.at {
            Some((log, at)) => {
                let receipt = LoggedReceipt { clock: 0, at };
                case.receipt((RULE, log), receipt, expected, contradiction.text())
            }
            // A handshake or an END, and no message.
            None => Violation {
                rule: RULE,
                file: String::new(),
                line: 0,
                machine_id: case.logs()[0].machine_id,
                clock: None,
                expected,
                found: contradiction.text(),
            },
        }
    });
}
