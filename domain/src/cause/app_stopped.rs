//! The App Service app is stopped, so that App Service answers 403 to everything.
//!
//! Confirmed by: the app's own state, Stopped or disabled, or a quota that is used up, and 403 as the latest
//! probe result, while no probe on demand is answered otherwise.
//! Mended by: starting the app, or a larger plan.
//! Source: Microsoft, "Troubleshoot HTTP errors of 502 and 503 in Azure App Service", and "Monitor quotas and
//! alerts": an app that is stopped, or over its CPU or bandwidth quota, answers 403.

use super::app_service::{Door, az_group, doors, is_up, recheck, ruled_out};
use super::{Cause, Link, by_hand, each, not_checked};
use crate::card::Text;
use crate::diagnosis::{Finding, Verdict};
use crate::evidence::Scope;
use crate::health::Symptom;
use crate::web::site::{Site, SiteState};

pub(super) struct AppStopped;

impl Cause for AppStopped {
    fn id(&self) -> &'static str {
        "app-service-stopped"
    }

    fn about(&self) -> &'static str {
        "The App Service app is stopped or over its quota, so App Service answers in its place."
    }

    fn breaks(&self) -> Link {
        Link::Server
    }

    fn examine(&self, scope: &Scope<'_>) -> Option<Finding> {
        let doors = doors(scope, is_wanted)?;
        if doors.found.is_empty() {
            let what = "Whether an App Service app is stopped, or keeps the gateway out,";
            return doors.unknown.map(|why| not_checked(self, scope, what, &why));
        }
        let down = |site: &Site| !is_up(site);
        let sites = doors.found.iter().map(|door| Ok(Some((door, scope.site(door.app)?))));
        let (sites, unknown) = each(sites)?;
        if let Some((door, site)) = sites.iter().find(|(_, site)| down(site)) {
            return Some(found(self, scope, door, site));
        }
        Some(match unknown.or(doors.unknown) {
            Some(why) => not_checked(self, scope, "Whether the app is stopped", &why),
            None => ruled_out(self, scope, Text::of("The app runs.")),
        })
    }

    fn explains(&self, symptom: &Symptom) -> Option<&'static str> {
        let settles = "The state of the App Service app behind the server's name.";
        symptom.status().is_some_and(is_wanted).then_some(settles)
    }

    fn covers(&self) -> &'static [&'static str] {
        &["probe-path-refused"]
    }
}

/// A stopped app answers 403; one over its quota may answer with an error of the platform.
fn is_wanted(status: u16) -> bool {
    matches!(status, 403 | 502 | 503)
}

fn found(cause: &dyn Cause, scope: &Scope<'_>, door: &Door<'_>, site: &Site) -> Finding {
    let answered = door.is_open(scope);
    let known = site.state == SiteState::Stopped || !site.enabled || site.exceeded;
    let sure = door.status == 403 && known && !answered;
    let verdict = if sure { Verdict::Confirmed } else { Verdict::Consistent };
    let is = Text::of("The app ").text(door.link()).say(format!(" is {}", in_words(site)));
    let sentence = match (sure, answered) {
        (true, _) => is.say(", so App Service answers 403 to everything, the probe included."),
        (false, true) => is.say(", going by its state, and yet it answered a probe on demand."),
        (false, false) => {
            is.say(format!(". That it answers {} for that reason is not settled.", door.status))
        }
    };
    let usage = if site.exceeded { "Exceeded" } else { "Normal" };
    let state = Text::of("App ")
        .code(door.name())
        .say(" in Azure: state ")
        .code(&site.state)
        .say(format!(", enabled {}, quota {usage}", site.enabled));
    by_hand(cause, scope, verdict, sentence, vec![door.reported(scope), state], steps(door, site))
}

fn in_words(site: &Site) -> String {
    match &site.state {
        SiteState::Stopped if site.exceeded => "stopped, as its quota is used up".to_owned(),
        SiteState::Stopped => "stopped".to_owned(),
        _ if !site.enabled => "disabled".to_owned(),
        _ if site.exceeded => "over its quota".to_owned(),
        SiteState::Running => "Running".to_owned(),
        SiteState::Other(state) => format!("in the state '{state}'"),
    }
}

fn steps(door: &Door<'_>, site: &Site) -> Vec<Text> {
    if site.exceeded {
        return vec![
            Text::of("Scale up the App Service plan of ")
                .text(door.link())
                .say(", or wait until its quota starts anew."),
            recheck(),
        ];
    }
    let start = format!("az {} start {}", az_group(site), door.az());
    let find =
        Text::of("Find out who stopped it, and why, in the activity log of ").text(door.link()).say(".");
    vec![find, Text::of("Start it: ").code(start), recheck()]
}
