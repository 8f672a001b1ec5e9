//! A second opinion on what is sent to Discord: Twilight's models read it, and Twilight's limits are kept.

use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use twilight_model::application::command::Command;
use twilight_model::channel::message::{AllowedMentions, Component, Embed, MessageFlags};
use twilight_model::http::interaction::InteractionResponse;
use twilight_model::id::{Id, marker::UserMarker};
use twilight_validate::{channel, command, message};

/// Judges a request.
pub(super) fn request(method: &str, path: &str, body: &Value) -> Result<(), String> {
    let parts: Vec<&str> = path.trim_start_matches('/').split('/').collect();
    match (method, parts.as_slice()) {
        ("GET", _) => Ok(()),
        ("POST", ["channels", _, "messages"] | ["webhooks", _, _])
        | ("PATCH", ["channels", _, "messages", _]) => words(body),
        ("POST", ["channels", _, "messages", _, "threads"]) => {
            told(channel::name(body["name"].as_str().unwrap_or_default()))
        }
        ("POST", ["users", "@me", "channels"]) => read::<Id<UserMarker>>(&body["recipient_id"]).map(drop),
        ("PUT", ["applications", .., "commands"]) => {
            body.as_array().ok_or("no list of commands")?.iter().try_for_each(registered)
        }
        _ => Err(format!("{method} {path} is not known here")),
    }
}

/// Judges an answer to an interaction.
pub(super) fn answer(body: &Value) -> Result<(), String> {
    let mut whole = body.clone();
    name_embeds(&mut whole["data"]);
    read::<InteractionResponse>(&whole)?;
    words(&body["data"])
}

/// What a message says, or a dialog asks.
fn words(body: &Value) -> Result<(), String> {
    let mut body = body.clone();
    name_embeds(&mut body);
    told(message::content(body["content"].as_str().unwrap_or_default()))?;
    told(message::embeds(&read::<Option<Vec<Embed>>>(&body["embeds"])?.unwrap_or_default()))?;
    let components = read::<Option<Vec<Component>>>(&body["components"])?.unwrap_or_default();
    told(message::components(&components, false))?;
    read::<Option<MessageFlags>>(&body["flags"])?;
    read::<Option<AllowedMentions>>(&body["allowed_mentions"]).map(drop)
}

/// The models are those of answers, in which each embed has its kind.
fn name_embeds(body: &mut Value) {
    for embed in body.get_mut("embeds").and_then(Value::as_array_mut).into_iter().flatten() {
        embed["type"] = json!("rich");
    }
}

/// In an answer, a command has a version too.
fn registered(sent: &Value) -> Result<(), String> {
    let mut whole = sent.clone();
    whole["version"] = json!("1");
    told(command::command(&read::<Command>(&whole)?))
}

fn read<T: DeserializeOwned>(value: &Value) -> Result<T, String> {
    serde_json::from_value(value.clone()).map_err(|error| format!("{error}: {value}"))
}

fn told(judged: Result<(), impl std::error::Error>) -> Result<(), String> {
    judged.map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{answer, request};

    fn refused(method: &str, path: &str, body: &Value) -> bool {
        request(method, path, body).is_err()
    }

    #[test]
    fn what_is_over_a_limit_is_refused_wherever_it_stands() {
        let button = |label: &str| json!({ "type": 2, "style": 1, "label": label, "custom_id": "a" });
        let row = |buttons: &[Value]| json!({ "content": "a", "components": [{ "type": 1, "components": buttons }] });
        let field =
            json!({ "embeds": [{ "fields": [{ "name": "a", "value": "v".repeat(1025), "inline": true }] }] });
        for body in [
            json!({ "content": "c".repeat(2001) }),
            field,
            row(&[button(&"l".repeat(81))]),
            row(&vec![button("a"); 6]),
        ] {
            assert!(refused("POST", "/channels/1/messages", &body), "{body}");
            assert!(refused("PATCH", "/channels/1/messages/2", &body), "{body}");
            assert!(refused("POST", "/webhooks/1/token", &body), "{body}");
            assert!(answer(&json!({ "type": 4, "data": body })).is_err(), "{body}");
        }
        assert!(!refused("POST", "/channels/1/messages", &row(&[button("a")])));
    }

    #[test]
    fn what_is_no_request_of_discords_is_refused() {
        assert!(refused("POST", "/channels/1/messages/2/threads", &json!({ "name": "" })));
        assert!(refused("POST", "/users/@me/channels", &json!({ "recipient_id": "bob" })));
        let command = json!([{ "type": 1, "name": "Agw", "description": "with a capital" }]);
        assert!(refused("PUT", "/applications/1/commands", &command));
        assert!(refused("POST", "/channels/1/typing", &Value::Null));
    }
}
