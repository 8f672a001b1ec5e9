//! A local Azure for one Application Gateway in trouble, or for many.
//!
//! Three things run on loopback:
//!
//! * a **control plane** that any client of Azure Resource Manager can talk to: sign-in, reading and
//!   writing the gateway as a long-running operation, backend health, a probe on demand, locks, and
//!   whatever other resources the scenario holds;
//! * a **data plane**: backends that are real HTTP servers, and a gateway that probes them as its current
//!   configuration says and passes visitors on to the healthy ones, or shows its own 502 page;
//! * a **simulated internet**, an HTTP proxy through which the site is visited by its public name.
//!
//! A [`Scenario`] says which gateway, which backends and what is wrong; a [`Pace`] how fast time passes.
//! [`Options::copies`] asks for several gateways that are all in the same trouble, each on its own.
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use simulator::{Options, Scenario, Simulator};
//!
//! let azure = Simulator::start(Options::new(Scenario::named("root-403")?)).await?;
//! println!("ARM at {}, site through {}", azure.base_url(), azure.site_proxy());
//! # Ok(())
//! # }
//! ```
//!
//! # What it does not do
//!
//! Visitors come over http only: a scenario or a PUT that asks for https on a listener is refused. With its
//! backends the gateway speaks TLS where an HTTP setting says so. Redirects, rewrite rules, cookie affinity and the firewall are kept in the
//! configuration and have no effect. What Azure itself would answer is known from its REST specification
//! and from public recordings; where neither says, the item's documentation does.

mod arm;
mod azure;
mod exchange;
mod fault;
mod gateway;
mod json;
mod ledger;
mod net;
mod pace;
mod pki;
mod random;
mod resource;
mod scenario;
mod simulator;
mod site;
mod tls;
mod tunnel;
mod world;

pub use self::{
    exchange::Exchange,
    fault::Fault,
    ledger::{Ledger, Refused, Taken},
    pace::{Pace, UnknownPace},
    scenario::{DEFAULT, LockLevel, SUBSCRIPTION, Scenario, ScenarioError, TENANT, Truth},
    simulator::{Options, Simulator, SimulatorError},
    site::Site,
};
