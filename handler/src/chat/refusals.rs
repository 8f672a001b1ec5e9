//! Every refusal and every expiry, as each platform shows it.

use domain::approval::Refusal;
use domain::card::Card;
use domain::id::GatewayId;
use domain::incident::{Incident, IncidentId, State};
use domain::request::{Channel, Person, Platform};
use domain::say;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::terminal::Terminal;
use super::{discord, slack, teams};

fn at() -> Timestamp {
    "2026-11-22T03:04:05Z".parse().expect("a moment")
}

fn channel(id: &str) -> Channel {
    Channel { platform: Platform::Slack, id: id.to_owned() }
}

fn incident() -> Incident {
    let group = "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-shop";
    let id = format!("{group}/providers/Microsoft.Network/applicationGateways/agw-shop");
    let gateway = GatewayId::parse(&id).expect("an id");
    let id = IncidentId::parse("INC-7K2F").expect("an id");
    Incident::open(id, gateway, None, vec![channel("C1")], at())
}

/// What is told in private, and the message of an offer that expired or was rejected.
fn cards() -> Vec<Card> {
    let by = Person { platform: Platform::Slack, id: "U07ALEX001".to_owned(), name: Some("Alex".to_owned()) };
    let ended = |state: State| {
        let mut incident = incident();
        incident.state = state;
        incident
    };
    let expired = ended(State::Expired { at: at() });
    let rejected = ended(State::Rejected { by, at: at(), reason: Some("we mend the app".to_owned()) });
    let refusals = [
        Refusal::NotAnApprover,
        Refusal::WrongChannel { instead: vec![channel("C05OPS0001"), channel("C09OTHER02")] },
        Refusal::OnlyObserving,
        Refusal::NoWriter,
        Refusal::AskedForIt,
        Refusal::Counted { at: at(), missing: 1 },
        Refusal::OutsideWindow { opens: Some(at()) },
        Refusal::Expired { at: at() },
        Refusal::AnotherPlan,
        Refusal::WhichPlan,
    ];
    let private = refusals.iter().map(|refusal| say::refused(&incident(), refusal));
    let late = [say::decided_already(&expired), say::decided_already(&rejected)];
    private.chain(late).chain([say::incident(&expired), say::incident(&rejected)]).collect()
}

#[test]
fn every_refusal_and_every_expiry_is_shown_in_slack() {
    insta::assert_snapshot!("slack", sent(|card| json!(slack::message(card).blocks)));
}

#[test]
fn every_refusal_and_every_expiry_is_shown_in_teams() {
    insta::assert_snapshot!("teams", sent(teams::render::card));
}

#[test]
fn every_refusal_and_every_expiry_is_shown_in_discord() {
    insta::assert_snapshot!("discord", sent(discord::render::message));
}

/// The cards as a platform gets them.
fn sent(draw: fn(&Card) -> Value) -> String {
    let drawn = cards().into_iter().map(|card| serde_json::to_string_pretty(&draw(&card)));
    drawn.collect::<Result<Vec<_>, _>>().expect("JSON").join("\n")
}

#[test]
fn every_refusal_and_every_expiry_is_shown_in_a_terminal_and_to_screen_readers() {
    let drawn: Vec<String> = cards().iter().map(|card| Terminal::default().draw(card)).collect();
    insta::assert_snapshot!("terminal", drawn.join("\n"));
    let plain: Vec<String> = cards().iter().map(Card::plain).collect();
    insta::assert_snapshot!("plain", plain.join("\n\n"));
}

#[test]
fn every_refusal_and_every_expiry_reaches_the_console_as_its_page_reads_it() {
    let sent = cards().iter().map(serde_json::to_string_pretty).collect::<Result<Vec<String>, _>>();
    insta::assert_snapshot!("console", sent.expect("JSON").join("\n"));
}
