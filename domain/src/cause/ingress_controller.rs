//! A Kubernetes ingress controller owns the gateway, so a probe that is refused is mended in Kubernetes.
//!
//! It says who owns the fix, and not why the probe is refused. Confirmed by: the tags and names that the
//! controller gives, while servers refuse the probe that it wrote.
//! Mended by: the pod's readinessProbe, or an annotation of the ingress.
//! Source: Azure/application-gateway-kubernetes-ingress, "Annotations" and `pkg/azure/tags/consts.go`.

use super::{Cause, Link, gateway_link, of_gateway};
use crate::card::Text;
use crate::diagnosis::{Finding, Verdict};
use crate::evidence::{Inquiry, is_sick};
use crate::health::{BackendHealth, ServerHealth, Symptom};

pub(super) struct IngressController;

impl Cause for IngressController {
    fn id(&self) -> &'static str {
        "ingress-controller"
    }

    fn about(&self) -> &'static str {
        "A Kubernetes ingress controller writes the probes of this gateway."
    }

    fn breaks(&self) -> Link {
        Link::Probe
    }

    fn survey(&self, inquiry: &Inquiry<'_>) -> Option<Finding> {
        let mut servers = inquiry.evidence.health.value().into_iter().flat_map(BackendHealth::servers);
        if !servers.any(|(_, _, server)| is_refused(server)) {
            return None;
        }
        let sign = inquiry.evidence.gateway.ingress_controller()?;
        let (link, _) = gateway_link(inquiry);
        let sentence = Text::of("A Kubernetes ingress controller owns ").text(link).say(
            ": it writes the probes, and overwrites what others change. The probe that is refused is mended in Kubernetes.",
        );
        let evidence = vec![Text::of(format!("Configuration: {sign}"))];
        Some(of_gateway(self, Verdict::Confirmed, sentence, evidence, steps()))
    }
}

fn is_refused(server: &ServerHealth) -> bool {
    is_sick(server) && matches!(server.symptom, Symptom::StatusMismatch { .. } | Symptom::BodyMismatch { .. })
}

fn steps() -> Vec<Text> {
    let path = "appgw.ingress.kubernetes.io/health-probe-path";
    vec![
        Text::of("Find the ingress: ").code("kubectl get ingress -A").say("."),
        Text::of("Give its pods a readinessProbe with a path that answers 200 without a login, or name that path: ")
            .code(format!("kubectl annotate ingress INGRESS -n NAMESPACE {path}=/healthz --overwrite")),
        Text::of("The controller writes the probe within a minute or so; press Re-check then."),
    ]
}
