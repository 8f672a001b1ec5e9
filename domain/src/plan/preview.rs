//! A plan as lines for people.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Plan;
use super::compare::changes;
use super::pointer::Pointer;

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
        for beside in &self.beside {
            let path = self.short_id(&beside.path);
            lines.push(DiffLine { sign: Sign::Context, text: path });
            match (&beside.before, &beside.after) {
                // Most of it stays.
                (Some(before), Some(after)) => lines.extend(self.differing(before, after)),
                (before, after) => {
                    lines.extend(self.lines(Sign::Removed, before.as_ref()));
                    lines.extend(self.lines(Sign::Added, after.as_ref()));
                }
            }
        }
        lines
    }

    /// The places at which two documents differ.
    fn differing(&self, before: &Value, after: &Value) -> Vec<DiffLine> {
        let mut lines = Vec::new();
        for change in changes(&Pointer::root(), Some(before), Some(after)) {
            lines.push(DiffLine { sign: Sign::Context, text: change.pointer.to_string() });
            lines.extend(self.lines(Sign::Removed, change.before.as_ref()));
            lines.extend(self.lines(Sign::Added, change.after.as_ref()));
        }
        lines
    }

    fn lines(&self, sign: Sign, value: Option<&Value>) -> Vec<DiffLine> {
        let Some(value) = value else { return Vec::new() };
        let short = self.shortened(value);
        let mut lines = Vec::new();
        write_json(&short, "", "", &mut lines);
        lines.into_iter().map(|text| DiffLine { sign, text }).collect()
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

/// The longest value that stands on a line of its own, in characters.
const SHORT: usize = 60;

/// Writes JSON for people: what fits on a line stays on it, the rest is opened up.
fn write_json(value: &Value, before: &str, after: &str, lines: &mut Vec<String>) {
    let indent = " ".repeat(before.len() - before.trim_start().len());
    let small = inline(value);
    let (open, close, children): (_, _, Vec<(String, &Value)>) = match value {
        Value::Object(fields) if small.len() > SHORT => {
            ('{', '}', fields.iter().map(|(key, value)| (format!("{indent}  \"{key}\": "), value)).collect())
        }
        Value::Array(items) if small.len() > SHORT => {
            ('[', ']', items.iter().map(|item| (format!("{indent}  "), item)).collect())
        }
        _ => return lines.push(format!("{before}{small}{after}")),
    };
    lines.push(format!("{before}{open}"));
    let last = children.len().saturating_sub(1);
    for (index, (before, child)) in children.iter().enumerate() {
        write_json(child, before, if index == last { "" } else { "," }, lines);
    }
    lines.push(format!("{indent}{close}{after}"));
}

/// JSON on one line, with a space after each colon and comma.
fn inline(value: &Value) -> String {
    match value {
        Value::Object(fields) => {
            let fields = fields.iter().map(|(key, value)| format!("\"{key}\": {}", inline(value)));
            format!("{{{}}}", fields.collect::<Vec<_>>().join(", "))
        }
        Value::Array(items) => format!("[{}]", items.iter().map(inline).collect::<Vec<_>>().join(", ")),
        other => other.to_string(),
    }
}
