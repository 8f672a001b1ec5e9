//! The Azure Functions host, imitated: it starts the program as the host would, sends it what the host would
//! send, and chokes on what the host would choke on.
//!
//! Microsoft's host is not needed for it, so a test can be exact about what is hard to see in Azure: which
//! bytes arrive, what a failed message goes through, what is left of work when an instance disappears. Each
//! rule names where it was read: a file of Azure/azure-functions-host, of the queue extension in
//! Azure/azure-sdk-for-net, or a thread. What was not read but inferred says so.

mod answer;
mod backoff;
mod chance;
mod client;
mod envelope;
mod forward;
mod front;
mod host;
mod identity;
mod instance;
mod package;
mod process;
mod proxy;
mod queue;
mod record;
mod schedule;
mod span;
mod storage;
mod supervisor;
mod timer;
pub(crate) mod token;
mod xml;

pub use host::{Answer, FunctionsHost, HostPace, Mode, Options, Stopped};
pub use identity::ManagedIdentity;
pub use instance::HostState;
pub use package::{AuthLevel, Function, HostJson, Package, QueueSettings, Trigger};
pub use record::{Invocation, Level, Line, Outcome, Source};
pub use storage::{Blob, Message, Storage, StorageError};

#[cfg(test)]
mod live;
