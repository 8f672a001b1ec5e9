//! What the bot tells those who run it: logs, traces and metrics.
//!
//! Names stand in [`names`] and nowhere else, and what happens is told by one function of [`events`], which writes its
//! line and counts in its metric. [`spans`] has the spans. Decisions know nothing of all this: whoever runs an effect,
//! sends a request or answers one says so here.
//!
//! # What never leaves
//!
//! Nothing here takes a header, a body, a query string, a card or somebody's name: ids, paths, states and numbers
//! alone. What libraries say is not ours to know, so nothing below a warning of theirs is let through, whatever the
//! filter says ([`logs`]). A test plants secrets in every input and searches every output.

pub mod events;
mod export;
pub mod http;
mod ids;
pub mod logs;
mod metrics;
pub mod names;
pub mod spans;

use std::time::Duration;

use export::Export;
pub use export::Settings;
use tracing_subscriber::Registry;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// How old the latest delivery may be at the end of an invocation, before the next one is made at once: an instance of
/// the Functions host may disappear as soon as nothing runs in it.
const STALE: Duration = Duration::from_secs(5);
/// How long the end of an invocation waits for that.
const FLUSH: Duration = Duration::from_secs(1);
/// How long the end of the program waits for the last delivery.
const STOP: Duration = Duration::from_secs(3);

/// Keeps what was told on its way, as long as the program runs.
#[derive(Debug, Default)]
pub struct Telemetry {
    export: Option<&'static Export>,
}

/// Starts to log, and to deliver by OTLP where the settings say where to. Logging that was begun before goes on as
/// it is.
pub fn start(logs: &logs::Settings, otlp: Settings) -> Telemetry {
    let (export, trouble) = match Export::start(otlp) {
        Ok(export) => (export, None),
        // The bot works without; whoever set it up reads why.
        Err(error) => (None, Some(error)),
    };
    let mut layers = vec![logs.layer()];
    layers.extend(export.into_iter().flat_map(|export| export.layers(logs.filter())));
    let begun = Registry::default().with(layers).try_init();
    if let Some(error) = trouble {
        tracing::warn!(%error, "nothing is delivered by OTLP");
    }
    match (begun, export) {
        (Ok(()), Some(export)) => Telemetry { export: Some(export.switched_on()) },
        _ => Telemetry::default(),
    }
}

impl Telemetry {
    /// Delivers what is left, and waits no longer than three seconds for it.
    pub async fn stop(self) {
        if let Some(export) = self.export {
            export.stop(STOP).await;
        }
    }
}

/// Whether anything is delivered by OTLP.
#[must_use]
pub fn is_on() -> bool {
    export::running().is_some()
}

/// At the end of an invocation: delivers what was told, unless that was done a moment ago or does not work.
pub async fn flush_if_stale() {
    if let Some(export) = export::running() {
        export.flush_if_older(STALE, FLUSH).await;
    }
}

/// A new GUID, by which somebody else finds what we asked of them (RFC 9562, version 4).
pub(crate) fn guid() -> String {
    let mut bytes = [0; 16];
    if getrandom::fill(&mut bytes).is_err() {
        fastrand::fill(&mut bytes);
    }
    let number = u128::from_be_bytes(bytes) & !(0xF000 << 64) & !(0xC000 << 48) | 0x4000 << 64 | 0x8000 << 48;
    let digits = format!("{number:032x}");
    let part = |range| digits.get(range).unwrap_or_default();
    format!("{}-{}-{}-{}-{}", part(0..8), part(8..12), part(12..16), part(16..20), part(20..32))
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_guid_says_that_it_is_random() {
        let guid = super::guid();
        let parts: Vec<&str> = guid.split('-').collect();
        assert_eq!(parts.iter().map(|part| part.len()).collect::<Vec<_>>(), [8, 4, 4, 4, 12], "{guid}");
        assert!(parts[2].starts_with('4') && parts[3].starts_with(['8', '9', 'a', 'b']), "{guid}");
        assert_ne!(guid, super::guid());
    }
}
