#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| kinoteka_fuzz::accept_language(data));
