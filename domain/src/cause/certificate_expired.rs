//! The server's certificate, or one between it and the root, is expired or not valid yet.
//!
//! Confirmed by: the dates of the certificates that the server sends.
//! Mended by: a new certificate, installed and loaded on the server.
//! Source: Microsoft, "Troubleshoot backend health issues in Application Gateway", backend certificate invalid.

use super::tls::{AboutCertificates, Claim, Judged, Seen, at, noted, openssl, openssl_of, out_of_dates};
use super::{Cause, Link};
use crate::card::{Text, clock};
use crate::certificate::{Chain, Validity};
use crate::diagnosis::Finding;
use crate::evidence::Scope;
use crate::health::{ServerHealth, Symptom};

pub(super) struct CertificateExpired;

impl Cause for CertificateExpired {
    fn id(&self) -> &'static str {
        "certificate-expired"
    }

    fn about(&self) -> &'static str {
        "The server's certificate is expired, or not valid yet."
    }

    fn breaks(&self) -> Link {
        Link::Server
    }

    fn examine(&self, scope: &Scope<'_>) -> Option<Finding> {
        self.found(scope)
    }

    fn explains(&self, symptom: &Symptom) -> Option<&'static str> {
        let settles = "The dates of the certificates that the server sends.";
        (self.shows(symptom) || *symptom == Symptom::NoHealthyServer).then_some(settles)
    }
}

impl AboutCertificates for CertificateExpired {
    fn shows(&self, symptom: &Symptom) -> bool {
        *symptom == Symptom::TlsExpired
    }

    fn judge(&self, scope: &Scope<'_>, seen: &Seen<'_>, chain: &Chain) -> Judged {
        let mut path = chain.path().enumerate();
        let old = path.find_map(|(index, one)| Some((index, one, out_of_dates(one, scope)?)));
        let Some((index, one, clause)) = old else { return Judged::Not(good(seen, chain)) };
        let whose = if index == 0 { "The certificate of " } else { "A certificate above that of " };
        let sentence = Text::of(whose)
            .code(&seen.server.address)
            .say(", ")
            .code(&one.subject)
            .say(format!(", {clause}."));
        let early = matches!(one.validity(scope.evidence.at), Validity::NotYet { .. });
        let claim = Claim::of(sentence, steps(scope, seen, index, early));
        // Above the server's own there may be another way up, which is the gateway's to choose.
        let settles = index == 0 || (!one.is_self_signed() && !seen.handshake.trusted);
        if settles && scope.setting.tls.checks_chain_and_dates {
            Judged::Shown(claim)
        } else {
            Judged::Fits(claim)
        }
    }

    fn reported(&self, scope: &Scope<'_>, server: &ServerHealth) -> Claim {
        let sentence = Text::of("By the gateway's word the certificate of ")
            .code(&server.address)
            .say(" is expired, or not valid yet.");
        let sentence = match noted(server).and_then(|note| note.not_after) {
            Some(until) => sentence.say(format!(" It notes that it is valid until {}.", clock(until))),
            None => sentence.say(" Its dates are not known here."),
        };
        let renew = Text::of("Look at its dates, and renew it on the server if they are over.");
        Claim::of(sentence, openssl_of(scope, server).into_iter().chain([renew]).collect())
    }
}

fn good(seen: &Seen<'_>, chain: &Chain) -> Text {
    let until = chain.path().map(|one| one.not_after).min();
    let text = at(seen.server).say(" sends certificates that are within their dates");
    match until {
        Some(until) => text.say(format!(", until {}.", clock(until))),
        None => text.say("."),
    }
}

fn steps(scope: &Scope<'_>, seen: &Seen<'_>, index: usize, early: bool) -> Vec<Text> {
    let renew = match index {
        0 if early => {
            "Install a certificate on the server that is valid today: the one before it may be so still."
        }
        0 => {
            "Renew the certificate on the server, and let the server load it: many go on with the old one until \
              they are restarted."
        }
        _ => "Install the authority's current certificates on the server, above the server's own.",
    };
    vec![Text::of(renew), openssl(scope, seen.pool, seen.server)]
}
