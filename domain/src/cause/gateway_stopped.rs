//! The gateway is stopped, or about to be, or not started yet: nobody is served.
//!
//! Confirmed by: its operational state, when no visitor gets an answer and it reports no Healthy server, as one
//! that runs would.
//! Mended by: starting it. Any change to a stopped gateway starts it as well.
//! Source: Microsoft, "Application Gateway frequently asked questions", and `operationalState` in
//! `ApplicationGateway.tsp`.

use super::{Cause, Link, gateway_link, of_gateway, visits_line};
use crate::card::Text;
use crate::diagnosis::{Finding, Verdict};
use crate::evidence::{Inquiry, Seen, Visit};
use crate::health::{BackendHealth, Health};

pub(super) struct GatewayStopped;

impl Cause for GatewayStopped {
    fn id(&self) -> &'static str {
        "gateway-stopped"
    }

    fn about(&self) -> &'static str {
        "The gateway itself is stopped, so nobody is served."
    }

    fn breaks(&self) -> Link {
        Link::Gateway
    }

    fn survey(&self, inquiry: &Inquiry<'_>) -> Option<Finding> {
        let state = inquiry.evidence.gateway.operational_state();
        let known = ["Stopped", "Stopping", "Starting"].iter().any(|known| known.eq_ignore_ascii_case(state));
        if !known {
            return None;
        }
        let verdict = if is_silent(inquiry) { Verdict::Confirmed } else { Verdict::Consistent };
        let (link, place) = gateway_link(inquiry);
        let sentence = match verdict {
            Verdict::Confirmed => Text::of("The gateway is ").bold(state).say(", so nobody is served."),
            _ => Text::of("Azure calls the gateway ").bold(state).say(", and yet it seems to be at work."),
        };
        let mut evidence = vec![Text::of("Configuration: operationalState ").code(state)];
        let visits: Vec<&Visit> = inquiry.evidence.visits.iter().collect();
        evidence.extend((!visits.is_empty()).then(|| visits_line(visits)));
        Some(of_gateway(self, verdict, sentence, evidence, steps(state, &link, &place)))
    }
}

/// Whether nothing speaks for a gateway that runs.
fn is_silent(inquiry: &Inquiry<'_>) -> bool {
    let answered = inquiry.evidence.visits.iter().any(|visit| !matches!(visit.seen, Seen::Nothing { .. }));
    let mut servers = inquiry.evidence.health.value().into_iter().flat_map(BackendHealth::servers);
    !answered && !servers.any(|(_, _, server)| server.health == Health::Healthy)
}

fn steps(state: &str, link: &Text, place: &str) -> Vec<Text> {
    if !state.eq_ignore_ascii_case("Stopped") {
        let wait = Text::of("Wait until ").text(link.clone()).say(" is Running or Stopped, then Re-check.");
        return vec![wait];
    }
    vec![
        Text::of("Find out in the activity log of ").text(link.clone()).say(" who stopped it and why."),
        Text::of("Start it: ")
            .code(format!("az network application-gateway start {place}"))
            .say(". Any other change to it would start it as well."),
    ]
}
