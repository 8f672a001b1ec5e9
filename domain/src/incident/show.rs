//! Where an incident is shown, and what came of showing it.

use jiff::{SignedDuration, Timestamp};

use super::document::{Conversation, Form, Incident, MessageRef, State};
use super::outbox::Effect;
use crate::request::{Channel, ReplyTo};
use crate::say;

/// How long something for a thread waits for its message where nothing hastens it.
const NOT_HASTENED: SignedDuration = SignedDuration::from_hours(1);

impl Incident {
    /// Shows the incident in a channel. Whoever wants a message of its own gets one, also where it was a line.
    pub(super) fn join(&mut self, channel: Channel, form: Form, now: Timestamp) {
        let known = self.conversations.iter_mut().find(|conversation| conversation.channel == channel);
        match known {
            Some(known) if known.form == Form::Line && form == Form::Own => known.form = Form::Own,
            Some(_) => return,
            None => self.conversations.push(Conversation {
                channel: channel.clone(),
                message: None,
                shown: 0,
                wanted: 1,
                trouble: None,
                form,
                listed: None,
            }),
        }
        self.show_in(channel, now);
    }

    /// Shows the incident where somebody decided about it, or asked for another look: they see what comes of it. Not
    /// on a page of their own, which shows it anyway.
    pub(super) fn join_from(&mut self, from: &ReplyTo, now: Timestamp) {
        if !from.is_in_channel() {
            return;
        }
        self.join(from.channel.clone(), Form::Own, now);
    }

    /// In this channel it is a line of a digest from now on.
    pub(super) fn in_storm(&mut self, channel: Channel, now: Timestamp) {
        let found = self.conversations.iter_mut().find(|conversation| conversation.channel == channel);
        let Some(conversation) = found.filter(|found| found.form == Form::OwnUnlessStorm) else { return };
        conversation.form = Form::Line;
        conversation.listed.get_or_insert(0);
        self.drop_effects(|effect| match effect {
            Effect::Show { channel: there } | Effect::Thread { channel: there, .. } => *there == channel,
            _ => false,
        });
        self.note(now, say::noted::in_storm(&channel));
        self.show_in(channel, now);
    }

    /// The digest says so much of it.
    pub(super) fn listed(&mut self, channel: Channel, revision: u32, now: Timestamp) {
        let found = self.conversations.iter_mut().find(|conversation| conversation.channel == channel);
        let Some(conversation) = found else { return };
        conversation.listed = Some(revision);
        if revision < conversation.wanted {
            self.show_in(channel, now);
        } else {
            self.is_on_display(now);
        }
    }

    /// Somewhere it is shown as it is now. The first time that this has a diagnosis in it, something was found.
    fn is_on_display(&mut self, now: Timestamp) {
        if self.diagnosis.is_some() && !matches!(self.state, State::Diagnosing) {
            self.found_at.get_or_insert(now);
        }
    }

    pub(super) fn shown(&mut self, message: MessageRef, revision: u32, now: Timestamp) {
        let channel = message.channel.clone();
        let found = self.conversations.iter_mut().find(|conversation| conversation.channel == channel);
        let Some(conversation) = found else { return };
        conversation.message = Some(message);
        conversation.shown = revision;
        conversation.form = Form::Own;
        conversation.trouble = None;
        let behind = conversation.shown < conversation.wanted;
        self.hasten_threads(&channel, now);
        if behind {
            self.show_in(channel, now);
        } else {
            self.is_on_display(now);
        }
    }

    /// When something can be added to a thread that was not there: now, if it is by now, or as soon as it is.
    pub(super) fn thread_due(&self, channel: &Channel, now: Timestamp) -> Timestamp {
        let is_there = self.conversation(channel).is_some_and(|found| found.message.is_some());
        let wait = if is_there { SignedDuration::ZERO } else { NOT_HASTENED };
        now.checked_add(wait).unwrap_or(Timestamp::MAX)
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
