//! What Discord says about an interaction, as far as it matters here (Discord, "Receiving and Responding").
//!
//! Only these fields are read: a new kind of embed in the message that a button sits on must not keep an approval
//! out.

use domain::request::{Channel, Person, Platform, ReplyTo};
use serde::Deserialize;
use serde_json::Value;

use super::super::base::ApiBase;
use crate::chat::reason;

/// The bit of a message that one person alone sees.
const EPHEMERAL: u64 = 1 << 6;

/// An interaction.
#[derive(Debug, Deserialize)]
pub(super) struct Interaction {
    pub(super) id: String,
    pub(super) application_id: String,
    #[serde(rename = "type")]
    pub(super) kind: u8,
    #[serde(default)]
    pub(super) token: String,
    pub(super) data: Option<Data>,
    member: Option<Member>,
    user: Option<User>,
    channel_id: Option<String>,
    channel: Option<Id>,
    message: Option<Message>,
}

#[derive(Debug, Deserialize)]
struct Member {
    user: User,
    #[serde(default)]
    roles: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct User {
    id: String,
    username: Option<String>,
    global_name: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Id {
    id: String,
}

#[derive(Debug, Deserialize)]
struct Message {
    #[serde(default)]
    flags: u64,
}

/// What was typed, pressed or filled in.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Data {
    #[serde(default)]
    pub(super) name: String,
    #[serde(default)]
    pub(super) options: Vec<Given>,
    pub(super) custom_id: Option<String>,
    #[serde(default)]
    components: Value,
}

/// An option of a command, or a subcommand with its own.
#[derive(Debug, Deserialize)]
pub(super) struct Given {
    pub(super) name: String,
    #[serde(default)]
    pub(super) value: Value,
    #[serde(default)]
    pub(super) options: Vec<Self>,
    #[serde(default)]
    pub(super) focused: bool,
}

impl Interaction {
    /// Who did it, where, with which roles, and how to answer. None when Discord did not say, or says what cannot be.
    pub(super) fn from(&self, base: &ApiBase) -> Option<ReplyTo> {
        let user = self.member.as_ref().map(|member| &member.user).or(self.user.as_ref())?;
        let channel = self.channel.as_ref().map(|channel| &channel.id).or(self.channel_id.as_ref())?;
        if ![&user.id, channel, &self.id].into_iter().all(|id| is_id(id)) {
            return None;
        }
        let platform = Platform::Discord;
        let name = user.global_name.clone().or_else(|| user.username.clone());
        let person = Person { platform, id: user.id.clone(), name };
        let url = base.answers(&self.application_id, &self.token);
        let mut from = ReplyTo::new(person, Channel { platform, id: channel.clone() }, url);
        from.groups = self.member.iter().flat_map(|member| member.roles.clone()).collect();
        Some(from)
    }

    /// Whether the message that a button sits on is shown to one person alone.
    pub(super) fn is_aside(&self) -> bool {
        self.message.as_ref().is_some_and(|message| message.flags & EPHEMERAL != 0)
    }
}

impl Data {
    /// The command as somebody would type it: the subcommand, and its options in the order of the grammar.
    pub(super) fn typed(&self) -> Option<String> {
        let [command] = self.options.as_slice() else { return None };
        if self.name != "agw" {
            return None;
        }
        let usage = domain::command::find_usage(&command.name)?;
        let value = |name: &str| command.options.iter().find(|given| given.name == name)?.value.as_str();
        let values = usage.arguments.iter().filter_map(|argument| value(argument.name));
        Some(std::iter::once(usage.name).chain(values).collect::<Vec<_>>().join(" "))
    }

    /// The option that is being typed.
    pub(super) fn focused(&self) -> Option<(&str, &str)> {
        let given = self.options.iter().flat_map(|command| &command.options).find(|given| given.focused)?;
        Some((given.name.as_str(), given.value.as_str().unwrap_or_default()))
    }

    /// The reason that was filled in.
    pub(super) fn reason(&self) -> Option<String> {
        reason::given(filled_in(&self.components)?)
    }
}

/// The value of the field for a reason, in a row or in a label of a modal.
fn filled_in(components: &Value) -> Option<&str> {
    if components.get("custom_id").and_then(Value::as_str) == Some(reason::FIELD) {
        return components.get("value").and_then(Value::as_str);
    }
    let below = ["components", "component"].into_iter().filter_map(|key| components.get(key));
    components.as_array().into_iter().flatten().chain(below).find_map(filled_in)
}

fn is_id(text: &str) -> bool {
    (1..=20).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}
