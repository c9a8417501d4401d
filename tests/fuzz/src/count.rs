//! The bytes that a target was given, beside the figures that libFuzzer prints at the end.

use std::cell::Cell;

struct Count(Cell<u64>);

impl Drop for Count {
    // libFuzzer ends with `exit`, at which the main thread's values are dropped.
    fn drop(&mut self) {
        eprintln!("stat::bytes_of_all_inputs:     {}", self.0.get());
    }
}

thread_local! {
    static COUNT: Count = const { Count(Cell::new(0)) };
}

/// Adds the bytes of an input.
pub(crate) fn count(data: &[u8]) {
    COUNT.with(|count| count.0.set(count.0.get() + data.len() as u64));
}
