//! The bot as a custom handler of Azure Functions.
//!
//! Here is what the host calls when a message is in the queue or the timer fires. Chat and alerts do not come
//! this way; the host passes them on as plain HTTP, below `/api/`.
//!
//! The contract is the host's code rather than its documentation, which shows envelopes that no host sends
//! (Azure/azure-functions-host, `ScriptInvocationContextExtensions.cs` and its tests).

mod envelope;
mod triggers;

use std::time::Duration;

pub use triggers::routes;

/// The port that the host tells a custom handler to listen on, on 127.0.0.1
/// (Azure/azure-functions-host, `HttpWorkerConstants.cs`).
pub const PORT: &str = "FUNCTIONS_CUSTOMHANDLER_PORT";

/// How long an invocation may take. The host's limit is `functionTimeout` in `host.json`, ten minutes, and
/// whoever exceeds that is killed along with everything else that this process has begun.
pub const DEADLINE: Duration = Duration::from_secs(8 * 60);

/// The largest envelope that is read, in bytes: a message of 64 KiB, escaped twice, and what is told about it.
const LARGEST: usize = 512 * 1024;

/// The name of the queue triggers' binding in `function.json`.
const WAKE: &str = "wake";
