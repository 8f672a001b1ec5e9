//! An App Service app takes no traffic from public networks, and the gateway comes over its public name.
//!
//! Confirmed by: public access that is Disabled, no private endpoint through which the gateway could come
//! instead, and 403 as the latest probe result of an app that runs. Where there is a private endpoint, why the
//! gateway does not come through it is for the cause `private-endpoint` to say.
//! Mended by: a private endpoint, or public access with restrictions.
//! Source: Microsoft, "Azure App Service access restrictions", app access.

use super::app_service::{Door, both, doors, is_up, recheck, ruled_out};
use super::{Cause, Link, by_hand, each, not_checked};
use crate::card::Text;
use crate::diagnosis::{Finding, Verdict};
use crate::evidence::{Asked, Scope, Unknown};
use crate::health::Symptom;
use crate::web::is_given;

pub(super) struct AppPrivate;

/// An app without public access, and what keeps that from being certainly the reason.
struct Private {
    doubt: Option<String>,
}

impl Cause for AppPrivate {
    fn id(&self) -> &'static str {
        "app-service-public-access-disabled"
    }

    fn about(&self) -> &'static str {
        "An App Service app takes no public traffic, and the gateway comes over its public name."
    }

    fn breaks(&self) -> Link {
        Link::Network
    }

    fn examine(&self, scope: &Scope<'_>) -> Option<Finding> {
        let doors = doors(scope, |status| status == 403)?;
        let looked = doors.found.iter().map(|door| Ok(private(scope, door)?.map(|private| (door, private))));
        let (private, unknown) = each(looked)?;
        Some(match (private.first(), unknown) {
            (Some((door, private)), _) => found(self, scope, door, private),
            (None, Some(why)) => not_checked(self, scope, "Whether the app takes public traffic", &why),
            (None, None) => {
                ruled_out(self, scope, Text::of("Closed public access is not what keeps the gateway out."))
            }
        })
    }

    fn explains(&self, symptom: &Symptom) -> Option<&'static str> {
        let settles = "Whether the app takes public traffic, and whether it has a private endpoint.";
        (symptom.status() == Some(403)).then_some(settles)
    }

    fn covers(&self) -> &'static [&'static str] {
        &["probe-path-refused"]
    }
}

fn private(scope: &Scope<'_>, door: &Door<'_>) -> Asked<Option<Private>> {
    let (site, config) = (scope.site(door.app), scope.site_config(door.app));
    let endpoints = scope.private_endpoints(door.app);
    let (site, config) = both(site, config)?;
    if matches!(endpoints, Err(Unknown::Pending)) {
        return Err(Unknown::Pending);
    }
    let public = site.public_access != Some(false) && config.public_access != Some(false);
    if public || door.is_open(scope) {
        return Ok(None);
    }
    let doubt = match endpoints {
        _ if !is_up(site) => Some("the app does not run, which gives a 403 as well".to_owned()),
        _ if site.in_environment => Some("the app is in an App Service Environment".to_owned()),
        _ if !is_given(&door.host) => Some(door.by_its_own_name()),
        Err(why) => Some(format!("whether it has a private endpoint is not known: {why}")),
        Ok(all) if all.iter().any(|known| known.approved) => Some(
            "it has a private endpoint, so see private-endpoint for why the gateway would not come through it".to_owned(),
        ),
        Ok(_) => None,
    };
    Ok(Some(Private { doubt }))
}

fn found(cause: &dyn Cause, scope: &Scope<'_>, door: &Door<'_>, private: &Private) -> Finding {
    let is = Text::of("The app ").text(door.link()).say(" takes no traffic from public networks");
    let (verdict, sentence) = match &private.doubt {
        None => (
            Verdict::Confirmed,
            is.say(" and has no private endpoint, so App Service answers 403 to the gateway, which comes over its public name."),
        ),
        Some(doubt) => (
            Verdict::Consistent,
            is.say(format!(". That this is why it answers 403 is not settled: {doubt}.")),
        ),
    };
    let access =
        Text::of("App ").code(door.name()).say(" in Azure: ").code("publicNetworkAccess").say(" is Disabled");
    by_hand(cause, scope, verdict, sentence, vec![door.reported(scope), access], steps(door))
}

fn steps(door: &Door<'_>) -> Vec<Text> {
    let id = &door.app.id;
    let connect = format!(
        "az network private-endpoint create -g RG -n pe-{} --vnet-name VNET --subnet SUBNET \
         --private-connection-resource-id {id} --group-id sites --connection-name {}",
        id.name(),
        id.name()
    );
    vec![
        Text::of("Give ")
            .text(door.link())
            .say(" a private endpoint that the gateway's virtual network reaches, and link the private DNS zone of its name there: ")
            .code(connect),
        Text::of("Or allow public access under Networking of the app, with an access restriction that lets only the gateway in."),
        recheck(),
    ]
}
