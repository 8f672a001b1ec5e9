//! What the causes about App Service have in common: which apps are behind the servers that refuse a probe,
//! and how an app is told about.
//!
//! App Service turns a request away in this order: an app that is stopped, public access, access restrictions,
//! the login, and then the app itself. What comes earlier hides what comes later.
//! Source: Microsoft, "Azure App Service access restrictions" and "Authentication and authorization in Azure
//! App Service", feature architecture.

use super::{Cause, by_hand};
use crate::card::Text;
use crate::diagnosis::{Finding, Verdict};
use crate::evidence::{App, Asked, Scope, Unknown};
use crate::health::{ServerHealth, Symptom};
use crate::id::Name;
use crate::web::site::{Site, SiteState};
use crate::web::{az_names, is_given};

/// A server that refuses the probe, and the app that it is.
pub(super) struct Door<'a> {
    /// The pool that it is in.
    pub(super) pool: Name,
    /// Its name.
    pub(super) host: String,
    /// The status that it refuses the probe with.
    pub(super) status: u16,
    /// The app.
    pub(super) app: &'a App,
}

/// The apps among a setting's servers that refuse the probe, each once.
pub(super) struct Doors<'a> {
    /// The apps that were found.
    pub(super) found: Vec<Door<'a>>,
    /// Why another one is not known.
    pub(super) unknown: Option<Unknown>,
}

/// The apps that refuse a setting's probe with one of these statuses. Nothing, while it is looked up.
pub(super) fn doors<'a>(scope: &Scope<'a>, is_wanted: impl Fn(u16) -> bool) -> Option<Doors<'a>> {
    let mut doors = Doors { found: Vec::new(), unknown: None };
    for (pool, server) in &scope.sick {
        let Some(status) = refusal(server).filter(|status| is_wanted(*status)) else { continue };
        match scope.app(&server.address) {
            Err(Unknown::Pending) => return None,
            Err(why) => doors.unknown = doors.unknown.or(Some(why)),
            // A name of somebody's own may be that of anything.
            Ok(None) if !is_given(&server.address) => {}
            Ok(None) => doors.unknown = doors.unknown.or_else(|| Some(out_of_sight(&server.address))),
            Ok(Some(app)) if doors.found.iter().any(|known| known.app == app) => {}
            Ok(Some(app)) => {
                let (pool, host) = (pool.clone(), server.address.clone());
                doors.found.push(Door { pool, host, status, app });
            }
        }
    }
    Some(doors)
}

fn out_of_sight(host: &str) -> Unknown {
    Unknown::Odd(format!("no app named {host} is among what the bot may read"))
}

/// The status that a server refuses the probe with.
pub(super) fn refusal(server: &ServerHealth) -> Option<u16> {
    match server.symptom {
        Symptom::StatusMismatch { received, .. } => received,
        _ => None,
    }
}

impl Door<'_> {
    /// Whether the app answered some probe on demand otherwise than with this refusal: it does let the gateway
    /// in.
    pub(super) fn is_open(&self, scope: &Scope<'_>) -> bool {
        self.answers(scope).any(|status| status != self.status)
    }

    /// The statuses that the app answered to probes on demand.
    fn answers<'s>(&'s self, scope: &'s Scope<'_>) -> impl Iterator<Item = u16> + 's {
        let trials = scope.evidence.trials.iter();
        let mine = trials.filter(|trial| trial.setting == scope.setting.name && trial.pool == self.pool);
        let servers = mine.filter_map(|trial| trial.servers.value()).flatten();
        servers
            .filter(|server| server.address.eq_ignore_ascii_case(&self.host))
            .filter_map(|server| server.symptom.status())
    }

    /// The app's name.
    pub(super) fn name(&self) -> Name {
        self.app.id.name()
    }

    /// The app, with a link to it.
    pub(super) fn link(&self) -> Text {
        Text::new().link(self.app.id.name().as_str(), self.app.id.portal_url())
    }

    /// What a server by a name of the app's own leaves open.
    pub(super) fn by_its_own_name(&self) -> String {
        format!(
            "the name {} may lead to the app over something else, which would be the one that it sees",
            self.host
        )
    }

    /// How the Azure CLI is told which app is meant.
    pub(super) fn az(&self) -> String {
        az_names(&self.app.id)
    }

    /// What the gateway reports, as a line of evidence.
    pub(super) fn reported(&self, scope: &Scope<'_>) -> Text {
        Text::of("Backend health: ")
            .code(&self.host)
            .say(" answers ")
            .code(&scope.probe.path)
            .say(format!(" with {}", self.status))
    }
}

/// Whether an app runs, and has not used up what it is granted.
pub(super) fn is_up(site: &Site) -> bool {
    site.state == SiteState::Running && site.enabled && !site.exceeded
}

/// The command group of the Azure CLI for an app.
pub(super) fn az_group(site: &Site) -> &'static str {
    if site.is_function() { "functionapp" } else { "webapp" }
}

/// What is ruled out.
pub(super) fn ruled_out(cause: &dyn Cause, scope: &Scope<'_>, sentence: Text) -> Finding {
    by_hand(cause, scope, Verdict::RuledOut, sentence, Vec::new(), Vec::new())
}

/// Both of two answers, each asked for before either is wanted.
pub(super) fn both<A, B>(one: Asked<A>, other: Asked<B>) -> Asked<(A, B)> {
    match (one, other) {
        (Err(Unknown::Pending), _) | (_, Err(Unknown::Pending)) => Err(Unknown::Pending),
        (one, other) => Ok((one?, other?)),
    }
}

/// What the setting's servers say, where one of them is an app: the last step of every remedy.
pub(super) fn recheck() -> Text {
    Text::of("The probe succeeds within its interval; press Re-check then.")
}
