//! Lines: for people on a terminal, one JSON object each under a Functions host.
//!
//! The host makes an event of *Information* of each line on stdout, and of each on stderr an error, or a warning if
//! "warn" is in it; it reads no JSON (Azure/azure-functions-host, `WorkerProcess.cs`). So warnings and errors go to
//! stderr there, with their level in words, and everything else to stdout.

use std::fmt;
use std::io::{IsTerminal, stderr, stdout};

use serde_json::{Map, Value};
use tracing::{Event, Level, Metadata, Subscriber};
use tracing_subscriber::filter::{EnvFilter, FilterExt as _, FilterFn, filter_fn};
use tracing_subscriber::fmt::format::{JsonFields, Writer};
use tracing_subscriber::fmt::time::{FormatTime, SystemTime};
use tracing_subscriber::fmt::writer::MakeWriterExt as _;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields, FormattedFields};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::{Layer, Registry};

use super::names;

/// The variable that says how much is logged: directives of `tracing_subscriber::EnvFilter`.
pub const FILTER: &str = "AGW_LOG";
/// The variable that says how: `json` or `text`.
pub const FORMAT: &str = "AGW_LOG_FORMAT";
/// The crates that are ours.
const OURS: [&str; 3] = ["handler", "domain", "simulator"];

/// What is logged, where to, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// What is logged.
    filter: String,
    /// Whether a line is JSON.
    json: bool,
    /// Where lines go.
    to: To,
    /// Whether lines may be coloured.
    colour: bool,
}

/// Where lines go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum To {
    /// Beside a result.
    Stderr,
    /// To whoever collects them.
    Stdout,
    /// To a Functions host, which tells levels by the stream.
    Both,
}

impl Settings {
    /// What the environment says: `usual` is the filter where it says nothing, `serving` whether the program is the
    /// bot and no command, `hosted` whether a Functions host started it.
    pub fn read(env: impl Fn(&str) -> Option<String>, usual: &str, serving: bool, hosted: bool) -> Self {
        let set = |name| env(name).filter(|value| !value.is_empty());
        let filter = set(FILTER).filter(|filter| EnvFilter::try_new(filter).is_ok());
        let format = set(FORMAT);
        let json = format.map_or(hosted, |format| format.eq_ignore_ascii_case("json"));
        let to = match (serving, hosted) {
            (true, true) => To::Both,
            (true, false) => To::Stdout,
            (false, _) => To::Stderr,
        };
        // <https://no-color.org>
        let plain = set("NO_COLOR").is_some();
        let terminal = if to == To::Stderr { stderr().is_terminal() } else { stdout().is_terminal() };
        Self { filter: filter.unwrap_or_else(|| usual.to_owned()), json, to, colour: terminal && !plain }
    }

    /// What is logged.
    pub(super) fn filter(&self) -> &str {
        &self.filter
    }

    /// What writes the lines.
    pub(super) fn layer(&self) -> Box<dyn Layer<Registry> + Send + Sync> {
        let layer = tracing_subscriber::fmt::layer().with_ansi(self.colour && !self.json);
        let layer = layer.fmt_fields(JsonFields::new()).event_format(Lines { json: self.json });
        let filter = EnvFilter::new(&self.filter).and(spoken_for());
        match self.to {
            To::Stdout => layer.with_filter(filter).boxed(),
            To::Stderr => layer.with_writer(stderr).with_filter(filter).boxed(),
            To::Both => {
                let by_level = stdout.with_min_level(Level::INFO).or_else(stderr);
                layer.with_writer(by_level).with_filter(filter).boxed()
            }
        }
    }
}

/// Lets through what is ours, and of libraries their warnings alone. What they write below that can have headers and
/// bodies in it, with tokens: hyper, h2 and rustls are built to be debugged. No setting lets that out.
pub(super) fn spoken_for() -> FilterFn {
    filter_fn(|metadata| is_ours(metadata) || *metadata.level() <= Level::WARN)
}

pub(super) fn is_ours(metadata: &Metadata<'_>) -> bool {
    let target = metadata.target();
    let name = target.split_once("::").map_or(target, |(name, _)| name);
    OURS.contains(&name)
}

/// A line: what is said, with the fields of the spans around it. Those of the inner ones win, and the line's own.
struct Lines {
    json: bool,
}

type Fields = Map<String, Value>;

impl<S, N> FormatEvent<S, N> for Lines
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let (mut around, mut own) = (Fields::new(), Fields::new());
        for span in context.event_scope().into_iter().flat_map(|scope| scope.from_root()) {
            if let Some(fields) = span.extensions().get::<FormattedFields<N>>() {
                add(&mut around, &fields.fields);
            }
        }
        let mut fields = String::new();
        context.format_fields(Writer::new(&mut fields), event)?;
        add(&mut own, &fields);
        let mut time = String::new();
        SystemTime.format_time(&mut Writer::new(&mut time))?;
        if self.json {
            around.extend(own);
            write_json(&mut writer, time, event.metadata(), around)
        } else {
            write_text(&mut writer, &time, event.metadata(), &around, own)
        }
    }
}

fn write_json(
    writer: &mut Writer<'_>,
    time: String,
    metadata: &Metadata<'_>,
    mut line: Fields,
) -> fmt::Result {
    line.insert("time".to_owned(), Value::from(time));
    line.insert("level".to_owned(), Value::from(metadata.level().as_str().to_ascii_lowercase()));
    line.insert("target".to_owned(), Value::from(metadata.target()));
    writeln!(writer, "{}", Value::Object(line))
}

/// For people: what is said, its own fields, and which incident or request it is about.
fn write_text(
    writer: &mut Writer<'_>,
    time: &str,
    metadata: &Metadata<'_>,
    around: &Fields,
    mut own: Fields,
) -> fmt::Result {
    let said = own.remove("message");
    let (dim, colour, plain) = match (writer.has_ansi_escapes(), *metadata.level()) {
        (false, _) => ("", "", ""),
        (true, Level::ERROR) => ("\u{1b}[2m", "\u{1b}[31m", "\u{1b}[0m"),
        (true, Level::WARN) => ("\u{1b}[2m", "\u{1b}[33m", "\u{1b}[0m"),
        (true, _) => ("\u{1b}[2m", "\u{1b}[32m", "\u{1b}[0m"),
    };
    let (level, target) = (metadata.level().as_str(), metadata.target());
    write!(writer, "{dim}{time}{plain} {colour}{level:>5}{plain} {dim}{target}:{plain} ")?;
    write!(writer, "{}", said.as_ref().and_then(Value::as_str).unwrap_or_default())?;
    let ids = [names::INCIDENT, names::REQUEST].map(names::in_a_line);
    let about = around.iter().filter(|(name, _)| ids.contains(&name.as_str()) && !own.contains_key(*name));
    for (name, value) in own.iter().chain(about) {
        match value.as_str() {
            Some(text) if text.chars().any(char::is_whitespace) => write!(writer, " {name}={text:?}")?,
            Some(text) => write!(writer, " {name}={text}")?,
            None => write!(writer, " {name}={value}")?,
        }
    }
    writeln!(writer)
}

/// Takes fields over, under the names that they have in a line. What is for OpenTelemetry alone stays out.
fn add(line: &mut Fields, fields: &str) {
    let Ok(Value::Object(fields)) = serde_json::from_str(fields) else { return };
    for (name, value) in fields {
        if !name.starts_with("otel.") && !value.is_null() {
            line.insert(names::in_a_line(&name).to_owned(), value);
        }
    }
}

#[cfg(test)]
mod tests;
