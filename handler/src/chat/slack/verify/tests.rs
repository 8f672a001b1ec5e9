use super::*;

/// Slack's own vector, from its page "Verifying requests from Slack".
const SECRET: &str = "8f742231b10e8888abcd99yyyzzz85a5";
const AT: i64 = 1_531_420_618;
const BODY: &str = "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c";
const SIGNED: &str = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503";

fn verifier(secrets: &[&str]) -> Verifier {
    Verifier::new(secrets.iter().map(|secret| SecretString::from(*secret))).expect("secrets")
}

fn headers(stamp: &str, signature: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(TIMESTAMP, stamp.parse().expect("a header value"));
    headers.insert(SIGNATURE, signature.parse().expect("a header value"));
    headers
}

fn check(secrets: &[&str], late_s: i64, signature: &str, body: &str) -> Result<(), Unverified> {
    let now = Timestamp::from_second(AT + late_s).expect("a time");
    verifier(secrets).verify(now, &headers(&AT.to_string(), signature), body.as_bytes())
}

#[test]
fn slacks_own_vector_is_accepted() {
    assert_eq!(check(&[SECRET], 0, SIGNED, BODY), Ok(()));
    assert_eq!(sign(SECRET, Timestamp::from_second(AT).expect("a time"), BODY), SIGNED);
}

#[test]
fn the_window_is_five_minutes_either_way() {
    for late in [-300, -1, 300] {
        assert_eq!(check(&[SECRET], late, SIGNED, BODY), Ok(()), "{late}");
    }
    for late in [-301, 301, 600, 1_000_000] {
        assert_eq!(check(&[SECRET], late, SIGNED, BODY), Err(Unverified::Stale), "{late}");
    }
}

#[test]
fn any_secret_of_a_rotation_will_do() {
    assert_eq!(check(&["new", SECRET], 0, SIGNED, BODY), Ok(()));
    assert_eq!(check(&["new"], 0, SIGNED, BODY), Err(Unverified::BadSignature));
}

#[test]
fn a_changed_body_or_signature_is_refused() {
    let upper = SIGNED.to_uppercase();
    let short = &SIGNED[..20];
    let cases = [
        (SIGNED, format!("{BODY}&ssl_check=1")),
        (short, BODY.to_owned()),
        ("v0=", BODY.to_owned()),
        ("v0=zz", BODY.to_owned()),
        ("", BODY.to_owned()),
        (&upper, BODY.to_owned()),
        (&SIGNED[3..], BODY.to_owned()),
    ];
    for (signature, body) in cases {
        assert_eq!(check(&[SECRET], 0, signature, &body), Err(Unverified::BadSignature), "{signature}");
    }
}

#[test]
fn missing_or_unreadable_headers_are_named() {
    let now = Timestamp::from_second(AT).expect("a time");
    let mut given = headers(&AT.to_string(), SIGNED);
    given.remove(SIGNATURE);
    let verifier = verifier(&[SECRET]);
    assert_eq!(verifier.verify(now, &given, b""), Err(Unverified::MissingHeader(SIGNATURE)));
    let empty = HeaderMap::new();
    assert_eq!(verifier.verify(now, &empty, b""), Err(Unverified::MissingHeader(TIMESTAMP)));
    let soon = headers("soon", SIGNED);
    assert_eq!(verifier.verify(now, &soon, b""), Err(Unverified::MissingHeader(TIMESTAMP)));
}

#[test]
fn an_empty_secret_stops_the_start() {
    assert_eq!(Verifier::new([]).err(), Some(NoSecret));
    assert_eq!(Verifier::new([SecretString::from("a"), SecretString::from("")]).err(), Some(NoSecret));
}

#[test]
fn a_secret_is_never_shown() {
    assert!(!format!("{:?}", verifier(&[SECRET])).contains(SECRET));
}
