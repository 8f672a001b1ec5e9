//! Azure, and the public side of its gateways: [`ArmClient`] is the port [`Arm`](crate::ports::Arm),
//! [`HttpSite`] the port [`Site`](crate::ports::Site).
//!
//! Three rules hold for everything here:
//!
//! * a bearer token goes over https only; plain http is for a simulator on loopback, which gets none;
//! * what only reads is tried again until its deadline, a PUT is sent once;
//! * links that Azure hands out are followed as they are, but never to another origin.

pub mod client;
pub mod config;
pub mod identity;
pub mod site;

mod answer;
mod call;
mod fault;
mod gateways;
mod identities;
mod long_read;
mod operation;
mod retry;
mod text;
mod wire;

pub use client::ArmClient;
pub use config::{ArmConfig, ConfigError, Pace};
pub use identities::Identities;
pub use site::{HttpSite, SiteConfig};
