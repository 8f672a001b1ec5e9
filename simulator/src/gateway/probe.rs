//! One probe of one server: what is sent, and what the gateway says about the answer.

use std::{io, sync::Arc, time::Duration};

use bytes::Bytes;
use rustls::ClientConfig;
use serde_json::Value;

use super::{
    backend::{AT_ONCE, Backends, GATEWAY, GAVE_UP, PATIENCE, PROBE_AGENT, Place},
    certificates::{self, Demands, Distrust},
    config::{Probe, ProbeHost, Setting},
    network::Network,
};
use crate::{
    Pace,
    net::{self, Response},
    tls,
};

/// How a probe ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    Passed(u16),
    /// A status that is not acceptable, and those that are.
    Status(u16, String),
    /// The answer lacks this text.
    Body(String),
    TimedOut,
    Refused,
    Unresolved,
    /// The certificates of the server do not do.
    Tls(Distrust),
    /// The gateway's own status could not be read.
    NotReported,
}

impl Outcome {
    pub(crate) fn healthy(&self) -> bool {
        matches!(self, Self::Passed(_))
    }

    /// The text in backend health. The wordings are those of Microsoft's backend-health troubleshooting
    /// article, with the endings public captures of the live service show.
    pub(crate) fn log(&self) -> String {
        match self {
            Self::Passed(status) => format!("Success. Received {status} status code"),
            Self::Status(status, wanted) => format!(
                "Received invalid status code: {status} in the backend server's HTTP response. As per the \
                 health probe configuration, {wanted} is the acceptable status code. Either modify probe \
                 configuration or resolve backend issues."
            ),
            Self::Body(wanted) => format!(
                "Body of the backend's HTTP response did not match the probe setting. Received response body \
                 doesn't contain {wanted}."
            ),
            Self::TimedOut => "Time taken by the backend to respond to application gateway's health probe is \
                 more than the timeout threshold in the probe setting. To learn more visit - \
                 https://aka.ms/ProbeTimeOut."
                .to_owned(),
            Self::Refused => "Cannot connect to backend server. Check whether any NSG/UDR/Firewall is \
                 blocking access to the server. Check if application is running on correct port. To learn more \
                 visit - https://aka.ms/servernotreachable."
                .to_owned(),
            Self::Unresolved => "Application Gateway could not create a probe for this backend. This usually \
                 happens when the FQDN of the backend has not been entered correctly."
                .to_owned(),
            Self::Tls(distrust) => distrust.log(),
            Self::NotReported => "The backend health status could not be retrieved. This happens when an \
                 NSG/UDR/Firewall on the application gateway subnet is blocking traffic on ports 65503-65534 \
                 in case of v1 SKU, and ports 65200-65535 in case of the v2 SKU or if the FQDN configured in \
                 the backend pool could not be resolved to an IP address. To learn more visit - \
                 https://aka.ms/UnknownBackendHealth."
                .to_owned(),
        }
    }

    /// `healthProbeErrorName`. The first two values are what the live service sends (public captures); of the
    /// others nothing is known, so clients must take any text.
    pub(crate) fn error_name(&self) -> &'static str {
        match self {
            Self::Passed(_) => "SuccessWithStatusCode",
            Self::Status(..) => "HttpStatusCodeMismatchWithStatusCode",
            Self::Body(_) => "HttpBodyMismatch",
            Self::TimedOut => "ProbeTimedOut",
            Self::Refused => "ServerNotReachable",
            Self::Unresolved => "BackendAddressNotResolved",
            Self::Tls(_) => "BackendCertificateInvalid",
            Self::NotReported => "StatusNotReported",
        }
    }
}

/// How a probe ended, and what the server showed of itself.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Probed {
    pub(crate) outcome: Outcome,
    /// As backend health lists them.
    pub(crate) certificates: Vec<Value>,
}

impl From<Outcome> for Probed {
    fn from(outcome: Outcome) -> Self {
        Self { outcome, certificates: Vec::new() }
    }
}

/// Why a backend gave no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CallError {
    Unresolved,
    /// No connection was made, or no TLS on it. What the live service says of a handshake that fails before
    /// there is a certificate is not documented; its messages about certificates do not fit, so it is taken
    /// for a server that cannot be connected to.
    Refused,
    TimedOut,
    Distrusted(Distrust),
}

/// How a call goes over TLS.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Secure<'a> {
    /// The name that is asked for and has to be in the certificate.
    pub(crate) name: &'a str,
    pub(crate) demands: &'a Demands,
}

/// The gateway's way to its backends.
#[derive(Debug)]
pub(crate) struct Caller {
    pub(crate) backends: Backends,
    network: Network,
    pace: Pace,
    /// Which of the gateways this is, counted from 0.
    gateway: usize,
    /// Its side of a handshake, which says so too.
    tls: Arc<ClientConfig>,
}

impl Caller {
    pub(crate) fn new(
        backends: Backends,
        network: Network,
        pace: Pace,
        gateway: usize,
        legacy_tls: bool,
    ) -> io::Result<Self> {
        let tls = tls::trusting_client(legacy_tls, gateway).map_err(io::Error::other)?;
        Ok(Self { backends, network, pace, gateway, tls })
    }

    /// Sends a request to a server and waits no longer than `patience` (of the live service's time). Over TLS
    /// the certificates it shows go into `seen`.
    pub(crate) async fn call(
        &self,
        (server, port): (&str, u16),
        secure: Option<Secure<'_>>,
        mut request: http::Request<Bytes>,
        patience: Duration,
        seen: &mut Vec<Vec<u8>>,
    ) -> Result<Response, CallError> {
        let Place::At(place) = self.backends.locate(server, port) else { return Err(CallError::Unresolved) };
        net::set(request.headers_mut(), PATIENCE, &patience.as_millis().to_string());
        net::set(request.headers_mut(), GATEWAY, &self.gateway.to_string());
        let _place = self.network.place().await;
        // The backend gives up in time; the extra seconds are for a machine that stalls.
        let limit = self.pace.scale(patience) + Duration::from_secs(10);
        let exchange = async {
            let response = match secure {
                None => self.network.send(place, request).await?,
                Some(secure) => {
                    let connection = self.network.handshake(place, secure.name, &self.tls).await?;
                    seen.extend(connection.certificates());
                    certificates::judge(seen, secure.name, secure.demands).map_err(CallError::Distrusted)?;
                    connection.send(request).await?
                }
            };
            let (parts, body) = response.into_parts();
            let body = net::collect(body).await.ok_or(CallError::Refused)?;
            Ok(http::Response::from_parts(parts, body))
        };
        let response = tokio::time::timeout(limit, exchange).await.map_err(|_| CallError::TimedOut)??;
        if response.headers().contains_key(GAVE_UP) { Err(CallError::TimedOut) } else { Ok(response) }
    }

    /// Probes one server. `at_once` skips what waiting there would be.
    pub(crate) async fn probe(
        &self,
        probe: &Probe,
        setting: &Setting,
        server: &str,
        at_once: bool,
    ) -> Probed {
        let host = match &probe.host {
            ProbeHost::Fixed(host) => host.clone(),
            ProbeHost::FromSetting => setting.host(server).unwrap_or_else(|| "127.0.0.1".to_owned()),
        };
        let mut request = http::Request::new(Bytes::new());
        if let Ok(uri) = probe.path.parse() {
            *request.uri_mut() = uri;
        }
        net::set(request.headers_mut(), "host", &net::bracketed(&host));
        net::set(request.headers_mut(), "user-agent", PROBE_AGENT);
        if at_once {
            net::set(request.headers_mut(), AT_ONCE, "true");
        }
        let name = setting.tls_name(Some(probe), server);
        let secure = Secure { name: &name, demands: &setting.demands };
        let secure = probe.https.unwrap_or(setting.https).then_some(secure);
        let address = (server, probe.port.unwrap_or(setting.port));
        let mut seen = Vec::new();
        let outcome = match self.call(address, secure, request, probe.timeout, &mut seen).await {
            Ok(response) => judge(probe, &response),
            Err(CallError::Refused) => Outcome::Refused,
            Err(CallError::TimedOut) => Outcome::TimedOut,
            Err(CallError::Unresolved) => Outcome::Unresolved,
            Err(CallError::Distrusted(distrust)) => Outcome::Tls(distrust),
        };
        Probed { outcome, certificates: certificates::metadata(&seen) }
    }
}

fn judge(probe: &Probe, response: &Response) -> Outcome {
    let status = response.status().as_u16();
    if !probe.accepts(status) {
        return Outcome::Status(status, probe.codes.join(", "));
    }
    match &probe.body {
        Some(wanted) if !String::from_utf8_lossy(response.body()).contains(wanted) => {
            Outcome::Body(wanted.clone())
        }
        _ => Outcome::Passed(status),
    }
}

#[cfg(test)]
mod tests {
    use http::StatusCode;
    use serde_json::json;

    use super::*;

    fn judged(probe: serde_json::Value, status: u16, body: &'static str) -> Outcome {
        judge(&Probe::read(&probe), &net::text(StatusCode::from_u16(status).unwrap(), "text/plain", body))
    }

    #[test]
    fn a_redirect_passes_by_default() {
        assert_eq!(judged(json!({}), 302, ""), Outcome::Passed(302));
    }

    #[test]
    fn a_status_outside_the_match_is_named_together_with_what_was_wanted() {
        let outcome = judged(json!({"match": {"statusCodes": ["200-299", "403"]}}), 302, "");
        assert_eq!(outcome, Outcome::Status(302, "200-299, 403".to_owned()));
        assert_eq!(
            judged(json!({"match": {"statusCodes": ["200-299", "403"]}}), 403, ""),
            Outcome::Passed(403)
        );
    }

    #[test]
    fn the_body_is_looked_at_when_the_status_is_right() {
        let probe = json!({"match": {"body": "ready"}});
        assert_eq!(judged(probe.clone(), 200, "all ready"), Outcome::Passed(200));
        assert_eq!(judged(probe, 200, "starting"), Outcome::Body("ready".to_owned()));
    }
}
