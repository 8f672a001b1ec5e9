//! Slack: slash commands and buttons in, Block Kit messages out.

mod api;
mod base;
#[cfg(test)]
mod fake;
mod intake;
mod manifest;
mod method;
pub(super) mod render;
mod verify;

pub use api::{SlackChat, Standing, Upload};
pub use base::{ApiBase, NotAnApiBase};
pub use intake::{SlackIntake, routes};
pub use manifest::{NotReachable, manifest};
pub use render::{SlackMessage, message};
pub use verify::{NoSecret, Verifier};
