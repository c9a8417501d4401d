//! Fuzzes `plays/wire.rs`.

#![no_main]

#[path = "../plays/wire.rs"]
mod play;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| play::play(data));
