//! Where an incident is shown, and what came of showing it.

use jiff::Timestamp;

use super::document::{Conversation, Incident, MessageRef};
use super::outbox::Effect;
use crate::request::Channel;
use crate::say;

impl Incident {
    pub(super) fn join(&mut self, channel: Channel, now: Timestamp) {
        if self.conversation(&channel).is_some() {
            return;
        }
        self.conversations.push(Conversation {
            channel: channel.clone(),
            message: None,
            shown: 0,
            wanted: 1,
            trouble: None,
        });
        self.show_in(channel, now);
    }

    pub(super) fn shown(&mut self, message: MessageRef, revision: u32, now: Timestamp) {
        let channel = message.channel.clone();
        let found = self.conversations.iter_mut().find(|conversation| conversation.channel == channel);
        let Some(conversation) = found else { return };
        conversation.message = Some(message);
        conversation.shown = revision;
        conversation.trouble = None;
        if conversation.shown < conversation.wanted {
            self.show_in(channel, now);
        }
    }

    pub(super) fn shown_too_late(&mut self, message: MessageRef, revision: u32, now: Timestamp) {
        let ours = |found: &Conversation| found.message.as_ref() == Some(&message) && revision < found.shown;
        if self.conversations.iter().any(ours) {
            self.show_in(message.channel, now);
        }
    }

    pub(super) fn not_shown(&mut self, channel: &Channel, why: String, gone: bool, now: Timestamp) {
        let found = self.conversations.iter_mut().find(|conversation| conversation.channel == *channel);
        let Some(conversation) = found else { return };
        // A message that could not be updated is still there, and the one to update next time.
        let lost = gone && conversation.message.take().is_some();
        if lost {
            self.show_in(channel.clone(), now);
        } else {
            conversation.trouble = Some(why.clone());
            self.drop_effects(
                |effect| matches!(effect, Effect::Thread { channel: there, .. } if there == channel),
            );
            self.note(now, say::noted::not_shown(channel, &why));
        }
    }
}
