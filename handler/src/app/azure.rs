//! The way to Azure: as whom the bot goes there, and what is in its scope.

use std::sync::Arc;

use anyhow::Context;
use azure_core::credentials::TokenCredential;
use domain::incident::Rules;
use domain::scope::GatewayPattern;

use super::whole;
use crate::azure::identity::Source;
use crate::azure::{ArmClient, ArmConfig, HttpSite, Identities, SiteConfig};
use crate::config::Config;
use crate::ports::{Arm, Clock, Site};

/// Azure, and the public side of its gateways.
#[derive(Clone)]
pub struct Azure {
    /// Azure Resource Manager.
    pub arm: Arc<dyn Arm>,
    /// The listeners, as visitors reach them.
    pub site: Arc<dyn Site>,
    /// Whether there is an identity to write with.
    pub can_write: bool,
}

impl Azure {
    /// Connects as the configuration says, with managed identities where Azure offers some and the developer's
    /// own sign-in elsewhere. Plain http on loopback, as a simulator speaks it, gets no token.
    ///
    /// # Errors
    /// When the configuration cannot work.
    pub fn connect(config: &Config, clock: Arc<dyn Clock>) -> anyhow::Result<Self> {
        let identities = identities(config, clock)?;
        let can_write = identities.can_write();
        let mut arm = ArmConfig::new(config.azure.endpoint.clone());
        arm.subscriptions.clone_from(&config.azure.subscriptions);
        arm.gateways = whole_ids(&config.azure.gateways);
        arm.pace.long_read = whole(config.azure.deadline);
        let arm = ArmClient::new(arm, identities).context("azure.endpoint")?;
        let site = SiteConfig {
            timeout: whole(config.site.timeout),
            proxy: config.site.proxy.clone(),
            roots: config.site.roots.clone(),
        };
        let site = HttpSite::new(site).context("site.proxy")?;
        Ok(Self { arm: Arc::new(arm), site: Arc::new(site), can_write })
    }

    /// The rules that incidents move by: those of the policy, unless there is nobody to write as.
    #[must_use]
    pub fn rules(&self, config: &Config) -> Rules {
        let rules = config.rules();
        if self.can_write {
            return rules;
        }
        Rules { approval: rules.approval.without_a_writer(), ..rules }
    }
}

/// As whom the bot reads, and as whom it writes. A managed identity writes only if it is named for that; a developer's
/// own sign-in does both.
fn identities(config: &Config, clock: Arc<dyn Clock>) -> anyhow::Result<Identities> {
    let azure = &config.azure;
    if azure.endpoint.scheme() != "https" {
        return Ok(Identities::unsigned());
    }
    let endpoint = std::env::var("IDENTITY_ENDPOINT").ok();
    let of = |client_id: Option<String>| {
        let source = Source::detect(endpoint.as_deref(), client_id);
        source.credential(Arc::clone(&clock)).context("no Azure identity can be used")
    };
    let reader = of(azure.client_id.clone())?;
    if Source::detect(endpoint.as_deref(), None) == Source::DeveloperTools {
        return Ok(Identities::one(reader));
    }
    let writer = azure.write_client_id.clone().map(|id| of(Some(id))).transpose()?;
    Ok(Identities::two(reader, writer))
}

/// Who the bot is to Azure: a managed identity where Azure offers one, and the developer's own sign-in
/// elsewhere. `client_id` is that of a user-assigned identity.
///
/// # Errors
/// When the environment does not describe an identity that can be used.
pub fn identity(
    client_id: Option<String>,
    clock: Arc<dyn Clock>,
) -> anyhow::Result<Arc<dyn TokenCredential>> {
    let source = Source::detect(std::env::var("IDENTITY_ENDPOINT").ok().as_deref(), client_id);
    source.credential(clock).context("no Azure identity can be used")
}

/// The gateways in scope, when the configuration names each by its id: then none has to be looked for. Names
/// and patterns are matched against what Azure lists.
fn whole_ids(patterns: &[GatewayPattern]) -> Vec<String> {
    let ids = patterns.iter().map(|pattern| match pattern {
        GatewayPattern::Id(id) => Some(id.to_string()),
        GatewayPattern::Name(_) => None,
    });
    ids.collect::<Option<_>>().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use domain::approval::Mode;

    use super::*;
    use crate::clock::SystemClock;

    #[test]
    fn whoever_has_nobody_to_write_as_observes_whatever_the_policy_says() {
        let file = "[azure]\nendpoint = \"http://127.0.0.1:1\"\n\
                    [[approval.rules]]\ngateway = \"agw-prod\"\nmode = \"approve\"";
        let config = Config::parse("agw.toml", file).unwrap();
        let azure = Azure::connect(&config, Arc::new(SystemClock)).unwrap();
        let modes = |azure: &Azure| {
            let policies = azure.rules(&config).approval;
            let of_rule = policies.rules[0].over(policies.everywhere.clone());
            [policies.everywhere.mode, of_rule.mode]
        };
        assert_eq!(modes(&azure), [Mode::Approve; 2]);
        assert_eq!(modes(&Azure { can_write: false, ..azure }), [Mode::NoWriter; 2]);
    }
}
