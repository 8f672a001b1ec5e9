//! The whole bot, from the outside. Each promise of the bot has tests that are named after it:
//!
//! 1. Nothing is written without an approval.
//! 2. A plan is applied at most once.
//! 3. Another person's change is never undone.
//! 4. Everything outside the plan stays as it was.
//! 5. Every accepted alert or command gets an answer.
//! 6. No secret leaves.
//! 7. "Fixed" is measured.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod alerts;
mod answers;
mod approval;
mod canary;
mod check;
mod cli;
mod commands;
mod discord;
mod errands;
mod everywhere;
mod fixes;
mod functions;
mod infra;
mod kill;
mod large;
mod noise;
mod operate;
mod others;
mod outage;
mod permissions;
mod platforms;
mod policy;
mod refused;
mod restored;
mod scenarios;
mod secrets;
mod slack;
mod snooze;
mod storm;
mod story;
mod teams;
mod telemetry;
mod undo;
mod workers;
mod write_path;

/// The program, built from its own main.
const AGW: &str = env!("CARGO_BIN_EXE_agw-under-test");
