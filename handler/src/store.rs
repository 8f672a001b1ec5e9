//! Where incidents, requests and wake-ups are kept: the [`Store`](crate::ports::Store) and
//! [`Wakeups`](crate::ports::Wakeups) ports.
//!
//! What every implementation has to do is written down once, as checks that run against each of them.

pub mod azure;
mod key;
mod moment;
mod sqlite;

pub use azure::{AzureStore, AzureStoreOptions};
pub use sqlite::SqliteStore;

#[cfg(test)]
mod conformance;
