//! Test alerts: whoever pressed the button sees in the chat that alerts arrive.

use domain::alert::TestAlert;
use domain::request::{Ask, Channel, Request, RequestId};
use domain::say;

use super::Worker;
use super::route::RouteError;
use crate::ports::Wake;

impl Worker {
    /// Tells of a test alert where it is to be told. Each channel has a request of its own, so that one platform that
    /// is down neither delays nor repeats what the others show.
    pub(super) async fn tested(
        &self,
        request: &Request,
        test: &TestAlert,
        channel: Option<&Channel>,
    ) -> Result<(), RouteError> {
        if let Some(channel) = channel {
            return self.tell_of_test(request, test, channel).await;
        }
        let channels = self.tools.scope.general_channels();
        if channels.is_empty() {
            tracing::error!("a test alert has no channel to be shown in: list alert_channels in agw.toml");
        }
        for channel in channels {
            let id = RequestId::of(&[request.id.as_str(), &channel.platform.to_string(), &channel.id]);
            let ask = Ask::TestAlert { test: test.clone(), channel: Some(channel) };
            self.tools.store.accept(&Request { id: id.clone(), at: request.at, ask }).await?;
            self.tools.wakeups.wake(&Wake::Request(id), request.at).await?;
        }
        Ok(())
    }

    async fn tell_of_test(
        &self,
        request: &Request,
        test: &TestAlert,
        channel: &Channel,
    ) -> Result<(), RouteError> {
        let Some(chat) = self.chat(channel.platform) else { return Ok(()) };
        let known = self.known().await;
        if let Err(error) = &known {
            tracing::warn!(%error, "a test alert is told without the number of gateways");
        }
        let here = known.ok().map(|known| {
            known.iter().filter(|id| self.tools.scope.alert_channels(id).contains(channel)).count()
        });
        let card = say::test_alert(test, here);
        chat.post_once(channel, &card, request.id.as_str()).await?;
        Ok(())
    }
}
