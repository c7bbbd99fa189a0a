# Common tasks. `just` lists them. Install it with `cargo install just`, or run the commands manually.

set shell := ["bash", "-euo", "pipefail", "-c"]

# List the tasks
default:
    @just --list

# Type-check everything, tests and benchmarks included
check:
    cargo check --locked --all-targets

# Run all tests, on both databases where PostgreSQL is installed
test *args:
    cargo test --locked {{ args }}

# Run all tests on SQLite only
test-sqlite *args:
    cargo test --locked -- --skip ::postgres {{ args }}

# Check format and lints
lint:
    cargo fmt --all --check
    cargo clippy --locked --all-targets -- -D warnings

# Format the code
fmt:
    cargo fmt --all

# Regenerate the committed OpenAPI documents
openapi:
    cargo run --locked --quiet -- openapi --directory openapi

# Run the benchmarks
bench *args:
    cargo bench --locked {{ args }}

# Serve the demo catalogue on http://127.0.0.1:8080
demo:
    cargo run --locked -- serve --demo

# Build the API documentation of the code
docs:
    cargo doc --locked --no-deps --document-private-items
