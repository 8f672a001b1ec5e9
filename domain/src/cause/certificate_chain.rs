//! The server sends an incomplete chain of certificates, or one in the wrong order.
//!
//! Confirmed by: the chain that the server sends. Where its last issuer is not known it may also be a private
//! root that nobody uploaded: that is told apart by what the gateway reports, or not at all.
//! Mended by: the server's own certificate and those between it and the root, in this order.
//! Source: Microsoft, "Troubleshoot backend health issues in Application Gateway", intermediate certificate
//! missing, leaf certificate missing, leaf certificate not topmost.

use super::tls::{AboutCertificates, Claim, Judged, Seen, at, openssl, openssl_of};
use super::{Cause, Link};
use crate::card::Text;
use crate::certificate::{Certificate, Chain, Disorder};
use crate::diagnosis::Finding;
use crate::evidence::Scope;
use crate::health::{ServerHealth, Symptom};

pub(super) struct CertificateChain;

impl Cause for CertificateChain {
    fn id(&self) -> &'static str {
        "certificate-chain"
    }

    fn about(&self) -> &'static str {
        "The server sends an incomplete chain of certificates, or one in the wrong order."
    }

    fn breaks(&self) -> Link {
        Link::Server
    }

    fn examine(&self, scope: &Scope<'_>) -> Option<Finding> {
        self.found(scope)
    }

    fn explains(&self, symptom: &Symptom) -> Option<&'static str> {
        let settles = "The certificates that the server sends, in their order.";
        (self.shows(symptom) || *symptom == Symptom::NoHealthyServer).then_some(settles)
    }
}

impl AboutCertificates for CertificateChain {
    fn shows(&self, symptom: &Symptom) -> bool {
        matches!(symptom, Symptom::TlsChain | Symptom::TlsUntrusted)
    }

    fn judge(&self, scope: &Scope<'_>, seen: &Seen<'_>, chain: &Chain) -> Judged {
        let reported = seen.server.symptom == Symptom::TlsChain;
        if let Some(disorder) = chain.disorder() {
            let sentence = at(seen.server).say(in_words(disorder));
            let claim = Claim::of(sentence, steps(scope, seen, None));
            let settles = (reported || disorder != Disorder::Shuffled) && checked(scope);
            return if settles { Judged::Shown(claim) } else { Judged::Fits(claim) };
        }
        let roots = scope.evidence.gateway.trusted_roots(&scope.setting.name);
        let known: Vec<&Certificate> = roots.iter().filter_map(|root| root.certificate()).collect();
        let end = chain.end().filter(|_| chain.is_open(&known) && seen.handshake.rooted != Some(true));
        let Some(end) = end else { return Judged::Not(whole(seen, chain)) };
        let missing = at(seen.server)
            .say(" does not send the certificate of ")
            .code(&end.issuer)
            .say(", which issued ")
            .code(&end.subject);
        // An uploaded root that cannot be read may be the very issuer.
        let all_known = known.len() == roots.len() && seen.handshake.rooted == Some(false);
        if reported && all_known && checked(scope) {
            let sentence = missing
                .say(", and that is neither an uploaded root nor a well-known one, by Mozilla's list.");
            return Judged::Shown(Claim::of(sentence, steps(scope, seen, Some(end))));
        }
        let sentence = if reported {
            missing.say(". That may be one that is missing in between, or a root of somebody's own.")
        } else {
            at(seen.server)
                .say(" may have to send the certificate of ")
                .code(&end.issuer)
                .say(" too, if that is no root.")
        };
        Judged::Fits(Claim::of(sentence, steps(scope, seen, Some(end))))
    }

    fn reported(&self, scope: &Scope<'_>, server: &ServerHealth) -> Claim {
        let of = if server.symptom == Symptom::TlsChain {
            "is incomplete or out of order"
        } else {
            "leads to no root that it trusts"
        };
        let sentence = Text::of("By the gateway's word the chain of certificates of ")
            .code(&server.address)
            .say(format!(" {of}. What the server sends is not known here."));
        let install = Text::of(INSTALL);
        Claim::of(sentence, openssl_of(scope, server).into_iter().chain([install]).collect())
    }
}

const INSTALL: &str = "Install the server's own certificate first, then each one that issued the one before; the root may be left out.";

fn checked(scope: &Scope<'_>) -> bool {
    scope.setting.tls.checks_chain_and_dates
}

fn in_words(disorder: Disorder) -> &'static str {
    match disorder {
        Disorder::NoLeaf => " sends certificates of authorities alone, and none of its own.",
        Disorder::LeafNotFirst => " does not send its own certificate first.",
        Disorder::Shuffled => " sends its certificates out of order: each has to be followed by its issuer.",
    }
}

fn whole(seen: &Seen<'_>, chain: &Chain) -> Text {
    let text = at(seen.server).say(" sends its certificates in order, and none is missing");
    match chain.end() {
        Some(end) if end.is_self_signed() => text.say(": they end at ").code(&end.subject).say("."),
        Some(end) => text.say(": they lead to ").code(&end.issuer).say("."),
        None => text.say("."),
    }
}

fn steps(scope: &Scope<'_>, seen: &Seen<'_>, open: Option<&Certificate>) -> Vec<Text> {
    let mut steps = vec![Text::of(INSTALL)];
    if let Some(end) = open {
        let get = Text::of("Its authority may publish the certificate of ").code(&end.issuer);
        steps.push(get.say("; many also offer one file with the whole chain."));
    }
    steps.push(openssl(scope, seen.pool, seen.server));
    steps
}
