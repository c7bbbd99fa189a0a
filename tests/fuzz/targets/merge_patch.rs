#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| kinoteka_fuzz::merge_patch(data));
