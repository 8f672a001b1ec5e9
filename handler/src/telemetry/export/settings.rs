//! What the environment says about OTLP, by OpenTelemetry's own variables.

use std::time::Duration;

use url::{Host, Url};

/// Where the collector is. Without it nothing is delivered.
const ENDPOINT: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";
/// How long it may take to take something, in milliseconds.
const TIMEOUT: &str = "OTEL_EXPORTER_OTLP_TIMEOUT";
/// A timeout where nothing is said (OpenTelemetry's specification, "OpenTelemetry Protocol Exporter").
const USUAL_TIMEOUT: Duration = Duration::from_secs(10);
/// The headers that go along, all of them secrets.
const HEADERS: [&str; 4] = [
    "OTEL_EXPORTER_OTLP_HEADERS",
    "OTEL_EXPORTER_OTLP_TRACES_HEADERS",
    "OTEL_EXPORTER_OTLP_METRICS_HEADERS",
    "OTEL_EXPORTER_OTLP_LOGS_HEADERS",
];
/// Where something else is said for one signal.
const ENDPOINTS: [&str; 4] = [
    ENDPOINT,
    "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
    "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT",
    "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT",
];

/// What is delivered, and how. Where to, and with which headers, the exporters read from the environment themselves.
#[derive(Debug, Default)]
pub struct Settings {
    /// Whether anything is.
    pub(super) on: bool,
    /// Why nothing can be delivered, though it should.
    pub(super) trouble: Option<Trouble>,
    pub(super) timeout: Duration,
    pub(super) traces: bool,
    pub(super) metrics: bool,
    pub(super) logs: bool,
    /// Whether the environment gives the service no name.
    pub(super) unnamed: bool,
    /// What the platform says about itself, as attributes of the resource.
    pub(super) platform: Vec<(&'static str, String)>,
}

/// Why nothing can be delivered. None of these shows a value: each may be, or hold, a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(in crate::telemetry) enum Trouble {
    /// No URL, or none of http.
    #[error("{0} is no http or https URL without a user, a query and a fragment")]
    Endpoint(&'static str),
    /// Others could read the headers.
    #[error(
        "{0} is plain http, and headers (OTEL_EXPORTER_OTLP_HEADERS) go over https, or to this machine, alone"
    )]
    Readable(&'static str),
}

impl Settings {
    /// Reads the environment.
    pub fn read(env: impl Fn(&str) -> Option<String>) -> Self {
        let set = |name: &str| env(name).filter(|value| !value.trim().is_empty());
        let disabled = set("OTEL_SDK_DISABLED").is_some_and(|value| value.eq_ignore_ascii_case("true"));
        if disabled || set(ENDPOINT).is_none() {
            return Self::default();
        }
        let wanted = |name| set(name).is_none_or(|value| !value.eq_ignore_ascii_case("none"));
        let millis = set(TIMEOUT).and_then(|value| value.trim().parse().ok()).map(Duration::from_millis);
        let resource = set("OTEL_RESOURCE_ATTRIBUTES").unwrap_or_default();
        Self {
            on: true,
            trouble: trouble(&set).err(),
            timeout: millis.unwrap_or(USUAL_TIMEOUT),
            traces: wanted("OTEL_TRACES_EXPORTER"),
            metrics: wanted("OTEL_METRICS_EXPORTER"),
            logs: wanted("OTEL_LOGS_EXPORTER"),
            unnamed: set("OTEL_SERVICE_NAME").is_none() && !resource.contains("service.name="),
            platform: platform(&set),
        }
    }
}

fn trouble(set: &impl Fn(&str) -> Option<String>) -> Result<(), Trouble> {
    let secret = HEADERS.into_iter().any(|name| set(name).is_some());
    for name in ENDPOINTS {
        let Some(value) = set(name) else { continue };
        let url = Url::parse(&value).ok().filter(is_plain).ok_or(Trouble::Endpoint(name))?;
        if secret && url.scheme() == "http" && !is_loopback(&url) {
            return Err(Trouble::Readable(name));
        }
    }
    Ok(())
}

fn is_plain(url: &Url) -> bool {
    let nobody = url.username().is_empty() && url.password().is_none();
    matches!(url.scheme(), "http" | "https") && nobody && url.query().is_none() && url.fragment().is_none()
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

/// What App Service and Functions tell an app about itself (Microsoft Learn, "Environment variables and app settings in
/// Azure App Service"), by OpenTelemetry's names.
fn platform(set: &impl Fn(&str) -> Option<String>) -> Vec<(&'static str, String)> {
    let Some(name) = set("WEBSITE_SITE_NAME") else { return Vec::new() };
    let mut attributes = vec![
        ("cloud.provider", "azure".to_owned()),
        ("cloud.platform", "azure.functions".to_owned()),
        ("faas.name", name),
    ];
    attributes.extend(set("REGION_NAME").map(|region| ("cloud.region", region)));
    attributes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(set: &[(&str, &str)]) -> Settings {
        Settings::read(|name| {
            set.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn nothing_is_delivered_unless_it_is_said_where_to() {
        assert!(!read(&[]).on);
        assert!(!read(&[(ENDPOINT, " ")]).on);
        assert!(read(&[(ENDPOINT, "http://127.0.0.1:4318")]).on);
        assert!(!read(&[(ENDPOINT, "http://127.0.0.1:4318"), ("OTEL_SDK_DISABLED", "TRUE")]).on);
    }

    #[test]
    fn a_signal_can_be_left_out() {
        let all = read(&[(ENDPOINT, "https://collector.example")]);
        assert!(all.traces && all.metrics && all.logs && all.unnamed && all.trouble.is_none());
        let some = read(&[
            (ENDPOINT, "https://collector.example"),
            ("OTEL_LOGS_EXPORTER", "none"),
            ("OTEL_SERVICE_NAME", "gate-bot"),
        ]);
        assert!(some.traces && some.metrics && !some.logs && !some.unnamed);
    }

    #[test]
    fn a_collector_is_named_by_a_plain_url_and_headers_are_not_for_everybody_to_read() {
        let trouble = |endpoint: &str, headers: &str| {
            let trouble = read(&[(ENDPOINT, endpoint), (HEADERS[0], headers)]).trouble;
            trouble.map(|trouble| trouble.to_string())
        };
        for fine in ["https://collector.example:4318/otlp", "http://127.0.0.1:4318", "http://localhost:4318"]
        {
            assert_eq!(trouble(fine, "api-key=canary"), None, "{fine}");
        }
        assert_eq!(trouble("http://collector:4318", ""), None);
        assert!(trouble("http://collector:4318", "api-key=canary").unwrap().contains("plain http"));
        for bad in
            ["collector:4318", "https://canary@collector.example", "https://collector.example/?key=canary"]
        {
            let told = trouble(bad, "").unwrap();
            assert!(told.contains("OTEL_EXPORTER_OTLP_ENDPOINT") && !told.contains("canary"), "{told}");
        }
    }

    #[test]
    fn a_function_app_is_named_by_what_the_platform_says() {
        let settings = read(&[(ENDPOINT, "https://collector.example"), ("WEBSITE_SITE_NAME", "func-agw")]);
        assert!(settings.platform.contains(&("faas.name", "func-agw".to_owned())));
        assert!(read(&[(ENDPOINT, "https://collector.example")]).platform.is_empty());
    }
}
