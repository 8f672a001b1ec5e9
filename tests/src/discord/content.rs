//! What a message of Discord says.

use std::fmt;

use serde_json::Value;

use crate::board::Message;

/// A message as it is read.
#[derive(Debug, Clone, PartialEq)]
pub struct DiscordMessage {
    /// The channel that it stands in; in a thread, that.
    pub channel: String,
    /// Its id.
    pub id: String,
    /// Every status that it had, the latest last.
    pub statuses: Vec<String>,
    body: Value,
}

impl DiscordMessage {
    pub(super) fn of(channel: &str, id: &str, body: &Value) -> Self {
        let heading = body["content"].as_str().unwrap_or_default().trim_start_matches("**");
        // A sign, the status, and what it is about.
        let status = heading.split_once(' ').map_or(heading, |(_, words)| words);
        let status = status.split(':').next().unwrap_or_default();
        let statuses = vec![status.to_owned()];
        Self { channel: channel.to_owned(), id: id.to_owned(), statuses, body: body.clone() }
    }

    /// Its own text, as it was sent.
    pub(super) fn content(&self) -> &Value {
        &self.body["content"]
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

    fn all(&self) -> impl Iterator<Item = &Value> {
        let rows = self.body["components"].as_array().into_iter().flatten();
        rows.flat_map(|row| row["components"].as_array().into_iter().flatten())
    }

    /// What its buttons say.
    #[must_use]
    pub fn buttons(&self) -> Vec<String> {
        self.all().map(|button| button["label"].as_str().unwrap_or_default().to_owned()).collect()
    }

    /// What the button with this label sends.
    #[must_use]
    pub fn value(&self, label: &str) -> Option<String> {
        let button = self.all().find(|button| button["label"] == label)?;
        Some(button["custom_id"].as_str()?.to_owned())
    }
}

impl Message for DiscordMessage {
    fn place(&self) -> &str {
        &self.channel
    }

    fn id(&self) -> &str {
        &self.id
    }

    fn statuses(&mut self) -> &mut Vec<String> {
        &mut self.statuses
    }
}

impl fmt::Display for DiscordMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = |value: &Value| value.as_str().unwrap_or_default().replace('\\', "");
        writeln!(f, "{}", text(&self.body["content"]))?;
        for embed in self.body["embeds"].as_array().into_iter().flatten() {
            for field in embed["fields"].as_array().into_iter().flatten() {
                writeln!(f, "{}: {}", text(&field["name"]), text(&field["value"]))?;
            }
            writeln!(f, "{}\n{}", text(&embed["description"]), text(&embed["footer"]["text"]))?;
        }
        Ok(())
    }
}
