//! The access restrictions of an App Service app keep the gateway out.
//!
//! Confirmed by: the app's rules, which by the platform's order keep out the gateway's public address, or its
//! subnet where that has the service endpoint; 403 as the latest probe result of an app that runs; and no
//! private endpoint, over which the rules would not count.
//! Mended by: a rule for the gateway's subnet, and the service endpoint that it needs.
//! Source: Microsoft, "Azure App Service access restrictions".

use super::app_service::{Door, az_group, both, doors, is_up, recheck, ruled_out};
use super::{Cause, Link, by_hand, each, not_checked};
use crate::card::Text;
use crate::diagnosis::{Finding, Verdict};
use crate::evidence::{Asked, Scope, Unknown};
use crate::health::Symptom;
use crate::id::ResourceId;
use crate::web::access::{Caller, ENDPOINT, Ruling};
use crate::web::config::{AccessRule, Action, SiteConfig};
use crate::web::is_given;
use crate::web::site::Site;

/// The first priority that there is. Source: Microsoft, "Azure App Service access restrictions".
const FIRST: u64 = 1;

pub(super) struct AppRestrictions;

/// Rules that keep the gateway out, or may do so.
struct Shut<'a> {
    site: &'a Site,
    config: &'a SiteConfig,
    caller: Caller,
    rule: Option<&'a AccessRule>,
    doubt: Option<String>,
}

impl Cause for AppRestrictions {
    fn id(&self) -> &'static str {
        "app-service-access-restrictions"
    }

    fn about(&self) -> &'static str {
        "The access restrictions of an App Service app keep the gateway out."
    }

    fn breaks(&self) -> Link {
        Link::Server
    }

    fn examine(&self, scope: &Scope<'_>) -> Option<Finding> {
        let doors = doors(scope, |status| status == 403)?;
        let looked = doors.found.iter().map(|door| Ok(shut(scope, door)?.map(|shut| (door, shut))));
        let (shut, unknown) = each(looked)?;
        Some(match (shut.first(), unknown) {
            (Some((door, shut)), _) => found(self, scope, door, shut),
            (None, Some(why)) => {
                not_checked(self, scope, "Whether access restrictions keep the gateway out", &why)
            }
            (None, None) => {
                ruled_out(self, scope, Text::of("The app's access restrictions do not keep the gateway out."))
            }
        })
    }

    fn explains(&self, symptom: &Symptom) -> Option<&'static str> {
        let settles =
            "Public access and access restrictions of the App Service app, and how the gateway reaches it.";
        (symptom.status() == Some(403)).then_some(settles)
    }

    fn covers(&self) -> &'static [&'static str] {
        &["probe-path-refused"]
    }
}

fn shut<'a>(scope: &Scope<'a>, door: &Door<'a>) -> Asked<Option<Shut<'a>>> {
    let (site, config) = (scope.site(door.app), scope.site_config(door.app));
    let (caller, endpoints) = (scope.caller(), scope.private_endpoints(door.app));
    let ((site, config), caller) = both(both(site, config), caller)?;
    if matches!(endpoints, Err(Unknown::Pending)) {
        return Err(Unknown::Pending);
    }
    let public = site.public_access != Some(false) && config.public_access != Some(false);
    // Without public access the rules do not matter, and what gets an answer was let in.
    if !public || door.is_open(scope) {
        return Ok(None);
    }
    let (rule, unclear) = match config.decide(&caller) {
        Ruling::Allowed(_) => return Ok(None),
        Ruling::Denied(rule) => (rule, None),
        Ruling::Unclear(rule) => {
            (Some(rule), Some(format!("whether rule '{}' lets the gateway in cannot be told", rule.name)))
        }
    };
    let doubt = unclear.or_else(|| match endpoints {
        _ if !is_up(site) => Some("the app does not run, which gives a 403 as well".to_owned()),
        _ if site.in_environment => {
            Some("the app is in an App Service Environment, which the gateway may reach otherwise".to_owned())
        }
        _ if !is_given(&door.host) => Some(door.by_its_own_name()),
        Err(why) => Some(format!("over a private endpoint the rules would not count: {why}")),
        Ok(all) if all.iter().any(|known| known.approved) => {
            Some("the app has a private endpoint, over which the rules do not count".to_owned())
        }
        Ok(_) => None,
    });
    Ok(Some(Shut { site, config, caller, rule, doubt }))
}

fn found(cause: &dyn Cause, scope: &Scope<'_>, door: &Door<'_>, shut: &Shut<'_>) -> Finding {
    let (verdict, sentence) = match &shut.doubt {
        None => (
            Verdict::Confirmed,
            Text::of("The access restrictions of app ")
                .text(door.link())
                .say(" keep the gateway out: ")
                .text(by(shut))
                .say(". So App Service answers 403, and the app never sees the probe."),
        ),
        Some(doubt) => (
            Verdict::Consistent,
            Text::of("The access restrictions of app ")
                .text(door.link())
                .say(format!(" may keep the gateway out. That is not settled: {doubt}.")),
        ),
    };
    let evidence = vec![door.reported(scope), seen(shut)];
    by_hand(cause, scope, verdict, sentence, evidence, steps(scope, door, shut))
}

/// What keeps the gateway out.
fn by(shut: &Shut<'_>) -> Text {
    match shut.rule {
        Some(rule) if !rule.is_implicit() => {
            Text::of("rule ").code(&rule.name).say(format!(", priority {}", rule.priority))
        }
        _ => match shut.config.waiting_for_endpoint(&shut.caller).next() {
            Some(rule) => Text::of("rule ")
                .code(&rule.name)
                .say(" is for its subnet, which lacks the service endpoint ")
                .code(ENDPOINT)
                .say(", and no other rule lets it in"),
            None => Text::of("no rule lets it in, and all the rest is denied"),
        },
    }
}

/// How the app sees the gateway.
fn seen(shut: &Shut<'_>) -> Text {
    let count = shut.config.rules.iter().filter(|rule| !rule.is_implicit()).count();
    let rules = match count {
        1 => "1 rule".to_owned(),
        count => format!("{count} rules"),
    };
    let caller = &shut.caller;
    let from = if caller.over_endpoint {
        Text::of("over the service endpoint of its subnet ").code(caller.subnet.name())
    } else if caller.from.is_empty() {
        Text::of("from an address that is not known")
    } else {
        Text::of("from ").codes(&caller.from)
    };
    Text::of(format!("Access restrictions: {rules}; the gateway comes ")).text(from)
}

fn steps(scope: &Scope<'_>, door: &Door<'_>, shut: &Shut<'_>) -> Vec<Text> {
    let caller = &shut.caller;
    let mut steps = Vec::new();
    if !caller.over_endpoint {
        let give = Text::of(
            "Give the gateway's subnet the service endpoint, which cuts open connections for a moment: ",
        );
        steps.push(give.code(endpoint_command(scope, &caller.subnet)));
    }
    if shut.config.waiting_for_endpoint(caller).next().is_none() {
        let first = shut.rule.filter(|rule| !rule.is_implicit() && rule.action == Action::Deny);
        if let Some(rule) = first.filter(|rule| rule.priority <= FIRST) {
            let back = Text::of("Move rule ").code(&rule.name);
            steps.push(back.say(" back, as no rule can come before priority 1."));
        }
        let before = first.map_or(100, |rule| rule.priority.saturating_sub(1).max(FIRST));
        let command = format!(
            "az {} config access-restriction add {} --rule-name allow-application-gateway --action Allow \
             --priority {before} --subnet {}",
            az_group(shut.site),
            door.az(),
            caller.subnet
        );
        let rule = Text::of("Let the subnet in, if the owner of ").text(door.link()).say(" agrees: ");
        steps.push(rule.code(command));
    }
    steps.push(recheck());
    steps
}

/// The command sets the whole list, so it names those that are there already.
fn endpoint_command(scope: &Scope<'_>, subnet: &ResourceId) -> String {
    let network = subnet.parent().map(|network| network.name().to_string()).unwrap_or_default();
    let place = format!("-g {} --vnet-name {network} -n {}", subnet.resource_group(), subnet.name());
    let mut services =
        scope.gateway_place().map(|place| place.subnet.service_endpoints.clone()).unwrap_or_default();
    services.push(ENDPOINT.to_owned());
    format!("az network vnet subnet update {place} --service-endpoints {}", services.join(" "))
}
