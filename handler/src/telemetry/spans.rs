//! The spans: what is done, within what.
//!
//! A request over HTTP, the handling of a wake-up, the routing of a request, a step of an incident, an effect, a call
//! to Azure, a call to a chat. Their fields stand in every line of the log that is written meanwhile, so they are as
//! important as the most important line, whatever level the log is set to: hence `error_span`.

use domain::command::Command;
use domain::id::GatewayId;
use domain::incident::{Effect, Incident, IncidentId};
use domain::request::{Ask, Platform, Request, RequestId};
use reqwest::{Method, Url};
use tracing::field::{Empty, display};
use tracing::{Span, error_span};

use super::{ids, names};
use crate::ports::Wake;

/// The handling of a wake-up: the root of what is told about it. It belongs to the trace of its incident or request,
/// and links to the invocation by which a Functions host brought it.
#[must_use]
pub fn wake_up(wake: &Wake) -> Span {
    let (kind, id) = match wake {
        Wake::Request(id) => ("request", id.as_str()),
        Wake::Incident(id) => ("incident", id.as_str()),
    };
    let invocation = Span::current();
    let span = error_span!(
        parent: None,
        "wake-up",
        otel.name = format!("wake-up {kind}"),
        otel.kind = "consumer",
        otel.status_code = Empty,
        { names::WAKEUP } = kind,
        { names::INCIDENT } = Empty,
        { names::REQUEST } = Empty,
        { names::ERROR } = Empty,
    );
    let field = if kind == "request" { names::REQUEST } else { names::INCIDENT };
    span.record(field, id);
    ids::begin(&span, id);
    ids::link_to(&span, &invocation);
    span
}

/// The routing of a request to its incident, or its answer.
#[must_use]
pub fn route(request: &Request) -> Span {
    error_span!(
        "route",
        { names::REQUEST } = %request.id,
        { names::ASK } = ask(&request.ask),
        { names::INCIDENT } = Empty,
        { names::GATEWAY } = Empty,
    )
}

/// Says which incident the current span is about, now that it is known.
pub fn about(incident: &IncidentId) {
    let span = Span::current();
    span.record(names::INCIDENT, display(incident));
    ids::link(&span, incident.as_str());
}

/// Says which gateway the current span is about, now that it is known.
pub fn about_gateway(gateway: &GatewayId) {
    Span::current().record(names::GATEWAY, display(gateway));
}

/// Says what the current request over HTTP became: the request that is kept, and the incident, where it names one.
pub fn accepted(id: &RequestId, ask: &Ask) {
    let span = Span::current();
    span.record(names::REQUEST, display(id));
    ids::link(&span, id.as_str());
    if let Some(incident) = named_by(ask) {
        span.record(names::INCIDENT, incident);
    }
}

/// A step of an incident: it is loaded, changed and saved.
#[must_use]
pub fn step(incident: &IncidentId) -> Span {
    error_span!("step", { names::INCIDENT } = %incident, { names::STATE } = Empty)
}

/// An effect that is run.
#[must_use]
pub fn effect(incident: &Incident, which: &Effect, attempts: u32) -> Span {
    let name = effect_name(which);
    error_span!(
        "effect",
        otel.name = format!("effect {name}"),
        { names::INCIDENT } = %incident.id,
        { names::GATEWAY } = %incident.gateway,
        { names::EFFECT } = name,
        { names::ATTEMPT } = attempts,
    )
}

/// A call to Azure.
pub(crate) fn azure(method: &Method, url: &Url, action: &str, id: &str) -> Span {
    error_span!(
        "azure",
        otel.name = format!("{method} {action}"),
        otel.kind = "client",
        otel.status_code = Empty,
        { names::HTTP_METHOD } = %method,
        { names::PATH } = url.path(),
        { names::SERVER } = url.host_str(),
        { names::ACTION } = action,
        { names::CLIENT_REQUEST } = id,
        { names::CORRELATION } = Empty,
        { names::STATUS } = Empty,
        { names::ERROR } = Empty,
    )
}

/// A call to a chat.
pub(crate) fn chat(platform: Platform, method: &'static str) -> Span {
    let platform = platform_name(platform);
    error_span!(
        "chat",
        otel.name = format!("{platform} {method}"),
        otel.kind = "client",
        otel.status_code = Empty,
        { names::PLATFORM } = platform,
        { names::METHOD } = method,
        { names::OUTCOME } = Empty,
    )
}

/// A platform's name, for machines.
pub(super) fn platform_name(platform: Platform) -> &'static str {
    match platform {
        Platform::Slack => "slack",
        Platform::Teams => "teams",
        Platform::Discord => "discord",
        Platform::Console => "console",
    }
}

/// An effect's name, for machines: what it says, and to whom, stays here.
#[must_use]
pub fn effect_name(effect: &Effect) -> &'static str {
    match effect {
        Effect::Diagnose => "diagnose",
        Effect::Survey => "survey",
        Effect::Apply => "apply",
        Effect::Follow => "follow",
        Effect::ReadBack => "read-back",
        Effect::Verify => "verify",
        Effect::Expire => "expire",
        Effect::Escalate => "escalate",
        Effect::Close => "close",
        Effect::Rouse => "rouse",
        Effect::List { .. } => "list",
        Effect::Show { .. } => "show",
        Effect::Thread { .. } => "thread",
        Effect::Reply { .. } => "reply",
    }
}

fn ask(ask: &Ask) -> &'static str {
    match ask {
        Ask::Alert(_) => "alert",
        Ask::TestAlert { .. } => "test-alert",
        Ask::Command { .. } => "command",
        Ask::Typed { .. } => "typed",
        Ask::Home { .. } => "home",
        Ask::Click { .. } => "click",
    }
}

/// The incident that a request names. What somebody typed is one only if it looks like one.
fn named_by(ask: &Ask) -> Option<String> {
    match ask {
        Ask::Click { click, .. } => Some(click.incident.to_string()),
        Ask::Command {
            command:
                Command::Approve { incident, .. }
                | Command::Reject { incident, .. }
                | Command::Recheck { incident }
                | Command::Undo { incident, .. },
            ..
        } => IncidentId::parse(incident).ok().map(|id| id.to_string()),
        _ => None,
    }
}
