//! The `/agw` grammar: what a person types becomes a [`Command`].
//!
//! A command is read the way people write it in a chat: verbs in any case, names in any quotes, with whatever
//! the chat client made of the text (escapes, links, a mention in front) undone first. What cannot be read
//! is answered with one calm sentence that says what to type next. Nothing here knows a gateway or an
//! incident; their names stay text until somebody looks them up.

mod nearest;
mod usage;
mod words;
mod write;

#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

pub use nearest::did_you_mean;
pub use usage::{Argument, USAGE, Usage, find_usage, usage_hint};

use crate::snooze::{NotALength, SnoozeFor};
use words::Words;

/// The longest text that is read, in characters. A command has no reason to be longer.
pub const LONGEST_COMMAND: usize = 512;

/// The longest text that is read when it is to be explained: a portal's messages are long, and Slack sends
/// no more than this.
pub const LONGEST_EXPLAINED: usize = 4000;

/// What a person asks for. Its `Display` is a text that [`parse`] reads back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "command", rename_all = "kebab-case")]
pub enum Command {
    /// Find out why a gateway's backends are not healthy.
    Diagnose {
        /// The gateway's name or id; none if the asker named none.
        gateway: Option<String>,
    },
    /// Show the health of a gateway's backends as it is now.
    Status {
        /// The gateway's name or id; none for all of them.
        gateway: Option<String>,
    },
    /// Have a gateway's access and firewall logs kept.
    Logs {
        /// The gateway's name or id; none if the asker named none.
        gateway: Option<String>,
    },
    /// Have alerts on a gateway's next trouble.
    Watch {
        /// The gateway's name or id; none if the asker named none.
        gateway: Option<String>,
    },
    /// Keep alerts about a gateway quiet for a while.
    Snooze {
        /// The gateway's name or id.
        gateway: String,
        /// For how long; none ends it.
        length: Option<SnoozeFor>,
    },
    /// List the open incidents.
    List,
    /// Show one incident.
    Show {
        /// The incident's id, as typed.
        incident: String,
    },
    /// Show an incident's audit trail.
    Audit {
        /// The incident's id, as typed.
        incident: String,
    },
    /// Say an incident's change as code.
    Code {
        /// The incident's id, as typed.
        incident: String,
    },
    /// Say what a probe message means.
    Explain {
        /// The message, as it was pasted.
        text: String,
    },
    /// Approve an incident's plan.
    Approve {
        /// The incident's id, as typed.
        incident: String,
        /// The first 4 to 64 hex digits of the plan's hash, lower-case.
        code: Option<String>,
    },
    /// Decline an incident's plan.
    Reject {
        /// The incident's id, as typed.
        incident: String,
        /// Why, in the person's own words.
        reason: Option<String>,
    },
    /// Look again.
    Recheck {
        /// The incident's id, as typed.
        incident: String,
    },
    /// Take a plan back that was applied.
    Undo {
        /// The incident's id, as typed.
        incident: String,
        /// Why, in the person's own words.
        #[serde(default)]
        reason: Option<String>,
    },
    /// Say what can be asked for.
    Help {
        /// A command to explain, or whatever else was asked about.
        topic: Option<String>,
    },
}

/// Why a text is not a command. Its `Display` is meant for the person who typed it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CommandError {
    /// The first word is no command.
    #[error("I do not know `{word}`. {}", suggestion(.did_you_mean.as_deref()))]
    Unknown {
        /// The word, shortened.
        word: String,
        /// The command it most resembles.
        did_you_mean: Option<String>,
    },
    /// Something is missing at the end.
    #[error("Please add the {what}: `{usage}`")]
    Missing {
        /// What is missing.
        what: &'static str,
        /// How the command goes.
        usage: String,
    },
    /// Something is left over at the end.
    #[error("I did not expect `{word}` there. It goes `{usage}`; put a name with spaces in quotes.")]
    Unexpected {
        /// The first word too many, shortened.
        word: String,
        /// How the command goes.
        usage: String,
    },
    /// What stands where a plan code belongs is none.
    #[error("`{word}` is not a plan code. The code is the 4 to 64 hex digits on the plan: `{usage}`")]
    NotACode {
        /// The word, shortened.
        word: String,
        /// How the command goes.
        usage: String,
    },
    /// What stands where a time belongs is none.
    #[error("`{word}` is {NotALength}; `off` ends it: `{usage}`")]
    NotALength {
        /// The word, shortened.
        word: String,
        /// How the command goes.
        usage: String,
    },
    /// A quotation mark without its partner.
    #[error("There is an opening quotation mark without a closing one. Please close it, or leave both out.")]
    UnclosedQuote,
    /// The text is too long to be a command.
    #[error("That is too long for a command. Please keep it under {0} characters.")]
    TooLong(usize),
}

/// Reads what stands behind `/agw`. An empty text asks for help.
///
/// # Errors
/// When the text is no command; the error says what to type.
pub fn parse(text: &str) -> Result<Command, CommandError> {
    let longest = longest(text);
    if text.chars().nth(longest).is_some() {
        return Err(CommandError::TooLong(longest));
    }
    let text = words::undo_chat(text);
    let mut words = Words::new(words::without_name(&text));
    let Some(verb) = words.verb() else { return Ok(Command::Help { topic: None }) };
    let Some(usage) = find_usage(&verb) else { return Err(unknown(&verb)) };
    let asks_for_help = if usage.name == "explain" { words.is_help() } else { words.asks_for_help() };
    if asks_for_help {
        return Ok(Command::Help { topic: Some(usage.name.to_owned()) });
    }
    Arguments { words, usage }.read()
}

/// How long a text may be. The verb may have a mention and the bot's name in front.
fn longest(text: &str) -> usize {
    let explains = text.split_whitespace().take(3).any(|word| word.eq_ignore_ascii_case("explain"));
    if explains { LONGEST_EXPLAINED } else { LONGEST_COMMAND }
}

/// The words behind a verb, and what that verb wants.
struct Arguments<'a> {
    words: Words<'a>,
    usage: &'static Usage,
}

impl Arguments<'_> {
    fn read(mut self) -> Result<Command, CommandError> {
        let command = match self.usage.name {
            "diagnose" => Command::Diagnose { gateway: self.words.next()? },
            "status" => Command::Status { gateway: self.words.next()? },
            "logs" => Command::Logs { gateway: self.words.next()? },
            "watch" => Command::Watch { gateway: self.words.next()? },
            "snooze" => Command::Snooze { gateway: self.gateway()?, length: self.length()? },
            "list" => Command::List,
            "show" => Command::Show { incident: self.incident()? },
            "audit" => Command::Audit { incident: self.incident()? },
            "code" => Command::Code { incident: self.incident()? },
            "explain" => Command::Explain { text: self.text()? },
            "approve" => Command::Approve { incident: self.incident()?, code: self.code()? },
            "reject" => Command::Reject { incident: self.incident()?, reason: self.words.rest() },
            "recheck" => Command::Recheck { incident: self.incident()? },
            "undo" => Command::Undo { incident: self.incident()?, reason: self.words.rest() },
            _ => return Ok(Command::Help { topic: self.topic() }),
        };
        match self.words.next()? {
            None => Ok(command),
            Some(word) => Err(CommandError::Unexpected { word: short(&word), usage: self.usage.line() }),
        }
    }

    fn incident(&mut self) -> Result<String, CommandError> {
        let missing = CommandError::Missing { what: "incident", usage: self.usage.line() };
        self.words.next()?.ok_or(missing)
    }

    fn gateway(&mut self) -> Result<String, CommandError> {
        let missing = CommandError::Missing { what: "gateway", usage: self.usage.line() };
        self.words.next()?.ok_or(missing)
    }

    fn length(&mut self) -> Result<Option<SnoozeFor>, CommandError> {
        let missing = CommandError::Missing { what: "time", usage: self.usage.line() };
        let word = self.words.next()?.ok_or(missing)?;
        if word.eq_ignore_ascii_case("off") {
            return Ok(None);
        }
        let wrong = |_| CommandError::NotALength { word: short(&word), usage: self.usage.line() };
        word.parse().map(Some).map_err(wrong)
    }

    fn text(&mut self) -> Result<String, CommandError> {
        let missing = CommandError::Missing { what: "probe message", usage: self.usage.line() };
        self.words.rest().ok_or(missing)
    }

    fn code(&mut self) -> Result<Option<String>, CommandError> {
        let Some(word) = self.words.next()? else { return Ok(None) };
        let hex = (4..=64).contains(&word.len()) && word.chars().all(|c| c.is_ascii_hexdigit());
        let wrong = || CommandError::NotACode { word: short(&word), usage: self.usage.line() };
        if hex { Ok(Some(word.to_ascii_lowercase())) } else { Err(wrong()) }
    }

    /// Help never turns anybody away: what it does not know it takes as it is.
    fn topic(&mut self) -> Option<String> {
        let topic = self.words.next().ok().flatten()?;
        Some(find_usage(&topic).map_or(topic, |usage| usage.name.to_owned()))
    }
}

fn unknown(verb: &str) -> CommandError {
    let known = USAGE.iter().flat_map(|usage| usage.synonyms.iter().chain([&usage.name]).copied());
    let near = did_you_mean(verb, known).and_then(find_usage);
    CommandError::Unknown { word: short(verb), did_you_mean: near.map(|usage| usage.name.to_owned()) }
}

fn suggestion(near: Option<&str>) -> String {
    match near {
        Some(name) => format!("Did you mean `/agw {name}`?"),
        None => "Type `/agw help` to see what I can do.".to_owned(),
    }
}

/// A word to repeat to the person, without the characters that would end a quotation.
fn short(word: &str) -> String {
    let kept: String = word.chars().filter(|c| *c != '`').take(40).collect();
    if kept.len() < word.len() { format!("{kept}…") } else { kept }
}
