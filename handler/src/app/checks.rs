//! `agw check` and `POST /api/check`: what is looked at, put together.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use async_trait::async_trait;
use domain::approval::{Mode, Policies};
use domain::evidence::Asker;
use url::Url;

use super::{Azure, alerting, discord, in_scope, teams};
use crate::chat::slack::{ApiBase, SlackChat};
use crate::check::azure::Identity;
use crate::check::reach::Path;
use crate::check::route::Introspect;
use crate::check::{self, BadRole, Check, Line, Role};
use crate::config::{Config, SecretError, Secrets};
use crate::ports::{Arm, Clock, Store};

/// All gateways together: each has a limit of its own below this.
const AZURE: Duration = Duration::from_secs(90);

/// A bot that is looked at, as far as it could be put together.
pub struct Subject {
    /// Its policy.
    pub config: Config,
    /// Its secrets, or why they cannot be used.
    pub secrets: Result<Secrets, SecretError>,
    /// The way to Azure, or why there is none.
    pub azure: Result<Azure, String>,
    /// Where incidents are kept.
    pub kept: Kept,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// Whose identities ask.
    pub whose: Whose,
    /// Where the bot is reached, if that is known.
    pub url: Option<Url>,
}

/// Where incidents are kept.
pub enum Kept {
    /// In a file.
    File(PathBuf),
    /// Somewhere that can be tried.
    Store(Arc<dyn Store>),
    /// There is no way to it.
    Nowhere(String),
}

/// Whose identities ask Azure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    /// Somebody's at a desk, signed in with `az login`.
    Desk,
    /// The bot's own. Under a Functions host, or alone.
    Bot {
        /// Whether a Functions host stands before it.
        hosted: bool,
    },
}

impl Subject {
    /// The deployed bot that answers, as itself.
    pub(super) fn deployed(
        config: &Config,
        secrets: Secrets,
        azure: &Azure,
        store: &Arc<dyn Store>,
        clock: &Arc<dyn Clock>,
    ) -> Self {
        Self {
            config: config.clone(),
            secrets: Ok(secrets),
            azure: Ok(azure.clone()),
            kept: Kept::Store(Arc::clone(store)),
            clock: Arc::clone(clock),
            whose: Whose::Bot { hosted: true },
            url: None,
        }
    }

    /// Looks at everything at once, and tells `watch` what is done.
    pub async fn lines(&self, watch: &(dyn Fn(&str) + Send + Sync)) -> Vec<Line> {
        let mut checks = vec![Check::new("approval", async { check::approvals::lines(&self.policies()) })];
        match &self.secrets {
            Ok(secrets) => checks.extend(self.chats(secrets)),
            Err(error) => checks
                .push(Check::new("secrets", async { vec![Line::missing("secrets", error.to_string())] })),
        }
        checks.push(Check::new("alert channels", async { vec![check::channels::line(&self.config)] }));
        checks.push(Check::new("Azure", self.azure()).within(AZURE));
        checks.push(Check::new("store", self.store()));
        checks.push(Check::new("clock", self.clocks()));
        check::all(checks, watch).await
    }

    fn chats<'a>(&'a self, secrets: &'a Secrets) -> [Check<'a>; 4] {
        [
            Check::new("Slack", self.slack(secrets)),
            Check::new("alerts", self.alerts(secrets)),
            Check::new("Teams", self.teams(secrets)),
            Check::new("Discord", self.discord(secrets)),
        ]
    }

    async fn slack(&self, secrets: &Secrets) -> Vec<Line> {
        let elsewhere = self.elsewhere();
        let mut lines = vec![check::slack::configured(&self.config, secrets, &elsewhere)];
        match slack(&self.config, secrets, &self.clock) {
            Ok(Some(chat)) => lines.extend(check::slack::lines(&self.config, &chat).await),
            Ok(None) => {}
            Err(error) => lines.push(Line::missing("Slack", format!("{error:#}"))),
        }
        lines
    }

    /// Where people talk to the bot beside Slack.
    fn elsewhere(&self) -> Vec<&'static str> {
        let Config { teams, discord, console, .. } = &self.config;
        let places = [
            (teams.app_id.is_some(), "Teams"),
            (discord.application.is_some(), "Discord"),
            (console.enabled, "the console"),
        ];
        places.into_iter().filter(|place| place.0).map(|place| place.1).collect()
    }

    async fn alerts(&self, secrets: &Secrets) -> Vec<Line> {
        let hosted = self.whose == Whose::Bot { hosted: true };
        let mut lines = vec![check::alerts::line(&self.config, secrets, hosted)];
        match alerting::knows_keys(&self.config, &self.clock).await {
            Ok(Some(known)) => lines.push(check::alerts::keys(&self.config, known)),
            Ok(None) => {}
            Err(error) => lines.push(Line::missing("alerts, secure webhook", format!("{error:#}"))),
        }
        lines
    }

    async fn teams(&self, secrets: &Secrets) -> Vec<Line> {
        if self.config.teams.app_id.is_none() {
            return check::teams::unconnected(&self.config).into_iter().collect();
        }
        let speaks = teams::signs_in(&self.config, secrets, &self.clock);
        let (speaks, hears) = futures::join!(speaks, teams::knows_keys(&self.config, &self.clock));
        let in_words = |error: anyhow::Error| format!("{error:#}");
        let has_token = speaks.is_ok();
        let mut lines = vec![
            check::teams::token(&self.config, speaks.map_err(in_words)),
            check::teams::keys(&self.config, hears.map_err(in_words)),
        ];
        let chat = match &self.kept {
            Kept::Store(store) => teams::chat(&self.config, secrets, store, &self.clock).ok().flatten(),
            Kept::File(_) | Kept::Nowhere(_) => None,
        };
        if has_token {
            lines.extend(check::teams::channels(&self.config, chat.as_ref()).await);
        }
        lines
    }

    async fn discord(&self, secrets: &Secrets) -> Vec<Line> {
        if self.config.discord.application.is_none() {
            return check::discord::unconnected(&self.config).into_iter().collect();
        }
        match discord::chat(&self.config, secrets, &self.clock) {
            Ok(chat) => check::discord::lines(&self.config, &chat, self.url.as_ref()).await,
            Err(error) => vec![Line::missing("Discord", format!("{error:#}"))],
        }
    }

    async fn azure(&self) -> Vec<Line> {
        let arm = match &self.azure {
            Ok(azure) => azure.arm.as_ref(),
            Err(why) => return vec![Line::missing("Azure", why.clone())],
        };
        let [diagnose, follow, mend] = match roles() {
            Ok(roles) => roles,
            Err(error) => return vec![Line::missing("Azure", error.to_string())],
        };
        let known = arm.gateways().await.map(|mut known| {
            known.retain(|id| in_scope(&self.config, id));
            known
        });
        let mut lines = vec![check::azure::scope(self.config.azure.endpoint.as_str(), &known)];
        let (known, policies) = (known.unwrap_or_default(), self.policies());
        lines.extend(known.iter().filter_map(|id| check::approvals::of(&policies, id)));
        let reader = self.identity(arm, Asker::Reader, &diagnose);
        let mut others = vec![self.identity(arm, Asker::Reader, &follow)];
        if self.may_write(&policies) {
            others.extend([&mend, &follow].map(|role| self.identity(arm, Asker::Writer, role)));
        }
        lines.extend(check::azure::gateways(&reader, &others, &known).await);
        lines
    }

    /// An identity of the bot's; at a desk that is whoever sits there.
    fn identity<'a>(&'a self, arm: &'a dyn Arm, asker: Asker, role: &'a Role) -> Identity<'a> {
        let is_the_bot = self.whose != Whose::Desk;
        let azure = &self.config.azure;
        let (name, client_id) = match asker {
            _ if !is_the_bot => ("you", None),
            Asker::Reader => ("agw-read", azure.client_id.as_deref()),
            Asker::Writer => ("agw-write", azure.write_client_id.as_deref().or(azure.client_id.as_deref())),
        };
        Identity { arm, asker, name, principal: client_id, role, is_the_bot }
    }

    /// Who may approve what, and whether there is anybody to write as.
    fn policies(&self) -> Policies {
        match &self.azure {
            Ok(azure) => azure.rules(&self.config).approval,
            Err(_) => self.config.approval.policies(),
        }
    }

    /// Whether any gateway's policy lets the bot offer a change.
    fn may_write(&self, policies: &Policies) -> bool {
        let is_able = self.azure.as_ref().is_ok_and(|azure| azure.can_write);
        is_able && (policies.everywhere.mode == Mode::Approve || !policies.rules.is_empty())
    }

    async fn store(&self) -> Vec<Line> {
        match &self.kept {
            Kept::File(path) => vec![check::store::file(path)],
            Kept::Store(store) => {
                check::store::lines(store.as_ref(), self.config.azure.client_id.as_deref()).await
            }
            Kept::Nowhere(why) => vec![Line::missing("store", why.clone())],
        }
    }

    async fn clocks(&self) -> Vec<Line> {
        let client = match check::reach::client() {
            Ok(client) => client,
            Err(error) => return vec![Line::not_checked("clock", error.to_string())],
        };
        let ask = |name, url| check::skew::ask(&client, self.clock.as_ref(), name, url);
        let azure = ask("Azure", &self.config.azure.endpoint);
        let slack = self.secrets.as_ref().is_ok_and(|secrets| secrets.slack_bot_token.is_some());
        if slack {
            let (azure, slack) = futures::join!(azure, ask("Slack", &self.config.slack.api));
            return vec![azure, slack];
        }
        vec![azure.await]
    }

    /// What can be seen of the bot from outside, where it is known where it is reached.
    pub async fn from_outside(&self) -> Vec<Line> {
        let Some(url) = &self.url else { return Vec::new() };
        match check::reach::client() {
            Ok(client) => check::reach::lines(&client, self.clock.as_ref(), url, &self.paths()).await,
            Err(error) => vec![Line::not_checked(url.as_str(), error.to_string())],
        }
    }

    /// What people and services outside call.
    fn paths(&self) -> Vec<Path> {
        let secrets = self.secrets.as_ref().ok();
        let slack = secrets.is_some_and(|secrets| secrets.slack_bot_token.is_some())
            || !self.config.slack.alert_channels.is_empty();
        let teams = self.config.teams.app_id.is_some();
        let discord = self.config.discord.application.is_some();
        let path = |path, caller, connected| Path { path, caller, connected };
        vec![
            path("/api/alerts", "Azure Monitor", true),
            path("/api/slack/commands", "Slack", slack),
            path("/api/slack/interactions", "Slack", slack),
            path("/api/slack/events", "Slack", slack),
            path("/api/teams/messages", "Teams", teams),
            path("/api/discord/interactions", "Discord", discord),
            path(check::reach::OWN_CHECK, "agw check", true),
        ]
    }
}

#[async_trait]
impl Introspect for Subject {
    async fn look(&self) -> Vec<Line> {
        self.lines(&|_| ()).await
    }
}

/// What the reading identity has to be allowed, both of them, and the writing one.
fn roles() -> Result<[Role; 3], BadRole> {
    Ok([Role::diagnose()?, Role::follow()?, Role::mend()?])
}

/// The way out to Slack, if there is a token for it.
fn slack(config: &Config, secrets: &Secrets, clock: &Arc<dyn Clock>) -> anyhow::Result<Option<SlackChat>> {
    let Some(token) = &secrets.slack_bot_token else { return Ok(None) };
    let base = ApiBase::parse(config.slack.api.as_str()).context("slack.api")?;
    Ok(Some(SlackChat::new(base, token.clone(), Arc::clone(clock))))
}
