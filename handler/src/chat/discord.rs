//! Discord: interactions in, messages with embeds and buttons out.
//!
//! The bot has no connection to Discord's gateway: what people type and press reaches it by the interactions endpoint
//! alone, and it speaks over HTTP (Discord, "Receiving and Responding").

mod api;
mod base;
pub mod commands;
mod intake;
pub mod render;
mod verify;

pub use api::{Application, ChannelRights, DiscordChat};
pub use base::{ApiBase, NotAnApiBase};
pub use intake::{DiscordIntake, Names, routes};
pub use verify::{NotAKey, Verifier};
