//! What every store has to do: named checks, each against a fresh and empty one.
//!
//! An implementation's tests say `conforms!(make())`, where `make()` gives a [`Subject`]; each check is then
//! a test of its own.

use std::any::Any;
use std::sync::Arc;

use domain::command::Command;
use domain::id::GatewayId;
use domain::incident::{Incident, IncidentId};
use domain::request::{Ask, Channel, Person, Platform, ReplyTo, Request, RequestId};
use jiff::{SignedDuration, Timestamp};

use crate::ports::{Store, Wakeups};

pub(crate) mod incidents;
pub(crate) mod requests;
pub(crate) mod wakeups;

/// What is checked.
pub(crate) struct Subject {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) wakeups: Arc<dyn Wakeups>,
    /// What has to live as long, such as a folder.
    pub(crate) _kept: Box<dyn Any + Send + Sync>,
}

impl Subject {
    /// One value that is both.
    pub(crate) fn of<S: Store + Wakeups + 'static>(both: S, kept: impl Any + Send + Sync) -> Self {
        let both = Arc::new(both);
        Self { store: both.clone(), wakeups: both, _kept: Box::new(kept) }
    }
}

/// Makes each check a test.
macro_rules! conforms {
    ($make:expr) => {
        $crate::store::conformance::conforms! { @ $make;
            requests::a_request_reads_back_as_it_was,
            requests::a_request_is_kept_once,
            requests::of_many_deliveries_at_once_one_is_new,
            requests::a_finished_request_is_gone_and_its_id_known,
            requests::a_failure_is_counted_and_delays,
            requests::a_finished_request_cannot_be_postponed,
            requests::the_sweep_finds_requests_that_nobody_was_woken_for,
            incidents::an_incident_reads_back_as_it_was,
            incidents::of_two_writers_the_second_must_load_again,
            incidents::of_many_openers_at_once_one_is_first,
            incidents::a_gateway_is_the_same_in_any_spelling,
            incidents::closing_frees_the_gateway,
            incidents::an_id_is_given_once,
            incidents::opening_again_joins_itself,
            incidents::sixteen_writers_each_count,
            incidents::open_incidents_come_newest_first,
            incidents::the_sweep_finds_incidents_when_they_are_due,
            incidents::a_closed_incident_is_still_swept,
            incidents::a_sweep_is_bounded,
            wakeups::a_hint_is_visible_at_its_time_and_taken_once,
            wakeups::a_hint_is_never_early,
            wakeups::doubled_hints_come_once,
            wakeups::a_later_hint_outlives_an_earlier_one,
            wakeups::two_takers_share_the_hints,
            wakeups::whoever_waits_is_told,
            wakeups::a_hint_sent_before_the_wait_counts,
        }
    };
    (@ $make:expr; $($module:ident :: $check:ident),* $(,)?) => {
        $(#[tokio::test(flavor = "multi_thread")]
        async fn $check() {
            $crate::store::conformance::$module::$check($make).await;
        })*
    };
}
pub(crate) use conforms;

/// Some moment, plus so many seconds.
pub(crate) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_790_000_000 + seconds).unwrap()
}

/// A request of its own for each `name`.
pub(crate) fn request(name: &str, seconds: i64) -> Request {
    let person = Person { platform: Platform::Slack, id: "U07ALEX001".into(), name: Some("Alex".into()) };
    let channel = Channel { platform: Platform::Slack, id: "C05OPS0001".into() };
    let url = Some("https://hooks.slack.example/once".into());
    let from = ReplyTo { person, channel, url };
    Request {
        id: RequestId::of(&[name]),
        at: at(seconds),
        ask: Ask::Command { command: Command::List, from },
    }
}

pub(crate) fn gateway(name: &str) -> GatewayId {
    let group = "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-shop";
    GatewayId::parse(&format!("{group}/providers/Microsoft.Network/applicationGateways/{name}")).unwrap()
}

pub(crate) fn incident_id(text: &str) -> IncidentId {
    IncidentId::parse(text).unwrap()
}

/// An incident that has something to do from the moment it is opened.
pub(crate) fn incident(id: &str, gateway_name: &str, seconds: i64) -> Incident {
    let channel = Channel { platform: Platform::Slack, id: "C05OPS0001".into() };
    Incident::open(incident_id(id), gateway(gateway_name), None, vec![channel], at(seconds))
}

/// As if a worker had taken what there is to do, for so many seconds from now on.
pub(crate) fn claimed(mut incident: Incident, now: Timestamp, seconds: i64) -> Incident {
    incident.claim(now, SignedDuration::from_secs(seconds));
    incident
}
