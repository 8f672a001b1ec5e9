//! What the host posts for a queue message.

use serde_json::Value;

/// A message of a queue, as far as the bot needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Message {
    /// Its text, without the base64 that it has on the wire: the host has taken that off.
    pub(super) text: String,
    /// The queue's id of it. Never used for a decision: properties of the message itself can stand in its
    /// place, if the message is a JSON object (azure-functions-host, `Utility.ApplyBindingData`).
    pub(super) id: Option<String>,
}

/// An envelope that the host does not send.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Malformed {
    #[error("the envelope is not JSON: {0}")]
    NotJson(String),
    #[error("the envelope has no Data.{0}")]
    NoData(&'static str),
}

impl Message {
    /// Reads the message that is bound to `binding`.
    ///
    /// Hosts of today encode a message's text as JSON, and put that into JSON as a string: `"\"hello\""`. The
    /// documentation shows `"hello"`, and an object where the text is one. All three are read.
    pub(super) fn read(body: &[u8], binding: &'static str) -> Result<Self, Malformed> {
        let envelope: Value =
            serde_json::from_slice(body).map_err(|error| Malformed::NotJson(error.to_string()))?;
        let data = envelope.get("Data").and_then(|data| data.get(binding));
        let text = data.and_then(plain).ok_or(Malformed::NoData(binding))?;
        let id = envelope.get("Metadata").and_then(|metadata| metadata.get("Id")).and_then(plain);
        Ok(Self { text, id })
    }
}

fn plain(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(outer) => Some(serde_json::from_str(outer).unwrap_or_else(|_| outer.clone())),
        other => Some(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn read(data: &Value) -> Result<Message, Malformed> {
        let envelope = json!({ "Data": { "wake": data }, "Metadata": { "Id": "\"800ae4b3\"" } });
        Message::read(envelope.to_string().as_bytes(), "wake")
    }

    fn message(text: &str) -> Result<Message, Malformed> {
        Ok(Message { text: text.to_owned(), id: Some("800ae4b3".to_owned()) })
    }

    #[test]
    fn todays_hosts_encode_twice() {
        assert_eq!(read(&json!("\"incident:INC-7K2F\"")), message("incident:INC-7K2F"));
        assert_eq!(read(&json!("\"{\\\"kind\\\":\\\"a\\\"}\"")), message("{\"kind\":\"a\"}"));
        assert_eq!(read(&json!("\"\"")), message(""));
    }

    #[test]
    fn the_documentations_hosts_encode_once_or_not_at_all() {
        assert_eq!(read(&json!("incident:INC-7K2F")), message("incident:INC-7K2F"));
        assert_eq!(read(&json!({ "kind": "a" })), message("{\"kind\":\"a\"}"));
        assert_eq!(read(&json!(7)), message("7"));
        assert_eq!(read(&json!("{\"kind\":\"a\"}")), message("{\"kind\":\"a\"}"));
    }

    #[test]
    fn what_is_no_envelope_is_said_to_be_none() {
        assert!(matches!(Message::read(b"{", "wake"), Err(Malformed::NotJson(_))));
        for body in ["null", "[]", "{}", "{\"Data\":null}", "{\"Data\":{\"other\":\"a\"}}"] {
            assert_eq!(Message::read(body.as_bytes(), "wake"), Err(Malformed::NoData("wake")), "{body}");
        }
        assert_eq!(read(&Value::Null), Err(Malformed::NoData("wake")));
        let without_id = br#"{"Data":{"wake":"\"a\""},"Metadata":null}"#;
        assert_eq!(Message::read(without_id, "wake").unwrap().id, None);
    }

    proptest! {
        #[test]
        fn any_text_comes_through_as_it_was(text in ".*") {
            let inner = serde_json::to_string(&text).unwrap();
            prop_assert_eq!(read(&Value::from(inner)).unwrap().text, text);
        }

        #[test]
        fn no_bytes_do_harm(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = Message::read(&bytes, "wake");
        }
    }
}
