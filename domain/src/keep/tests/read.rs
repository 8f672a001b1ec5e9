//! Readers of the three languages, as plain as they can be: each tells the strings of a text from what is
//! around them, and knows no more of the language than its own grammar says about strings.

/// A text with a `□` for each string, and the strings.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Read {
    pub(super) around: String,
    pub(super) strings: Vec<String>,
}

/// Reads Bicep.
pub(super) fn bicep(text: &str) -> Read {
    read(text, "//", '\'', |rest| match rest.next()? {
        '\\' => match rest.next()? {
            'n' => Some('\n'),
            'r' => Some('\r'),
            't' => Some('\t'),
            'u' => {
                let digits: String = rest.skip_while(|c| *c == '{').take_while(|c| *c != '}').collect();
                char::from_u32(u32::from_str_radix(&digits, 16).ok()?)
            }
            c @ ('\\' | '\'' | '$') => Some(c),
            other => panic!("no escape of Bicep: {other}"),
        },
        '$' => {
            assert_ne!(rest.clone().next(), Some('{'), "an expression in {text}");
            Some('$')
        }
        c => Some(c),
    })
}

/// Reads HCL.
pub(super) fn hcl(text: &str) -> Read {
    read(text, "#", '"', |rest| match rest.next()? {
        '\\' => match rest.next()? {
            'n' => Some('\n'),
            'r' => Some('\r'),
            't' => Some('\t'),
            'u' => numbered(rest, 4),
            'U' => numbered(rest, 8),
            c @ ('\\' | '"') => Some(c),
            other => panic!("no escape of HCL: {other}"),
        },
        c @ ('$' | '%') => {
            let mut ahead = rest.clone();
            match (ahead.next(), ahead.next()) {
                (Some('{'), _) => panic!("a template in {text}"),
                (Some(again), Some('{')) if again == c => {
                    rest.next();
                    Some(c)
                }
                _ => Some(c),
            }
        }
        c => Some(c),
    })
}

fn numbered(rest: &mut std::iter::Peekable<std::str::Chars<'_>>, digits: usize) -> Option<char> {
    let digits: String = rest.by_ref().take(digits).collect();
    char::from_u32(u32::from_str_radix(&digits, 16).ok()?)
}

type Rest<'a> = std::iter::Peekable<std::str::Chars<'a>>;

fn read(text: &str, comment: &str, quote: char, one: impl Fn(&mut Rest<'_>) -> Option<char>) -> Read {
    let mut read = Read { around: String::new(), strings: Vec::new() };
    for line in text.split(['\n', '\r', '\u{2028}', '\u{2029}', '\u{85}', '\u{b}', '\u{c}']) {
        if line.trim_start().starts_with(comment) {
            continue;
        }
        let mut rest: Rest<'_> = line.chars().peekable();
        while let Some(c) = rest.next() {
            if c != quote {
                read.around.push(c);
                continue;
            }
            let mut string = String::new();
            while rest.peek().unwrap_or_else(|| panic!("a string without an end: {line}")) != &quote {
                string.push(one(&mut rest).unwrap());
            }
            rest.next();
            read.around.push('□');
            read.strings.push(string);
        }
        read.around.push('\n');
    }
    read
}

/// The commands that bash would run, as their words. Whatever bash would do anything about makes it panic.
pub(super) fn bash(text: &str) -> Vec<Vec<String>> {
    let mut commands = Vec::new();
    let text: String = text.split('\n').filter(|line| !line.starts_with('#')).collect::<Vec<_>>().join("\n");
    for line in text.replace("\\\n", " ").split('\n').filter(|line| !line.is_empty()) {
        let mut rest = line.chars().peekable();
        let mut words = vec![Vec::<u8>::new()];
        while let Some(c) = rest.next() {
            let word = words.last_mut().unwrap();
            match c {
                ' ' if word.is_empty() => {}
                ' ' => words.push(Vec::new()),
                '\'' => rest.by_ref().take_while(|c| *c != '\'').for_each(|c| push(word, c)),
                '\\' => push(word, rest.next().unwrap()),
                '$' => ansi(&mut rest, word),
                c if c.is_ascii_alphanumeric() || "/._-:,=".contains(c) => push(word, c),
                other => panic!("bash would do something about {other:?} in {line}"),
            }
        }
        commands.push(words.into_iter().map(|word| String::from_utf8(word).unwrap()).collect());
    }
    commands
}

fn ansi(rest: &mut Rest<'_>, word: &mut Vec<u8>) {
    assert_eq!(rest.next(), Some('\''), "a variable");
    loop {
        match rest.next().unwrap() {
            '\'' => return,
            '\\' => {
                assert_eq!(rest.next(), Some('x'));
                let digits: String = rest.by_ref().take(2).collect();
                word.push(u8::from_str_radix(&digits, 16).unwrap());
            }
            c => push(word, c),
        }
    }
}

fn push(word: &mut Vec<u8>, c: char) {
    word.extend(c.encode_utf8(&mut [0; 4]).bytes());
}

/// What az makes of the words behind the name of a command: flags, and their values or nothing.
pub(super) fn az(words: &[String]) -> Vec<(String, Vec<Option<String>>)> {
    let mut flags: Vec<(String, Vec<Option<String>>)> = Vec::new();
    for word in words {
        if let Some(flag) = word.strip_prefix("--") {
            let (flag, value) =
                flag.split_once('=').map_or((flag, None), |(flag, value)| (flag, Some(value)));
            flags.push((flag.to_owned(), value.map(value_of).into_iter().collect()));
        } else {
            assert!(!word.starts_with('-'), "taken for a flag: {word}");
            assert!(!word.split_once('=').is_some_and(|(_, rest)| rest.starts_with('@')), "a file: {word}");
            flags.last_mut().unwrap().1.push(value_of(word));
        }
    }
    flags
}

fn value_of(word: &str) -> Option<String> {
    assert!(!word.starts_with('@'), "a file: {word}");
    assert_ne!(word, "??", "a call for help");
    if word == "null" {
        return None;
    }
    let Some(inner) = word.strip_prefix('\'') else { return Some(word.to_owned()) };
    let inner = inner.replace("'/", "\0");
    let (inner, rest) = inner.split_once('\'').unwrap();
    assert_eq!(rest, "", "more behind the quote: {word}");
    Some(inner.replace('\0', "'"))
}
