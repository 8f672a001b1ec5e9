//! The whole bot, from the outside.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod story;

/// The program, built from its own main.
#[expect(dead_code)]
const AGW: &str = env!("CARGO_BIN_EXE_agw-under-test");
