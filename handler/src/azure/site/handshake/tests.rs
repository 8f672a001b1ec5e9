//! Handshakes with servers of our own, through a proxy of our own.

use std::sync::Mutex;

use rcgen::{
    BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, PKCS_ECDSA_P256_SHA256, date_time_ymd,
};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::{Acceptor, ServerConfig};
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpListener;
use tokio_rustls::LazyConfigAcceptor;

use super::*;

/// A throw-away authority, and a server's certificate by it.
struct Certificates {
    root: CertificateDer<'static>,
    leaf: CertificateDer<'static>,
    key: PrivateKeyDer<'static>,
}

fn certificates(years: (i32, i32)) -> Certificates {
    let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap();
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, format!("Root {}", years.1));
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let root = params.self_signed(&key).unwrap().der().clone();
    let issuer = Issuer::new(params, key);
    let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap();
    let mut params = CertificateParams::new(vec!["shop.example".to_owned()]).unwrap();
    params.not_before = date_time_ymd(years.0, 1, 1);
    params.not_after = date_time_ymd(years.1, 1, 1);
    let leaf = params.signed_by(&key, &issuer).unwrap().der().clone();
    Certificates { root, leaf, key: PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der())) }
}

/// A TLS server that notes the name it is asked for, and what it is sent beyond the handshake.
async fn server(certificates: &Certificates) -> (u16, Arc<Mutex<Vec<String>>>) {
    let config = ServerConfig::builder_with_provider(verifier::provider())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificates.leaf.clone()], certificates.key.clone_key())
        .unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let notes = Arc::new(Mutex::new(Vec::new()));
    let (config, written) = (Arc::new(config), Arc::clone(&notes));
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let Ok(start) = LazyConfigAcceptor::new(Acceptor::default(), stream).await else { continue };
            let name = start.client_hello().server_name().unwrap_or("none").to_owned();
            let Ok(mut stream) = start.into_stream(Arc::clone(&config)).await else { continue };
            let mut more = Vec::new();
            let _ = stream.read_to_end(&mut more).await;
            written.lock().unwrap().push(format!("{name}, {} bytes", more.len()));
        }
    });
    (port, notes)
}

/// A proxy that takes every server for the one on this port, and refuses the names that end in `refused`.
async fn proxy(to: u16) -> (Url, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
    let asked = Arc::new(Mutex::new(Vec::new()));
    let written = Arc::clone(&asked);
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                head.push(client.read_u8().await.unwrap());
            }
            let line = String::from_utf8(head).unwrap().lines().next().unwrap().to_owned();
            let refused = line.contains("refused");
            written.lock().unwrap().push(line);
            if refused {
                let _ = client.write_all(b"HTTP/1.1 502 Bad Gateway\r\n\r\n").await;
                continue;
            }
            client.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await.unwrap();
            let mut server = TcpStream::connect(("127.0.0.1", to)).await.unwrap();
            tokio::spawn(async move { tokio::io::copy_bidirectional(&mut client, &mut server).await });
        }
    });
    (url, asked)
}

fn peer(address: &str, name: Option<&str>) -> Peer {
    Peer { address: address.to_owned(), port: 443, name: name.map(str::to_owned) }
}

/// Somebody who trusts this root beside no other.
fn trusting(root: &CertificateDer<'static>, proxy: Url) -> Handshakes {
    let handshakes = Handshakes::new(Some(proxy), Vec::new());
    assert!(handshakes.trust.set(Trust::of([root.clone()])).is_ok());
    handshakes
}

fn read(reading: Reading<Value>) -> Value {
    match reading {
        Reading::Read(value) => value,
        Reading::NotRead(why) => panic!("{why}"),
    }
}

fn why(reading: &Reading<Value>) -> String {
    reading.why_not().unwrap().to_string()
}

#[tokio::test]
async fn the_chain_is_shown_and_nothing_is_sent_beside_the_handshake() {
    let certificates = certificates((2020, 2040));
    let (port, notes) = server(&certificates).await;
    let (proxy, asked) = proxy(port).await;
    let handshakes = trusting(&certificates.root, proxy);
    let seen = read(handshakes.with(&peer("shop.azurewebsites.net", Some("shop.example"))).await);
    assert_eq!(seen["chain"], json!([STANDARD.encode(&certificates.leaf)]));
    assert_eq!(
        (&seen["trusted"], &seen["why_not_trusted"], &seen["rooted"]),
        (&json!(true), &Value::Null, &json!(true))
    );
    assert_eq!(
        (&seen["protocol"], &seen["tls"], &seen["address"]),
        (&json!("TLSv1.3"), &json!(true), &Value::Null)
    );
    read(handshakes.with(&peer("203.0.113.9", None)).await);
    read(handshakes.with(&peer("2001:db8::1", None)).await);
    assert_eq!(
        *asked.lock().unwrap(),
        [
            "CONNECT shop.azurewebsites.net:443 HTTP/1.1",
            "CONNECT 203.0.113.9:443 HTTP/1.1",
            "CONNECT [2001:db8::1]:443 HTTP/1.1",
        ]
    );
    assert_eq!(notes.lock().unwrap()[..2], ["shop.example, 0 bytes", "none, 0 bytes"]);
}

#[tokio::test]
async fn trust_is_told_with_its_reason_and_the_root_apart_from_it() {
    let (good, old) = (certificates((2020, 2040)), certificates((2020, 2021)));
    for (certificates, root, name, why, rooted) in [
        (&good, &good.root, Some("other.example"), Some("it is for other names"), true),
        (&good, &good.root, None, None, true),
        (&good, &old.root, Some("shop.example"), Some("it leads to no well-known root"), false),
        (&old, &old.root, Some("shop.example"), Some("it is expired"), true),
    ] {
        let (port, _) = server(certificates).await;
        let handshakes = trusting(root, proxy(port).await.0);
        let seen = read(handshakes.with(&peer("shop.example", name)).await);
        assert_eq!((seen["why_not_trusted"].as_str(), &seen["rooted"]), (why, &json!(rooted)), "{name:?}");
        assert_eq!(seen["trusted"], json!(why.is_none()));
    }
}

#[tokio::test]
async fn a_server_without_tls_is_told_from_one_that_is_not_there() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let _ = stream.read(&mut [0; 1024]).await;
            let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
        }
    });
    let (proxy, _) = proxy(port).await;
    let handshakes = Handshakes::new(Some(proxy), Vec::new());
    let seen = read(handshakes.with(&peer("shop.example", Some("shop.example"))).await);
    assert_eq!((&seen["tls"], &seen["chain"], &seen["trusted"]), (&json!(false), &json!([]), &json!(false)));
    let refused = handshakes.with(&peer("refused.example", None)).await;
    assert_eq!(why(&refused), "no connection: the proxy answers 502");
    let odd = handshakes.with(&peer("a b\r\nX: y", None)).await;
    assert_eq!(why(&odd), "that is no name of a server");
}

#[tokio::test]
async fn a_silent_server_is_given_up() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (proxy, _) = proxy(listener.local_addr().unwrap().port()).await;
    let handshakes =
        Handshakes { patience: Duration::from_millis(50), ..Handshakes::new(Some(proxy), Vec::new()) };
    assert_eq!(why(&handshakes.with(&peer("shop.example", None)).await), "no answer within 1 s");
}

#[tokio::test]
async fn neither_this_machine_nor_its_platform_is_looked_at() {
    let straight = Handshakes::new(None, Vec::new());
    for address in
        ["127.0.0.1", "localhost", "169.254.169.254", "168.63.129.16", "0.0.0.0", "224.0.0.1", "::1"]
    {
        let why = why(&straight.with(&peer(address, None)).await);
        assert!(why.ends_with("is not looked at from here"), "{address}: {why}");
    }
    for address in
        ["::", "ff02::1", "fe80::1", "::ffff:127.0.0.1", "::ffff:169.254.169.254", "255.255.255.255"]
    {
        assert!(!reach::is_looked_at(address.parse().unwrap()), "{address}");
    }
    for address in ["10.0.0.4", "203.0.113.9", "2001:db8::1"] {
        assert!(reach::is_looked_at(address.parse().unwrap()), "{address}");
    }
}

#[test]
fn the_well_known_roots_can_be_used() {
    assert!(Trust::in_well_known_roots(&[]).is_ok());
}

#[tokio::test]
async fn the_roots_of_a_rehearsal_count_behind_its_proxy_alone() {
    let certificates = certificates((2020, 2040));
    let (port, _) = server(&certificates).await;
    let (proxy, _) = proxy(port).await;
    let root = vec![certificates.root.to_vec()];
    let peer = peer("shop.example", Some("shop.example"));
    let rehearsal = Handshakes::new(Some(proxy.clone()), root.clone());
    assert_eq!(read(rehearsal.with(&peer).await)["rooted"], json!(true));
    let told_nothing = Handshakes::new(Some(proxy), Vec::new());
    assert_eq!(read(told_nothing.with(&peer).await)["rooted"], json!(false));
    assert!(Handshakes::new(None, root).roots.is_empty());
}
