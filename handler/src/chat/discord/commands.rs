//! `/agw` as Discord shows it while somebody types, made from the one table of commands.

use domain::command::{Argument, USAGE, Usage};
use serde_json::{Map, Value, json};

const SUB_COMMAND: u8 = 1;
const STRING: u8 = 3;
/// Discord's limit on descriptions.
const DESCRIPTION: usize = 100;
/// Manage Server: who sees the command as long as nobody has said otherwise in the server's settings. The bot checks
/// by itself who may decide what.
const MANAGE_GUILD: &str = "32";
/// What Discord adds to a command by itself, or leaves out when it says nothing.
const OF_DISCORD: [&str; 10] = [
    "id",
    "application_id",
    "guild_id",
    "version",
    "name_localizations",
    "description_localizations",
    "name_localized",
    "description_localized",
    "nsfw",
    "dm_permission",
];

/// The commands as Discord is told (Discord, "Application Commands").
#[must_use]
pub fn wanted() -> Value {
    let subcommands: Vec<Value> = USAGE.iter().map(subcommand).collect();
    json!([{
        "type": 1,
        "name": "agw",
        "description": "Find out why an Application Gateway answers 502, and mend it",
        "default_member_permissions": MANAGE_GUILD,
        "contexts": [0],
        "integration_types": [0],
        "options": subcommands,
    }])
}

fn subcommand(usage: &Usage) -> Value {
    let options: Vec<Value> = usage.arguments.iter().map(option).collect();
    json!({
        "type": SUB_COMMAND, "name": usage.name, "description": cut(usage.help), "options": options,
    })
}

fn option(argument: &Argument) -> Value {
    let suggested = matches!(argument.name, "gateway" | "incident");
    json!({
        "type": STRING, "name": argument.name, "description": cut(argument.help), "required": argument.required,
        "autocomplete": suggested,
    })
}

fn cut(text: &str) -> String {
    text.chars().take(DESCRIPTION).collect()
}

/// What would change, a line each: nothing where what is registered says the same.
#[must_use]
pub fn changes(registered: &Value, wanted: &Value) -> Vec<String> {
    let (before, after) = (by_name(registered), by_name(wanted));
    let mut lines = Vec::new();
    for (name, command) in &after {
        match before.iter().find(|(known, _)| known == name) {
            None => lines.push(format!("+ /{name}")),
            Some((_, known)) if essence(known) == essence(command) => {}
            Some((_, known)) => lines.extend(differing(name, known, command)),
        }
    }
    let gone = before.iter().filter(|(name, _)| !after.iter().any(|(wanted, _)| wanted == name));
    lines.extend(gone.map(|(name, _)| format!("- /{name}")));
    lines
}

/// The subcommands that differ; where none does, it is the command itself.
fn differing(name: &str, before: &Value, after: &Value) -> Vec<String> {
    let options = |command: &Value| by_name(command.get("options").unwrap_or(&Value::Null));
    let (before, after) = (options(before), options(after));
    let mut lines = Vec::new();
    for (sub, command) in &after {
        match before.iter().find(|(known, _)| known == sub) {
            None => lines.push(format!("+ /{name} {sub}")),
            Some((_, known)) if essence(known) != essence(command) => lines.push(format!("~ /{name} {sub}")),
            Some(_) => {}
        }
    }
    let gone = before.iter().filter(|(sub, _)| !after.iter().any(|(wanted, _)| wanted == sub));
    lines.extend(gone.map(|(sub, _)| format!("- /{name} {sub}")));
    if lines.is_empty() { vec![format!("~ /{name}")] } else { lines }
}

fn by_name(list: &Value) -> Vec<(String, Value)> {
    let named = |one: &Value| Some((one.get("name")?.as_str()?.to_owned(), one.clone()));
    list.as_array().into_iter().flatten().filter_map(named).collect()
}

/// A command without what Discord adds, and without what says no more than its absence.
fn essence(value: &Value) -> Value {
    match value {
        Value::Object(fields) => fields
            .iter()
            .filter(|(key, value)| !OF_DISCORD.contains(&key.as_str()) && !is_silent(value))
            .map(|(key, value)| (key.clone(), essence(value)))
            .collect::<Map<_, _>>()
            .into(),
        Value::Array(items) => items.iter().map(essence).collect(),
        other => other.clone(),
    }
}

fn is_silent(value: &Value) -> bool {
    value.is_null() || *value == Value::Bool(false) || value.as_array().is_some_and(Vec::is_empty)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_of_the_grammar_is_there_within_discords_limits() {
        let wanted = wanted();
        let options = wanted[0]["options"].as_array().expect("subcommands");
        assert_eq!(options.len(), USAGE.len());
        assert!(options.len() <= 25);
        for option in options {
            let (name, help) = (option["name"].as_str().expect("a name"), option["description"].as_str());
            assert!((1..=32).contains(&name.len()) && name.chars().all(|c| c.is_ascii_lowercase()), "{name}");
            assert!(help.is_some_and(|help| (1..=100).contains(&help.chars().count())), "{name}");
            let arguments = option["options"].as_array().expect("arguments");
            let required: Vec<bool> =
                arguments.iter().map(|one| one["required"] == Value::Bool(true)).collect();
            assert!(required.is_sorted_by(|one, other| one >= other), "{name}: required ones come first");
        }
        insta::assert_snapshot!(serde_json::to_string_pretty(&wanted).expect("JSON"));
    }

    #[test]
    fn what_is_registered_already_is_not_told_again() {
        let mut registered = wanted();
        registered[0]["id"] = json!("771825006014889984");
        registered[0]["version"] = json!("2");
        registered[0]["nsfw"] = json!(false);
        assert_eq!(changes(&registered, &wanted()), Vec::<String>::new());
        registered[0]["options"][0]["description"] = json!("something else");
        let lost = registered[0]["options"].as_array_mut().expect("subcommands").pop().expect("one");
        let lost = lost["name"].as_str().expect("a name").to_owned();
        assert_eq!(changes(&registered, &wanted()), ["~ /agw diagnose".to_owned(), format!("+ /agw {lost}")]);
        assert_eq!(changes(&json!([{ "name": "other" }]), &wanted()), ["+ /agw", "- /other"]);
        registered = wanted();
        registered[0]["default_member_permissions"] = json!("0");
        assert_eq!(changes(&registered, &wanted()), ["~ /agw"]);
    }
}
