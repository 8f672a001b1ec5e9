//! What Teams would make of a card: a reader of the markdown that Adaptive Cards know, which finds fault with all of
//! it that is not ours. It is stricter than any of Teams' clients, which differ.

use serde_json::Value;

const GAP: char = '\u{200b}';

/// A fault in a whole card, if there is one.
pub(super) fn check(value: &Value) -> Result<(), String> {
    match value {
        Value::Object(fields) => {
            let text = |name: &str| fields.get(name).and_then(Value::as_str);
            match text("type") {
                Some("TextBlock") => quiet(text("text").unwrap_or_default())?,
                Some("TextRun") => run(text("text").unwrap_or_default())?,
                Some("Action.OpenUrl") => address(text("url").unwrap_or_default())?,
                Some("AdaptiveCard") => lines(text("fallbackText").unwrap_or_default())?,
                None if fields.contains_key("value") => {
                    quiet(text("title").unwrap_or_default())?;
                    fact(text("value").unwrap_or_default())?;
                }
                _ => {}
            }
            fields.values().try_for_each(check)
        }
        Value::Array(all) => all.iter().try_for_each(check),
        _ => Ok(()),
    }
}

fn lines(text: &str) -> Result<(), String> {
    text.split("\n\n").try_for_each(quiet)
}

/// Links of ours, and nothing else that would be obeyed.
pub(super) fn fact(text: &str) -> Result<(), String> {
    let Some((opened, rest)) = text.split_once("](") else { return quiet(text) };
    // Brackets before its own are none of the link's.
    let link = opened
        .rsplit_once('[')
        .and_then(|(before, label)| rest.split_once(')').map(|(url, rest)| (before, label, url, rest)));
    let Some((before, label, url, after)) = link else { return Err(format!("a broken link: {text}")) };
    address(url)?;
    if url.contains(['(', '*', '_', ' ', '<', '>', '[', ']', '\\', '`', '~']) || label.contains(']') {
        return Err(format!("a broken link: {text}"));
    }
    if label != url {
        quiet(label)?;
    }
    quiet(before.trim())?;
    fact(after.trim())
}

fn address(url: &str) -> Result<(), String> {
    let ours = url.starts_with("https://")
        || url.starts_with("http://127.0.0.1")
        || url.starts_with("http://localhost");
    if ours { Ok(()) } else { Err(format!("leads to {url}")) }
}

/// No mention, and no function that shows a time.
fn run(text: &str) -> Result<(), String> {
    let lower = text.to_ascii_lowercase();
    let obeyed = ["<at>", "<at ", "</at>"].iter().any(|tag| lower.contains(tag));
    let called = text.contains("{{DATE(") || text.contains("{{TIME(");
    if obeyed || called || text.contains(char::is_control) {
        Err(format!("obeyed: {text:?}"))
    } else {
        Ok(())
    }
}

/// No markdown at all, in any dialect.
pub(super) fn quiet(text: &str) -> Result<(), String> {
    run(text)?;
    let letters: Vec<char> = text.chars().collect();
    for (index, letter) in letters.iter().enumerate() {
        let before = index.checked_sub(1).map_or(' ', |index| letters[index]);
        let after = letters.get(index + 1).copied().unwrap_or(GAP);
        let means_something = match letter {
            '*' | '~' | '`' | '\n' => true,
            '_' => !before.is_alphanumeric() || !after.is_alphanumeric(),
            '<' | '&' | '\\' | ']' => after != GAP && after != '…',
            ':' => after == '/',
            '{' => after == '{',
            _ => false,
        };
        if means_something {
            return Err(format!("{letter:?} at {index} of {text:?}"));
        }
    }
    let digits = text.trim_start_matches(|letter: char| letter.is_ascii_digit());
    let numbered = digits.len() < text.len() && digits.starts_with(['.', ')']);
    let begins = text.starts_with(['#', '-', '+', '>', '=', ' ']) || numbered;
    if begins { Err(format!("begins a block: {text:?}")) } else { Ok(()) }
}

/// A text as it is read aloud: without spaces of no width, and letters that look alike are the same.
pub(super) fn heard(text: &str) -> String {
    let alike = |letter| match letter {
        '∗' => '*',
        '∼' => '~',
        '\'' => '`',
        'ˍ' => '_',
        other => other,
    };
    text.chars().filter(|letter| *letter != GAP).map(alike).collect::<String>().trim().to_owned()
}
