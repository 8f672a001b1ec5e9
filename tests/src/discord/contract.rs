//! What Discord says of its API: the document that it publishes as discord/discord-api-spec, in `OpenAPI` 3.1.
//!
//! It is no part of this project. Whoever has a copy names it in `AGW_DISCORD_OPENAPI`: then each request of each story
//! is held against it.

use std::collections::HashMap;
use std::env;
use std::fs;
use std::sync::{Mutex, OnceLock};

use jsonschema::Validator;
use serde_json::{Value, json};

/// Names the file.
const DOCUMENT: &str = "AGW_DISCORD_OPENAPI";
/// More than so many characters of a complaint say nothing new.
const ENOUGH: usize = 400;

/// The document, and what was made of it.
pub(super) struct Contract {
    document: Value,
    known: Mutex<HashMap<String, Option<Validator>>>,
}

impl Contract {
    /// The document that somebody named, read once.
    pub(super) fn named() -> Option<&'static Self> {
        static NAMED: OnceLock<Option<Contract>> = OnceLock::new();
        let read = || {
            let text = fs::read(env::var_os(DOCUMENT)?).expect("the document that AGW_DISCORD_OPENAPI names");
            Some(Self::of(serde_json::from_slice(&text).expect("a document in JSON")))
        };
        NAMED.get_or_init(read).as_ref()
    }

    fn of(mut document: Value) -> Self {
        close(&mut document);
        Self { document, known: Mutex::default() }
    }

    /// Holds a request against the document.
    pub(super) fn judge(&self, method: &str, path: &str, body: &Value) -> Result<(), String> {
        let (template, operation) =
            self.operation(method, path).ok_or_else(|| format!("Discord has no {method} {path}"))?;
        let mut known = self.known.lock().unwrap();
        let validator =
            known.entry(format!("{method} {template}")).or_insert_with(|| self.validator(operation));
        let Some(validator) = validator else { return Ok(()) };
        let body = as_numbers(body);
        let faults = validator.iter_errors(&body).map(|error| format!("{}: {error}", error.instance_path()));
        match faults.reduce(|all, next| format!("{all}; {next}")) {
            Some(faults) => {
                Err(format!("{method} {template}: {}", faults.chars().take(ENOUGH).collect::<String>()))
            }
            None => Ok(()),
        }
    }

    /// The operation that a request is for. `/users/@me/channels` is one of its own, `{user_id}` or not.
    fn operation(&self, method: &str, path: &str) -> Option<(&str, &Value)> {
        let paths = self.document["paths"].as_object()?.iter();
        let fitting = paths.filter(|(template, _)| fits(template, path));
        let (template, operations) = fitting.min_by_key(|(template, _)| template.matches('{').count())?;
        Some((template, operations.get(method.to_ascii_lowercase())?))
    }

    /// What judges the body of an operation, if it has one.
    fn validator(&self, operation: &Value) -> Option<Validator> {
        let mut schema = operation.pointer("/requestBody/content/application~1json/schema")?.clone();
        schema["components"] = self.document["components"].clone();
        Some(jsonschema::draft202012::new(&schema).expect("a schema"))
    }
}

fn fits(template: &str, path: &str) -> bool {
    let path = path.split('?').next().unwrap_or_default();
    let (wanted, found) = (template.split('/'), path.split('/'));
    wanted.clone().count() == found.clone().count()
        && wanted.zip(found).all(|(part, found)| part.starts_with('{') || part == found)
}

/// Permissions of commands are a text of digits by the documentation ("Application Commands"), and a number by the
/// document.
fn as_numbers(body: &Value) -> Value {
    const PERMISSIONS: &str = "default_member_permissions";
    let mut body = body.clone();
    for command in body.as_array_mut().into_iter().flatten() {
        let digits = command[PERMISSIONS].as_str().and_then(|digits| digits.parse::<u64>().ok());
        digits.into_iter().for_each(|number| command[PERMISSIONS] = json!(number));
    }
    body
}

/// Refuses what the document does not name. By itself it lets everything pass that it does not know.
fn close(node: &mut Value) {
    const OPEN: [&str; 4] = ["allOf", "oneOf", "anyOf", "additionalProperties"];
    match node {
        Value::Object(fields) => {
            fields.values_mut().for_each(close);
            let is_object = fields.get("type").is_some_and(|kind| kind == "object");
            if is_object
                && fields.contains_key("properties")
                && !OPEN.iter().any(|key| fields.contains_key(*key))
            {
                fields.insert("additionalProperties".to_owned(), json!(false));
            }
        }
        Value::Array(nodes) => nodes.iter_mut().for_each(close),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::Contract;

    /// As the published document is built, and nothing of what it says.
    fn contract() -> Contract {
        let body = json!({ "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Note" } } } });
        Contract::of(json!({
            "paths": {
                "/rooms/{room_id}/notes": { "post": { "requestBody": body }, "get": {} },
                "/rooms/@mine/notes": { "get": {} },
            },
            "components": { "schemas": { "Note": {
                "type": "object", "required": ["text"],
                "properties": { "text": { "type": "string", "maxLength": 5 }, "more": { "$ref": "#/components/schemas/Note" } },
            } } },
        }))
    }

    fn judge(method: &str, path: &str, body: &Value) -> Result<(), String> {
        contract().judge(method, path, body)
    }

    #[test]
    fn a_request_as_the_document_has_it_passes() {
        let note = json!({ "text": "words", "more": { "text": "more" } });
        assert_eq!(judge("POST", "/rooms/7/notes", &note), Ok(()));
        assert_eq!(judge("GET", "/rooms/7/notes?limit=1", &Value::Null), Ok(()));
    }

    #[test]
    fn what_is_too_long_missing_or_misspelt_is_told_with_its_place() {
        for (note, place) in [
            (json!({ "text": "too long" }), "/text"),
            (json!({ "more": { "text": "more" } }), "text"),
            (json!({ "text": "words", "more": { "text": "more", "txet": "" } }), "/more"),
        ] {
            let fault = judge("POST", "/rooms/7/notes", &note).unwrap_err();
            assert!(fault.starts_with("POST /rooms/{room_id}/notes: ") && fault.contains(place), "{fault}");
        }
    }

    #[test]
    fn a_path_or_a_method_that_is_not_there_is_a_fault() {
        for (method, path) in
            [("POST", "/rooms/7"), ("PUT", "/rooms/7/notes"), ("POST", "/rooms/@mine/notes")]
        {
            assert_eq!(judge(method, path, &json!({})), Err(format!("Discord has no {method} {path}")));
        }
    }
}
