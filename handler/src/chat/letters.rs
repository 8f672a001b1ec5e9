//! Letters that would not be what they seem: line breaks within a line, control characters, and those that turn
//! the direction of the text around them (CVE-2021-42574).

/// What is shown for a letter, on one line.
pub(crate) fn tame(letter: char) -> char {
    match letter {
        '\t' | '\n' | '\u{b}' | '\u{c}' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}' => ' ',
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => char::REPLACEMENT_CHARACTER,
        other if other.is_control() => char::REPLACEMENT_CHARACTER,
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::tame;

    #[test]
    fn nothing_breaks_a_line_or_turns_it_around() {
        let shown: String = "a\r\nb\u{0}c\u{202e}d\u{2066}é🦀".chars().map(tame).collect();
        assert_eq!(shown, "a  b�c�d�é🦀");
    }
}
