//! Where in a file each key stands.

use std::ops::Range;

use toml::de::{DeTable, DeValue};

/// The keys of a file, each with where its name and its value stand.
pub(super) struct Places(Vec<Place>);

struct Place {
    path: String,
    key: Range<usize>,
    value: Range<usize>,
}

impl Places {
    /// Finds the keys, as far as the text can be read at all.
    pub(super) fn of(text: &str) -> Self {
        let mut places = Self(Vec::new());
        places.walk("", DeTable::parse_recoverable(text).0.get_ref());
        places
    }

    fn walk(&mut self, above: &str, table: &DeTable<'_>) {
        for (key, value) in table {
            let path = if above.is_empty() {
                key.get_ref().to_string()
            } else {
                format!("{above}.{}", key.get_ref())
            };
            self.0.push(Place { path: path.clone(), key: key.span(), value: value.span() });
            self.look_into(&path, value.get_ref());
        }
    }

    fn look_into(&mut self, path: &str, value: &DeValue<'_>) {
        match value {
            DeValue::Table(table) => self.walk(path, table),
            DeValue::Array(values) => values.iter().for_each(|value| self.look_into(path, value.get_ref())),
            _ => {}
        }
    }

    /// Where the value of a key stands.
    pub(super) fn value(&self, path: &str) -> Option<Range<usize>> {
        self.0.iter().find(|place| place.path == path).map(|place| place.value.clone())
    }

    /// The key whose name stands there.
    pub(super) fn key_at(&self, at: &Range<usize>) -> Option<&str> {
        self.0.iter().find(|place| place.key == *at).map(|place| place.path.as_str())
    }

    /// The innermost key whose value is there, or around it.
    pub(super) fn around(&self, at: &Range<usize>) -> Option<&str> {
        let around = self.0.iter().filter(|place| place.value.start <= at.start && at.end <= place.value.end);
        around.min_by_key(|place| place.value.len()).map(|place| place.path.as_str())
    }
}

/// The line and column of a byte, both from 1.
pub(super) fn line_and_column(text: &str, byte: usize) -> (usize, usize) {
    let before = text.get(..byte).unwrap_or(text);
    let line = before.rsplit('\n').next().unwrap_or_default();
    (before.matches('\n').count() + 1, line.chars().count() + 1)
}
