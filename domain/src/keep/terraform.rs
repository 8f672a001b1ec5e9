//! A plan in Terraform: blocks of `azurerm_application_gateway`.
//!
//! Names of arguments: hashicorp/terraform-provider-azurerm,
//! `internal/services/network/application_gateway_resource.go`.

use serde_json::Value;

use super::quote::{comment, hcl as quoted};
use super::{Change, changes, presumed};
use crate::gateway::json::{number, properties};
use crate::gateway::{Probe, ProbeHost};
use crate::id::Name;
use crate::plan::Plan;

/// The blocks that a plan adds or changes, and in words those that go.
pub(super) fn pieces(plan: &Plan) -> Vec<String> {
    let changes = changes(plan);
    let mut pieces = vec![head(plan)];
    let probes = changes.iter().filter_map(|change| match change {
        Change::Probe { name, value, .. } => Some(probe(name, value)),
        _ => None,
    });
    pieces.extend(probes);
    let attached = changes.iter().filter_map(|change| match change {
        Change::Attached { setting, probe } => Some((*setting, probe)),
        _ => None,
    });
    for (index, (setting, probe)) in attached.enumerate() {
        let first =
            if index == 0 { "# These blocks are there already: add probe_name to each.\n" } else { "" };
        pieces.push(format!("{first}{}", attach(setting, probe)));
    }
    pieces
}

fn head(plan: &Plan) -> String {
    let gateway = comment(plan.gateway().name().as_str());
    let mut lines = vec![format!("# Belongs in the azurerm_application_gateway {gateway}.")];
    lines.extend(presumed(plan).iter().map(|probe| {
        format!(
            "# The gateway has the probe {} already; it needs its block here, too.",
            comment(probe.as_str())
        )
    }));
    lines.extend(changes(plan).iter().filter_map(|change| match change {
        Change::NoProbe { name } => {
            let name = comment(name.as_str());
            Some(format!("# Take out the block of the probe {name}, unless something else uses it."))
        }
        Change::Detached { setting } => {
            let setting = comment(setting.as_str());
            Some(format!("# Take probe_name out of the backend_http_settings {setting}."))
        }
        Change::Other { pointer, .. } => Some(format!("# Not said here: {}", comment(&pointer.to_string()))),
        Change::Probe { .. } | Change::Attached { .. } => None,
    }));
    lines.join("\n")
}

fn attach(setting: &Name, probe: &Name) -> String {
    let lines = [("name", quoted(setting.as_str())), ("probe_name", quoted(probe.as_str()))];
    block("backend_http_settings", &aligned(&lines, 2), "")
}

fn probe(name: &Name, value: &Value) -> String {
    let probe = Probe::read(name.clone(), value);
    let mut lines = vec![
        ("name", quoted(name.as_str())),
        ("protocol", quoted(&probe.protocol.to_string())),
        ("path", quoted(&probe.path)),
        ("interval", probe.interval_s.to_string()),
        ("timeout", probe.timeout_s.to_string()),
        ("unhealthy_threshold", probe.unhealthy_threshold.to_string()),
        ("minimum_servers", number::<u32>(properties(value), "minServers").unwrap_or_default().to_string()),
    ];
    match &probe.host {
        ProbeHost::FromSetting => {
            lines.push(("pick_host_name_from_backend_http_settings", "true".to_owned()));
        }
        ProbeHost::Fixed(host) => lines.push(("host", quoted(host))),
    }
    lines.extend(probe.port.map(|port| ("port", port.to_string())));
    block("probe", &aligned(&lines, 2), &format!("{}\n", healthy(&probe)))
}

fn healthy(probe: &Probe) -> String {
    let codes: Vec<String> = probe.status_codes.iter().map(|codes| quoted(codes)).collect();
    let mut lines = vec![("status_code", format!("[{}]", codes.join(", ")))];
    lines.extend(probe.body.as_ref().map(|body| ("body", quoted(body))));
    format!("  match {{\n{}  }}", aligned(&lines, 4))
}

fn block(name: &str, arguments: &str, inner: &str) -> String {
    format!("{name} {{\n{arguments}{inner}}}")
}

/// Arguments with their signs of equality in one column, as `terraform fmt` has them.
fn aligned(lines: &[(&str, String)], indent: usize) -> String {
    let widest = lines.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
    lines.iter().map(|(name, value)| format!("{:indent$}{name:widest$} = {value}\n", "")).collect()
}
