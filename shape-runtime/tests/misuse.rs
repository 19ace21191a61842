//! Mistakes of a module's author that must not compile, with messages that say what to do.

#[test]
fn misuse_does_not_compile() {
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}
