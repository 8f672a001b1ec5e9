//! The message, free of any platform.
//!
//! A [`Card`] says what there is to say; how it looks is the business of a renderer, one a platform.
//! Renderers escape: nothing in a card is trusted to be markup, so an alert's text or a resource's name
//! can neither mention people nor forge a link.

use serde::{Deserialize, Serialize};

pub use text::{Group, Span, Text, clock};

use crate::plan::DiffLine;

mod text;

/// A message as a person sees it, top to bottom.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Card {
    /// How it is going; a colour or an icon where the platform has them, always beside [`Card::status`].
    pub tone: Tone,
    /// How it is going, in a word or two: "Unhealthy", "Fixed".
    pub status: String,
    /// What the card is about, usually a gateway's name.
    pub title: String,
    /// Where the title leads, such as the gateway's page in the portal.
    pub link: Option<String>,
    /// The finding in one or two sentences.
    pub lead: Text,
    /// The way that requests take, in one line, with the broken link marked; often none.
    #[serde(default)]
    pub path: Text,
    /// Short labelled values, four to six of them.
    pub facts: Vec<Fact>,
    /// What was seen, a line each: the first thing to leave when a platform runs out of room.
    pub evidence: Vec<Text>,
    /// The exact change that is offered or was made.
    pub diff: Vec<DiffLine>,
    /// Code to copy, such as a health endpoint in several frameworks.
    pub snippets: Vec<Snippet>,
    /// What follows from the above: risk, undo, next step.
    pub notes: Vec<Text>,
    /// What can be pressed.
    pub actions: Vec<Action>,
    /// Small print: incident, who asked, until when.
    pub footer: Vec<Text>,
}

impl Card {
    /// A card that has only a title, a status and a lead.
    #[must_use]
    pub fn new(tone: Tone, status: impl Into<String>, title: impl Into<String>, lead: Text) -> Self {
        Self {
            tone,
            status: status.into(),
            title: title.into(),
            link: None,
            lead,
            path: Text::new(),
            facts: Vec::new(),
            evidence: Vec::new(),
            diff: Vec::new(),
            snippets: Vec::new(),
            notes: Vec::new(),
            actions: Vec::new(),
            footer: Vec::new(),
        }
    }

    /// The whole card as plain text: what a notification, a screen reader or a terminal gets. Every button
    /// is there as the command that does the same.
    #[must_use]
    pub fn plain(&self) -> String {
        let mut lines = vec![format!("{}: {}", self.title, self.status), self.lead.plain()];
        if !self.path.is_empty() {
            lines.push(self.path.plain());
        }
        lines.extend(self.facts.iter().map(|fact| format!("{}: {}", fact.label, fact.value.plain())));
        lines.extend(self.evidence.iter().map(|line| format!("- {}", line.plain())));
        lines.extend(self.diff.iter().map(|line| format!("{} {}", line.sign.as_char(), line.text)));
        for snippet in &self.snippets {
            lines.push(format!("{}:", snippet.label));
            lines.extend(snippet.code.lines().map(|line| format!("    {line}")));
        }
        lines.extend(self.notes.iter().map(Text::plain));
        lines.extend(self.actions.iter().map(|action| format!("{}: {}", action.label, action.command)));
        lines.extend(self.footer.iter().map(Text::plain));
        lines.join("\n")
    }
}

/// How it is going.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tone {
    /// Something is broken.
    Trouble,
    /// A person is needed.
    Attention,
    /// The bot is at work.
    Working,
    /// All is well.
    Good,
    /// Neither good nor bad.
    Neutral,
}

/// A short labelled value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Fact {
    /// What it is: "HTTP setting".
    pub label: String,
    /// Its value.
    pub value: Text,
}

impl Fact {
    /// A fact of a label and a value.
    #[must_use]
    pub fn new(label: impl Into<String>, value: Text) -> Self {
        Self { label: label.into(), value }
    }
}

/// Code to copy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snippet {
    /// What it is for: "Express".
    pub label: String,
    /// The code itself.
    pub code: String,
}

/// A button, and the command that does the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Action {
    /// What it does.
    pub verb: Verb,
    /// What is written on it.
    pub label: String,
    /// What comes back when it is pressed; see [`crate::request::Click`].
    pub value: String,
    /// The command that does the same: `/agw approve INC-7K2F 9f3a1c04`.
    pub command: String,
    /// How it looks.
    pub weight: Weight,
    /// A second question before it counts, where the platform can ask one.
    pub confirm: Option<Confirm>,
}

/// What a button does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verb {
    /// Approve the plan that the card shows.
    Approve,
    /// Turn the plan down.
    Reject,
    /// Look again.
    Recheck,
    /// Propose the way back.
    Undo,
}

impl Verb {
    /// The word in commands and button values.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Approve => "approve",
            Self::Reject => "reject",
            Self::Recheck => "recheck",
            Self::Undo => "undo",
        }
    }
}

/// How a button looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Weight {
    /// The one that most people want.
    Primary,
    /// Destroys or refuses something.
    Danger,
    /// Neither.
    Plain,
}

/// A question that is answered in words, before a button counts: a dialog, where the platform has them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// What is going to happen, in 24 characters at the most.
    pub title: String,
    /// What comes of it.
    pub lead: Text,
    /// What is asked: "Reason".
    pub label: String,
    /// What becomes of the answer.
    pub hint: String,
    /// The button that goes on, with an answer or without.
    pub yes: String,
    /// The button that goes back.
    pub no: String,
}

/// A second question before a button counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confirm {
    /// The question: "Create the probe?"
    pub title: String,
    /// What will happen.
    pub body: String,
    /// The button that goes on.
    pub yes: String,
    /// The button that goes back.
    pub no: String,
}
