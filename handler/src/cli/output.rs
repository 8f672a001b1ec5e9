//! Printing: the one place that writes to stdout and stderr.

use std::fmt::Display;
use std::io::{ErrorKind, IsTerminal, stderr, stdout};
use std::process::ExitCode;
use std::time::Duration;

use crate::chat::terminal::Terminal;
use crate::functions;
use crate::telemetry::{self, Telemetry};
use domain::card::Card;
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;

/// Prints an error with its causes and gives its exit code: 2 for wrong use, else 1.
pub fn fail(error: &anyhow::Error) -> ExitCode {
    say(stderr(), format_args!("agw: {error:#}\n"));
    if error.is::<WrongUse>() { ExitCode::from(2) } else { ExitCode::FAILURE }
}

/// Something on the command line that clap could not know to be wrong.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct WrongUse(pub(super) String);

/// Prints a line of a result.
pub(super) fn line(text: impl AsRef<str>) {
    say(stdout(), format_args!("{}\n", text.as_ref()));
}

/// Prints a card.
pub(super) fn card(card: &Card) {
    say(stdout(), terminal().draw(card));
}

/// Prints a value as JSON.
pub(super) fn json(value: &impl Serialize) -> anyhow::Result<()> {
    line(serde_json::to_string_pretty(value)?);
    Ok(())
}

/// Tells a person who waits.
#[cfg(feature = "rehearsal")]
pub(super) fn progress(text: impl AsRef<str>) {
    say(stderr(), format_args!("{}\n", text.as_ref()));
}

/// Writes, and ends quietly when nobody reads any more, as in `agw scenarios | head -1`.
fn say(mut to: impl std::io::Write, text: impl Display) {
    let said = write!(to, "{text}").and_then(|()| to.flush());
    if said.is_err_and(|error| error.kind() == ErrorKind::BrokenPipe) {
        std::process::exit(0);
    }
}

/// A line on stderr that says what is going on; silent when stderr is not a terminal.
pub(super) fn spinner() -> ProgressBar {
    let bar = ProgressBar::new_spinner();
    if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} ({elapsed})") {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(100));
    bar
}

fn terminal() -> Terminal {
    let colour = stdout().is_terminal() && !wants_no_colour();
    Terminal { width: 96, colour }
}

/// <https://no-color.org>
fn wants_no_colour() -> bool {
    std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
}

/// Logs go to stdout under a host that collects it, and to stderr beside a result. Only the bot delivers by OTLP.
pub(super) fn start_telemetry(verbose: u8, serving: bool) -> Telemetry {
    let usual = match (verbose, serving) {
        (0, false) => "error",
        (0, true) => "info",
        (1, _) => "info,handler=debug",
        _ => "info,handler=trace,simulator=debug",
    };
    let env = |name: &str| std::env::var(name).ok();
    let hosted = serving && env(functions::PORT).is_some();
    let logs = telemetry::logs::Settings::read(env, usual, serving, hosted);
    let otlp = if serving { telemetry::Settings::read(env) } else { telemetry::Settings::default() };
    telemetry::start(&logs, otlp)
}
