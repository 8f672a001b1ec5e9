//! The root that is uploaded to the gateway is another than the one that the server's certificate leads to.
//!
//! Confirmed by: names and key ids of the certificates that the server sends, and of those that are uploaded.
//! A root in a Key Vault is not seen, and so never blamed. On v1 the servers' own certificates are uploaded.
//! Mended by: the right root, uploaded and named in the setting.
//! Source: Microsoft, "Troubleshoot backend health issues in Application Gateway", trusted root mismatch; and
//! "Application Gateway TLS overview": a gateway with uploaded roots talks to no server of another root.

use super::certificate_root::{command, steps_alone};
use super::tls::{AboutCertificates, Claim, Judged, Seen, at, openssl, openssl_of, setting_link};
use super::{Cause, Link};
use crate::card::Text;
use crate::certificate::{Certificate, Chain, Validity};
use crate::diagnosis::Finding;
use crate::evidence::Scope;
use crate::gateway::{TrustedCertificate, Upload};
use crate::health::{ServerHealth, Symptom};

pub(super) struct TrustedRoot;

impl Cause for TrustedRoot {
    fn id(&self) -> &'static str {
        "trusted-root"
    }

    fn about(&self) -> &'static str {
        "The root uploaded to the gateway is another than the one that the server's certificate leads to."
    }

    fn breaks(&self) -> Link {
        Link::Setting
    }

    fn examine(&self, scope: &Scope<'_>) -> Option<Finding> {
        self.found(scope).filter(|_| !uploads(scope).is_empty() || has_mismatch(scope))
    }

    fn explains(&self, symptom: &Symptom) -> Option<&'static str> {
        let settles =
            "The root that the server's certificates lead to, beside the roots uploaded to the HTTP setting.";
        (self.shows(symptom) || *symptom == Symptom::NoHealthyServer).then_some(settles)
    }
}

fn has_mismatch(scope: &Scope<'_>) -> bool {
    scope.sick.iter().any(|(_, server)| server.symptom == Symptom::TlsRootMismatch)
}

/// What the setting trusts: roots, or on v1 the servers' own certificates.
fn uploads(scope: &Scope<'_>) -> Vec<TrustedCertificate> {
    let (gateway, setting) = (&scope.evidence.gateway, &scope.setting.name);
    let roots = gateway.trusted_roots(setting);
    if roots.is_empty() { gateway.allowed_certificates(setting) } else { roots }
}

fn are_roots(scope: &Scope<'_>) -> bool {
    !scope.evidence.gateway.trusted_roots(&scope.setting.name).is_empty()
}

impl AboutCertificates for TrustedRoot {
    fn shows(&self, symptom: &Symptom) -> bool {
        matches!(symptom, Symptom::TlsRootMismatch | Symptom::TlsUntrusted)
    }

    fn judge(&self, scope: &Scope<'_>, seen: &Seen<'_>, chain: &Chain) -> Judged {
        let uploads = uploads(scope);
        let known: Vec<&Certificate> = uploads.iter().filter_map(TrustedCertificate::certificate).collect();
        let Some(end) = chain.end() else {
            return Judged::Not(at(seen.server).say(" sends no certificate."));
        };
        let found = if are_roots(scope) { chain.root_among(&known) } else { listed(chain, &known) };
        let claim = |sentence| {
            let mut claim = Claim::of(sentence, steps(scope, seen));
            claim.evidence.extend(uploads.iter().map(uploaded_line));
            claim
        };
        match found {
            Some(root) => matched(scope, seen, root, claim),
            None if known.len() < uploads.len() => {
                let sentence = leads_to(seen, end)
                    .say(". Whether that is the root uploaded to the HTTP setting is not known here.");
                Judged::Fits(claim(sentence))
            }
            None if uploads.is_empty() && seen.handshake.rooted == Some(true) => Judged::Not(
                leads_to(seen, end).say(", which is well known, and the HTTP setting trusts those by now."),
            ),
            None if uploads.is_empty() => {
                let sentence =
                    leads_to(seen, end).say(". The HTTP setting trusts no root of its own by now.");
                Judged::Fits(claim(sentence))
            }
            None => other_root(scope, seen, chain, &known, claim),
        }
    }

    fn reported(&self, scope: &Scope<'_>, server: &ServerHealth) -> Claim {
        let sentence = Text::of("By the gateway's word the certificate of ")
            .code(&server.address)
            .say(" comes from another root than the one uploaded to the HTTP setting. Which one is not known here.");
        let mut steps = openssl_of(scope, server);
        steps.push(
            Text::of("Compare the last issuer with the uploaded root; if another is right, upload it: ")
                .code(command(scope)),
        );
        let mut claim = Claim::of(sentence, steps);
        claim.evidence.extend(uploads(scope).iter().map(uploaded_line));
        claim
    }
}

/// On v1: one of the servers' own certificates that are uploaded, by its key.
fn listed<'a>(chain: &Chain, known: &[&'a Certificate]) -> Option<&'a Certificate> {
    known.iter().copied().find(|one| chain.sent().iter().any(|sent| sent.public_key == one.public_key))
}

fn matched(scope: &Scope<'_>, seen: &Seen<'_>, root: &Certificate, claim: impl Fn(Text) -> Claim) -> Judged {
    let leads = Text::of("The certificates of ")
        .code(&seen.server.address)
        .say(" lead to the uploaded ")
        .code(&root.subject);
    if are_roots(scope) && !root.is_self_signed() {
        let sentence = leads
            .say(", which is no root: ")
            .code(&root.issuer)
            .say(" issued it. The root itself belongs there.");
        return Judged::Fits(claim(sentence));
    }
    if are_roots(scope) && !root.is_ca {
        let sentence = at(seen.server)
            .say(" sends the uploaded ")
            .code(&root.subject)
            .say(" itself. It is no authority's, so that it does not do as a root.");
        let claim = Claim { steps: steps_alone(scope, seen, root), ..claim(sentence) };
        return Judged::Fits(claim);
    }
    match root.validity(scope.evidence.at) {
        Validity::Valid => Judged::Not(leads.say(", so they fit.")),
        _ => Judged::Fits(claim(leads.say(", which is outside its dates."))),
    }
}

/// No uploaded certificate fits, and all of them are known.
fn other_root(
    scope: &Scope<'_>,
    seen: &Seen<'_>,
    chain: &Chain,
    known: &[&Certificate],
    claim: impl Fn(Text) -> Claim,
) -> Judged {
    let Some(end) = chain.end() else { return Judged::Not(at(seen.server).say(" sends no certificate.")) };
    let namesake = known.iter().find(|root| chain.path().any(|one| one.is_issued_by_namesake_of(root)));
    let (sentence, settles) = if !are_roots(scope) {
        (
            at(seen.server)
                .say(" sends no certificate whose key is one of those uploaded to the HTTP setting."),
            true,
        )
    } else if let Some(root) = namesake {
        let key = |id: &Option<String>| id.clone().unwrap_or_default();
        let sentence = leads_to(seen, end)
            .say(" with the key ")
            .code(key(&end.authority_key.clone().or_else(|| end.subject_key.clone())))
            .say(". The uploaded root has the same name and another key: ")
            .code(key(&root.subject_key))
            .say(".");
        (sentence, true)
    } else if end.is_self_signed() || seen.handshake.rooted == Some(true) {
        (
            leads_to(seen, end)
                .say(", and the HTTP setting trusts ")
                .codes(known.iter().map(|root| &root.subject))
                .say(" alone."),
            true,
        )
    } else {
        let sentence = leads_to(seen, end)
            .say(", which is not the uploaded ")
            .codes(known.iter().map(|root| &root.subject))
            .say(". It is another root, or a certificate is missing in between.");
        (sentence, false)
    };
    let claim = claim(sentence);
    if settles && scope.setting.tls.checks_chain_and_dates {
        Judged::Shown(claim)
    } else {
        Judged::Fits(claim)
    }
}

fn leads_to(seen: &Seen<'_>, end: &Certificate) -> Text {
    let root = if end.is_self_signed() { &end.subject } else { &end.issuer };
    Text::of("The certificates of ").code(&seen.server.address).say(" lead to ").code(root)
}

fn uploaded_line(upload: &TrustedCertificate) -> Text {
    let line = Text::of("Uploaded as ").code(&upload.name).say(": ");
    match &upload.upload {
        Upload::Read(certificate) => {
            let line = line.code(&certificate.subject);
            match &certificate.subject_key {
                Some(key) => line.say(", key ").code(key),
                None => line,
            }
        }
        Upload::KeyVault => line.say("in a Key Vault, not looked at"),
        Upload::Unreadable => line.say("not a certificate that can be read here"),
    }
}

fn steps(scope: &Scope<'_>, seen: &Seen<'_>) -> Vec<Text> {
    let upload = if are_roots(scope) || !scope.evidence.gateway.is_v1() {
        setting_link(
            Text::of("If that root is one that you trust, upload it and name it in the HTTP setting "),
            scope,
        )
        .say(": ")
        .code(command(scope))
    } else {
        setting_link(
            Text::of("Upload the server's present certificate, and name it in the HTTP setting "),
            scope,
        )
        .say(".")
    };
    let without = (are_roots(scope) && seen.handshake.rooted == Some(true)).then(|| {
        setting_link(
            Text::of("If no server needs an uploaded root, take them out of the HTTP setting "),
            scope,
        )
        .say(": without one, the gateway trusts well-known roots.")
    });
    without.into_iter().chain([upload, openssl(scope, seen.pool, seen.server)]).collect()
}
