//! One sentence in folded words, and what it says, denies or only supposes.

/// How many words may stand between a denial and what it denies.
const DENIAL_REACH: usize = 5;
/// "Without a timeout the probe answered" denies no answer.
const WITHOUT_REACH: usize = 3;
/// How many words a star in a stem may stand for.
const STAR_REACH: usize = 5;

/// A sentence in folded words. A comma among them parts one thought from the next.
#[derive(Debug)]
pub(super) struct Sentence {
    words: Vec<String>,
}

/// Where a stem is in a sentence.
struct Place {
    start: usize,
    /// The word behind its last one.
    end: usize,
    /// How many denials a star of it stands for.
    denials: usize,
}

const DENIALS: &[&str] = &[
    "not", "cannot", "never", "no", "without", "nor", "neither", "none", "nothing", "nobody", "hardly",
    "stopped", "stops", "ceased",
];
/// A denial of trouble, and of nothing else: "fixed the timeouts".
const ENDED: &[&str] = &[
    "fixed",
    "solved",
    "resolved",
    "excluded",
    "ruled",
    "gone",
    "disappeared",
    "avoids",
    "prevents",
    "instead",
];
/// Behind a trouble: "the timeouts are gone".
const GONE: &[&str] =
    &["gone", "fixed", "solved", "disappeared", "ruled", "excluded", "never", "stopped", "ceased"];
const NOT_THE: &[&str] =
    &["issue", "problem", "cause", "reason", "case", "occur", "happen", "happening", "seen", "it"];
/// A denial does not reach beyond these.
const BREAKS: &[&str] = &[
    ",", "but", "because", "since", "although", "though", "while", "whereas", "and", "so", "due", "however",
    "which", "then", "when", "after", "until", "despite", "yields",
];
/// A supposition does not reach beyond these.
const PAUSES: &[&str] = &[",", "but", "because", "although", "though", "however"];
/// What follows one of these is not said to be so.
const SUPPOSES: &[&str] = &[
    "if",
    "unless",
    "whether",
    "would",
    "should",
    "could",
    "might",
    "may",
    "maybe",
    "will",
    "shall",
    "how",
    "can",
    "avoid",
    "prevent",
    "before",
    "until",
    "once",
    "suppose",
    "imagine",
    "formerly",
    "previously",
    "hopefully",
    "ensure",
    "wonder",
];
/// These ask for something when a thought starts with them.
const ASKS_FOR: &[&str] = &["check", "verify", "confirm", "validate", "examine"];
const FAILS: &[&str] =
    &["fail", "failed", "fails", "failing", "failure", "failures", "impossible", "unsuccessful"];

impl Sentence {
    pub(super) fn new(words: Vec<String>) -> Self {
        Self { words }
    }

    pub(super) fn words(&self) -> impl Iterator<Item = &str> {
        self.words.iter().map(String::as_str)
    }

    /// Whether one of the stems, which stand between bars, is here.
    pub(super) fn has(&self, stems: &str) -> bool {
        self.places(stems).next().is_some()
    }

    /// Whether one of the stems is here and neither denied nor only supposed.
    pub(super) fn says(&self, stems: &str) -> bool {
        self.places(stems).any(|place| {
            !self.denied(&place)
                && !self.ended(place.start)
                && !self.is_gone(place.end)
                && !self.supposed(place.start)
        })
    }

    /// Whether one of the stems is here and is denied: "not match", "verification failed".
    pub(super) fn denies(&self, stems: &str) -> bool {
        self.places(stems)
            .any(|place| (self.denied(&place) || self.fails(&place)) && !self.supposed(place.start))
    }

    fn places<'a>(&'a self, stems: &'a str) -> impl Iterator<Item = Place> + 'a {
        stems.split('|').map(str::trim).filter(|stem| !stem.is_empty()).flat_map(move |stem| {
            let (first, more) = stem.split_once(' ').map_or((stem, false), |(first, _)| (first, true));
            let starts = self.words.iter().enumerate().filter(move |(_, word)| fits_word(first, !more, word));
            starts.filter_map(move |(at, _)| self.fits(stem, at))
        })
    }

    /// Where a stem is that starts at a word. All of its words are whole but the last, and that one too if it
    /// ends with a dot. A star stands for up to five words of the same thought.
    fn fits(&self, stem: &str, start: usize) -> Option<Place> {
        let mut place = Place { start, end: start, denials: 0 };
        let mut parts = stem.split(' ').peekable();
        let mut reach = 0;
        while let Some(part) = parts.next() {
            if part == "*" {
                reach = STAR_REACH;
                continue;
            }
            let last = parts.peek().is_none();
            let found = self.next_fit(part, last, place.end, std::mem::take(&mut reach))?;
            let between = self.words.get(place.end..found).unwrap_or_default();
            place.denials += between.iter().filter(|word| DENIALS.contains(&word.as_str())).count();
            place.end = found + 1;
        }
        Some(place)
    }

    fn next_fit(&self, part: &str, last: bool, at: usize, reach: usize) -> Option<usize> {
        let window = self.words.iter().enumerate().skip(at).take(reach + 1);
        let mut same_thought = window.take_while(|(_, word)| *word != "," || part == ",");
        same_thought.find(|(_, word)| fits_word(part, last, word)).map(|(found, _)| found)
    }

    fn back(&self, at: usize) -> impl Iterator<Item = (usize, &str)> {
        let before = self.words.get(..at).unwrap_or_default();
        before.iter().enumerate().rev().map(|(at, word)| (at, word.as_str()))
    }

    /// Whether an odd number of denials stands before a stem or inside it: two of them cancel each other.
    fn denied(&self, place: &Place) -> bool {
        let near = self.back(place.start).take(DENIAL_REACH).take_while(|(_, word)| !BREAKS.contains(word));
        // What stands before "nor" has its own denial, and "without" does not reach far.
        let mut nor = false;
        let near = near.take_while(|(_, word)| !std::mem::replace(&mut nor, *word == "nor"));
        let near = near.filter(|(at, word)| *word != "without" || place.start - at <= WITHOUT_REACH);
        (near.filter(|(_, word)| DENIALS.contains(word)).count() + place.denials) % 2 == 1
    }

    fn ended(&self, at: usize) -> bool {
        let mut near = self.back(at).take(DENIAL_REACH).take_while(|(_, word)| !PAUSES.contains(word));
        near.any(|(_, word)| ENDED.contains(&word))
    }

    /// Whether what ends here is said to be over, or not to be what it is about.
    fn is_gone(&self, end: usize) -> bool {
        let behind: Vec<&str> =
            self.words().skip(end).take(DENIAL_REACH).take_while(|word| !PAUSES.contains(word)).collect();
        let not = behind.iter().position(|word| *word == "not" || *word == "no");
        behind.iter().any(|word| GONE.contains(word))
            || not.is_some_and(|not| behind.iter().skip(not).any(|word| NOT_THE.contains(word)))
    }

    /// Whether something right beside a word fails: "failed name resolution", "name resolution failed".
    fn fails(&self, place: &Place) -> bool {
        let before = self.back(place.start).take(2).map(|(_, word)| word);
        let mut before = before.take_while(|word| !BREAKS.contains(word) && *word != "with");
        let mut behind = self.words().skip(place.end).take(4).take_while(|word| !BREAKS.contains(word));
        before.any(|word| FAILS.contains(&word))
            || behind
                .find(|word| FAILS.contains(word) || DENIALS.contains(word))
                .is_some_and(|word| FAILS.contains(&word))
    }

    fn supposed(&self, at: usize) -> bool {
        let thought = self.back(at).take_while(|(_, word)| !PAUSES.contains(word));
        thought.into_iter().any(|(place, word)| {
            SUPPOSES.contains(&word) || (ASKS_FOR.contains(&word) && self.starts_thought(place))
        })
    }

    fn starts_thought(&self, at: usize) -> bool {
        let mut before = self.back(at).map(|(_, word)| word).skip_while(|word| *word == "please");
        before.next().is_none_or(|word| matches!(word, "," | "and" | "then" | "to" | "also" | "or"))
    }
}

fn fits_word(part: &str, last: bool, word: &str) -> bool {
    match part.strip_suffix('.') {
        Some(whole) => word == whole,
        None if last => word.starts_with(part),
        None => word == part,
    }
}
