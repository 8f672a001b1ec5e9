//! Where `agw` decides.
//!
//! Everything here is pure: no I/O, no clock, no environment, no async. The crate's dependencies are the
//! proof: none of them can open a socket. Adapters turn the outside into these types, call in, and carry
//! out what comes back.

pub mod again;
pub mod alert;
pub mod approval;
pub mod card;
pub mod cause;
pub mod certificate;
pub mod command;
pub mod compute;
pub mod dead_letter;
pub mod diagnosis;
pub mod evidence;
pub mod gateway;
pub mod health;
pub mod id;
pub mod incident;
pub mod keep;
pub mod monitor;
pub mod network;
pub mod plan;
pub mod request;
pub mod say;
pub mod scope;
pub mod snooze;
pub mod storm;
pub mod web;
