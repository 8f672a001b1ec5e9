//! A command as a text that reads back as the same command.

use std::fmt::{self, Display, Formatter};

use super::Command;
use super::words::{MARKUP, free_quote, needs_quotes, unquoted};

impl Command {
    /// Whether it decides something. What comes of it is seen in the incident's message; whoever may not is told so
    /// alone, wherever they typed it.
    #[must_use]
    pub fn decides(&self) -> bool {
        matches!(self, Self::Approve { .. } | Self::Reject { .. } | Self::Recheck { .. } | Self::Undo { .. })
    }

    /// The verb of this command, as in [`super::USAGE`].
    #[must_use]
    pub fn verb(&self) -> &'static str {
        match self {
            Self::Diagnose { .. } => "diagnose",
            Self::Status { .. } => "status",
            Self::Logs { .. } => "logs",
            Self::Watch { .. } => "watch",
            Self::Snooze { .. } => "snooze",
            Self::List => "list",
            Self::Show { .. } => "show",
            Self::Audit { .. } => "audit",
            Self::Code { .. } => "code",
            Self::Explain { .. } => "explain",
            Self::Approve { .. } => "approve",
            Self::Reject { .. } => "reject",
            Self::Recheck { .. } => "recheck",
            Self::Undo { .. } => "undo",
            Self::Help { .. } => "help",
        }
    }

    /// What stands behind the verb.
    fn arguments(&self) -> Vec<String> {
        let optional = |word: &Option<String>| word.as_deref().map(quoted);
        let of = |incident: &str, more: Option<String>| {
            [Some(quoted(incident)), more].into_iter().flatten().collect()
        };
        match self {
            Self::Diagnose { gateway: word }
            | Self::Status { gateway: word }
            | Self::Logs { gateway: word }
            | Self::Watch { gateway: word }
            | Self::Help { topic: word } => optional(word).into_iter().collect(),
            Self::Snooze { gateway, length } => {
                of(gateway, Some(length.map_or_else(|| "off".to_owned(), |length| length.to_string())))
            }
            Self::List => Vec::new(),
            Self::Explain { text } => vec![sentence(text)],
            Self::Show { incident }
            | Self::Audit { incident }
            | Self::Code { incident }
            | Self::Recheck { incident } => of(incident, None),
            Self::Approve { incident, code } => of(incident, optional(code)),
            Self::Reject { incident, reason } | Self::Undo { incident, reason } => {
                of(incident, reason.as_deref().map(sentence))
            }
        }
    }
}

impl Display for Command {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let mut text = self.verb().to_owned();
        for argument in self.arguments() {
            text.push(' ');
            text.push_str(&argument);
        }
        f.write_str(&escaped(&text))
    }
}

fn quoted(word: &str) -> String {
    if !needs_quotes(word) {
        return word.to_owned();
    }
    let quote = free_quote(word).unwrap_or('"');
    let inner = word.replace('\\', "\\\\").replace(quote, &format!("\\{quote}"));
    format!("{quote}{inner}{quote}")
}

/// A free text needs quotes only if it would lose the ones that it has.
fn sentence(text: &str) -> String {
    match free_quote(text).filter(|_| unquoted(text) != text || text.starts_with('-')) {
        Some(quote) => format!("{quote}{text}{quote}"),
        None => text.to_owned(),
    }
}

/// Escapes what would be taken for the work of a chat client.
fn escaped(text: &str) -> String {
    let mut escaped = text.to_owned();
    for entity in ["amp;", "lt;", "gt;"] {
        escaped = escaped.replace(&format!("&{entity}"), &format!("&amp;{entity}"));
    }
    for start in MARKUP {
        escaped = escaped.replace(&format!("<{start}"), &format!("&lt;{start}"));
    }
    escaped
}
