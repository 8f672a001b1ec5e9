//! The words and numbers of a text, with the many ways to write a range made one.

/// The tokens of a text, lower-case: a range is one token, and the port of an address is none.
pub(super) fn tokens(plain: &str) -> Vec<String> {
    let lower = plain.to_ascii_lowercase().replace("can't", "cannot").replace("n't", " not");
    let lower = lower.replace("http/1.1", "http").replace("http/2 ", "http ").replace("..", "-");
    let words = lower.split_whitespace().flat_map(|word| {
        let word = if word == "-" { "to" } else { without_port(word) };
        word.split(|c: char| !(c.is_alphanumeric() || matches!(c, '-' | '.')))
    });
    let words = words.map(|token| token.trim_matches(['-', '.'])).filter(|token| !token.is_empty());
    let words = words.map(|token| token.strip_suffix('s').filter(is_code).unwrap_or(token));
    let words: Vec<&str> =
        words.map(|token| token.strip_prefix("http").filter(is_code).unwrap_or(token)).collect();
    let mut tokens: Vec<String> = Vec::new();
    let mut rest = words.as_slice();
    while let Some((first, behind)) = rest.split_first() {
        (tokens, rest) = match (spelled_out(first), behind) {
            (Some(range), _) => (with(tokens, range.to_owned()), behind),
            (None, ["to" | "through" | "and" | "until", high, rest @ ..])
                if is_code(first) && is_code(high) && first < high && joins(behind, &tokens) =>
            {
                (with(tokens, format!("{first}-{high}")), rest)
            }
            _ => (with(tokens, (*first).to_owned()), behind),
        };
    }
    tokens
}

/// "200 to 399", but "401 and 403" only behind "between".
fn joins(behind: &[&str], before: &[String]) -> bool {
    behind.first() != Some(&"and") || before.last().is_some_and(|word| word == "between")
}

fn with(mut tokens: Vec<String>, token: String) -> Vec<String> {
    tokens.push(token);
    tokens
}

/// The range that `2xx` means. A `5xx` is what came, and never what is wanted.
fn spelled_out(token: &str) -> Option<&'static str> {
    match token {
        "2xx" => Some("200-299"),
        "3xx" => Some("300-399"),
        _ => None,
    }
}

/// `10.0.0.4:443` without the port.
fn without_port(word: &str) -> &str {
    let parted = word.split_once(':').filter(|(host, _)| host.contains('.'));
    let port = parted.filter(|(_, port)| port.starts_with(|c: char| c.is_ascii_digit()));
    port.map_or(word, |(host, _)| host)
}

fn is_code(token: &&str) -> bool {
    code(token).is_some()
}

/// A status code, in three digits.
pub(super) fn code(token: &str) -> Option<u16> {
    let number = token.parse().ok().filter(|number| (100..=599).contains(number));
    number.filter(|_| token.len() == 3)
}
