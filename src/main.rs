//! Parses the command line and runs one command.

use std::process::ExitCode;

/// Answers are made of many small pieces; this allocator gave a tenth more of them a second
/// (benches/README.md).
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    kinoteka::commands::main()
}
