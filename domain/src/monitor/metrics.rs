//! Metrics: `GET {resource}/providers/Microsoft.Insights/metrics`, api-version 2024-02-01.
//!
//! Shape: azure-rest-api-specs, `metrics_API.json`. A minute without traffic has a point without a value, or
//! none: that is "not reported", which is neither zero nor healthy. Units and dimensions: Microsoft, "Supported
//! metrics for Microsoft.Network/applicationGateways".

use jiff::Timestamp;
use serde_json::Value;

use super::{MonitorError, minutes_before};
use crate::gateway::json;

/// The answer: one or more series for each metric.
#[derive(Debug, Clone, PartialEq)]
pub struct Metrics {
    /// The series, in the answer's order. A metric that could not be had has none.
    pub series: Vec<Series>,
}

/// One metric for one combination of dimension values.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// The metric, as Azure spells it: `CapacityUnits`.
    pub metric: String,
    /// The dimensions that it was split by, with their values.
    pub dimensions: Vec<(String, String)>,
    /// What was measured, the oldest first; minutes without a value are left out.
    pub points: Vec<Point>,
}

/// One measured minute.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// When the minute began.
    pub at: Timestamp,
    /// The value, in the metric's unit.
    pub value: f64,
}

impl Metrics {
    /// Reads the answer.
    ///
    /// # Errors
    /// When it has no list of metrics.
    pub fn parse(raw: &Value) -> Result<Self, MonitorError> {
        if !raw.get("value").is_some_and(Value::is_array) {
            return Err(MonitorError::Missing("list of metrics"));
        }
        let well = |metric: &&Value| {
            json::text(metric, "errorCode").is_none_or(|code| code.eq_ignore_ascii_case("Success"))
        };
        Ok(Self { series: json::list(raw, "value").filter(well).flat_map(series_of).collect() })
    }

    /// The series of a metric.
    pub fn of<'s>(&'s self, metric: &'s str) -> impl Iterator<Item = &'s Series> + 's {
        self.series.iter().filter(move |series| series.metric.eq_ignore_ascii_case(metric))
    }

    /// The series of a metric with this value of a dimension.
    #[must_use]
    pub fn with(&self, metric: &str, dimension: &str, value: &str) -> Option<&Series> {
        self.series
            .iter()
            .filter(|series| series.metric.eq_ignore_ascii_case(metric))
            .find(|series| series.dimension(dimension).is_some_and(|found| found.eq_ignore_ascii_case(value)))
    }
}

impl Series {
    /// The value of a dimension.
    #[must_use]
    pub fn dimension(&self, name: &str) -> Option<&str> {
        let mut known = self.dimensions.iter();
        known.find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// The average of the last minutes that were measured, and when the newest was. None when nothing was
    /// measured within ten minutes before `at`: older numbers say nothing about now.
    #[must_use]
    pub fn lately(&self, at: Timestamp, minutes: usize) -> Option<Point> {
        let newest = self.points.last()?.at;
        if newest < minutes_before(at, 10) {
            return None;
        }
        let last = self.points.iter().rev().take(minutes);
        let (sum, count) = last.fold((0.0, 0.0), |(sum, count), point| (sum + point.value, count + 1.0));
        (count > 0.0).then_some(Point { at: newest, value: sum / count })
    }

    /// The highest measured minute.
    #[must_use]
    pub fn highest(&self) -> Option<Point> {
        self.points.iter().copied().max_by(|one, other| one.value.total_cmp(&other.value))
    }

    /// The sum of all that was measured; none when nothing was.
    #[must_use]
    pub fn sum(&self) -> Option<f64> {
        (!self.points.is_empty()).then(|| self.points.iter().map(|point| point.value).sum())
    }
}

fn series_of(metric: &Value) -> Vec<Series> {
    let Some(name) = metric.get("name").and_then(|name| json::text(name, "value")) else { return Vec::new() };
    json::list(metric, "timeseries")
        .map(|raw| {
            let mut points: Vec<Point> = json::list(raw, "data").filter_map(point).collect();
            points.sort_by_key(|point| point.at);
            Series { metric: name.to_owned(), dimensions: dimensions(raw), points }
        })
        .collect()
}

fn dimensions(series: &Value) -> Vec<(String, String)> {
    let pair = |item: &Value| {
        let name = item.get("name").and_then(|name| json::text(name, "value"))?;
        Some((name.to_owned(), json::text(item, "value")?.to_owned()))
    };
    json::list(series, "metadatavalues").filter_map(pair).collect()
}

/// Each request asks for one aggregation, so a point has one value.
fn point(raw: &Value) -> Option<Point> {
    let at = json::text(raw, "timeStamp")?.parse().ok()?;
    let value = ["average", "total", "maximum", "minimum"].iter().find_map(|key| raw.get(key)?.as_f64())?;
    Some(Point { at, value })
}

#[cfg(test)]
pub(crate) mod tests {
    use serde_json::json;

    use super::*;

    /// What a series is split by, and its numbers.
    type Numbers<'a> = (Option<(&'a str, &'a str)>, &'a [Option<f64>]);

    /// One metric of an answer: a series for each value of a dimension, a number a minute up to `at`.
    pub(crate) fn metric(name: &str, key: &str, series: &[Numbers<'_>]) -> Value {
        let at: Timestamp = "2026-11-22T03:04:00Z".parse().unwrap();
        let series: Vec<Value> = series
            .iter()
            .map(|(dimension, values)| {
                let data: Vec<Value> = values
                    .iter()
                    .rev()
                    .zip(0..)
                    .map(|(value, ago)| {
                        let mut point = json!({ "timeStamp": minutes_before(at, ago).to_string() });
                        if let Some(value) = value {
                            point[key] = json!(value);
                        }
                        point
                    })
                    .collect();
                let named =
                    |(name, value): &(&str, &str)| json!({ "name": { "value": name }, "value": value });
                let dimensions: Vec<Value> = dimension.iter().map(named).collect();
                json!({ "metadatavalues": dimensions, "data": data })
            })
            .collect();
        json!({ "name": { "value": name }, "errorCode": "Success", "timeseries": series })
    }

    #[test]
    fn a_minute_without_a_value_is_left_out_and_the_oldest_comes_first() {
        let pool = ("backendsettingspool", "web~https");
        let raw = metric("UnhealthyHostCount", "average", &[(Some(pool), &[Some(0.0), None, Some(2.0)])]);
        let metrics = Metrics::parse(&json!({ "value": [raw] })).unwrap();
        let series = metrics.with("unhealthyhostcount", "BackendSettingsPool", "web~https").unwrap();
        assert_eq!(series.points.iter().map(|point| point.value).collect::<Vec<_>>(), [0.0, 2.0]);
        let at = "2026-11-22T03:04:05Z".parse().unwrap();
        assert_eq!(series.lately(at, 5).map(|point| point.value), Some(1.0));
        assert_eq!(series.lately(at, 1).map(|point| point.value), Some(2.0));
        assert_eq!(series.sum(), Some(2.0));
        assert_eq!(series.highest().map(|point| point.value), Some(2.0));
        assert_eq!(series.lately("2026-11-22T03:30:00Z".parse().unwrap(), 5), None, "older than ten minutes");
    }

    #[test]
    fn no_data_is_not_zero_and_an_error_is_no_metric() {
        let empty = metric("CapacityUnits", "average", &[(None, &[None])]);
        let mut failed = metric("ComputeUnits", "average", &[(None, &[Some(1.0)])]);
        failed["errorCode"] = json!("InternalError");
        let metrics = Metrics::parse(&json!({ "value": [empty, failed] })).unwrap();
        let series = metrics.of("CapacityUnits").next().unwrap();
        assert_eq!((series.sum(), series.highest()), (None, None));
        assert_eq!(metrics.of("ComputeUnits").count(), 0);
        assert!(Metrics::parse(&json!({ "error": {} })).is_err());
    }
}
