//! What is told by OTLP, as a test reads it.

use std::collections::BTreeMap;

use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::logs::v1::LogRecord;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::{Metric, number_data_point};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::{Span as Sent, span::SpanKind};

/// Attributes, as text.
pub type Fields = BTreeMap<String, String>;

/// A span.
#[derive(Debug, Clone)]
pub struct Span {
    /// Its name.
    pub name: String,
    /// Its trace.
    pub trace: String,
    /// Its id.
    pub id: String,
    /// The span that it belongs to; empty for a root.
    pub parent: String,
    /// The traces that it leads to.
    pub links: Vec<String>,
    /// Which side of what it is.
    pub kind: SpanKind,
    /// Its attributes.
    pub fields: Fields,
    /// The vendors' part of its context.
    pub trace_state: String,
}

impl Span {
    pub(super) fn of(sent: Sent) -> Self {
        let kind = sent.kind();
        Self {
            name: sent.name,
            trace: hex::encode(sent.trace_id),
            id: hex::encode(sent.span_id),
            parent: hex::encode(sent.parent_span_id),
            links: sent.links.into_iter().map(|link| hex::encode(link.trace_id)).collect(),
            kind,
            fields: fields(sent.attributes),
            trace_state: sent.trace_state,
        }
    }

    /// An attribute; empty where there is none.
    #[must_use]
    pub fn field(&self, name: &str) -> &str {
        self.fields.get(name).map_or("", String::as_str)
    }
}

/// A line of the log.
#[derive(Debug, Clone)]
pub struct Line {
    /// What it says.
    pub text: String,
    /// Its attributes.
    pub fields: Fields,
    /// The trace that it was written in.
    pub trace: String,
}

impl Line {
    pub(super) fn of(sent: LogRecord) -> Self {
        let (trace, fields) = (hex::encode(sent.trace_id), fields(sent.attributes));
        Self { text: text(sent.body), fields, trace }
    }
}

/// A metric with one set of attributes.
#[derive(Debug, Clone)]
pub struct Series {
    /// Its name.
    pub name: String,
    /// Its unit.
    pub unit: String,
    /// What it is.
    pub about: String,
    /// Its attributes.
    pub fields: Fields,
    /// How much of it.
    pub number: Number,
}

/// How much of something.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Number {
    /// So often.
    Count(i64),
    /// So often, so much in all.
    Spread(u64, f64),
}

impl Series {
    pub(super) fn all_of(metric: Metric) -> Vec<Self> {
        let Metric { name, unit, description, data, .. } = metric;
        let series = |attributes, number| Self {
            name: name.clone(),
            unit: unit.clone(),
            about: description.clone(),
            fields: fields(attributes),
            number,
        };
        match data {
            Some(Data::Sum(sum)) => {
                let points = sum.data_points.into_iter();
                points
                    .map(|point| {
                        let Some(number_data_point::Value::AsInt(count)) = point.value else {
                            panic!("{point:?}")
                        };
                        series(point.attributes, Number::Count(count))
                    })
                    .collect()
            }
            Some(Data::Histogram(histogram)) => {
                let points = histogram.data_points.into_iter();
                points
                    .map(|point| {
                        series(point.attributes, Number::Spread(point.count, point.sum.unwrap_or_default()))
                    })
                    .collect()
            }
            other => panic!("the bot tells no such metric: {other:?}"),
        }
    }
}

pub(super) fn resource(resource: Option<Resource>) -> Fields {
    fields(resource.unwrap_or_default().attributes)
}

fn fields(attributes: Vec<KeyValue>) -> Fields {
    attributes.into_iter().map(|one| (one.key, text(one.value))).collect()
}

fn text(value: Option<AnyValue>) -> String {
    match value.and_then(|value| value.value) {
        Some(Value::StringValue(text)) => text,
        Some(Value::IntValue(number)) => number.to_string(),
        Some(Value::DoubleValue(number)) => number.to_string(),
        Some(Value::BoolValue(truth)) => truth.to_string(),
        None => String::new(),
        Some(other) => format!("{other:?}"),
    }
}
