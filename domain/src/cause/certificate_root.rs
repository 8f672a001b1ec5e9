//! The server's certificate leads to a root that is not well known, and no root is uploaded for it.
//!
//! Confirmed by: a chain that ends at a root which was sent and is not well known, and a setting without
//! uploaded roots. Where the root itself was not sent, an intermediate may be missing as well.
//! Mended by: the root, uploaded and named in the setting; a self-signed certificate that is no authority's
//! cannot be used so.
//! Source: Microsoft, "Troubleshoot backend health issues in Application Gateway", not signed by a well-known
//! authority; "Generate a self-signed certificate with a custom root CA".

use super::tls::{AboutCertificates, Claim, Judged, Seen, at, openssl, openssl_of, place, setting_link};
use super::{Cause, Link};
use crate::card::Text;
use crate::certificate::{Certificate, Chain};
use crate::diagnosis::Finding;
use crate::evidence::Scope;
use crate::health::{ServerHealth, Symptom};

pub(super) struct CertificateRoot;

impl Cause for CertificateRoot {
    fn id(&self) -> &'static str {
        "certificate-root"
    }

    fn about(&self) -> &'static str {
        "The server's certificate leads to a root that the gateway does not know, and none is uploaded."
    }

    fn breaks(&self) -> Link {
        Link::Setting
    }

    fn examine(&self, scope: &Scope<'_>) -> Option<Finding> {
        let (gateway, setting) = (&scope.evidence.gateway, &scope.setting.name);
        // With one uploaded, that is the question: which one.
        let bare =
            gateway.trusted_roots(setting).is_empty() && gateway.allowed_certificates(setting).is_empty();
        if bare { self.found(scope) } else { None }
    }

    fn explains(&self, symptom: &Symptom) -> Option<&'static str> {
        let settles =
            "The root that the server's certificates lead to, and the roots uploaded to the HTTP setting.";
        (self.shows(symptom) || *symptom == Symptom::NoHealthyServer).then_some(settles)
    }
}

impl AboutCertificates for CertificateRoot {
    fn shows(&self, symptom: &Symptom) -> bool {
        *symptom == Symptom::TlsUntrusted
    }

    fn judge(&self, scope: &Scope<'_>, seen: &Seen<'_>, chain: &Chain) -> Judged {
        let Some(end) = chain.end() else {
            return Judged::Not(at(seen.server).say(" sends no certificate."));
        };
        if seen.handshake.rooted == Some(true) {
            let text = at(seen.server)
                .say(" sends certificates that lead to a well-known root, by Mozilla's list: ");
            return Judged::Not(text.code(&end.issuer).say("."));
        }
        let upload = upload(scope, seen, end);
        if !end.is_self_signed() {
            let sentence = Text::of("The certificates of ")
                .code(&seen.server.address)
                .say(" lead to ")
                .code(&end.issuer)
                .say(", which is neither sent nor uploaded. It is a private root, or a certificate is missing in between.");
            return Judged::Fits(Claim::of(sentence, upload));
        }
        let (sentence, steps) = match chain.leaf().filter(|leaf| leaf.is_self_signed()) {
            Some(leaf) => (alone(seen, leaf), steps_alone(scope, seen, leaf)),
            None => (
                Text::of("The certificates of ")
                    .code(&seen.server.address)
                    .say(" lead to the root ")
                    .code(&end.subject)
                    .say(", which is not well known, and the HTTP setting trusts no root of its own."),
                upload,
            ),
        };
        let settles = seen.handshake.rooted == Some(false) && scope.setting.tls.checks_chain_and_dates;
        let claim = Claim::of(sentence, steps);
        if settles { Judged::Shown(claim) } else { Judged::Fits(claim) }
    }

    fn reported(&self, scope: &Scope<'_>, server: &ServerHealth) -> Claim {
        let sentence = Text::of("By the gateway's word the certificate of ")
            .code(&server.address)
            .say(" leads to no well-known root, and the HTTP setting trusts no root of its own. Which root it leads to is not known here.");
        let mut steps = openssl_of(scope, server);
        steps.push(Text::of("If it is a private authority's: upload its root. ").code(command(scope)));
        Claim::of(sentence, steps)
    }
}

fn alone(seen: &Seen<'_>, leaf: &Certificate) -> Text {
    let sentence = at(seen.server).say(" sends a certificate that it issued itself, ").code(&leaf.subject);
    if leaf.is_ca {
        return sentence.say(", and the HTTP setting does not trust it.");
    }
    sentence.say(". It is no authority's, so it cannot be uploaded as a root either.")
}

/// What mends a certificate that a server issued itself.
pub(super) fn steps_alone(scope: &Scope<'_>, seen: &Seen<'_>, leaf: &Certificate) -> Vec<Text> {
    if leaf.is_ca {
        return upload(scope, seen, leaf);
    }
    vec![
        Text::of(
            "Install a certificate by a well-known authority, or make a root of your own, let it issue the \
                  server's certificate, and upload that root: ",
        )
        .link(
            "self-signed certificates with a custom root",
            "https://learn.microsoft.com/azure/application-gateway/self-signed-certificates",
        )
        .say("."),
        openssl(scope, seen.pool, seen.server),
    ]
}

fn upload(scope: &Scope<'_>, seen: &Seen<'_>, end: &Certificate) -> Vec<Text> {
    let root = if end.is_self_signed() { &end.subject } else { &end.issuer };
    vec![
        setting_link(
            Text::of("If ")
                .code(root)
                .say(" is a root that you trust, upload it, and name it in the HTTP setting "),
            scope,
        )
        .say(": ")
        .code(command(scope)),
        openssl(scope, seen.pool, seen.server),
    ]
}

/// The two commands that make a setting trust a root beside those that it trusts already.
pub(super) fn command(scope: &Scope<'_>) -> String {
    let (place, setting) = (place(scope), &scope.setting.name);
    let trusted = scope.evidence.gateway.trusted_roots(setting);
    let kept: String = trusted.iter().map(|root| format!("{} ", root.name)).collect();
    format!(
        "az network application-gateway root-cert create {place} -n new-root --cert-file root.cer && \
         az network application-gateway http-settings update {place} -n {setting} --root-certs {kept}new-root"
    )
}
