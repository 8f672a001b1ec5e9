//! What was planted: texts that are unlike any other, and where each may turn up.

use std::sync::{Arc, Mutex};

/// Where something comes out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Where {
    /// stdout and stderr.
    Log,
    /// The collector, but for its own header.
    Otlp,
    /// Slack, but for its own token and addresses.
    Slack,
    /// Teams, but for its own tokens.
    Teams,
    /// Discord, but for its own tokens.
    Discord,
    /// The files of the store.
    Store,
    /// Azure, but for its own token.
    Azure,
}

#[derive(Debug)]
struct One {
    text: String,
    may: &'static [Where],
}

/// The list. Whoever is given a copy adds to the same one.
#[derive(Debug, Clone, Default)]
pub struct Planted(Arc<Mutex<Vec<One>>>);

impl Planted {
    /// Something that may turn up nowhere.
    pub fn secret(&self, text: &str) {
        self.plant(text, &[]);
    }

    /// What somebody is called: people read it in chat, and it is kept with what they decided.
    pub fn person(&self, text: &str) {
        self.plant(text, &[Where::Slack, Where::Teams, Where::Discord, Where::Store]);
    }

    /// Something of Azure's, which goes back there with what is written.
    pub fn azures(&self, text: &str) {
        self.plant(text, &[Where::Azure]);
    }

    fn plant(&self, text: &str, may: &'static [Where]) {
        assert!(text.len() >= 8, "{text:?} may stand somewhere by chance");
        let mut list = self.0.lock().unwrap();
        if !list.iter().any(|one| one.text == text) {
            list.push(One { text: text.to_owned(), may });
        }
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.0.lock().unwrap().len()
    }

    /// What is in an output and must not be.
    #[must_use]
    pub fn found_in(&self, place: Where, bytes: &[u8]) -> Vec<String> {
        let list = self.0.lock().unwrap();
        let wrong = list.iter().filter(|one| !one.may.contains(&place));
        wrong
            .filter_map(|one| {
                around(bytes, &one.text).map(|found| format!("{} in {place:?}: {found}", one.text))
            })
            .collect()
    }
}

/// Where a text stands, with what is around it.
fn around(bytes: &[u8], text: &str) -> Option<String> {
    let at = bytes.windows(text.len()).position(|window| window == text.as_bytes())?;
    let (from, to) = (at.saturating_sub(120), (at + text.len() + 60).min(bytes.len()));
    Some(String::from_utf8_lossy(&bytes[from..to]).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_somewhere_it_must_not_be_is_found() {
        let planted = Planted::default();
        planted.secret("canary-secret");
        planted.person("canary-person");
        let bytes = b"\x0a\x10 canary-secret of canary-person \xff";
        let found = planted.found_in(Where::Otlp, bytes);
        assert_eq!(found.len(), 2, "{found:?}");
        assert_eq!(planted.found_in(Where::Slack, bytes).len(), 1);
        assert_eq!(planted.found_in(Where::Log, b"nothing"), Vec::<String>::new());
    }
}
