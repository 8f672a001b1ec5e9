//! Whether Azure lets the bot do its work: which gateways it sees, and what it may do to each, action by action.

use std::time::Duration;

use domain::evidence::{self, Asker, Lookup, Permissions};
use domain::gateway::Gateway;
use domain::id::{GatewayId, ResourceId};
use futures::future::{BoxFuture, join_all};
use futures::{FutureExt as _, StreamExt as _};
use tokio::time::timeout;

use super::roles::Scoped;
use super::{Line, Role};
use crate::ports::{Arm, ArmError};

/// So many gateways are looked at at once.
const AT_ONCE: usize = 8;
/// How long one gateway may take, in seconds.
const GATEWAY_S: u64 = 30;

/// Somebody who asks Azure, and what they are for.
#[derive(Clone)]
pub struct Identity<'a> {
    /// The way to Azure.
    pub arm: &'a dyn Arm,
    /// As whom the bot goes it.
    pub asker: Asker,
    /// What it is called: `agw-read`, `agw-write`, or `you` at a desk.
    pub name: &'a str,
    /// Its client or object id, where that is known.
    pub principal: Option<&'a str>,
    /// What it has to be allowed.
    pub role: &'a Role,
    /// Whether the bot itself acts as this identity: then what is not allowed is missing. At a desk it says something
    /// about whoever sits there, and nothing about the bot.
    pub is_the_bot: bool,
}

/// Whether there are gateways to look after.
#[must_use]
pub fn scope(endpoint: &str, known: &Result<Vec<GatewayId>, ArmError>) -> Line {
    match known {
        Ok(known) if known.is_empty() => Line::missing("Azure", "signed in, and no gateway is visible")
            .mended_by(grant("IDENTITY", "agw diagnose", "GATEWAY-ID") + ", or correct azure.gateways"),
        Ok(known) => {
            let gateways = if known.len() == 1 { "gateway" } else { "gateways" };
            Line::good("Azure", format!("{endpoint}, {} {gateways} in scope", known.len()))
        }
        Err(error) => Line::missing("Azure", error.to_string()),
    }
}

/// What the identities may do to each of these gateways. The first one is asked whether it can be read.
pub async fn gateways(reader: &Identity<'_>, others: &[Identity<'_>], known: &[GatewayId]) -> Vec<Line> {
    let mut looks: Vec<BoxFuture<'_, Vec<Line>>> = Vec::new();
    for id in known {
        looks.push(in_time(reader, others, id).boxed());
    }
    let lines: Vec<Vec<Line>> = futures::stream::iter(looks).buffered(AT_ONCE).collect().await;
    lines.concat()
}

async fn in_time(reader: &Identity<'_>, others: &[Identity<'_>], id: &GatewayId) -> Vec<Line> {
    let look = timeout(Duration::from_secs(GATEWAY_S), gateway(reader, others, id));
    let what = || format!("gateway {}", id.name());
    look.await.unwrap_or_else(|_| vec![Line::missing(what(), format!("no answer within {GATEWAY_S} s"))])
}

async fn gateway(reader: &Identity<'_>, others: &[Identity<'_>], id: &GatewayId) -> Vec<Line> {
    let what = format!("gateway {}", id.name());
    let (config, health, locks) =
        futures::join!(reader.arm.gateway(id), reader.arm.backend_health(id), reader.arm.locks(id));
    let unread = [config.as_ref().err(), health.as_ref().err(), locks.as_ref().err()];
    let unread: Vec<&ArmError> = unread.into_iter().flatten().collect();
    let mut lines: Vec<Line> = unread.iter().map(|error| unread_line(&what, id, reader, error)).collect();
    if lines.is_empty() {
        lines.push(Line::good(&what, "readable, backend health and locks included"));
    }
    if let Ok(locks) = &locks
        && !locks.is_empty()
    {
        let held = format!("locked by {}: no fix can be written", locks.join(", "));
        lines.push(Line::warning(&what, held).mended_by(format!("az lock list --resource {id}")));
    }
    if let Ok(config) = &config {
        let mut asked: Vec<BoxFuture<'_, Vec<Line>>> = Vec::new();
        for who in std::iter::once(reader).chain(others) {
            asked.push(allowed(&what, who, config).boxed());
        }
        lines.extend(join_all(asked).await.concat());
    }
    lines
}

fn unread_line(what: &str, id: &GatewayId, identity: &Identity<'_>, error: &ArmError) -> Line {
    match error {
        ArmError::Forbidden { action } => Line::missing(what, format!("{} may not {action}", identity.name))
            .mended_by(assignment(identity, id.as_str())),
        other => Line::missing(what, other.to_string()),
    }
}

/// What an identity may do to a gateway, and to what that is joined to.
async fn allowed(what: &str, identity: &Identity<'_>, gateway: &Gateway) -> Vec<Line> {
    let scopes = identity.role.by_scope(gateway);
    let mut asked: Vec<BoxFuture<'_, Result<Permissions, ArmError>>> = Vec::new();
    for scope in &scopes {
        asked.push(permissions(identity, &scope.id).boxed());
    }
    let answers = join_all(asked).await;
    let mut lines = Vec::new();
    for (scope, answer) in scopes.iter().zip(&answers) {
        lines.extend(of_scope(what, identity, scope, answer));
    }
    if lines.is_empty() {
        let says = format!("{} may do all that the role {} allows there", identity.name, identity.role.name);
        lines.push(Line::good(format!("{what}, {}", identity.role.name), says));
    }
    lines
}

/// One line for each action that is not allowed; one for all of them where none is.
fn of_scope(
    what: &str,
    identity: &Identity<'_>,
    scope: &Scoped<'_>,
    answer: &Result<Permissions, ArmError>,
) -> Vec<Line> {
    let what = format!("{what}, {}", identity.role.name);
    let place = place(&scope.id);
    let mend = assignment(identity, &scope.id);
    let line = |says: String| match identity.is_the_bot && !scope.around {
        true => Line::missing(&what, says).mended_by(&mend),
        false => Line::warning(&what, says).mended_by(&mend),
    };
    let name = identity.name;
    let granted = match answer {
        Ok(granted) => granted,
        Err(ArmError::Forbidden { action }) if identity.role.actions.contains(action) => {
            return vec![line(format!("{name} may not {action} on {place}"))];
        }
        Err(why) => return vec![Line::not_checked(what, format!("{name} on {place}: {why}"))],
    };
    let missing: Vec<&&String> = scope.actions.iter().filter(|action| !granted.allow(action)).collect();
    match missing.len() {
        0 => Vec::new(),
        all if all == scope.actions.len() && all > 1 => {
            vec![line(format!("{name} may do none of its {all} actions on {place}"))]
        }
        some if scope.around && some > 1 => {
            let first: Vec<&str> = missing.iter().take(3).map(|action| action.as_str()).collect();
            let more = some.checked_sub(first.len()).filter(|more| *more > 0);
            let more = more.map(|more| format!(" and {more} more")).unwrap_or_default();
            vec![line(format!("{name} may not {}{more} on {place}", first.join(", ")))]
        }
        _ => {
            let older =
                "; if it has the role there, that is older than infra/roles, and has to be deployed again";
            let older = if scope.actions.len() > 1 && !scope.around { older } else { "" };
            missing.iter().map(|action| line(format!("{name} may not {action} on {place}{older}"))).collect()
        }
    }
}

/// What an identity may do somewhere, as Azure tells it.
async fn permissions(identity: &Identity<'_>, scope: &str) -> Result<Permissions, ArmError> {
    let question = evidence::permissions_at(scope, identity.asker);
    let unexpected = |what: String| ArmError::Unexpected { what };
    let Lookup::Arm(read) = &question.lookup else {
        return Err(unexpected("a question that is not for Azure".to_owned()));
    };
    let answer = identity.arm.look_up(read).await?;
    (question.read)(&answer).map_err(|why| unexpected(why.to_string()))
}

/// The command that gives an identity its role where it is missing.
fn assignment(identity: &Identity<'_>, scope: &str) -> String {
    grant(identity.principal.unwrap_or("IDENTITY"), &identity.role.name, scope)
}

/// A role's name ends with that of the installation, as names are unique in a tenant; so it is found by its beginning.
fn grant(assignee: &str, role: &str, scope: &str) -> String {
    let found = format!(
        "az role definition list --custom-role-only --query \"[?starts_with(roleName, '{role}')].name | [0]\" -o tsv"
    );
    format!("az role assignment create --assignee {assignee} --role $({found}) --scope {scope}")
}

/// What a scope is called: `subnets/snet-agw`, `the resource group rg-web`.
fn place(scope: &str) -> String {
    match ResourceId::parse(scope) {
        Ok(id) => {
            let kind = id.as_str().rsplit('/').nth(1).unwrap_or_default();
            format!("{kind}/{}", id.name())
        }
        Err(_) => format!("the resource group {}", scope.rsplit('/').next().unwrap_or_default()),
    }
}
