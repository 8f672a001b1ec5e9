//! Something to set up, asked for in chat: an incident of its own, where no other is open.

use domain::command::Command;
use domain::incident::{Errand, Incident, IncidentId};
use domain::request::{ReplyTo, Request};
use domain::say;

use super::Worker;
use super::route::RouteError;
use crate::ports::{Opened, Wake};

impl Worker {
    pub(super) async fn errand_command(
        &self,
        request: &Request,
        command: &Command,
        name: Option<&str>,
        errand: Errand,
        from: &ReplyTo,
    ) -> Result<(), RouteError> {
        let gateway = match self.meant(name).await? {
            Ok(gateway) => gateway,
            Err(refusal) => return Ok(self.answer(from, &refusal).await?),
        };
        self.close_what_is_over(&gateway, &request.id).await?;
        for attempt in 0.. {
            if let Some(open) = self.tools.store.open_for(&gateway).await? {
                // A redelivered request finds what it has opened itself.
                let Some((open, _)) = self.tools.store.load(&open).await? else { continue };
                if open.is_open() && !open.seen.contains(&request.id) {
                    return Ok(self.answer(from, &say::errand_must_wait(command, &open)).await?);
                }
                if open.is_open() {
                    break;
                }
                continue;
            }
            let (id, now) = (IncidentId::of(&request.id, attempt), self.tools.clock.now());
            let (person, channel) = (from.person.clone(), from.channel.clone());
            let incident = Incident::open_errand(id, gateway.clone(), person, channel, errand, now);
            let incident = incident.remember(&request.id);
            match self.tools.store.open(&incident).await? {
                Opened::New => {
                    self.tools.wakeups.wake(&Wake::Incident(incident.id.clone()), now).await?;
                    break;
                }
                Opened::IdTaken if self.was_opened_by(&incident.id, &request.id).await? => break,
                Opened::Joined(_) | Opened::IdTaken => {}
            }
        }
        Ok(())
    }
}
