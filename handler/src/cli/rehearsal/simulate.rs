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
  agw simulate --tls ca --port 8900     then: REQUESTS_CA_BUNDLE=ca/ca.pem az cloud register …")]
pub(in crate::cli) struct Args {
    /// Which incident to stage: a name from `agw scenarios`, or a file.
    #[arg(long, value_name = "NAME|FILE")]
    scenario: Option<String>,
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
    let options = Options { scenario, pace: args.pace, port: args.port, tls: args.tls, log: args.log };
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
    ];
    if let Some(ca) = simulator.ca_file() {
        let ca = std::path::absolute(ca).unwrap_or_else(|_| ca.to_owned());
        let quoted = format!("'{}'", ca.display().to_string().replace('\'', r"'\''"));
        lines.push(format!("export SSL_CERT_FILE={quoted} REQUESTS_CA_BUNDLE={quoted}"));
    }
    lines.push(format!("# gateway {}", simulator.gateway_id()));
    for site in simulator.sites() {
        lines.push(format!(
            "# listener {}: {} is served at {}",
            site.name, site.public_url, site.loopback_url
        ));
    }
    lines
}
