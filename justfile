# What this project can do. CI calls the same recipes.

python := env("PYTHON", "python3")

# List the recipes.
default:
    @just --list

# Type-check everything.
check:
    cargo check --workspace --all-targets --locked

# Format.
fmt:
    cargo fmt --all

# Formatting, lints and documentation, without changing anything.
lint:
    cargo fmt --all --check
    cargo clippy --workspace --all-targets --locked -- -D warnings
    RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --locked

# All tests. The real MCP clients are installed on the first run, where Python and Node are there.
test:
    cargo test --release --workspace --locked

# Rebuild the bundled tools from source, and repack them.
guests:
    guest-tools/build.sh

# Fail when the bundled tools' sources changed without a rebuild. Needs no toolchain.
guests-check:
    guest-tools/build.sh --check

# What a call costs, each figure with its baseline in the same run.
bench:
    cargo bench --locked --bench append --bench call --bench stdio --bench http --bench decide --bench scrub

# Whether the tests notice when what decides, or what lets out, is changed. Takes hours; needs cargo-mutants.
mutants:
    cargo mutants --package ringfence-policy --package ringfence-egress

# A guided run: tools work, hostile ones are stopped.
demo:
    cargo run --release --locked -- demo

# Licences, sources and duplicate crates. Needs cargo-deny.
deny:
    cargo deny --config .config/deny.toml check bans licenses sources

# What CI runs.
ci:
    .ci/run
