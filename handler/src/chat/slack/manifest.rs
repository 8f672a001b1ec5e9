//! The manifest that makes the app in Slack in one paste, with the least scopes that the bot can work with.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use url::Url;

use super::intake::{COMMANDS, EVENTS, INTERACTIONS};
use super::method::Method;

/// What takes a scope and is no method: the slash command, and to hear of a mention.
const OTHER_SCOPES: [&str; 2] = ["commands", "app_mentions:read"];
const DESCRIPTION: &str = "Finds out why an Azure Application Gateway answers 502, and mends it on approval";
const HINT: &str = "diagnose <gateway>";

/// An address at which Slack cannot reach the bot.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("Slack calls an https address such as https://bot.example.com, without a query; this is none: {0}")]
pub struct NotReachable(String);

/// The manifest of an app whose bot is reached at `host`, in Slack's schema 1.1.
///
/// # Errors
/// When Slack could not call such an address.
pub fn manifest(host: &Url) -> Result<Value, NotReachable> {
    let bare = host.query().is_none() && host.fragment().is_none() && host.username().is_empty();
    if host.scheme() != "https" || !host.has_host() || host.password().is_some() || !bare {
        return Err(NotReachable(host.to_string()));
    }
    let at = |path: &str| format!("{}{path}", host.as_str().trim_end_matches('/'));
    Ok(json!({
        "_metadata": { "major_version": 1, "minor_version": 1 },
        "display_information": {
            "name": "agw", "description": DESCRIPTION, "background_color": "#0b5394",
        },
        "features": {
            "app_home": {
                "home_tab_enabled": true,
                // Answers to what is pressed in the home tab stand here.
                "messages_tab_enabled": true, "messages_tab_read_only_enabled": true,
            },
            "bot_user": { "display_name": "agw", "always_online": true },
            "slash_commands": [{
                "command": "/agw", "url": at(COMMANDS), "description": "Diagnose an Application Gateway",
                "usage_hint": HINT, "should_escape": true,
            }],
        },
        "oauth_config": { "scopes": { "bot": scopes() } },
        "settings": {
            "event_subscriptions": { "request_url": at(EVENTS), "bot_events": ["app_home_opened", "app_mention"] },
            "interactivity": { "is_enabled": true, "request_url": at(INTERACTIONS) },
            "org_deploy_enabled": false,
            "socket_mode_enabled": false,
            "token_rotation_enabled": false,
        },
    }))
}

/// The scopes of everything that the bot does, each once.
pub(super) fn scopes() -> BTreeSet<&'static str> {
    Method::ALL.iter().filter_map(|method| method.scope()).chain(OTHER_SCOPES).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made() -> Value {
        manifest(&Url::parse("https://bot.example.com").expect("a URL")).expect("a manifest")
    }

    #[test]
    fn the_scopes_are_those_of_the_methods_and_no_more() {
        let asked = made()["oauth_config"]["scopes"]["bot"].clone();
        assert_eq!(
            asked,
            json!(["app_mentions:read", "chat:write", "commands", "files:write", "usergroups:read"])
        );
    }

    #[test]
    fn every_method_is_named_once() {
        let names: BTreeSet<_> = Method::ALL.iter().map(|method| method.name()).collect();
        assert_eq!(names.len(), Method::ALL.len());
    }

    #[test]
    fn an_address_that_slack_cannot_call_makes_none() {
        for host in ["http://bot.example.com", "https://a:b@bot.example.com", "https://x/?a=b", "data:x"] {
            assert!(manifest(&Url::parse(host).expect("a URL")).is_err(), "{host}");
        }
    }

    #[test]
    fn a_path_in_front_is_kept() {
        let made = manifest(&Url::parse("https://example.com/bots/").expect("a URL")).expect("a manifest");
        let url = &made["features"]["slash_commands"][0]["url"];
        assert_eq!(url, "https://example.com/bots/api/slack/commands");
    }
}
