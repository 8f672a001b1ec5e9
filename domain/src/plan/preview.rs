//! A plan as lines for people.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Plan;

/// One line of a preview.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DiffLine {
    /// What becomes of it.
    pub sign: Sign,
    /// The line, without the sign and without a line break.
    pub text: String,
}

/// What becomes of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Sign {
    /// It will be there.
    Added,
    /// It will be gone.
    Removed,
    /// It says where.
    Context,
}

impl Sign {
    /// The character that a unified diff has for it.
    #[must_use]
    pub fn as_char(self) -> char {
        match self {
            Self::Added => '+',
            Self::Removed => '-',
            Self::Context => ' ',
        }
    }
}

impl Plan {
    /// The edits as a diff: for each the place as a line of context, then what goes and what comes, as JSON.
    /// Within ids the gateway's own id is shortened to `…`.
    #[must_use]
    pub fn preview(&self) -> Vec<DiffLine> {
        let mut lines = Vec::new();
        for edit in &self.edits {
            lines.push(DiffLine { sign: Sign::Context, text: edit.pointer.to_string() });
            lines.extend(self.lines(Sign::Removed, edit.before.as_ref()));
            lines.extend(self.lines(Sign::Added, edit.after.as_ref()));
        }
        lines
    }

    fn lines(&self, sign: Sign, value: Option<&Value>) -> Vec<DiffLine> {
        let Some(value) = value else { return Vec::new() };
        let short = self.shortened(value);
        let small = serde_json::to_string(&short).unwrap_or_default();
        let text = if small.len() <= 80 { small } else { format!("{short:#}") };
        text.lines().map(|line| DiffLine { sign, text: line.to_owned() }).collect()
    }

    fn shortened(&self, value: &Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.short_id(text)),
            Value::Array(items) => items.iter().map(|item| self.shortened(item)).collect(),
            Value::Object(fields) => {
                fields.iter().map(|(key, value)| (key.clone(), self.shortened(value))).collect()
            }
            other => other.clone(),
        }
    }

    fn short_id(&self, text: &str) -> String {
        let own = self.gateway.as_str();
        match text.get(..own.len()).zip(text.get(own.len()..)) {
            Some((head, rest)) if head.eq_ignore_ascii_case(own) && rest.starts_with('/') => {
                format!("…{rest}")
            }
            _ => text.to_owned(),
        }
    }
}
