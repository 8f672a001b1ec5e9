//! ANSI colours.

/// How words are coloured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ink {
    Bold,
    Dim,
    Code,
    Link,
    Red,
    Green,
    Yellow,
    Cyan,
}

impl Ink {
    pub(super) fn of_diff(line: &str) -> Self {
        match line.chars().next() {
            Some('+') => Self::Green,
            Some('-') => Self::Red,
            _ => Self::Dim,
        }
    }

    fn code(self) -> &'static str {
        match self {
            Self::Bold => "1",
            Self::Dim => "2",
            Self::Code => "36",
            Self::Link => "4",
            Self::Red => "1;31",
            Self::Green => "32",
            Self::Yellow => "1;33",
            Self::Cyan => "1;36",
        }
    }
}

/// Colours words, or leaves them alone.
#[derive(Debug, Clone, Copy)]
pub(super) struct Paint {
    pub(super) colour: bool,
}

impl Paint {
    pub(super) fn ink(self, words: &str, ink: Ink) -> String {
        if self.colour && !words.is_empty() {
            format!("\u{1b}[{}m{words}\u{1b}[0m", ink.code())
        } else {
            words.to_owned()
        }
    }
}
