//! The web application firewall at the gateway refuses visitors, so no server is to blame for a 403.
//!
//! Confirmed by: the gateway's own 403 page, a firewall that blocks (enabled, in Prevention mode) at that
//! listener, and the same path answered by the servers when the gateway asks them itself. That last part tells
//! it from another gateway behind this one, whose firewall would refuse the probe as well.
//! Mended by: the rule that blocks: an exclusion or a custom rule. Never by switching the firewall off.
//! Source: Microsoft, "Troubleshoot Web Application Firewall for Azure Application Gateway".

use super::{Cause, Link, gateway_link, of_gateway, servers_line, unseen, visits_line};
use crate::card::Text;
use crate::diagnosis::{Finding, Verdict};
use crate::evidence::{Asked, Inquiry, Logged, Seen, TrialWanted, Unknown, Visit};
use crate::gateway::{HostChoice, Target, json};
use crate::health::{Health, ServerHealth};
use crate::monitor::firewall::{Firewall, Mode};
use crate::monitor::logs::{BlockedRow, FirewallLog};
use crate::monitor::metrics::{Metrics, Series};
use crate::monitor::settings::FIREWALL_LOG;

pub(super) struct FirewallBlocks;

impl Cause for FirewallBlocks {
    fn id(&self) -> &'static str {
        "web-application-firewall"
    }

    fn about(&self) -> &'static str {
        "The web application firewall at the gateway refuses visitors with 403."
    }

    fn breaks(&self) -> Link {
        Link::Gateway
    }

    fn survey(&self, inquiry: &Inquiry<'_>) -> Option<Finding> {
        let refused = |visit: &&Visit| visit.seen == Seen::GatewayError { status: 403 };
        let visit = inquiry.evidence.visits.iter().find(refused)?;
        let firewalls = Firewall::of(&inquiry.evidence.gateway, &visit.listener);
        if firewalls.is_empty() {
            return None;
        }
        match inquiry.firewall_modes(&firewalls) {
            Err(Unknown::Pending) => None,
            Err(why) => Some(unseen(self, "Whether the web application firewall refuses visitors", &why)),
            Ok(modes) if modes.contains(&Mode::Prevention) => {
                blocks(self, inquiry, visit, &firewalls, &modes)
            }
            Ok(_) => {
                let sentence = Text::of(
                    "The web application firewall is not set to refuse anything. A page like this may come from another application gateway behind this one.",
                );
                Some(of_gateway(self, Verdict::RuledOut, sentence, vec![visits_line([visit])], Vec::new()))
            }
        }
    }
}

fn blocks(
    cause: &dyn Cause,
    inquiry: &Inquiry<'_>,
    visit: &Visit,
    firewalls: &[Firewall],
    modes: &[Mode],
) -> Option<Finding> {
    let (log, servers, answers) = (inquiry.firewall_log(), behind(inquiry, visit), inquiry.answers());
    let pending = |unknown: Option<&Unknown>| unknown == Some(&Unknown::Pending);
    if pending(log.as_ref().err()) || pending(servers.as_ref().err()) {
        return None;
    }
    let green = servers.as_ref().is_ok_and(|servers| {
        !servers.is_empty() && servers.iter().all(|server| server.health == Health::Healthy)
    });
    let all_block = modes.iter().all(|mode| *mode == Mode::Prevention);
    let sure = green && all_block && !checks_tokens(inquiry);
    let verdict = if sure { Verdict::Confirmed } else { Verdict::Consistent };
    let url = Text::new().link(&visit.url, &visit.url);
    let sentence = match verdict {
        Verdict::Confirmed => Text::of("The web application firewall refuses the visit to ")
            .text(url)
            .say(" with 403. The servers answer that path, so nothing is wrong behind the gateway."),
        _ => Text::of("The gateway itself refuses the visit to ")
            .text(url)
            .say(" with 403, as its web application firewall does. That it is the firewall is not settled."),
    };
    let mut evidence = vec![mode_line(modes), root_line(&servers)];
    evidence.extend(log_lines(visit, &log));
    evidence.extend(answers.ok().and_then(answers_line));
    evidence.push(visits_line([visit]));
    let is_kept = log != Ok(Logged::NotKept);
    Some(of_gateway(cause, verdict, sentence, evidence, steps(inquiry, firewalls, is_kept)))
}

/// What the servers answer to `/` when the gateway asks them as it would for this visit. Its own probes do not
/// pass its firewall.
fn behind<'a>(inquiry: &Inquiry<'a>, visit: &Visit) -> Asked<&'a Vec<ServerHealth>> {
    let nowhere = || Unknown::Odd("no rule leads from there to a server".to_owned());
    let gateway = &inquiry.evidence.gateway;
    let route =
        gateway.routes().iter().find(|route| route.listener == visit.listener && route.path.is_none());
    let Some(Target::Backend { pool, setting }) = route.map(|route| &route.target) else {
        return Err(nowhere());
    };
    let incoming = gateway.setting(setting).ok_or_else(nowhere)?.host == HostChoice::Incoming;
    let wanted = TrialWanted::of(pool, setting, "/");
    let wanted = match host_of(&visit.url) {
        Some(host) if incoming => wanted.with_host(host),
        _ => wanted,
    };
    inquiry.ask(&wanted.into())
}

/// The host name of a visit's URL.
fn host_of(url: &str) -> Option<&str> {
    let host = url.split_once("://")?.1.split(['/', '?']).next()?;
    host.split(':').next().filter(|host| !host.is_empty())
}

/// Whether some rule checks tokens at the gateway, which refuses visitors as well.
fn checks_tokens(inquiry: &Inquiry<'_>) -> bool {
    let raw = inquiry.evidence.gateway.raw();
    json::children(raw, "requestRoutingRules").any(|(_, rule)| {
        json::properties(rule).get("entraJWTValidationConfig").is_some_and(|own| !own.is_null())
    })
}

fn mode_line(modes: &[Mode]) -> Text {
    let line = "Firewall at this listener: enabled, mode ";
    if modes.iter().all(|mode| *mode == Mode::Prevention) {
        return Text::of(line).code("Prevention");
    }
    Text::of("Firewall: mode ").code("Prevention").say(" for some of the listener's paths only")
}

fn root_line(servers: &Asked<&Vec<ServerHealth>>) -> Text {
    let line = Text::of("Probe of ").code("/").say(" on demand, which does not pass the firewall: ");
    match servers {
        Ok(servers) => servers_line(line, servers),
        Err(why) => line.say(format!("not run, {why}")),
    }
}

/// How many visitors were refused lately, and how many of them by a server: the bot's own visit is only one.
fn answers_line(answers: &Metrics) -> Option<Text> {
    let sum = |metric, group| answers.with(metric, "HttpStatusGroup", group).and_then(Series::sum);
    let (refused, served) = (sum("ResponseStatus", "4xx")?, sum("ResponseStatus", "2xx"));
    let behind = sum("BackendResponseStatus", "4xx").unwrap_or(0.0);
    let served = served.map(|served| format!(", and {served:.0} with 2xx")).unwrap_or_default();
    Some(Text::of(format!(
        "Metrics of the last 15 minutes: {refused:.0} requests answered with 4xx, {behind:.0} of them by servers{served}"
    )))
}

/// What was blocked for this site. That there is nothing proves nothing: the log comes late.
fn log_lines(visit: &Visit, log: &Asked<Logged<'_, FirewallLog>>) -> Vec<Text> {
    let log = match log {
        Err(why) => return vec![Text::of(format!("Firewall log: not read, {why}"))],
        Ok(Logged::NotKept) => {
            return vec![Text::of("Firewall log: not sent to a Log Analytics workspace")];
        }
        Ok(Logged::Log(log)) => log,
    };
    let host = host_of(&visit.url).unwrap_or_default();
    let mine = log.0.iter().filter(|row| row.host.eq_ignore_ascii_case(host)).take(3);
    let line = |row: &BlockedRow| {
        let times =
            if row.requests == 1 { "request".to_owned() } else { format!("{} requests", row.requests) };
        Text::of("Firewall log: rule ").code(&row.rule).say(format!(" blocked {times} for ")).code(&row.path)
    };
    mine.map(line).collect()
}

fn steps(inquiry: &Inquiry<'_>, firewalls: &[Firewall], is_kept: bool) -> Vec<Text> {
    let (gateway, place) = gateway_link(inquiry);
    let (link, command) = match firewalls.first() {
        Some(Firewall::Policy(id)) => (
            Text::new().link(id.name().as_str(), id.portal_url()),
            format!("az network application-gateway waf-policy show --ids {id}"),
        ),
        _ => (
            gateway,
            format!(
                "az network application-gateway waf-config show {}",
                place.replace("-n ", "--gateway-name ")
            ),
        ),
    };
    let keep = Text::of("Let a diagnostic setting of the gateway send ")
        .code(FIREWALL_LOG)
        .say(" to a Log Analytics workspace: nothing else names the rule that blocks.");
    let mut steps: Vec<Text> = (!is_kept).then_some(keep).into_iter().collect();
    steps.extend([
        Text::of("Find in the firewall log the rule that blocks. ")
            .code("949110")
            .say(" only says that the score was too high: the rules behind it are Matched with the same transactionId."),
        Text::of("If these visitors are welcome: add an exclusion or a custom rule for them in ")
            .text(link)
            .say(", and leave the firewall on. To look at it: ")
            .code(command),
    ]);
    steps
}
