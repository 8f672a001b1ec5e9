//! Other names for the same things, wherever a text mentions them.

use serde_json::Value;

/// What is replaced by what. A name counts only where it stands whole: `shop.example.com` is no part of
/// `www.shop.example.com`, and `agw-prod` none of `agw-prod-2`. Letter case does not matter, as in ARM and
/// in DNS.
#[derive(Debug)]
pub(super) struct Renaming {
    /// The longest first.
    names: Vec<(String, String)>,
}

impl Renaming {
    pub(super) fn new(mut names: Vec<(String, String)>) -> Self {
        names.sort_by_key(|(from, _)| std::cmp::Reverse(from.len()));
        Self { names }
    }

    /// The text with every name replaced, each once.
    pub(super) fn text(&self, text: &str) -> String {
        let mut renamed = String::with_capacity(text.len());
        let mut before = None;
        let mut rest = text;
        while let Some(next) = rest.chars().next() {
            let found = if may_follow(before) { self.at_the_start_of(rest) } else { None };
            let taken = match found {
                Some((from, to)) => {
                    renamed.push_str(to);
                    from.len()
                }
                None => {
                    renamed.push(next);
                    next.len_utf8()
                }
            };
            let (done, more) = rest.split_at(taken);
            before = done.chars().next_back();
            rest = more;
        }
        renamed
    }

    fn at_the_start_of(&self, text: &str) -> Option<&(String, String)> {
        self.names.iter().find(|(from, _)| begins(text, from))
    }

    /// Every text in a JSON value. Names of members stay.
    pub(super) fn value(&self, value: &mut Value) {
        match value {
            Value::String(text) => *text = self.text(text),
            Value::Array(items) => items.iter_mut().for_each(|item| self.value(item)),
            Value::Object(members) => members.values_mut().for_each(|member| self.value(member)),
            _ => {}
        }
    }
}

/// Part of a word, as names of resources and hosts have them.
fn word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '-' | '_')
}

/// Whether a name can begin after this character.
fn may_follow(before: Option<char>) -> bool {
    before.is_none_or(|c| !word(c) && c != '.')
}

/// Whether a text begins with this name, and the name ends there.
fn begins(text: &str, name: &str) -> bool {
    let here = text.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name));
    let mut after = text.get(name.len()..).unwrap_or_default().chars();
    let ends = match after.next() {
        // The end of a sentence, or another label.
        Some('.') => !after.next().is_some_and(word),
        Some(c) => !word(c),
        None => true,
    };
    here && ends && !name.is_empty()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn renaming() -> Renaming {
        let names = [
            ("shop.example.com", "shop-002.example.com"),
            ("*.example.com", "*-002.example.com"),
            ("applicationGateways/agw", "applicationGateways/agw-002"),
            ("20.50.1.10", "20.50.2.10"),
            ("20.50.2.10", "20.50.3.10"),
        ];
        Renaming::new(names.map(|(from, to)| (from.to_owned(), to.to_owned())).into())
    }

    #[test]
    fn whole_names_are_replaced_wherever_they_stand() {
        for (before, after) in [
            ("shop.example.com", "shop-002.example.com"),
            ("http://Shop.Example.com:81/cart?x=1", "http://shop-002.example.com:81/cart?x=1"),
            ("Ask shop.example.com. Or *.example.com.", "Ask shop-002.example.com. Or *-002.example.com."),
            ("/x/applicationgateways/AGW/probes/agw", "/x/applicationGateways/agw-002/probes/agw"),
            ("20.50.1.10, 20.50.2.10/32", "20.50.2.10, 20.50.3.10/32"),
            ("Café am shop.example.com – ☕", "Café am shop-002.example.com – ☕"),
        ] {
            assert_eq!(renaming().text(before), after);
        }
    }

    #[test]
    fn parts_of_longer_names_are_not() {
        for text in [
            "www.shop.example.com",
            "my-shop.example.com",
            "shop.example.com.attacker.example",
            "/x/applicationGateways/agw-2",
            "/x/myApplicationGateways/agw",
            "120.50.1.10",
            "20.50.1.100",
            "",
        ] {
            assert_eq!(renaming().text(text), text);
        }
    }

    #[test]
    fn values_are_renamed_and_the_names_of_members_are_not() {
        let mut value = json!({"shop.example.com": ["shop.example.com", 1, {"a": "20.50.1.10"}], "b": null});
        renaming().value(&mut value);
        assert_eq!(
            value,
            json!({"shop.example.com": ["shop-002.example.com", 1, {"a": "20.50.2.10"}], "b": null})
        );
    }
}
