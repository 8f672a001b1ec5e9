//! Texts as literals of other languages.

use std::fmt::Write as _;

/// A text as a string of Bicep.
///
/// Escapes are those of the Bicep specification, "Strings": `\\`, `\'`, `\n`, `\r`, `\t`, `\u{…}` and `\$`,
/// without which `${` would begin an expression.
pub(super) fn bicep(text: &str) -> String {
    let mut out = String::from("'");
    for c in text.chars() {
        match c {
            '\\' | '\'' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if is_unseen(c) => push(&mut out, format_args!("\\u{{{:x}}}", u32::from(c))),
            c => out.push(c),
        }
    }
    out = out.replace("${", "\\${");
    out.push('\'');
    out
}

/// A text as a quoted template of HCL without any template in it.
///
/// Escapes are those of the HCL native syntax specification, "Quoted templates": `$${` and `%%{` stand for
/// the characters that would begin an interpolation or a directive. Behind another `$` or `%` that would be
/// read differently, so there the character itself is written by its number.
pub(super) fn hcl(text: &str) -> String {
    let mut out = String::from("\"");
    let mut former = None;
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '$' | '%' if rest.peek() == Some(&'{') && former == Some(c) => number(&mut out, c),
            '$' | '%' if rest.peek() == Some(&'{') => out.extend([c, c]),
            c if is_unseen(c) => number(&mut out, c),
            c => out.push(c),
        }
        former = Some(c);
    }
    out.push('"');
    out
}

fn number(out: &mut String, c: char) {
    match u32::from(c) {
        short @ 0..=0xffff => push(out, format_args!("\\u{short:04x}")),
        long => push(out, format_args!("\\U{long:08x}")),
    }
}

/// A text as one word of bash.
///
/// What could end the line or cannot be seen is written by its bytes (`$'…'`, the bash manual, "ANSI-C
/// Quoting"), so that a word stays one line wherever it is pasted. An argument cannot hold a NUL, so that is
/// left out.
pub(super) fn bash(text: &str) -> String {
    let text = text.replace('\0', "");
    if !text.is_empty() && text.chars().all(is_plain) {
        return text;
    }
    if !text.contains(is_unseen) {
        return format!("'{}'", text.replace('\'', "'\\''"));
    }
    let mut out = String::from("$'");
    for c in text.chars() {
        if is_plain(c) || (!c.is_ascii() && !is_unseen(c)) {
            out.push(c);
        } else {
            for byte in c.encode_utf8(&mut [0; 4]).bytes() {
                push(&mut out, format_args!("\\x{byte:02x}"));
            }
        }
    }
    out.push('\'');
    out
}

/// A word that bash passes on as it is, wherever in a command it stands.
fn is_plain(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '/' | '.' | '_' | '-' | ':' | ',')
}

/// A text that can stand in a comment: on one line, with nothing in it that is not seen.
pub(super) fn comment(text: &str) -> String {
    text.replace(is_unseen, " ")
}

/// Whether a character ends a line, or would make a text look like another: controls, separators, and the
/// marks that turn the direction of writing.
pub(super) fn is_unseen(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}')
}

fn push(out: &mut String, words: std::fmt::Arguments<'_>) {
    // Writing to a string cannot fail.
    let _ = out.write_fmt(words);
}
