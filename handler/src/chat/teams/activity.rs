//! What Teams sends, as far as it matters here (Bot Framework, "Activity"). Fields that are missing in practice
//! are optional.

use serde::Deserialize;
use serde_json::Value;

/// Something that happened in a conversation.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Activity {
    #[serde(rename = "type")]
    pub(super) kind: String,
    pub(super) id: Option<String>,
    pub(super) channel_id: String,
    pub(super) service_url: String,
    pub(super) name: Option<String>,
    pub(super) text: Option<String>,
    pub(super) from: Account,
    pub(super) recipient: Account,
    pub(super) conversation: Conversation,
    pub(super) entities: Option<Vec<Entity>>,
    pub(super) value: Option<Value>,
    pub(super) action: Option<String>,
    channel_data: Option<ChannelData>,
}

/// Somebody, or the bot.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Account {
    pub(super) id: String,
    pub(super) name: Option<String>,
    pub(super) aad_object_id: Option<String>,
    tenant_id: Option<String>,
    /// Whether the message is for this one alone: a slash command.
    is_targeted: Option<bool>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Conversation {
    pub(super) id: String,
    conversation_type: Option<String>,
    tenant_id: Option<String>,
}

/// Something that the text is about.
#[derive(Debug, Deserialize)]
pub(super) struct Entity {
    r#type: Option<String>,
    mentioned: Option<Mentioned>,
    text: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Mentioned {
    id: Option<String>,
}

#[derive(Debug, Deserialize)]
struct ChannelData {
    tenant: Option<Tenant>,
}

#[derive(Debug, Deserialize)]
struct Tenant {
    id: Option<String>,
}

/// What stands in the id of a conversation between the channel and the message whose thread it is.
pub(super) const THREAD: &str = ";messageid=";

/// What kind of a conversation it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Kind {
    /// One person and the bot.
    Personal,
    /// Several people, without threads.
    Group,
    /// A channel of a team, with threads.
    Channel,
}

impl Kind {
    /// What the id of a conversation tells that nobody has written from yet.
    pub(super) fn of_id(id: &str) -> Self {
        if id.contains("@thread.tacv2") || id.contains("@thread.skype") {
            Self::Channel
        } else if id.contains("@thread.v2") {
            Self::Group
        } else {
            Self::Personal
        }
    }
}

impl Conversation {
    pub(super) fn kind(&self) -> Kind {
        match self.conversation_type.as_deref() {
            Some("channel") => Kind::Channel,
            Some("groupChat") => Kind::Group,
            Some("personal") => Kind::Personal,
            _ => Kind::of_id(&self.id),
        }
    }

    /// The conversation itself, without the thread in it.
    pub(super) fn channel(&self) -> &str {
        self.id.split_once(THREAD).map_or(&self.id, |(channel, _)| channel)
    }

    /// The id of the message whose thread it is.
    pub(super) fn thread(&self) -> Option<&str> {
        let (_, message) = self.id.split_once(THREAD)?;
        (self.kind() == Kind::Channel).then_some(message)
    }
}

impl Activity {
    /// Every tenant that it names: the conversation's, the channel's and the person's own, which differ where two
    /// organisations meet.
    pub(super) fn tenants(&self) -> impl Iterator<Item = &str> {
        let data = self.channel_data.as_ref().and_then(|data| data.tenant.as_ref()?.id.as_deref());
        let named = [self.from.tenant_id.as_deref(), self.conversation.tenant_id.as_deref(), data];
        named.into_iter().flatten().filter(|tenant| !tenant.is_empty())
    }

    /// Whether it is for the bot alone, and its answer for the person alone: a slash command.
    pub(super) fn is_targeted(&self) -> bool {
        self.recipient.is_targeted == Some(true)
    }

    /// Whether it is said to the bot: by a mention, or where nobody else is.
    pub(super) fn is_addressed(&self) -> bool {
        let alone = self.conversation.kind() == Kind::Personal;
        alone || self.is_targeted() || self.mentions().next().is_some()
    }

    /// The text without the mentions of the bot: whatever it is called, and whatever others are called.
    pub(super) fn said(&self) -> String {
        let text = self.text.clone().unwrap_or_default();
        let bare = self.mentions().fold(text, |text, mention| text.replacen(mention, " ", 1));
        // Teams writes some spaces as HTML does.
        bare.replace("&nbsp;", " ").trim().to_owned()
    }

    /// How the bot is mentioned in the text.
    fn mentions(&self) -> impl Iterator<Item = &str> {
        let entities = self.entities.as_deref().unwrap_or_default().iter();
        let ours = entities.filter(|entity| {
            let mentioned = entity.mentioned.as_ref().and_then(|mentioned| mentioned.id.as_deref());
            entity.r#type.as_deref() == Some("mention") && mentioned == Some(&self.recipient.id)
        });
        ours.filter_map(|entity| entity.text.as_deref()).filter(|text| !text.is_empty())
    }
}
