//! Text broken into lines.

use domain::card::{Span, Text};

use super::style::{Ink, Paint};
use crate::chat::link;

/// A character that moves no cursor; line ends and tabs become spaces.
pub(super) fn harmless(letter: char) -> Option<char> {
    match letter {
        '\n' | '\t' => Some(' '),
        // Bidirectional controls reorder what is read, which is how a log would forge a sentence.
        '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => None,
        other if other.is_control() => None,
        other => Some(other),
    }
}

/// A piece of a word: its characters, and their colour.
struct Piece {
    words: String,
    ink: Option<Ink>,
}

/// A text in lines of at most `width` columns, where words allow it.
pub(super) fn wrapped(text: &Text, first: &str, rest: &str, width: usize, paint: Paint) -> Vec<String> {
    let indent = columns(rest);
    let mut lines = Vec::new();
    let (mut line, mut used) = (first.to_owned(), indent);
    let mut empty = true;
    for word in words(text) {
        let long: usize = word.iter().map(|piece| piece.words.chars().count()).sum();
        if !empty && used + 1 + long > width {
            lines.push(std::mem::replace(&mut line, rest.to_owned()));
            (used, empty) = (indent, true);
        }
        if !empty {
            line.push(' ');
            used += 1;
        }
        line.extend(word.iter().map(|piece| match piece.ink {
            Some(ink) => paint.ink(&piece.words, ink),
            None => piece.words.clone(),
        }));
        used += long;
        empty = false;
    }
    lines.push(line);
    lines
}

/// The words between the spaces; one word can have several colours.
fn words(text: &Text) -> Vec<Vec<Piece>> {
    let mut words = vec![Vec::new()];
    for span in &text.0 {
        let (content, ink) = shown(span);
        for (index, part) in content.split(' ').enumerate() {
            if index > 0 {
                words.push(Vec::new());
            }
            if let Some(word) = words.last_mut().filter(|_| !part.is_empty()) {
                word.push(Piece { words: part.to_owned(), ink });
            }
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

fn shown(span: &Span) -> (String, Option<Ink>) {
    let ink = match span {
        Span::Code(_) => Some(Ink::Code),
        Span::Bold(_) | Span::Person(_) => Some(Ink::Bold),
        Span::Link { url, .. } if link::safe(url).is_some() => Some(Ink::Link),
        _ => None,
    };
    let plain = match span {
        // Without colour, only quotes tell where somebody else's words end.
        Span::Code(words) if words.contains(' ') => format!("\"{words}\""),
        other => Text(vec![other.clone()]).plain(),
    };
    (plain.chars().filter_map(harmless).collect(), ink)
}

/// How wide an indent is. Its own colours are not counted: the continuation has none.
fn columns(indent: &str) -> usize {
    indent.chars().count()
}
