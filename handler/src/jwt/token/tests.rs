use std::sync::LazyLock;

use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::json;
use sha2::Sha256;

use super::super::fakes::Issuer;
use super::*;
use crate::chat::fakes::NOW;

static ISSUER: LazyLock<Issuer> = LazyLock::new(|| Issuer::new("k1"));

/// What the tests ask of a token beside its time.
#[derive(Debug, PartialEq, Deserialize)]
struct Said {
    sub: String,
}

/// What a good token says, which has begun ten minutes ago and has fifty to go.
fn claims(sub: &str) -> Value {
    json!({ "sub": sub, "nbf": NOW - 600, "exp": NOW + 3000 })
}

/// A good token.
fn token(issuer: &Issuer) -> String {
    issuer.sign(&issuer.header(), &claims("alex"))
}

fn judge_at(token: &str, late_s: i64) -> Result<Said, BadToken> {
    let header = format!("Bearer {token}");
    let token = Unproven::read(Some(&header))?;
    assert_eq!(token.key, "k1");
    let now = Timestamp::from_second(NOW + late_s).expect("a time");
    token.prove(&ISSUER.key(&[]), now)
}

fn judge(token: &str) -> Result<Said, BadToken> {
    judge_at(token, 0)
}

/// A token that says something else than a good one.
fn but(name: &str, value: Value) -> String {
    let mut claims = claims("alex");
    claims[name] = value;
    ISSUER.sign(&ISSUER.header(), &claims)
}

fn with_header(header: &Value) -> String {
    ISSUER.sign(header, &claims("alex"))
}

#[test]
fn a_good_token_says_what_was_signed() {
    assert_eq!(judge(&token(&ISSUER)), Ok(Said { sub: "alex".to_owned() }));
}

#[test]
fn a_token_is_good_for_its_time_and_five_minutes_either_way() {
    let token = token(&ISSUER);
    for late in [-900, 0, 3299] {
        assert!(judge_at(&token, late).is_ok(), "{late}");
    }
    for late in [-901, 3300, 1_000_000] {
        assert_eq!(judge_at(&token, late), Err(BadToken::Stale), "{late}");
    }
    for (name, extreme) in [("exp", i64::MIN), ("nbf", i64::MAX)] {
        assert_eq!(judge(&but(name, json!(extreme))), Err(BadToken::Stale), "{name}");
    }
    for name in ["exp", "nbf", "sub"] {
        assert_eq!(judge(&but(name, Value::Null)), Err(BadToken::Malformed), "{name}");
    }
}

#[test]
fn a_token_without_a_signature_is_refused() {
    let good = token(&ISSUER);
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
    assert_eq!(judge(&token(&stranger)), Err(BadToken::BadSignature));
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
    let header = json!({ "alg": "RS256", "kid": "k1", "jwk": stranger.jwk(&[]), "jku": "http://127.0.0.1/" });
    assert_eq!(judge(&stranger.sign(&header, &claims("alex"))), Err(BadToken::BadSignature));
}

#[test]
fn a_changed_token_is_refused() {
    let good = token(&ISSUER);
    let parts: Vec<&str> = good.split('.').collect();
    let other = ISSUER.sign(&ISSUER.header(), &claims("mallory"));
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
fn no_bit_of_a_signature_can_be_changed() {
    let good = token(&ISSUER);
    let (signed, signature) = good.rsplit_once('.').expect("a token");
    let signature = URL_SAFE_NO_PAD.decode(signature).expect("a signature");
    assert_eq!(signature.len(), 256);
    for bit in 0..signature.len() * 8 {
        let mut flipped = signature.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        let forged = format!("{signed}.{}", URL_SAFE_NO_PAD.encode(flipped));
        assert_eq!(judge(&forged), Err(BadToken::BadSignature), "bit {bit}");
    }
}

#[test]
fn no_character_of_a_token_can_be_another() {
    let good = token(&ISSUER);
    for at in 0..good.len() {
        for other in ["A", "B", "_", "=", "."] {
            let mut forged = good.clone();
            forged.replace_range(at..=at, other);
            if forged != good {
                let header = format!("Bearer {forged}");
                let taken = Unproven::read(Some(&header)).and_then(|token| {
                    let now = Timestamp::from_second(NOW).expect("a time");
                    token.prove::<Said>(&ISSUER.key(&[]), now)
                });
                assert!(taken.is_err(), "{at}: {forged}");
            }
        }
    }
}

#[test]
fn only_a_bearer_is_listened_to() {
    for header in [None, Some(""), Some("Bearer"), Some("Basic eDp5"), Some("HMAC x")] {
        assert_eq!(Unproven::read(header).err(), Some(BadToken::Missing), "{header:?}");
    }
    let lower = format!("bearer {}", token(&ISSUER));
    assert!(Unproven::read(Some(&lower)).is_ok());
}
