//! .NET's time spans, as host.json has them.

use std::time::Duration;

/// Reads `[d.]hh:mm:ss[.fffffff]` (.NET documentation, standard format strings of `TimeSpan`). A negative
/// span, which stands for "no limit" where it is allowed, is `None`, as is anything else.
pub(crate) fn parse(text: &str) -> Option<Duration> {
    let parts: Vec<&str> = text.split(':').collect();
    let [front, minutes, seconds] = parts[..] else { return None };
    let (days, hours) = front.split_once('.').unwrap_or(("0", front));
    let days: u32 = days.parse().ok()?;
    let hours: u32 = hours.parse().ok().filter(|hours| *hours < 24)?;
    let minutes: u32 = minutes.parse().ok().filter(|minutes| *minutes < 60)?;
    let seconds: f64 = seconds.parse().ok().filter(|seconds| (0.0..60.0).contains(seconds))?;
    let whole = u64::from(days) * 86_400 + u64::from(hours) * 3_600 + u64::from(minutes) * 60;
    Some(Duration::from_secs(whole) + Duration::from_secs_f64(seconds))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::parse;

    #[test]
    fn spans_are_read_as_dotnet_reads_them() {
        assert_eq!(parse("00:00:30"), Some(Duration::from_secs(30)));
        assert_eq!(parse("1.02:03:04.5"), Some(Duration::from_millis(93_784_500)));
        for wrong in ["", "30", "24:00:00", "00:60:00", "-1", "-00:00:01", "a:b:c"] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }
}
