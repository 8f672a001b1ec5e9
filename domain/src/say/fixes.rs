//! What people are told about each kind of fix.

use crate::card::Text;
use crate::plan::{Beside, FixKind, Plan};

/// What taking a change back means.
pub(super) fn undo(kind: FixKind) -> &'static str {
    match kind {
        FixKind::HealthProbe | FixKind::UseProbe => {
            "This takes the change back, so that the former probe decides again."
        }
        FixKind::PickHost => {
            "This takes the change back, so that the servers are asked for the former host name again."
        }
        FixKind::RaiseTimeout => {
            "This takes the change back, so that the probe waits no longer than it did before."
        }
        FixKind::ExcludePath => {
            "This takes the change back, so that App Service asks for a login on that path again. It restarts the app."
        }
        FixKind::Logs => "This deletes the diagnostic setting, so that the logs are kept no longer.",
        FixKind::Alerts => "This deletes the metric alerts, so that nobody is told by them any more.",
    }
}

/// That a change was taken back.
pub(super) fn undone(kind: FixKind) -> &'static str {
    match kind {
        FixKind::HealthProbe | FixKind::UseProbe => {
            "The change was taken back; the former probe decides again."
        }
        FixKind::PickHost => {
            "The change was taken back; the servers are asked for the former host name again."
        }
        FixKind::RaiseTimeout => "The change was taken back; the probe waits no longer than it did before.",
        FixKind::ExcludePath => "The change was taken back; App Service asks for a login on that path again.",
        FixKind::Logs => "The diagnostic setting was deleted; what was logged until now stays.",
        FixKind::Alerts => "The metric alerts were deleted.",
    }
}

/// What the way back is good for, where a change did not help.
pub(super) fn way_back(kind: FixKind) -> &'static str {
    match kind {
        FixKind::HealthProbe | FixKind::UseProbe => "Undo restores the former probe.",
        FixKind::PickHost => "Undo restores the former host name.",
        FixKind::RaiseTimeout => "Undo restores the former timeout.",
        FixKind::ExcludePath => "Undo restores the former list of paths that need no login.",
        FixKind::Logs | FixKind::Alerts => "Undo deletes what was set up.",
    }
}

/// What to know before approving, beside the change itself.
pub(super) fn warnings(plan: &Plan) -> Vec<Text> {
    match plan.kind() {
        FixKind::HealthProbe | FixKind::UseProbe | FixKind::Logs | FixKind::Alerts => Vec::new(),
        FixKind::PickHost => pick_host(),
        FixKind::RaiseTimeout => raise_timeout(plan),
        FixKind::ExcludePath => exclude_path(plan),
    }
}

/// The health path needs no login any more, and the gateway is to be looked at again.
pub(super) fn let_through() -> Text {
    Text::of(
        "App Service lets the health path through without a login now, and restarts the app. Once that is over the gateway is looked at again: the next plan is the probe that asks for this path.",
    )
}

/// Source: Microsoft, "Configure an App Service app": a change of its settings restarts the app.
fn exclude_path(plan: &Plan) -> Vec<Text> {
    let apps: Vec<&str> = plan.beside().iter().map(Beside::owner).collect();
    vec![
        Text::of("Approve writes this one change to the authentication settings of ")
            .codes(apps)
            .say(", after reading them once more. The gateway itself stays as it is."),
        Text::of("App Service restarts the app for it: requests may fail for a while."),
        Text::of(
            "Anybody can ask for this path then, without a login: approve it only if it tells nothing secret.",
        ),
        Text::of(
            "It is the first of two steps: afterwards the gateway is looked at again, and the probe that asks for this path is a plan of its own. Undo is there until that one is in place.",
        ),
    ]
}

/// Source: Microsoft, "Preserve the original HTTP host name between a reverse proxy and its back-end web
/// application" (incorrect absolute URLs, redirects and cookies).
fn pick_host() -> Vec<Text> {
    vec![
        Text::of(
            "Visitors' requests reach each server under its own name then, not under the one they asked for. An application that makes cookies, redirects or links from the host name makes them for that name: a sign-in may lead there, and a cookie may be lost.",
        ),
        Text::of(
            "If it needs the visitor's own host name: reject this, and add that name to the app as a custom domain.",
        ),
    ]
}

fn raise_timeout(plan: &Plan) -> Vec<Text> {
    let mut notes = vec![Text::of(
        "This mends the probe and not the application: find out why it is slow. Visitors' requests wait no longer than before.",
    )];
    notes.extend(plan.probes().iter().map(|planned| {
        let probe = &planned.probe;
        let seconds = u64::from(probe.interval_s) * u64::from(probe.unhealthy_threshold);
        Text::of("With ").code(&probe.name).say(format!(
            " probing every {} s, a server that fails counts as Unhealthy after about {seconds} s.",
            probe.interval_s
        ))
    }));
    notes
}
