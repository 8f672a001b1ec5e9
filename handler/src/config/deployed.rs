//! What a deployment knows better than a file: who the bot is in Azure, and what it is given there.
//!
//! `agw.toml` is policy, reviewed like code and packed with the program; which identities and resources there are is known
//! only once they are made. So the deployment writes them into the app's settings, which a process sees as its
//! environment, and they win over the file.

use serde::de::IntoDeserializer;
use serde::de::value::{Error, SeqDeserializer, StrDeserializer};

use super::{Config, ConfigError, scope, value};

/// Puts a setting's value into the configuration.
type Apply = fn(&mut Config, &str) -> Result<(), Error>;

/// Every setting that stands for a key, with what it is put into.
const SETTINGS: [(&str, Apply); 9] = [
    ("AGW_READ_CLIENT_ID", |config, text| value::word(one(text)).map(|found| config.azure.client_id = found)),
    ("AGW_WRITE_CLIENT_ID", |config, text| {
        value::word(one(text)).map(|found| config.azure.write_client_id = found)
    }),
    ("AGW_GATEWAYS", |config, text| scope::exact(several(text)).map(|found| config.azure.gateways = found)),
    ("AGW_WORKSPACE_ID", |config, text| {
        value::resource(one(text)).map(|found| config.monitoring.workspace = found)
    }),
    ("AGW_ACTION_GROUP_ID", |config, text| {
        value::resource(one(text)).map(|found| config.monitoring.action_group = found)
    }),
    ("AGW_ALERTS_APP_ID", |config, text| value::guid(one(text)).map(|found| config.alerts.app_id = found)),
    ("AGW_ALERTS_TENANT", |config, text| value::guid(one(text)).map(|found| config.alerts.tenant = found)),
    ("AGW_TEAMS_APP_ID", |config, text| value::word(one(text)).map(|found| config.teams.app_id = found)),
    ("AGW_TEAMS_TENANTS", |config, text| {
        value::words(several(text)).map(|found| config.teams.tenants = found)
    }),
];

fn one(text: &str) -> StrDeserializer<'_, Error> {
    text.into_deserializer()
}

/// A list, separated by commas.
fn several(text: &str) -> SeqDeserializer<impl Iterator<Item = &str>, Error> {
    SeqDeserializer::new(text.split(',').map(str::trim).filter(|part| !part.is_empty()))
}

impl Config {
    /// The configuration with what the environment says on top. A setting that is empty says nothing.
    ///
    /// # Errors
    /// When a setting has a value that its key could not have, or does not go together with the rest.
    pub fn deployed(mut self, lookup: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        for (variable, apply) in SETTINGS {
            let Some(text) = lookup(variable).filter(|text| !text.trim().is_empty()) else { continue };
            apply(&mut self, text.trim())
                .map_err(|error| ConfigError::Environment { variable, what: error.to_string() })?;
        }
        self.check().map_err(|wrong| ConfigError::Together { what: wrong.what })?;
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GATEWAY: &str =
        "/subscriptions/s-1/resourceGroups/rg/providers/Microsoft.Network/applicationGateways/agw-";

    fn deployed(file: &str, settings: &[(&str, &str)]) -> Result<Config, ConfigError> {
        let of = |name: &str| settings.iter().find(|(known, _)| *known == name);
        let config = Config::parse("agw.toml", file).unwrap();
        config.deployed(|name| of(name).map(|(_, value)| (*value).to_owned()))
    }

    #[test]
    fn what_the_deployment_knows_wins_over_the_file() {
        let file = "[azure]\nclient_id = \"of-the-file\"\ngateways = [\"agw-old\"]\ndeadline = \"50s\"";
        let gateways = format!("{GATEWAY}one, {GATEWAY}two");
        let config = deployed(
            file,
            &[
                ("AGW_READ_CLIENT_ID", "reads"),
                ("AGW_WRITE_CLIENT_ID", " writes "),
                ("AGW_GATEWAYS", &gateways),
                ("AGW_TEAMS_APP_ID", "bot"),
                ("AGW_TEAMS_TENANTS", "one,two"),
            ],
        );
        let Config { azure, teams, .. } = config.unwrap();
        assert_eq!(
            (azure.client_id.as_deref(), azure.write_client_id.as_deref()),
            (Some("reads"), Some("writes"))
        );
        assert_eq!(azure.gateways.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "), gateways);
        assert_eq!((teams.app_id.as_deref(), teams.tenants.len()), (Some("bot"), 2));
        assert_eq!(azure.deadline.as_secs(), 50, "what the deployment does not know stays");
    }

    #[test]
    fn what_is_empty_says_nothing() {
        let config = deployed("[azure]\nclient_id = \"of-the-file\"", &[("AGW_READ_CLIENT_ID", " ")]);
        assert_eq!(config.unwrap().azure.client_id.as_deref(), Some("of-the-file"));
    }

    #[test]
    fn a_value_that_its_key_could_not_have_is_told_with_the_name_of_its_setting() {
        let wrong = |name: &str, value: &str| deployed("", &[(name, value)]).unwrap_err().to_string();
        insta::assert_snapshot!(wrong("AGW_GATEWAYS", "agw-*"), @r#"the environment's AGW_GATEWAYS: found "agw-*", expected a gateway's name or its resource id"#);
        insta::assert_snapshot!(wrong("AGW_WRITE_CLIENT_ID", "@Microsoft.KeyVault(x)"), @r#"the environment's AGW_WRITE_CLIENT_ID: found "@Microsoft.KeyVault(x)", expected an id of letters, digits and dashes"#);
        insta::assert_snapshot!(wrong("AGW_ACTION_GROUP_ID", "ag-ops"), @r#"the environment's AGW_ACTION_GROUP_ID: found "ag-ops", expected a resource id such as "/subscriptions/…/providers/Microsoft.Insights/actionGroups/ops""#);
        insta::assert_snapshot!(wrong("AGW_WORKSPACE_ID", &format!("{GATEWAY}one")), @"with what the environment says: expected the id of a Microsoft.OperationalInsights/workspaces, and /subscriptions/s-1/resourceGroups/rg/providers/Microsoft.Network/applicationGateways/agw-one is none");
        let app = "aaaaaaaa-0000-0000-0000-000000000001";
        insta::assert_snapshot!(wrong("AGW_ALERTS_APP_ID", app), @"with what the environment says: no token of Azure Monitor could be checked: expected the tenant of alerts.app_id, in alerts.tenant");
        insta::assert_snapshot!(wrong("AGW_TEAMS_APP_ID", "bot"), @"with what the environment says: nobody could talk to the bot: expected the tenants whose people may, in teams.tenants");
    }
}
