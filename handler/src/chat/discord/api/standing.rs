//! What the bot is to Discord: its application, and what it may do in a channel.

use reqwest::Method;
use serde_json::Value;

use super::DiscordChat;
use crate::ports::ChatError;

/// What the bot needs in a channel, by Discord's names and bits (Discord, "Permissions").
const NEEDED: [(&str, u64); 5] = [
    ("View Channel", 1 << 10),
    ("Send Messages", 1 << 11),
    ("Embed Links", 1 << 14),
    ("Create Public Threads", 1 << 35),
    ("Send Messages in Threads", 1 << 38),
];
const ADMINISTRATOR: u64 = 1 << 3;

/// What the developer portal says of the bot's application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Application {
    /// What Discord's requests are signed with, in hexadecimal digits.
    pub verify_key: String,
    /// Where interactions are sent; none: nowhere.
    pub endpoint: Option<String>,
}

/// What the bot may do in a channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChannelRights {
    /// The channel's name.
    pub channel: String,
    /// What it needs there and may not do.
    pub missing: Vec<&'static str>,
}

impl DiscordChat {
    /// What the developer portal says of the application.
    ///
    /// # Errors
    /// When Discord does not tell.
    pub async fn application(&self) -> Result<Application, ChatError> {
        let path = "applications/@me";
        let told = self.call(self.bot(Method::GET, path, path), None).await?;
        let text = |name: &str| told.get(name).and_then(Value::as_str).map(str::to_owned);
        let endpoint = text("interactions_endpoint_url").filter(|url| !url.is_empty());
        Ok(Application { verify_key: text("verify_key").unwrap_or_default(), endpoint })
    }

    /// What the bot may do in a channel of a server.
    ///
    /// # Errors
    /// When Discord does not tell, or the bot does not see the channel.
    pub async fn rights_in(&self, channel: &str) -> Result<ChannelRights, ChatError> {
        let get = |path: String| async move { self.call(self.bot(Method::GET, &path, &path), None).await };
        let told = get(format!("channels/{channel}")).await?;
        let guild = told.get("guild_id").and_then(Value::as_str).unwrap_or_default().to_owned();
        let me = get("users/@me".to_owned()).await?;
        let me = me.get("id").and_then(Value::as_str).unwrap_or_default().to_owned();
        let (member, roles) = futures::try_join!(
            get(format!("guilds/{guild}/members/{me}")),
            get(format!("guilds/{guild}/roles"))
        )?;
        let allowed = allowed(&guild, &me, &member, &roles, &told);
        let missing = NEEDED.iter().filter(|(_, bit)| allowed & bit == 0).map(|(name, _)| *name).collect();
        let name = told.get("name").and_then(Value::as_str).unwrap_or(channel);
        Ok(ChannelRights { channel: name.to_owned(), missing })
    }
}

/// The bits that hold for a member in a channel (Discord, "Permissions", Permission Overwrites): those of everybody and
/// of the member's roles, then what the channel takes and gives to everybody, to the roles, and to the member.
fn allowed(guild: &str, me: &str, member: &Value, roles: &Value, channel: &Value) -> u64 {
    let list = |of: &Value, name: &str| of.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
    let mine: Vec<String> =
        list(member, "roles").iter().filter_map(Value::as_str).map(str::to_owned).collect();
    let is = |of: &Value, id: &str| of.get("id").and_then(Value::as_str) == Some(id);
    let held = roles.as_array().into_iter().flatten();
    let held = held.filter(|role| is(role, guild) || mine.iter().any(|id| is(role, id)));
    let base = held.fold(0, |bits, role| bits | number(role, "permissions"));
    if base & ADMINISTRATOR != 0 {
        return u64::MAX;
    }
    let overwrites = list(channel, "permission_overwrites");
    let sum = |of: &dyn Fn(&Value) -> bool| {
        let of = overwrites.iter().filter(|overwrite| of(overwrite));
        of.fold((0, 0), |(deny, allow), one| (deny | number(one, "deny"), allow | number(one, "allow")))
    };
    let steps =
        [sum(&|one| is(one, guild)), sum(&|one| mine.iter().any(|id| is(one, id))), sum(&|one| is(one, me))];
    steps.iter().fold(base, |bits, (deny, allow)| bits & !deny | allow)
}

/// Discord writes sets of bits as texts.
fn number(of: &Value, name: &str) -> u64 {
    of.get(name).and_then(Value::as_str).and_then(|text| text.parse().ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const EVERYBODY: &str = "290926798626357999";

    fn bits(names: &[&str]) -> String {
        let bits = NEEDED.iter().filter(|(name, _)| names.contains(name)).map(|(_, bit)| bit).sum::<u64>();
        bits.to_string()
    }

    fn missing(base: &str, role: &str, overwrites: Value) -> Vec<&'static str> {
        let roles = json!([{ "id": EVERYBODY, "permissions": base }, { "id": "7", "permissions": role }]);
        let channel = json!({ "permission_overwrites": overwrites });
        let bits = allowed(EVERYBODY, "1", &json!({ "roles": ["7"] }), &roles, &channel);
        NEEDED.iter().filter(|(_, bit)| bits & bit == 0).map(|(name, _)| *name).collect()
    }

    #[test]
    fn roles_add_up_and_a_channel_takes_and_gives() {
        let all = bits(&NEEDED.map(|(name, _)| name));
        let none = json!([]);
        assert!(missing(&all, "0", none.clone()).is_empty());
        assert!(missing("0", &all, none.clone()).is_empty());
        assert!(missing("0", "8", none.clone()).is_empty(), "an administrator may do everything");
        assert_eq!(missing("0", "0", none).len(), NEEDED.len());
        let view = bits(&["View Channel"]);
        let hidden = json!([{ "id": EVERYBODY, "deny": view, "allow": "0" }]);
        assert_eq!(missing(&all, "0", hidden), ["View Channel"]);
        let given = json!([
            { "id": EVERYBODY, "deny": view, "allow": "0" }, { "id": "7", "deny": "0", "allow": view },
        ]);
        assert!(missing(&all, "0", given).is_empty());
        let taken =
            json!([{ "id": "7", "deny": "0", "allow": view }, { "id": "1", "deny": view, "allow": "0" }]);
        assert_eq!(missing(&all, "0", taken), ["View Channel"]);
        let of_others = json!([{ "id": "8", "deny": view, "allow": "0" }]);
        assert!(missing(&all, "0", of_others).is_empty());
    }
}
