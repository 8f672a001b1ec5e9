//! App Service asks for a login before the probe reaches the app.
//!
//! Confirmed by: the app's authentication settings, which demand a login for the probed path, and the very
//! status by which they turn a request away. Settings that lie in a file of the app are consistent only, as the
//! file was not read; so is a 403 that something before the login may have given.
//! Mended by: a health path that needs no login, which the bot excludes where it may, and tells how to elsewhere.
//! Source: Microsoft, "Authentication and authorization in Azure App Service", and "File-based configuration".
//! Older versions of `az webapp auth update` cut the first and last character off the paths:
//! Azure/azure-cli#31803.

use super::app_service::{Door, both, doors, is_up, recheck, ruled_out};
use super::{Cause, Link, by_hand, each, mended_by, not_checked};
use crate::card::Text;
use crate::diagnosis::{Finding, Verdict};
use crate::evidence::{self, Asked, Scope, Unknown};
use crate::gateway::HostSource;
use crate::health::Symptom;
use crate::plan::{Fix, ResourceKind};
use crate::web::access::Ruling;
use crate::web::authentication::{Authentication, Demand};

pub(super) struct AppLogin;

/// What speaks for a login, and what keeps that from being certain.
struct Login<'a> {
    settings: &'a Authentication,
    doubt: Option<String>,
}

impl Cause for AppLogin {
    fn id(&self) -> &'static str {
        "app-service-authentication"
    }

    fn about(&self) -> &'static str {
        "App Service asks for a login before the probe reaches the app."
    }

    fn breaks(&self) -> Link {
        Link::Server
    }

    fn examine(&self, scope: &Scope<'_>) -> Option<Finding> {
        let doors = doors(scope, is_wanted)?;
        let looked = doors.found.iter().map(|door| Ok(login(scope, door)?.map(|login| (door, login))));
        let (logins, unknown) = each(looked)?;
        Some(match (logins.first(), unknown) {
            (Some((door, login)), _) => found(self, scope, door, login)?,
            (None, Some(why)) => not_checked(self, scope, "Whether App Service asks for a login", &why),
            (None, None) => {
                let sentence = Text::of("App Service asks for no login that would be answered like this.");
                ruled_out(self, scope, sentence)
            }
        })
    }

    fn explains(&self, symptom: &Symptom) -> Option<&'static str> {
        let settles = "The authentication settings of the App Service app behind the server's name.";
        let wanted =
            matches!(symptom, Symptom::StatusMismatch { received, .. } if received.is_some_and(is_wanted));
        wanted.then_some(settles)
    }

    fn covers(&self) -> &'static [&'static str] {
        &["probe-path-refused", "sign-in-redirect"]
    }
}

fn is_wanted(status: u16) -> bool {
    matches!(status, 302 | 401 | 403 | 404)
}

fn login<'a>(scope: &Scope<'a>, door: &Door<'a>) -> Asked<Option<Login<'a>>> {
    let settings = scope.authentication(door.app);
    // What turns a request away before the login does so with 403.
    let hidden = if door.status == 403 { hidden(scope, door) } else { Ok(None) };
    let (settings, hidden) = both(settings, settle(hidden))?;
    if !settings.enabled {
        return Ok(None);
    }
    let file = settings.config_file.as_ref();
    let (demand, fits) = (settings.demand(&scope.probe.path), settings.answers(door.status));
    let doubt = match (file, demand) {
        (Some(file), _) => Some(format!("the settings lie in the app's file {file}, which was not read")),
        (None, Demand::None) => return Ok(None),
        (None, Demand::Unclear(why)) => Some(why),
        (None, Demand::Login) if !fits => return Ok(None),
        (None, Demand::Login) => {
            hidden.or_else(|| unknown_host(scope, door)).or_else(|| belied(scope, door, settings))
        }
    };
    Ok(Some(Login { settings, doubt }))
}

/// Whether something before the login may have given a 403; an answer that could not be had is a doubt.
fn hidden(scope: &Scope<'_>, door: &Door<'_>) -> Asked<Option<String>> {
    let (site, config, caller) = (scope.site(door.app), scope.site_config(door.app), scope.caller());
    let ((site, config), caller) = both(both(site, config), caller)?;
    if !is_up(site) {
        return Ok(Some("the app does not run, which gives a 403 as well".to_owned()));
    }
    let public = site.public_access != Some(false) && config.public_access != Some(false);
    let open = public && matches!(config.decide(&caller), Ruling::Allowed(_));
    Ok((!open).then(|| "public access or access restrictions may give the 403 as well".to_owned()))
}

fn settle(hidden: Asked<Option<String>>) -> Asked<Option<String>> {
    match hidden {
        Err(Unknown::Pending) => Err(Unknown::Pending),
        Err(why) => Ok(Some(format!("whether something else gives the 403 is not known: {why}"))),
        Ok(hidden) => Ok(hidden),
    }
}

/// A host name that is not the app's: App Service answers 404 to that before anything else.
fn unknown_host(scope: &Scope<'_>, door: &Door<'_>) -> Option<String> {
    let host = &scope.probe.host;
    let foreign = scope.probe.host_source != HostSource::EachServer && !door.app.serves(host);
    (door.status == 404 && foreign)
        .then(|| format!("the probe asks for host {host}, which gives a 404 as well"))
}

/// An answer that the login should have kept from the gateway.
fn belied(scope: &Scope<'_>, door: &Door<'_>, settings: &Authentication) -> Option<String> {
    let guarded = settings.demand(scope.candidate) == Demand::Login;
    let passed =
        guarded && scope.trials(scope.candidate).any(|trial| trial.pool == door.pool && trial.is_green());
    passed.then(|| format!("{} answers without a login, although it is not excluded", scope.candidate))
}

/// The finding; nothing, while what the bot may do is asked.
fn found(cause: &dyn Cause, scope: &Scope<'_>, door: &Door<'_>, login: &Login<'_>) -> Option<Finding> {
    let path = &scope.probe.path;
    let asks = Text::of("App Service asks for a login in front of ").text(door.link());
    let (verdict, sentence) = match &login.doubt {
        None => (
            Verdict::Confirmed,
            asks.say(" and answers the probe of ")
                .code(path)
                .say(format!(" with {}, as a probe never logs in.", door.status)),
        ),
        Some(doubt) => {
            let asks = match login.settings.config_file {
                Some(_) => Text::of("App Service's authentication is on in front of ").text(door.link()),
                None => asks,
            };
            (
                Verdict::Consistent,
                asks.say(format!(". That it turns the probe away is not settled: {doubt}.")),
            )
        }
    };
    let settings = Text::of("Authentication settings of ").code(door.name()).say(": ");
    if let Some(file) = &login.settings.config_file {
        let settings = settings.code("platform.configFilePath").say(" is ").code(file);
        let evidence = vec![door.reported(scope), settings];
        return Some(by_hand(cause, scope, verdict, sentence, evidence, steps(scope, door, login)));
    }
    let settings = settings.say("a login is ").say(match login.settings.demand(path) {
        Demand::Login => "required, excluded paths: ",
        Demand::None => "not required for this path, excluded paths: ",
        Demand::Unclear(_) => "required for some paths, excluded paths: ",
    });
    let settings = match login.settings.excluded.as_slice() {
        [] => settings.say("none"),
        excluded => settings.codes(excluded),
    };
    let evidence = vec![door.reported(scope), settings];
    if verdict == Verdict::Confirmed
        && let Some(fix) = fix(scope, door, login).ok()?
    {
        return Some(mended_by(cause, scope, sentence, evidence, fix));
    }
    Some(by_hand(cause, scope, verdict, sentence, evidence, steps(scope, door, login)))
}

/// What lets the health path through, where the bot may do it; nothing, while that is asked. What Azure does not tell
/// does not hinder the offer: the write itself would say so.
fn fix(scope: &Scope<'_>, door: &Door<'_>, login: &Login<'_>) -> Asked<Option<Fix>> {
    let settings = login.settings;
    if settings.demand(scope.candidate) != Demand::Login {
        return Ok(None);
    }
    let app = &door.app.id;
    match scope.ask(&evidence::permissions(app)) {
        Err(Unknown::Pending) => Err(Unknown::Pending),
        Ok(may) if !may.allow(ResourceKind::AppAuthentication.write_action()) => Ok(None),
        _ => {
            let (path, settings) = (scope.candidate.to_owned(), Box::new(settings.raw.clone()));
            Ok(Some(Fix::ExcludePath { app: app.clone(), path, settings }))
        }
    }
}

fn steps(scope: &Scope<'_>, door: &Door<'_>, login: &Login<'_>) -> Vec<Text> {
    let path = scope.candidate;
    let settings = login.settings;
    if let Some(file) = &settings.config_file {
        let step = Text::of("Add ")
            .code(path)
            .say(" to ")
            .code("globalValidation.excludedPaths")
            .say(" in the app's file ")
            .code(file)
            .say(" and deploy it: while the file decides, an edit in the portal has no effect.");
        return vec![step, probe_it(path), recheck()];
    }
    if settings.demand(path) == Demand::None {
        return vec![
            Text::of("The path ").code(path).say(" needs no login already. ").text(probe_it(path)),
            recheck(),
        ];
    }
    let all: Vec<&str> = settings.excluded.iter().map(String::as_str).chain([path]).collect();
    let command = format!("az webapp auth update {} --excluded-paths \"{}\"", door.az(), all.join(","));
    let exclude = Text::of("Let ")
        .code(path)
        .say(" through without a login, if it tells nothing secret: ")
        .code(command)
        .say(". It replaces the whole list and restarts the app. Look at the list afterwards in ")
        .text(door.link())
        .say(": older versions of the command cut characters off.");
    vec![exclude, probe_it(path), recheck()]
}

fn probe_it(path: &str) -> Text {
    Text::of("Let the gateway's health probe ask for ").code(path).say(".")
}
