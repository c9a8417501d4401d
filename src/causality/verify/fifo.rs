//! Rule `fifo`: what is received on a channel is a prefix of what was sent.

use super::case::Case;
use super::report::{Report, Rule};
use crate::causality::matching::{Channel, LoggedReceipt};

const RULE: Rule = Rule::Fifo;

/// A channel on the way through its receipts.
pub(super) struct Fifo {
    /// The newest clock received.
    newest: i64,
    /// The newest received of which no SEND names the recipient.
    newest_unnamed: i64,
    /// Whether nothing that was received before is missing.
    has_begun: bool,
}

impl Fifo {
    /// Of what a log received from one sender.
    pub(super) fn new(case: &Case<'_>, recipient: usize) -> Self {
        Self {
            newest: -1,
            newest_unnamed: -1,
            has_begun: case.covers[recipient].begins,
        }
    }

    /// Checks a receipt of the SEND at `place`, which names its machine, where that at `due` came next.
    pub(super) fn named(
        &mut self,
        case: &Case<'_>,
        channel: &Channel<'_>,
        receipt: LoggedReceipt,
        (due, place): (usize, usize),
        report: &mut Report,
    ) {
        // What came before the first line of a log may have been all that was sent until then.
        let has_begun = std::mem::replace(&mut self.has_begun, true);
        let channel_rules = case.rules.channel;
        if channel_rules.unordered {
            return;
        }
        report.checked(RULE, 1);
        let id = || case.logs()[channel.sender].machine_id;
        let mut add = |expected: &dyn Fn() -> String| {
            report.add(RULE, || {
                let found = format!("sent_clock {}", receipt.clock);
                case.receipt((RULE, channel.recipient), receipt, expected(), found)
            });
        };
        // What was skipped may be what another receipt does not name, or a line that cannot be read.
        let may_be_skipped = !has_begun
            || channel_rules.lossy
            || case.may_lack_lines_before(channel.recipient, receipt);
        let vague = &case.vague[channel.recipient];
        let mut skipped = if may_be_skipped { 0..0 } else { due..place };
        if let Some(skipped) = skipped.find(|&place| !vague.may_be(channel.clock(place))) {
            add(&|| {
                format!(
                    "sent_clock {} of machine {}, sent before at {}",
                    channel.clock(skipped),
                    id(),
                    case.at_row(channel.sender, channel.sends[skipped] as usize)
                )
            });
        }
        // Whatever is missing, nothing comes after what was sent later; where nothing is, that was skipped before.
        if may_be_skipped && place < due && !channel_rules.duplicating {
            let newest = channel.clock(due - 1);
            add(&|| format!("a sent_clock of machine {} above {newest}", id()));
        }
        if receipt.clock < self.newest_unnamed
            || receipt.clock == self.newest_unnamed && !channel_rules.duplicating
        {
            let newest = self.newest_unnamed;
            add(&|| format!("a sent_clock of machine {} above {newest}", id()));
        }
        self.newest = self.newest.max(receipt.clock);
    }

    /// Checks a receipt of which no SEND here names its machine.
    pub(super) fn unnamed(
        &mut self,
        case: &Case<'_>,
        channel: &Channel<'_>,
        receipt: LoggedReceipt,
        report: &mut Report,
    ) {
        let pair = (case.logs()[channel.sender].machine_id, channel.recipient);
        follows(case, pair, receipt, &mut self.newest, report);
        self.newest_unnamed = self.newest;
    }
}

/// Checks of a receipt in `log` whose SEND is not here that it comes after `newest`, the newest of its
/// sender so far: each message once, in order.
pub(super) fn follows(
    case: &Case<'_>,
    (sender, log): (u64, usize),
    receipt: LoggedReceipt,
    newest: &mut i64,
    report: &mut Report,
) {
    let last = *newest;
    let channel = case.rules.channel;
    report.checked(
        Rule::Match,
        u64::from(!channel.duplicating && !channel.unordered),
    );
    report.checked(RULE, u64::from(!channel.unordered));
    let is_wrong = if channel.unordered {
        // Whether it came before, only a log of its sender tells.
        false
    } else {
        receipt.clock < last || receipt.clock == last && !channel.duplicating
    };
    if is_wrong {
        let rule = if receipt.clock == last {
            Rule::Match
        } else {
            RULE
        };
        report.add(rule, || {
            let expected = format!("a sent_clock of machine {sender} above {last}");
            let found = format!("sent_clock {}", receipt.clock);
            case.receipt((rule, log), receipt, expected, found)
        });
    }
    *newest = last.max(receipt.clock);
}
