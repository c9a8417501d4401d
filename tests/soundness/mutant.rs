//! A run that is not quite clean: what the whole log does not show, no part of it may show.

use crate::chance::Chance;
use crate::whole::{VECTOR, Whole};
use serde_json::Value;

/// Fields that are changed by a little.
const FIELDS: [&str; 14] = [
    "queue_len",
    "sent_clock",
    "sender",
    "new_clock",
    "old_clock",
    "system_time",
    "arrival_time",
    "clock_rate",
    "internal_probability",
    "broadcast_share",
    "local_clock",
    "final_clock",
    "ticks",
    "seed",
];

impl Whole {
    /// The run with something changed.
    pub(crate) fn mutated(mut self, chance: &mut Chance) -> Self {
        for _ in 0..chance.within(1, 2) {
            let log = chance.below(self.logs.len());
            if self.logs[log].is_empty() {
                continue;
            }
            let at = chance.below(self.logs[log].len());
            match chance.below(8) {
                0 if !self.logs[log][at].is_event() && self.logs[log].len() > 1 => {
                    self.logs[log].remove(at);
                }
                1 => {
                    let fields = &mut self.logs[log][at].fields;
                    if fields["event"] == "SEND" {
                        fields.remove("recipients");
                        fields.remove("recipient_ids");
                        fields["event"] = "INTERNAL".into();
                    }
                }
                2 => {
                    let fields = &mut self.logs[log][at].fields;
                    fields.insert("manual".into(), true.into());
                }
                3 => self.change_vector(log, at, chance),
                _ => self.change(log, at, chance),
            }
        }
        self
    }

    fn change_vector(&mut self, log: usize, at: usize, chance: &mut Chance) {
        let fields = &mut self.logs[log][at].fields;
        if let Some(entries) = fields.get_mut(VECTOR).and_then(Value::as_object_mut) {
            let machines: Vec<String> = entries.keys().cloned().collect();
            if machines.is_empty() {
                return;
            }
            let entry = &mut entries[&chance.pick(&machines)];
            let count = entry.as_i64().unwrap() + chance.within(0, 4) as i64 - 2;
            *entry = count.max(0).into();
        }
    }

    fn change(&mut self, log: usize, at: usize, chance: &mut Chance) {
        let fields = &mut self.logs[log][at].fields;
        let known: Vec<_> = FIELDS
            .iter()
            .filter(|field| fields.contains_key(**field))
            .collect();
        if known.is_empty() {
            return;
        }
        let field = *chance.pick(&known);
        let value = &mut fields[field];
        if let Some(number) = value.as_i64() {
            *value = (number + chance.within(0, 4) as i64 - 2).max(0).into();
        } else if let Some(number) = value.as_f64() {
            *value = Value::from(
                ((number + 0.3 * chance.fraction() * chance.fraction()) * 1e6).round() / 1e6,
            );
        }
    }
}
