# What CI runs.
ci:
    .ci/run

# Formats all code.
fmt:
    cargo fmt --all

# The lints, as CI sees them.
lint:
    cargo clippy --workspace --all-targets -- -D warnings

# The tests; `just test -p shape-check` runs those of one crate.
test *ARGS='--workspace':
    cargo test {{ARGS}}

# Tries properties on other cases than CI does, CASES of them each; `just hunt 10000 -p shape-policy`.
hunt CASES *ARGS='--workspace':
    PROPTEST_CASES={{CASES}} PROPTEST_MAX_GLOBAL_REJECTS=100000000 cargo test --release {{ARGS}}

# Compares the machine with a plain evaluator on made-up programs for SECONDS.
hunt-programs SECONDS='600':
    DIFFERENTIAL_SECONDS={{SECONDS}} cargo test --release -p shape-vm --test differential -- --nocapture

# The benches; `just bench marshal` runs one group.
bench *ARGS:
    cargo bench -p shape-benches {{ARGS}}

# The instructions that calls and programs take, beside `benches/instructions.txt`; `--update` writes that anew.
instructions *ARGS:
    cargo build --release -p shape-bench-plugin
    cargo run --release -p shape-benches --no-default-features --bin instructions -- {{ARGS}}

# Shape beside other engines; `comparison/README.md` lists the arguments.
compare *ARGS:
    cd comparison && cargo run --release --quiet -p compare -- {{ARGS}}

# Feeds the parser with made-up texts for SECONDS; `fuzz/README.md` says what must be installed.
fuzz SECONDS='60':
    mkdir -p fuzz/corpus/parse_check
    RUSTC_BOOTSTRAP=1 cargo fuzz run parse_check --sanitizer none fuzz/corpus/parse_check fuzz/seeds tests/spec -- -max_total_time={{SECONDS}} -max_len=4096
