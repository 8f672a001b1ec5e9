//! A server's state and the latest probe of it tell different stories: the state follows some probes later.
//!
//! Confirmed by: the same probe, run on demand now. If it fails like the latest one, a server that still counts
//! as Healthy is about to be Unhealthy; if it succeeds, one that counts as Unhealthy is about to recover. Or by
//! `UnhealthyHostCount`, which rose more than once in half an hour: then servers come and go, and waiting mends
//! nothing. What is behind a failure is for other causes to say.
//! Mended by: time, or by what mends the failure.
//! Source: Microsoft, "Application Gateway health probes overview", unhealthy threshold; and a public capture in
//! which a server was Healthy with a probe timeout right after a peering was cut. The metric: Microsoft,
//! "Supported metrics for Microsoft.Network/applicationGateways".

use jiff::Timestamp;

use super::{Cause, Link, by_hand, not_checked};
use crate::card::Text;
use crate::diagnosis::{Finding, Verdict};
use crate::evidence::{Asked, Scope, TrialWanted, Unknown, is_out_of_reach};
use crate::gateway::HostSource;
use crate::health::{Health, ServerHealth, Symptom};
use crate::id::Name;
use crate::network::dns::{HostKind, host_kind};

pub(super) struct BetweenProbes;

impl Cause for BetweenProbes {
    fn id(&self) -> &'static str {
        "between-probes"
    }

    fn about(&self) -> &'static str {
        "A server's state has not caught up with the latest probe of it."
    }

    fn breaks(&self) -> Link {
        Link::Probe
    }

    fn examine(&self, scope: &Scope<'_>) -> Option<Finding> {
        let recovering = scope.sick.iter().filter(|(_, server)| server.log_disagrees());
        let (pool, server) = scope.suspect.iter().chain(recovering).next()?;
        if !scope.is_among_the_first(ServerHealth::log_disagrees) {
            return None;
        }
        let (now, losses) = (same_probe(scope, pool, server), losses(scope, pool));
        if losses == Err(Unknown::Pending) {
            return None;
        }
        match now {
            Err(Unknown::Pending) => None,
            Err(why) => Some(not_checked(self, scope, "Which of state and latest probe is true now", &why)),
            Ok(now) => Some(found(self, scope, server, now, losses.ok().filter(Losses::are_many))),
        }
    }
}

/// What the server answers to the very probe that decides about it, now.
fn same_probe<'a>(scope: &Scope<'a>, pool: &Name, server: &ServerHealth) -> Asked<&'a ServerHealth> {
    let probe = &scope.probe;
    if probe.port != scope.setting.port {
        return Err(Unknown::Odd("a probe at a port of its own cannot be run on demand".to_owned()));
    }
    let [codes] = probe.status_codes.as_slice() else {
        return Err(Unknown::Odd("a probe that accepts several ranges cannot be run on demand".to_owned()));
    };
    let wanted = TrialWanted::of(pool, &scope.setting.name, &probe.path)
        .with_timeout(probe.timeout_s)
        .accepting(codes);
    let wanted = match probe.host_source {
        HostSource::Probe | HostSource::Loopback => wanted.with_host(&probe.host),
        HostSource::Setting | HostSource::EachServer => wanted,
    };
    let wanted = match &probe.body {
        Some(text) => wanted.containing(text),
        None => wanted,
    };
    let servers = scope.ask(&wanted.into())?;
    let mut servers = servers.iter();
    let same = servers.find(|other| other.address.eq_ignore_ascii_case(&server.address));
    same.ok_or_else(|| Unknown::Odd(format!("the probe on demand has no word about {}", server.address)))
}

/// How often the servers of a pool were lost in the last half hour.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Losses {
    /// How often their number rose.
    count: u32,
    /// How many were lost at once, at least and at most.
    fewest: f64,
    most: f64,
    /// The newest minute in which it rose.
    latest: Timestamp,
}

impl Losses {
    /// One outage is one loss, however many servers it takes one after the other.
    fn are_many(&self) -> bool {
        self.count > 1
    }
}

/// The losses in the metric of this pool and setting. A minute is the average of all instances of the gateway,
/// each of which has its own opinion.
fn losses(scope: &Scope<'_>, pool: &Name) -> Asked<Losses> {
    let unmeasured = || Unknown::Odd("the number of unhealthy servers was not measured".to_owned());
    let both = format!("{pool}~{}", scope.setting.name);
    let counts = scope.unhealthy_hosts()?;
    let series = counts.with("UnhealthyHostCount", "BackendSettingsPool", &both).ok_or_else(unmeasured)?;
    let first = series.points.first().ok_or_else(unmeasured)?;
    let value = first.value.round();
    let mut losses = Losses { count: 0, fewest: value, most: value, latest: first.at };
    let (mut last, mut is_rising) = (value, false);
    for point in &series.points {
        let value = point.value.round();
        if value > last && !is_rising {
            (losses.count, losses.latest) = (losses.count.saturating_add(1), point.at);
        }
        // In a minute like the one before it goes on rising or falling as it did.
        is_rising = value > last || (is_rising && value >= last);
        (losses.fewest, losses.most) = (losses.fewest.min(value), losses.most.max(value));
        last = value;
    }
    Ok(losses)
}

fn found(
    cause: &dyn Cause,
    scope: &Scope<'_>,
    server: &ServerHealth,
    now: &ServerHealth,
    losses: Option<Losses>,
) -> Finding {
    let well = now.health == Health::Healthy;
    let failing = server.health == Health::Healthy;
    let verdict = match (failing, well) {
        (true, false) if is_alike(&server.symptom, &now.symptom) => Verdict::Confirmed,
        // It is another way now than it was a moment ago, and was so before.
        (true, true) | (false, false) if losses.is_some() => Verdict::Confirmed,
        (true, true) => Verdict::RuledOut,
        (false, true) => Verdict::Confirmed,
        (_, false) => Verdict::Consistent,
    };
    let sentence = match losses {
        Some(losses) => about_flapping(server, failing, well, losses),
        None if failing => about_failing(scope, server, verdict),
        None => about_recovering(scope, server, verdict),
    };
    let alike = scope.sick.iter().chain(&scope.suspect).filter(|(_, other)| {
        other.log_disagrees() && other.health == server.health && other.address != server.address
    });
    let latest =
        Text::of(format!("Backend health: {} with the latest probe ", server.reported)).code(&server.log);
    let mut evidence = vec![
        match alike.count() {
            0 => latest,
            more => latest.say(format!("; and {more} more like it")),
        },
        Text::of("Probe of ")
            .code(&scope.probe.path)
            .say(" on demand: ")
            .code(&now.address)
            .say(format!(" {}", now.symptom.in_words())),
    ];
    evidence.extend(losses.map(losses_line));
    let steps = match losses {
        _ if verdict == Verdict::RuledOut => Vec::new(),
        Some(_) => vec![Text::of(
            "Waiting does not mend it: compare those minutes with the server's restarts, deployments, load and log.",
        )],
        None => steps(scope, server, failing, well),
    };
    by_hand(cause, scope, verdict, sentence, evidence, steps)
}

fn losses_line(losses: Losses) -> Text {
    let Losses { count, fewest, most, latest } = losses;
    Text::of("Metric ")
        .code("UnhealthyHostCount")
        .say(format!(": rose {count} times in 30 minutes, between {fewest:.0} and {most:.0}, the last time "))
        .time(latest)
}

fn about_flapping(server: &ServerHealth, failing: bool, well: bool, losses: Losses) -> Text {
    let named = Text::of("Server ").code(&server.address);
    let now = match (failing, well) {
        (_, true) => " answers the probe now",
        (true, false) => " still counts as Healthy and fails the probe now",
        (false, false) => " answered the latest probe and fails the same one now",
    };
    let count = losses.count;
    named.say(now).say(format!(". It comes and goes: its pool lost servers {count} times in 30 minutes."))
}

/// Whether a probe failed twice in the same way. One on demand is known to complain about TLS where the regular
/// one does not, so that any failure will not do.
fn is_alike(latest: &Symptom, now: &Symptom) -> bool {
    latest.slug() == now.slug() || (is_out_of_reach(latest) && is_out_of_reach(now))
}

/// How long it takes until the state follows, in seconds.
fn delay_s(scope: &Scope<'_>) -> u32 {
    scope.probe.interval_s.saturating_mul(scope.probe.unhealthy_threshold)
}

fn about_failing(scope: &Scope<'_>, server: &ServerHealth, verdict: Verdict) -> Text {
    let (probes, seconds) = (scope.probe.unhealthy_threshold, delay_s(scope));
    let named = Text::of("Server ").code(&server.address);
    match verdict {
        Verdict::Confirmed => named.say(format!(
            " still counts as Healthy and fails the probe now: it will be Unhealthy after {probes} failures in a row, within about {seconds} s."
        )),
        Verdict::RuledOut => named.say(" failed the latest probe, and answers the same one now."),
        _ => named.say(" counts as Healthy and failed the latest probe; asked again, it fails in another way. What is true is not settled."),
    }
}

fn about_recovering(scope: &Scope<'_>, server: &ServerHealth, verdict: Verdict) -> Text {
    let named = Text::of("Server ").code(&server.address);
    match verdict {
        Verdict::Confirmed => named.say(format!(
            " answers the probe again and still counts as {}: the state follows within about {} s.",
            server.reported,
            delay_s(scope)
        )),
        _ => named.say(" answered the latest probe, and fails the same one now: it comes and goes."),
    }
}

fn steps(scope: &Scope<'_>, server: &ServerHealth, failing: bool, well: bool) -> Vec<Text> {
    let seconds = delay_s(scope);
    let step = match (failing, well) {
        (false, true) => {
            let wait = Text::of(format!(
                "Wait, and press Re-check in about {seconds} s. If nothing has changed by then, not every instance of the gateway reaches the server"
            ));
            match host_kind(&server.address) {
                HostKind::Address => wait.say("."),
                _ => wait.say(": look whether its name has several addresses."),
            }
        }
        (true, _) => Text::of(
            "See what changed in the last minutes: a deployment, a rule, a peering. Other findings say what was looked at.",
        ),
        (false, false) => Text::of(format!(
            "Press Re-check in about {seconds} s; if it goes on, look at the server's own load and log."
        )),
    };
    vec![step]
}
