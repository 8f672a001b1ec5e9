//! Containers and blobs.

use std::collections::BTreeMap;

use reqwest::Method;

use super::{Storage, StorageError, below};
use crate::functions::xml;

/// A blob in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blob {
    /// Its name.
    pub name: String,
    /// Its entity tag.
    pub etag: String,
    /// What was written on it.
    pub metadata: BTreeMap<String, String>,
}

impl Storage {
    /// Creates a container; one that is there already stays.
    pub async fn create_container(&self, container: &str) -> Result<(), StorageError> {
        let url = below(&self.blob, &[container], &[("restype", "container")]);
        match self.ask(Method::PUT, url, &[], Vec::new()).await {
            Err(error) if error.code != "ContainerAlreadyExists" => Err(error),
            _ => Ok(()),
        }
    }

    /// The blobs whose names begin so, with what is written on them. A container that does not exist has
    /// none.
    pub async fn list_blobs(&self, container: &str, prefix: &str) -> Result<Vec<Blob>, StorageError> {
        let mut blobs = Vec::new();
        let mut marker = String::new();
        loop {
            let mut query = vec![("restype", "container"), ("comp", "list"), ("include", "metadata")];
            query.extend(
                [("prefix", prefix), ("marker", &marker)].iter().filter(|(_, value)| !value.is_empty()),
            );
            let done =
                match self.ask(Method::GET, below(&self.blob, &[container], &query), &[], Vec::new()).await {
                    Err(error) if error.status == 404 => return Ok(blobs),
                    other => other?.text(),
                };
            blobs.extend(xml::elements(&done, "Blob").map(read));
            marker = xml::unescape(xml::text(&done, "NextMarker").unwrap_or_default());
            if marker.is_empty() {
                return Ok(blobs);
            }
        }
    }

    /// What is in a blob, or `None` where there is none.
    pub async fn get_blob(&self, container: &str, name: &str) -> Result<Option<Vec<u8>>, StorageError> {
        let url = below(&self.blob, &path(container, name), &[]);
        match self.ask(Method::GET, url, &[], Vec::new()).await {
            Ok(done) => Ok(Some(done.body)),
            Err(error) if error.status == 404 => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Writes a block blob, over whatever was there.
    pub async fn put_blob(&self, container: &str, name: &str, content: &[u8]) -> Result<(), StorageError> {
        let url = below(&self.blob, &path(container, name), &[]);
        self.ask(Method::PUT, url, &[("x-ms-blob-type", "BlockBlob")], content.to_vec()).await.map(drop)
    }
}

fn path<'a>(container: &'a str, name: &'a str) -> Vec<&'a str> {
    std::iter::once(container).chain(name.split('/')).collect()
}

fn read(xml: &str) -> Blob {
    let field = |name| xml::unescape(xml::text(xml, name).unwrap_or_default());
    let metadata = xml::pairs(xml::text(xml, "Metadata").unwrap_or_default()).into_iter().collect();
    Blob { name: field("Name"), etag: field("Etag"), metadata }
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_listed_blob_is_read() {
        let blob = super::read(
            "<Name>a/b</Name><Properties><Etag>\"0x1\"</Etag></Properties><Metadata><due>7</due><n>x</n></Metadata>",
        );
        assert_eq!((blob.name.as_str(), blob.etag.as_str()), ("a/b", "\"0x1\""));
        assert_eq!(
            blob.metadata.into_iter().collect::<Vec<_>>(),
            [("due".to_owned(), "7".to_owned()), ("n".to_owned(), "x".to_owned())]
        );
    }
}
