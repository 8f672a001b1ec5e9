//! Serves a scenario until it is interrupted: `serve [SCENARIO] [TLS_FOLDER] [LOG_FILE]`.

use simulator::{DEFAULT, Options, Scenario, Simulator};

#[tokio::main]
#[expect(clippy::print_stdout, reason = "an example talks to the terminal")]
async fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let scenario = Scenario::named(arguments.next().as_deref().unwrap_or(DEFAULT))?;
    let mut options = Options::new(scenario);
    options.tls = arguments.next().map(Into::into);
    options.log = arguments.next().map(Into::into);
    let azure = Simulator::start(options).await?;
    println!("control plane  {}", azure.base_url());
    println!("gateway        {}", azure.gateway_id());
    for site in azure.sites() {
        println!(
            "site           {} at {}, or curl -x {}",
            site.public_url,
            site.loopback_url,
            azure.site_proxy()
        );
    }
    tokio::signal::ctrl_c().await?;
    azure.shutdown().await;
    Ok(())
}
