//! Who sent an activity from where, and what tells it from others.

use domain::request::{Channel, Person, Platform, ReplyTo, RequestId};

use super::super::activity::Activity;
use super::super::address::Address;
use super::super::verify::Verifier;
use super::Refusal;

/// The author of an activity that was admitted.
pub(super) struct Sender<'a> {
    activity: &'a Activity,
    tenant: &'a str,
    person: Option<Person>,
}

impl<'a> Sender<'a> {
    pub(super) fn of(activity: &'a Activity, tenant: &'a str, verifier: &Verifier) -> Self {
        // A name says nothing, and the id that somebody has for a bot is another one for each bot.
        let object = activity.from.aad_object_id.as_deref().filter(|id| !id.is_empty());
        let person = object.map(|object| Person {
            platform: Platform::Teams,
            id: verifier.person(object, tenant),
            name: activity.from.name.clone(),
        });
        Self { activity, tenant, person }
    }

    pub(super) fn channel(&self) -> Channel {
        Channel { platform: Platform::Teams, id: self.activity.conversation.channel().to_owned() }
    }

    /// The thread that they wrote in, or that what they wrote begins; chats have none.
    pub(super) fn thread(&self) -> Option<String> {
        self.activity.conversation.thread().map(str::to_owned)
    }

    /// How to speak in the conversation later.
    pub(super) fn way(&self) -> Address {
        Address::of_channel(self.activity, self.tenant)
    }

    /// Whom to answer, and how.
    pub(super) fn reply_to(&self) -> Result<ReplyTo, Refusal> {
        let person = self.person.clone().ok_or(Refusal::Anonymous)?;
        Ok(ReplyTo::new(person, self.channel(), Address::of(self.activity, self.tenant).to_text()))
    }

    /// Teams gives each activity an id that is its own within the conversation; a redelivery has the same one.
    pub(super) fn request(&self, kind: &str) -> Result<RequestId, Refusal> {
        let id = self.activity.id.as_deref().filter(|id| !id.is_empty()).ok_or(Refusal::NoId)?;
        Ok(RequestId::of(&["teams", kind, self.tenant, &self.activity.conversation.id, id]))
    }
}
