//! What Slack tells by itself (Events API): that somebody mentioned the bot, or opened its tab.
//!
//! A slash command cannot be typed in a thread, a mention can. Slack sends an event up to four times, until it is
//! answered with 200; all four have the same `event_id`.

use axum::http::{HeaderMap, HeaderName};
use domain::command;
use domain::request::{Ask, Channel, Person, Platform, ReplyTo, RequestId};
use serde::Deserialize;

/// Tells Slack that sending it again is of no use (Slack, "Events API", "Turning retries off").
pub(super) const NO_RETRY: HeaderName = HeaderName::from_static("x-slack-no-retry");

/// What Slack tells, as far as it matters here.
#[derive(Debug, Deserialize)]
pub(super) struct Told {
    #[serde(rename = "type")]
    kind: String,
    challenge: Option<String>,
    team_id: Option<String>,
    enterprise_id: Option<String>,
    event_id: Option<String>,
    event: Option<Event>,
    #[serde(default)]
    authorizations: Vec<Authorization>,
}

#[derive(Debug, Deserialize)]
struct Event {
    #[serde(rename = "type")]
    kind: String,
    user: Option<String>,
    bot_id: Option<String>,
    text: Option<String>,
    channel: Option<String>,
    ts: Option<String>,
    thread_ts: Option<String>,
    tab: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Authorization {
    user_id: Option<String>,
}

/// The how many-th time it is that Slack sends this, and why, if it is not the first.
#[derive(Debug)]
pub(super) struct Retry {
    #[expect(dead_code, reason = "for the log")]
    number: u32,
    #[expect(dead_code, reason = "for the log")]
    reason: Option<String>,
}

impl Retry {
    pub(super) fn of(headers: &HeaderMap) -> Option<Self> {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let number = text("x-slack-retry-num")?.parse().ok()?;
        // The signature covers no headers: what is none of Slack's words (`http_timeout`) stays out of the log.
        let word = |text: &&str| text.len() < 40 && text.bytes().all(|c| c == b'_' || c.is_ascii_lowercase());
        Some(Self { number, reason: text("x-slack-retry-reason").filter(word).map(str::to_owned) })
    }
}

impl Told {
    /// What Slack wants to hear back when the address is entered.
    pub(super) fn challenge(&self) -> Option<&str> {
        self.challenge.as_deref().filter(|_| self.kind == "url_verification")
    }

    /// What somebody wants of the bot, if it is anything.
    pub(super) fn ask(&self) -> Option<(RequestId, Ask)> {
        let event = self.event.as_ref().filter(|_| self.kind == "event_callback")?;
        let user = event.user.as_deref()?;
        // What a bot says is no command: not another one's, and not our own.
        if event.bot_id.is_some() || self.bot() == Some(user) {
            return None;
        }
        let team = self.team_id.as_deref().or(self.enterprise_id.as_deref())?;
        let id = RequestId::of(&["slack", "event", team, self.event_id.as_deref()?]);
        match event.kind.as_str() {
            "app_mention" => Some((id, self.mentioned(event, user)?)),
            "app_home_opened" if event.tab.as_deref() == Some("home") => {
                Some((id, Ask::Home { person: person(user) }))
            }
            _ => None,
        }
    }

    fn mentioned(&self, event: &Event, user: &str) -> Option<Ask> {
        let text = behind_mention(event.text.as_deref()?, self.bot());
        let (person, channel) = (person(user), channel(event.channel.as_deref()?));
        let thread = event.thread_ts.as_deref().or(event.ts.as_deref())?;
        let privately = ReplyTo::new(person, channel, None);
        let openly = ReplyTo { thread: Some(thread.to_owned()), ..privately.clone() };
        Some(match command::parse(text) {
            Ok(command) if command.decides() => Ask::Command { command, from: privately },
            Ok(command) => Ask::Command { command, from: openly },
            Err(_) => Ask::Typed { text: text.to_owned(), from: openly },
        })
    }

    /// The bot's own id of a member.
    fn bot(&self) -> Option<&str> {
        self.authorizations.first()?.user_id.as_deref()
    }
}

fn person(id: &str) -> Person {
    Person { platform: Platform::Slack, id: id.to_owned(), name: None }
}

fn channel(id: &str) -> Channel {
    Channel { platform: Platform::Slack, id: id.to_owned() }
}

/// What stands behind the mention of the bot: `<@U07AGWBOT>`, or `<@U07AGWBOT|agw>`.
fn behind_mention<'a>(text: &'a str, bot: Option<&str>) -> &'a str {
    let mention = format!("<@{}", bot.unwrap_or_default());
    let behind = text.match_indices(&mention).find_map(|(at, _)| {
        let rest = text.get(at + mention.len()..)?;
        let (inside, behind) = rest.split_once('>')?;
        (bot.is_none() || inside.is_empty() || inside.starts_with('|')).then_some(behind)
    });
    behind.unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderMap;

    use super::{Retry, behind_mention};

    #[test]
    fn of_a_repetition_nothing_is_logged_but_slacks_own_words() {
        let reason = |reason: &str| {
            let mut headers = HeaderMap::new();
            headers.insert("x-slack-retry-num", "1".parse().unwrap());
            headers.insert("x-slack-retry-reason", reason.parse().unwrap());
            format!("{:?}", Retry::of(&headers).unwrap())
        };
        assert!(reason("http_timeout").contains("http_timeout"));
        assert!(!reason("canary-1c1c").contains("canary"));
    }

    #[test]
    fn a_command_stands_behind_the_mention_of_this_bot() {
        for text in ["<@UBOT> status", "hey <@U1> and <@UBOT|agw> status", "<@UBOTTLE> <@UBOT> status"] {
            assert_eq!(behind_mention(text, Some("UBOT")), " status", "{text}");
        }
        assert_eq!(behind_mention("<@UX> status", None), " status");
        assert_eq!(behind_mention("status <@", Some("UBOT")), "status <@");
    }
}
