//! `agw simulate`: only the simulated Azure.

use std::path::PathBuf;

use simulator::{Options, Pace, Simulator};
use tokio_util::sync::CancellationToken;

use super::scenario;
use crate::cli::serve::stop_on_signal;
use crate::cli::{Exit, output};

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  agw simulate --port 8900
  agw diagnose agw-prod --arm http://127.0.0.1:8900 --site-proxy http://127.0.0.1:8900
  curl -x http://127.0.0.1:8900 http://shop.example.com/
  agw simulate --gateways 200 --port 8900
  agw simulate --tls ca --port 8900     then: REQUESTS_CA_BUNDLE=ca/ca.pem az cloud register …")]
pub(in crate::cli) struct Args {
    /// Which incident to stage: a name from `agw scenarios`, or a file.
    #[arg(long, value_name = "NAME|FILE")]
    scenario: Option<String>,
    /// How many gateways to stage it on: copies named agw-prod-002, agw-prod-003 …, with visitors of their own.
    #[arg(long, default_value_t = 1, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=999))]
    gateways: u16,
    /// The port of Azure Resource Manager; 0 takes a free one.
    #[arg(long, default_value_t = 0, value_name = "N")]
    port: u16,
    /// Serve https, and write the throw-away CA that signed the certificate into this folder, as ca.pem.
    #[arg(long, value_name = "DIR")]
    tls: Option<PathBuf>,
    /// How long things take: as in Azure (real), a sixtieth of it (brisk), or no time (instant).
    #[arg(long, default_value = "brisk", value_name = "PACE")]
    pace: Pace,
    /// Write every exchange into this file, one JSON object a line.
    #[arg(long, value_name = "FILE")]
    log: Option<PathBuf>,
}

pub(in crate::cli) async fn run(args: Args) -> anyhow::Result<Exit> {
    let scenario = scenario(args.scenario.as_deref())?;
    let title = format!("{}: {}", scenario.name(), scenario.title());
    let options = Options {
        scenario,
        copies: args.gateways.into(),
        pace: args.pace,
        port: args.port,
        tls: args.tls,
        log: args.log,
    };
    let simulator = Simulator::start(options).await?;
    output::progress(format!("Simulating {title}. Stop with Ctrl-C."));
    for line in where_things_are(&simulator) {
        output::line(line);
    }
    let stop = CancellationToken::new();
    tokio::spawn(stop_on_signal(stop.clone()));
    stop.cancelled().await;
    simulator.shutdown().await;
    Ok(Exit::Done)
}

/// Lines that a shell can evaluate.
fn where_things_are(simulator: &Simulator) -> Vec<String> {
    let plain = |url: &url::Url| url.as_str().trim_end_matches('/').to_owned();
    let mut lines = vec![
        format!("export AGW_ARM={}", plain(simulator.base_url())),
        format!("export AGW_SITE_PROXY={}", plain(simulator.site_proxy())),
        format!("export AGW_SITE_ROOT={}", simulator.public_root()),
    ];
    if let Some(ca) = simulator.ca_file() {
        let ca = std::path::absolute(ca).unwrap_or_else(|_| ca.to_owned());
        let quoted = format!("'{}'", ca.display().to_string().replace('\'', r"'\''"));
        lines.push(format!("export SSL_CERT_FILE={quoted} REQUESTS_CA_BUNDLE={quoted}"));
    }
    lines.extend(which_gateways(&simulator.gateway_ids()));
    for site in simulator.sites() {
        lines.push(format!(
            "# listener {}: {} is served at {}",
            site.name, site.public_url, site.loopback_url
        ));
    }
    lines
}

/// The ids of the gateways: where there are many, their number and the first few.
fn which_gateways(ids: &[String]) -> Vec<String> {
    const FEW: usize = 3;
    let mut lines = Vec::new();
    if ids.len() > 1 {
        lines.push(format!("# {} gateways; the listeners below are those of the first", ids.len()));
    }
    lines.extend(ids.iter().take(FEW).map(|id| format!("# gateway {id}")));
    if let Some(last) = ids.get(FEW..).and_then(<[String]>::last) {
        lines.push(format!("# … and so on, to {last}"));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_gateway_is_named_and_many_are_counted() {
        let ids: Vec<String> = (1..=5).map(|number| format!("/g{number}")).collect();
        assert_eq!(which_gateways(&ids[..1]), ["# gateway /g1"]);
        assert_eq!(which_gateways(&ids[..3]).len(), 4);
        let five = which_gateways(&ids);
        assert!(five[0].starts_with("# 5 gateways"), "{five:?}");
        assert_eq!(five[1..], ["# gateway /g1", "# gateway /g2", "# gateway /g3", "# … and so on, to /g5"]);
    }
}
