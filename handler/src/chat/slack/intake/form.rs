//! The form that Slack sends, and the slash command in it.

use std::collections::HashMap;

use domain::request::{Channel, Person, Platform, ReplyTo, RequestId};
use url::{Url, form_urlencoded};

use super::super::base::ApiBase;

/// The fields of a form.
pub(super) struct Form(HashMap<String, String>);

impl Form {
    pub(super) fn read(body: &[u8]) -> Self {
        Self(form_urlencoded::parse(body).into_owned().collect())
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    fn filled(&self, name: &str) -> Option<&str> {
        self.get(name).filter(|value| !value.is_empty())
    }
}

/// A slash command.
pub(super) struct TypedCommand {
    pub(super) id: RequestId,
    pub(super) text: String,
    pub(super) from: ReplyTo,
}

impl TypedCommand {
    /// Takes what the form says; none when a field is missing that Slack always sends.
    pub(super) fn read(form: &Form, base: &ApiBase) -> Option<Self> {
        let user = form.filled("user_id")?;
        let channel = form.filled("channel_id")?;
        let team = form.filled("team_id").or_else(|| form.filled("enterprise_id"))?;
        let trigger = form.filled("trigger_id")?;
        let url = form.filled("response_url").and_then(|url| base.response_url(url));
        Some(Self {
            id: RequestId::of(&["slack", "command", team, user, trigger]),
            text: form.get("text")?.to_owned(),
            from: reply_to(user, form.filled("user_name"), channel, url),
        })
    }
}

/// Where to answer somebody.
pub(super) fn reply_to(user: &str, name: Option<&str>, channel: &str, response_url: Option<Url>) -> ReplyTo {
    let platform = Platform::Slack;
    ReplyTo::new(
        Person { platform, id: user.to_owned(), name: name.map(str::to_owned) },
        Channel { platform, id: channel.to_owned() },
        response_url.map(String::from),
    )
}
