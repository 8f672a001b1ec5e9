//! The incident's one message, for each of its states.

use crate::approval::ApprovedPlan;
use crate::card::{Action, Card, Fact, Text, Tone, Verb, Weight};
use crate::diagnosis::{Diagnosis, Outcome, Overall, PathView, Verdict};
use crate::health::Health;
use crate::incident::{AlertSeen, Done, Incident, State};
use crate::say::findings::{
    EVIDENCE_SHOWN, FINDINGS_SHOWN, cause, finding_line, in_short, more, open_findings, other_findings, seen,
    steps,
};
use crate::say::offer::{self, decided, why};
use crate::say::path::path;
use crate::say::servers::{server_lines, servers, servers_in_words, site_facts};
use crate::say::{self, errand, fixes, snippets, snooze};

/// The incident as people see it now.
#[must_use]
pub fn incident(incident: &Incident) -> Card {
    let mut card = match &incident.state {
        State::Diagnosing => diagnosing(incident),
        State::Superseded { why } => superseded(incident, why),
        State::Explained => explained(incident),
        State::Proposed(proposal) => offer::proposed(incident, proposal),
        State::Approved(approved) => writing(incident, approved),
        State::Applying(write) => writing(incident, &write.approved),
        State::Verifying(verification) => verifying(incident, &verification.done),
        State::Fixed(done) => fixed(incident, done),
        State::NotFixed(done) => not_fixed(incident, done),
        State::Undone(done) => undone(incident, done),
        State::Rejected { by, at, reason } => {
            let lead = Text::of("Rejected by ").person(by).say(" at ").time(*at);
            let lead =
                reason.as_ref().map_or_else(|| lead.clone().say("."), |why| lead.clone().say(": ").say(why));
            undecided(incident, "Rejected", lead)
        }
        State::Expired { at } => {
            let lead = Text::of("Nobody decided before ")
                .time(*at)
                .say(", so the offer expired. Nothing was written.");
            undecided(incident, "Expired", lead)
        }
        State::Snoozed { by, until } => snooze::quiet(incident, by, *until),
        State::Declined { why } => errand::declined(incident, why),
        State::Failed { why } => failed(incident, why),
    };
    card.link = Some(incident.gateway.resource().portal_url());
    card.footer.push(footer(incident));
    card
}

/// The most alerts that a card names, the latest first.
const ALERTS_SHOWN: usize = 3;

const OBSERVING: &str = "This is the change that would mend it. I only observe this gateway, so somebody else has to make it; agw check says why.";

pub(super) fn card(incident: &Incident, tone: Tone, status: &str, lead: Text) -> Card {
    let mut card = Card::new(tone, status, incident.gateway.name().as_str(), lead);
    card.facts.extend(incident.alerts.iter().rev().take(ALERTS_SHOWN).map(alert_fact));
    card
}

fn alert_fact(alert: &AlertSeen) -> Fact {
    let name = format!("{} {}", alert.severity, alert.rule);
    let mut value = Text::of(name.trim());
    if alert.count > 1 {
        value = value.say(format!(", fired {} times, latest ", alert.count)).time(alert.last_at);
    }
    if let Some(at) = alert.resolved_at {
        value = value.say(", resolved ").time(at);
    }
    Fact::new("Alert", value)
}

/// A reason as it stands within a sentence: without the full stop that it came with.
pub(super) fn reason(why: &str) -> &str {
    why.trim().trim_end_matches('.')
}

/// Re-check, where there is still something to look at again.
fn recheck(incident: &Incident) -> Option<Action> {
    incident.is_open().then(|| say::recheck(&incident.id))
}

/// The way back, while there is a change that can be taken back.
fn undo(incident: &Incident) -> Option<Action> {
    let action = || say::button(Verb::Undo, "Undo", Weight::Plain, &incident.id, None);
    incident.can_undo().then(action)
}

fn footer(incident: &Incident) -> Text {
    let text = Text::new().code(&incident.id);
    let text = match &incident.asked_by {
        Some(person) => text.say(" · asked by ").person(person),
        None => text.say(" · opened by an alert"),
    };
    text.say(" · ").time(incident.opened_at)
}

fn diagnosing(incident: &Incident) -> Card {
    if let Some(wanted) = incident.errand {
        return card(incident, Tone::Working, "Looking", errand::surveying(wanted));
    }
    if incident.goes_on() {
        return card(incident, Tone::Working, "One step done", fixes::let_through());
    }
    let lead = Text::of(
        "Reading the configuration and what the gateway says about its servers. Azure takes up to a minute for that.",
    );
    card(incident, Tone::Working, "Diagnosing", lead)
}

fn superseded(incident: &Incident, why: &str) -> Card {
    let why = reason(why);
    let lead = Text::of(format!(
        "The approved plan is void: {why}. Reading the gateway again; a new plan needs a new approval."
    ));
    card(incident, Tone::Working, "Plan void", lead)
}

fn failed(incident: &Incident, why: &str) -> Card {
    let mut card = card(incident, Tone::Trouble, "Failed", Text::of(why));
    card.actions.extend(recheck(incident).into_iter().chain(undo(incident)));
    if incident.is_open() {
        card.notes.push(Text::of("Re-check looks at the gateway as it is now."));
    }
    if incident.can_undo() {
        card.notes.push(Text::of("Undo makes sure that the change is not in place."));
    }
    card
}

fn explained(incident: &Incident) -> Card {
    let Some(found) = &incident.diagnosis else { return diagnosing(incident) };
    let sure = found.lead().is_some_and(|finding| finding.verdict == Verdict::Confirmed);
    let mut card = match found.overall {
        Overall::Healthy => healthy(incident, found),
        Overall::Unclear if !sure => unclear(incident, found),
        Overall::Unclear | Overall::Unhealthy | Overall::Impaired => by_hand(incident, found),
    };
    card.actions.extend(undo(incident));
    card
}

fn healthy(incident: &Incident, found: &Diagnosis) -> Card {
    let servers = servers(&found.paths);
    let well = if found.lead().is_some() { "No server is sick" } else { "All is well" };
    let lead = match servers.is_empty() {
        true => Text::of("No rule sends visitors to a server, so there is none that could be unhealthy."),
        false => Text::of(format!("{well}: {}.", servers_in_words(&servers))),
    };
    let mut card = card(incident, Tone::Good, "Healthy", lead);
    if let Some(finding) = found.lead() {
        card.facts.push(cause(finding));
        card.evidence.push(finding_line("", finding));
        card.notes.extend(steps(Some(finding)));
    }
    card.facts.extend(site_facts(&found.visits));
    card.evidence.extend(other_findings(found));
    card.evidence.extend(server_lines(&found.paths));
    card.notes.push(Text::of(
        "If visitors still see errors: look at what the application answers, and at the gateway's firewall log.",
    ));
    card
}

fn unclear(incident: &Incident, found: &Diagnosis) -> Card {
    let lead = Text::of(
        "What the gateway says about its servers could not be read in full, so there is no verdict.",
    );
    let mut card = card(incident, Tone::Attention, "Unclear", lead);
    card.facts.extend(site_facts(&found.visits));
    if let Some(finding) = found.lead() {
        card.path = path(found, finding);
        card.facts.insert(0, cause(finding));
    }
    let gaps = found.gaps.iter().take(EVIDENCE_SHOWN);
    card.evidence = gaps.map(|gap| Text::of(format!("Not seen: {gap}"))).collect();
    card.evidence.extend(more(found.gaps.len(), EVIDENCE_SHOWN, "gap"));
    card.evidence.extend(open_findings(found).take(FINDINGS_SHOWN).map(|found| finding_line("", found)));
    card.evidence.extend(in_short(found));
    card.notes.extend(steps(found.lead()));
    card.actions.extend(recheck(incident));
    card
}

/// What is wrong, as facts and evidence, whatever can be done about it.
pub(super) fn trouble(incident: &Incident, found: &Diagnosis) -> Card {
    let (state, wrong) = match found.overall {
        Overall::Impaired => {
            ("Impaired", "Every server is Healthy, and yet visitors get errors from the gateway.")
        }
        _ => ("Unhealthy", "Some server is not Healthy."),
    };
    let lead = found.lead().map_or_else(|| Text::of(wrong), |finding| finding.sentence.clone());
    let mut card = card(incident, Tone::Trouble, state, lead);
    if let Some(finding) = found.lead() {
        card.facts.push(cause(finding));
        card.path = path(found, finding);
        card.evidence.extend(seen(finding));
    }
    card.facts.push(Fact::new("Servers", Text::of(servers_in_words(&servers(&found.paths)))));
    card.facts.extend(site_facts(&found.visits));
    card.evidence.extend(other_findings(found));
    card
}

fn by_hand(incident: &Incident, found: &Diagnosis) -> Card {
    let mut card = trouble(incident, found);
    match &found.outcome {
        Outcome::AddEndpoint { path, status } => {
            let owned = found.findings.iter().any(|finding| finding.cause == "ingress-controller");
            add_endpoint(&mut card, path, *status, owned);
        }
        Outcome::Refused { why } => {
            card.notes.push(Text::of(format!("I know a fix and will not write it: {}.", reason(why))));
        }
        Outcome::Offer(plan) => {
            card.diff = plan.preview();
            card.notes.push(Text::of(OBSERVING));
        }
        _ => card.notes.extend(steps(found.lead())),
    }
    card.actions.extend(recheck(incident));
    card
}

fn add_endpoint(card: &mut Card, path: &str, status: Option<u16>, owned: bool) {
    card.status = "Add the endpoint".to_owned();
    card.tone = Tone::Attention;
    let now = status.map_or_else(
        || Text::new().code(path).say(" does not answer 200 today. "),
        |status| Text::new().code(path).say(format!(" answers {status} today. ")),
    );
    // Whatever the bot wrote, an ingress controller would overwrite.
    let then = match owned {
        true => {
            "and name it in the cluster, as a readinessProbe or in the ingress's health-probe annotations"
        }
        false => "and press Re-check: then I can point the probe at it",
    };
    card.notes.push(now.say(format!(
        "Add an endpoint there that answers 200 without a login, deploy it, {then}. Nothing was written."
    )));
    card.snippets = snippets::endpoint(path);
}

fn writing(incident: &Incident, approved: &ApprovedPlan) -> Card {
    let lead = Text::of("The change is being written. Azure takes about a minute.");
    let mut card = card(incident, Tone::Working, "Writing", lead);
    card.facts.push(decided(approved));
    card.facts.extend(why(approved));
    card.diff = approved.plan().preview();
    card
}

fn verifying(incident: &Incident, done: &Done) -> Card {
    let lead = Text::of("The change is in place. Waiting for the servers to be Healthy.");
    let mut card = card(incident, Tone::Working, "Verifying", lead);
    written(&mut card, done);
    if let Some(why) = &done.unread {
        card.notes.push(Text::of(format!("The latest look told nothing: {}. I look again.", reason(why))));
    }
    card
}

/// What was written, and how things are now.
fn written(card: &mut Card, done: &Done) {
    card.facts.push(decided(&done.approved));
    card.facts.extend(why(&done.approved));
    let reached = reached(done);
    if !reached.is_empty() {
        card.facts.push(Fact::new("Servers", Text::of(servers_in_words(&servers(&reached)))));
    }
    card.facts.extend(site_facts(&done.visits));
    card.evidence = server_lines(&done.paths);
    card.diff = done.approved.plan().preview();
    if !done.others.is_empty() {
        let others = Text::of("Somebody else changed the gateway meanwhile, and their change is kept: ");
        card.notes.push(others.codes(&done.others));
    }
}

/// The ways that the change reaches: the others say nothing about whether it helped.
fn reached(done: &Done) -> Vec<PathView> {
    let settings = done.approved.plan().settings();
    done.paths.iter().filter(|path| settings.contains(&path.setting)).cloned().collect()
}

/// Servers beside the change that are not Healthy, so that nobody takes "Fixed" for more than it is.
fn still_sick(done: &Done) -> Option<Text> {
    let settings = done.approved.plan().settings();
    let beside: Vec<PathView> =
        done.paths.iter().filter(|path| !settings.contains(&path.setting)).cloned().collect();
    let beside = servers(&beside);
    let sick =
        beside.iter().filter(|(_, health)| !matches!(health, Health::Healthy | Health::Draining)).count();
    (sick > 0).then(|| {
        let one = if sick == 1 { "is not Healthy" } else { "are not Healthy" };
        Text::of(format!(
            "{} of other HTTP settings {one}; this change does not reach them. ",
            say::count(sick, "server")
        ))
    })
}

fn fixed(incident: &Incident, done: &Done) -> Card {
    if done.approved.plan().is_beside() {
        let mut card = errand::done(incident, done);
        card.actions.extend(undo(incident));
        return card;
    }
    let reached = servers_in_words(&servers(&reached(done)));
    let lead = Text::of(format!("The change is in place, and {reached}."));
    let mut card = card(incident, Tone::Good, "Fixed", lead);
    written(&mut card, done);
    if let Some(sick) = still_sick(done) {
        card.notes
            .push(sick.code(format!("/agw diagnose {}", incident.gateway.name())).say(" looks at them."));
    }
    card.actions.extend(undo(incident));
    card
}

fn not_fixed(incident: &Incident, done: &Done) -> Card {
    let lead = match (&done.unread, done.measured_at) {
        (None, _) => {
            let reached = reached(done);
            let servers = servers(&reached);
            let all = servers.iter().all(|(_, health)| *health == Health::Healthy);
            let but =
                if all { ", but the latest probe of some was not answered as it should be" } else { "" };
            Text::of(format!(
                "The change is in place and did not suffice: {}{but}.",
                servers_in_words(&servers)
            ))
        }
        (Some(why), None) => Text::of(format!(
            "The change is in place. Whether it helped is not known, because the servers' health could not be read: {}.",
            reason(why)
        )),
        (Some(why), Some(at)) => Text::of("The change is in place and had not helped by ")
            .time(at)
            .say(format!(". After that, the servers' health could not be read: {}.", reason(why))),
    };
    let mut card = card(incident, Tone::Trouble, "Not fixed", lead);
    written(&mut card, done);
    card.notes.push(Text::of("Look at: the port the application listens on; its certificate, if the probe uses HTTPS; DNS in the gateway's network; network security groups and routes between gateway and servers; an application slower than the probe's timeout."));
    card.actions.extend(recheck(incident).into_iter().chain(undo(incident)));
    if incident.can_undo() {
        card.notes.push(Text::of(fixes::way_back(done.approved.plan().kind())));
    }
    card
}

fn undone(incident: &Incident, done: &Done) -> Card {
    let lead = Text::of(fixes::undone(done.approved.plan().kind()));
    let mut card = card(incident, Tone::Neutral, "Undone", lead);
    written(&mut card, done);
    card
}

fn undecided(incident: &Incident, status: &str, lead: Text) -> Card {
    let mut card = card(incident, Tone::Neutral, status, lead);
    if let Some(finding) = incident.diagnosis.as_ref().and_then(Diagnosis::lead) {
        card.evidence.push(finding.sentence.clone());
    }
    card.actions.extend(recheck(incident).into_iter().chain(undo(incident)));
    card
}
