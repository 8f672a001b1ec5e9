//! One line of the result.

use std::fmt;

use serde::{Deserialize, Serialize};

/// One thing that was looked at. As JSON it fits `docs/check.schema.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// What was looked at.
    pub what: String,
    /// Whether nothing has to be done about it.
    pub ok: bool,
    /// How it is.
    pub state: State,
    /// What was found.
    pub says: String,
    /// The command, or the step, that mends it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mend: Option<String>,
    /// Where it was seen, if not from where `agw check` runs: the address of a deployed app.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
}

/// How something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// As it has to be.
    Good,
    /// The bot works, and something will go wrong some day, or is left out.
    Warning,
    /// Something does not work.
    Missing,
    /// It could not be looked at from here.
    NotChecked,
}

impl Line {
    fn new(state: State, what: impl Into<String>, says: impl Into<String>) -> Self {
        let (what, says) = (what.into(), says.into());
        Self { what, ok: state != State::Missing, state, says, mend: None, at: None }
    }

    /// Something is as it has to be.
    pub fn good(what: impl Into<String>, says: impl Into<String>) -> Self {
        Self::new(State::Good, what, says)
    }

    /// The bot works, and somebody should know.
    pub fn warning(what: impl Into<String>, says: impl Into<String>) -> Self {
        Self::new(State::Warning, what, says)
    }

    /// Something does not work.
    pub fn missing(what: impl Into<String>, says: impl Into<String>) -> Self {
        Self::new(State::Missing, what, says)
    }

    /// Something could not be looked at from here.
    pub fn not_checked(what: impl Into<String>, says: impl Into<String>) -> Self {
        Self::new(State::NotChecked, what, says)
    }

    /// Good or missing.
    pub fn of(what: impl Into<String>, found: Result<String, String>) -> Self {
        match found {
            Ok(says) => Self::good(what, says),
            Err(says) => Self::missing(what, says),
        }
    }

    /// The same, with what mends it.
    #[must_use]
    pub fn mended_by(self, mend: impl Into<String>) -> Self {
        Self { mend: Some(mend.into()), ..self }
    }

    /// The same, as seen from a deployed app.
    #[must_use]
    pub fn seen_at(self, at: &str) -> Self {
        Self { at: Some(at.to_owned()), ..self }
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mark = match self.state {
            State::Good => "ok",
            State::Warning => "warning",
            State::Missing => "missing",
            State::NotChecked => "unseen",
        };
        write!(f, "{mark:<7}  {}: {}", self.what, self.says)?;
        self.mend.as_ref().map_or(Ok(()), |mend| write!(f, " → {mend}"))
    }
}
