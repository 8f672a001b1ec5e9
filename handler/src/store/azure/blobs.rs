//! Blobs in one container: read, written if a condition holds, listed with their metadata.

use std::collections::HashMap;
use std::sync::Arc;

use azure_core::Bytes;
use azure_core::credentials::TokenCredential;
use azure_core::http::{ClientOptions, Etag, Url};
use azure_storage_blob::models::{
    AppendBlobClientAppendBlockOptions, AppendBlobClientCreateOptions, BlobClientDeleteOptions,
    BlobClientGetPropertiesResultHeaders as _, BlobContainerClientListBlobsOptions, BlobItem,
    BlockBlobClientUploadOptions, ListBlobsIncludeItem,
};
use azure_storage_blob::{BlobClient, BlobContainerClient, BlobServiceClient, BlobServiceClientOptions};
use futures::TryStreamExt as _;
use futures::future::{BoxFuture, FutureExt as _};

use super::client::Tries;
use super::fault::Fault;

/// What suffices for everything here, on the container if it exists already, and else on the account.
/// <https://learn.microsoft.com/azure/role-based-access-control/built-in-roles/storage>
const ROLE: &str = "Storage Blob Data Contributor";

/// Who wrote a blob: lets a writer whose answer was lost recognise its own work.
const WRITER: &str = "writer";

/// The container.
pub(super) struct Blobs {
    container: BlobContainerClient,
}

/// A blob's metadata: numbers and short words in ASCII, written in one step with the content.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Meta(HashMap<String, String>);

impl Meta {
    pub(super) fn with(mut self, name: &str, value: impl ToString) -> Self {
        self.0.insert(name.to_owned(), value.to_string());
        self
    }

    pub(super) fn word(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    pub(super) fn number(&self, name: &str) -> Option<i64> {
        self.word(name)?.parse().ok()
    }
}

/// What a blob says without its content.
pub(super) struct Glance {
    pub(super) etag: String,
    pub(super) meta: Meta,
    /// How many bytes it has.
    pub(super) length: u64,
    /// How many blocks were appended.
    pub(super) blocks: usize,
}

/// A blob.
pub(super) struct Found {
    pub(super) etag: String,
    pub(super) meta: Meta,
    pub(super) body: Bytes,
}

/// A blob in a list.
pub(super) struct Listed {
    pub(super) name: String,
    pub(super) meta: Meta,
}

/// When to write.
#[derive(Debug, Clone, Copy)]
pub(super) enum If<'a> {
    /// In any case.
    Always,
    /// Nothing is there yet.
    New,
    /// What is there is still this.
    Same(&'a str),
}

/// Whether something was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Put {
    /// It was, and has this entity tag now.
    Done(String),
    /// The condition did not hold.
    Refused,
}

/// Whether a block was appended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Append {
    /// It was.
    Done,
    /// The blob does not end where it was thought to.
    Moved,
    /// There is no such blob.
    Missing,
}

impl Blobs {
    pub(super) fn new(
        account: Url,
        container: &str,
        credential: Arc<dyn TokenCredential>,
        client_options: ClientOptions,
    ) -> Result<Self, Fault> {
        let options = BlobServiceClientOptions { client_options, ..Default::default() };
        let service = BlobServiceClient::new(account, Some(credential), Some(options)).map_err(fault)?;
        Ok(Self { container: service.blob_container_client(container) })
    }

    fn blob(&self, name: &str) -> BlobClient {
        self.container.blob_client(name)
    }

    /// Opens the connection, and makes sure that the container exists.
    pub(super) async fn warm(&self) -> Result<(), Fault> {
        let look = || async { self.container.get_properties(None).await.map_err(fault) };
        self.in_container(|| look().boxed()).await.map(drop)
    }

    pub(super) async fn get(&self, name: &str) -> Result<Option<Found>, Fault> {
        let Some(answer) = there(self.blob(name).download(None).await.map_err(fault))? else {
            return Ok(None);
        };
        let etag = answer.properties.etag.ok_or_else(|| Fault::Unexpected("a blob without ETag".into()))?;
        let body = answer.body.collect().await.map_err(fault)?;
        Ok(Some(Found { etag: etag.to_string(), meta: Meta(answer.properties.metadata), body }))
    }

    pub(super) async fn glance(&self, name: &str) -> Result<Option<Glance>, Fault> {
        let Some(answer) = there(self.blob(name).get_properties(None).await.map_err(fault))? else {
            return Ok(None);
        };
        let etag =
            answer.etag().map_err(fault)?.ok_or_else(|| Fault::Unexpected("a blob without ETag".into()))?;
        Ok(Some(Glance {
            etag: etag.to_string(),
            meta: Meta(answer.metadata().map_err(fault)?),
            length: answer.content_length().map_err(fault)?.unwrap_or_default(),
            blocks: answer
                .blob_committed_block_count()
                .map_err(fault)?
                .and_then(|blocks| usize::try_from(blocks).ok())
                .unwrap_or_default(),
        }))
    }

    /// Writes a blob and its metadata in one step.
    pub(super) async fn put(
        &self,
        name: &str,
        body: impl Into<Bytes>,
        meta: Meta,
        condition: If<'_>,
    ) -> Result<Put, Fault> {
        let (body, tries, writer) = (body.into(), Tries::default(), getrandom_word()?);
        let meta = meta.with(WRITER, &writer);
        let blob = self.blob(name);
        let upload = || async {
            let options = upload(&tries, meta.clone(), condition);
            blob.upload(body.clone().into(), Some(options)).await.map_err(fault)
        };
        let written = self.in_container(|| upload().boxed());
        match written.await {
            Ok(done) => {
                let etag = done.etag.ok_or_else(|| Fault::Unexpected("a blob without ETag".into()))?;
                Ok(Put::Done(etag.to_string()))
            }
            Err(fault) if did_not_hold(&fault) && tries.several() => self.written_by(name, &writer).await,
            Err(fault) if did_not_hold(&fault) => Ok(Put::Refused),
            Err(fault) => Err(fault),
        }
    }

    /// After a refusal of the second try: what the first one did.
    async fn written_by(&self, name: &str, writer: &str) -> Result<Put, Fault> {
        Ok(match self.glance(name).await? {
            Some(glance) if glance.meta.word(WRITER) == Some(writer) => Put::Done(glance.etag),
            _ => Put::Refused,
        })
    }

    /// Deletes a blob, if it is there and still the same.
    pub(super) async fn delete(&self, name: &str, etag: Option<&str>) -> Result<(), Fault> {
        let options = BlobClientDeleteOptions { if_match: etag.map(Etag::from), ..Default::default() };
        match self.blob(name).delete(Some(options)).await.map_err(fault) {
            Err(fault) if !did_not_hold(&fault) && fault.status() != 404 => Err(fault),
            _ => Ok(()),
        }
    }

    /// All blobs whose names begin so, in the order of their names.
    pub(super) async fn list(&self, prefix: &str) -> Result<Vec<Listed>, Fault> {
        self.list_by(prefix, None).await
    }

    /// The same with so many at a time, where the service would give 5000.
    pub(super) async fn list_by(&self, prefix: &str, page: Option<i32>) -> Result<Vec<Listed>, Fault> {
        let options = BlobContainerClientListBlobsOptions {
            prefix: Some(prefix.to_owned()),
            maxresults: page,
            include: Some(vec![ListBlobsIncludeItem::Metadata]),
            ..Default::default()
        };
        // The iterator follows the continuation markers.
        let all = async {
            let items = self.container.list_blobs(Some(options)).map_err(fault)?;
            items.try_collect::<Vec<BlobItem>>().await.map_err(fault)
        };
        let items = there(all.await)?.unwrap_or_default();
        Ok(items.into_iter().filter_map(listed).collect())
    }

    /// Makes an empty blob to append to, unless there is one.
    pub(super) async fn create_log(&self, name: &str) -> Result<(), Fault> {
        let log = self.blob(name).append_blob_client();
        let create = || async {
            let options = AppendBlobClientCreateOptions::default().if_not_exists();
            log.create(Some(options)).await.map_err(fault)
        };
        match self.in_container(|| create().boxed()).await {
            Err(fault) if !did_not_hold(&fault) => Err(fault),
            _ => Ok(()),
        }
    }

    /// Appends a block, if the blob ends at `position`.
    pub(super) async fn append(&self, name: &str, block: Bytes, position: u64) -> Result<Append, Fault> {
        let options = AppendBlobClientAppendBlockOptions {
            append_position: Some(i64::try_from(position).unwrap_or(i64::MAX)),
            ..Default::default()
        };
        let length = u64::try_from(block.len()).unwrap_or(u64::MAX);
        let log = self.blob(name).append_blob_client();
        match log.append_block(block.into(), length, Some(options)).await.map_err(fault) {
            Ok(_) => Ok(Append::Done),
            Err(fault) if fault.status() == 404 => Ok(Append::Missing),
            // The answer of a first try may be lost: then it is the second that finds the blob longer.
            Err(fault) if did_not_hold(&fault) => Ok(Append::Moved),
            Err(fault) => Err(fault),
        }
    }

    /// Does something, and if the container is missing, creates it and does it again.
    async fn in_container<'a, T>(
        &self,
        work: impl Fn() -> BoxFuture<'a, Result<T, Fault>> + Send + Sync,
    ) -> Result<T, Fault> {
        match work().await {
            Err(fault) if fault.code() == "ContainerNotFound" => {
                self.create_container().await?;
                work().await
            }
            done => done,
        }
    }

    async fn create_container(&self) -> Result<(), Fault> {
        match self.container.create(None).await.map_err(fault) {
            Err(fault) if fault.code() != "ContainerAlreadyExists" => Err(fault),
            _ => Ok(()),
        }
    }
}

fn fault(error: azure_core::Error) -> Fault {
    Fault::of(&error, ROLE)
}

/// Nothing, where there is nothing.
fn there<T>(found: Result<T, Fault>) -> Result<Option<T>, Fault> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(fault) if fault.status() == 404 => Ok(None),
        Err(fault) => Err(fault),
    }
}

/// A write whose condition did not hold: 412, 409 where something is that should not be, or 404 where nothing
/// is that should be replaced.
/// <https://learn.microsoft.com/rest/api/storageservices/specifying-conditional-headers-for-blob-service-operations>
fn did_not_hold(fault: &Fault) -> bool {
    fault.status() == 412 || matches!(fault.code(), "BlobAlreadyExists" | "BlobNotFound")
}

fn upload(tries: &Tries, meta: Meta, condition: If<'_>) -> BlockBlobClientUploadOptions<'static> {
    let (if_match, if_none_match) = match condition {
        If::Always => (None, None),
        If::New => (None, Some(Etag::from("*"))),
        If::Same(etag) => (Some(Etag::from(etag)), None),
    };
    BlockBlobClientUploadOptions {
        if_match,
        if_none_match,
        metadata: Some(meta.0),
        blob_content_type: Some("application/json".into()),
        method_options: tries.counted(),
        ..Default::default()
    }
}

fn listed(item: BlobItem) -> Option<Listed> {
    let meta = item.metadata.and_then(|meta| meta.values).unwrap_or_default();
    Some(Listed { name: item.name?, meta: Meta(meta) })
}

fn getrandom_word() -> Result<String, Fault> {
    let number = getrandom::u64().map_err(|error| Fault::Unexpected(error.to_string()))?;
    Ok(format!("{number:016x}"))
}
