//! Azure itself has a fault or works on the gateway.
//!
//! Asked only when nothing is known of any server, or when visitors fail although every server is Healthy.
//! Confirmed by: Resource Health, which says Unavailable or Degraded for a reason of Azure's own, while the
//! gateway's subnet lets Azure manage it: a gateway that is cut off from Azure looks like a fault as well.
//! Mended by: Azure. Source: Microsoft, "Azure Resource Health overview" and "Backend health, back-end health
//! is Unknown".

use super::gateway_subnet::troubles;
use super::{Cause, Link, gateway_link, of_gateway, unseen, visits_line};
use crate::card::Text;
use crate::diagnosis::{Finding, Verdict};
use crate::evidence::{Inquiry, Unknown, Visit};
use crate::health::Symptom;
use crate::monitor::resource_health::{Availability, Reason, State};

pub(super) struct Platform;

impl Cause for Platform {
    fn id(&self) -> &'static str {
        "platform-event"
    }

    fn about(&self) -> &'static str {
        "Azure itself has a fault, or works on the gateway."
    }

    fn breaks(&self) -> Link {
        Link::Gateway
    }

    fn survey(&self, inquiry: &Inquiry<'_>) -> Option<Finding> {
        let failed: Vec<&Visit> = inquiry.failed_visits_to_well_servers().collect();
        if !inquiry.evidence.gateway.is_running() || (failed.is_empty() && !inquiry.is_in_the_dark()) {
            return None;
        }
        let (availability, troubles) = (inquiry.resource_health(), troubles(inquiry));
        let is_managed = match troubles {
            Err(Unknown::Pending) => return None,
            Ok(troubles) => troubles.is_empty(),
            Err(_) => false,
        };
        match availability {
            Err(Unknown::Pending) => None,
            Err(why) => Some(unseen(self, "Whether Azure itself has a fault", &why)),
            Ok(availability) => found(self, inquiry, availability, is_managed, &failed),
        }
    }

    fn explains(&self, symptom: &Symptom) -> Option<&'static str> {
        let settles = "What Resource Health says of the gateway.";
        matches!(symptom, Symptom::StatusUnavailable | Symptom::NotReported).then_some(settles)
    }
}

fn found(
    cause: &dyn Cause,
    inquiry: &Inquiry<'_>,
    availability: &Availability,
    is_managed: bool,
    failed: &[&Visit],
) -> Option<Finding> {
    let (verdict, sentence) = match (availability.state, availability.reason) {
        (State::Available, _) => {
            (Verdict::RuledOut, Text::of("Azure knows of no fault of its own at the gateway."))
        }
        (State::Unknown, _) => {
            let why = Unknown::Odd("Resource Health has no word about it".to_owned());
            return Some(unseen(cause, "Whether Azure itself has a fault", &why));
        }
        (state, Reason::Planned) => (sure(is_managed), event(state, "planned maintenance by Azure")),
        (state, Reason::Unplanned) => (sure(is_managed), event(state, "an unplanned event at Azure")),
        (state, Reason::User) => (Verdict::Consistent, event(state, "something that was done to it")),
        (state, Reason::Unsaid) => (Verdict::Consistent, event(state, "a reason that Azure does not give")),
    };
    let mut evidence = vec![line(availability)];
    if !failed.is_empty() {
        evidence.push(visits_line(failed.iter().copied()));
    }
    if verdict == Verdict::Consistent && !is_managed {
        evidence.push(Text::of("Not seen: that the gateway's own subnet lets Azure manage it"));
    }
    Some(of_gateway(cause, verdict, sentence, evidence, steps(inquiry, verdict)))
}

fn sure(is_managed: bool) -> Verdict {
    if is_managed { Verdict::Confirmed } else { Verdict::Consistent }
}

fn event(state: State, what: &str) -> Text {
    let state = if state == State::Degraded { "Degraded" } else { "Unavailable" };
    Text::of("Azure calls the gateway ").bold(state).say(format!(", for {what}."))
}

fn line(availability: &Availability) -> Text {
    let line = Text::of(format!("Resource Health: {:?}", availability.state));
    let line = match &availability.since {
        Some(since) => match since.parse() {
            Ok(since) => line.say(" since ").time(since),
            Err(_) => line.say(format!(" since {since}")),
        },
        None => line,
    };
    if availability.summary.is_empty() { line } else { line.say(", ").code(&availability.summary) }
}

fn steps(inquiry: &Inquiry<'_>, verdict: Verdict) -> Vec<Text> {
    if verdict == Verdict::RuledOut {
        return Vec::new();
    }
    let (link, _) = gateway_link(inquiry);
    vec![
        Text::of("Follow Resource Health of ").text(link).say(" and the Service Health of its region."),
        Text::of(
            "If it lasts, open a support request with this finding. Change nothing at the gateway meanwhile.",
        ),
    ]
}
