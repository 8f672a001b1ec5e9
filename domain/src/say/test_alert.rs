//! What is said of an alert that only tests the way.

use crate::alert::TestAlert;
use crate::card::{Card, Text, Tone};

/// A test alert arrived. `shown_here` is the number of gateways whose alerts go to this channel, if Azure told which
/// there are.
#[must_use]
pub fn test_alert(test: &TestAlert, shown_here: Option<usize>) -> Card {
    let lead =
        Text::of("A test alert arrived: the action group reaches this bot. ").text(real_ones(shown_here));
    let mut card = Card::new(Tone::Good, "Test alert", "agw", lead);
    card.footer
        .push(Text::of("Sample ").code(&test.rule).say("; nothing was looked at, and nothing is open."));
    card
}

fn real_ones(shown_here: Option<usize>) -> Text {
    match shown_here {
        None => Text::of("Which gateways there are could not be read from Azure just now; ")
            .code("agw check")
            .say(" says why."),
        Some(0) => Text::of("Real ones are shown elsewhere: no gateway's alerts go to this channel."),
        Some(count) => {
            Text::of(format!("Real ones about {} are shown here.", super::count(count, "gateway")))
        }
    }
}
