//! Words of others, made fit to be shown: short, on one line, and without what may be a secret.

/// The most characters that are kept of a message.
const MOST: usize = 500;

/// A message without query strings, tokens and line breaks, cut to a length that a chat can bear.
///
/// Azure's links carry a signature in their query, and messages quote links.
pub(super) fn safe(message: &str) -> String {
    let words: Vec<&str> = message.split_whitespace().map(safe_word).collect();
    let mut line = words.join(" ");
    if let Some((cut, _)) = line.char_indices().nth(MOST) {
        line.truncate(cut);
        line.push('…');
    }
    line
}

fn safe_word(word: &str) -> &str {
    // A JSON web token starts so: `{"` in Base64.
    if word.contains("eyJ") && word.len() > 40 {
        return "[removed]";
    }
    match word.split_once('?') {
        Some((before, _)) if before.contains("://") => before,
        _ => word,
    }
}

/// What a failed exchange died of, without the URL: that has a signature at times.
pub(super) fn why(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut innermost: &dyn std::error::Error = &error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    let cause = safe(&innermost.to_string());
    if error.is_dns() {
        format!("the name does not resolve: {cause}")
    } else if error.is_connect() {
        format!("no connection: {cause}")
    } else {
        format!("the connection broke: {cause}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signatures_and_tokens_are_removed() {
        let text = "see https://management.azure.com/operations/1?t=1&c=MIIH&s=sig&h=abc for\r\nBearer eyJhbGciOiJSUzI1NiIsImtpZCI6IjEyMzQ1Njc4OTAifQ.e30.sig";
        assert_eq!(safe(text), "see https://management.azure.com/operations/1 for Bearer [removed]");
    }

    #[test]
    fn a_long_message_is_cut_between_characters() {
        let cut = safe(&"ü".repeat(2000));
        assert_eq!(cut.chars().count(), MOST + 1);
        assert!(cut.ends_with('…'));
    }
}
