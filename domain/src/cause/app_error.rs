//! The application itself answers with an error, which the gateway passes on: the gateway is not at fault.
//!
//! Confirmed by: servers that are all Healthy, a visit that is answered with 5xx from behind the gateway, and
//! the same status when the gateway asks a server for the same path with the same host name.
//! Mended by: the application.
//! Source: Microsoft, "Troubleshoot HTTP response codes in Application Gateway" (a 5xx of the backend is passed
//! on as it is).

use super::probing::{Tried, as_a_visitor, may_probe};
use super::visitor_host::visit_line;
use super::{Cause, Link, by_hand, of_servers};
use crate::card::Text;
use crate::diagnosis::{Finding, Verdict};
use crate::evidence::Scope;
use crate::evidence::visited::{VISITED, Visited};
use crate::web::az_names;

pub(super) struct AppError;

impl Cause for AppError {
    fn id(&self) -> &'static str {
        "application-error"
    }

    fn about(&self) -> &'static str {
        "The application itself answers with an error, which the gateway passes on."
    }

    fn breaks(&self) -> Link {
        Link::Server
    }

    fn examine(&self, scope: &Scope<'_>) -> Option<Finding> {
        if !scope.sick.is_empty() || scope.servers == 0 || !may_probe(scope) {
            return None;
        }
        let (status, visited) = scope.visited().into_iter().find_map(|visited| {
            let status = visited.answer().filter(|status| *status >= 500)?;
            Some((status, visited))
        })?;
        let tried = Tried::ask(scope, as_a_visitor(scope, &visited.pool, VISITED, visited.host));
        if tried.is_pending() {
            return None;
        }
        let alike = tried.answers().iter().filter(|server| server.symptom.status() == Some(status)).count();
        let verdict = if alike > 0 { Verdict::Confirmed } else { Verdict::Consistent };
        let evidence = vec![
            Text::of("Backend health: every server is Healthy for the probe of ").code(&scope.probe.path),
            visit_line(&visited),
            tried.line(),
        ];
        let sentence = sentence(&visited, status, alike, tried.answers().len());
        Some(by_hand(self, scope, verdict, sentence, evidence, steps(scope, &tried, status)))
    }
}

fn sentence(visited: &Visited<'_>, status: u16, alike: usize, all: usize) -> Text {
    let url = &visited.visit.url;
    if alike == 0 {
        return Text::of("Visitors of ").code(url).say(format!(
            " get {status}, on a page that is not the gateway's own. That a server gives it was not seen on demand."
        ));
    }
    Text::of("The application answers ")
        .code(url)
        .say(" with ")
        .bold(status.to_string())
        .say(format!(": {} of pool ", of_servers(alike, all)))
        .code(&visited.pool)
        .say(if alike == 1 { " gives it" } else { " give it" })
        .say(" to the gateway, too. The gateway only passes it on and is not at fault.")
}

fn steps(scope: &Scope<'_>, tried: &Tried<'_>, status: u16) -> Vec<Text> {
    let find =
        Text::of(format!("Find out in the application's log why it answers {status} to ")).code(VISITED);
    let servers = tried.answers().iter();
    let app = servers.filter_map(|server| scope.app(&server.address).ok().flatten()).next();
    let find = match app {
        Some(app) => find
            .say(": ")
            .link(app.id.name().as_str(), app.id.portal_url())
            .say(", ")
            .code(format!("az webapp log tail {}", az_names(&app.id))),
        None => find.say("."),
    };
    vec![
        find,
        Text::of(
            "If a server with this error should get no visitors: let the probe ask for a path that fails with it.",
        ),
    ]
}
