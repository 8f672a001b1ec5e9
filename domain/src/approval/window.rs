//! When changes may be written: `Mon-Fri 08:00-18:00 Europe/Zurich`.

use std::fmt;
use std::str::FromStr;

use jiff::civil::{Date, Time, Weekday};
use jiff::tz::{TimeZone, TimeZoneDatabase};
use jiff::{Span, Timestamp};

/// Hours of some days of the week in a time zone. One that ends before it begins ends on the next day.
#[derive(Debug, Clone, PartialEq)]
pub struct Window {
    days: Vec<Weekday>,
    from: Time,
    to: Time,
    zone: TimeZone,
    /// As it was written.
    text: String,
}

/// How many days ahead an opening is looked for: every weekday comes round.
const DAYS_AHEAD: i64 = 8;

const WEEK: [(&str, Weekday); 7] = [
    ("mon", Weekday::Monday),
    ("tue", Weekday::Tuesday),
    ("wed", Weekday::Wednesday),
    ("thu", Weekday::Thursday),
    ("fri", Weekday::Friday),
    ("sat", Weekday::Saturday),
    ("sun", Weekday::Sunday),
];

impl Window {
    /// Whether a moment is within it.
    #[must_use]
    pub fn is_open(&self, now: Timestamp) -> bool {
        // One that began yesterday may last until today.
        self.around(now, -1, 0).any(|(start, end)| start <= now && now < end)
    }

    /// When it opens next, after this moment.
    #[must_use]
    pub fn opens_after(&self, now: Timestamp) -> Option<Timestamp> {
        self.around(now, 0, DAYS_AHEAD).map(|(start, _)| start).find(|start| *start > now)
    }

    /// Its openings from some days before a moment to some days after, in order.
    fn around(&self, now: Timestamp, first: i64, last: i64) -> impl Iterator<Item = (Timestamp, Timestamp)> {
        let today = now.to_zoned(self.zone.clone()).date();
        (first..=last).filter_map(move |days| self.on(today.checked_add(Span::new().days(days)).ok()?))
    }

    fn on(&self, day: Date) -> Option<(Timestamp, Timestamp)> {
        if !self.days.contains(&day.weekday()) {
            return None;
        }
        let end = if self.to <= self.from { day.tomorrow().ok()? } else { day };
        let at =
            |day: Date, time: Time| Some(day.to_datetime(time).to_zoned(self.zone.clone()).ok()?.timestamp());
        Some((at(day, self.from)?, at(end, self.to)?))
    }
}

impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// A text that is no window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a change window such as \"Mon-Fri 08:00-18:00 Europe/Zurich\"")]
pub struct NotAWindow;

impl FromStr for Window {
    type Err = NotAWindow;

    fn from_str(text: &str) -> Result<Self, NotAWindow> {
        let mut words = text.split_whitespace();
        let (days, hours) = (words.next().ok_or(NotAWindow)?, words.next().ok_or(NotAWindow)?);
        let zone = words.next().unwrap_or("UTC");
        let (from, to) = hours.split_once('-').ok_or(NotAWindow)?;
        if words.next().is_some() {
            return Err(NotAWindow);
        }
        Ok(Self {
            days: read_days(days).ok_or(NotAWindow)?,
            from: read_time(from).ok_or(NotAWindow)?,
            to: read_time(to).ok_or(NotAWindow)?,
            zone: read_zone(zone).ok_or(NotAWindow)?,
            text: text.split_whitespace().collect::<Vec<_>>().join(" "),
        })
    }
}

/// `Mon-Fri`, `Sat,Sun`, `daily`.
fn read_days(text: &str) -> Option<Vec<Weekday>> {
    if text.eq_ignore_ascii_case("daily") {
        return Some(WEEK.iter().map(|(_, day)| *day).collect());
    }
    let mut days = Vec::new();
    for part in text.split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (first, last) = (read_day(first)?, read_day(last)?);
        days.extend(first.cycle_forward().take(7).take_while(|day| *day != last));
        days.push(last);
    }
    Some(days)
}

fn read_day(text: &str) -> Option<Weekday> {
    WEEK.iter().find(|(name, _)| text.eq_ignore_ascii_case(name)).map(|(_, day)| *day)
}

/// `08:00`; midnight at the end of a day may be written as `24:00`.
fn read_time(text: &str) -> Option<Time> {
    let (hour, minute) =
        text.split_once(':').filter(|(hour, minute)| hour.len() == 2 && minute.len() == 2)?;
    match (hour, minute) {
        ("24", "00") => Some(Time::midnight()),
        _ => Time::new(hour.parse().ok()?, minute.parse().ok()?, 0, 0).ok(),
    }
}

/// The zone of this name in the IANA database that the program brings along, so that the machine does not matter.
fn read_zone(name: &str) -> Option<TimeZone> {
    if name.eq_ignore_ascii_case("UTC") {
        return Some(TimeZone::UTC);
    }
    TimeZoneDatabase::bundled().get(name).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window(text: &str) -> Window {
        text.parse().unwrap()
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_window_is_open_by_the_clock_of_its_zone() {
        let office = window("Mon-Fri 08:00-18:00 Europe/Zurich");
        // Zurich is an hour ahead of UTC in winter, two in summer. 2026-11-23 is a Monday.
        assert!(office.is_open(at("2026-11-23T07:00:00Z")) && !office.is_open(at("2026-11-23T06:59:59Z")));
        assert!(office.is_open(at("2026-11-23T16:59:59Z")) && !office.is_open(at("2026-11-23T17:00:00Z")));
        assert!(office.is_open(at("2026-07-06T06:00:00Z")) && !office.is_open(at("2026-07-06T16:00:00Z")));
        assert!(!office.is_open(at("2026-11-22T10:00:00Z")), "a Sunday");
    }

    #[test]
    fn a_window_over_midnight_belongs_to_the_day_on_which_it_begins() {
        let night = window("Fri 22:00-04:00");
        assert!(night.is_open(at("2026-11-27T22:00:00Z")) && night.is_open(at("2026-11-28T03:59:00Z")));
        assert!(!night.is_open(at("2026-11-28T04:00:00Z")) && !night.is_open(at("2026-11-27T03:00:00Z")));
        let whole = window("daily 00:00-24:00");
        assert!(whole.is_open(at("2026-11-22T00:00:00Z")) && whole.is_open(at("2026-11-22T23:59:59Z")));
    }

    #[test]
    fn the_next_opening_is_told() {
        let office = window("Mon-Fri 08:00-18:00");
        assert_eq!(office.opens_after(at("2026-11-27T18:00:00Z")), Some(at("2026-11-30T08:00:00Z")));
        assert_eq!(office.opens_after(at("2026-11-30T07:59:00Z")), Some(at("2026-11-30T08:00:00Z")));
        assert_eq!(
            window("Wed 10:00-11:00").opens_after(at("2026-11-25T10:00:00Z")),
            Some(at("2026-12-02T10:00:00Z"))
        );
    }

    #[test]
    fn days_are_lists_and_ranges_that_may_go_over_the_weekend() {
        let days = |text: &str| window(&format!("{text} 00:00-01:00")).days.len();
        assert_eq!((days("daily"), days("Sat-Mon"), days("mon,WED"), days("Mon-Mon")), (7, 3, 2, 1));
    }

    #[test]
    fn what_is_no_window_is_refused() {
        for text in ["", "Mon", "Mon 8:00-18:00", "Mon 08:00", "Mon 25:00-26:00", "Someday 08:00-09:00"] {
            assert_eq!(text.parse::<Window>(), Err(NotAWindow), "{text}");
        }
        assert!("Mon 08:00-09:00 Middle/Earth".parse::<Window>().is_err());
        assert!("Mon 08:00-09:00 UTC please".parse::<Window>().is_err());
    }
}
