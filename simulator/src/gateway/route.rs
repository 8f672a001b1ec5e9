//! Which rule takes a request, and where it leads.

use super::config::{Config, Listener, Target};

/// Where a request goes: the target, and the part of its path that the path rule matched literally.
#[derive(Debug, PartialEq)]
pub(crate) struct Route<'a> {
    pub(crate) target: &'a Target,
    matched: String,
}

impl Route<'_> {
    /// The path the backend sees: a setting's `path` takes the place of the matched prefix.
    pub(crate) fn rewrite(&self, path: &str, replacement: Option<&str>) -> String {
        match replacement {
            Some(replacement) => {
                let rest = path.get(self.matched.len()..).unwrap_or_default();
                format!("{}/{}", replacement.trim_end_matches('/'), rest.trim_start_matches('/'))
            }
            None => path.to_owned(),
        }
    }
}

/// The rule of a listener with the lowest priority number, then its path rules in the order they are listed.
pub(crate) fn find<'a>(config: &'a Config, listener: &str, path: &str) -> Option<Route<'a>> {
    let rule = config.rules.iter().find(|rule| rule.listener.eq_ignore_ascii_case(listener))?;
    for path_rule in &rule.paths {
        if let Some(pattern) = path_rule.patterns.iter().find(|pattern| matches(pattern, path)) {
            let matched = pattern.split('*').next().unwrap_or_default().to_owned();
            return Some(Route { target: path_rule.target.as_ref()?, matched });
        }
    }
    Some(Route { target: rule.default.as_ref()?, matched: "/".to_owned() })
}

/// The listener for a visit to `host:port`: one that names the host before one that takes any.
pub(crate) fn listener<'a>(config: &'a Config, host: &str, port: u16) -> Option<&'a Listener> {
    let candidates = || config.listeners.iter().filter(move |listener| listener.port == port);
    let named = candidates().find(|listener| listener.hosts.iter().any(|pattern| matches(pattern, host)));
    named.or_else(|| {
        candidates().find(|listener| listener.hosts.is_empty() && is_frontend(config, listener, host))
    })
}

/// Whether the name leads to the gateway at all, and how surely: by itself (`usize::MAX`) or by a pattern of
/// this length.
pub(crate) fn resolves(config: &Config, host: &str) -> Option<usize> {
    let names = config.listeners.iter().flat_map(|listener| listener.hosts.iter().chain(&listener.addresses));
    let sure = |name: &String| if name.contains(['*', '?']) { name.len() } else { usize::MAX };
    names.filter(|name| matches(name, host)).map(sure).max()
}

/// An address of the frontend, or a name that a sibling listener gave it.
fn is_frontend(config: &Config, listener: &Listener, host: &str) -> bool {
    let own = listener.addresses.iter().any(|address| address.eq_ignore_ascii_case(host));
    own || config.listeners.iter().any(|other| other.hosts.iter().any(|pattern| matches(pattern, host)))
}

/// Whether a text fits a pattern with `*` (any run of characters) and `?` (one character), letter case aside.
pub(crate) fn matches(pattern: &str, text: &str) -> bool {
    fn fits(pattern: &[u8], text: &[u8]) -> bool {
        match (pattern.split_first(), text.split_first()) {
            (None, None) => true,
            (Some((b'*', rest)), _) => {
                (0..=text.len()).any(|skip| fits(rest, text.get(skip..).unwrap_or_default()))
            }
            (Some((b'?', pattern)), Some((_, text))) => fits(pattern, text),
            (Some((p, pattern)), Some((t, text))) => p.eq_ignore_ascii_case(t) && fits(pattern, text),
            _ => false,
        }
    }
    fits(pattern.as_bytes(), text.as_bytes())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn target(pool: &str) -> Value {
        json!({"backendAddressPool": {"id": format!("/x/{pool}")}, "backendHttpSettings": {"id": "/x/plain"}})
    }

    fn config() -> Config {
        let mut images = target("Images");
        images["paths"] = json!(["/images/*", "/pictures/*"]);
        let gateway = json!({"properties": {
            "frontendIPConfigurations": [{"name": "front", "properties": {"privateIPAddress": "10.0.0.9"}}],
            "frontendPorts": [{"name": "p80", "properties": {"port": 80}}],
            "httpListeners": [
                {"name": "any", "properties": {"frontendIPConfiguration": {"id": "/x/front"}, "frontendPort": {"id": "/x/p80"}}},
                {"name": "shop", "properties": {"frontendIPConfiguration": {"id": "/x/front"}, "frontendPort": {"id": "/x/p80"},
                    "hostNames": ["*.example.com"]}},
            ],
            "urlPathMaps": [{"name": "map", "properties": {
                "defaultBackendAddressPool": {"id": "/x/web"}, "defaultBackendHttpSettings": {"id": "/x/plain"},
                "pathRules": [{"name": "images", "properties": images}]}}],
            "requestRoutingRules": [
                {"name": "late", "properties": {"priority": 20, "httpListener": {"id": "/x/shop"},
                    "backendAddressPool": {"id": "/x/late"}, "backendHttpSettings": {"id": "/x/plain"}}},
                {"name": "early", "properties": {"priority": 10, "httpListener": {"id": "/x/shop"}, "urlPathMap": {"id": "/x/map"}}},
            ],
        }});
        Config::read(&gateway, &[], &std::collections::BTreeMap::new())
    }

    #[test]
    fn the_lowest_priority_number_wins_and_its_path_map_decides() {
        let config = config();
        let pool = |path| find(&config, "shop", path).unwrap().target.pool.clone();
        assert_eq!(pool("/"), "web");
        assert_eq!(pool("/images/a.png"), "images");
        assert_eq!(pool("/PICTURES/a.png"), "images");
        assert_eq!(pool("/images"), "web");
    }

    #[test]
    fn a_listener_without_a_rule_leads_nowhere() {
        assert!(find(&config(), "any", "/").is_none());
    }

    #[test]
    fn a_named_listener_comes_before_one_for_every_host() {
        let config = config();
        let name = |host, port| listener(&config, host, port).map(|listener| listener.name.as_str());
        assert_eq!(name("www.example.com", 80), Some("shop"));
        assert_eq!(name("10.0.0.9", 80), Some("any"));
        assert_eq!(name("10.0.0.9", 81), None);
        assert_eq!(resolves(&config, "10.0.0.9"), Some(usize::MAX));
        assert_eq!(resolves(&config, "www.example.com"), Some("*.example.com".len()));
        assert_eq!(resolves(&config, "elsewhere.example"), None);
    }

    #[test]
    fn the_path_of_a_setting_replaces_what_the_rule_matched() {
        let config = config();
        let route = find(&config, "shop", "/images/a/b.png").unwrap();
        assert_eq!(route.rewrite("/images/a/b.png", Some("/static/")), "/static/a/b.png");
        assert_eq!(route.rewrite("/images/a/b.png", None), "/images/a/b.png");
    }

    #[test]
    fn wildcards() {
        assert!(matches("/*", "/"));
        assert!(matches("*.example.com", "Shop.Example.com"));
        assert!(!matches("*.example.com", "example.com"));
        assert!(matches("shop?.example.com", "shop1.example.com"));
    }
}
