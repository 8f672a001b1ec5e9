//! A shop behind a gateway, and its incident in every state.

use domain::approval::{Approver, Mode, PlanRef, Policy};
use domain::card::Verb;
use domain::diagnosis::{Outcome, diagnose, paths};
use domain::evidence::{Evidence, Facts, Reading, Seen, Trial, Visit};
use domain::gateway::{Gateway, Member, Target};
use domain::health::{BackendHealth, Health, PoolHealth, ServerHealth, SettingHealth, Symptom};
use domain::id::{GatewayId, Name, ResourceId};
use domain::incident::{Errand, Event, Incident, OnCall, Rules, State, Timing, step};
use domain::plan::{Fix, Plan, ProbeDefaults, ReadBack};
use domain::request::{Channel, Person, Platform, Press, ReplyTo};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::incident_id;

const GROUP: &str = "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-shop";
const NO_CONNECTION: &str = "Cannot connect to backend server. Check whether any NSG/UDR/Firewall is blocking access to server. Check if application is running on correct port.";

/// When everything happens.
pub(super) fn at() -> Timestamp {
    "2026-11-22T03:04:05Z".parse().expect("a time")
}

pub(super) fn minutes(count: i64) -> SignedDuration {
    SignedDuration::from_mins(count)
}

pub(super) fn gateway_id(name: &str) -> GatewayId {
    GatewayId::parse(&format!("{GROUP}/providers/Microsoft.Network/applicationGateways/{name}"))
        .expect("an id")
}

/// Whoever asks and approves, and where.
pub(super) struct Stage {
    alex: Person,
    channel: Channel,
    rules: Rules,
}

impl Stage {
    pub(super) fn on(platform: Platform) -> Self {
        let (person, channel) = match platform {
            Platform::Slack => ("U07ALEX001", "C05OPS0001"),
            Platform::Teams => ("5d3f9d9e-3a5c-4c0e-9a68-2f2f3ad7a5c1", "19:ops@thread.tacv2"),
            Platform::Discord => ("53908232506183680", "645027906669510667"),
            Platform::Console => ("you", "console"),
        };
        let alex = Person { platform, id: person.to_owned(), name: Some("Alex".to_owned()) };
        let approvers = vec![Approver::Person { platform, id: alex.id.clone() }];
        let approval = Policy { approvers, ..Policy::default() }.into();
        let rules = Rules {
            approval,
            probe: ProbeDefaults::default(),
            timing: Timing::default(),
            oncall: OnCall::default(),
        };
        Self { alex, channel: Channel { platform, id: channel.to_owned() }, rules }
    }

    pub(super) fn platform(&self) -> Platform {
        self.channel.platform
    }

    fn from(&self) -> ReplyTo {
        ReplyTo::new(self.alex.clone(), self.channel.clone(), None)
    }

    pub(super) fn opened(&self) -> Incident {
        self.opened_for("INC-7K2F", shop().id())
    }

    pub(super) fn opened_for(&self, id: &str, gateway: &GatewayId) -> Incident {
        let (asked_by, channels) = (Some(self.alex.clone()), vec![self.channel.clone()]);
        Incident::open(incident_id(id), gateway.clone(), asked_by, channels, at())
    }

    /// What happens next.
    pub(super) fn next(&self, incident: Incident, event: Event) -> Incident {
        step(incident, event, &self.rules, at())
    }

    /// What happens later.
    pub(super) fn after(&self, incident: Incident, event: Event, later: SignedDuration) -> Incident {
        step(incident, event, &self.rules, at() + later)
    }

    /// Does the first thing that is due, with this result.
    fn done(incident: Incident, event: Event, rules: &Rules) -> Incident {
        let mut incident = incident;
        let claimed = incident.claim(at(), SignedDuration::ZERO);
        incident.complete(claimed.first().expect("something to do"), event, rules, at())
    }

    /// Alex presses a button.
    pub(super) fn pressed(&self, incident: Incident, verb: Verb) -> Incident {
        self.pressed_under(incident, verb, &self.rules)
    }

    fn pressed_under(&self, incident: Incident, verb: Verb, rules: &Rules) -> Incident {
        let plan = match &incident.state {
            State::Proposed(offer) => PlanRef::Offer(offer.id.clone()),
            _ => PlanRef::Unnamed,
        };
        step(incident, Event::Pressed(Press::new(verb, plan, self.from(), at())), rules, at())
    }

    pub(super) fn diagnosed(&self, evidence: &Evidence) -> Incident {
        self.diagnosed_under(evidence, &self.rules)
    }

    fn diagnosed_under(&self, evidence: &Evidence, rules: &Rules) -> Incident {
        let found = diagnose(evidence, &ProbeDefaults::default());
        Self::done(self.opened(), Event::Diagnosed(Box::new(found)), rules)
    }

    pub(super) fn proposed(&self) -> Incident {
        self.diagnosed(&self.refused(200))
    }

    /// Two have to approve, and one has.
    pub(super) fn half_approved(&self) -> Incident {
        let mut rules = self.rules.clone();
        rules.approval.everywhere.approvals = 2;
        self.pressed_under(self.diagnosed_under(&self.refused(200), &rules), Verb::Approve, &rules)
    }

    /// The policy lets the bot only look.
    pub(super) fn observed(&self) -> Incident {
        let mut rules = self.rules.clone();
        rules.approval.everywhere.mode = Mode::Observe;
        self.diagnosed_under(&self.refused(200), &rules)
    }

    /// A plan with this fix is on offer.
    pub(super) fn offer(&self, fix: &Fix) -> Incident {
        let gateway = shop_with(|raw| {
            let probes = json!([probe("root", "/", 5), probe("status", "/status", 30)]);
            raw["properties"]["probes"] = probes;
            raw["properties"]["backendHttpSettingsCollection"][0]["properties"]["probe"] =
                id("probes", "root");
        });
        let plan = Plan::of(&gateway, &[(Name::new("https"), fix.clone())], &ProbeDefaults::default());
        let mut found = diagnose(&self.refused(200), &ProbeDefaults::default());
        found.outcome = Outcome::Offer(Box::new(plan.expect("a plan")));
        Self::done(self.opened(), Event::Diagnosed(Box::new(found)), &self.rules)
    }

    fn looking(&self, errand: Errand) -> Incident {
        let (by, channel) = (self.alex.clone(), self.channel.clone());
        Incident::open_errand(incident_id("INC-4R8D"), shop().id().clone(), by, channel, errand, at())
    }

    /// Something to set up is on offer.
    pub(super) fn errand(&self, errand: Errand) -> Incident {
        let none = json!({ "value": [] });
        let target = |kind: &str| ResourceId::parse(&format!("{GROUP}/providers/{kind}")).expect("an id");
        let plan = match errand {
            Errand::Logs => {
                Plan::logs(&shop(), &none, &target("Microsoft.OperationalInsights/workspaces/log-ops"))
            }
            Errand::Alerts => Plan::alerts(&shop(), &none, &target("Microsoft.Insights/actionGroups/ag-ops")),
        };
        let plan = Ok(Box::new(plan.expect("a plan")));
        Self::done(self.looking(errand), Event::Surveyed(plan), &self.rules)
    }

    pub(super) fn declined(&self, errand: Errand, why: &str) -> Incident {
        Self::done(self.looking(errand), Event::Surveyed(Err(why.to_owned())), &self.rules)
    }

    /// What is on offer, approved and written.
    pub(super) fn written(&self, offered: Incident) -> Incident {
        let approved = self.pressed(offered, Verb::Approve);
        let before = Box::new(shop().raw().clone());
        let applying = self.next(approved, Event::Intended { before });
        let back = ReadBack { applied: true, missing: Vec::new(), unexpected: Vec::new() };
        self.next(applying, Event::ReadBack(back))
    }

    pub(super) fn verifying(&self) -> Incident {
        self.written(self.proposed())
    }

    pub(super) fn fixed(&self) -> Incident {
        let event = measured(&log_of(200), true);
        self.after(self.verifying(), event, SignedDuration::from_secs(70))
    }

    pub(super) fn not_fixed(&self) -> Incident {
        self.after(self.verifying(), measured(&log_of(500), false), minutes(10))
    }

    pub(super) fn well(&self) -> Evidence {
        evidence(|_| log_of(200))
    }

    /// The servers of the shop refuse `/`, and the health path answers with this status.
    pub(super) fn refused(&self, healthz: u16) -> Evidence {
        let mut evidence = evidence(|pool| log_of(if pool.as_str() == "web" { 403 } else { 200 }));
        evidence.trials = vec![trial("/", 403), trial("/healthz", healthz)];
        evidence.visits = vec![visit(Seen::GatewayError { status: 502 })];
        evidence
    }

    pub(super) fn unreachable(&self) -> Evidence {
        evidence(|pool| if pool.as_str() == "api" { NO_CONNECTION.to_owned() } else { log_of(200) })
    }
}

/// What was seen of the servers after the write.
fn measured(log: &str, healthy: bool) -> Event {
    let gateway = shop();
    let found = health(&gateway, |pool| if pool.as_str() == "web" { log.to_owned() } else { log_of(200) });
    Event::HealthRead {
        healthy: Ok(healthy),
        paths: paths(&gateway, &Reading::Read(found)),
        visits: vec![visit(Seen::Answer { status: if healthy { 200 } else { 502 } })],
    }
}

fn visit(seen: Seen) -> Visit {
    Visit { listener: Name::new("shop"), url: "https://shop.example/".to_owned(), seen }
}

fn trial(path: &str, status: u16) -> Trial {
    let servers = vec![server("shop.azurewebsites.net", &log_of(status))];
    let (pool, setting) = (Name::new("web"), Name::new("https"));
    Trial { pool, setting, path: path.to_owned(), servers: Reading::Read(servers) }
}

/// What the gateway writes about an answer with this status.
fn log_of(status: u16) -> String {
    match status {
        200..=399 => format!("Success. Received {status} status code"),
        _ => format!(
            "Received invalid status code: {status} in the backend server's HTTP response. As per the health probe configuration, 200-399 is the acceptable status code. Either modify probe configuration or resolve backend issues."
        ),
    }
}

fn server(address: &str, log: &str) -> ServerHealth {
    let symptom = Symptom::read(log);
    let (health, reported) =
        if symptom.is_healthy() { (Health::Healthy, "Healthy") } else { (Health::Unhealthy, "Unhealthy") };
    ServerHealth {
        address: address.to_owned(),
        health,
        reported: reported.to_owned(),
        log: log.to_owned(),
        error_name: None,
        symptom,
        certificates: Vec::new(),
    }
}

/// What the gateway says about its servers, pool by pool.
fn health(gateway: &Gateway, log: impl Fn(&Name) -> String) -> BackendHealth {
    let pools = gateway.routes().iter().filter_map(|route| {
        let Target::Backend { pool, setting } = route.target.clone() else { return None };
        let members = gateway.pool(&pool)?.members.into_iter().filter_map(|member| match member {
            Member::Address(address) => Some(server(&address, &log(&pool))),
            Member::IpConfiguration(_) => None,
        });
        let settings = vec![SettingHealth { setting, servers: members.collect() }];
        Some(PoolHealth { pool, settings })
    });
    BackendHealth { pools: pools.collect() }
}

fn evidence(log: impl Fn(&Name) -> String) -> Evidence {
    let gateway = shop();
    Evidence {
        at: at(),
        health: Reading::Read(health(&gateway, log)),
        gateway,
        visits: Vec::new(),
        trials: Vec::new(),
        locks: Reading::Read(Vec::new()),
        facts: Facts::default(),
    }
}

fn id(collection: &str, name: &str) -> Value {
    json!({ "id": format!("{}/{collection}/{name}", gateway_id("agw-shop").resource()) })
}

fn part(collection: &str, name: &str, properties: &Value) -> Value {
    let id = id(collection, name)["id"].clone();
    json!({ "name": name, "id": id, "etag": "W/\"1\"", "properties": properties })
}

fn probe(name: &str, path: &str, timeout: u32) -> Value {
    let own = json!({
        "protocol": "Https", "path": path, "interval": 30, "timeout": timeout, "unhealthyThreshold": 3,
        "pickHostNameFromBackendHttpSettings": true, "minServers": 0,
    });
    part("probes", name, &own)
}

/// `shop.example` leads to the pool `web`, `/api/*` below it to the pool `api`.
fn shop() -> Gateway {
    shop_with(|_| {})
}

fn shop_with(change: impl FnOnce(&mut Value)) -> Gateway {
    let listener = json!({ "protocol": "Https", "hostName": "shop.example" });
    let pool = |name: &str, members: &[&str]| {
        let members: Vec<_> = members.iter().map(|member| json!({ "fqdn": member })).collect();
        part("backendAddressPools", name, &json!({ "backendAddresses": members }))
    };
    let setting = |name: &str, own: Value| part("backendHttpSettingsCollection", name, &own);
    let target = |pool: &str, setting: &str| {
        json!({
            "backendAddressPool": id("backendAddressPools", pool),
            "backendHttpSettings": id("backendHttpSettingsCollection", setting),
        })
    };
    let mut api = target("api", "http");
    api["paths"] = json!(["/api/*"]);
    let web = target("web", "https");
    let map = json!({
        "defaultBackendAddressPool": web["backendAddressPool"],
        "defaultBackendHttpSettings": web["backendHttpSettings"],
        "pathRules": [part("urlPathMaps/paths/pathRules", "api", &api)],
    });
    let rule = json!({
        "ruleType": "PathBasedRouting", "priority": 10, "httpListener": id("httpListeners", "shop"),
        "urlPathMap": id("urlPathMaps", "paths"),
    });
    let mut raw = json!({
        "name": "agw-shop", "id": gateway_id("agw-shop").resource().to_string(), "location": "westeurope",
        "type": "Microsoft.Network/applicationGateways", "etag": "W/\"1\"",
        "properties": {
            "provisioningState": "Succeeded", "operationalState": "Running",
            "sku": { "name": "WAF_v2", "tier": "WAF_v2" },
            "httpListeners": [part("httpListeners", "shop", &listener)],
            "backendAddressPools": [pool("web", &["shop.azurewebsites.net"]), pool("api", &["10.0.0.4", "10.0.0.5"])],
            "backendHttpSettingsCollection": [
                setting("https", json!({ "port": 443, "protocol": "Https", "requestTimeout": 20, "hostName": "shop.azurewebsites.net" })),
                setting("http", json!({ "port": 8080, "protocol": "Http", "requestTimeout": 20 })),
            ],
            "probes": [],
            "urlPathMaps": [part("urlPathMaps", "paths", &map)],
            "requestRoutingRules": [part("requestRoutingRules", "paths", &rule)],
        },
    });
    change(&mut raw);
    Gateway::parse(raw).expect("a gateway")
}
