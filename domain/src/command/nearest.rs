//! "Did you mean …?"

use std::cmp::Reverse;

/// Longer words are compared with nothing: no name we know is that long, and comparing takes squared time.
const LONGEST_WORD: usize = 100;

/// The known word that `word` was most likely meant to be, if one is near enough.
///
/// Near is: the same but for case, the only one that starts with `word` (three letters or more), or about one
/// slip in three letters apart, four at most. Of several the nearest is taken, the first of equals.
pub fn did_you_mean<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.trim().to_lowercase();
    if word.is_empty() || word.chars().count() > LONGEST_WORD {
        return None;
    }
    let known: Vec<&str> = known.into_iter().filter(|name| name.chars().count() <= LONGEST_WORD).collect();
    let same = known.iter().find(|name| name.to_lowercase() == word).copied();
    same.or_else(|| closest(&word, &known)).or_else(|| only_start(&word, &known))
}

fn closest<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    let letters = word.chars().count();
    let near = known.iter().filter_map(|name| {
        let lower = name.to_lowercase();
        let slips = strsim::damerau_levenshtein(word, &lower);
        let allowed = letters.max(lower.chars().count()).div_ceil(3).min(4).min(letters.saturating_sub(1));
        // Of equally many slips, those that leave the start alone are likelier.
        let likeness = (strsim::jaro_winkler(word, &lower) * 1000.0).round();
        (slips <= allowed).then_some((slips, Reverse(likeness.clamp(0.0, 1000.0) as u16), *name))
    });
    near.min_by_key(|(slips, likeness, _)| (*slips, *likeness)).map(|(_, _, name)| name)
}

fn only_start<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    let mut starting = known.iter().filter(|name| name.to_lowercase().starts_with(word));
    let first = starting.next().filter(|_| word.chars().count() >= 3)?;
    starting.next().is_none().then_some(*first)
}
