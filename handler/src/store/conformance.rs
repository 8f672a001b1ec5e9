//! What every store has to do: named checks, each against a fresh and empty one.
//!
//! An implementation's tests say `conforms!(make())`, where `make()` gives a [`Subject`]; each check is then
//! a test of its own, with the attribute that stands before: `conforms!(#[ignore = "why"] make())`.
//!
//! Time is virtual where a store believes what it is told, and real where the service has a clock of its own:
//! see [`Subject::reach`].

use std::any::Any;
use std::sync::Arc;
use std::time::Duration;

use domain::command::Command;
use domain::id::GatewayId;
use domain::incident::{Incident, IncidentId};
use domain::request::{Ask, Channel, Person, Platform, ReplyTo, Request, RequestId};
use jiff::{SignedDuration, Timestamp};

use crate::ports::{Clock, Store, Wakeups};

pub(crate) mod conversations;
pub(crate) mod dead_letters;
pub(crate) mod incidents;
pub(crate) mod notes;
pub(crate) mod requests;
pub(crate) mod trail;
pub(crate) mod wakeups;

/// How late a hint may be in real time: a queue counts in whole seconds, and the way there takes a moment.
const LATE: SignedDuration = SignedDuration::from_millis(1_400);
/// How long before its time a hint is looked for in real time, to see that it is not there.
const EARLY: SignedDuration = SignedDuration::from_millis(250);

/// What is checked.
pub(crate) struct Subject {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) wakeups: Arc<dyn Wakeups>,
    /// The moment from which a check counts.
    origin: Timestamp,
    /// The clock, where time is real.
    clock: Option<Arc<dyn Clock>>,
    /// What has to live as long, such as a folder.
    _kept: Box<dyn Any + Send + Sync>,
}

impl Subject {
    /// One value that is both, in virtual time.
    pub(crate) fn of<S: Store + Wakeups + 'static>(both: S, kept: impl Any + Send + Sync) -> Self {
        let both = Arc::new(both);
        Self { store: both.clone(), wakeups: both, origin: at(0), clock: None, _kept: Box::new(kept) }
    }

    /// The same in real time, by this clock.
    pub(crate) fn by(mut self, clock: Arc<dyn Clock>) -> Self {
        self.origin = clock.now();
        self.clock = Some(clock);
        self
    }

    /// The check's first moment, plus so many seconds.
    pub(crate) fn at(&self, seconds: i64) -> Timestamp {
        self.origin + SignedDuration::from_secs(seconds)
    }

    /// Waits until what is due at `moment` must be there, and tells what time it is then.
    pub(crate) async fn reach(&self, moment: Timestamp) -> Timestamp {
        match &self.clock {
            Some(clock) => sleep_until(clock.as_ref(), moment + LATE).await,
            None => moment,
        }
    }

    /// Waits until shortly before `moment`, and tells what time it is then.
    pub(crate) async fn approach(&self, moment: Timestamp) -> Timestamp {
        match &self.clock {
            Some(clock) => sleep_until(clock.as_ref(), moment - EARLY).await,
            None => moment - SignedDuration::from_micros(1),
        }
    }
}

async fn sleep_until(clock: &dyn Clock, moment: Timestamp) -> Timestamp {
    let left = moment.duration_since(clock.now());
    tokio::time::sleep(Duration::try_from(left).unwrap_or_default()).await;
    clock.now()
}

/// Makes each check a test.
macro_rules! conforms {
    (#[$attribute:meta] $make:expr) => {
        $crate::store::conformance::conforms! { @ (#[$attribute]) ($make) }
    };
    ($make:expr) => {
        $crate::store::conformance::conforms! { @ () ($make) }
    };
    (@ $attributes:tt $make:tt) => {
        $crate::store::conformance::conforms! { @ $attributes $make
            requests::a_request_reads_back_as_it_was,
            requests::a_request_is_kept_once,
            requests::of_many_deliveries_at_once_one_is_new,
            requests::a_finished_request_is_gone_and_its_id_known,
            requests::a_failure_is_counted_and_delays,
            requests::a_finished_request_cannot_be_postponed,
            requests::the_sweep_finds_requests_that_nobody_was_woken_for,
            incidents::an_incident_reads_back_as_it_was,
            incidents::a_large_document_reads_back_as_well,
            incidents::of_two_writers_the_second_must_load_again,
            incidents::a_version_of_another_store_is_a_conflict,
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
            wakeups::waiting_ends_when_a_hint_becomes_visible,
            wakeups::waiting_ends_without_a_hint,
            wakeups::other_hints_do_not_hide_one,
            trail::opening_and_saving_add_to_the_trail,
            trail::a_save_that_lost_leaves_no_trace,
            trail::savers_that_race_write_each_entry_once,
            trail::what_was_recorded_stays,
            trail::each_incident_has_its_own,
            conversations::a_channel_is_reached_as_it_was_kept,
            conversations::the_latest_counts,
            conversations::each_channel_of_each_platform_has_its_own,
            notes::a_note_reads_back_as_it_was,
            notes::of_two_who_change_a_note_the_second_must_read_again,
            notes::a_note_with_a_version_of_another_store_is_a_conflict,
            notes::sixteen_who_change_a_note_at_once_each_count,
            dead_letters::a_letter_reads_back_as_it_was,
            dead_letters::the_newest_comes_first,
            dead_letters::one_with_the_same_id_is_replaced,
            dead_letters::after_seven_days_it_is_forgotten,
        }
    };
    (@ $attributes:tt $make:tt $($module:ident :: $check:ident),* $(,)?) => {
        $($crate::store::conformance::conforms! { @@ $attributes $make $module $check })*
    };
    (@@ ($(#[$attribute:meta])?) ($make:expr) $module:ident $check:ident) => {
        #[tokio::test(flavor = "multi_thread")]
        $(#[$attribute])?
        async fn $check() {
            $crate::store::conformance::$module::$check($make).await;
        }
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
    let from = ReplyTo::new(person, channel, url);
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
