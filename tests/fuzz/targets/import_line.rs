#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| kinoteka_fuzz::import_line(data));
