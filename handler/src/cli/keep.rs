//! Where incidents are kept: a file, or a storage account in Azure.

use std::convert::Infallible;
use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;

use anyhow::{Context, bail};

use crate::app::identity;
use crate::clock::SystemClock;
use crate::config::{Config, StorageAccount};
use crate::functions;
use crate::ports::{Clock, Store};
use crate::store::{AzureStore, AzureStoreOptions, SqliteStore};

/// The option that says where incidents are kept.
#[derive(Debug, Clone, clap::Args)]
pub(super) struct Keep {
    /// Where incidents are kept: a file, or `azure` for the storage account of the Functions app or of
    /// agw.toml. A file called azure is `./azure`.
    #[arg(long = "store", env = "AGW_STORE", value_name = "FILE|azure", default_value = "agw.db")]
    pub(super) at: Place,
}

/// Where incidents are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    /// In a file of the embedded store.
    File(PathBuf),
    /// In a storage account.
    Azure,
}

impl FromStr for Place {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(if text == "azure" { Self::Azure } else { Self::File(PathBuf::from(text)) })
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Azure => f.write_str("azure"),
        }
    }
}

impl Keep {
    /// Opens a store that is there already, to look at it.
    pub(super) fn look(&self, config: &Config) -> anyhow::Result<Arc<dyn Store>> {
        Ok(match &self.at {
            Place::Azure => Arc::new(azure(config)?),
            Place::File(path) if !path.exists() => {
                bail!("there is no {}: name the file that `agw serve --store` writes", path.display())
            }
            Place::File(path) => Arc::new(file(path)?),
        })
    }
}

pub(super) fn file(path: &Path) -> anyhow::Result<SqliteStore> {
    SqliteStore::open(path).with_context(|| format!("opening {}", path.display()))
}

/// The store in the storage account of the Functions host, or of the configuration.
pub(super) fn azure(config: &Config) -> anyhow::Result<AzureStore> {
    let variable = |name: &str| std::env::var(name).ok();
    let of_host = StorageAccount::of_host(variable);
    let account = match std::env::var_os(functions::PORT) {
        Some(_) => of_host,
        None => StorageAccount::of_config(&config.store).or(of_host),
    };
    let StorageAccount { blob, queue, client_id } = account?;
    let client_id = client_id.or_else(|| config.azure.client_id.clone());
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let credential = identity(client_id, Arc::clone(&clock))?;
    Ok(AzureStore::new(AzureStoreOptions::of(blob, queue), credential, clock)?)
}
