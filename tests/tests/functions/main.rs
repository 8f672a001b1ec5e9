//! The package as it is deployed, under imitated Functions hosts, with Azurite as the storage account and a
//! simulated Azure behind. `cargo xtask test` builds the package, starts Azurite and runs these one by one.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test fails by panicking, and prints what it measured"
)]

mod life;
mod outside;
mod poison;
mod start;
mod storm;
mod story;
