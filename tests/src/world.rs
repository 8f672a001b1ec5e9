//! The bot in this process, in time that only the test moves.

use std::ops::Deref;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use domain::alert::Condition;
use domain::card::Action;
use domain::incident::Incident;
use domain::request::{Ask, RequestId};
use futures::future::join_all;
use handler::app::Hosting;
use handler::config::Config;
use handler::intake::Intake;
use handler::ports::{Clock, Store, Wakeups};
use handler::worker::Worker;
use jiff::SignedDuration;
use serde_json::json;
use simulator::Simulator;

use crate::alert::AlertBody;
use crate::canary;
use crate::clock::ManualClock;
use crate::elsewhere::Elsewhere;
use crate::gate::Gate;
use crate::serve::Server;
use crate::slack::Content;
use crate::stage::{Bot, Stage};
use crate::talk::{CHANNEL, Sent, Talk, user};
use crate::traffic::kept;

/// Whoever waits longer than this for the next thing to happen has stopped waiting.
const PATIENCE: SignedDuration = SignedDuration::from_secs(90);
/// More steps than any story has.
const STEPS: usize = 1000;

/// Azure, Slack, the clock, and the bot between them.
pub struct World {
    /// Azure.
    pub azure: Simulator,
    /// The lines to the bot.
    pub talk: Talk,
    /// The clock.
    pub clock: Arc<ManualClock>,
    /// The way to Azure, if it can be cut.
    pub gate: Option<Gate>,
    pub(crate) teams: Option<Arc<Elsewhere>>,
    /// The configuration; a change of it takes effect with the next start.
    pub config: Config,
    pub(crate) file: Option<PathBuf>,
    pub(crate) hosting: Hosting,
    pub(crate) bots: Vec<Bot>,
    pub(crate) server: Server,
    pub(crate) finished: AtomicBool,
    pub(crate) asked: AtomicU64,
}

impl Deref for World {
    type Target = Talk;
    fn deref(&self) -> &Talk {
        &self.talk
    }
}

impl World {
    /// The usual world around a built-in scenario.
    pub async fn stage(name: &str) -> Self {
        Stage::named(name).start().await
    }

    /// Somebody presses a button of the latest message, after reading it.
    pub async fn click(&self, who: &str, label: &str) {
        self.settle().await;
        let button = self.talk.button(label);
        self.talk.press(who, &button).await;
    }

    /// The Teams of a stage that has one.
    #[must_use]
    pub fn teams(&self) -> &Elsewhere {
        self.teams.as_deref().expect("a stage with a Teams")
    }

    /// Somebody of the other platform types a command.
    pub async fn types_on_teams(&self, who: &str, text: &str) {
        let command = domain::command::parse(text).expect("a command");
        self.ask_on_teams(Ask::Command { command, from: self.teams().person(who) }).await;
    }

    /// Somebody of the other platform presses a button that they have before them.
    pub async fn presses_on_teams(&self, who: &str, button: &Action) {
        let click = button.value.parse().expect("a button of ours");
        self.ask_on_teams(Ask::Click { click, from: self.teams().person(who), reason: None }).await;
    }

    async fn ask_on_teams(&self, ask: Ask) {
        let store = &self.bots[0].store;
        let clock = Arc::clone(&self.clock) as Arc<dyn Clock>;
        let intake = Intake::new(Arc::clone(store) as _, Arc::clone(store) as _, clock);
        let number = self.asked.fetch_add(1, Ordering::Relaxed).to_string();
        intake.accept(RequestId::of(&["teams", &number]), ask).await.unwrap();
    }

    /// Azure Monitor says that the gateway's alert fired, or has resolved.
    pub async fn alert(&self, condition: Condition) -> Sent {
        let alert = AlertBody { condition, ..AlertBody::about(self.azure.gateway_id()) };
        self.talk.alert(&alert).await.taken()
    }

    /// Azure Monitor says that the alert of the n-th gateway fired, or has resolved.
    pub async fn alert_on(&self, nth: usize, condition: Condition) -> Sent {
        let target = &self.azure.gateway_ids()[nth];
        let firing = u32::try_from(nth).unwrap() + 100;
        let alert = AlertBody { condition, firing, ..AlertBody::about(target) };
        self.talk.alert(&alert).await.taken()
    }

    /// Lets the bot work, and time pass, until nothing more is about to happen.
    pub async fn settle(&self) {
        for _ in 0..STEPS {
            if self.work().await > 0 {
                continue;
            }
            let next = self.bots[0].store.next().await.unwrap();
            match next.filter(|due| due.duration_since(self.clock.now()) <= PATIENCE) {
                Some(due) => self.clock.reach(due),
                None => return,
            }
        }
        panic!("the bot does not come to rest");
    }

    /// Lets the bot work, and time pass, just until something has happened.
    pub async fn until(&self, happened: impl Fn(&Self) -> bool) {
        for _ in 0..STEPS {
            if happened(self) {
                return;
            }
            if self.work().await == 0 {
                let next = self.bots[0].store.next().await.unwrap();
                self.clock.reach(next.expect("nothing is to happen any more"));
            }
        }
        panic!("it did not happen");
    }

    /// Lets every worker do what is due now, all at once: on threads of their own where there are several.
    async fn work(&self) -> usize {
        let [bot] = self.bots.as_slice() else {
            let run = |bot: &Bot| {
                let worker = bot.app.worker();
                tokio::spawn(async move { worker.run_due().await })
            };
            let working = join_all(self.bots.iter().map(run)).await;
            return working.into_iter().map(|done| done.unwrap().unwrap()).sum();
        };
        if self.hosting == Hosting::Functions {
            return self.trigger_due().await;
        }
        bot.app.worker().run_due().await.unwrap()
    }

    /// Does as a Functions host does with the messages that are visible: one call of the trigger for each.
    async fn trigger_due(&self) -> usize {
        let wakes = self.bots[0].store.take(self.clock.now()).await.unwrap();
        let calls =
            join_all(wakes.iter().map(|wake| self.trigger("work", envelope(&wake.to_string())))).await;
        for answer in &calls {
            assert_eq!(answer.status, 200, "{}", answer.body);
        }
        wakes.len()
    }

    /// Calls a trigger as a Functions host does. Whatever comes back has to be a JSON object: a host waits for
    /// ever after anything else.
    pub async fn trigger(&self, function: &str, body: impl Into<Vec<u8>>) -> Sent {
        let headers = [
            ("content-type", "application/json; charset=utf-8"),
            ("user-agent", "Azure-Functions-Host/4.1052.200"),
        ];
        let answer = self.talk.post(&format!("/{function}"), &headers, body).await;
        assert!(answer.json().is_object(), "{function}: {}", answer.body);
        answer
    }

    /// Where the bot is reached.
    #[must_use]
    pub fn address(&self) -> url::Url {
        self.server.url()
    }

    /// What can be reached from outside.
    #[must_use]
    pub fn public_paths(&self) -> Vec<&'static str> {
        self.bots[0].app.public_paths().to_vec()
    }

    /// Lets the bot work until the way to Azure is cut, and drops whatever it was doing at that instant, as
    /// `kill -9` would. Gives `false` when it came to rest before.
    pub async fn settle_or_die(&self) -> bool {
        let gate = self.gate.as_ref().expect("a stage with a gate");
        tokio::select! {
            biased;
            () = gate.reached() => true,
            () = self.settle() => false,
        }
    }

    /// Starts the bot anew over what is in its store, as it is after a crash: claims have to run out first.
    pub async fn restart(&mut self) {
        let memory = self.file.is_none().then(|| Arc::clone(&self.bots[0].store));
        self.bots.clear();
        self.bots.push(Bot::build(
            &self.config,
            self.file.as_deref(),
            &self.clock,
            memory,
            self.hosting,
            self.teams.as_ref(),
        ));
        self.server = Server::start(kept("bot", self.bots[0].app.router())).await;
        self.talk.bot_is_at(self.server.url());
        self.clock.advance(self.config.timing.lease);
        self.clock.advance(SignedDuration::from_secs(1));
        self.sweep().await;
    }

    /// Lets the bot do what is due now, and not what follows from it.
    pub async fn work_once(&self) {
        self.work().await;
    }

    /// A worker claims what an incident has to do, and dies before it does any of it.
    pub async fn dies_holding(&self, id: &domain::incident::IncidentId) {
        let store = &self.bots[0].store;
        let (mut incident, version) = store.load(id).await.unwrap().expect("such an incident");
        let claimed = incident.claim(self.clock.now(), self.config.timing.lease);
        assert!(!claimed.is_empty(), "there is nothing to do");
        store.save(&incident, version).await.unwrap();
    }

    /// Loses every hint of what is to be done.
    pub async fn lose_wakeups(&self) {
        self.wakes().await;
    }

    /// Takes every hint of what is to be done, as texts, so that nobody else does.
    pub async fn wakes(&self) -> Vec<String> {
        let wakes = self.bots[0].store.take(jiff::Timestamp::MAX).await.unwrap();
        wakes.iter().map(ToString::to_string).collect()
    }

    /// Wakes what is due and was not woken, as the timer does.
    pub async fn sweep(&self) {
        self.worker(0).sweep().await.unwrap();
    }

    /// One of the workers.
    #[must_use]
    pub fn worker(&self, index: usize) -> Arc<Worker> {
        self.bots[index].app.worker()
    }

    /// Reads the latest message, once the bot has come to rest.
    pub async fn message(&self) -> Content {
        self.settle().await;
        self.talk.slack.read(&self.talk.latest().ts)
    }

    /// Reads the thread of the latest message, once the bot has come to rest.
    pub async fn thread(&self) -> Vec<Content> {
        self.settle().await;
        self.talk.read_thread()
    }

    /// Reads what somebody was told in private, once the bot has come to rest.
    pub async fn private(&self, who: &str) -> Content {
        self.settle().await;
        let mut told = self.talk.slack.read_private(&user(who));
        assert_eq!(told.len(), 1, "{who} was told {} things: {told:#?}", told.len());
        told.remove(0)
    }

    /// The PUTs that were sent, whether Azure took them or not.
    #[must_use]
    pub fn puts_sent(&self) -> Vec<simulator::Exchange> {
        self.azure.exchanges().into_iter().filter(|exchange| exchange.method == "PUT").collect()
    }

    /// What a visitor of the site gets.
    pub async fn visit(&self) -> u16 {
        let url = self.azure.sites()[0].loopback_url.clone();
        let stay = reqwest::redirect::Policy::none();
        let client = reqwest::Client::builder().no_proxy().redirect(stay).build().unwrap();
        client.get(url).send().await.unwrap().status().as_u16()
    }

    /// The open incidents as they are stored.
    pub async fn incidents(&self) -> Vec<Incident> {
        self.bots[0].store.open_incidents().await.unwrap()
    }

    /// Whether anything is kept about a storm in the channel.
    pub async fn knows_of_a_storm(&self) -> bool {
        self.bots[0].store.note(&format!("storm/Slack/{CHANNEL}")).await.unwrap().is_some()
    }

    /// Ends the test: nothing may be unread, against Slack's rules, or known that should not be.
    pub async fn finish(self) {
        self.settle().await;
        self.finished.store(true, Ordering::SeqCst);
        let mut complaints = self.talk.slack.complaints();
        complaints.extend(self.teams.iter().flat_map(|teams| teams.complaints()));
        assert!(complaints.is_empty(), "{}", complaints.join("\n\n"));
        let said = self.talk.slack.everything();
        for secret in [canary::SIGNING, canary::TOKEN, canary::ALERT_KEY, canary::REPLY] {
            assert!(!said.contains(secret), "{secret} was sent to Slack");
        }
    }
}

/// What a Functions host posts for a message of the queue: the text as JSON, inside a string of JSON.
#[must_use]
pub fn envelope(text: &str) -> String {
    let twice = |text: &str| serde_json::to_string(text).unwrap();
    let metadata = json!({
        "DequeueCount": "1",
        "ExpirationTime": "2026-11-29T18:00:00+00:00",
        "Id": twice("800ae4b3-bdd2-4c08-badd-f08e5a34b865"),
        "InsertionTime": "2026-11-22T18:00:00+00:00",
        "NextVisibleTime": "2026-11-22T18:10:00+00:00",
        "PopReceipt": twice("AgAAAAMAAAAAAAAAAgtnj8x+1QE="),
        "sys": { "MethodName": "work", "UtcNow": "2026-11-22T18:00:01.22Z", "RandGuid": "24ad4c06" },
    });
    json!({ "Data": { "wake": twice(text) }, "Metadata": metadata }).to_string()
}

impl Drop for World {
    fn drop(&mut self) {
        let finished = *self.finished.get_mut() || std::thread::panicking();
        assert!(finished, "a test of the world ends with finish()");
    }
}
