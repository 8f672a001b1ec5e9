//! Teams around a bot that is a process of its own, in real time.

use domain::approval::Approver;
use domain::request::Platform;
use handler::clock::SystemClock;
use handler::ports::Clock as _;
use serde_json::{Value, json};

use super::{APP, BOT, FakeTeams, PATH, TEAMS_CHANNEL, TENANT, TeamsMessage, claims, object};
use crate::talk::{Sent, Talk};

impl FakeTeams {
    /// The section of `agw.toml` that connects a bot to this Teams.
    #[must_use]
    pub fn toml(&self) -> String {
        let here = self.server.url();
        format!(
            "[teams]\napp_id = \"{APP}\"\ntenants = [\"{TENANT}\"]\nmetadata = \"{here}metadata\"\n\
             emulators = [\"{here}connector\"]\nlogin = \"{here}\"\nalert_channels = [\"{TEAMS_CHANNEL}\"]\n"
        )
    }

    /// Somebody who may approve.
    #[must_use]
    pub fn approver(who: &str) -> Approver {
        Approver::Person { platform: Platform::Teams, id: object(who) }
    }

    /// The token with which the Bot Connector proves itself now.
    #[must_use]
    pub fn bearer(&self) -> String {
        self.issuer.token(claims(&self.service()), SystemClock.now().as_second())
    }

    /// Sends an activity as the Bot Connector does, with this token.
    pub async fn tell(&self, talk: &Talk, bearer: &str, activity: &Value) -> Sent {
        let bearer = format!("Bearer {bearer}");
        let headers =
            [("content-type", "application/json; charset=utf-8"), ("authorization", bearer.as_str())];
        talk.post(PATH, &headers, activity.to_string()).await
    }

    /// Somebody mentions the bot in the channel.
    #[must_use]
    pub fn mentioning(&self, who: &str, text: &str) -> Value {
        let mut activity = self.activity(who, "message");
        activity["text"] = json!(format!("<at>Gate Bot</at> {text}"));
        activity["entities"] =
            json!([{ "type": "mention", "mentioned": { "id": BOT }, "text": "<at>Gate Bot</at>" }]);
        activity
    }

    /// What stands in the channel now, if anything does.
    #[must_use]
    pub fn latest(&self) -> Option<TeamsMessage> {
        self.shared.inner().board.read(TEAMS_CHANNEL).pop()
    }

    /// Everything that was ever sent here, as it was sent.
    #[must_use]
    pub fn everything(&self) -> String {
        self.shared.inner().bodies.clone()
    }
}
