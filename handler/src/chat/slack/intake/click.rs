//! A pressed button.

use domain::request::{Click, ReplyTo, RequestId};
use serde::Deserialize;

use super::super::base::ApiBase;
use super::dialog::View;
use super::form::reply_to;

/// What Slack says about an interaction, as far as it matters here. Fields that are missing in practice
/// are optional.
#[derive(Deserialize)]
pub(super) struct Payload {
    #[serde(rename = "type")]
    pub(super) kind: String,
    pub(super) user: Option<User>,
    team: Option<Id>,
    enterprise: Option<Id>,
    channel: Option<Id>,
    container: Option<Container>,
    response_url: Option<String>,
    pub(super) trigger_id: Option<String>,
    pub(super) view: Option<View>,
    #[serde(default)]
    actions: Vec<Pressed>,
}

#[derive(Deserialize)]
pub(super) struct User {
    pub(super) id: String,
    username: Option<String>,
    name: Option<String>,
    team_id: Option<String>,
}

#[derive(Deserialize)]
struct Id {
    id: String,
}

#[derive(Deserialize)]
struct Container {
    #[serde(rename = "type")]
    kind: Option<String>,
    channel_id: Option<String>,
}

#[derive(Deserialize)]
struct Pressed {
    value: Option<String>,
    action_ts: Option<String>,
}

/// The click on one of our buttons, if it is one.
pub(super) fn read(payload: &Payload, base: &ApiBase) -> Option<(RequestId, Click, ReplyTo)> {
    if payload.kind != "block_actions" {
        return None;
    }
    let user = payload.user.as_ref()?;
    let (pressed, value) = payload.actions.iter().find_map(|one| Some((one, one.value.as_deref()?)))?;
    let click = value.parse().ok()?;
    let at = pressed.action_ts.as_deref()?;
    let id = RequestId::of(&["slack", "click", payload.team()?, &user.id, at, value]);
    let url = payload.response_url.as_deref().and_then(|url| base.response_url(url));
    Some((id, click, reply_to(&user.id, user.called(), payload.channel()?, url)))
}

impl User {
    /// What people call them.
    pub(super) fn called(&self) -> Option<&str> {
        self.username.as_deref().or(self.name.as_deref())
    }
}

impl Payload {
    pub(super) fn team(&self) -> Option<&str> {
        let team = self.team.as_ref().map(|team| team.id.as_str());
        let users = || self.user.as_ref().and_then(|user| user.team_id.as_deref());
        team.or_else(users).or_else(|| self.enterprise.as_ref().map(|enterprise| enterprise.id.as_str()))
    }

    fn channel(&self) -> Option<&str> {
        let channel = self.channel.as_ref().map(|channel| channel.id.as_str());
        let container = self.container.as_ref();
        let around = || container.and_then(|container| container.channel_id.as_deref());
        // The home tab is in no channel. It goes by whose it is.
        let is_view = container.and_then(|container| container.kind.as_deref()) == Some("view");
        let home = || self.user.as_ref().filter(|_| is_view).map(|user| user.id.as_str());
        channel.or_else(around).or_else(home)
    }
}
