//! Which storage account holds the incidents, with `--store azure`.
//!
//! Under a Functions host it is the app's own, as the host's settings name it, so that the queue that the bot
//! writes to is the one that the host listens to (Microsoft Learn, "Connecting to host storage with an
//! identity"). Alone, `agw.toml` says.

use serde::Deserialize;
use url::Url;

use super::value;

/// The host's name for its storage connection; what belongs to it follows after two underscores.
const CONNECTION: &str = "AzureWebJobsStorage";

/// Where incidents are kept with `agw serve --store azure`, outside of Azure Functions.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Store {
    /// The name of a storage account in the public cloud; none.
    #[serde(deserialize_with = "value::account")]
    pub account: Option<String>,
    /// Its blob service, where that is somewhere else; none.
    #[serde(deserialize_with = "value::service")]
    pub blob: Option<Url>,
    /// Its queue service, where that is somewhere else; none.
    #[serde(deserialize_with = "value::service")]
    pub queue: Option<Url>,
}

/// A storage account that can be connected to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StorageAccount {
    /// The blob service.
    pub blob: Url,
    /// The queue service.
    pub queue: Url,
    /// The client id of the user-assigned identity that has access, if the settings name one.
    pub client_id: Option<String>,
}

/// Why there is no storage account.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoStorage {
    /// Nothing names one.
    #[error(
        "no storage account is named: set AzureWebJobsStorage__accountName (Azure Functions does so), or \
         store.account in agw.toml"
    )]
    NotNamed,
    /// There is a connection string.
    #[error(
        "AzureWebJobsStorage is a connection string, which holds the account's key; give the app's identity the \
         roles Storage Blob Data Contributor and Storage Queue Data Contributor, and set \
         AzureWebJobsStorage__accountName instead"
    )]
    ConnectionString,
    /// Only one of two endpoints is there.
    #[error("{0} is set, and its counterpart is not: name the blob and the queue service, or the account")]
    Half(&'static str),
    /// It is no address.
    #[error("{0} is no https address of a storage service")]
    NotAService(String),
}

impl StorageAccount {
    /// The account that the Functions host itself uses, by the app's settings.
    ///
    /// # Errors
    /// When the settings name none that can be used without a key.
    pub fn of_host(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, NoStorage> {
        let get = |name: &str| lookup(&format!("{CONNECTION}__{name}")).filter(|value| !value.is_empty());
        let services = match (service(get, "blobServiceUri")?, service(get, "queueServiceUri")?) {
            (Some(blob), Some(queue)) => Some((blob, queue)),
            (None, None) => get("accountName").map(|account| of_account(&account)).transpose()?,
            (Some(_), None) => return Err(NoStorage::Half("AzureWebJobsStorage__blobServiceUri")),
            (None, Some(_)) => return Err(NoStorage::Half("AzureWebJobsStorage__queueServiceUri")),
        };
        match services {
            Some((blob, queue)) => Ok(Self { blob, queue, client_id: get("clientId") }),
            None if lookup(CONNECTION).is_some() => Err(NoStorage::ConnectionString),
            None => Err(NoStorage::NotNamed),
        }
    }

    /// The account that `agw.toml` names.
    ///
    /// # Errors
    /// When it names none, or half of one.
    pub fn of_config(store: &Store) -> Result<Self, NoStorage> {
        let (blob, queue) = match (&store.blob, &store.queue, &store.account) {
            (Some(blob), Some(queue), _) => (blob.clone(), queue.clone()),
            (Some(_), None, _) => return Err(NoStorage::Half("store.blob")),
            (None, Some(_), _) => return Err(NoStorage::Half("store.queue")),
            (None, None, Some(account)) => of_account(account)?,
            (None, None, None) => return Err(NoStorage::NotNamed),
        };
        Ok(Self { blob, queue, client_id: None })
    }
}

fn service(get: impl Fn(&str) -> Option<String>, name: &str) -> Result<Option<Url>, NoStorage> {
    let Some(text) = get(name) else { return Ok(None) };
    let url = Url::parse(&text).ok().filter(|url| url.scheme() == "https" && url.query().is_none());
    url.map(Some).ok_or_else(|| NoStorage::NotAService(format!("{CONNECTION}__{name}")))
}

/// The services of an account in the public cloud.
fn of_account(account: &str) -> Result<(Url, Url), NoStorage> {
    let service = |name: &str| {
        let url = Url::parse(&format!("https://{account}.{name}.core.windows.net/"));
        url.map_err(|_| NoStorage::NotAService(account.to_owned()))
    };
    Ok((service("blob")?, service("queue")?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host(settings: &[(&str, &str)]) -> Result<StorageAccount, NoStorage> {
        let of = |name: &str| settings.iter().find(|(known, _)| *known == name);
        StorageAccount::of_host(|name| of(name).map(|(_, value)| (*value).to_owned()))
    }

    #[test]
    fn the_hosts_settings_name_the_account_or_its_services() {
        let named =
            host(&[("AzureWebJobsStorage__accountName", "stagw"), ("AzureWebJobsStorage__clientId", "c-1")]);
        let named = named.unwrap();
        assert_eq!(named.blob.as_str(), "https://stagw.blob.core.windows.net/");
        assert_eq!(named.queue.as_str(), "https://stagw.queue.core.windows.net/");
        assert_eq!(named.client_id.as_deref(), Some("c-1"));
        let services = [
            ("AzureWebJobsStorage__accountName", "other"),
            ("AzureWebJobsStorage__blobServiceUri", "https://127.0.0.1:1/stagw"),
            ("AzureWebJobsStorage__queueServiceUri", "https://127.0.0.1:2/stagw"),
        ];
        assert_eq!(host(&services).unwrap().blob.as_str(), "https://127.0.0.1:1/stagw");
        assert_eq!(host(&services[..2]), Err(NoStorage::Half("AzureWebJobsStorage__blobServiceUri")));
    }

    #[test]
    fn what_cannot_be_used_is_said() {
        assert_eq!(host(&[]), Err(NoStorage::NotNamed));
        let key = [("AzureWebJobsStorage", "DefaultEndpointsProtocol=https;AccountKey=c2VjcmV0")];
        assert_eq!(host(&key), Err(NoStorage::ConnectionString));
        assert!(!NoStorage::ConnectionString.to_string().contains("c2VjcmV0"));
        let plain = [
            ("AzureWebJobsStorage__blobServiceUri", "http://stagw"),
            ("AzureWebJobsStorage__queueServiceUri", "https://stagw"),
        ];
        assert!(matches!(host(&plain), Err(NoStorage::NotAService(_))));
        assert_eq!(StorageAccount::of_config(&Store::default()), Err(NoStorage::NotNamed));
        let named = Store { account: Some("stagw".to_owned()), ..Store::default() };
        let named = StorageAccount::of_config(&named).unwrap();
        assert_eq!(named.queue.as_str(), "https://stagw.queue.core.windows.net/");
    }
}
