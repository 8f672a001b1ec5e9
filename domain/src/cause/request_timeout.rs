//! The application takes longer for a request than the HTTP setting lets it.
//!
//! The probe is answered in time, and visitors get the gateway's own 504, or 502 from one of the first
//! generation. Confirmed by: requests of this setting in the access log that were given up for this reason, or
//! a measured response time above the limit; and traffic on the port that is probed, so that a Healthy server
//! is one within reach. Never when a server cannot be reached.
//! Mended by: a faster application, or a longer limit.
//! Source: Microsoft, "Troubleshoot HTTP 504 in Application Gateway", and "Monitoring data reference", error
//! information.

use super::{Cause, Link, by_hand, visits_line};
use crate::card::Text;
use crate::diagnosis::{Finding, Verdict};
use crate::evidence::{Asked, Logged, Scope, Seen, Unknown, Visit};
use crate::gateway::json::SETTINGS;
use crate::monitor::logs::{AccessLog, AccessRow, TIMED_OUT, is_late};
use crate::monitor::metrics::Metrics;

pub(super) struct RequestTimeout;

impl Cause for RequestTimeout {
    fn id(&self) -> &'static str {
        "request-timeout"
    }

    fn about(&self) -> &'static str {
        "The application takes longer for a request than the HTTP setting allows."
    }

    fn breaks(&self) -> Link {
        Link::Server
    }

    fn examine(&self, scope: &Scope<'_>) -> Option<Finding> {
        let given_up: Vec<&Visit> = scope.visits().filter(|visit| is_given_up(scope, visit)).collect();
        if given_up.is_empty() || !scope.is_well() {
            return None;
        }
        let (log, latencies) = (scope.access_log(), scope.latencies());
        let pending = |unknown: Option<&Unknown>| unknown == Some(&Unknown::Pending);
        if pending(log.as_ref().err()) || pending(latencies.as_ref().err()) {
            return None;
        }
        let seen: Vec<Text> = logged(scope, &log).into_iter().chain(measured(scope, &latencies)).collect();
        let same_port = scope.probe.port == scope.setting.port;
        let verdict = if seen.is_empty() || !same_port { Verdict::Consistent } else { Verdict::Confirmed };
        let settled = !seen.is_empty();
        let mut evidence = seen;
        evidence.extend((!settled).then(|| gap(scope, &log)));
        evidence.push(visits_line(given_up));
        if settled && !same_port {
            evidence
                .push(Text::of("The probe asks at another port, so it does not show that this one is open"));
        }
        Some(by_hand(self, scope, verdict, sentence(scope, verdict), evidence, steps(scope)))
    }
}

/// Whether the gateway gave a visit up while it waited for a server that is well, as all behind its listener are.
/// The first generation answers 502 then.
fn is_given_up(scope: &Scope<'_>, visit: &Visit) -> bool {
    let status = if scope.evidence.gateway.is_v1() { 502 } else { 504 };
    visit.seen == Seen::GatewayError { status } && scope.is_well_behind(&visit.listener)
}

/// Requests in the access log that were given up lately. That there is none proves nothing: the log comes late;
/// and those of an earlier spell are no word about now.
fn logged(scope: &Scope<'_>, log: &Asked<Logged<'_, AccessLog>>) -> Option<Text> {
    let Ok(Logged::Log(log)) = log else { return None };
    let mine = log.0.iter().filter(|row| scope.setting.name.as_str().eq_ignore_ascii_case(&row.setting));
    let lately = |row: &&AccessRow| row.latest.is_some_and(|latest| !is_late(latest, scope.evidence.at));
    let given_up = mine.filter(|row| row.error.eq_ignore_ascii_case(TIMED_OUT)).filter(lately);
    let (count, latest) = given_up.fold((0, None), |(count, latest), row| {
        (u64::saturating_add(count, row.requests), latest.max(row.latest))
    });
    let requests = if count == 1 { "request" } else { "requests" };
    let line = Text::of(format!("Access log: {count} {requests} in 30 minutes ended with ")).code(TIMED_OUT);
    let line = match latest {
        Some(latest) => line.say(", the last one ").time(latest),
        None => line,
    };
    (count > 0).then_some(line)
}

/// A measured minute in which servers took as long as they may, on average.
fn measured(scope: &Scope<'_>, latencies: &Asked<&Metrics>) -> Option<Text> {
    let metric = "BackendLastByteResponseTime";
    let series = latencies.as_ref().ok()?.with(metric, "BackendHttpSetting", scope.setting.name.as_str())?;
    let highest = series.highest()?;
    let seconds = highest.value / 1000.0;
    let line =
        Text::of("Metric ").code(metric).say(format!(": {seconds:.1} s on average in the minute from "));
    (seconds >= f64::from(scope.setting.request_timeout_s)).then(|| line.time(highest.at))
}

fn gap(scope: &Scope<'_>, log: &Asked<Logged<'_, AccessLog>>) -> Text {
    match log {
        Err(why) => Text::of(format!("Access log: not read, {why}")),
        Ok(Logged::NotKept) => Text::of("Access log: not sent to a Log Analytics workspace"),
        Ok(Logged::Log(log)) if log.is_stale(scope.evidence.at) => Text::of(
            "Access log: nothing new in the last 20 minutes, as it comes late; it settles nothing yet",
        ),
        Ok(Logged::Log(_)) => {
            Text::of("Access log: no such request of this HTTP setting so far; it is 15 to 20 minutes late")
        }
    }
}

fn sentence(scope: &Scope<'_>, verdict: Verdict) -> Text {
    let limit = format!("the {} s that HTTP setting ", scope.setting.request_timeout_s);
    let late = match verdict {
        Verdict::Confirmed => "The servers answer the probe, and take longer for visitors than ",
        _ => "The servers answer the probe, and visitors wait in vain: the application may take longer than ",
    };
    Text::of(late).say(limit).code(&scope.setting.name).say(" allows.")
}

fn steps(scope: &Scope<'_>) -> Vec<Text> {
    let id = scope.evidence.gateway.id();
    let url = id.resource().child(SETTINGS, &scope.setting.name).portal_url();
    let longer = scope.setting.request_timeout_s.saturating_mul(2);
    vec![
        Text::of("Find out which requests take so long, and why: the application, or what it waits for."),
        Text::of("If they must: allow more time in ").link(scope.setting.name.as_str(), url).say(": ").code(format!(
            "az network application-gateway http-settings update -g {} --gateway-name {} -n {} --timeout {longer}",
            id.resource().resource_group(),
            id.name(),
            scope.setting.name,
        )),
    ]
}
