use std::sync::LazyLock;

use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::json;
use sha2::Sha256;

use super::super::fakes::{APP, Issuer, claims};
use super::*;
use crate::chat::fakes::NOW;

const SERVICE: &str = "https://smba.trafficmanager.net/emea/";

static ISSUER: LazyLock<Issuer> = LazyLock::new(|| Issuer::new("k1"));

fn judge_at(token: &str, late_s: i64) -> Result<Proven, BadToken> {
    let header = format!("Bearer {token}");
    let token = Unproven::read(Some(&header))?;
    assert_eq!(token.key, "k1");
    let now = Timestamp::from_second(NOW + late_s).expect("a time");
    token.prove(&ISSUER.key(&["msteams"]), APP, now)
}

fn judge(token: &str) -> Result<Proven, BadToken> {
    judge_at(token, 0)
}

/// A token that says something else than a good one.
fn but(name: &str, value: Value) -> String {
    let mut claims = claims(SERVICE);
    claims[name] = value;
    ISSUER.sign(&ISSUER.header(), &claims)
}

fn with_header(header: &Value) -> String {
    ISSUER.sign(header, &claims(SERVICE))
}

#[test]
fn a_good_token_tells_its_service_and_what_its_key_is_good_for() {
    let proven = Proven { service: SERVICE.to_owned(), endorsements: vec!["msteams".to_owned()] };
    assert_eq!(judge(&ISSUER.token(SERVICE)), Ok(proven));
}

#[test]
fn another_issuer_or_audience_is_refused() {
    for issuer in
        ["https://api.botframework.us", "https://sts.windows.net/x/", "", "https://api.botframework.com/"]
    {
        assert_eq!(judge(&but("iss", json!(issuer))), Err(BadToken::Issuer), "{issuer}");
    }
    for audience in ["another-app", "", &format!("api://{APP}"), &format!("api://botid-{APP}")] {
        assert_eq!(judge(&but("aud", json!(audience))), Err(BadToken::Audience), "{audience}");
    }
    assert_eq!(judge(&but("aud", json!([APP, "another-app"]))), Err(BadToken::Malformed));
}

#[test]
fn a_token_is_good_for_its_time_and_five_minutes_either_way() {
    let token = ISSUER.token(SERVICE);
    for late in [-900, 0, 3299] {
        assert!(judge_at(&token, late).is_ok(), "{late}");
    }
    for late in [-901, 3300, 1_000_000] {
        assert_eq!(judge_at(&token, late), Err(BadToken::Stale), "{late}");
    }
    for (name, extreme) in [("exp", i64::MIN), ("nbf", i64::MAX)] {
        assert_eq!(judge(&but(name, json!(extreme))), Err(BadToken::Stale), "{name}");
    }
    for name in ["exp", "nbf", "iss", "aud", "serviceurl"] {
        assert_eq!(judge(&but(name, Value::Null)), Err(BadToken::Malformed), "{name}");
    }
}

#[test]
fn a_token_without_a_signature_is_refused() {
    let good = ISSUER.token(SERVICE);
    let (signed, _) = good.rsplit_once('.').expect("a token");
    for token in [format!("{signed}."), signed.to_owned(), format!("{signed}.AAAA")] {
        assert!(judge(&token).is_err(), "{token}");
    }
    for none in ["none", "None", "NONE", ""] {
        let header = json!({ "alg": none, "kid": "k1" });
        let unsigned = with_header(&header);
        let (signed, _) = unsigned.rsplit_once('.').expect("a token");
        assert_eq!(judge(&format!("{signed}.")), Err(BadToken::Malformed), "{none}");
        assert_eq!(judge(&unsigned), Err(BadToken::Malformed), "{none}");
    }
}

#[test]
fn the_public_key_is_no_shared_secret() {
    let key = ISSUER.key(&[]);
    let header = json!({ "alg": "HS256", "kid": "k1" });
    let token = with_header(&header);
    let (signed, _) = token.rsplit_once('.').expect("a token");
    for secret in [&key.modulus, &key.exponent] {
        let mut mac = Hmac::<Sha256>::new_from_slice(secret).expect("a key of any length");
        mac.update(signed.as_bytes());
        let forged = format!("{signed}.{}", URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()));
        assert_eq!(judge(&forged), Err(BadToken::Malformed));
    }
}

#[test]
fn another_key_or_algorithm_is_refused() {
    let stranger = Issuer::new("k1");
    assert_eq!(judge(&stranger.token(SERVICE)), Err(BadToken::BadSignature));
    for alg in ["RS384", "RS512", "PS256", "ES256", "rs256"] {
        assert_eq!(
            judge(&with_header(&json!({ "alg": alg, "kid": "k1" }))),
            Err(BadToken::Malformed),
            "{alg}"
        );
    }
    let critical = json!({ "alg": "RS256", "kid": "k1", "crit": ["b64"], "b64": false });
    assert_eq!(judge(&with_header(&critical)), Err(BadToken::Malformed));
    for keyless in [json!({ "alg": "RS256" }), json!({ "alg": "RS256", "kid": "" }), json!([])] {
        assert_eq!(judge(&with_header(&keyless)), Err(BadToken::Malformed), "{keyless}");
    }
}

#[test]
fn a_key_inside_of_the_token_is_not_looked_at() {
    let stranger = Issuer::new("k1");
    let header =
        json!({ "alg": "RS256", "kid": "k1", "jwk": stranger.jwk(&["msteams"]), "jku": "http://127.0.0.1/" });
    assert_eq!(judge(&stranger.sign(&header, &claims(SERVICE))), Err(BadToken::BadSignature));
}

#[test]
fn a_changed_token_is_refused() {
    let good = ISSUER.token(SERVICE);
    let parts: Vec<&str> = good.split('.').collect();
    let other = ISSUER.token("https://evil.example/");
    let others: Vec<&str> = other.split('.').collect();
    let swapped = format!("{}.{}.{}", parts[0], others[1], parts[2]);
    assert_eq!(judge(&swapped), Err(BadToken::BadSignature));
    for odd in [
        format!("{good}."),
        format!(".{good}"),
        format!("{good}.x"),
        "a.b.c".into(),
        "..".into(),
        String::new(),
    ] {
        assert!(judge(&odd).is_err(), "{odd}");
    }
    let padded = but("padding", json!("x".repeat(LONGEST)));
    assert_eq!(judge(&padded), Err(BadToken::Malformed));
}

#[test]
fn only_a_bearer_is_listened_to() {
    for header in [None, Some(""), Some("Bearer"), Some("Basic eDp5"), Some("HMAC x")] {
        assert_eq!(Unproven::read(header).err(), Some(BadToken::Missing), "{header:?}");
    }
    let lower = format!("bearer {}", ISSUER.token(SERVICE));
    assert_eq!(Unproven::read(Some(&lower)).err(), Some(BadToken::Missing));
}
