//! Whether this machine's clock is right, by what others say the time is. Slack refuses, and is refused, at five minutes;
//! tokens are good five minutes around their time.

use jiff::fmt::rfc2822::DateTimeParser;
use jiff::{SignedDuration, Timestamp};
use reqwest::header::{DATE, HeaderMap};
use url::Url;

use super::Line;
use crate::chat::http::failure;
use crate::ports::Clock;

/// From here on somebody should look at it.
const NOTICED: SignedDuration = SignedDuration::from_secs(60);
/// From here on requests are refused.
const REFUSED: SignedDuration = SignedDuration::from_mins(5);

/// What a service's answer says about this machine's clock; any answer will do, a refusal too.
pub async fn ask(client: &reqwest::Client, clock: &dyn Clock, name: &str, url: &Url) -> Line {
    let what = format!("clock, by {name}");
    let before = clock.now();
    match client.get(url.clone()).send().await {
        Ok(answer) => line(&what, date(answer.headers()), before, clock.now()),
        Err(error) => Line::not_checked(what, format!("no answer: {}", failure(error))),
    }
}

/// When an answer was made, as it says itself.
#[must_use]
pub fn date(headers: &HeaderMap) -> Option<Timestamp> {
    DateTimeParser::new().parse_timestamp(headers.get(DATE)?.to_str().ok()?).ok()
}

/// How far the clocks are apart. Their time lies somewhere between the moments of asking and of the answer, and has no
/// parts of a second.
#[must_use]
pub fn line(what: &str, theirs: Option<Timestamp>, before: Timestamp, after: Timestamp) -> Line {
    let Some(theirs) = theirs else { return Line::not_checked(what, "the answer has no date") };
    let late = before.duration_since(theirs) - SignedDuration::from_secs(1);
    let early = theirs.duration_since(after);
    let apart = late.max(early).max(SignedDuration::ZERO);
    let seconds = apart.as_secs();
    let direction = if late > early { "ahead" } else { "behind" };
    if apart >= REFUSED {
        Line::missing(
            what,
            format!("this clock is {seconds} s {direction}; signatures and tokens are refused"),
        )
        .mended_by("timedatectl set-ntp true")
    } else if apart >= NOTICED {
        Line::warning(
            what,
            format!("this clock is {seconds} s {direction}; from 300 s on signatures are refused"),
        )
        .mended_by("timedatectl set-ntp true")
    } else {
        Line::good(what, format!("less than {} s apart", seconds + 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_is_judged_by_how_far_it_is_off() {
        let theirs = Timestamp::from_second(1_000_000).unwrap();
        let off = |seconds: i64| {
            let ours = theirs + SignedDuration::from_secs(seconds);
            line("clock", Some(theirs), ours, ours).to_string()
        };
        let told = [0, 30, -30, 61, -60, 300, 301, -300].map(off);
        insta::assert_snapshot!(told.join("\n"), @"
        ok       clock: less than 1 s apart
        ok       clock: less than 30 s apart
        ok       clock: less than 31 s apart
        warning  clock: this clock is 60 s ahead; from 300 s on signatures are refused → timedatectl set-ntp true
        warning  clock: this clock is 60 s behind; from 300 s on signatures are refused → timedatectl set-ntp true
        warning  clock: this clock is 299 s ahead; from 300 s on signatures are refused → timedatectl set-ntp true
        missing  clock: this clock is 300 s ahead; signatures and tokens are refused → timedatectl set-ntp true
        missing  clock: this clock is 300 s behind; signatures and tokens are refused → timedatectl set-ntp true
        ");
    }

    #[test]
    fn a_slow_answer_says_nothing_against_the_clock() {
        let at = |second| Timestamp::from_second(second).unwrap();
        assert!(line("clock", Some(at(100)), at(0), at(200)).to_string().starts_with("ok"));
    }

    #[test]
    fn the_date_of_an_answer_is_read() {
        let mut headers = HeaderMap::new();
        assert_eq!(date(&headers), None);
        headers.insert(DATE, "Sun, 06 Nov 1994 08:49:37 GMT".parse().unwrap());
        assert_eq!(date(&headers), Some("1994-11-06T08:49:37Z".parse().unwrap()));
    }
}
