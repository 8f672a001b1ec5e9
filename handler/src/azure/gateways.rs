//! Which gateways there are: those that are configured, and those that Azure lists.

#[cfg(test)]
mod tests;

use futures::{StreamExt, TryStreamExt, stream};
use serde_json::Value;
use tokio::sync::Mutex;
use tokio::time::Instant;

use domain::id::{GatewayId, Name};

use super::call::{Call, NETWORK, SUBSCRIPTIONS};
use super::config::ArmConfig;
use super::wire::Wire;
use crate::ports::ArmError;

const GATEWAYS_READ: &str = "Microsoft.Network/applicationGateways/read";
const SUBSCRIPTIONS_READ: &str = "Microsoft.Resources/subscriptions/read";

/// The most pages of one list: what goes on longer goes in circles.
const PAGES: usize = 200;
/// How many subscriptions are asked at once.
const AT_ONCE: usize = 8;

/// The gateways in scope.
pub(super) struct Gateways {
    ids: Vec<GatewayId>,
    names: Vec<Name>,
    subscriptions: Vec<String>,
    /// Held while Azure is asked, so that many who want the list ask once.
    list: Mutex<Option<(Instant, Vec<GatewayId>)>>,
}

impl Gateways {
    pub(super) fn new(config: &ArmConfig) -> Self {
        let mut scope = Self {
            ids: Vec::new(),
            names: Vec::new(),
            subscriptions: config.subscriptions.clone(),
            list: Mutex::new(None),
        };
        for entry in &config.gateways {
            match GatewayId::parse(entry) {
                Ok(id) => scope.ids.push(id),
                Err(_) => scope.names.push(Name::new(entry.trim())),
            }
        }
        scope
    }

    /// The gateways in scope, in the order of their ids.
    pub(super) async fn list(&self, wire: &Wire) -> Result<Vec<GatewayId>, ArmError> {
        if self.names.is_empty() && !self.ids.is_empty() {
            return Ok(self.ids.clone());
        }
        let mut list = self.list.lock().await;
        if let Some((at, ids)) = list.as_ref()
            && at.elapsed() < wire.pace.list_age
        {
            return Ok(ids.clone());
        }
        let ids = self.ask(wire).await?;
        *list = Some((Instant::now(), ids.clone()));
        Ok(ids)
    }

    async fn ask(&self, wire: &Wire) -> Result<Vec<GatewayId>, ArmError> {
        let until = Instant::now() + wire.pace.read;
        let subscriptions = match self.subscriptions.as_slice() {
            [] => subscriptions(wire, until).await?,
            configured => configured.to_vec(),
        };
        let lists = stream::iter(subscriptions)
            .map(|subscription| async move { self.of_subscription(wire, &subscription, until).await });
        let lists: Vec<Vec<GatewayId>> = lists.buffered(AT_ONCE).try_collect().await?;
        let found = lists.into_iter().flatten().filter(|id| self.is_wanted(id));
        let mut ids: Vec<GatewayId> = self.ids.iter().cloned().chain(found).collect();
        ids.sort();
        ids.dedup();
        Ok(ids)
    }

    /// The gateways of a subscription. One that Azure named, but where the identity may not list gateways, is
    /// one without gateways that the identity can see; one that was configured is a mistake to be told.
    async fn of_subscription(
        &self,
        wire: &Wire,
        subscription: &str,
        until: Instant,
    ) -> Result<Vec<GatewayId>, ArmError> {
        let path = format!("/subscriptions/{subscription}/providers/Microsoft.Network/applicationGateways");
        let what = format!("the subscription {subscription}");
        let call = Call::get(wire.url(&path, NETWORK), what, GATEWAYS_READ);
        match pages(wire, call, until).await {
            Ok(items) => Ok(items.iter().filter_map(|item| text(item, "id")).filter_map(id).collect()),
            Err(ArmError::Forbidden { action }) if self.subscriptions.is_empty() => {
                tracing::warn!(subscription, action, "gateways are not listed for lack of a permission");
                Ok(Vec::new())
            }
            Err(error) => Err(error),
        }
    }

    fn is_wanted(&self, id: &GatewayId) -> bool {
        let everything = self.ids.is_empty() && self.names.is_empty();
        everything || self.names.contains(&id.name())
    }
}

fn id(text: &str) -> Option<GatewayId> {
    let id = GatewayId::parse(text);
    id.inspect_err(|error| tracing::warn!(%error, "Azure listed something else than gateways")).ok()
}

/// The subscriptions that the identity can see and that are not switched off.
async fn subscriptions(wire: &Wire, until: Instant) -> Result<Vec<String>, ArmError> {
    let url = wire.url("/subscriptions", SUBSCRIPTIONS);
    let items =
        pages(wire, Call::get(url, "the list of subscriptions".to_owned(), SUBSCRIPTIONS_READ), until)
            .await?;
    let alive = |item: &&Value| !matches!(text(item, "state"), Some("Disabled" | "Deleted"));
    let ids = items.iter().filter(alive).filter_map(|item| text(item, "subscriptionId"));
    Ok(ids.map(str::to_owned).collect())
}

/// Everything in a list, page after page.
pub(super) async fn pages(wire: &Wire, mut call: Call<'_>, until: Instant) -> Result<Vec<Value>, ArmError> {
    let mut items = Vec::new();
    for _ in 0..PAGES {
        let mut page = wire.read(&call, until).await?.json()?;
        match page.get_mut("value").map(Value::take) {
            Some(Value::Array(more)) => items.extend(more),
            _ => return Err(ArmError::Unexpected { what: format!("no list for {}", call.what) }),
        }
        match text(&page, "nextLink").filter(|link| !link.is_empty()) {
            Some(link) => call.url = wire.link(link)?,
            None => return Ok(items),
        }
    }
    Err(ArmError::Unexpected { what: format!("a list without end for {}", call.what) })
}

/// A member's text.
pub(super) fn text<'a>(value: &'a Value, key: &str) -> Option<&'a str> {
    value.get(key).and_then(Value::as_str)
}
