//! The names of everything that is told: one place, so that a dashboard written today is right tomorrow.
//!
//! Attributes are named by OpenTelemetry's semantic conventions where those have a name, else `agw.…`. In a line of
//! the log the same fields stand without `agw.` in front. `docs/operate.md` and the workbook are held against this
//! list by a test.

/// The incident: `INC-7K2F`.
pub const INCIDENT: &str = "agw.incident";
/// What was asked, by the id under which it is kept.
pub const REQUEST: &str = "agw.request";
/// The gateway's resource id.
pub const GATEWAY: &str = "agw.gateway";
/// How far an incident is: `diagnosing`, `proposed`, `fixed` …
pub const STATE: &str = "agw.state";
/// How far it was before.
pub const BEFORE: &str = "agw.before";
/// What came of it.
pub const OUTCOME: &str = "agw.outcome";
/// What a wake-up is for: `request` or `incident`.
pub const WAKEUP: &str = "agw.wakeup";
/// What kind of request it is: `alert`, `command`, `typed`, `click` or `home`.
pub const ASK: &str = "agw.ask";
/// The effect that is run: `diagnose`, `apply`, `show` …
pub const EFFECT: &str = "agw.effect";
/// How often it was begun.
pub const ATTEMPT: &str = "agw.attempt";
/// `slack`, `teams`, `discord` or `console`.
pub const PLATFORM: &str = "agw.platform";
/// What a chat was asked to do: `post`, `update`, `thread`, `reply`, `home` or `groups`.
pub const METHOD: &str = "agw.method";
/// The permission that a call to Azure needs: which operation it is.
pub const ACTION: &str = "agw.action";
/// Who throttles: `azure`, or a platform.
pub const SERVICE: &str = "agw.service";
/// Who opened an incident: `alert` or `person`.
pub const OPENED_BY: &str = "agw.opened_by";
/// What a dead letter was about: `request`, `incident` or `unreadable`.
pub const ABOUT: &str = "agw.about";
/// Milliseconds.
pub const MS: &str = "agw.ms";
/// Seconds.
pub const SECONDS: &str = "agw.seconds";
/// Seconds that somebody asked to wait.
pub const RETRY_AFTER: &str = "agw.retry_after_s";
/// The HTTP method.
pub const HTTP_METHOD: &str = "http.request.method";
/// The route, as it was declared: never the path that was sent.
pub const ROUTE: &str = "http.route";
/// The HTTP status.
pub const STATUS: &str = "http.response.status_code";
/// The path of a call to Azure, without its query.
pub const PATH: &str = "url.path";
/// The host of a call to Azure.
pub const SERVER: &str = "server.address";
/// What failed: an HTTP status, or a word.
pub const ERROR: &str = "error.type";
/// The Functions host's id of an invocation.
pub const INVOCATION: &str = "faas.invocation_id";
/// `x-ms-client-request-id`: ours, a new one for each call, by which Azure's support finds it.
pub const CLIENT_REQUEST: &str = "az.client_request_id";
/// `x-ms-correlation-request-id`: Azure's.
pub const CORRELATION: &str = "az.correlation_request_id";

/// All of them.
pub const FIELDS: [&str; 28] = [
    INCIDENT,
    REQUEST,
    GATEWAY,
    STATE,
    BEFORE,
    OUTCOME,
    WAKEUP,
    ASK,
    EFFECT,
    ATTEMPT,
    PLATFORM,
    METHOD,
    ACTION,
    SERVICE,
    OPENED_BY,
    ABOUT,
    MS,
    SECONDS,
    RETRY_AFTER,
    HTTP_METHOD,
    ROUTE,
    STATUS,
    PATH,
    SERVER,
    ERROR,
    INVOCATION,
    CLIENT_REQUEST,
    CORRELATION,
];

/// The name that a field has in a line of the log.
#[must_use]
pub fn in_a_line(field: &str) -> &str {
    field.strip_prefix("agw.").unwrap_or(field)
}

/// A metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Metric {
    /// Its name.
    pub name: &'static str,
    /// Its unit, in UCUM.
    pub unit: &'static str,
    /// What it counts.
    pub about: &'static str,
}

/// How long senders waited for an answer: for a chat or an alert, its acknowledgement.
pub const ANSWERED: Metric = Metric {
    name: "http.server.request.duration",
    unit: "s",
    about: "Time until a request was answered: for a chat or an alert, its acknowledgement.",
};
/// How long requests waited for the worker.
pub const WAITED: Metric = Metric {
    name: "agw.request.wait",
    unit: "s",
    about: "Time from the acceptance of a request until a worker took it up, repetitions included.",
};
/// How long the handling of a wake-up took.
pub const WOKEN: Metric = Metric {
    name: "agw.wakeup.duration",
    unit: "s",
    about: "Time that the handling of one wake-up took, with all that it did.",
};
/// From the opening of an incident to the first finding on display.
pub const FOUND: Metric = Metric {
    name: "agw.incident.time_to_finding",
    unit: "s",
    about: "From the opening of an incident to the first message that shows a diagnosis.",
};
/// From the opening of an incident to Fixed.
pub const FIXED: Metric = Metric {
    name: "agw.incident.time_to_fixed",
    unit: "s",
    about: "From the opening of an incident to Fixed, people's time to decide included.",
};
/// Incidents that were opened.
pub const OPENED: Metric =
    Metric { name: "agw.incident.opened", unit: "{incident}", about: "Incidents that were opened." };
/// Incidents that were closed.
pub const CLOSED: Metric =
    Metric { name: "agw.incident.closed", unit: "{incident}", about: "Incidents that were closed." };
/// What became of writes.
pub const WRITES: Metric = Metric {
    name: "agw.writes",
    unit: "{write}",
    about: "Writes that were approved, applied, voided, or that failed.",
};
/// How long calls to Azure took.
pub const CALLED: Metric = Metric {
    name: "agw.azure.call.duration",
    unit: "s",
    about: "Time that one call to Azure Resource Manager took, each attempt by itself.",
};
/// How often somebody asked to wait.
pub const THROTTLED: Metric = Metric {
    name: "agw.throttled",
    unit: "{answer}",
    about: "Answers of Azure or of a chat that asked to wait.",
};
/// How long a chat took to take a message.
pub const POSTED: Metric =
    Metric { name: "agw.chat.call.duration", unit: "s", about: "Time that one call to a chat took." };
/// Wake-ups that were given up.
pub const BURIED: Metric =
    Metric { name: "agw.dead_letters", unit: "{letter}", about: "Wake-ups that were given up, and told." };

/// All metrics.
pub const METRICS: [Metric; 12] =
    [ANSWERED, WAITED, WOKEN, FOUND, FIXED, OPENED, CLOSED, WRITES, CALLED, THROTTLED, POSTED, BURIED];
