#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| therapy_fuzz::keys(input));
