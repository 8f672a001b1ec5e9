//! What is deployed: host.json and each function's function.json, read as the host reads them.

mod functions;
mod host_json;
mod routes;

use std::path::{Path, PathBuf};
use std::time::Duration;

/// A deployed folder, the host's script root.
#[derive(Debug, Clone)]
pub struct Package {
    /// The folder.
    pub root: PathBuf,
    /// What host.json says.
    pub host: HostJson,
    /// Its functions, by name.
    pub functions: Vec<Function>,
}

/// What host.json says, with the host's defaults where it says nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostJson {
    /// `customHandler.description.defaultExecutablePath`
    pub executable: String,
    /// `customHandler.description.arguments`
    pub arguments: Vec<String>,
    /// `customHandler.enableProxyingHttpRequest`
    pub proxying: bool,
    /// `customHandler.enableForwardingHttpRequest`
    pub forwarding: bool,
    /// `customHandler.initializationTimeout`: how long the handler may take to answer for the first time
    pub initialization_timeout: Duration,
    /// `extensions.http.routePrefix`
    pub route_prefix: String,
    /// `functionTimeout`, or `None` where there is no limit
    pub function_timeout: Option<Duration>,
    /// `extensions.queues`
    pub queues: QueueSettings,
}

/// `extensions.queues` in host.json.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueSettings {
    /// How many messages are fetched at once.
    pub batch_size: usize,
    /// When no more than this many are being worked on, the next batch is fetched.
    pub new_batch_threshold: usize,
    /// How often a message is tried before it is poisoned, the first time included.
    pub max_dequeue_count: u32,
    /// How long a failed message stays invisible.
    pub visibility_timeout: Duration,
    /// The longest wait between two looks into an empty queue.
    pub max_polling_interval: Duration,
    /// Whether the text of a message is base64.
    pub base64: bool,
}

/// A function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Function {
    /// Its name, which is the name of its folder.
    pub name: String,
    /// What starts it.
    pub trigger: Trigger,
}

/// What starts a function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trigger {
    /// An HTTP request.
    Http {
        /// The route behind the prefix.
        route: String,
        /// The methods in upper case; none means all.
        methods: Vec<String>,
        /// Who may call it.
        auth: AuthLevel,
        /// Whether the handler may be given the request itself: exactly one binding in, an `httpTrigger`, and
        /// exactly one out, an `http` (Azure/azure-functions-host,
        /// `FunctionMetadataExtensions.IsHttpInAndOutFunction`).
        raw: bool,
    },
    /// A message in a queue.
    Queue {
        /// The binding's name, under which the message is handed over.
        binding: String,
        /// The queue.
        queue: String,
        /// The setting, or the prefix of settings, that says where the queue is.
        connection: String,
    },
    /// The clock.
    Timer {
        /// The binding's name.
        binding: String,
        /// An NCRONTAB expression of six fields.
        schedule: String,
    },
}

/// Who may call an HTTP function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuthLevel {
    /// Everybody.
    Anonymous,
    /// Who has the function's key.
    Function,
    /// Who has the host's master key. The harness has none, so nobody.
    Admin,
}

impl Package {
    /// Reads a folder as the host does, and says in a sentence each what the host would refuse.
    ///
    /// Only folders directly below the root are looked at (Azure/azure-functions-host,
    /// `HostFunctionMetadataProvider.ReadFunctionsMetadata`).
    pub fn read(dir: &Path) -> Result<Self, Vec<String>> {
        let mut wrong = Vec::new();
        let host = host_json::read(dir, &mut wrong);
        let functions = functions::read(dir, &mut wrong);
        routes::check(&functions, &mut wrong);
        if let Some((_, value)) = &host {
            host_json::check(value, &functions, &mut wrong);
        }
        match host {
            Some((host, _)) if wrong.is_empty() => Ok(Self { root: dir.to_owned(), host, functions }),
            _ => Err(wrong),
        }
    }

    /// The function of this name.
    #[must_use]
    pub fn function(&self, name: &str) -> Option<&Function> {
        self.functions.iter().find(|function| function.name == name)
    }
}

/// Reads a file as JSON, or says why not.
fn json(path: &Path) -> Result<serde_json::Value, String> {
    let shown = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let text = std::fs::read_to_string(path).map_err(|error| format!("{shown} cannot be read: {error}"))?;
    serde_json::from_str(&text).map_err(|error| format!("{shown} is not JSON: {error}"))
}

#[cfg(test)]
mod tests;
