//! The same run by other rules of the clock.

use crate::whole::Whole;
use lamport::model::rules::{Receive, Stamp, Start, Step};

impl Whole {
    /// The run with the clocks that these rules give.
    pub(crate) fn relabelled(
        mut self,
        stamp: Stamp,
        receive: Receive,
        step: i64,
        start: i64,
    ) -> Self {
        (self.rules.stamp, self.rules.receive) = (stamp, receive);
        self.rules.step = Step::By(step);
        self.rules.start = if start == 0 {
            Start::Proved
        } else {
            Start::At(start)
        };
        let mut order = Vec::new();
        self.in_causal_order(|log, line| order.push((log, line)));
        let mut clocks = vec![start; self.logs.len()];
        for (log, at) in order {
            let carried = self.logs[log][at].cause.map(|(from, line)| {
                let field = match stamp {
                    Stamp::After => "new_clock",
                    Stamp::Before => "old_clock",
                };
                self.logs[from][line].number(field).unwrap()
            });
            let line = &mut self.logs[log][at];
            if let Some(carried) = carried {
                line.fields["sent_clock"] = carried.into();
            }
            let event = line.event().to_owned();
            let clock = &mut clocks[log];
            match event.as_str() {
                "STARTUP" => line.fields["local_clock"] = (*clock).into(),
                "END" => {
                    line.fields["final_clock"] = (*clock).into();
                    // Other programs do not tell it.
                    line.fields.remove("heard");
                }
                "SEND" | "INTERNAL" | "RECEIVE" => {
                    line.fields["old_clock"] = (*clock).into();
                    *clock = match line.number("sent_clock") {
                        Some(timestamp) if event == "RECEIVE" => {
                            receive.of(*clock, timestamp, step)
                        }
                        _ => *clock + step,
                    };
                    line.fields["new_clock"] = (*clock).into();
                }
                _ => {}
            }
        }
        self
    }
}
