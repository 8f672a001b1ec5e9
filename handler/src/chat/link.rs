//! Which addresses may be shown or called: https anywhere, plain http on this machine alone.

use url::{Host, Url};

/// An address that may stand behind a link.
pub(crate) fn safe(address: &str) -> Option<Url> {
    let url = Url::parse(address).ok()?;
    let allowed = match url.scheme() {
        "https" => url.has_host(),
        "http" => is_loopback(&url),
        _ => false,
    };
    allowed.then_some(url)
}

/// Whether an address is on this machine.
pub(crate) fn is_loopback(url: &Url) -> bool {
    url.host().is_some_and(|host| match host {
        Host::Domain(name) => name.eq_ignore_ascii_case("localhost"),
        Host::Ipv4(ip) => ip.is_loopback(),
        Host::Ipv6(ip) => ip.is_loopback(),
    })
}

#[cfg(test)]
mod tests {
    use super::safe;

    #[test]
    fn only_https_and_loopback_http_are_links() {
        let good =
            ["https://portal.azure.com/#x", "http://127.0.0.1:8080/", "http://localhost/", "http://[::1]:1/"];
        for address in good {
            assert!(safe(address).is_some(), "{address}");
        }
        for address in
            ["http://example.com", "javascript:alert(1)", "data:text/html,x", "//x", "", "file:///etc"]
        {
            assert!(safe(address).is_none(), "{address}");
        }
    }
}
