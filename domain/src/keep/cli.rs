//! A plan as commands of the Azure CLI, for bash.
//!
//! What the commands do with their arguments: Azure/azure-cli 2.91.0, `azure.cli.command_modules.network`.

use super::quote::{bash, comment};
use super::{Change, changes, presumed};
use crate::gateway::json::{flag, number, properties};
use crate::gateway::{Probe, ProbeHost};
use crate::id::{GatewayId, Name};
use crate::plan::Plan;

/// The commands that do what a plan does, in its order.
pub(super) fn pieces(plan: &Plan) -> Vec<String> {
    let mut pieces = vec![head(plan)];
    pieces.extend(changes(plan).iter().map(|change| command(plan.gateway(), change)));
    pieces
}

fn head(plan: &Plan) -> String {
    let mut lines = vec![
        "# For bash. Each command writes the gateway once.".to_owned(),
        // So it does with enableHttp3 of listeners, which tests/clients/keep.py sees.
        "# az leaves out of a write what its version does not know of a gateway.".to_owned(),
    ];
    lines.extend(
        presumed(plan)
            .iter()
            .map(|probe| format!("# The gateway has the probe {} already.", comment(probe.as_str()))),
    );
    lines.join("\n")
}

fn command(gateway: &GatewayId, change: &Change<'_>) -> String {
    match change {
        Change::Probe { name, value, new } => {
            let probe = Probe::read((*name).clone(), value);
            let servers = number(properties(value), "minServers").unwrap_or_default();
            let verb = if *new { "create" } else { "update" };
            let mut lines = Lines::new(gateway, &format!("probe {verb}"), name);
            lines.probe(&probe, servers, *new);
            if flag(properties(value), "enableProbeProxyProtocolHeader") {
                lines.add(&[argument("--enable-proxy-header", "true")]);
            }
            lines.joined()
        }
        Change::NoProbe { name } => format!(
            "# Fails if something else uses the probe, which then should stay.\n{}",
            Lines::new(gateway, "probe delete", name).joined()
        ),
        Change::Attached { setting, probe } => {
            let mut lines = Lines::new(gateway, "http-settings update", setting);
            lines.add(&[argument("--probe", probe.as_str())]);
            lines.joined()
        }
        Change::Detached { setting } => {
            let mut lines = Lines::new(gateway, "http-settings update", setting);
            lines.add(&["--probe null".to_owned()]);
            lines.joined()
        }
        Change::Other { pointer, .. } => format!("# Not said here: {}", comment(&pointer.to_string())),
    }
}

/// One command, over several lines.
struct Lines(Vec<String>);

impl Lines {
    fn new(gateway: &GatewayId, command: &str, name: &Name) -> Self {
        let id = gateway.resource();
        let mut lines = Self(vec![format!("az network application-gateway {command}")]);
        lines.add(&[
            argument("--subscription", id.subscription()),
            argument("--resource-group", id.resource_group()),
            argument("--gateway-name", gateway.name().as_str()),
        ]);
        lines.add(&[argument("--name", name.as_str())]);
        lines
    }

    fn add(&mut self, arguments: &[String]) {
        self.0.push(arguments.join(" "));
    }

    fn probe(&mut self, probe: &Probe, servers: u32, new: bool) {
        self.add(&[argument("--protocol", &probe.protocol.to_string()), argument("--path", &probe.path)]);
        match &probe.host {
            ProbeHost::FromSetting => {
                // A former host would stay beside it.
                let host = (!new).then(|| "--host null".to_owned());
                let picks = argument("--host-name-from-http-settings", "true");
                self.add(&[Some(picks), host].into_iter().flatten().collect::<Vec<_>>());
            }
            ProbeHost::Fixed(host) => {
                self.add(&[argument("--host-name-from-http-settings", "false"), argument("--host", host)]);
            }
        }
        let numbers = [
            ("--interval", probe.interval_s),
            ("--timeout", probe.timeout_s),
            ("--threshold", probe.unhealthy_threshold),
            ("--min-servers", servers),
        ];
        self.add(&numbers.map(|(flag, number)| argument(flag, &number.to_string())));
        self.add(&[format!("--match-status-codes{}", codes(&probe.status_codes))]);
        if let Some(body) = &probe.body {
            self.add(&[argument("--match-body", body)]);
        }
        if let Some(port) = probe.port {
            self.add(&[argument("--port", &port.to_string())]);
        }
    }

    fn joined(&self) -> String {
        self.0.join(" \\\n  ")
    }
}

/// A flag and its value, so that az takes the value for itself and nothing else.
///
/// az reads `@file` and `word=@file` as the content of a file, `null` as nothing, `??` as a call for help,
/// and what begins with `-` as another flag. So all but plain words are tied to their flag, and where that
/// does not suffice they stand in the quotes of az itself, in which `'/` means a quote.
fn argument(flag: &str, value: &str) -> String {
    let value = value.replace('\0', "");
    let special =
        value.is_empty() || value.starts_with(['@', '\'']) || ["null", "??"].contains(&value.as_str());
    let value = if special { in_quotes(&value) } else { value };
    let word = bash(&value);
    if word == value && !word.starts_with('-') { format!("{flag} {word}") } else { format!("{flag}={word}") }
}

fn in_quotes(value: &str) -> String {
    format!("'{}'", value.replace('\'', "'/"))
}

/// Status codes as words of their own, or as a list of az where they are something else than codes.
fn codes(codes: &[String]) -> String {
    let plain = |code: &String| {
        code.starts_with(|c: char| c.is_ascii_digit()) && code.chars().all(|c| c.is_ascii_digit() || c == '-')
    };
    if codes.iter().all(plain) {
        return codes.iter().map(|code| format!(" {code}")).collect();
    }
    let quoted: Vec<String> = codes.iter().map(|code| in_quotes(code)).collect();
    format!("={}", bash(&format!("[{}]", quoted.join(","))))
}
