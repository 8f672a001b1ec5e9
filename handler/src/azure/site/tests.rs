use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use wiremock::matchers::{header, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::*;

fn visitor() -> HttpSite {
    HttpSite::new(SiteConfig::default()).unwrap()
}

async fn seen(answer: ResponseTemplate) -> Seen {
    let server = MockServer::start().await;
    Mock::given(method("GET"))
        .and(path("/shop"))
        .and(header("user-agent", USER_AGENT))
        .respond_with(answer)
        .mount(&server)
        .await;
    visitor().visit(&format!("{}/shop", server.uri())).await
}

fn page(status: u16, body: &str) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_raw(body.to_owned(), "text/html")
}

const V2: &str = "<html><head><title>502 Bad Gateway</title></head><body><center><h1>502 Bad Gateway</h1></center>\
    <hr><center>Microsoft-Azure-Application-Gateway/v2</center></body></html>";

#[tokio::test]
async fn the_gateways_own_pages_are_recognised() {
    assert_eq!(seen(page(502, V2)).await, Seen::GatewayError { status: 502 });
    let v1 = format!("<h1>Server Error</h1><h2>{V1_PAGE}</h2>");
    assert_eq!(seen(page(502, &v1)).await, Seen::GatewayError { status: 502 });
    let custom = page(504, "Back soon").insert_header("server", "Microsoft-Azure-Application-Gateway/v2");
    assert_eq!(seen(custom).await, Seen::GatewayError { status: 504 });
    let firewall = V2.replace("502 Bad Gateway", "403 Forbidden");
    assert_eq!(seen(page(403, &firewall)).await, Seen::GatewayError { status: 403 });
}

#[tokio::test]
async fn what_a_server_answers_is_an_answer() {
    for status in [200, 302, 403, 500, 503] {
        let redirect = page(status, "x").insert_header("location", "http://127.0.0.1:9/");
        assert_eq!(seen(redirect).await, Seen::Answer { status });
    }
    assert_eq!(seen(page(502, "<h1>502 Bad Gateway</h1><hr>nginx")).await, Seen::Answer { status: 502 });
    let gateways = "Microsoft-Azure-Application-Gateway/v2";
    let missing = page(404, V2).insert_header("server", gateways);
    assert_eq!(seen(missing).await, Seen::Answer { status: 404 });
    assert_eq!(seen(page(403, "<h1>403 Forbidden</h1><hr>nginx")).await, Seen::Answer { status: 403 });
}

#[tokio::test]
async fn only_the_beginning_of_a_page_is_read() {
    let long = format!("{}{V2}", " ".repeat(PAGE));
    assert_eq!(seen(page(502, &long)).await, Seen::Answer { status: 502 });
}

#[tokio::test]
async fn nobody_there_is_nothing_with_a_reason() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    drop(listener);
    let Seen::Nothing { why } = visitor().visit(&url).await else { panic!() };
    assert!(why.starts_with("no connection: "), "{why}");
    let Seen::Nothing { why } = visitor().visit("file:///etc/passwd").await else { panic!() };
    assert_eq!(why, "'file:///etc/passwd' is not the URL of a site");
}

#[tokio::test]
async fn an_unencrypted_answer_to_https_is_nothing() {
    let server = MockServer::start().await;
    let url = server.uri().replace("http:", "https:");
    assert!(matches!(visitor().visit(&url).await, Seen::Nothing { .. }));
}

#[tokio::test]
async fn a_silent_site_is_given_up() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let site =
        HttpSite::new(SiteConfig { timeout: Duration::from_millis(30), ..SiteConfig::default() }).unwrap();
    assert_eq!(site.visit(&url).await, Seen::Nothing { why: "no answer within 1 s".to_owned() });
}

#[tokio::test]
async fn a_proxy_leads_to_sites_that_have_no_address() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let proxy = format!("http://{}", listener.local_addr().unwrap()).parse().ok();
    let site = HttpSite::new(SiteConfig { proxy, ..SiteConfig::default() }).unwrap();
    let serve = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = vec![0; 1024];
        let length = stream.read(&mut request).await.unwrap();
        stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await.unwrap();
        String::from_utf8_lossy(&request[..length]).into_owned()
    };
    let (seen, request) = tokio::join!(site.visit("http://shop.example/a"), serve);
    assert_eq!(seen, Seen::Answer { status: 204 });
    assert!(request.starts_with("GET http://shop.example/a HTTP/1.1"), "{request}");
}
