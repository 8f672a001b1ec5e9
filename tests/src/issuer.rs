//! Tokens as Microsoft's services sign them: RS256, by RFC 7515 and on its own.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

/// Whoever has this key is the issuer.
pub(crate) struct Issuer(KeyPair);

impl Issuer {
    pub(crate) fn new() -> Self {
        Self(KeyPair::generate(KeySize::Rsa2048).unwrap())
    }

    /// The public key as a set of keys lists it. In PKCS#1, a key of 2048 bits has each part at its place.
    pub(crate) fn jwk(&self) -> Value {
        let der = self.0.public_key().as_ref();
        let [n, e] = [&der[9..265], &der[267..]].map(|part| URL_SAFE_NO_PAD.encode(part));
        json!({ "kty": "RSA", "use": "sig", "kid": "k1", "n": n, "e": e })
    }

    /// A token that says this and is good for an hour.
    pub(crate) fn token(&self, mut claims: Value, now: i64) -> String {
        claims["nbf"] = json!(now - 60);
        claims["exp"] = json!(now + 3540);
        let header = json!({ "alg": "RS256", "typ": "JWT", "kid": "k1" });
        let [header, claims] = [header, claims].map(|part| URL_SAFE_NO_PAD.encode(part.to_string()));
        let signed = format!("{header}.{claims}");
        let mut signature = vec![0; self.0.public_modulus_len()];
        self.0.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), signed.as_bytes(), &mut signature).unwrap();
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}
