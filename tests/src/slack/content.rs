//! What a message says.

use std::fmt;

use serde_json::Value;

use super::limits;

/// A message as it is read.
#[derive(Debug, Clone, PartialEq)]
pub struct Content {
    /// What notifications and screen readers get.
    pub text: String,
    /// What is seen.
    pub blocks: Vec<Value>,
}

/// A button that can be pressed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Button {
    /// What it says.
    pub label: String,
    /// What it sends.
    pub value: String,
    /// Its id.
    pub action_id: String,
    /// The message it stands in.
    pub ts: String,
}

impl Content {
    pub(super) fn of(body: &Value) -> Self {
        let text = body["text"].as_str().unwrap_or_default().to_owned();
        Self { text, blocks: body["blocks"].as_array().cloned().unwrap_or_default() }
    }

    /// Fails unless the message says this, in its blocks or in its text.
    #[track_caller]
    pub fn says(&self, words: &str) -> &Self {
        assert!(self.contains(words), "the message does not say {words:?}. It says:\n{self}");
        self
    }

    /// Fails if the message says this.
    #[track_caller]
    pub fn does_not_say(&self, words: &str) -> &Self {
        assert!(!self.contains(words), "the message should not say {words:?}. It says:\n{self}");
        self
    }

    /// Whether the message says this.
    #[must_use]
    pub fn contains(&self, words: &str) -> bool {
        self.text.contains(words) || self.seen().contains(words)
    }

    /// What is seen, in words: the text of all blocks.
    #[must_use]
    pub fn seen(&self) -> String {
        let mut words = Vec::new();
        self.blocks.iter().for_each(|block| limits::texts(block, &mut words));
        words.join("\n")
    }

    /// The status: what the header says before the gateway's name, without its sign.
    #[must_use]
    pub fn status(&self) -> String {
        let header = self.blocks.iter().find(|block| block["type"] == "header");
        let title = header.and_then(|block| block["text"]["text"].as_str()).unwrap_or_default();
        let status = title.rsplit_once(": ").map_or(title, |(status, _)| status);
        status.split_once(' ').map_or(status, |(_, status)| status).to_owned()
    }

    /// What the message is about: what the header says behind the status, usually a gateway's name.
    #[must_use]
    pub fn about(&self) -> String {
        let header = self.blocks.iter().find(|block| block["type"] == "header");
        let title = header.and_then(|block| block["text"]["text"].as_str()).unwrap_or_default();
        title.rsplit_once(": ").map_or(title, |(_, about)| about).to_owned()
    }

    /// The incident that the message is about.
    #[must_use]
    pub fn incident(&self) -> String {
        let at = self.text.rfind("INC-").expect("an incident's name in the message");
        let rest = self.text[at..].chars();
        rest.take_while(|c| c.is_ascii_alphanumeric() || *c == '-').collect()
    }

    /// The code of the plan on offer.
    #[must_use]
    pub fn code(&self) -> String {
        let command = format!("/agw approve {} ", self.incident());
        let at = self.text.find(&command).expect("a plan on offer") + command.len();
        self.text[at..].chars().take_while(char::is_ascii_hexdigit).collect()
    }

    /// What its buttons say.
    #[must_use]
    pub fn buttons(&self) -> Vec<String> {
        self.elements().map(|button| button["text"]["text"].as_str().unwrap_or_default().to_owned()).collect()
    }

    /// The button with this label, in the message or view called `ts`.
    #[must_use]
    pub fn button(&self, label: &str, ts: &str) -> Option<Button> {
        let found = self.elements().find(|button| button["text"]["text"] == label)?;
        let field = |name: &str| found[name].as_str().unwrap_or_default().to_owned();
        Some(Button {
            label: label.to_owned(),
            value: field("value"),
            action_id: field("action_id"),
            ts: ts.to_owned(),
        })
    }

    fn elements(&self) -> impl Iterator<Item = &Value> {
        let actions = self.blocks.iter().filter(|block| block["type"] == "actions");
        actions.filter_map(|block| block["elements"].as_array()).flatten()
    }
}

impl fmt::Display for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
