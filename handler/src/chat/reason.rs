//! Why somebody did something, as they say it in a dialog or on a card.

/// What the field for it is called, where a platform lets us choose.
pub(super) const FIELD: &str = "reason";
/// The longest that is kept, in characters; a typed one is no longer.
pub(super) const LONGEST: usize = 500;

/// What was filled in, on one line. Nothing where that is nothing.
pub(super) fn given(text: &str) -> Option<String> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let reason: String = words.join(" ").chars().filter(|c| !c.is_control()).take(LONGEST).collect();
    (!reason.is_empty()).then_some(reason)
}

#[cfg(test)]
mod tests {
    use super::{LONGEST, given};

    #[test]
    fn a_reason_is_one_line_and_no_longer_than_a_typed_one() {
        assert_eq!(given(" the checkout\r\n\tgot\u{0} slower ").as_deref(), Some("the checkout got slower"));
        assert_eq!(given(&"é".repeat(LONGEST + 1)), Some("é".repeat(LONGEST)));
        assert_eq!([given(""), given(" \n\u{7}")], [None, None]);
    }
}
