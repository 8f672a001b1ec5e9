//! What a message of Teams says.

use std::fmt;

use serde_json::Value;

use crate::board::Message;

/// A message as it is read.
#[derive(Debug, Clone, PartialEq)]
pub struct TeamsMessage {
    /// The conversation that it stands in; in a thread, that.
    pub conversation: String,
    /// Its id.
    pub id: String,
    /// Every status that it had, the latest last.
    pub statuses: Vec<String>,
    card: Value,
}

impl TeamsMessage {
    pub(super) fn of(conversation: &str, id: &str, body: &Value) -> Self {
        let card = &body["attachments"][0]["content"];
        // The heading says how it is and what it is about, behind a sign.
        let heading = card["body"][0]["text"].as_str().unwrap_or_default();
        let status = heading.split_once(' ').map_or(heading, |(_, words)| words);
        let status = status.split(':').next().unwrap_or_default();
        Self {
            conversation: conversation.to_owned(),
            id: id.to_owned(),
            statuses: vec![status.to_owned()],
            card: card.clone(),
        }
    }

    /// How it is now.
    #[must_use]
    pub fn status(&self) -> &str {
        self.statuses.last().map_or("", String::as_str)
    }

    /// Fails unless the message says this.
    #[track_caller]
    pub fn says(&self, words: &str) -> &Self {
        assert!(self.to_string().contains(words), "the message does not say {words:?}. It says:\n{self}");
        self
    }

    /// What its buttons say.
    #[must_use]
    pub fn buttons(&self) -> Vec<String> {
        self.actions().map(|button| button["title"].as_str().unwrap_or_default().to_owned()).collect()
    }

    /// What the button with this label sends; where it asks a second question, what the answer to that sends.
    #[must_use]
    pub fn data(&self, label: &str) -> Option<Value> {
        let button = self.actions().find(|button| button["title"] == label)?;
        let pressed = match button["type"].as_str() {
            Some("Action.ShowCard") => &button["card"]["actions"][0],
            _ => button,
        };
        assert_eq!(pressed["type"], "Action.Execute", "{pressed}");
        assert_eq!(pressed["fallback"]["data"], pressed["data"], "an older client sends the same");
        Some(pressed["data"].clone())
    }

    fn actions(&self) -> impl Iterator<Item = &Value> {
        self.card["actions"].as_array().into_iter().flatten()
    }
}

impl Message for TeamsMessage {
    fn place(&self) -> &str {
        &self.conversation
    }

    fn id(&self) -> &str {
        &self.id
    }

    fn statuses(&mut self) -> &mut Vec<String> {
        &mut self.statuses
    }
}

impl fmt::Display for TeamsMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut words = Vec::new();
        texts(&self.card, &mut words);
        f.write_str(&words.join("\n"))
    }
}

/// Every text that is shown, a line each.
fn texts(value: &Value, found: &mut Vec<String>) {
    const SHOWN: [&str; 4] = ["text", "title", "tooltip", "value"];
    match value {
        Value::Object(fields) if fields.contains_key("inlines") => {
            let runs = fields["inlines"].as_array().into_iter().flatten();
            found.push(runs.filter_map(|run| run["text"].as_str()).collect());
        }
        Value::Object(fields) => {
            for (name, value) in fields {
                match value {
                    Value::String(text) if SHOWN.contains(&name.as_str()) => found.push(text.clone()),
                    value => texts(value, found),
                }
            }
        }
        Value::Array(values) => values.iter().for_each(|value| texts(value, found)),
        _ => {}
    }
}
