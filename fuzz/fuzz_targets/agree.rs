//! The readers agree on every text: values, places, duplicate keys.
#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../../crates/yaml/tests/reader/compare.rs"]
mod compare;

fuzz_target!(|text: &str| {
    if let Err(why) = compare::readers(text) {
        panic!("{why}");
    }
});
