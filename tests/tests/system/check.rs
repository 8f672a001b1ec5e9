//! What `agw check` and a deployed app say of what is missing.

use axum::Router;
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use axum::routing::{get, post};
use serde_json::{Value, json};
use simulator::{Options, Pace, Scenario, Simulator};
use tests::{FakeDiscord, FakeEntra, FakeTeams, Stage, World, agw, canary};
use tokio::net::TcpListener;

use crate::AGW;

const KEY: &str = "canary-master-key-51f0";

/// The lines that the app says of itself, but for its clock: time stands still there.
async fn itself(world: &World) -> Vec<Value> {
    let answer = world.post("/api/check", &[], "").await.taken();
    let lines = answer.json().as_array().unwrap().clone();
    for secret in
        [canary::TOKEN, canary::SIGNING, canary::ALERT_KEY, canary::TEAMS_SECRET, canary::DISCORD_TOKEN]
    {
        assert!(!answer.body.contains(secret), "{secret} is told");
    }
    lines.into_iter().filter(|line| !line["what"].as_str().unwrap().starts_with("clock")).collect()
}

/// What is not as it has to be, one line each.
fn wrong(lines: &[Value]) -> String {
    let wrong = lines.iter().filter(|line| line["state"] != "good");
    let told = wrong.map(|line| {
        let text = |name: &str| line[name].as_str().unwrap_or("-").to_owned();
        format!("{} | {} | {} | {}", text("state"), text("what"), text("says"), text("mend"))
    });
    told.collect::<Vec<_>>().join("\n")
}

/// A bot under a host that everything is connected to.
struct House {
    world: World,
    teams: FakeTeams,
    discord: FakeDiscord,
    _entra: FakeEntra,
}

impl House {
    async fn of(scenario: &str) -> Self {
        Self::around(Scenario::named(scenario).unwrap()).await
    }

    async fn around(scenario: Scenario) -> Self {
        let (teams, discord, entra) =
            (FakeTeams::start().await, FakeDiscord::start().await, FakeEntra::start().await);
        discord.register_commands();
        let stage = Stage::of(scenario).hosted().config(teams.config(&["dana"])).config(discord.connect());
        let stage = stage.config(entra.config()).config(|config| {
            config.slack.alert_channels = vec![tests::CHANNEL.to_owned()];
            config.azure.client_id = Some("66666666-7777-8888-9999-000000000000".to_owned());
        });
        Self { world: stage.start().await, teams, discord, _entra: entra }
    }

    async fn close(self) {
        self.discord.close();
        self.teams.finish(self.world).await;
    }
}

#[tokio::test]
async fn a_deployed_app_that_has_everything_says_so_with_its_own_identities() {
    let house = House::of("root-403").await;
    let lines = itself(&house.world).await;
    insta::assert_snapshot!(wrong(&lines), @"not-checked | Slack, channels | whether the bot was invited is not checked: that takes the scope channels:read, which it does not need otherwise | /invite @agw in C05OPS0001");
    let what: Vec<&str> = lines.iter().map(|line| line["what"].as_str().unwrap()).collect();
    for wanted in [
        "Slack, scopes",
        "Teams",
        "Teams, requests",
        "Discord, requests",
        "alerts, secure webhook",
        "gateway agw-prod, agw mend",
    ] {
        assert!(what.contains(&wanted), "{what:?}");
    }
    house.close().await;
}

#[tokio::test]
async fn each_action_that_is_missing_is_a_line_with_its_command() {
    let denied = [
        "Microsoft.Network/applicationGateways/getBackendHealthOnDemand/action",
        "Microsoft.Network/*/join/action",
        "Microsoft.Insights/metrics/read",
        "Microsoft.Web/sites/*",
    ];
    let scenario = Scenario::named("root-403").unwrap();
    let scenario = denied.iter().fold(scenario, |scenario, action| scenario.with_denied(action));
    let house = House::around(scenario).await;
    insta::assert_snapshot!(wrong(&about_gateways(itself(&house.world).await)), @r#"
    warning | gateway agw-prod, agw diagnose | agw-read may not Microsoft.Web/sites/read, Microsoft.Web/sites/config/read, Microsoft.Web/sites/privateEndpointConnections/read on the resource group rg-web | az role assignment create --assignee 66666666-7777-8888-9999-000000000000 --role $(az role definition list --custom-role-only --query "[?starts_with(roleName, 'agw diagnose')].name | [0]" -o tsv) --scope /subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg-web
    missing | gateway agw-prod, agw diagnose | agw-read may not Microsoft.Network/applicationGateways/getBackendHealthOnDemand/action on applicationGateways/agw-prod; if it has the role there, that is older than infra/roles, and has to be deployed again | az role assignment create --assignee 66666666-7777-8888-9999-000000000000 --role $(az role definition list --custom-role-only --query "[?starts_with(roleName, 'agw diagnose')].name | [0]" -o tsv) --scope /subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg-web/providers/Microsoft.Network/applicationGateways/agw-prod
    missing | gateway agw-prod, agw diagnose | agw-read may not Microsoft.Insights/metrics/read on applicationGateways/agw-prod; if it has the role there, that is older than infra/roles, and has to be deployed again | az role assignment create --assignee 66666666-7777-8888-9999-000000000000 --role $(az role definition list --custom-role-only --query "[?starts_with(roleName, 'agw diagnose')].name | [0]" -o tsv) --scope /subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg-web/providers/Microsoft.Network/applicationGateways/agw-prod
    missing | gateway agw-prod, agw mend | agw-write may not Microsoft.Network/publicIPAddresses/join/action on publicIPAddresses/pip-agw-prod | az role assignment create --assignee 66666666-7777-8888-9999-000000000000 --role $(az role definition list --custom-role-only --query "[?starts_with(roleName, 'agw mend')].name | [0]" -o tsv) --scope /subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg-web/providers/Microsoft.Network/publicIPAddresses/pip-agw-prod
    missing | gateway agw-prod, agw mend | agw-write may not Microsoft.Network/virtualNetworks/subnets/join/action on subnets/snet-agw | az role assignment create --assignee 66666666-7777-8888-9999-000000000000 --role $(az role definition list --custom-role-only --query "[?starts_with(roleName, 'agw mend')].name | [0]" -o tsv) --scope /subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg-web/providers/Microsoft.Network/virtualNetworks/vnet-web/subnets/snet-agw
    "#);
    house.close().await;
}

#[tokio::test]
async fn an_identity_without_a_role_is_told_so_once() {
    let house = House::of("reads-gateway-only").await;
    insta::assert_snapshot!(wrong(&about_gateways(itself(&house.world).await)), @r#"
    missing | gateway agw-prod | agw-read may not Microsoft.Network/applicationGateways/backendhealth/action | az role assignment create --assignee 66666666-7777-8888-9999-000000000000 --role $(az role definition list --custom-role-only --query "[?starts_with(roleName, 'agw diagnose')].name | [0]" -o tsv) --scope /subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg-web/providers/Microsoft.Network/applicationGateways/agw-prod
    missing | gateway agw-prod | agw-read may not Microsoft.Authorization/locks/read | az role assignment create --assignee 66666666-7777-8888-9999-000000000000 --role $(az role definition list --custom-role-only --query "[?starts_with(roleName, 'agw diagnose')].name | [0]" -o tsv) --scope /subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg-web/providers/Microsoft.Network/applicationGateways/agw-prod
    warning | gateway agw-prod, agw diagnose | agw-read may not Microsoft.Authorization/permissions/read on the resource group rg-web | az role assignment create --assignee 66666666-7777-8888-9999-000000000000 --role $(az role definition list --custom-role-only --query "[?starts_with(roleName, 'agw diagnose')].name | [0]" -o tsv) --scope /subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg-web
    missing | gateway agw-prod, agw diagnose | agw-read may not Microsoft.Authorization/permissions/read on applicationGateways/agw-prod | az role assignment create --assignee 66666666-7777-8888-9999-000000000000 --role $(az role definition list --custom-role-only --query "[?starts_with(roleName, 'agw diagnose')].name | [0]" -o tsv) --scope /subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg-web/providers/Microsoft.Network/applicationGateways/agw-prod
    missing | gateway agw-prod, agw diagnose | agw-read may not Microsoft.Authorization/permissions/read on publicIPAddresses/pip-agw-prod | az role assignment create --assignee 66666666-7777-8888-9999-000000000000 --role $(az role definition list --custom-role-only --query "[?starts_with(roleName, 'agw diagnose')].name | [0]" -o tsv) --scope /subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg-web/providers/Microsoft.Network/publicIPAddresses/pip-agw-prod
    missing | gateway agw-prod, agw diagnose | agw-read may not Microsoft.Authorization/permissions/read on subnets/snet-agw | az role assignment create --assignee 66666666-7777-8888-9999-000000000000 --role $(az role definition list --custom-role-only --query "[?starts_with(roleName, 'agw diagnose')].name | [0]" -o tsv) --scope /subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg-web/providers/Microsoft.Network/virtualNetworks/vnet-web/subnets/snet-agw
    not-checked | gateway agw-prod, agw follow | agw-read on applicationGateways/agw-prod: the bot needs the permission Microsoft.Authorization/permissions/read | -
    missing | gateway agw-prod, agw mend | agw-write may not Microsoft.Authorization/permissions/read on applicationGateways/agw-prod | az role assignment create --assignee 66666666-7777-8888-9999-000000000000 --role $(az role definition list --custom-role-only --query "[?starts_with(roleName, 'agw mend')].name | [0]" -o tsv) --scope /subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg-web/providers/Microsoft.Network/applicationGateways/agw-prod
    missing | gateway agw-prod, agw mend | agw-write may not Microsoft.Authorization/permissions/read on publicIPAddresses/pip-agw-prod | az role assignment create --assignee 66666666-7777-8888-9999-000000000000 --role $(az role definition list --custom-role-only --query "[?starts_with(roleName, 'agw mend')].name | [0]" -o tsv) --scope /subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg-web/providers/Microsoft.Network/publicIPAddresses/pip-agw-prod
    missing | gateway agw-prod, agw mend | agw-write may not Microsoft.Authorization/permissions/read on subnets/snet-agw | az role assignment create --assignee 66666666-7777-8888-9999-000000000000 --role $(az role definition list --custom-role-only --query "[?starts_with(roleName, 'agw mend')].name | [0]" -o tsv) --scope /subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg-web/providers/Microsoft.Network/virtualNetworks/vnet-web/subnets/snet-agw
    not-checked | gateway agw-prod, agw follow | agw-write on applicationGateways/agw-prod: the bot needs the permission Microsoft.Authorization/permissions/read | -
    "#);
    house.close().await;
}

fn about_gateways(lines: Vec<Value>) -> Vec<Value> {
    lines.into_iter().filter(|line| line["what"].as_str().unwrap().starts_with("gateway")).collect()
}

#[tokio::test]
async fn what_a_chat_platform_lacks_is_named_with_what_mends_it() {
    let house = House::of("root-403").await;
    house.world.slack.grant(&["chat:write", "commands", "channels:read", "usergroups:read"]);
    house.world.slack.remove_from(tests::CHANNEL);
    house.discord.send_interactions_to(None);
    house.discord.take_permission(1 << 35);
    house.teams.remove_the_app();
    let lines = itself(&house.world).await;
    let chats: Vec<Value> = lines
        .into_iter()
        .filter(|line| {
            ["Slack", "Discord", "Teams"].iter().any(|name| line["what"].as_str().unwrap().starts_with(name))
        })
        .collect();
    insta::assert_snapshot!(wrong(&chats), @"
    missing | Slack, scopes | the app lacks app_mentions:read, files:write | agw manifest slack --url https://HOST, paste it into the app's manifest, and install the app again
    missing | Slack, channel C05OPS0001 | the bot is not in it, and cannot post there | /invite @agw
    missing | Teams, channel 19:ops@thread.tacv2 | Teams refused: HTTP 403 BotNotInConversationRoster: add the app to that team or chat; somebody may have removed or blocked it | agw manifest teams, and add the app to the team in Teams: Manage team, Apps
    missing | Discord, interactions | the application sends them nowhere | set Interactions Endpoint URL to https://HOST/api/discord/interactions: General Information in Discord's developer portal
    missing | Discord, channel 645027906669510667 | the bot lacks Create Public Threads in ops | give its role these permissions: Edit Channel, Permissions
    ");
    house.close().await;
}

#[tokio::test]
async fn alone_there_is_no_such_route() {
    let world = World::stage("root-403").await;
    assert_eq!(world.post("/api/check", &[], "").await.status, 404);
    world.finish().await;
}

#[tokio::test]
async fn the_bot_seen_from_outside_refuses_whoever_proves_nothing() {
    let (teams, discord) = (FakeTeams::start().await, FakeDiscord::start().await);
    let stage = Stage::named("root-403").config(teams.config(&["dana"])).config(discord.connect());
    let world = stage.start().await;
    let (address, arm) = (world.address().to_string(), world.azure.base_url().to_string());
    let seen = agw(AGW, &["check", "--arm", &arm, "--url", &address, "-o", "json"], &[]).await.ends(3);
    let lines: Value = serde_json::from_str(&seen.out).unwrap();
    for path in ["/api/alerts", "/api/slack/commands", "/api/slack/interactions", "/api/slack/events"] {
        let line = lines.as_array().unwrap().iter().find(|line| line["what"] == path).unwrap();
        assert_eq!(line["state"], "good", "{line}");
        assert!(line["says"].as_str().unwrap().contains("401"), "{line}");
    }
    let internal = lines.as_array().unwrap().iter().find(|line| line["what"] == "internal paths").unwrap();
    assert_eq!(internal["state"], "good");
    discord.close();
    teams.finish(world).await;
}

/// An app that does everything wrong that can be seen from outside.
async fn careless() -> String {
    let login = || async { (StatusCode::FOUND, [("location", "https://login.microsoftonline.com/")]) };
    let triggers = || async { axum::Json(json!({ "Outputs": {}, "Logs": ["no envelope"] })) };
    let router = Router::new()
        .route("/", get(|| async { "agw" }))
        .route("/api/alerts", post(|| async { "{}" }))
        .route("/api/slack/commands", post(login))
        .route("/api/slack/interactions", post(|| async { StatusCode::FORBIDDEN }))
        .route("/api/slack/events", post(|| async { StatusCode::BAD_GATEWAY }))
        .route("/work", post(triggers))
        .route("/api/check", post(own));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

async fn azure() -> Simulator {
    let scenario = Scenario::named("root-403").unwrap();
    Simulator::start(Options { pace: Pace::Instant, ..Options::new(scenario) }).await.unwrap()
}

async fn own(headers: HeaderMap) -> impl IntoResponse {
    if headers.get("x-functions-key").is_none_or(|key| key != KEY) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let line = json!({
        "what": "store, blobs", "ok": false, "state": "missing", "says": "no role", "mend": "az role assignment create",
    });
    axum::Json(json!([line])).into_response()
}

#[tokio::test]
async fn what_is_wrong_from_outside_is_named_and_what_the_app_says_stands_below_its_heading() {
    let address = careless().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("agw.toml");
    std::fs::write(&file, "[slack]\nalert_channels = [\"C05OPS0001\"]\n").unwrap();
    let azure = azure().await;
    let arm = azure.base_url().as_str();
    let args = ["check", "--arm", arm, "--config", file.to_str().unwrap(), "--url", &address];
    let seen = agw(AGW, &args, &[("AGW_CHECK_KEY", KEY)]).await.ends(3);
    assert!(!seen.out.contains(KEY) && !seen.err.contains(KEY));
    let from = seen.out.find("missing  /:").unwrap();
    insta::assert_snapshot!(&seen.out[from..], @r#"
    missing  /: can be reached from outside, and is for the Functions host alone → set extensions.http.routePrefix to "api" in host.json, and deploy it
    missing  /api/alerts: answers 200 to somebody who proved nothing → stop the app, and report it
    missing  /api/slack/commands: answers 302: a login stands before it, and Slack has none → az webapp auth update --enabled false --name APP --resource-group GROUP
    missing  /api/slack/interactions: answers 403: something before the app keeps Slack out → az functionapp config access-restriction show --name APP --resource-group GROUP
    missing  /api/slack/events: answers 502: the app fails → az webapp log tail --name APP --resource-group GROUP
    ok       /api/teams/messages: not served there (Teams is not connected)
    ok       /api/discord/interactions: not served there (Discord is not connected)
    ok       /api/check: who does not prove who they are is refused with 401
    missing  /work: can be reached from outside, and is for the Functions host alone → set extensions.http.routePrefix to "api" in host.json, and deploy it

    the app at 127.0.0.1
    missing  store, blobs: no role → az role assignment create
    "#);

    let seen = agw(AGW, &args, &[("AGW_CHECK_KEY", "another")]).await.ends(3);
    seen.prints("it does not take AGW_CHECK_KEY: that has to be the app's master key");
    let seen = agw(AGW, &args, &[]).await.ends(3);
    seen.prints("its own identities were not asked").prints("az functionapp keys list");
}

#[tokio::test]
async fn the_lines_as_json_fit_the_published_schema() {
    let schema: Value = serde_json::from_str(include_str!("../../../docs/check.schema.json")).unwrap();
    let schema = jsonschema::validator_for(&schema).unwrap();
    let address = careless().await;
    let azure = azure().await;
    let args = ["check", "--arm", azure.base_url().as_str(), "--url", &address, "--output", "json"];
    let seen = agw(AGW, &args, &[("AGW_CHECK_KEY", KEY)]).await.ends(3);
    let lines: Value = serde_json::from_str(&seen.out).unwrap();
    let wrong: Vec<String> = schema.iter_errors(&lines).map(|error| error.to_string()).collect();
    assert!(wrong.is_empty(), "{wrong:?}");
    let there = lines.as_array().unwrap().iter().filter(|line| line["at"] == "127.0.0.1").count();
    assert_eq!(there, 1, "{lines}");
}

#[tokio::test]
async fn the_key_goes_over_https_alone() {
    let refused = agw(AGW, &["check", "--url", "http://agw.example.com"], &[("AGW_CHECK_KEY", KEY)]).await;
    refused.ends(2).complains("https");
}
