use axum::http::HeaderMap;
use jiff::Timestamp;

use super::{NotAKey, Unverified, Verifier};

/// Signed by OpenSSL with the key of test 1 of RFC 8032, and accepted by `verifyKey` of discord-interactions 4.4.0,
/// which refused each with another body or time.
const KEY: &str = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
const AT: &str = "1763838700";
const VECTORS: [(&str, &str); 3] = [
    (
        r#"{"type":1,"id":"1","application_id":"845027738276462632","version":1}"#,
        "0446ffb0ce694c1c2bb0912fc150655298bcfdde0c9961aee33577492ae7fd26437bcf7b4537f4be2719a599d585030823ca669878609fb6f1656d325a6f7300",
    ),
    (
        r#"{"type":2,"name":"Zürich ☂"}"#,
        "2dc896392058feff401832e4d35d97d2a113e42b8ee13618b1b80bccef5be86c5d67b12ffd7d1ededb5a4a6512a0d84dedbe45a33390cd86cf5398d4ff1f450a",
    ),
    (
        "",
        "c2be3b1414bf91a1c0d99f3467971f0a148a9583af21087f131bb8a4483dcff692248fdec4f95249a160e037c4b0d410ba18ffeff94294b7e9bd94605778e302",
    ),
];

fn headers(stamp: &str, signature: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert("x-signature-timestamp", stamp.parse().expect("a header"));
    headers.insert("x-signature-ed25519", signature.parse().expect("a header"));
    headers
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(seconds).expect("a time")
}

fn verify(stamp: &str, signature: &str, body: &[u8]) -> Result<(), Unverified> {
    let now = at(AT.parse().expect("a number"));
    Verifier::new(KEY).expect("a key").verify(now, &headers(stamp, signature), body)
}

#[test]
fn what_another_implementation_accepts_is_accepted() {
    for (body, signature) in VECTORS {
        assert_eq!(verify(AT, signature, body.as_bytes()), Ok(()), "{body}");
        assert_eq!(verify(AT, &signature.to_uppercase(), body.as_bytes()), Ok(()), "{body}");
    }
}

#[test]
fn every_single_change_is_refused() {
    let (body, signature) = VECTORS[0];
    let raw = hex::decode(signature).expect("hex");
    for bit in 0..raw.len() * 8 {
        let mut other = raw.clone();
        other[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(
            verify(AT, &hex::encode(other), body.as_bytes()),
            Err(Unverified::BadSignature),
            "bit {bit}"
        );
    }
    for bit in 0..body.len() * 8 {
        let mut other = body.as_bytes().to_vec();
        other[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(verify(AT, signature, &other), Err(Unverified::BadSignature), "bit {bit} of the body");
    }
    for wrong in [&body.as_bytes()[1..], &body.as_bytes()[..body.len() - 1], b"{}"] {
        assert_eq!(verify(AT, signature, wrong), Err(Unverified::BadSignature));
    }
    // A time that is near enough, and is not the one that was signed.
    for stamp in ["1763838701", "01763838700", "+1763838700"] {
        assert_eq!(verify(stamp, signature, body.as_bytes()), Err(Unverified::BadSignature), "{stamp}");
    }
    for wrong in ["", "00", "zz", &signature[2..], &format!("{signature}00")] {
        assert_eq!(verify(AT, wrong, body.as_bytes()), Err(Unverified::BadSignature), "{wrong}");
    }
}

#[test]
fn what_is_too_old_or_from_the_future_is_refused_whoever_signed_it() {
    let (body, signature) = VECTORS[0];
    let verifier = Verifier::new(KEY).expect("a key");
    let signed =
        |now: i64| verifier.verify(at(1_763_838_700 + now), &headers(AT, signature), body.as_bytes());
    assert_eq!((signed(300), signed(-300)), (Ok(()), Ok(())));
    assert_eq!((signed(301), signed(-301)), (Err(Unverified::Stale), Err(Unverified::Stale)));
    for stamp in ["", "soon", "99999999999999999999", "1763838700.5"] {
        assert_eq!(
            verify(stamp, signature, body.as_bytes()),
            Err(Unverified::MissingHeader("X-Signature-Timestamp")),
            "{stamp}"
        );
    }
    assert_eq!(
        verifier.verify(at(1_763_838_700), &HeaderMap::new(), b""),
        Err(Unverified::MissingHeader("X-Signature-Timestamp"))
    );
}

#[test]
fn only_a_key_is_a_key() {
    for wrong in ["", "00", &KEY[1..], &format!("{KEY}00"), "xyz"] {
        assert_eq!(Verifier::new(wrong).err(), Some(NotAKey), "{wrong}");
    }
    assert!(Verifier::new(&format!(" {} ", KEY.to_uppercase())).is_ok());
}
