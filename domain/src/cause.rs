//! The catalogue of causes, one file each.
//!
//! A symptom is what the gateway reports; a cause is why. A cause names the evidence that confirms it and
//! gives a verdict on every HTTP setting that rules use. To add one, write its file and list it here.

mod empty_pool;
mod probe_path;
mod slow;
mod uncatalogued;
mod unreachable;

use crate::card::Text;
use crate::diagnosis::Finding;
use crate::evidence::{Reading, Scope, Trial};

/// A reason for a 502.
pub trait Cause: Sync {
    /// The stable id, as it stands in JSON: `probe-path-refused`.
    fn id(&self) -> &'static str;
    /// What it is, in one sentence.
    fn about(&self) -> &'static str;
    /// What it has to say about an HTTP setting: nothing, when the symptom is not one it could explain.
    fn examine(&self, scope: &Scope<'_>) -> Option<Finding>;
}

/// Every cause, in the order in which equally sure findings are shown.
pub static CATALOGUE: &[&dyn Cause] = &[
    &probe_path::ProbePath,
    &empty_pool::EmptyPool,
    &slow::Slow,
    &unreachable::Unreachable,
    &uncatalogued::Uncatalogued,
];

/// `1 of 2 servers`, `the one server`: some of a setting's servers, in a sentence.
fn of_servers(some: usize, all: usize) -> String {
    match (some, all) {
        (1, 1) => "the one server".to_owned(),
        (some, all) => format!("{some} of {all} servers"),
    }
}

/// An on-demand probe as a line of evidence.
fn trial_line(trial: &Trial) -> Text {
    let line = Text::of("Probe of ").code(&trial.path).say(" on demand, pool ").code(&trial.pool).say(": ");
    match &trial.servers {
        Reading::NotRead(why) => line.say(format!("not run, {why}")),
        Reading::Read(servers) if servers.is_empty() => line.say("no server answered for it"),
        Reading::Read(servers) => servers.iter().enumerate().fold(line, |line, (index, server)| {
            let line = if index == 0 { line } else { line.say(", ") };
            line.code(&server.address).say(format!(" {}", server.symptom.in_words()))
        }),
    }
}

#[cfg(test)]
mod tests;
