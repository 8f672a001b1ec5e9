//! The wordings we know. Microsoft's are in "Troubleshoot backend health issues in Application Gateway"
//! (SupportArticles-docs, and azure-docs before 2026); stems are kept short, so that a sentence of the same
//! meaning is known too.
//!
//! Stems stand between bars and start where a word starts; one with a dot at its end is a whole word. They are
//! in folded words: "cannot" also stands for "could not", "unable to" and "failed to", "not" for "does not"
//! and "is not", "timeout" for "timed out" and "time-out".

use super::rules::Kind;

/// A symptom and its stems: of each group at least one must be present.
pub(super) type Rule = (Kind, &'static [&'static str]);

pub(super) const CERTIFICATE: &str = "certificate | cert. | certs. | tls | ssl | x509 | openssl";

const DIFFERS: &str = "not match | mismatch | no match | differ | not cover | not include | not valid for";

/// The first rule that fits wins, so what is more particular stands further up.
pub(super) const RULES: &[Rule] = &[
    (Kind::StatusUnavailable, &["65200. | 65503."]),
    (
        Kind::StatusUnavailable,
        &[
            "health status | health data | status data | status of the backend | backend health",
            "retriev | cannot fetch | cannot be fetched | cannot be determined | \
             cannot determine | cannot get | cannot obtain | cannot be obtained | status unavailable | \
             not available",
        ],
    ),
    (
        Kind::NoHealthyServer,
        &["no healthy | no live | any healthy | without healthy | servers are unhealthy | \
             backends are unhealthy"],
    ),
    (Kind::ProxyProtocol, &["proxy protocol"]),
    (
        Kind::BodyMismatch,
        &[
            "body. | content.",
            "not match | mismatch | not contain | not include | not found in | not equal | not returned | \
             expected | lacks | missing",
        ],
    ),
    (
        Kind::StatusMismatch,
        &[
            "status code | response code | http status | http code | return code | response status",
            "invalid | not match | mismatch | unexpected | acceptable | unacceptable | not accept | \
             not allowed | outside | not within | not in the | expected",
        ],
    ),
    (
        Kind::TlsExpired,
        &[
            CERTIFICATE,
            "expired | expiry | expiration | valid from. | valid to. | validity period | validity date | \
             date range | not yet valid | no longer valid | not valid yet | not valid before | \
             not valid after | out of date",
        ],
    ),
    (
        Kind::TlsNameMismatch,
        &[
            "common name | cn. | san. | sans. | subject alternative | subject name | hostname | \
             host header | server name | sni. | dns name",
            CERTIFICATE,
            DIFFERS,
        ],
    ),
    (Kind::TlsNameMismatch, &["common name | cn.", DIFFERS]),
    (
        Kind::TlsRootMismatch,
        &[
            "root | authentication certificate",
            CERTIFICATE,
            "not match | mismatch | no match | differ | signed by any | issued by any | any of the | \
             none of the | not chain | wrong root | incorrect root",
        ],
    ),
    (
        Kind::TlsChain,
        &[
            "chain | intermediate | leaf.",
            CERTIFICATE,
            "missing | incomplete | not complete | topmost | wrong order | out of order | \
             incorrect order | incorrectly ordered | not correctly ordered | not in order | \
             not in the correct order | not ordered | not sent | not send | not present | not found | \
             broken",
        ],
    ),
    (
        Kind::TlsUntrusted,
        &["root certificate", "missing | not uploaded | not found | not present | not configured | no root"],
    ),
    (
        Kind::TlsUntrusted,
        &[
            "certificate | cert. | ca.",
            "well known | selfsigned | not trust | untrusted | unknown ca. | \
             unknown certificate authority | unknown authority | unknown issuer | unknown root | \
             unrecognized | whitelist | allowlist | trusted ca. | trusted certificate authority | \
             trusted root | publicly trusted | not signed by",
        ],
    ),
    (
        Kind::TlsOther,
        &[
            CERTIFICATE,
            "be verified | cannot verify | not verified | verification | verify error | openssl | \
             handshake | negotiat | cipher | revoked | revocation | alert.",
        ],
    ),
    (Kind::TlsOther, &["handshake"]),
    (
        Kind::Dns,
        &["cannot create a probe | cannot create probe | nxdomain | no such host | unknown host | \
             hostname not found | name resolution | hostname resolution | resolution fail | \
             resolution error | cannot resolve | cannot be resolved | not resolve | not be resolved | \
             resolve the fqdn | resolve fqdn | fqdn not | fqdn of the backend not | dns fail | \
             dns lookup | dns error | dns resol | dns quer"],
    ),
    (
        Kind::CannotConnect,
        &["cannot connect | cannot be connected | cannot reach | cannot be reached | cannot access | \
             not reachable | unreachable | connection refused | connections refused | \
             refused the connection | refused a connection | refused connection | refused to connect | \
             actively refused | econnrefused | connection reset | connection was reset | reset by peer | \
             reset the connection | closed the connection | connection closed | connection was closed | \
             terminated the connection | connection fail | connection error | connection timeout | \
             connection attempt | connect timeout | connecting to | cannot establish connection | \
             cannot establish a connection | cannot establish a tcp | cannot establish tcp | \
             cannot open connection | cannot open a connection | cannot make a connection | \
             cannot communicate | no connection | no route to | no connectivity | connectivity | \
             not listening | not accept connection | not accept the connection | not accept a connection | \
             not accepting connection"],
    ),
    (Kind::CannotConnect, &["tcp. | connect to.", "timeout"]),
    (
        Kind::Timeout,
        &["timeout | time taken by | too long | too slow | not respond | no response | not answer | \
             not reply | response time | deadline exceeded | exceeded the time"],
    ),
];

/// The links Microsoft puts at the end: a second signal, for wordings that we do not know.
pub(super) const SLUGS: &[(&str, Kind)] = &[
    ("servernotreachable", Kind::CannotConnect),
    ("probetimeout", Kind::Timeout),
    ("unknownbackendhealth", Kind::StatusUnavailable),
    ("backendcertcnmismatch", Kind::TlsNameMismatch),
];

/// A first sentence with one of these tells of success, unless it tells of trouble too.
pub(super) const SUCCESS: &str = "probe succeeded | probe success | probe passed | successful | is healthy";

pub(super) const TROUBLE: &str = "not. | cannot. | no. | fail | invalid | mismatch | unexpected | error | \
    unhealthy | refused | unsuccess | wrong | incorrect | outside | rejected | denied";

/// With one of these, a number behind "received" or "with" is a status code.
pub(super) const SPEAKERS: &str = "probe | backend | server | response | received | gateway | returned";

/// With one of these, a number from 100 to 599 is a status code.
pub(super) const STATUS_WORDS: &str = "status | http. | https. | response | unauthorized | forbidden | \
    not found | unavailable | bad gateway | bad request | server error";
