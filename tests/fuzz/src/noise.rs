//! Fuzzes `plays/noise.rs`.

#![no_main]

mod count;
#[path = "../plays/noise.rs"]
mod play;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    count::count(data);
    play::play(data);
});
