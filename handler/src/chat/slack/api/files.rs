//! Files: what is too long for a message, or is no text at all, in three steps (Slack, "Working with files").

use domain::card::Card;
use domain::request::Channel;
use reqwest::header;
use serde_json::{Value, json};

use super::super::method::Method;
use super::{SlackChat, answer};
use crate::ports::ChatError;

/// The longest name of a file, in characters.
const NAME: usize = 80;

/// A file to share.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upload {
    /// Its name, with what kind it is at the end.
    pub name: String,
    /// What is read above it.
    pub title: String,
    /// What it shows, for whoever cannot see it: for a picture.
    pub alt: Option<String>,
    /// What is in it.
    pub bytes: Vec<u8>,
}

/// A file that Slack has, and that nobody sees yet.
#[derive(Debug)]
pub(super) struct Staged {
    id: String,
    title: String,
}

impl Upload {
    /// A whole card as a text.
    pub(super) fn whole(card: &Card) -> Self {
        let title = format!("{}: {}", card.title, card.status);
        let plain = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '-' | '_') { c } else { '-' };
        let name: String = format!("{}-{}", card.title, card.status).chars().map(plain).take(NAME).collect();
        let bytes = (card.plain() + "\n").into_bytes();
        Self { name: format!("{}.txt", name.to_lowercase()), title, alt: None, bytes }
    }
}

impl SlackChat {
    /// Hands Slack a file. Nobody sees it before it is shared.
    pub(super) async fn stage(&self, upload: Upload) -> Result<Staged, ChatError> {
        let Upload { name, title, alt, bytes } = upload;
        let mut form = vec![("filename", name), ("length", bytes.len().to_string())];
        form.extend(alt.map(|alt| ("alt_txt", alt)));
        let answer = self.send(Method::UploadUrl, |request| request.form(&form)).await?;
        let field = |name: &str| answer.get(name).and_then(Value::as_str);
        let (Some(url), Some(id)) = (field("upload_url"), field("file_id")) else {
            return Err(answer::unexpected("files.getUploadURLExternal gave no upload_url and file_id"));
        };
        // The file may tell more than a message does: it goes to Slack, and nowhere else. The token does not go along.
        let url = self.base.upload_url(url);
        let url = url.ok_or_else(|| answer::unexpected("the address for a file is not Slack's"))?;
        let sending = self.client()?.post(url).header(header::CONTENT_TYPE, "application/octet-stream");
        let response = sending.body(bytes).send().await.map_err(answer::unreachable)?;
        answer::check(&response)?;
        Ok(Staged { id: id.to_owned(), title })
    }

    /// Shows a file in a thread.
    pub(super) async fn share(&self, file: Staged, channel: &Channel, thread: &str) -> Result<(), ChatError> {
        let Staged { id, title } = file;
        let body = json!({
            "files": [{ "id": id, "title": title }], "channel_id": channel.id, "thread_ts": thread,
        });
        self.call(Method::ShareFile, &body).await.map(drop)
    }

    /// Hands over the whole of a card that a message has no room for. None where Slack will not have it: then the
    /// message has to do.
    pub(super) async fn stage_whole(&self, card: &Card) -> Result<Option<Staged>, ChatError> {
        match self.stage(Upload::whole(card)).await {
            Ok(file) => Ok(Some(file)),
            Err(error @ (ChatError::Refused { .. } | ChatError::Gone { .. })) => {
                tracing::warn!(%error, "what a message has no room for was not uploaded");
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }
}
