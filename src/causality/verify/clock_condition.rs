//! Rule `clock condition`: a SEND has a smaller clock than its receipt, as far as the rules have it so.
//!
//! That no receipt comes before its own send is found where events are visited in causal order.

use super::case::Case;
use super::report::{Report, Rule};
use crate::causality::matching::LoggedReceipt;
use crate::model::rules::{Receive, Stamp};

const RULE: Rule = Rule::ClockCondition;

/// Checks a RECEIVE of `recipient` against its SEND, in row `send`.
pub(super) fn check(
    case: &Case<'_>,
    (sender, recipient): (usize, usize),
    send: usize,
    receipt: LoggedReceipt,
    report: &mut Report,
) {
    if case.history.is_computed {
        return;
    }
    report.checked(RULE, 1);
    let new = case.columns.new_clock[receipt.at];
    let (sent, rules) = (case.columns.new_clock[send], case.rules);
    // Of what a program of another kind makes, no more than its kind promises.
    let is_kept = match (rules.stamp, rules.receive) {
        (Stamp::After, Receive::MaxPlusOne) => new > sent.max(receipt.clock),
        (Stamp::Before, Receive::MaxPlusOne) => new > receipt.clock,
        (_, Receive::MaxOfNext | Receive::Max) => new >= receipt.clock,
    };
    if !is_kept {
        report.add(RULE, || {
            let expected = format!(
                "a clock {} {sent}, that of its send at {}",
                if rules.receive == Receive::MaxPlusOne {
                    "above"
                } else {
                    "from"
                },
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
