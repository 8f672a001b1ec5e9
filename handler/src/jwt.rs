//! JSON Web Tokens by which a service of Microsoft's proves to be the caller: the keys that it signs with, and whether
//! it signed. What a token says is judged by whoever asked: Teams, or the secure webhook of Azure Monitor.

#[cfg(test)]
pub(crate) mod fakes;
mod keys;
mod token;

pub(crate) use keys::{Keys, NoKey, Signer};
pub(crate) use token::{BadToken, Unproven};
