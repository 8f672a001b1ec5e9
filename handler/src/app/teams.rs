//! Microsoft Teams, put together.

use std::sync::Arc;

use anyhow::{Context, bail};
use azure_core::credentials::TokenCredential;

use super::Parts;
use crate::azure::identity::{CachedCredential, Source};
use crate::chat::teams::{
    App, ClientSecret, Services, TOKEN_SCOPE, TeamsChat, TeamsIntake, Trust, Verifier, routes,
};
use crate::config::{Config, Secrets};
use crate::ports::{Chat, Clock, Store};

impl Parts {
    pub(super) fn teams(
        &mut self,
        config: &Config,
        secrets: &Secrets,
        store: &Arc<dyn Store>,
        clock: &Arc<dyn Clock>,
    ) -> anyhow::Result<()> {
        let Some(chat) = chat(config, secrets, store, clock)?.map(Arc::new) else { return Ok(()) };
        let verifier = verifier(config, clock)?;
        self.chats.push(Arc::clone(&chat) as Arc<dyn Chat>);
        self.open_to_all(routes(TeamsIntake::new(self.intake.clone(), verifier, chat, Arc::clone(store))));
        Ok(())
    }
}

/// The way out to Teams, if it is connected.
///
/// # Errors
/// When something that it needs is not set.
pub fn chat(
    config: &Config,
    secrets: &Secrets,
    store: &Arc<dyn Store>,
    clock: &Arc<dyn Clock>,
) -> anyhow::Result<Option<TeamsChat>> {
    let Some(app) = app(config) else { return Ok(None) };
    let (id, home) = (app.id.clone(), app.tenant.clone());
    let credential = credential(app, secrets, clock)?;
    Ok(Some(TeamsChat::new(id, home, services(config)?, credential, Arc::clone(store))))
}

/// Whether there is a token to speak with in Teams.
///
/// # Errors
/// When there is none, or Teams is not connected.
pub async fn signs_in(config: &Config, secrets: &Secrets, clock: &Arc<dyn Clock>) -> anyhow::Result<()> {
    let app = app(config).context("teams.app_id is not set")?;
    credential(app, secrets, clock)?.get_token(&[TOKEN_SCOPE], None).await?;
    Ok(())
}

/// Whether the keys can be had that requests from Teams are signed with.
///
/// # Errors
/// When they cannot.
pub async fn knows_keys(config: &Config, clock: &Arc<dyn Clock>) -> anyhow::Result<()> {
    Ok(verifier(config, clock)?.ready().await?)
}

/// The bot's app, if Teams is connected.
fn app(config: &Config) -> Option<App> {
    let (id, tenant) = (config.teams.app_id.clone()?, config.teams.tenants.first()?.clone());
    Some(App { login: config.teams.login.clone(), tenant, id })
}

fn services(config: &Config) -> anyhow::Result<Services> {
    Services::with(&config.teams.emulators).context("teams.emulators")
}

fn verifier(config: &Config, clock: &Arc<dyn Clock>) -> anyhow::Result<Verifier> {
    let trust = Trust {
        app_id: config.teams.app_id.clone().context("teams.app_id is not set")?,
        tenants: config.teams.tenants.clone(),
        services: services(config)?,
        metadata: config.teams.metadata.clone(),
    };
    Ok(Verifier::new(trust, Arc::clone(clock)))
}

/// The bot's own credential: its app's secret, or else the managed identity that its app is.
fn credential(
    app: App,
    secrets: &Secrets,
    clock: &Arc<dyn Clock>,
) -> anyhow::Result<Arc<dyn TokenCredential>> {
    if let Some(secret) = &secrets.teams_app_secret {
        let secret = ClientSecret::new(app, secret.clone(), Arc::clone(clock));
        return Ok(Arc::new(CachedCredential::new(Arc::new(secret), Arc::clone(clock))));
    }
    let endpoint = std::env::var("IDENTITY_ENDPOINT").ok();
    match Source::detect(endpoint.as_deref(), Some(app.id)) {
        Source::DeveloperTools => bail!(
            "teams.app_id is set, and there is neither AGW_TEAMS_APP_SECRET nor a managed identity to speak as it"
        ),
        managed @ Source::ManagedIdentity { .. } => managed
            .credential(Arc::clone(clock))
            .context("the managed identity of teams.app_id cannot be used"),
    }
}
