//! Rule `match`: each receipt has one SEND.

use super::case::Case;
use super::report::{Report, Rule};
use crate::causality::matching::{Channel, LoggedReceipt};

const RULE: Rule = Rule::Match;

/// A receipt whose SEND names its machine.
pub(super) fn found(report: &mut Report) {
    report.checked(RULE, 1);
}

/// A second receipt of a message.
pub(super) fn second(
    case: &Case<'_>,
    channel: &Channel<'_>,
    receipt: LoggedReceipt,
    before: LoggedReceipt,
    report: &mut Report,
) {
    report.checked(RULE, 1);
    report.add(RULE, || {
        let expected = format!(
            "one receipt of the message, which was received at {}",
            case.at_receipt(channel.recipient, before)
        );
        case.receipt(
            (RULE, channel.recipient),
            receipt,
            expected,
            "a second one".into(),
        )
    });
}

/// A receipt that is of no message that its sender sent to its machine.
pub(super) fn none(
    case: &Case<'_>,
    channel: &Channel<'_>,
    receipt: LoggedReceipt,
    report: &mut Report,
) {
    report.checked(RULE, 1);
    report.add(RULE, || {
        let log = &case.logs()[channel.sender];
        let id = case.logs()[channel.recipient].machine_id;
        let expected = format!(
            "a SEND of machine {} with clock {} to machine {id}",
            log.machine_id, receipt.clock
        );
        let found = there(case, channel.sender, receipt.clock);
        case.receipt((RULE, channel.recipient), receipt, expected, found)
    });
}

/// The event of a log with a clock, in few words.
fn there(case: &Case<'_>, sender: usize, clock: i64) -> String {
    let log = &case.logs()[sender];
    let clocks = &case.columns.new_clock[log.rows.clone()];
    let place = clocks.partition_point(|&other| other < clock);
    if clocks.get(place) != Some(&clock) {
        return "no event there with this clock".into();
    }
    let row = log.rows.start + place;
    let to = case.columns.recipients(row);
    let (kind, at) = (case.kind(row), case.at_row(sender, row));
    if to.is_empty() {
        format!("{kind} there at {at}")
    } else {
        format!("{kind} to {to:?} there at {at}")
    }
}
