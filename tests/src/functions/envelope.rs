//! The body that is posted to a trigger. Texts and numbers in it are JSON within JSON.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::functions::chance;
use crate::functions::storage::Message;

/// A value as the host puts it into an envelope (Azure/azure-functions-host,
/// `ScriptInvocationContextExtensions.GetHttpScriptInvocationContextValue`): objects as they are, everything
/// else as the text of its JSON. Its tests pin `"\"stringTest\""`.
fn encoded(value: &Value) -> Value {
    if value.is_object() { value.clone() } else { Value::String(value.to_string()) }
}

/// The envelope for a message whose text is this (Azure/azure-functions-host,
/// `ScriptInvocationContextExtensions.ToHttpScriptInvocationContext`). Times are not JSON within JSON.
pub(crate) fn queue(function: &str, binding: &str, message: &Message, text: &str) -> Value {
    let mut metadata = Map::new();
    metadata.insert("DequeueCount".into(), encoded(&json!(message.dequeue_count)));
    metadata.insert("ExpirationTime".into(), json!(offset(&message.expires)));
    metadata.insert("Id".into(), encoded(&json!(message.id)));
    metadata.insert("InsertionTime".into(), json!(offset(&message.inserted)));
    metadata.insert("NextVisibleTime".into(), json!(offset(&message.next_visible)));
    metadata.insert("PopReceipt".into(), encoded(&json!(message.pop_receipt)));
    metadata.insert("sys".into(), sys(function));
    flatten(text, &mut metadata);
    json!({ "Data": { binding: encoded(&json!(text)) }, "Metadata": metadata })
}

/// The top-level properties of a message that is a JSON object, but for lists and nulls. They take the place
/// of what the host knows itself, whatever the case of their letters (Azure/azure-functions-host,
/// `Utility.ApplyBindingData`). Names that end in "trigger" are left out (`ToHttpScriptInvocationContext`).
/// The host writes texts that look like times in another way; the harness does not.
fn flatten(text: &str, metadata: &mut Map<String, Value>) {
    let Ok(Value::Object(fields)) = serde_json::from_str(text) else { return };
    for (name, value) in fields {
        if value.is_array() || value.is_null() || name.to_ascii_lowercase().ends_with("trigger") {
            continue;
        }
        let taken = metadata.keys().find(|key| key.eq_ignore_ascii_case(&name)).cloned();
        metadata.insert(taken.unwrap_or(name), encoded(&value));
    }
}

/// The envelope of a timer: an object as it is (KarlGW/azfunc, `trigger/timer.go`; `TimerInfo` in
/// Azure/azure-webjobs-sdk-extensions). A schedule that fires more often than once a minute is not monitored,
/// so it has no status (`TimerListener`).
pub(crate) fn timer(function: &str, binding: &str, times: Option<(Timestamp, Timestamp)>) -> Value {
    let status = times.map(|(last, next)| {
        json!({ "Last": last.to_string(), "LastUpdated": last.to_string(), "Next": next.to_string() })
    });
    let timer = json!({ "Schedule": { "AdjustForDST": true }, "ScheduleStatus": status, "IsPastDue": false });
    json!({ "Data": { binding: timer }, "Metadata": { "sys": sys(function) } })
}

/// What the host tells of itself (Azure/azure-webjobs-sdk, `SystemBindingData`).
fn sys(function: &str) -> Value {
    json!({ "MethodName": function, "UtcNow": chance::now().to_string(), "RandGuid": chance::guid() })
}

/// `Sun, 22 Nov 2026 18:00:00 GMT` as the host writes it, `2026-11-22T18:00:00+00:00`. The year may be 9999,
/// which is how the service says "never".
fn offset(http: &str) -> String {
    const MONTHS: &str = "JanFebMarAprMayJunJulAugSepOctNovDec";
    let parts: Vec<&str> = http.split_whitespace().collect();
    let [_, day, month, year, time, _] = parts[..] else { return http.to_owned() };
    let month = MONTHS.find(month).map_or(0, |at| at / 3 + 1);
    format!("{year}-{month:02}-{day}T{time}+00:00")
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Message, queue, timer};

    fn message() -> Message {
        Message {
            id: "800ae4b3-bdd2-4c08-badd-f08e5a34b865".into(),
            pop_receipt: "AgAAAAMAAAAAAAAAAgtnj8x+1QE=".into(),
            text: String::new(),
            dequeue_count: 1,
            inserted: "Sun, 22 Nov 2026 18:00:00 GMT".into(),
            expires: "Fri, 31 Dec 9999 23:59:59 GMT".into(),
            next_visible: "Sun, 22 Nov 2026 18:10:00 GMT".into(),
        }
    }

    fn envelope(text: &str) -> Value {
        queue("ProcessJob", "job", &message(), text)
    }

    #[test]
    fn texts_and_numbers_are_json_within_json_and_times_are_not() {
        let mut envelope = envelope(r#"{"kind":"slack","n":1}"#);
        let sys = envelope["Metadata"].as_object_mut().unwrap().remove("sys").unwrap();
        assert_eq!(sys["MethodName"], "ProcessJob");
        assert!(
            sys["UtcNow"].as_str().unwrap().ends_with('Z') && sys["RandGuid"].as_str().unwrap().len() == 36
        );
        assert_eq!(
            envelope,
            json!({
                "Data": { "job": "\"{\\\"kind\\\":\\\"slack\\\",\\\"n\\\":1}\"" },
                "Metadata": {
                    "DequeueCount": "1",
                    "ExpirationTime": "9999-12-31T23:59:59+00:00",
                    "Id": "\"800ae4b3-bdd2-4c08-badd-f08e5a34b865\"",
                    "InsertionTime": "2026-11-22T18:00:00+00:00",
                    "NextVisibleTime": "2026-11-22T18:10:00+00:00",
                    "PopReceipt": "\"AgAAAAMAAAAAAAAAAgtnj8x+1QE=\"",
                    "kind": "\"slack\"",
                    "n": "1",
                },
            })
        );
    }

    #[test]
    fn a_text_is_quoted_twice() {
        assert_eq!(envelope("hello")["Data"]["job"], "\"hello\"");
    }

    #[test]
    fn a_message_can_falsify_what_the_host_says_of_it() {
        let text = r#"{"id":"mine","DEQUEUECOUNT":9,"list":[1],"none":null,"inner":{"a":1},"queueTrigger":"x","yes":true}"#;
        let metadata = envelope(text)["Metadata"].clone();
        assert_eq!((&metadata["Id"], &metadata["DequeueCount"]), (&json!("\"mine\""), &json!("9")));
        assert_eq!((&metadata["inner"], &metadata["yes"]), (&json!({ "a": 1 }), &json!("true")));
        for left_out in ["id", "list", "none", "queueTrigger"] {
            assert!(metadata.get(left_out).is_none(), "{left_out}");
        }
    }

    #[test]
    fn a_timer_is_an_object() {
        let envelope = timer("sweep", "timer", None);
        let expected =
            json!({ "Schedule": { "AdjustForDST": true }, "ScheduleStatus": null, "IsPastDue": false });
        assert_eq!(envelope["Data"]["timer"], expected);
        assert_eq!(envelope["Metadata"]["sys"]["MethodName"], "sweep");
    }
}
