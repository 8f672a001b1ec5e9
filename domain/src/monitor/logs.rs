//! Access and firewall logs in a Log Analytics workspace, and the queries that find them.
//!
//! A query is posted to `{workspace}/query`, api-version 2017-10-01, through Azure Resource Manager
//! (azure-rest-api-specs, `OperationalInsights.json` 2017-10-01, `Query_Execute`). The answer is
//! `{"tables": [{"columns": [{"name", "type"}], "rows": [[…]]}]}`.
//! Tables: `AGWAccessLogs` and `AGWFirewallLogs` where a category has its own, else `AzureDiagnostics`; whose
//! columns come into being with their first value, so that none of them is taken for granted.
//! Source: Microsoft, "Azure Monitor Logs reference" and "Monitor Application Gateway data reference".

use jiff::Timestamp;
use serde_json::Value;

use super::{MonitorError, minutes_before, moment};
use crate::evidence::search::quoted;
use crate::gateway::json;
use crate::id::ResourceId;

/// How far back logs are searched, in minutes.
pub const MINUTES: i64 = 30;
/// How late a log may be, in minutes, before it says nothing about now.
const LATE: i64 = 20;
/// What the gateway notes when a server took longer than the HTTP setting allows.
pub const TIMED_OUT: &str = "ERRORINFO_UPSTREAM_TIMED_OUT";

/// The access log of the last 30 minutes, by how requests ended; failed ones first.
#[derive(Debug, Clone, PartialEq)]
pub struct AccessLog(pub Vec<AccessRow>);

/// Requests that ended alike.
#[derive(Debug, Clone, PartialEq)]
pub struct AccessRow {
    /// The status that the client got.
    pub status: Option<u16>,
    /// The status that the server answered with; none if none did.
    pub server_status: Option<u16>,
    /// The gateway's own code for what went wrong, such as `ERRORINFO_UPSTREAM_TIMED_OUT`.
    pub error: String,
    /// The HTTP setting; empty where the log does not say.
    pub setting: String,
    /// The server that the request went to; empty if it went to none.
    pub server: String,
    /// How many.
    pub requests: u64,
    /// The longest that a server took, in seconds.
    pub slowest_s: Option<f64>,
    /// The newest of them.
    pub latest: Option<Timestamp>,
}

/// What the firewall blocked in the last 30 minutes, the most frequent first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FirewallLog(pub Vec<BlockedRow>);

/// Blocked requests that are alike.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlockedRow {
    /// The rule that blocked them.
    pub rule: String,
    /// The host name that they asked for.
    pub host: String,
    /// The path, without its query.
    pub path: String,
    /// How many.
    pub requests: u64,
    /// The newest of them.
    pub latest: Option<Timestamp>,
}

impl AccessLog {
    /// Reads the answer to [`access_query`].
    ///
    /// # Errors
    /// When it has no table.
    pub fn parse(raw: &Value) -> Result<Self, MonitorError> {
        let table = Table::parse(raw)?;
        Ok(Self(
            table
                .rows()
                .map(|row| AccessRow {
                    status: row.status("Status"),
                    server_status: row.status("ServerStatus"),
                    error: row.text("Error"),
                    setting: row.text("Setting"),
                    server: row.text("Server"),
                    requests: row.count("Requests"),
                    slowest_s: row.number("Slowest"),
                    latest: row.text("Latest").parse().ok(),
                })
                .collect(),
        ))
    }

    /// Whether its newest row is too old to say anything about now: logs come late, and one that is later than
    /// usual proves nothing by what it lacks.
    #[must_use]
    pub fn is_stale(&self, at: Timestamp) -> bool {
        self.0.iter().filter_map(|row| row.latest).max().is_none_or(|newest| is_late(newest, at))
    }
}

impl FirewallLog {
    /// Reads the answer to [`firewall_query`].
    ///
    /// # Errors
    /// When it has no table.
    pub fn parse(raw: &Value) -> Result<Self, MonitorError> {
        let table = Table::parse(raw)?;
        Ok(Self(
            table
                .rows()
                .map(|row| BlockedRow {
                    rule: row.text("Rule"),
                    host: row.text("Host"),
                    path: row.text("Path"),
                    requests: row.count("Requests"),
                    latest: row.text("Latest").parse().ok(),
                })
                .collect(),
        ))
    }
}

/// Whether what a log noted then is too old to say anything about now.
pub(crate) fn is_late(noted: Timestamp, at: Timestamp) -> bool {
    noted < minutes_before(at, LATE)
}

/// The query for the access log of the 30 minutes before `at`.
#[must_use]
pub fn access_query(gateway: &ResourceId, dedicated: bool, at: Timestamp) -> String {
    let (table, named) = if dedicated {
        (
            "AGWAccessLogs",
            [
                ("Status", "HttpStatus"),
                ("ServerStatus", "ServerStatus"),
                ("Error", "ErrorInfo"),
                ("Setting", "BackendSettingName"),
                ("Server", "ServerRouted"),
                ("Latency", "ServerResponseLatency"),
            ],
        )
    } else {
        (
            "AzureDiagnostics | where Category == 'ApplicationGatewayAccessLog'",
            [
                ("Status", "httpStatus_d"),
                ("ServerStatus", "serverStatus_s"),
                ("Error", "error_info_s"),
                ("Setting", "backendSettingName_s"),
                ("Server", "serverRouted_s"),
                ("Latency", "serverResponseLatency_s"),
            ],
        )
    };
    format!(
        "{table}{} | project TimeGenerated, {} | summarize Requests = count(), Slowest = max(todouble(Latency)), \
         Latest = max(TimeGenerated) by Status, ServerStatus, Error, Setting, Server | extend Failed = toint(Status) >= 500 | \
         sort by Failed desc, Requests desc | take 50",
        window(gateway, at),
        columns(&named),
    )
}

/// The query for what the firewall blocked in the 30 minutes before `at`. What stands after a path's question
/// mark may be anybody's secret, and is left out.
#[must_use]
pub fn firewall_query(gateway: &ResourceId, dedicated: bool, at: Timestamp) -> String {
    let (table, named) = if dedicated {
        (
            "AGWFirewallLogs",
            [("Action", "Action"), ("Rule", "RuleId"), ("Host", "Hostname"), ("Uri", "RequestUri")],
        )
    } else {
        (
            "AzureDiagnostics | where Category == 'ApplicationGatewayFirewallLog'",
            [("Action", "action_s"), ("Rule", "ruleId_s"), ("Host", "hostname_s"), ("Uri", "requestUri_s")],
        )
    };
    format!(
        "{table}{} | project TimeGenerated, {} | where Action =~ 'Blocked' | \
         extend Path = tostring(split(Uri, '?')[0]) | \
         summarize Requests = count(), Latest = max(TimeGenerated) by Rule, Host, Path | top 10 by Requests desc",
        window(gateway, at),
        columns(&named),
    )
}

fn window(gateway: &ResourceId, at: Timestamp) -> String {
    let (from, to) = (moment(minutes_before(at, MINUTES)), moment(at));
    format!(
        " | where TimeGenerated between (datetime({from}) .. datetime({to})) | where _ResourceId =~ {}",
        quoted(gateway.as_str())
    )
}

fn columns(named: &[(&str, &str)]) -> String {
    let one = |(name, column): &(&str, &str)| format!("{name} = tostring(column_ifexists('{column}', ''))");
    named.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// The first table of an answer.
struct Table<'a> {
    columns: Vec<&'a str>,
    rows: &'a [Value],
}

/// A row of it.
struct Row<'a> {
    columns: &'a [&'a str],
    cells: &'a [Value],
}

impl<'a> Table<'a> {
    fn parse(raw: &'a Value) -> Result<Self, MonitorError> {
        let table = json::list(raw, "tables").next().ok_or(MonitorError::Missing("table"))?;
        let columns =
            json::list(table, "columns").map(|column| json::text(column, "name").unwrap_or_default());
        let rows = table.get("rows").and_then(Value::as_array).ok_or(MonitorError::Missing("rows"))?;
        Ok(Self { columns: columns.collect(), rows })
    }

    fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        self.rows.iter().filter_map(|row| Some(Row { columns: &self.columns, cells: row.as_array()? }))
    }
}

impl Row<'_> {
    fn cell(&self, column: &str) -> Option<&Value> {
        let index = self.columns.iter().position(|known| known.eq_ignore_ascii_case(column))?;
        self.cells.get(index)
    }

    fn text(&self, column: &str) -> String {
        self.cell(column).and_then(Value::as_str).unwrap_or_default().chars().take(300).collect()
    }

    /// A number, which the older table has as text.
    fn number(&self, column: &str) -> Option<f64> {
        let cell = self.cell(column)?;
        cell.as_f64().or_else(|| cell.as_str()?.trim().parse().ok()).filter(|number: &f64| number.is_finite())
    }

    fn count(&self, column: &str) -> u64 {
        self.cell(column).and_then(Value::as_u64).unwrap_or(0)
    }

    fn status(&self, column: &str) -> Option<u16> {
        let text = format!("{:.0}", self.number(column)?);
        text.parse().ok().filter(|status| (100..=599).contains(status))
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use serde_json::json;

    use super::*;

    /// An answer with these rows.
    pub(crate) fn table(columns: &[&str], rows: &Value) -> Value {
        let columns: Vec<Value> =
            columns.iter().map(|name| json!({ "name": name, "type": "string" })).collect();
        json!({ "tables": [{ "name": "PrimaryResult", "columns": columns, "rows": rows }] })
    }

    pub(crate) const ACCESS: [&str; 8] =
        ["Status", "ServerStatus", "Error", "Setting", "Server", "Requests", "Slowest", "Latest"];
    pub(crate) const BLOCKED: [&str; 5] = ["Rule", "Host", "Path", "Requests", "Latest"];

    #[test]
    fn both_tables_give_the_same_rows() {
        let newer =
            json!([["504", "", TIMED_OUT, "https", "10.0.0.4:443", 7, 20.02, "2026-11-22T02:50:00Z"]]);
        let older =
            json!([["504.0", "-", TIMED_OUT, "https", "10.0.0.4:443", 7, "20.02", "2026-11-22T02:50:00Z"]]);
        let read = |rows| AccessLog::parse(&table(&ACCESS, &rows)).unwrap();
        assert_eq!(read(newer.clone()), read(older));
        let row = read(newer).0.remove(0);
        assert_eq!(
            (row.status, row.server_status, row.requests, row.slowest_s),
            (Some(504), None, 7, Some(20.02))
        );
    }

    #[test]
    fn a_log_without_a_new_row_is_stale() {
        let at = "2026-11-22T03:04:05Z".parse().unwrap();
        let newest = |time: &str| {
            let rows = json!([["200", "200", "", "https", "", 1, 0.1, time]]);
            AccessLog::parse(&table(&ACCESS, &rows)).unwrap()
        };
        assert!(!newest("2026-11-22T02:50:00Z").is_stale(at));
        assert!(newest("2026-11-22T02:40:00Z").is_stale(at));
        assert!(AccessLog::parse(&table(&ACCESS, &json!([]))).unwrap().is_stale(at));
        assert!(AccessLog::parse(&json!({ "error": {} })).is_err());
    }

    #[test]
    fn what_is_blocked_is_read() {
        let rows = json!([["949110", "shop.example", "/login", 12, "2026-11-22T02:50:00Z"]]);
        let log = FirewallLog::parse(&table(&BLOCKED, &rows)).unwrap();
        assert_eq!((log.0[0].rule.as_str(), log.0[0].requests), ("949110", 12));
    }

    #[test]
    fn queries_name_the_gateway_the_window_and_every_column_with_care() {
        let id = ResourceId::parse(
            "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Network/applicationGateways/a",
        )
        .unwrap();
        let at = "2026-11-22T03:04:05Z".parse().unwrap();
        insta::assert_snapshot!(access_query(&id, true, at), @"AGWAccessLogs | where TimeGenerated between (datetime(2026-11-22T02:34:05Z) .. datetime(2026-11-22T03:04:05Z)) | where _ResourceId =~ '/subscriptions/s/resourceGroups/rg/providers/Microsoft.Network/applicationGateways/a' | project TimeGenerated, Status = tostring(column_ifexists('HttpStatus', '')), ServerStatus = tostring(column_ifexists('ServerStatus', '')), Error = tostring(column_ifexists('ErrorInfo', '')), Setting = tostring(column_ifexists('BackendSettingName', '')), Server = tostring(column_ifexists('ServerRouted', '')), Latency = tostring(column_ifexists('ServerResponseLatency', '')) | summarize Requests = count(), Slowest = max(todouble(Latency)), Latest = max(TimeGenerated) by Status, ServerStatus, Error, Setting, Server | extend Failed = toint(Status) >= 500 | sort by Failed desc, Requests desc | take 50");
        insta::assert_snapshot!(firewall_query(&id, false, at), @"AzureDiagnostics | where Category == 'ApplicationGatewayFirewallLog' | where TimeGenerated between (datetime(2026-11-22T02:34:05Z) .. datetime(2026-11-22T03:04:05Z)) | where _ResourceId =~ '/subscriptions/s/resourceGroups/rg/providers/Microsoft.Network/applicationGateways/a' | project TimeGenerated, Action = tostring(column_ifexists('action_s', '')), Rule = tostring(column_ifexists('ruleId_s', '')), Host = tostring(column_ifexists('hostname_s', '')), Uri = tostring(column_ifexists('requestUri_s', '')) | where Action =~ 'Blocked' | extend Path = tostring(split(Uri, '?')[0]) | summarize Requests = count(), Latest = max(TimeGenerated) by Rule, Host, Path | top 10 by Requests desc");
    }
}
