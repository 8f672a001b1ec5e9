//! The probe looks for a text that the answer does not contain.
//!
//! Confirmed by: two probes on demand of the same path with the same host name: red when they look for the
//! text, green when they do not.
//! Mended by: the text, or the page.
//! Source: Microsoft, "Troubleshoot backend health issues in Application Gateway", HTTP response body mismatch.

use super::probing::{Tried, as_the_probe, az_gateway, may_probe, probe_link};
use super::{Cause, Link, by_hand, not_checked};
use crate::card::Text;
use crate::diagnosis::{Finding, Verdict};
use crate::evidence::Scope;
use crate::health::Symptom;

pub(super) struct BodyMatch;

impl Cause for BodyMatch {
    fn id(&self) -> &'static str {
        "body-match"
    }

    fn about(&self) -> &'static str {
        "The health probe looks for a text that the answer does not contain."
    }

    fn breaks(&self) -> Link {
        Link::Probe
    }

    fn examine(&self, scope: &Scope<'_>) -> Option<Finding> {
        let lacks = |symptom: &Symptom| matches!(symptom, Symptom::BodyMismatch { .. });
        let (pool, server) = scope.sick.iter().find(|(_, server)| lacks(&server.symptom))?;
        let text = scope.probe.body.as_deref()?;
        if !may_probe(scope) {
            return None;
        }
        let plain = as_the_probe(scope, pool, &scope.probe.path);
        let with = Tried::ask(scope, plain.clone().containing(text));
        let without = Tried::ask(scope, plain);
        if with.is_pending() || without.is_pending() {
            return None;
        }
        if let Some(why) = with.why_not().or(without.why_not()) {
            return Some(not_checked(
                self,
                scope,
                "Whether only the text keeps the probe from succeeding",
                why,
            ));
        }
        let red = with.of(&server.address).is_some_and(lacks);
        let green = without.of(&server.address).is_some_and(Symptom::is_healthy);
        let verdict = if red && green { Verdict::Confirmed } else { Verdict::Consistent };
        let reported = Text::of("Backend health: ")
            .code(&server.address)
            .say(" answers without the text that the probe looks for");
        let evidence = vec![reported, with.line(), without.line()];
        Some(by_hand(self, scope, verdict, sentence(scope, text, red && green), evidence, steps(scope, text)))
    }

    fn explains(&self, symptom: &Symptom) -> Option<&'static str> {
        let settles = "The probed path on demand, with and without looking for the text.";
        matches!(symptom, Symptom::BodyMismatch { .. }).then_some(settles)
    }
}

fn sentence(scope: &Scope<'_>, text: &str, sure: bool) -> Text {
    let looks = Text::of("The ")
        .text(probe_link(scope))
        .say(" looks for the text ")
        .code(text)
        .say(" in the answer to ")
        .code(&scope.probe.path);
    match sure {
        true => looks.say(", and the answer lacks it. But for that the probe succeeds."),
        false => looks.say(". That only the text is missing was not seen on demand."),
    }
}

fn steps(scope: &Scope<'_>, text: &str) -> Vec<Text> {
    let page = Text::of("Look at what ")
        .code(&scope.probe.path)
        .say(" answers. If the page is wrong, mend the application: the probe is right then.");
    let name = scope.probe.name.as_ref().map_or_else(|| "PROBE".to_owned(), ToString::to_string);
    let command = format!(
        "az network application-gateway probe update {} -n {name} --match-body \"TEXT\"",
        az_gateway(scope)
    );
    let correct = Text::of("If the page is right, look for a text that it contains in place of ")
        .code(text)
        .say(": ")
        .code(command);
    vec![page, correct, Text::of("The probe succeeds within its interval; press Re-check then.")]
}
