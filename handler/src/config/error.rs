//! What is wrong with a file, and where. No line of the file is quoted, since there may be a secret in it.

use std::ops::Range;

use super::places::{Places, line_and_column};
use super::policy::Wrong;
use super::secrets;

/// Why there is no configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("{file} cannot be read: {source}")]
    Unreadable {
        /// The file.
        file: String,
        /// Why.
        source: std::io::Error,
    },
    /// Something in the environment is wrong.
    #[error("the environment's {variable}: {what}")]
    Environment {
        /// The variable.
        variable: &'static str,
        /// What was found, and what was expected.
        what: String,
    },
    /// The environment and the file do not go together.
    #[error("with what the environment says: {what}")]
    Together {
        /// What is wrong, and what was expected.
        what: String,
    },
    /// Something in it is wrong.
    #[error("{file}:{line}:{column}: {what}")]
    Wrong {
        /// The file.
        file: String,
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
        /// What was found, and what was expected.
        what: String,
    },
}

impl ConfigError {
    /// Whether there is no such file.
    #[must_use]
    pub fn is_missing(&self) -> bool {
        matches!(self, Self::Unreadable { source, .. } if source.kind() == std::io::ErrorKind::NotFound)
    }

    fn at(file: &str, text: &str, byte: usize, what: String) -> Self {
        let (line, column) = line_and_column(text, byte);
        Self::Wrong { file: file.to_owned(), line, column, what }
    }
}

/// An error of the parser, or of a value.
pub(super) fn of_toml(file: &str, text: &str, error: &toml::de::Error) -> ConfigError {
    let span = error.span().unwrap_or_default();
    let what = words(text, &span, error.message().trim());
    ConfigError::at(file, text, span.start, what)
}

/// An error between several keys.
pub(super) fn of_policy(file: &str, text: &str, wrong: &Wrong) -> ConfigError {
    let places = Places::of(text);
    // The defaults fit together, so the file has at least one of the keys.
    let found = wrong.keys.iter().find_map(|key| places.value(key).map(|span| (*key, span.start)));
    let (key, start) = found.unwrap_or_default();
    ConfigError::at(file, text, start, format!("{key}: {}", wrong.what))
}

fn words(text: &str, span: &Range<usize>, message: &str) -> String {
    let places = Places::of(text);
    if let Some(unknown) = message.strip_prefix("unknown field ") {
        return unknown_key(places.key_at(span), unknown);
    }
    let said = secrets::hidden(&in_plain_words(message));
    match places.around(span) {
        Some(key) => format!("{key}: {said}"),
        None => said,
    }
}

/// Serde gives the key, and then the keys that there are, each in backticks.
fn unknown_key(path: Option<&str>, message: &str) -> String {
    let mut names = message.split('`').skip(1).step_by(2);
    let found = names.next().unwrap_or_default();
    if let Some(instead) = secrets::instead_of(found) {
        return format!(
            "{} is a secret, and secrets are not kept in files: {instead}",
            path.unwrap_or(found)
        );
    }
    let known: Vec<&str> = names.collect();
    let hint = nearest(found, &known)
        .map_or_else(|| format!("expected {}", known.join(", ")), |name| format!("did you mean {name}?"));
    format!("{} is not known; {hint}", path.unwrap_or(found))
}

fn in_plain_words(message: &str) -> String {
    let message = message.replace("invalid type: ", "found ").replace('`', "");
    match message.strip_prefix("unknown variant ").and_then(|rest| rest.split_once(", expected ")) {
        Some((found, known)) => format!("found {found:?}, expected {known}"),
        // The names of our own types mean nothing to whoever wrote the file.
        None => message
            .split_once("expected struct ")
            .map_or(message.clone(), |(found, _)| format!("{found}expected a section")),
    }
}

/// The name that somebody probably meant.
fn nearest<'a>(found: &str, known: &[&'a str]) -> Option<&'a str> {
    let scored = known.iter().map(|name| (strsim::normalized_damerau_levenshtein(found, name), *name));
    scored
        .filter(|(score, _)| *score >= 0.6)
        .max_by(|one, other| one.0.total_cmp(&other.0))
        .map(|(_, name)| name)
}
