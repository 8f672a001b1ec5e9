//! Microsoft Teams: activities of the Bot Framework in, Adaptive Cards out.

mod activity;
mod address;
mod chat;
mod connector;
#[cfg(test)]
mod fakes;
mod intake;
mod package;
pub mod render;
mod secret;
mod service;
mod verify;

pub use chat::TeamsChat;
pub use connector::TOKEN_SCOPE;
pub use intake::{TeamsIntake, routes};
pub use package::{NoPackage, Publisher, manifest, package};
pub use secret::{App, ClientSecret};
pub use service::{NotLocal, Services};
pub use verify::{KeysMissing, Trust, Verifier};
