//! What is no message: the dialog that asks for a reason, and the home tab.

use std::time::Duration;

use domain::card::{Card, Question};
use serde_json::json;
use tokio::time::timeout;

use super::super::method::Method;
use super::super::render;
use super::{SlackChat, answer};
use crate::ports::ChatError;

/// A `trigger_id` lives for three seconds, and so does the click: what is left must do to keep it instead.
const IN_TIME: Duration = Duration::from_millis(1_500);

impl SlackChat {
    /// Opens a dialog before whoever pressed a button. What they answer comes back with `callback` and `carried`.
    ///
    /// # Errors
    /// When Slack does not open it in time.
    pub async fn ask(
        &self,
        trigger: &str,
        question: &Question,
        callback: &str,
        carried: &str,
    ) -> Result<(), ChatError> {
        let view = render::dialog(question, callback, carried);
        let body = json!({ "trigger_id": trigger, "view": view });
        let opened = timeout(IN_TIME, self.call(Method::OpenView, &body)).await;
        opened.map_err(|_| answer::too_late())?.map(drop)
    }

    /// Replaces somebody's home tab.
    pub(super) async fn publish(&self, user: &str, cards: &[Card]) -> Result<(), ChatError> {
        let body = json!({ "user_id": user, "view": render::home(cards) });
        self.call(Method::PublishView, &body).await.map(drop)
    }
}
