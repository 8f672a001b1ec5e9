//! The handshake with the server fails in a way that the gateway names by a number only; or the server does not
//! speak TLS at all.
//!
//! Confirmed by: what the number stands for, seen in the certificates that the server sends; or an answer that
//! is not TLS, where the gateway does not claim to have seen a certificate.
//! Mended by: whatever the number stands for; or the protocol or port of the setting.
//! Source: Microsoft, "Troubleshoot backend health issues in Application Gateway", validity could not be
//! verified; OpenSSL, "openssl-verification-options" and `X509_verify_cert_error_string` (the codes).

use super::certificate_root::steps_alone;
use super::tls::{
    AboutCertificates, Claim, Judged, Seen, at, greeted, openssl, openssl_of, out_of_dates, setting_link,
};
use super::{Cause, Link};
use crate::card::Text;
use crate::certificate::{Certificate, Chain};
use crate::diagnosis::Finding;
use crate::evidence::Scope;
use crate::health::{ServerHealth, Symptom};

pub(super) struct TlsHandshake;

impl Cause for TlsHandshake {
    fn id(&self) -> &'static str {
        "tls-handshake"
    }

    fn about(&self) -> &'static str {
        "The TLS handshake with the server fails, for a reason that the gateway gives as a number only."
    }

    fn breaks(&self) -> Link {
        Link::Server
    }

    fn examine(&self, scope: &Scope<'_>) -> Option<Finding> {
        // Whatever the gateway makes of a server that does not speak TLS, this is what it is.
        self.found(scope).or_else(|| {
            let seen = greeted(scope).into_iter().find(|seen| seen.handshake.chain.is_none())?;
            match self.judge_silence(scope, &seen) {
                Judged::Shown(claim) | Judged::Fits(claim) => Some(self.tell(scope, &seen, claim)),
                Judged::Not(_) => None,
            }
        })
    }

    fn explains(&self, symptom: &Symptom) -> Option<&'static str> {
        let settles = "What OpenSSL means by the number, and the certificates that the server sends.";
        (self.shows(symptom) || *symptom == Symptom::NoHealthyServer).then_some(settles)
    }
}

/// What a number stands for, as far as a chain can show it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Meaning {
    Dates,
    NoRoot,
    Name,
    Purpose,
    Beyond,
}

/// OpenSSL's verification errors that a server's certificate can be the reason of.
/// Number 24 had two meanings in the course of time.
const CODES: [(u16, Meaning, &str); 20] = [
    (2, Meaning::NoRoot, "the certificate of an issuer was not found"),
    (7, Meaning::Beyond, "a signature does not fit the certificate that should have made it"),
    (9, Meaning::Dates, "a certificate is not valid yet"),
    (10, Meaning::Dates, "a certificate is expired"),
    (18, Meaning::NoRoot, "the certificate is self-signed"),
    (19, Meaning::NoRoot, "a self-signed certificate in the chain is not trusted"),
    (20, Meaning::NoRoot, "the issuer of a certificate is neither sent nor known"),
    (21, Meaning::NoRoot, "only one certificate was sent, and its issuer is not known"),
    (22, Meaning::Beyond, "the chain is too long"),
    (23, Meaning::Beyond, "a certificate is revoked"),
    (24, Meaning::Beyond, "an issuer in the chain is no authority, or its key cannot be used"),
    (25, Meaning::Beyond, "the chain is longer than an authority allows"),
    (26, Meaning::Purpose, "a certificate is not meant for servers"),
    (32, Meaning::Beyond, "an authority's certificate is not meant to sign others"),
    (62, Meaning::Name, "the certificate is not for the host name"),
    (64, Meaning::Name, "the certificate is not for the IP address"),
    (66, Meaning::Beyond, "the server's key is too weak"),
    (67, Meaning::Beyond, "an authority's key is too weak"),
    (68, Meaning::Beyond, "a signature was made with an algorithm that is too weak"),
    (79, Meaning::Beyond, "an issuer in the chain is no authority"),
];

fn meaning(server: &ServerHealth) -> Option<(Meaning, &'static str)> {
    let Symptom::TlsOther { code: Some(code) } = &server.symptom else { return None };
    let code: u16 = code.parse().ok()?;
    CODES.iter().find(|(known, ..)| *known == code).map(|(_, meaning, words)| (*meaning, *words))
}

impl AboutCertificates for TlsHandshake {
    fn shows(&self, symptom: &Symptom) -> bool {
        matches!(symptom, Symptom::TlsOther { .. })
    }

    fn judge(&self, scope: &Scope<'_>, seen: &Seen<'_>, chain: &Chain) -> Judged {
        let claim = |sentence| Claim::of(sentence, vec![openssl(scope, seen.pool, seen.server)]);
        match meaning(seen.server) {
            Some((Meaning::Dates, _)) => match chain
                .path()
                .find_map(|one| Some((one, out_of_dates(one, scope)?)))
            {
                Some((one, clause)) => {
                    let sentence = at(seen.server)
                        .say(" sends the certificate ")
                        .code(&one.subject)
                        .say(format!(", which {clause}."));
                    let leaf = chain.leaf().is_some_and(|leaf| leaf == one);
                    if leaf { Judged::Shown(claim(sentence)) } else { Judged::Fits(claim(sentence)) }
                }
                None => Judged::Not(at(seen.server).say(" sends certificates that are within their dates.")),
            },
            Some((Meaning::NoRoot, words)) => no_root(scope, seen, chain, words, claim),
            Some((Meaning::Name, _)) => name(scope, seen, chain, claim),
            Some((Meaning::Purpose, _)) if chain.leaf().is_some_and(|leaf| !leaf.is_for_servers) => {
                let sentence = at(seen.server)
                    .say(" sends a certificate that is not meant for servers: its extended key usage lacks ")
                    .code("serverAuth")
                    .say(".");
                let install = Text::of("Install a certificate on the server that is issued for servers.");
                Judged::Shown(Claim::of(sentence, vec![install, openssl(scope, seen.pool, seen.server)]))
            }
            Some((Meaning::Purpose | Meaning::Beyond, _)) | None => {
                Judged::Fits(self.reported(scope, seen.server))
            }
        }
    }

    fn judge_silence(&self, scope: &Scope<'_>, seen: &Seen<'_>) -> Judged {
        let sentence = at(seen.server)
            .say(" does not speak TLS at port ")
            .code(scope.probe.port)
            .say(", and the probe does.");
        let step = setting_link(
            Text::of("Give the protocol and the port at which the server listens to the HTTP setting "),
            scope,
        )
        .say(", or let the server speak TLS there.");
        let steps = vec![step, openssl(scope, seen.pool, seen.server)];
        if seen.server.symptom == (Symptom::TlsOther { code: None }) {
            return Judged::Shown(Claim::of(sentence, steps));
        }
        // Whoever complains of a certificate has seen one.
        let sentence = sentence.say(
            " The gateway has seen a certificate, though: the server may have changed since, or the bot reaches another one.",
        );
        Judged::Fits(Claim::of(sentence, steps))
    }

    fn reported(&self, scope: &Scope<'_>, server: &ServerHealth) -> Claim {
        let refused = Text::of("The gateway does not accept the certificate of ").code(&server.address);
        let sentence = match (meaning(server), &server.symptom) {
            (Some((_, words)), Symptom::TlsOther { code: Some(code) }) => {
                refused.say(format!(": by OpenSSL's code {code}, {words}. That was not seen here."))
            }
            (_, Symptom::TlsOther { code: Some(code) }) => {
                refused.say(", by OpenSSL's code ").code(code).say(". What that is about was not seen here.")
            }
            _ => refused.say(", and gives no reason that is known here."),
        };
        let table = Text::of("OpenSSL's codes: ")
            .link("verification errors", "https://docs.openssl.org/master/man3/X509_STORE_CTX_get_error/")
            .say(".");
        Claim::of(sentence, openssl_of(scope, server).into_iter().chain([table]).collect())
    }
}

fn no_root(
    scope: &Scope<'_>,
    seen: &Seen<'_>,
    chain: &Chain,
    words: &str,
    claim: impl Fn(Text) -> Claim,
) -> Judged {
    let roots = scope.evidence.gateway.trusted_roots(&scope.setting.name);
    let known: Vec<&Certificate> = roots.iter().filter_map(|root| root.certificate()).collect();
    if let Some(leaf) = chain.leaf().filter(|leaf| leaf.is_self_signed() && !leaf.is_ca) {
        let sentence = at(seen.server)
            .say(" sends a certificate that it issued itself, ")
            .code(&leaf.subject)
            .say(". It is no authority's, so that the gateway does not take it, uploaded or not.");
        let claim = Claim::of(sentence, steps_alone(scope, seen, leaf));
        let settles = scope.setting.tls.checks_chain_and_dates;
        return if settles { Judged::Shown(claim) } else { Judged::Fits(claim) };
    }
    let trusted =
        chain.root_among(&known).is_some() || (roots.is_empty() && seen.handshake.rooted == Some(true));
    let Some(end) = chain.end().filter(|_| !trusted) else {
        return Judged::Not(
            at(seen.server).say(" sends certificates that lead to a root that the gateway trusts."),
        );
    };
    let root = if end.is_self_signed() { &end.subject } else { &end.issuer };
    let sentence = Text::of("The certificates of ")
        .code(&seen.server.address)
        .say(" lead to ")
        .code(root)
        .say(format!(", which the gateway does not trust: {words}."));
    let all_known = known.len() == roots.len() && (seen.handshake.rooted == Some(false) || !roots.is_empty());
    if all_known && scope.setting.tls.checks_chain_and_dates {
        Judged::Shown(claim(sentence))
    } else {
        Judged::Fits(claim(sentence))
    }
}

fn name(scope: &Scope<'_>, seen: &Seen<'_>, chain: &Chain, claim: impl Fn(Text) -> Claim) -> Judged {
    let asked = scope.asked_host(seen.pool, seen.server);
    let Some(leaf) = chain.leaf() else {
        return Judged::Not(at(seen.server).say(" sends no certificate of its own."));
    };
    if leaf.covers(&asked.host) {
        return Judged::Not(
            at(seen.server).say(" sends a certificate that is for ").code(&asked.host).say("."),
        );
    }
    let sentence = at(seen.server)
        .say(" sends a certificate for ")
        .codes(leaf.names().iter().take(5))
        .say(", and the probe asks for ")
        .code(&asked.host)
        .say(".");
    let other = asked.or.iter().any(|other| leaf.covers(other));
    if other || !scope.setting.tls.checks_name {
        Judged::Fits(claim(sentence))
    } else {
        Judged::Shown(claim(sentence))
    }
}
