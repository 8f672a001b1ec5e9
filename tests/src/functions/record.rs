//! What a host remembers of its life, for the test to look at.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// One run of a function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invocation {
    /// The function.
    pub function: String,
    /// How it ended.
    pub outcome: Outcome,
    /// How often the message was handed out by then, for a queue trigger.
    pub dequeue_count: Option<u32>,
    /// How long it took.
    pub duration: Duration,
}

/// How a run of a function ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// By an answer that the host takes.
    Succeeded,
    /// By an answer that it does not take, or by none.
    Failed(String),
    /// Not within the function's time, so that the handler was killed and started again.
    TimedOut,
}

/// A line of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Who wrote it.
    pub source: Source,
    /// How bad it is, as the host sees it.
    pub level: Level,
    /// The text.
    pub text: String,
}

/// Who wrote a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// The handler, on stdout.
    Stdout,
    /// The handler, on stderr.
    Stderr,
    /// The handler, in the `Logs` of an answer.
    Answer,
    /// The host itself.
    Host,
}

/// How bad a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// A line for the host's own log, which the app's owner does not see.
    System,
    /// Information.
    Information,
    /// A warning.
    Warning,
    /// An error.
    Error,
}

/// Everything that is remembered.
#[derive(Debug, Default)]
pub(crate) struct Record {
    lines: Mutex<Vec<Line>>,
    invocations: Mutex<Vec<Invocation>>,
    violations: Mutex<Vec<String>>,
}

/// A test that failed while it held a lock has said why already.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Record {
    pub(crate) fn line(&self, source: Source, level: Level, text: impl Into<String>) {
        lock(&self.lines).push(Line { source, level, text: text.into() });
    }

    pub(crate) fn stdout(&self, text: &str) {
        self.line(Source::Stdout, level(text, Level::Information), text);
    }

    pub(crate) fn stderr(&self, text: &str) {
        self.line(Source::Stderr, level(text, Level::Error), text);
    }

    pub(crate) fn host(&self, level: Level, text: impl Into<String>) {
        self.line(Source::Host, level, text);
    }

    pub(crate) fn invocation(&self, invocation: Invocation) {
        lock(&self.invocations).push(invocation);
    }

    pub(crate) fn violation(&self, sentence: impl Into<String>) {
        lock(&self.violations).push(sentence.into());
    }

    pub(crate) fn lines(&self) -> Vec<Line> {
        lock(&self.lines).clone()
    }

    pub(crate) fn invocations(&self) -> Vec<Invocation> {
        lock(&self.invocations).clone()
    }

    pub(crate) fn violations(&self) -> Vec<String> {
        lock(&self.violations).clone()
    }

    /// The last lines on stderr, which go into the host's error (Azure/azure-functions-host,
    /// `WorkerProcess`).
    pub(crate) fn last_errors(&self, count: usize) -> String {
        let lines = self.lines();
        let errors: Vec<&str> = lines
            .iter()
            .filter(|line| line.source == Source::Stderr)
            .map(|line| line.text.as_str())
            .collect();
        errors[errors.len().saturating_sub(count)..].join(",")
    }
}

/// A line on stderr is an error unless it has "warn" in it; a line that begins with
/// `LanguageWorkerConsoleLog` goes to the system's log (Azure/azure-functions-host,
/// `WorkerProcess.ParseErrorMessageAndLog`, `WorkerProcessUtilities`).
fn level(text: &str, usual: Level) -> Level {
    let lower = text.to_ascii_lowercase();
    if lower.starts_with("languageworkerconsolelog") {
        Level::System
    } else if usual == Level::Error && lower.contains("warn") {
        Level::Warning
    } else {
        usual
    }
}

#[cfg(test)]
mod tests {
    use super::{Level, Record};

    #[test]
    fn a_line_has_the_level_that_the_host_gives_it() {
        let record = Record::default();
        record.stdout("WARN only a word here");
        record.stderr("something broke");
        record.stderr("Warning: nearly");
        record.stderr("LanguageWorkerConsoleLog of the platform");
        let levels: Vec<Level> = record.lines().iter().map(|line| line.level).collect();
        assert_eq!(levels, [Level::Information, Level::Error, Level::Warning, Level::System]);
        assert_eq!(record.last_errors(2), "Warning: nearly,LanguageWorkerConsoleLog of the platform");
    }
}
