//! Reads what a diagnosis rests on: independent reads at once, each cut off at its own deadline, each
//! failure kept as a reason instead of an end.
//!
//! The order follows the runbook: reproduce the error at the listener, read the backend health, understand
//! the probe, look at the backend's answer at the probed path and at the health path, try the candidate.

use std::sync::Arc;

use domain::diagnosis::{self, Diagnosis};
use domain::evidence::{self, Evidence, Facts, Lookup, Reading, Trial, TrialWanted, Visit, WhyNot};
use domain::gateway::{Gateway, Listener, Protocol, Target};
use domain::health::{self, BackendHealth};
use domain::id::{GatewayId, Name};
use domain::plan::{self, ProbeDefaults};
use futures::future::{OptionFuture, join_all};
use serde_json::Value;

use crate::ports::{Arm, ArmError, Clock, Site};

/// The most waves of questions: from a subnet to its security group is two, to a peer's security group four.
const WAVES_AT_MOST: usize = 6;
/// The most lookups of one diagnosis.
const LOOKUPS_AT_MOST: usize = 60;
/// The most listeners that one diagnosis visits.
const VISITS_AT_MOST: usize = 5;

/// Something that the investigator is about to do, for people who watch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Reading configuration, backend health and locks.
    Reading,
    /// Visiting listeners.
    Visiting(usize),
    /// Running probes on demand.
    Trying(usize),
    /// Looking up what is around the gateway.
    LookingUp(usize),
}

/// Reads gateways.
#[derive(Clone)]
pub struct Investigator {
    arm: Arc<dyn Arm>,
    site: Arc<dyn Site>,
    clock: Arc<dyn Clock>,
    probe: ProbeDefaults,
}

impl Investigator {
    /// An investigator that offers this probe.
    pub fn new(arm: Arc<dyn Arm>, site: Arc<dyn Site>, clock: Arc<dyn Clock>, probe: ProbeDefaults) -> Self {
        Self { arm, site, clock, probe }
    }

    /// Diagnoses a gateway, telling `watch` what it is about to do.
    ///
    /// # Errors
    /// When the configuration itself cannot be read. Whatever else fails is part of the diagnosis.
    pub async fn diagnose(
        &self,
        id: &GatewayId,
        watch: &(dyn Fn(Step) + Sync),
    ) -> Result<Diagnosis, ArmError> {
        let evidence = self.evidence(id, watch).await?;
        Ok(diagnosis::diagnose(&evidence, &self.probe))
    }

    async fn evidence(&self, id: &GatewayId, watch: &(dyn Fn(Step) + Sync)) -> Result<Evidence, ArmError> {
        watch(Step::Reading);
        let configured = async {
            let gateway = self.arm.gateway(id).await?;
            let mut listeners = serving_listeners(&gateway);
            let room = VISITS_AT_MOST.saturating_sub(listeners.len());
            listeners.extend(gateway.listeners_without_rule().into_iter().take(room));
            let (sites, unknown) = self.sites_of(listeners).await;
            let visits = self.visits(sites, watch).await;
            Ok::<_, ArmError>((gateway, visits, unknown))
        };
        // Visits need only the configuration, and backend health is slow: up to a minute in Azure.
        let (configured, health, locks) = futures::join!(configured, self.health(id), self.arm.locks(id));
        let (gateway, visits, unknown) = configured?;
        let trials =
            OptionFuture::from(health.value().map(|health| self.trials(&gateway, health, watch))).await;
        let mut evidence = Evidence {
            at: self.clock.now(),
            gateway,
            health,
            visits,
            trials: trials.unwrap_or_default(),
            locks: reading(locks),
            facts: Facts::default(),
        };
        for (lookup, why) in unknown {
            evidence.facts.note(lookup, Reading::NotRead(why));
        }
        self.answer_questions(&mut evidence, watch).await;
        Ok(evidence)
    }

    /// Looks up what causes ask about, a wave of it at once, until none of them asks for more.
    async fn answer_questions(&self, evidence: &mut Evidence, watch: &(dyn Fn(Step) + Sync)) {
        for _ in 0..WAVES_AT_MOST {
            let mut wave: Vec<Lookup> = diagnosis::questions(evidence, &self.probe).into_iter().collect();
            let room = LOOKUPS_AT_MOST.saturating_sub(evidence.facts.len()).min(wave.len());
            for lookup in wave.split_off(room) {
                let why = WhyNot::TooMany { limit: LOOKUPS_AT_MOST };
                evidence.facts.note(lookup, Reading::NotRead(why));
            }
            if wave.is_empty() {
                return;
            }
            watch(Step::LookingUp(wave.len()));
            let answers = join_all(wave.iter().map(|lookup| self.look_up(&evidence.gateway, lookup))).await;
            wave.into_iter().zip(answers).for_each(|(lookup, answer)| evidence.facts.note(lookup, answer));
        }
    }

    async fn look_up(&self, gateway: &Gateway, lookup: &Lookup) -> Reading<Value> {
        match lookup {
            Lookup::Arm(read) => reading(self.arm.look_up(read).await),
            Lookup::Probe(trial) => self.probe(gateway, trial).await,
            Lookup::Handshake(peer) => self.site.handshake(peer).await,
        }
    }

    /// What the gateway says about its servers.
    pub async fn health(&self, id: &GatewayId) -> Reading<BackendHealth> {
        let body = match self.arm.backend_health(id).await {
            Ok(body) => body,
            Err(error) => return Reading::NotRead(error.into()),
        };
        match BackendHealth::parse(&body) {
            Ok(health) => Reading::Read(health),
            Err(error) => Reading::NotRead(WhyNot::Failed { what: error.to_string() }),
        }
    }

    async fn trials(
        &self,
        gateway: &Gateway,
        health: &BackendHealth,
        watch: &(dyn Fn(Step) + Sync),
    ) -> Vec<Trial> {
        let wanted = evidence::trials_wanted(gateway, health, &self.probe.path);
        if !wanted.is_empty() {
            watch(Step::Trying(wanted.len()));
        }
        join_all(wanted.into_iter().map(|trial| self.trial(gateway, trial))).await
    }

    async fn trial(&self, gateway: &Gateway, wanted: TrialWanted) -> Trial {
        let servers = match self.probe(gateway, &wanted).await {
            Reading::NotRead(why) => Reading::NotRead(why),
            Reading::Read(answer) => match health::parse_on_demand(&answer) {
                Ok(servers) => Reading::Read(servers),
                Err(error) => Reading::NotRead(WhyNot::Failed { what: error.to_string() }),
            },
        };
        let TrialWanted { pool, setting, path, .. } = wanted;
        Trial { pool, setting, path, servers }
    }

    /// Runs a probe on demand.
    async fn probe(&self, gateway: &Gateway, wanted: &TrialWanted) -> Reading<Value> {
        match plan::on_demand_probe(gateway, wanted, &self.probe) {
            Some(body) => reading(self.arm.probe_on_demand(gateway.id(), &body).await),
            None => Reading::NotRead(WhyNot::Failed {
                what: format!("there is no HTTP setting {}", wanted.setting),
            }),
        }
    }

    /// Visits sites, as any visitor would.
    async fn visits(&self, sites: Vec<(Name, String)>, watch: &(dyn Fn(Step) + Sync)) -> Vec<Visit> {
        watch(Step::Visiting(sites.len()));
        join_all(sites.into_iter().map(|(listener, url)| async move {
            let seen = self.site.visit(&url).await;
            Visit { listener, url, seen }
        }))
        .await
    }

    /// Visits the listeners that lead to a server.
    pub async fn visit_all(&self, gateway: &Gateway) -> Vec<Visit> {
        let (sites, _) = self.sites(gateway).await;
        self.visits(sites, &|_| {}).await
    }

    /// Where visitors find the listeners that lead to a server, and which public addresses were not read.
    pub async fn sites(&self, gateway: &Gateway) -> (Vec<(Name, String)>, Vec<(Lookup, WhyNot)>) {
        self.sites_of(serving_listeners(gateway)).await
    }

    async fn sites_of(&self, listeners: Vec<Listener>) -> (Vec<(Name, String)>, Vec<(Lookup, WhyNot)>) {
        let urls = join_all(listeners.iter().map(|listener| self.url(listener))).await;
        let (mut sites, mut unknown) = (Vec::new(), Vec::new());
        for (listener, url) in listeners.into_iter().zip(urls) {
            match url {
                Ok(url) => sites.extend(url.map(|url| (listener.name, url))),
                Err(missing) => unknown.push(missing),
            }
        }
        (sites, unknown)
    }

    /// Where visitors find a listener: by host name, else by the public IP's DNS name or address.
    async fn url(&self, listener: &Listener) -> Result<Option<String>, (Lookup, WhyNot)> {
        let (scheme, usual) = match listener.protocol {
            Protocol::Http => ("http", 80),
            Protocol::Https => ("https", 443),
            _ => return Ok(None),
        };
        let host = match listener.hosts.iter().find(|host| !host.contains(['*', '?'])) {
            Some(host) => Some(host.clone()),
            None => self.address(listener).await?,
        };
        let port = listener.port.unwrap_or(usual);
        let port = if port == usual { String::new() } else { format!(":{port}") };
        Ok(host.map(|host| format!("{scheme}://{host}{port}/")))
    }

    async fn address(&self, listener: &Listener) -> Result<Option<String>, (Lookup, WhyNot)> {
        let Some(id) = &listener.public_ip else { return Ok(listener.private_ip.clone()) };
        let question = evidence::public_address(id);
        let Lookup::Arm(read) = &question.lookup else { return Ok(None) };
        match self.arm.look_up(read).await {
            Ok(document) => Ok((question.read)(&document).ok().flatten()),
            Err(error) => Err((question.lookup, error.into())),
        }
    }
}

/// The listeners from which some rule leads to a server.
fn serving_listeners(gateway: &Gateway) -> Vec<Listener> {
    let mut serving: Vec<Listener> = Vec::new();
    for route in gateway.routes() {
        let leads_on = matches!(route.target, Target::Backend { .. });
        let known = serving.iter().any(|listener| listener.name == route.listener);
        if leads_on && !known && serving.len() < VISITS_AT_MOST {
            serving.extend(gateway.listener(&route.listener));
        }
    }
    serving
}

fn reading<T>(result: Result<T, ArmError>) -> Reading<T> {
    match result {
        Ok(value) => Reading::Read(value),
        Err(error) => Reading::NotRead(error.into()),
    }
}
