//! What is special about Azure; what every store has to do is in [`crate::store::conformance`].
//!
//! Most of these need Azurite with `--oauth basic` behind TLS, which `cargo xtask test` starts. By hand:
//! `AGW_TEST_BLOB` and `AGW_TEST_QUEUE` are its addresses, and `SSL_CERT_FILE` is the certificate that signed
//! its own.

mod account;
mod connection;
mod lost;
mod opening;
mod queue;
mod tried;

use account::Account;

mod on_azurite {
    use super::Account;
    crate::store::conformance::conforms!(
        #[ignore = "needs Azurite: cargo xtask test"]
        Account::new().subject().await
    );
}
