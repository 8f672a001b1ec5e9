//! The fields of an alert that do not depend on its kind.

use jiff::Timestamp;
use serde_json::Value;

use super::{AlertError, Condition, Signal};
use crate::id::{GatewayId, ResourceId};

/// How long a text may be that is kept from an alert, in characters. Ids are the longest of them.
const LONGEST_TEXT: usize = 1024;
/// How many targets and dimensions are read. Azure sends a handful.
pub(super) const MOST_ITEMS: usize = 64;

/// Makes sure that a body is in the common alert schema.
pub(super) fn check_schema(json: &Value) -> Result<(), AlertError> {
    let schema = text(json, "schemaId");
    if schema.as_deref().is_some_and(|schema| schema.eq_ignore_ascii_case("azureMonitorCommonAlertSchema")) {
        return Ok(());
    }
    let otherwise = if json.is_object() { "none" } else { "no object" };
    Err(AlertError::NotCommonSchema { found: schema.unwrap_or_else(|| otherwise.to_owned()) })
}

/// The value at a path such as `data.essentials.alertId`. Names of fields compare without case.
pub(super) fn at<'a>(json: &'a Value, path: &str) -> Option<&'a Value> {
    let found = path.split('.').try_fold(json, |value, key| {
        let object = value.as_object()?;
        let same = || object.iter().find(|(name, _)| name.eq_ignore_ascii_case(key)).map(|(_, value)| value);
        object.get(key).or_else(same)
    });
    found.filter(|value| !value.is_null())
}

/// The text or number at a path, tidied; `None` when there is nothing in it.
pub(super) fn text(json: &Value, path: &str) -> Option<String> {
    let text = match at(json, path)? {
        Value::String(text) => tidy(text, LONGEST_TEXT),
        Value::Number(number) => plain_number(&number.to_string()),
        _ => return None,
    };
    Some(text).filter(|text| !text.is_empty())
}

/// A number as people write it: "2.0" is 2, and two decimals are enough.
pub(super) fn plain_number(number: &str) -> String {
    match number.parse::<f64>() {
        Ok(value) if number.contains('.') => {
            let rounded = format!("{value:.2}");
            rounded.trim_end_matches('0').trim_end_matches('.').to_owned()
        }
        _ => number.to_owned(),
    }
}

pub(super) fn required(json: &Value, path: &'static str) -> Result<String, AlertError> {
    text(json, path).ok_or(AlertError::MissingField { field: path })
}

pub(super) fn time(json: &Value, path: &str) -> Option<Timestamp> {
    text(json, path)?.parse().ok()
}

/// A text in one line, without control and invisible characters, of at most `longest` characters.
pub(super) fn tidy(text: &str, longest: usize) -> String {
    let hidden = |c: &char| match c {
        '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' => true,
        '\u{2060}'..='\u{2069}' | '\u{feff}' => true,
        _ => c.is_control(),
    };
    let spaced = text.chars().map(|c| if c.is_whitespace() { ' ' } else { c });
    let kept: String = spaced.filter(|c| !hidden(c)).take(longest).collect();
    kept.trim().to_owned()
}

pub(super) fn condition(json: &Value) -> Result<Condition, AlertError> {
    let field = "data.essentials.monitorCondition";
    let found = required(json, field)?;
    match found.to_ascii_lowercase().as_str() {
        "fired" => Ok(Condition::Fired),
        "resolved" => Ok(Condition::Resolved),
        _ => Err(AlertError::UnknownValue { field, found }),
    }
}

pub(super) fn signal(json: &Value) -> Signal {
    let kind = text(json, "data.essentials.signalType").unwrap_or_default();
    let service = text(json, "data.essentials.monitoringService").unwrap_or_default();
    match kind.to_ascii_lowercase().as_str() {
        _ if service.eq_ignore_ascii_case("Resource Health") => Signal::ResourceHealth,
        "metric" => Signal::Metric,
        "log" => Signal::Log,
        "activity log" => Signal::ActivityLog,
        _ => Signal::Other(kind),
    }
}

pub(super) fn rule_id(json: &Value) -> Option<ResourceId> {
    ResourceId::parse(&text(json, "data.essentials.alertRuleID")?.to_lowercase()).ok()
}

/// The resources that the alert is about. What is no resource id says nothing to us.
pub(super) fn targets(json: &Value) -> Vec<ResourceId> {
    let mut targets = Vec::new();
    for id in texts(json, "data.essentials.alertTargetIDs") {
        push_new(&mut targets, ResourceId::parse(&id.to_lowercase()).ok());
    }
    targets
}

/// The texts of a list, or a text that stands in place of one.
pub(super) fn texts(json: &Value, path: &str) -> Vec<String> {
    let items = match at(json, path) {
        Some(Value::Array(items)) => items.as_slice(),
        Some(one) => std::slice::from_ref(one),
        None => &[],
    };
    items.iter().take(MOST_ITEMS).filter_map(Value::as_str).map(|item| tidy(item, LONGEST_TEXT)).collect()
}

pub(super) fn push_new<T: PartialEq>(list: &mut Vec<T>, item: Option<T>) {
    list.extend(item.filter(|item| !list.contains(item)));
}

/// The gateway that an id names, or whose child it names.
pub(super) fn gateway(id: &str) -> Option<GatewayId> {
    let whole = id.trim().to_lowercase();
    ResourceId::parse(&whole).ok()?;
    let gateway = whole.split('/').take(9).collect::<Vec<_>>().join("/");
    GatewayId::parse(&gateway).ok()
}
