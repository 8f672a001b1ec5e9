//! Chat platforms: one folder each, over the same cards.
//!
//! An intake verifies the raw bytes, parses, keeps the request and answers at once. A renderer turns a
//! [`domain::card::Card`] into what the platform shows. An API posts it.

pub mod console;
pub mod discord;
#[cfg(test)]
#[expect(
    clippy::unimplemented,
    reason = "the chats only accept requests; a test that asks the store for more is wrong"
)]
pub(crate) mod fakes;
#[cfg(any(test, feature = "rehearsal"))]
pub mod gallery;
#[cfg(test)]
mod hostile;
pub(crate) mod http;
mod letters;
pub(crate) mod link;
mod reason;
#[cfg(test)]
mod refusals;
mod rest;
#[cfg(test)]
mod samples;
mod signature;
pub mod slack;
pub mod teams;
pub mod terminal;

pub use signature::Unverified;
