use std::sync::Arc;
use std::time::Duration;

use azure_core::credentials::{AccessToken, TokenCredential, TokenRequestOptions};
use azure_core::time::OffsetDateTime;
use domain::evidence::{self, Lookup};
use domain::plan::ResourceKind;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use wiremock::matchers::{body_json, header, header_exists, method, path, query_param};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::*;
use crate::azure::config::Pace;

const ID: &str = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Network/applicationGateways/agw";

fn id() -> GatewayId {
    GatewayId::parse(ID).unwrap()
}

/// Waits that a test can bear.
pub(in crate::azure) fn fast() -> Pace {
    let ms = Duration::from_millis;
    Pace { backoff: ms(2), poll: ms(2), read: ms(2500), long_read: ms(2500), ..Pace::default() }
}

pub(in crate::azure) fn config(server: &MockServer) -> ArmConfig {
    ArmConfig { pace: fast(), ..ArmConfig::new(server.uri().parse().unwrap()) }
}

fn client(server: &MockServer) -> ArmClient {
    ArmClient::new(config(server), Identities::unsigned()).unwrap()
}

fn gateway() -> Value {
    json!({"id": ID, "name": "agw", "etag": "W/\"1\"", "properties": {"provisioningState": "Succeeded"}})
}

fn ok(body: &Value) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(body)
}

fn fails(status: u16, code: &str) -> ResponseTemplate {
    let body = json!({"error": {"code": code, "message": "because"}});
    ResponseTemplate::new(status).set_body_json(body)
}

async fn on(server: &MockServer, verb: &str, below: &str, answer: ResponseTemplate) {
    Mock::given(method(verb)).and(path(format!("{ID}{below}"))).respond_with(answer).mount(server).await;
}

/// Answers once, before all that is mounted later.
async fn once(server: &MockServer, verb: &str, at: &str, answer: ResponseTemplate) {
    Mock::given(method(verb)).and(path(at)).respond_with(answer).up_to_n_times(1).mount(server).await;
}

#[derive(Debug)]
struct Token;
#[async_trait]
impl TokenCredential for Token {
    async fn get_token(
        &self,
        _: &[&str],
        _: Option<TokenRequestOptions<'_>>,
    ) -> azure_core::Result<AccessToken> {
        Ok(AccessToken::new("secret-token", OffsetDateTime::UNIX_EPOCH))
    }
}

#[derive(Debug)]
struct NoToken;
#[async_trait]
impl TokenCredential for NoToken {
    async fn get_token(
        &self,
        _: &[&str],
        _: Option<TokenRequestOptions<'_>>,
    ) -> azure_core::Result<AccessToken> {
        std::future::pending().await
    }
}

#[tokio::test]
async fn a_gateway_is_read_in_the_version_that_it_is_written_in() {
    let server = MockServer::start().await;
    for verb in ["GET", "PUT"] {
        let mock = Mock::given(method(verb)).and(path(ID)).and(query_param("api-version", "2025-07-01"));
        mock.respond_with(ok(&gateway())).expect(1).mount(&server).await;
    }
    let arm = client(&server);
    assert_eq!(arm.gateway(&id()).await.unwrap().raw(), &gateway());
    arm.put_gateway(&id(), &gateway(), None).await.unwrap();
}

#[tokio::test]
async fn what_is_no_gateway_is_unexpected() {
    let server = MockServer::start().await;
    once(&server, "GET", ID, ok(&json!({"value": []}))).await;
    on(&server, "GET", "", ResponseTemplate::new(200).set_body_string("<html>")).await;
    for _ in 0..2 {
        assert!(matches!(client(&server).gateway(&id()).await, Err(ArmError::Unexpected { .. })));
    }
}

#[tokio::test]
async fn a_reading_is_tried_again_when_azure_is_busy() {
    let server = MockServer::start().await;
    once(&server, "GET", ID, fails(429, "TooManyRequests").insert_header("retry-after", "0")).await;
    once(&server, "GET", ID, fails(503, "ServerBusy")).await;
    on(&server, "GET", "", ok(&gateway())).await;
    client(&server).gateway(&id()).await.unwrap();
    assert_eq!(server.received_requests().await.unwrap().len(), 3);
}

#[tokio::test]
async fn azure_that_goes_on_asking_for_patience_is_told() {
    let server = MockServer::start().await;
    on(&server, "GET", "", fails(429, "TooManyRequests").insert_header("retry-after", "60")).await;
    let error = client(&server).gateway(&id()).await.unwrap_err();
    assert_eq!(error, ArmError::Throttled { retry_after_s: 60 });
    assert_eq!(server.received_requests().await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_reading_that_is_refused_is_not_tried_again() {
    for (status, code) in [
        (401, "InvalidAuthenticationToken"),
        (403, "AuthorizationFailed"),
        (404, "ResourceNotFound"),
        (400, "InvalidJson"),
    ] {
        let server = MockServer::start().await;
        on(&server, "GET", "", fails(status, code)).await;
        let error = client(&server).gateway(&id()).await.unwrap_err();
        match (status, error) {
            (401, ArmError::SignedOut { what }) => assert!(what.contains(code)),
            (403, ArmError::Forbidden { action }) => {
                assert_eq!(action, "Microsoft.Network/applicationGateways/read")
            }
            (404, ArmError::NotFound { what }) => assert_eq!(what, "the Application Gateway agw"),
            (400, ArmError::Refused { status: 400, code: told, .. }) => assert_eq!(told, code),
            (_, error) => panic!("{status}: {error}"),
        }
        assert_eq!(server.received_requests().await.unwrap().len(), 1);
    }
}

#[tokio::test]
async fn a_connection_that_breaks_is_tried_again_for_a_reading() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
    let arm = ArmClient::new(ArmConfig { pace: fast(), ..ArmConfig::new(endpoint) }, Identities::unsigned())
        .unwrap();
    let body = gateway().to_string();
    let serve = async {
        drop(read_request(&listener).await);
        let mut stream = read_request(&listener).await;
        let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len());
        stream.write_all(answer.as_bytes()).await.unwrap();
    };
    let id = id();
    let (result, ()) = tokio::join!(arm.gateway(&id), serve);
    assert_eq!(result.unwrap().id(), &id);
}

async fn read_request(listener: &TcpListener) -> tokio::net::TcpStream {
    let (mut stream, _) = listener.accept().await.unwrap();
    let mut request = vec![0; 4096];
    assert!(stream.read(&mut request).await.unwrap() > 0);
    stream
}

#[tokio::test]
async fn backend_health_is_waited_for() {
    let server = MockServer::start().await;
    let link = format!("{}/results/1?api-version=2025-07-01&s=si%2Fg", server.uri());
    let started =
        ResponseTemplate::new(202).insert_header("location", link.as_str()).insert_header("retry-after", "0");
    let post = Mock::given(method("POST")).and(path(format!("{ID}/backendhealth"))).and(body_json(json!({})));
    post.respond_with(started).expect(1).mount(&server).await;
    once(&server, "GET", "/results/1", ResponseTemplate::new(202)).await;
    once(&server, "GET", "/results/1", fails(503, "ServerBusy")).await;
    let done = Mock::given(method("GET")).and(path("/results/1")).and(query_param("s", "si/g"));
    done.respond_with(ok(&json!({"backendAddressPools": []}))).mount(&server).await;
    let health = client(&server).backend_health(&id()).await.unwrap();
    assert_eq!(health, json!({"backendAddressPools": []}));
}

#[tokio::test]
async fn backend_health_that_takes_too_long_is_given_up() {
    let server = MockServer::start().await;
    let link = format!("{}/results/1", server.uri());
    on(
        &server,
        "POST",
        "/backendhealth",
        ResponseTemplate::new(202).insert_header("location", link.as_str()),
    )
    .await;
    let later = ResponseTemplate::new(202).insert_header("retry-after", "30");
    Mock::given(method("GET")).and(path("/results/1")).respond_with(later).mount(&server).await;
    let error = client(&server).backend_health(&id()).await.unwrap_err();
    assert_eq!(error, ArmError::TooSlow { seconds: 2 });
}

#[tokio::test]
async fn links_to_elsewhere_are_not_followed() {
    let elsewhere = MockServer::start().await;
    let server = MockServer::start().await;
    for link in [
        format!("{}/results/1?s=signature", elsewhere.uri()),
        server.uri().replace("http://", "http://user@"),
        server.uri().replace("http:", "https:"),
    ] {
        server.reset().await;
        on(
            &server,
            "POST",
            "/backendhealth",
            ResponseTemplate::new(202).insert_header("location", link.as_str()),
        )
        .await;
        let error = client(&server).backend_health(&id()).await.unwrap_err();
        assert!(matches!(&error, ArmError::Unexpected { what } if !what.contains("signature")), "{error}");
        assert!(matches!(client(&server).operation(&link).await, Err(ArmError::Unexpected { .. })), "{link}");
    }
    assert_eq!(elsewhere.received_requests().await.unwrap().len(), 0);
}

#[tokio::test]
async fn a_202_that_leads_nowhere_is_unexpected() {
    let server = MockServer::start().await;
    on(&server, "POST", "/backendhealth", ResponseTemplate::new(202)).await;
    assert!(matches!(client(&server).backend_health(&id()).await, Err(ArmError::Unexpected { .. })));
}

#[tokio::test]
async fn a_probe_on_demand_is_sent_as_it_is() {
    let server = MockServer::start().await;
    let probe = json!({"protocol": "Https", "path": "/healthz", "timeout": 30, "somethingNew": [1]});
    let post = Mock::given(method("POST"))
        .and(path(format!("{ID}/getBackendHealthOnDemand")))
        .and(body_json(&probe));
    post.respond_with(ok(&json!({"done": true}))).expect(1).mount(&server).await;
    let result = client(&server).probe_on_demand(&id(), &probe).await.unwrap();
    assert_eq!(result, json!({"done": true}));
}

#[tokio::test]
async fn a_put_that_is_taken() {
    let server = MockServer::start().await;
    let answer = ok(&gateway())
        .insert_header("azure-asyncoperation", "https://x/operations/1?s=1")
        .insert_header("x-ms-correlation-request-id", "c-1");
    let put =
        Mock::given(method("PUT")).and(path(ID)).and(header("if-match", "W/\"1\"")).and(body_json(gateway()));
    put.respond_with(answer).expect(1).mount(&server).await;
    let taken = client(&server).put_gateway(&id(), &gateway(), Some("W/\"1\"")).await.unwrap();
    let operation = Some("https://x/operations/1?s=1".to_owned());
    assert_eq!(taken, Accepted { operation, correlation: Some("c-1".to_owned()) });
}

#[tokio::test]
async fn a_put_that_is_refused_is_not_sent_again() {
    for (status, code) in [
        (400, "InvalidJson"),
        (409, "AnotherOperationInProgress"),
        (412, "PreconditionFailed"),
        (429, "RetryableErrorDueToAnotherOperation"),
        (403, "LinkedAuthorizationFailed"),
    ] {
        let server = MockServer::start().await;
        on(&server, "PUT", "", fails(status, code).insert_header("retry-after", "0")).await;
        let error = client(&server).put_gateway(&id(), &gateway(), None).await.unwrap_err();
        match (status, error) {
            (429, PutError::Refused(error)) => assert_eq!(error, ArmError::Throttled { retry_after_s: 0 }),
            (403, PutError::Refused(ArmError::Forbidden { action })) => {
                assert_eq!(action, "Microsoft.Network/applicationGateways/write")
            }
            (_, PutError::Refused(ArmError::Refused { code: told, .. })) => assert_eq!(told, code),
            (_, error) => panic!("{status}: {error}"),
        }
        assert_eq!(server.received_requests().await.unwrap().len(), 1);
    }
}

#[tokio::test]
async fn after_a_failure_of_azures_own_a_put_may_be_under_way() {
    for status in [408, 500, 502, 503, 504] {
        let server = MockServer::start().await;
        on(&server, "PUT", "", fails(status, "InternalServerError")).await;
        let error = client(&server).put_gateway(&id(), &gateway(), None).await.unwrap_err();
        assert!(
            matches!(&error, PutError::Unknown { what } if what.contains("InternalServerError")),
            "{error}"
        );
        assert_eq!(server.received_requests().await.unwrap().len(), 1);
    }
}

#[tokio::test]
async fn a_put_whose_connection_is_cut_may_be_under_way() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
    let arm = ArmClient::new(ArmConfig { pace: fast(), ..ArmConfig::new(endpoint) }, Identities::unsigned())
        .unwrap();
    let (body, gateway_id) = (gateway(), id());
    let cut = async {
        drop(read_request(&listener).await);
        // Whoever sends it again is heard here.
        tokio::time::timeout(Duration::from_millis(40), listener.accept()).await.is_err()
    };
    let (result, once) = tokio::join!(arm.put_gateway(&gateway_id, &body, None), cut);
    assert!(matches!(result, Err(PutError::Unknown { .. })), "{result:?}");
    assert!(once);
}

#[tokio::test]
async fn a_put_that_cannot_be_sent_is_not_under_way() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
    drop(listener);
    let arm = ArmClient::new(ArmConfig::new(endpoint), Identities::unsigned()).unwrap();
    let result = arm.put_gateway(&id(), &gateway(), None).await;
    assert!(matches!(result, Err(PutError::Refused(ArmError::Unreachable { .. }))), "{result:?}");
}

#[tokio::test]
async fn a_put_without_an_answer_in_time_may_be_under_way() {
    let server = MockServer::start().await;
    on(&server, "PUT", "", ok(&gateway()).set_delay(Duration::from_secs(5))).await;
    let pace = Pace { write: Duration::from_millis(30), ..fast() };
    let arm = ArmClient::new(ArmConfig { pace, ..config(&server) }, Identities::unsigned()).unwrap();
    let result = arm.put_gateway(&id(), &gateway(), None).await;
    assert!(matches!(result, Err(PutError::Unknown { .. })), "{result:?}");
}

#[tokio::test]
async fn an_operation_is_running_until_azure_says_that_it_ended() {
    let superseded = json!({"status": "Canceled", "error": {"code": "Canceled", "message": "Operation was canceled.",
        "details": [{"code": "CanceledAndSupersededDueToAnotherOperation", "message": "by another"}]}});
    let code = "CanceledAndSupersededDueToAnotherOperation".to_owned();
    let failed =
        |code: &str, message: &str| Operation::Failed { code: code.to_owned(), message: message.to_owned() };
    let running = Operation::Running { retry_after_ms: Some(7000) };
    for (body, expected) in [
        (json!({"status": "Succeeded"}), Operation::Succeeded),
        (json!({"status": "InProgress"}), running.clone()),
        (json!({"status": "Hatching"}), running),
        (superseded, failed(&code, "by another")),
        (json!({"status": "Failed", "error": {"code": "Bad", "message": "why"}}), failed("Bad", "why")),
        (json!({"status": "Failed"}), failed("Failed", "")),
    ] {
        let server = MockServer::start().await;
        let answer = ok(&body).insert_header("retry-after", "7");
        Mock::given(method("GET")).and(path("/operations/1")).respond_with(answer).mount(&server).await;
        let link = format!("{}/operations/1?t=1&s=2", server.uri());
        assert_eq!(client(&server).operation(&link).await.unwrap(), expected, "{body}");
    }
}

#[tokio::test]
async fn locks_that_only_forbid_deletion_do_not_count() {
    let server = MockServer::start().await;
    let lock = |name, level| json!({"name": name, "properties": {"level": level}});
    let body = json!({"value": [lock("keep", "CanNotDelete"), lock("frozen", "ReadOnly")]});
    let get = Mock::given(path(format!("{ID}/providers/Microsoft.Authorization/locks")))
        .and(query_param("api-version", "2016-09-01"));
    get.respond_with(ok(&body)).mount(&server).await;
    assert_eq!(client(&server).locks(&id()).await.unwrap(), ["frozen (ReadOnly)"]);
}

fn read_of(path: &str, body: Option<&Value>) -> ArmRead {
    ArmRead {
        asker: Asker::Reader,
        path: path.to_owned(),
        query: Some("$expand=ipConfigurations".to_owned()),
        version: "2025-07-01",
        body: body.map(Value::to_string),
        action: "Microsoft.Network/networkInterfaces/read",
        what: "the network interface nic".to_owned(),
    }
}

const NIC: &str = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Network/networkInterfaces/nic";

#[tokio::test]
async fn what_a_cause_asks_is_put_as_it_says() {
    let server = MockServer::start().await;
    let asked = Mock::given(method("GET"))
        .and(path(NIC))
        .and(query_param("api-version", "2025-07-01"))
        .and(query_param("$expand", "ipConfigurations"));
    asked.respond_with(ok(&json!({"name": "nic"}))).expect(1).mount(&server).await;
    assert_eq!(client(&server).look_up(&read_of(NIC, None)).await.unwrap(), json!({"name": "nic"}));
}

#[tokio::test]
async fn what_is_posted_may_take_its_time() {
    let server = MockServer::start().await;
    let there = format!("{}/result", server.uri());
    let accepted = ResponseTemplate::new(202).insert_header("location", there.as_str());
    once(&server, "POST", NIC, accepted).await;
    once(&server, "GET", "/result", ok(&json!({"value": []}))).await;
    let read = read_of(NIC, Some(&json!({})));
    assert_eq!(client(&server).look_up(&read).await.unwrap(), json!({"value": []}));
}

#[tokio::test]
async fn no_token_goes_over_plain_http() {
    let server = MockServer::start().await;
    let leaked = Mock::given(header_exists("authorization")).respond_with(ResponseTemplate::new(500));
    leaked.expect(0).mount(&server).await;
    on(&server, "GET", "", ok(&gateway())).await;
    let arm = ArmClient::new(config(&server), Identities::one(Arc::new(Token))).unwrap();
    arm.gateway(&id()).await.unwrap();
}

fn beside() -> Beside {
    let path = format!("{ID}/providers/Microsoft.Insights/diagnosticSettings/agw-logs");
    Beside { kind: ResourceKind::DiagnosticSetting, path, before: None, after: Some(json!({})) }
}

/// Whatever changes something, and the question whether the bot may, is the writer's; all else is the reader's.
#[tokio::test]
async fn without_a_writer_everything_is_read_and_no_write_leaves_the_bot() {
    let server = MockServer::start().await;
    on(&server, "GET", "", ok(&gateway())).await;
    on(&server, "POST", "/backendhealth", ok(&json!({}))).await;
    let changes = |request: &wiremock::Request| matches!(request.method.as_str(), "PUT" | "DELETE" | "PATCH");
    Mock::given(changes).respond_with(ResponseTemplate::new(200)).expect(0).mount(&server).await;
    let reader_alone = Identities::two(Arc::new(Token), None);
    let arm = ArmClient::new(config(&server), reader_alone).unwrap();
    arm.gateway(&id()).await.unwrap();
    arm.backend_health(&id()).await.unwrap();
    let nobody = || Err(PutError::Refused(ArmError::NoWriter));
    assert_eq!(arm.put_gateway(&id(), &gateway(), None).await, nobody());
    assert_eq!(arm.write_beside(&beside()).await, nobody());
    let Lookup::Arm(may) = evidence::permissions(id().resource()).lookup else { panic!() };
    assert_eq!(arm.look_up(&may).await, Err(ArmError::NoWriter));
}

#[tokio::test]
async fn plain_http_to_another_machine_is_refused() {
    let config = ArmConfig::new("http://management.azure.com".parse().unwrap());
    let error = ArmClient::new(config, Identities::unsigned()).err().unwrap();
    assert!(matches!(error, ConfigError::NotEncrypted { .. }), "{error}");
}

#[tokio::test(start_paused = true)]
async fn without_a_token_nothing_is_sent() {
    let endpoint = "https://127.0.0.1:1".parse().unwrap();
    let arm = ArmClient::new(ArmConfig::new(endpoint), Identities::one(Arc::new(NoToken))).unwrap();
    let ArmError::SignedOut { what } = arm.gateway(&id()).await.unwrap_err() else { panic!() };
    assert_eq!(what, "no token within 15 s (on your own machine, run `az login`)");
    assert!(matches!(
        arm.put_gateway(&id(), &gateway(), None).await,
        Err(PutError::Refused(ArmError::SignedOut { .. }))
    ));
}
