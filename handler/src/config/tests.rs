use std::net::Ipv6Addr;

use insta::assert_snapshot;
use secrecy::ExposeSecret;

use super::*;
use domain::approval::{Approver, Mode, Rule};
use domain::id::ResourceId;
use domain::scope::{GatewayPattern, Reach};
use jiff::SignedDuration;

const EXAMPLE: &str = include_str!("../../agw.example.toml");

fn parse(text: &str) -> Config {
    Config::parse("agw.toml", text).unwrap()
}

/// What is said about a text that is wrong.
fn wrong(text: &str) -> String {
    Config::parse("agw.toml", text).unwrap_err().to_string()
}

fn gateway(name: &str) -> GatewayId {
    let group = "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-shop";
    GatewayId::parse(&format!("{group}/providers/Microsoft.Network/applicationGateways/{name}")).unwrap()
}

fn ops(rest: &str) -> ResourceId {
    let group = "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-ops";
    ResourceId::parse(&format!("{group}/providers/{rest}")).unwrap()
}

#[test]
fn logs_and_alerts_go_to_a_workspace_and_an_action_group() {
    let (workspace, group) =
        (ops("Microsoft.OperationalInsights/workspaces/log"), ops("Microsoft.Insights/actionGroups/ag"));
    let config = parse(&format!("[monitoring]\nworkspace = \"{workspace}\"\naction_group = \"{group}\""));
    let there = config.monitoring.destinations();
    assert_eq!((there.workspace, there.action_group), (Some(workspace.clone()), Some(group)));
    assert_snapshot!(wrong(&format!("[monitoring]\naction_group = \"{workspace}\"")), @"agw.toml:2:16: monitoring.action_group: expected the id of a Microsoft.Insights/actionGroups, and /subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-ops/providers/Microsoft.OperationalInsights/workspaces/log is none");
    assert_snapshot!(wrong("[monitoring]\nworkspace = \"log-ops\""), @"agw.toml:2:13: monitoring.workspace: 'log-ops' is not an Azure resource id");
}

#[test]
fn teams_is_connected_by_an_app_and_its_tenants() {
    let teams = parse(
        r#"
        [teams]
        app_id = "22222222-3333-4444-5555-666666666666"
        tenants = ["33333333-4444-5555-6666-777777777777", "44444444-5555-6666-7777-888888888888"]
        metadata = "http://127.0.0.1:3979/v1/.well-known/openidconfiguration"
        login = "http://127.0.0.1:3980"
        emulators = ["http://localhost:56150/_connector", "http://[::1]:1"]
        "#,
    )
    .teams;
    assert_eq!(
        (teams.app_id.as_deref(), teams.tenants.len()),
        (Some("22222222-3333-4444-5555-666666666666"), 2)
    );
    assert_eq!((teams.emulators.len(), teams.metadata.port()), (2, Some(3979)));
    let texts = [
        "[teams]\napp_id = \"x\"",
        "[teams]\napp_id = \"x\"\ntenants = []",
        "[teams]\napp_id = \"an app\"",
        "[teams]\nmetadata = \"http://keys.example/\"",
        "[teams]\nlogin = \"http://10.0.0.4\"",
        "[teams]\nemulators = [\"https://relay.example\"]",
        "[teams]\nemulators = [\"http://localhost.evil.example\"]",
        "[teams]\napp_secret = \"x\"",
        "[teams]\nalert_channels = [\"19%3aops%40thread.tacv2\"]",
    ];
    assert_snapshot!(texts.map(wrong).join("\n"), @r#"
    agw.toml:2:10: teams.app_id: nobody could talk to the bot: expected the tenants whose people may, in teams.tenants
    agw.toml:3:11: teams.tenants: nobody could talk to the bot: expected the tenants whose people may, in teams.tenants
    agw.toml:2:10: teams.app_id: found "an app", expected an id of letters, digits and dashes
    agw.toml:2:12: teams.metadata: expected https: tokens go there, and http is for this machine alone
    agw.toml:2:9: teams.login: expected https: tokens go there, and http is for this machine alone
    agw.toml:2:13: teams.emulators: expected a URL on this machine, such as "http://localhost:56150"
    agw.toml:2:13: teams.emulators: expected a URL on this machine, such as "http://localhost:56150"
    agw.toml:2:1: teams.app_secret is a secret, and secrets are not kept in files: set the environment variable AGW_TEAMS_APP_SECRET
    agw.toml:2:19: teams.alert_channels: found "19%3aops%40thread.tacv2", expected a conversation's id such as "19:…@thread.tacv2"; the link to a channel of Teams holds it, with %3a for : and %40 for @
    "#);
}

#[test]
fn alerts_come_by_an_app_and_its_tenant() {
    let (app, tenant) = ("22222222-3333-4444-5555-666666666666", "33333333-4444-5555-6666-777777777777");
    let text = format!("[alerts]\napp_id = \"{app}\"\ntenant = \"{tenant}\"");
    let alerts = parse(&text).alerts;
    assert_eq!((alerts.app_id.as_deref(), alerts.tenant.as_deref()), (Some(app), Some(tenant)));
    assert_eq!((alerts.role.as_str(), alerts.metadata), ("ActionGroupsSecureWebhook", None));
    assert!(parse(&format!("{text}\nmetadata = \"http://127.0.0.1:1/x\"")).alerts.metadata.is_some());
    let texts = [
        format!("[alerts]\napp_id = \"{app}\""),
        format!("[alerts]\ntenant = \"{tenant}\""),
        "[alerts]\ntenant = \"contoso.onmicrosoft.com\"".to_owned(),
        "[alerts]\nmetadata = \"http://keys.example/\"".to_owned(),
    ];
    assert_snapshot!(texts.map(|text| wrong(&text)).join("\n"), @r#"
    agw.toml:2:10: alerts.app_id: no token of Azure Monitor could be checked: expected the tenant of alerts.app_id, in alerts.tenant
    agw.toml:2:10: alerts.tenant: no token of Azure Monitor could be checked: expected the app that tokens are issued for, in alerts.app_id
    agw.toml:2:10: alerts.tenant: found "contoso.onmicrosoft.com", expected an id such as "22222222-3333-4444-5555-666666666666"
    agw.toml:2:12: alerts.metadata: expected https: tokens go there, and http is for this machine alone
    "#);
}

#[test]
fn people_in_teams_are_known_by_their_ids_in_any_case_and_by_their_tenant() {
    let guid = "AAAAAAAA-0000-0000-0000-00000000A1E4";
    let listed = |id: &str| {
        let text = format!("[approval]\napprovers = [{{ platform = \"teams\", id = \"{id}\" }}]");
        Config::parse("agw.toml", &text).map(|config| config.approval.approvers)
    };
    let platform = Platform::Teams;
    for id in [guid.to_owned(), format!("{guid}@{guid}")] {
        assert_eq!(listed(&id).unwrap(), [Approver::Person { platform, id: id.to_ascii_lowercase() }]);
    }
    for id in ["alex@example.com", &format!("{guid}@"), &format!("@{guid}"), &format!("{guid}@{guid}@{guid}")]
    {
        assert!(listed(id).is_err(), "{id}");
    }
}

fn posted(config: &Config, name: &str) -> Vec<String> {
    config.alert_channels(&gateway(name)).into_iter().map(|channel| channel.id).collect()
}

#[test]
fn an_empty_file_is_the_default() {
    assert_eq!(parse(""), Config::default());
    assert_eq!(parse("[azure]\n[approval]\n[slack]\n[timing]"), Config::default());
}

#[test]
fn the_default_is_the_runbook() {
    let rules = Config::default().rules();
    assert_eq!(rules.probe, domain::plan::ProbeDefaults::default());
    assert_eq!(rules.timing, domain::incident::Timing::default());
    assert_eq!(rules.approval.everywhere.approvers, []);
    assert!(rules.approval.everywhere.asker_may_approve);
    assert_eq!(rules.approval.everywhere.expires_after, SignedDuration::from_mins(30));
    let config = Config::default();
    assert_eq!(config.azure.endpoint.as_str(), "https://management.azure.com/");
    assert_eq!(config.slack.api.as_str(), "https://slack.com/api");
    assert_eq!(config.server.listen.to_string(), "127.0.0.1:8080");
    assert_eq!(config.timing.lease, SignedDuration::from_mins(2));
    assert!(posted(&config, "any").is_empty());
    assert_eq!(rules.oncall, OnCall::default());
}

#[test]
fn the_example_is_the_default_but_for_its_examples() {
    let mut expected = Config::default();
    expected.azure.gateways = vec![GatewayPattern::Name("agw-prod-eu".into())];
    let platform = Platform::Slack;
    expected.approval.approvers = vec![
        Approver::Person { platform, id: "U07ALEX001".into() },
        Approver::Group { platform, id: "S0614TZR7".into() },
    ];
    let reach = Reach::Gateway("agw-prod-*".parse().unwrap());
    expected.approval.rules = vec![GatewayRule(Rule { approvals: Some(2), ..Rule::about(reach) })];
    expected.slack.alert_channels = vec!["C05OPS0001".into()];
    expected.alerts.app_id = Some("55555555-6666-7777-8888-999999999999".into());
    expected.alerts.tenant = Some("33333333-4444-5555-6666-777777777777".into());
    expected.teams.app_id = Some("22222222-3333-4444-5555-666666666666".into());
    expected.teams.tenants = vec!["33333333-4444-5555-6666-777777777777".into()];
    expected.teams.alert_channels = vec!["19:ops@thread.tacv2".into()];
    let channels = vec!["19:eu-ops@thread.tacv2".into()];
    expected.teams.routes = vec![Route { gateway: GatewayPattern::Name("agw-prod-eu".into()), channels }];
    expected.discord.application = Some("845027738276462632".into());
    let key = "e7a1b1d4c3f2a59687b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0a1b2";
    expected.discord.public_key = Some(key.into());
    expected.discord.alert_channels = vec!["645027906669510667".into()];
    let channels = vec!["645027906669510668".into()];
    expected.discord.routes = vec![Route { gateway: GatewayPattern::Name("agw-prod-eu".into()), channels }];
    expected.monitoring.workspace = Some(ops("Microsoft.OperationalInsights/workspaces/log-ops"));
    expected.monitoring.action_group = Some(ops("Microsoft.Insights/actionGroups/ag-ops"));
    let channels = vec!["C05EUOPS02".into()];
    expected.slack.routes = vec![Route { gateway: GatewayPattern::Name("agw-prod-eu".into()), channels }];
    assert_eq!(parse(EXAMPLE), expected);
}

#[test]
fn the_example_shows_every_key() {
    // The section's own error lists its keys.
    for section in [
        "azure",
        "approval",
        "probe",
        "monitoring",
        "alerts",
        "slack",
        "teams",
        "server",
        "console",
        "site",
        "timing",
        "store",
    ] {
        let message = wrong(&format!("[{section}]\nzzzzzzzzzzzzzz = 1"));
        let keys = message.split("expected ").nth(1).unwrap();
        for key in keys.split(", ") {
            let shown = EXAMPLE.lines().any(|line| {
                let line = line.trim_start_matches("# ");
                line.starts_with(&format!("{key} =")) || line.starts_with(&format!("[[{section}.{key}]]"))
            });
            assert!(shown, "{section}.{key}");
        }
    }
}

#[test]
fn every_value_can_be_set() {
    let config = parse(
        r#"
        [azure]
        endpoint = "http://127.0.0.1:4510"
        subscriptions = ["11111111-2222-3333-4444-555555555555"]
        client_id = "66666666-7777-8888-9999-000000000000"
        deadline = "90s"
        [approval]
        approvers = [{ platform = "slack", id = "U07ALEX001" }, { platform = "console", id = "sam" }]
        asker_may_approve = false
        expires_after = "1h 30m"
        approvals = 2
        mode = "observe"
        channels = [{ platform = "slack", id = "C1" }, { platform = "console", id = "console" }]
        windows = ["Mon-Fri 08:00-18:00 Europe/Zurich", "Sat 10:00-12:00"]
        [[approval.rules]]
        resource_group = "rg-prod"
        approvers = [{ platform = "slack", group = "S1" }]
        asker_may_approve = true
        expires_after = "5m"
        windows = []
        [[approval.rules]]
        subscription = "11111111-2222-3333-4444-555555555555"
        mode = "approve"
        channels = []
        [probe]
        name = "up"
        path = "/up"
        interval = "1m"
        timeout = "5s"
        unhealthy_threshold = 2
        status_codes = ["200", "204-299"]
        [slack]
        api = "http://localhost:9/api"
        oncall = "S0614TZR7"
        [server]
        listen = "[::1]:7071"
        [console]
        enabled = true
        refresh = "250ms"
        [site]
        proxy = "http://proxy.example:3128"
        [timing]
        follow_every = "1s"
        escalate_after = "2m"
        "#,
    );
    assert_eq!(config.azure.deadline, SignedDuration::from_secs(90));
    assert_eq!(config.approval.expires_after, SignedDuration::from_mins(90));
    assert_eq!(config.approval.approvers.len(), 2);
    assert_eq!((config.approval.approvals, config.approval.windows.len()), (2, 2));
    let policies = config.rules().approval;
    let shop = policies.of(&gateway("agw-shop"));
    assert_eq!((shop.mode, shop.channels.len(), shop.windows.len()), (Mode::Approve, 0, 2));
    assert_eq!(policies.everywhere.channels.len(), 2);
    assert_eq!((config.probe.interval, config.probe.timeout), (60, 5));
    assert_eq!(config.server.listen, (Ipv6Addr::LOCALHOST, 7071).into());
    assert_eq!(config.console.refresh, SignedDuration::from_millis(250));
    assert_eq!(config.site.proxy.as_ref().unwrap().as_str(), "http://proxy.example:3128/");
    assert_eq!(config.rules().timing.follow_every, SignedDuration::from_secs(1));
    assert_eq!(config.rules().probe.path, "/up");
    let OnCall { groups, after } = config.rules().oncall;
    assert_eq!((groups.len(), groups[0].id.as_str(), after), (1, "S0614TZR7", SignedDuration::from_mins(2)));
}

#[test]
fn an_unknown_key_is_answered_with_the_nearest() {
    assert_snapshot!(wrong("[approval]\naprovers = []"), @"agw.toml:2:1: approval.aprovers is not known; did you mean approvers?");
    assert_snapshot!(wrong("\n[slak]\napi = 1"), @"agw.toml:2:2: slak is not known; did you mean slack?");
    assert_snapshot!(wrong("[server]\nworkers = 4"), @"agw.toml:2:1: server.workers is not known; expected listen");
    assert_snapshot!(wrong("[[slack.routes]]\ngatway = \"a\"\nchannels = []"), @"agw.toml:2:1: slack.routes.gatway is not known; did you mean gateway?");
    assert_snapshot!(wrong("[approval]\napprovers = [{ platform = \"slack\", user = \"U1\" }]"), @"agw.toml:2:36: approval.approvers.user is not known; expected platform, id, group");
    assert_snapshot!(wrong("[[approval.rules]]\ngatway = \"a\""), @"agw.toml:2:1: approval.rules.gatway is not known; did you mean gateway?");
}

#[test]
fn a_wrong_value_is_answered_with_what_was_expected() {
    assert_snapshot!(wrong("[approval]\nexpires_after = \"30\""), @r#"agw.toml:2:17: approval.expires_after: found "30", expected a duration such as "30s", "5m" or "250ms""#);
    assert_snapshot!(wrong("[approval]\nexpires_after = 30"), @r#"agw.toml:2:17: approval.expires_after: found integer 30, expected a duration such as "30s", "5m" or "250ms""#);
    assert_snapshot!(wrong("[timing]\nlease = \"0s\""), @r#"agw.toml:2:9: timing.lease: found "0s", expected a duration such as "30s", "5m" or "250ms""#);
    assert_snapshot!(wrong("[timing]\nlease = \"2m ago\""), @r#"agw.toml:2:9: timing.lease: found "2m ago", expected a duration such as "30s", "5m" or "250ms""#);
    assert_snapshot!(wrong("[probe]\ninterval = \"1500ms\""), @r#"agw.toml:2:12: probe.interval: found "1500ms", expected a duration of whole seconds such as "30s" or "5m""#);
    assert_snapshot!(wrong("[approval]\nasker_may_approve = \"yes\""), @r#"agw.toml:2:21: approval.asker_may_approve: found string "yes", expected a boolean"#);
    assert_snapshot!(wrong("[server]\nlisten = \"8080\""), @r#"agw.toml:2:10: server.listen: found "8080", expected an address and a port such as "127.0.0.1:8080""#);
    assert_snapshot!(wrong("[approval]\napprovers = [{ platform = \"slak\", id = \"U1\" }]"), @r#"agw.toml:2:27: approval.approvers.platform: found "slak", expected one of slack, teams, discord, console"#);
    assert_snapshot!(wrong("[approval]\napprovers = [{ platform = \"slack\" }]"), @"agw.toml:2:13: approval.approvers: expected either id or group beside platform");
    assert_snapshot!(wrong("[approval]\napprovers = [{ platform = \"slack\", group = \"@oncall\" }]"), @r#"agw.toml:2:13: approval.approvers: found "@oncall", expected a user group's id such as "S0614TZR7"; Slack shows it among the group's details"#);
    assert_snapshot!(wrong("[approval]\napprovers = [{ platform = \"console\", group = \"all\" }]"), @"agw.toml:2:13: approval.approvers: the console knows no groups here, expected an id");
    assert_snapshot!(wrong("[approval]\napprovals = 0"), @"agw.toml:2:13: approval.approvals: found 0, expected 1 or more");
    assert_snapshot!(wrong("[approval]\nmode = \"auto\""), @r#"agw.toml:2:8: approval.mode: found "auto", expected observe or approve"#);
    assert_snapshot!(wrong("[approval]\nwindows = [\"weekdays\"]"), @r#"agw.toml:2:12: approval.windows: found "weekdays", expected a change window such as "Mon-Fri 08:00-18:00 Europe/Zurich""#);
    assert_snapshot!(wrong("[approval]\nchannels = [{ platform = \"slack\", id = \"#ops\" }]"), @r##"agw.toml:2:12: approval.channels: found "#ops", expected a channel's id such as "C05OPS0001"; Slack shows it at the end of the channel's details"##);
    assert_snapshot!(wrong("[[approval.rules]]\napprovals = 2"), @"agw.toml:1:1: approval.rules: expected one of gateway, resource_group and subscription");
    assert_snapshot!(wrong("[[approval.rules]]\ngateway = \"a\"\nsubscription = \"b\""), @"agw.toml:1:1: approval.rules: expected one of gateway, resource_group and subscription");
    assert_snapshot!(wrong("[approval]\napprovers = [\n  { platform = \"slack\", id = \"@alex\" },\n]"), @r#"agw.toml:2:13: approval.approvers: found "@alex", expected a member's id such as "U07ALEX001"; Slack's profile menu copies it"#);
    assert_snapshot!(wrong("[slack]\nalert_channels = [\"C05OPS0001\", \"#ops\"]"), @r##"agw.toml:2:33: slack.alert_channels: found "#ops", expected a channel's id such as "C05OPS0001"; Slack shows it at the end of the channel's details"##);
    assert_snapshot!(wrong("[slack]\noncall = \"@oncall\""), @r#"agw.toml:2:10: slack.oncall: found "@oncall", expected a user group's id such as "S0614TZR7"; Slack shows it in the link to the group"#);
    assert_snapshot!(wrong("[azure]\ngateways = [\"agw prod\"]"), @r#"agw.toml:2:13: azure.gateways: found "agw prod", expected a gateway's name or its resource id"#);
    assert_snapshot!(wrong("[azure]\ngateways = [\"/subscriptions/s\"]"), @r#"agw.toml:2:13: azure.gateways: found "/subscriptions/s", expected a gateway's name or its resource id"#);
    assert_snapshot!(wrong("[azure]\ngateways = [\"agw-*\"]"), @r#"agw.toml:2:13: azure.gateways: found "agw-*", expected a gateway's name or its resource id"#);
    assert_snapshot!(wrong("[[slack.routes]]\ngateway = \"*a*b*c*\"\nchannels = []"), @r#"agw.toml:2:11: slack.routes.gateway: found "*a*b*c*", expected a gateway's name, a pattern such as "agw-prod-*", or its resource id"#);
    assert_snapshot!(wrong("[[slack.routes]]\nchannels = []"), @"agw.toml:1:1: slack.routes: missing field gateway");
    assert_snapshot!(wrong("[azure]\nsubscriptions = [\"\"]"), @r#"agw.toml:2:18: azure.subscriptions: found "", expected an id of letters, digits and dashes"#);
}

#[test]
fn a_token_never_goes_over_plain_http() {
    assert_snapshot!(wrong("[azure]\nendpoint = \"http://management.azure.com\""), @"agw.toml:2:12: azure.endpoint: expected https: tokens go there, and http is for this machine alone");
    assert_snapshot!(wrong("[slack]\napi = \"http://127.0.0.1.example.com\""), @"agw.toml:2:7: slack.api: expected https: tokens go there, and http is for this machine alone");
    assert_snapshot!(wrong("[slack]\napi = \"slack.com\""), @r#"agw.toml:2:7: slack.api: expected a URL such as "https://management.azure.com""#);
    for good in ["http://[::1]:1", "http://localhost:1", "http://slack.localhost", "https://slack.example"] {
        parse(&format!("[slack]\napi = \"{good}\""));
    }
}

#[test]
fn what_is_no_toml_is_shown_where() {
    assert_snapshot!(wrong("[azure\n"), @"agw.toml:1:7: unclosed table, expected ]");
    assert_snapshot!(wrong("[azure]\ndeadline = 30s"), @"agw.toml:2:12: azure.deadline: string values must be quoted, expected literal string");
    assert_snapshot!(wrong("[azure]\n[azure]"), @"agw.toml:2:2: azure: duplicate key");
    assert_snapshot!(wrong("azure = 1"), @"agw.toml:1:9: azure: found integer 1, expected a section");
    assert_snapshot!(wrong("[azure]\n# ü\nclient_id = \"ü\""), @r#"agw.toml:3:13: azure.client_id: found "ü", expected an id of letters, digits and dashes"#);
}

#[test]
fn values_have_to_fit_together() {
    assert_snapshot!(wrong("[azure]\ndeadline = \"5m\""), @"agw.toml:2:12: azure.deadline: expected azure.deadline (5m) to be shorter than timing.lease (2m)");
    assert_snapshot!(wrong("[timing]\nlease = \"30s\""), @"agw.toml:2:9: timing.lease: expected azure.deadline (1m 40s) to be shorter than timing.lease (30s)");
    assert_snapshot!(wrong("[timing]\nverify_every = \"10m\""), @"agw.toml:2:16: timing.verify_every: expected timing.verify_every (10m) to be shorter than timing.verify_for (4m)");
    assert_snapshot!(wrong("[server]\nlisten = \"0.0.0.0:80\"\n[console]\nenabled = true"), @"agw.toml:4:11: console.enabled: the console is for this machine alone, and server.listen is 0.0.0.0:80");
    assert_snapshot!(wrong("[probe]\npath = \"healthz\""), @"agw.toml:2:8: probe.path: 'healthz' is no path for a probe: it has to start with '/' and to be without spaces and '#'");
    assert_snapshot!(wrong("[probe]\ninterval = \"10s\""), @"agw.toml:2:12: probe.interval: a timeout of 30 s is longer than the interval of 10 s");
    assert_snapshot!(wrong("[probe]\nstatus_codes = [\"2xx\"]"), @"agw.toml:2:16: probe.status_codes: '2xx' is no status code and no range of them, such as 200 or 200-399");
    assert_snapshot!(wrong("[probe]\nunhealthy_threshold = 0"), @"agw.toml:2:23: probe.unhealthy_threshold: an unhealthy threshold of 0 is out of range: 1 to 20");
    parse("[server]\nlisten = \"0.0.0.0:80\"");
}

#[test]
fn a_secret_is_refused_and_not_repeated() {
    let secret = "xoxb-1234567890";
    let texts = [
        "[slack]\nbot_token = \"xoxb-1234567890\"",
        "[slack]\nsigning_secret = \"xoxb-1234567890\"",
        "[slack]\ntoken = [\"xoxb-1234567890\"]",
        "[azure]\nclient_secret = \"xoxb-1234567890\"",
        "[secrets]\nalert = \"xoxb-1234567890\"",
        "[slack.bot-token]\nvalue = \"xoxb-1234567890\"",
        "alert_key = \"xoxb-1234567890\"",
        "[console]\nenabled = \"xoxb-1234567890\"",
        "[slack]\napi = \"xoxb-1234567890\"",
        "[slack]\nalert_channels = [\"xoxb-1234567890\"]",
        "[site]\nproxy = \"http://me:xoxb-1234567890@proxy\"",
        "[slack]\nbot_token = \"xoxb-1234567890",
        "[slack]\nbot_token = xoxb-1234567890",
    ];
    let said: Vec<String> = texts.iter().map(|text| wrong(text)).collect();
    assert!(said.iter().all(|message| !message.contains(&secret[5..])), "{said:#?}");
    assert_snapshot!(said.join("\n"), @r#"
    agw.toml:2:1: slack.bot_token is a secret, and secrets are not kept in files: set the environment variable AGW_SLACK_BOT_TOKEN
    agw.toml:2:1: slack.signing_secret is a secret, and secrets are not kept in files: set the environment variable AGW_SLACK_SIGNING_SECRET
    agw.toml:2:1: slack.token is a secret, and secrets are not kept in files: set the environment variable AGW_SLACK_BOT_TOKEN
    agw.toml:2:1: azure.client_secret is a secret, and secrets are not kept in files: the bot reads AGW_SLACK_SIGNING_SECRET, AGW_SLACK_BOT_TOKEN, AGW_TEAMS_APP_SECRET, AGW_DISCORD_BOT_TOKEN and AGW_ALERT_KEY from the environment
    agw.toml:1:2: secrets is a secret, and secrets are not kept in files: the bot reads AGW_SLACK_SIGNING_SECRET, AGW_SLACK_BOT_TOKEN, AGW_TEAMS_APP_SECRET, AGW_DISCORD_BOT_TOKEN and AGW_ALERT_KEY from the environment
    agw.toml:1:8: slack.bot-token is a secret, and secrets are not kept in files: set the environment variable AGW_SLACK_BOT_TOKEN
    agw.toml:1:1: alert_key is a secret, and secrets are not kept in files: set the environment variable AGW_ALERT_KEY
    agw.toml:2:11: console.enabled: found string (hidden), expected a boolean
    agw.toml:2:7: slack.api: expected a URL such as "https://management.azure.com"
    agw.toml:2:19: slack.alert_channels: found (hidden), expected a channel's id such as "C05OPS0001"; Slack shows it at the end of the channel's details
    agw.toml:2:9: site.proxy: expected a URL without a user, password or query
    agw.toml:2:29: slack.bot_token: invalid basic string, expected "
    agw.toml:2:13: slack.bot_token: string values must be quoted, expected literal string
    "#);
}

#[test]
fn the_most_exact_route_wins() {
    let id = gateway("agw-prod-eu-1");
    let config = parse(&format!(
        r#"
        [slack]
        alert_channels = ["CDEFAULT"]
        [[slack.routes]]
        gateway = "agw-prod-*"
        channels = ["CPROD"]
        [[slack.routes]]
        gateway = "AGW-prod-eu-*"
        channels = ["CEU1", "CEU2"]
        [[slack.routes]]
        gateway = "agw-prod-eu-1"
        channels = ["CNAME"]
        [[slack.routes]]
        gateway = "{}"
        channels = ["CID"]
        [[slack.routes]]
        gateway = "agw-quiet"
        channels = []
        [[slack.routes]]
        gateway = "agw-prod-eu-2"
        channels = ["CFIRST"]
        [[slack.routes]]
        gateway = "agw-prod-eu-2"
        channels = ["CSECOND"]
        "#,
        id.as_str().to_ascii_uppercase().replace("RESOURCEGROUPS", "resourceGroups")
    ));
    assert_eq!(posted(&config, "agw-prod-eu-1"), ["CID"]);
    assert_eq!(posted(&config, "agw-prod-eu-2"), ["CFIRST"]);
    assert_eq!(posted(&config, "agw-PROD-eu-9"), ["CEU1", "CEU2"]);
    assert_eq!(posted(&config, "agw-prod-us"), ["CPROD"]);
    assert!(posted(&config, "agw-quiet").is_empty());
    assert_eq!(posted(&config, "agw-test"), ["CDEFAULT"]);
    let all = parse("[[slack.routes]]\ngateway = \"*\"\nchannels = [\"CALL\"]");
    assert_eq!(posted(&all, "agw-test"), ["CALL"]);
}

#[test]
fn the_scope_is_names_and_ids() {
    let id = gateway("agw-prod");
    let config = parse(&format!("[azure]\ngateways = [\"agw-test\", \"{id}\"]"));
    assert_eq!(
        config.azure.gateways,
        [GatewayPattern::Name("agw-test".into()), GatewayPattern::Id(id.clone())]
    );
    let shown: Vec<_> = config.azure.gateways.iter().map(ToString::to_string).collect();
    assert_eq!(shown, ["agw-test", id.as_str()]);
}

#[test]
fn a_missing_file_is_told_from_a_wrong_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("agw.toml");
    let error = Config::load(&path).unwrap_err();
    assert!(error.is_missing());
    assert!(
        error.to_string().ends_with("agw.toml cannot be read: No such file or directory (os error 2)"),
        "{error}"
    );
    std::fs::write(&path, "[server]\nlisten = 1").unwrap();
    let error = Config::load(&path).unwrap_err();
    assert!(!error.is_missing());
    assert!(error.to_string().starts_with(&format!("{}:2:10: ", path.display())), "{error}");
    std::fs::write(&path, EXAMPLE).unwrap();
    assert_eq!(Config::load(&path).unwrap(), parse(EXAMPLE));
}

fn secrets(values: &[(&str, &str)]) -> Result<Secrets, SecretError> {
    let find = |name: &str| values.iter().find(|(known, _)| *known == name);
    Secrets::from_env(|name| find(name).map(|(_, value)| (*value).to_owned()))
}

#[test]
fn secrets_come_from_the_environment() {
    let found = secrets(&[
        ("AGW_SLACK_SIGNING_SECRET", "8f742231b10e, 9a0b1c2d3e4f\n"),
        ("AGW_SLACK_BOT_TOKEN", "xoxb-1"),
        ("AGW_ALERT_KEY", "k=="),
    ])
    .unwrap();
    let signing: Vec<_> = found.slack_signing.iter().map(ExposeSecret::expose_secret).collect();
    assert_eq!(signing, ["8f742231b10e", "9a0b1c2d3e4f"]);
    assert_eq!(found.slack_bot_token.as_ref().unwrap().expose_secret(), "xoxb-1");
    assert_eq!(found.alert_key.as_ref().unwrap().expose_secret(), "k==");
    let printed = format!("{found:?}");
    assert!(!printed.contains("8f742231b10e") && !printed.contains("xoxb-1") && !printed.contains("k=="));
    let none = secrets(&[]).unwrap();
    assert!(none.slack_signing.is_empty() && none.slack_bot_token.is_none() && none.alert_key.is_none());
}

#[test]
fn a_secret_that_cannot_be_one_stops_the_start() {
    let said = |name: &str, value: &str| secrets(&[(name, value)]).unwrap_err().to_string();
    assert_snapshot!(said("AGW_SLACK_BOT_TOKEN", " "), @"AGW_SLACK_BOT_TOKEN is empty; set it, or unset it");
    assert_snapshot!(said("AGW_SLACK_SIGNING_SECRET", "abc,,def"), @"AGW_SLACK_SIGNING_SECRET is empty; set it, or unset it");
    assert_snapshot!(said("AGW_ALERT_KEY", "one two"), @"AGW_ALERT_KEY has a space or a control character in it; was it copied whole?");
    assert_snapshot!(said("AGW_ALERT_KEY", "@Microsoft.KeyVault(SecretUri=https://v/s)"), @"AGW_ALERT_KEY is a Key Vault reference that Azure did not resolve; does the app's identity have the role Key Vault Secrets User?");
}
