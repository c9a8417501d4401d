//! Rule `clock condition`: a SEND has a smaller clock than its receipt.
//!
//! That no receipt comes before its own send is found where events are visited in causal order.

use super::case::Case;
use super::report::{Report, Rule};
use crate::causality::matching::LoggedReceipt;

const RULE: Rule = Rule::ClockCondition;

/// Checks a RECEIVE of `recipient` against its SEND, in row `send`.
pub(super) fn check(
    case: &Case<'_>,
    (sender, recipient): (usize, usize),
    send: usize,
    receipt: LoggedReceipt,
    report: &mut Report,
) {
    report.checked(RULE, 1);
    let new = case.columns.new_clock[receipt.at];
    if new <= receipt.clock {
        report.add(RULE, || {
            let expected = format!(
                "a clock above {}, that of its send at {}",
                receipt.clock,
                case.at_row(sender, send)
            );
            case.receipt(
                (RULE, recipient),
                receipt,
                expected,
                format!("new_clock {new}"),
            )
        });
    }
}
