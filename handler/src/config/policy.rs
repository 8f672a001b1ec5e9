//! What must hold between several keys.

use super::Config;

/// Something that is wrong although each value is right by itself.
pub(super) struct Wrong {
    /// The keys that it is about; the first that the file has is shown.
    pub(super) keys: &'static [&'static str],
    /// What is wrong, and what was expected.
    pub(super) what: String,
}

impl Config {
    pub(super) fn check(&self) -> Result<(), Wrong> {
        self.check_times()?;
        self.check_console()?;
        self.check_monitoring()?;
        self.check_alerts()?;
        self.check_teams()?;
        self.check_probe()
    }

    fn check_times(&self) -> Result<(), Wrong> {
        let time = &self.timing;
        let pairs = [
            (self.azure.deadline, time.lease, &["azure.deadline", "timing.lease"]),
            (self.site.timeout, time.lease, &["site.timeout", "timing.lease"]),
            (time.follow_every, time.write_within, &["timing.follow_every", "timing.write_within"]),
            (time.verify_every, time.verify_for, &["timing.verify_every", "timing.verify_for"]),
        ];
        match pairs.into_iter().find(|(less, more, _)| less >= more) {
            Some((less, more, keys @ [short, long])) => {
                let what = format!("expected {short} ({less:#}) to be shorter than {long} ({more:#})");
                Err(Wrong { keys, what })
            }
            None => Ok(()),
        }
    }

    fn check_console(&self) -> Result<(), Wrong> {
        let listen = self.server.listen;
        if !self.console.enabled || listen.ip().is_loopback() {
            return Ok(());
        }
        let what = format!("the console is for this machine alone, and server.listen is {listen}");
        Err(Wrong { keys: &["console.enabled", "server.listen"], what })
    }

    fn check_monitoring(&self) -> Result<(), Wrong> {
        const WORKSPACE: &str = "Microsoft.OperationalInsights/workspaces";
        const ACTION_GROUP: &str = "Microsoft.Insights/actionGroups";
        let named = &self.monitoring;
        let places: [(_, _, &'static [&'static str]); 2] = [
            (&named.workspace, WORKSPACE, &["monitoring.workspace"]),
            (&named.action_group, ACTION_GROUP, &["monitoring.action_group"]),
        ];
        for (id, kind, keys) in places {
            if let Some(id) = id.as_ref().filter(|id| !id.kind().eq_ignore_ascii_case(kind)) {
                return Err(Wrong { keys, what: format!("expected the id of a {kind}, and {id} is none") });
            }
        }
        Ok(())
    }

    fn check_alerts(&self) -> Result<(), Wrong> {
        let missing = match (&self.alerts.app_id, &self.alerts.tenant) {
            (Some(_), None) => "expected the tenant of alerts.app_id, in alerts.tenant",
            (None, Some(_)) => "expected the app that tokens are issued for, in alerts.app_id",
            _ => return Ok(()),
        };
        let what = format!("no token of Azure Monitor could be checked: {missing}");
        Err(Wrong { keys: &["alerts.app_id", "alerts.tenant"], what })
    }

    fn check_teams(&self) -> Result<(), Wrong> {
        let teams = &self.teams;
        if teams.app_id.is_none() || !teams.tenants.is_empty() {
            return Ok(());
        }
        let what = "nobody could talk to the bot: expected the tenants whose people may, in teams.tenants"
            .to_owned();
        Err(Wrong { keys: &["teams.tenants", "teams.app_id"], what })
    }

    fn check_probe(&self) -> Result<(), Wrong> {
        use domain::plan::ProbeDefaultsError as Error;
        self.probe.defaults().validate().map_err(|error| {
            let keys: &[&str] = match &error {
                Error::Name(_) => &["probe.name"],
                Error::Path(_) => &["probe.path"],
                Error::Interval(_) => &["probe.interval"],
                Error::Timeout(_) => &["probe.timeout"],
                Error::TimeoutAboveInterval { .. } => &["probe.timeout", "probe.interval"],
                Error::Threshold(_) => &["probe.unhealthy_threshold"],
                Error::StatusCodes(_) => &["probe.status_codes"],
            };
            Wrong { keys, what: error.to_string() }
        })
    }
}
