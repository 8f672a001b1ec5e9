//! Which services are Microsoft's: the bot's own token is sent to these and to no other.

use std::fmt;

use url::Url;

use crate::chat::link;

/// The Connector of Teams, in the public cloud and in its part for governments (GCC), as Microsoft's SDK for agents
/// lists them (`TeamsServiceEndpoints`). The other clouds have an issuer of tokens of their own.
const MICROSOFT: [&str; 2] = ["smba.trafficmanager.net", "smba.infra.gcc.teams.microsoft.com"];

/// Where a channel is reached that nobody has written from yet (the same list, `publicGlobal`).
const ANY_REGION: &str = "https://smba.trafficmanager.net/teams/";

/// The services that are believed: Microsoft's, and those on this machine that were named.
#[derive(Debug, Clone, Default)]
pub struct Services {
    local: Vec<Url>,
}

/// An address that cannot be added to Microsoft's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is not on this machine: only a loopback address can be added to Microsoft's services")]
pub struct NotLocal(String);

/// The address of a service, which is one of those that are believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Service(Url);

impl Services {
    /// Microsoft's services, and these on loopback: an emulator's.
    ///
    /// # Errors
    /// When one is on another machine.
    pub fn with(local: &[Url]) -> Result<Self, NotLocal> {
        match local.iter().find(|url| !link::is_loopback(url)) {
            Some(foreign) => Err(NotLocal(foreign.host_str().unwrap_or_default().to_owned())),
            None => Ok(Self { local: local.to_vec() }),
        }
    }

    /// The service at an address, if it is believed.
    pub(super) fn find(&self, address: &str) -> Option<Service> {
        let url = Url::parse(address).ok()?;
        let plain = url.username().is_empty()
            && url.password().is_none()
            && url.query().is_none()
            && url.fragment().is_none();
        let microsofts = url.scheme() == "https"
            && url.port().is_none()
            && url.host_str().is_some_and(|host| MICROSOFT.contains(&host));
        let local = self.local.iter().any(|local| local.origin() == url.origin());
        (plain && (microsofts || local)).then_some(Service(url))
    }

    /// Where to reach a channel that nobody has written from yet.
    pub(super) fn anywhere(&self) -> String {
        self.local.first().map_or_else(|| ANY_REGION.to_owned(), Url::to_string)
    }
}

impl Service {
    /// An address below the service's. Each part is escaped whole: ids hold `;` and `=`, which Teams wants escaped.
    pub(super) fn at(&self, parts: &[&str]) -> Option<Url> {
        let mut address = format!("{self}/v3");
        for part in parts {
            // A part of dots alone would lead up the path, even escaped.
            if part.trim_matches('.').is_empty() {
                return None;
            }
            address.push('/');
            address.extend(url::form_urlencoded::byte_serialize(part.as_bytes()).map(|text| match text {
                "+" => "%20",
                text => text,
            }));
        }
        Url::parse(&address).ok()
    }
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str().trim_end_matches('/'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn local() -> Services {
        Services::with(&["http://localhost:56150".parse().expect("a URL")]).expect("loopback")
    }

    #[test]
    fn only_microsofts_services_are_believed() {
        let services = Services::default();
        for address in
            ["https://smba.trafficmanager.net/emea/", "https://smba.infra.gcc.teams.microsoft.com/teams"]
        {
            assert!(services.find(address).is_some(), "{address}");
        }
        for address in [
            "http://smba.trafficmanager.net/emea/",
            "https://smba.trafficmanager.net:8443/emea/",
            "https://smba.trafficmanager.net@evil.example/",
            "https://user@smba.trafficmanager.net/",
            "https://smba.trafficmanager.net.evil.example/",
            "https://evil.trafficmanager.net/",
            "https://smba.trafficmanager.net/?to=evil",
            "https://smba.trafficmanager.net/#evil",
            "https://smba.trafficmanager.net./emea/",
            "http://localhost:56150/_connector",
            "http://169.254.169.254/metadata",
            "smba.trafficmanager.net",
            "",
        ] {
            assert!(services.find(address).is_none(), "{address}");
        }
    }

    #[test]
    fn a_loopback_service_can_be_added_and_nothing_else() {
        assert!(local().find("http://localhost:56150/_connector").is_some());
        for other in ["http://localhost:56151/", "http://127.0.0.1:56150/", "https://localhost:56150/"] {
            assert!(local().find(other).is_none(), "{other}");
        }
        for foreign in ["https://relay.example", "http://10.0.0.4:3978", "http://localhost.evil.example"] {
            assert!(Services::with(&[foreign.parse().expect("a URL")]).is_err(), "{foreign}");
        }
    }

    #[test]
    fn ids_are_escaped_and_never_lead_elsewhere() {
        let service = local().find("http://localhost:56150/_connector/").expect("believed");
        let at = |part: &str| service.at(&["conversations", part, "activities"]).map(String::from);
        assert_eq!(
            at("19:ab@thread.tacv2;messageid=1").as_deref(),
            Some(
                "http://localhost:56150/_connector/v3/conversations/19%3Aab%40thread.tacv2%3Bmessageid%3D1/activities"
            )
        );
        assert_eq!(
            at("../../x?y#z %").as_deref(),
            Some("http://localhost:56150/_connector/v3/conversations/..%2F..%2Fx%3Fy%23z%20%25/activities")
        );
        for leading_up in ["..", ".", ""] {
            assert_eq!(at(leading_up), None, "{leading_up}");
        }
    }
}
