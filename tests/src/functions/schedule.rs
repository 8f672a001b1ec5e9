//! Six-field NCRONTAB, as far as the harness knows it.

use std::time::Duration;

use jiff::Timestamp;

/// When a timer fires: `{second} {minute} {hour} {day} {month} {day of week}` (Azure Functions documentation,
/// "Timer trigger", NCRONTAB expressions). The harness knows `*`, `*/n` and a number in the first two fields,
/// and `*` in the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Schedule {
    seconds: Field,
    minutes: Field,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field {
    Every(i64),
    At(i64),
}

impl Field {
    fn parse(text: &str) -> Option<Self> {
        if text == "*" {
            return Some(Self::Every(1));
        }
        let number = |text: &str| text.parse().ok().filter(|number| (0..60).contains(number));
        match text.strip_prefix("*/") {
            Some(step) => number(step).filter(|step| *step > 0).map(Self::Every),
            None => number(text).map(Self::At),
        }
    }

    fn holds(self, value: i64) -> bool {
        match self {
            Self::Every(step) => value % step == 0,
            Self::At(number) => value == number,
        }
    }
}

impl Schedule {
    /// Reads an expression, or says in a sentence what is wrong with it.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let unknown = || format!("the harness does not know the schedule {text:?}");
        let fields: Vec<&str> = text.split_whitespace().collect();
        let [seconds, minutes, "*", "*", "*", "*"] = fields[..] else { return Err(unknown()) };
        let field = |text| Field::parse(text).ok_or_else(unknown);
        Ok(Self { seconds: field(seconds)?, minutes: field(minutes)? })
    }

    /// How long from `now` until it fires next, always a little while (`CronSchedule.GetNextOccurrence`).
    pub(crate) fn wait(self, now: Timestamp) -> Duration {
        let millis = now.as_millisecond();
        let second = millis.div_euclid(1000);
        // Each hour is like the other, so the next time is never further away than one.
        let next = (second + 1..=second + 3600).find(|second| self.at(*second)).unwrap_or(second + 3600);
        Duration::from_millis(u64::try_from(next * 1000 - millis).unwrap_or_default())
    }

    fn at(self, second: i64) -> bool {
        self.seconds.holds(second.rem_euclid(60)) && self.minutes.holds(second.div_euclid(60).rem_euclid(60))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use jiff::Timestamp;

    use super::Schedule;

    fn wait(schedule: &str, now: &str) -> Duration {
        Schedule::parse(schedule).unwrap().wait(now.parse::<Timestamp>().unwrap())
    }

    #[test]
    fn the_next_time_is_found() {
        assert_eq!(wait("*/30 * * * * *", "2026-11-22T18:00:01.5Z"), Duration::from_millis(28_500));
        assert_eq!(wait("*/30 * * * * *", "2026-11-22T18:00:30Z"), Duration::from_secs(30));
        assert_eq!(wait("0 */5 * * * *", "2026-11-22T18:03:20Z"), Duration::from_secs(100));
        assert_eq!(wait("15 59 * * * *", "2026-11-22T18:59:15Z"), Duration::from_secs(3600));
    }

    #[test]
    fn what_the_harness_does_not_know_is_said() {
        for schedule in
            ["", "* * * * *", "0 0 3 * * *", "00:00:30", "*/0 * * * * *", "1,2 * * * * *", "%WHEN%"]
        {
            assert!(Schedule::parse(schedule).unwrap_err().contains(schedule), "{schedule}");
        }
    }
}
