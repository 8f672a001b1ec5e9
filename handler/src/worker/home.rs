//! The bot's own tab, for whoever opens it.

use domain::request::{Ask, Person};
use domain::say;

use super::Worker;
use super::route::RouteError;

impl Worker {
    /// Shows somebody what is open.
    pub(super) async fn home(&self, person: &Person) -> Result<(), RouteError> {
        let Some(chat) = self.chat(person.platform) else { return Ok(()) };
        let open = self.tools.store.open_incidents().await?;
        Ok(chat.home(person, &say::home(&open, self.tools.clock.now())).await?)
    }

    /// Brings the tab up to date in which somebody just pressed a button. That it fails changes nothing about the
    /// press.
    pub(super) async fn refresh_home(&self, ask: &Ask) {
        let (Ask::Click { from, .. } | Ask::Command { from, .. }) = ask else { return };
        if !from.is_home() {
            return;
        }
        if let Err(error) = self.home(&from.person).await {
            tracing::warn!(%error, "a home tab was not brought up to date");
        }
    }
}
