//! The App Service apps behind a gateway, as causes ask for them: which app answers to a server's name, and how
//! it is configured.

use std::net::IpAddr;

use serde_json::Value;

use super::search::{any_of, quoted, rows, search};
use super::{Asked, Inquiry, Question, Unknown, is_sick, routed_pools};
use crate::gateway::json;
use crate::health::BackendHealth;
use crate::id::ResourceId;
use crate::web::access::{Caller, ENDPOINT};
use crate::web::authentication::Authentication;
use crate::web::config::SiteConfig;
use crate::web::endpoints::EndpointConnection;
use crate::web::is_given;
use crate::web::site::Site;

/// The version of Microsoft.Web that apps are read with.
const WEB: &str = "2024-04-01";
/// The permission to read an app.
const READ_SITE: &str = "Microsoft.Web/sites/read";
/// The permission to read an app's configuration, without its secrets.
const READ_CONFIG: &str = "Microsoft.Web/sites/config/read";
/// The most apps that one diagnosis looks at.
const APPS_AT_MOST: usize = 4;
/// The most names that are searched for.
const NAMES_AT_MOST: usize = 50;

/// An app that was found by one of its names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct App {
    /// Its id.
    pub id: ResourceId,
    /// The names that it answers to.
    hosts: Vec<String>,
}

impl App {
    fn read(row: &Value) -> Option<Self> {
        let id = ResourceId::parse(json::text(row, "id")?).ok()?;
        let mut hosts = json::texts(row, "hosts");
        hosts.extend(json::text(row, "host").map(str::to_owned));
        Some(Self { id, hosts })
    }

    /// Whether it answers to a host name. One of its own may have a `*` for the first label.
    #[must_use]
    pub fn serves(&self, host: &str) -> bool {
        let rest = host.split_once('.').map(|(_, rest)| rest);
        self.hosts.iter().any(|own| match own.strip_prefix("*.") {
            Some(domain) => rest.is_some_and(|rest| rest.eq_ignore_ascii_case(domain)),
            None => own.eq_ignore_ascii_case(host),
        })
    }

    /// The names that it answers to, each once.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        let is_first = |index: usize, name: &str| {
            !self.hosts.iter().take(index).any(|known| known.eq_ignore_ascii_case(name))
        };
        let names = self.hosts.iter().map(String::as_str).enumerate();
        names.filter(move |(index, name)| is_first(*index, name)).map(|(_, name)| name)
    }
}

impl<'a> Inquiry<'a> {
    /// The app that answers to a server's name; none where no app that the bot may read does. One search finds
    /// those of all servers.
    ///
    /// # Errors
    /// When it is not known, or not yet.
    pub fn app(&self, host: &str) -> Asked<Option<&'a App>> {
        let names = self.server_names();
        if !names.iter().any(|name| name.eq_ignore_ascii_case(host)) {
            // A number, or one name too many.
            return match is_name(host) && names.len() == NAMES_AT_MOST {
                true => Err(Unknown::Odd(format!("a diagnosis searches for {NAMES_AT_MOST} names at most"))),
                false => Ok(None),
            };
        }
        let found = self.ask(&apps_by_name(&names))?;
        let mut apps = found.iter().filter(|app| app.serves(host));
        let Some(app) = apps.next() else { return Ok(None) };
        if apps.next().is_some() {
            return Err(Unknown::Odd(format!("several apps have the name {host}")));
        }
        // In the order of the names, so that every cause looks at the same ones.
        let mut first: Vec<&ResourceId> = Vec::new();
        for name in &names {
            let named = found.iter().filter(|app| app.serves(name)).map(|app| &app.id);
            named.for_each(|id| {
                if !first.contains(&id) {
                    first.push(id)
                }
            });
        }
        if first.iter().take(APPS_AT_MOST).any(|id| **id == app.id) {
            return Ok(Some(app));
        }
        Err(Unknown::Odd(format!("a diagnosis looks at {APPS_AT_MOST} apps at most")))
    }

    /// The names among the servers that rules lead to, those of sick ones first.
    fn server_names(&self) -> Vec<String> {
        let gateway = &self.evidence.gateway;
        let servers = self.evidence.health.value().into_iter().flat_map(BackendHealth::servers);
        let sick =
            servers.filter(|(_, _, server)| is_sick(server)).map(|(_, _, server)| server.address.clone());
        let pools: Vec<_> = routed_pools(gateway).iter().filter_map(|name| gateway.pool(name)).collect();
        let all = pools.iter().flat_map(crate::gateway::Pool::addresses).map(str::to_owned);
        let mut names: Vec<String> = Vec::new();
        for name in sick.chain(all).filter(|name| is_name(name)).map(|name| name.to_ascii_lowercase()) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names.truncate(NAMES_AT_MOST);
        names
    }

    /// An app.
    ///
    /// # Errors
    /// When it is not known, or not yet.
    pub fn site(&self, app: &App) -> Asked<&'a Site> {
        let what = format!("the app {}", app.id.name());
        self.ask(&Question::get(app.id.as_str(), WEB, READ_SITE, what, |raw| Ok(Site::parse(raw)?)))
    }

    /// The configuration of an app.
    ///
    /// # Errors
    /// When it is not known, or not yet.
    pub fn site_config(&self, app: &App) -> Asked<&'a SiteConfig> {
        let (path, what) =
            (format!("{}/config/web", app.id), format!("the configuration of app {}", app.id.name()));
        self.ask(&Question::get(path, WEB, READ_CONFIG, what, |raw| Ok(SiteConfig::parse(raw)?)))
    }

    /// The login that the platform asks for in front of an app, without its secrets.
    ///
    /// # Errors
    /// When it is not known, or not yet.
    pub fn authentication(&self, app: &App) -> Asked<&'a Authentication> {
        let path = format!("{}/config/authsettingsV2", app.id);
        let what = format!("the authentication settings of app {}", app.id.name());
        self.ask(&Question::get(path, WEB, READ_CONFIG, what, |raw| Ok(Authentication::parse(raw)?)))
    }

    /// The private endpoints of an app.
    ///
    /// # Errors
    /// When they are not known, or not yet.
    pub fn private_endpoints(&self, app: &App) -> Asked<&'a Vec<EndpointConnection>> {
        let path = format!("{}/privateEndpointConnections", app.id);
        let what = format!("the private endpoints of app {}", app.id.name());
        let action = "Microsoft.Web/sites/privateEndpointConnections/read";
        self.ask(&Question::get(path, WEB, action, what, |raw| Ok(EndpointConnection::parse_all(raw)?)))
    }

    /// The gateway as an app sees it: from the service endpoint of its subnet, if that has one, and from its
    /// public address otherwise.
    ///
    /// # Errors
    /// When it is not known, or not yet.
    pub fn caller(&self) -> Asked<Caller> {
        let (place, public) = (self.gateway_place(), self.public_addresses());
        let (place, public) = (place?, public?);
        let table = self.route_table(place.subnet);
        if matches!(table, Err(Unknown::Pending)) {
            return Err(Unknown::Pending);
        }
        let subnets = self.evidence.gateway.subnets();
        let subnet = subnets.first().cloned();
        let subnet = subnet.ok_or_else(|| Unknown::Odd("the gateway names no subnet".to_owned()))?;
        if place.subnet.service_endpoints.iter().any(|service| service.eq_ignore_ascii_case(ENDPOINT)) {
            return Ok(Caller { subnet, over_endpoint: true, from: place.subnet.prefixes.clone() });
        }
        // Behind an appliance it comes from the appliance's address.
        let straight =
            table.is_ok_and(|table| table.is_none_or(|table| table.default_to_appliance().is_none()));
        Ok(Caller::public(subnet, public.into_iter().filter(|_| straight)))
    }

    /// The public addresses of the gateway, from which it reaches public servers.
    fn public_addresses(&self) -> Asked<Vec<IpAddr>> {
        let raw = self.evidence.gateway.raw();
        let frontends = json::children(raw, "frontendIPConfigurations");
        let ids: Vec<ResourceId> = frontends
            .filter_map(|(_, frontend)| json::reference_id(json::properties(frontend), "publicIPAddress"))
            .collect();
        let asked: Vec<_> = ids.iter().map(|id| self.ask(&address_of(id))).collect();
        asked.into_iter().filter_map(|address| address.copied().transpose()).collect()
    }
}

/// The number of a public IP address; none while it has none.
fn address_of(id: &ResourceId) -> Question<Option<IpAddr>> {
    Question::network(id, "Microsoft.Network/publicIPAddresses/read", "public IP address", |raw| {
        Ok(json::text(json::properties(raw), "ipAddress").and_then(|address| address.parse().ok()))
    })
}

/// The apps that answer to one of these names. Those that App Service gives are unique; any other is looked for
/// in the list of an app's names.
fn apps_by_name(names: &[String]) -> Question<Vec<App>> {
    let (given, own): (Vec<&str>, Vec<&str>) =
        names.iter().map(String::as_str).partition(|name| is_given(name));
    let mut either = Vec::new();
    if !given.is_empty() {
        either.push(format!("tostring(properties.defaultHostName) in~ {}", any_of(given)));
    }
    either.extend(own.into_iter().map(|name| format!("tostring(properties.hostNames) has {}", quoted(name))));
    let filter = format!(
        "where type in~ ('microsoft.web/sites', 'microsoft.web/sites/slots') | where {} \
         | project id, host = tostring(properties.defaultHostName), hosts = properties.hostNames",
        either.join(" or ")
    );
    search(&filter, "the App Service apps behind the gateway", |answer| {
        Ok(rows(answer)?.iter().filter_map(App::read).collect())
    })
}

/// Whether a server is addressed by name.
fn is_name(server: &str) -> bool {
    server.parse::<IpAddr>().is_err() && server.contains('.')
}

impl From<crate::web::WebError> for Unknown {
    fn from(error: crate::web::WebError) -> Self {
        Self::Odd(error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::Lookup;

    #[test]
    fn one_search_finds_apps_by_the_names_of_app_service_and_by_their_own() {
        let names = ["shop.azurewebsites.net", "www.shop.example"].map(str::to_owned);
        let Lookup::Arm(read) = apps_by_name(&names).lookup else { panic!() };
        let body = read.body.unwrap();
        assert!(body.contains("in~ ('shop.azurewebsites.net') or "), "{body}");
        assert!(body.contains("tostring(properties.hostNames) has 'www.shop.example'"), "{body}");
    }
}
