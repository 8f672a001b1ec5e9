//! Many instances, many incidents, and instances that disappear.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use futures::StreamExt;
use futures::stream;
use handler::clock::SystemClock;
use handler::ports::Clock;
use serde_json::Value;
use tests::functions::FunctionsHost;
use tests::{AlertBody, Balancer, CHANNEL, Deployed, Posted};
use tokio::time::{Instant, sleep};

/// How many gateways are in trouble at once.
const GATEWAYS: usize = 200;
/// How many instances run.
const INSTANCES: usize = 3;
/// How long the whole may take.
const LONGEST: Duration = Duration::from_secs(600);

/// A number that nobody can foresee, and that stands in the output.
fn seed() -> u64 {
    use std::hash::BuildHasher;
    let given = std::env::var("AGW_TEST_SEED").ok().and_then(|seed| seed.parse().ok());
    given.unwrap_or_else(|| std::collections::hash_map::RandomState::new().hash_one(1))
}

/// The next of a row of numbers (`SplitMix64`).
fn random(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

fn below(state: &mut u64, bound: usize) -> usize {
    usize::try_from(random(state) % u64::try_from(bound).unwrap()).unwrap()
}

/// Two firings about each gateway, each delivered once to three times, in no order.
fn deliveries(gateways: &[String], state: &mut u64) -> Vec<AlertBody> {
    let mut all = Vec::new();
    for gateway in gateways {
        for firing in 1..=2 {
            let alert = AlertBody { firing: unique(gateway, firing), ..AlertBody::about(gateway) };
            all.extend(std::iter::repeat_n(alert, 1 + below(state, 3)));
        }
    }
    for index in (1..all.len()).rev() {
        all.swap(index, below(state, index + 1));
    }
    all
}

/// Azure's ids of alerts are unique.
fn unique(gateway: &str, firing: u32) -> u32 {
    let digits: String = gateway.chars().rev().take_while(char::is_ascii_digit).collect();
    let copy: u32 = digits.chars().rev().collect::<String>().parse().unwrap_or(1);
    copy * 10 + firing
}

struct Storm {
    deployed: Deployed,
    balancer: Balancer,
    over: AtomicBool,
    resent: AtomicUsize,
}

impl Storm {
    /// Sends until it is taken, as Azure Monitor does after a 502 or 503, if less patiently.
    async fn alert(&self, alert: &AlertBody) {
        while self.deployed.talk.alert(alert).await.status != 200 {
            self.resent.fetch_add(1, Ordering::Relaxed);
            sleep(Duration::from_millis(100)).await;
        }
    }

    /// Presses Approve wherever it is offered: again if Slack says that the press was not taken.
    async fn approve(&self) {
        let mut pressed = BTreeSet::new();
        while !self.over.load(Ordering::Relaxed) {
            let offered: Vec<Posted> =
                self.messages().into_iter().filter(|one| !pressed.contains(&one.ts)).collect();
            for posted in offered {
                let Some(button) = posted.button("Approve") else { continue };
                let body = self.deployed.talk.click_body("alex", &button, &format!("{}9", posted.ts));
                if self.deployed.talk.signed("/api/slack/interactions", &body, 0).await.status == 200 {
                    pressed.insert(posted.ts.clone());
                }
            }
            sleep(Duration::from_millis(100)).await;
        }
    }

    fn messages(&self) -> Vec<Posted> {
        let posted = self.deployed.talk.slack.messages();
        posted.into_iter().filter(|posted| posted.channel == CHANNEL).collect()
    }

    /// Lets instances disappear, one after the other, and gives when.
    async fn kill(&self, mut hosts: Vec<FunctionsHost>, mut state: u64) -> (Vec<i64>, Vec<FunctionsHost>) {
        let mut kills = Vec::new();
        while !self.over.load(Ordering::Relaxed) {
            sleep(Duration::from_millis(1_500 + random(&mut state) % 2_500)).await;
            let victim = below(&mut state, hosts.len());
            hosts[victim].kill().await;
            kills.push(SystemClock.now().as_second());
            sleep(Duration::from_millis(random(&mut state) % 500)).await;
            hosts[victim] = self.deployed.instance(victim == 0).await;
            self.balancer.instances(hosts.iter().map(FunctionsHost::url).collect());
        }
        (kills, hosts)
    }

    /// Waits until the latest message of every incident says that it is over.
    async fn end(&self) -> Duration {
        let start = Instant::now();
        loop {
            let ended = self.latest().values().filter(|posted| is_end(posted)).count();
            let gateways: BTreeSet<String> =
                self.messages().iter().map(|posted| posted.now().about()).collect();
            if gateways.len() == GATEWAYS && ended == self.latest().len() {
                self.over.store(true, Ordering::Relaxed);
                return start.elapsed();
            }
            if start.elapsed() > LONGEST {
                let stuck: Vec<String> = self
                    .latest()
                    .into_values()
                    .filter(|posted| !is_end(posted))
                    .map(|posted| posted.now().to_string())
                    .collect();
                panic!(
                    "{} of {GATEWAYS} gateways, {ended} ended. Not ended:\n{}",
                    gateways.len(),
                    stuck.join("\n\n")
                );
            }
            sleep(Duration::from_millis(100)).await;
        }
    }

    /// The latest message of each incident.
    fn latest(&self) -> BTreeMap<String, Posted> {
        self.messages().into_iter().map(|posted| (posted.now().incident(), posted)).collect()
    }
}

fn is_end(posted: &Posted) -> bool {
    ["Fixed", "Healthy"].contains(&posted.now().status().as_str())
}

/// When Slack took a message, in seconds.
fn second(posted: &Posted) -> i64 {
    posted.ts.split('.').next().unwrap().parse().unwrap()
}

/// Messages about one incident that was shown before. Each needs an instance that disappeared between the two.
fn doubled(messages: &[Posted], kills: &[i64]) -> usize {
    let mut first: BTreeMap<String, i64> = BTreeMap::new();
    let mut doubled = 0;
    for posted in messages {
        let incident = posted.now().incident();
        if let Some(earlier) = first.insert(incident.clone(), second(posted)) {
            let killed = kills.iter().any(|kill| (earlier - 1..=second(posted) + 1).contains(kill));
            assert!(killed, "{incident} was posted twice, and no instance had disappeared in between");
            doubled += 1;
        }
    }
    doubled
}

/// How often the alerts about each gateway were counted, over all of its incidents.
async fn counted(deployed: &Deployed) -> BTreeMap<String, u64> {
    let mut counted = BTreeMap::new();
    for blob in deployed.storage.list_blobs("agw", "incidents/").await.unwrap() {
        let incident = deployed.storage.get_blob("agw", &blob.name).await.unwrap().unwrap();
        let incident: Value = serde_json::from_slice(&incident).unwrap();
        let alerts = incident["alerts"].as_array().unwrap();
        let gateway = incident["gateway"].as_str().unwrap().to_ascii_lowercase();
        *counted.entry(gateway).or_default() +=
            alerts.iter().map(|alert| alert["count"].as_u64().unwrap()).sum::<u64>();
    }
    counted
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs a package and Azurite: cargo xtask test"]
async fn promise_2_and_5_two_hundred_incidents_end_whatever_becomes_of_instances() {
    let seed = seed();
    println!("AGW_TEST_SEED={seed}");
    let mut state = seed;
    let mut deployed = Deployed::into("agwtest11", GATEWAYS).await;
    deployed.pace.invisible = Duration::from_secs(10);
    deployed.pace.visibility_timeout = Some(Duration::from_secs(1));
    deployed.pace.tick = Some(Duration::from_secs(5));
    let balancer = Balancer::start().await;
    deployed.talk.bot_is_at(balancer.url());
    let mut hosts = Vec::new();
    for index in 0..INSTANCES {
        hosts.push(deployed.instance(index == 0).await);
    }
    balancer.instances(hosts.iter().map(FunctionsHost::url).collect());
    let gateways = deployed.azure.gateway_ids();
    let deliveries = deliveries(&gateways, &mut state);
    let storm =
        Arc::new(Storm { deployed, balancer, over: AtomicBool::new(false), resent: AtomicUsize::new(0) });

    let start = Instant::now();
    let alerts = {
        let storm = Arc::clone(&storm);
        let deliveries = deliveries.clone();
        async move {
            let sent = stream::iter(&deliveries).for_each_concurrent(16, |alert| storm.alert(alert));
            sent.await;
            start.elapsed()
        }
    };
    let (kills, (accepted, (), took)) = tokio::join!(storm.kill(hosts, random(&mut state)), async {
        tokio::join!(alerts, storm.approve(), storm.end())
    });
    let (kills, hosts) = kills;

    for gateway in &gateways {
        assert_eq!(storm.deployed.azure.puts_of(gateway), 1, "{gateway}");
    }
    let counted = counted(&storm.deployed).await;
    for gateway in &gateways {
        assert_eq!(counted.get(&gateway.to_ascii_lowercase()), Some(&2), "alerts about {gateway}");
    }
    let messages = storm.messages();
    let doubled = doubled(&messages, &kills);
    for host in &hosts {
        assert_eq!(host.violations(), Vec::<String>::new());
    }
    println!(
        "{GATEWAYS} gateways, {} deliveries of {} alerts, {} sent again after a refusal, all taken after {:.1} s; \
         {} instances killed; all ended after {:.1} s; {} messages, {doubled} of them doubled by a kill; one PUT each",
        deliveries.len(),
        2 * GATEWAYS,
        storm.resent.load(Ordering::Relaxed),
        accepted.as_secs_f64(),
        kills.len(),
        took.as_secs_f64(),
        messages.len(),
    );
}
