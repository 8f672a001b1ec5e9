//! Answers to commands, and to one person alone.

use super::*;
use crate::alert::TestAlert;
use crate::dead_letter::{About, DeadLetter};
use crate::incident::IncidentId;
use crate::request::{Ask, Click, Request, RequestId};

#[test]
fn help_lists_every_command_or_explains_one() {
    insta::assert_snapshot!(help(None).plain(), @"
    agw: Help
    I find out why an Application Gateway answers 502, and mend it when somebody approves.
    - /agw diagnose [gateway]: find out why a gateway answers 502, and offer a fix
    - /agw status [gateway]: show the health of every backend server
    - /agw list: list the open incidents
    - /agw show <incident>: show one incident, its evidence and its plan
    - /agw audit <incident>: show who did what on an incident, when and from where
    - /agw code <incident>: say the change of an incident as Bicep, Terraform and az commands
    - /agw explain <text>: say what a probe message means, and what would settle its cause
    - /agw approve <incident> [code]: approve the plan of an incident, so that it is applied
    - /agw reject <incident> [reason]: decline the plan of an incident
    - /agw recheck <incident>: look again, after you changed something yourself
    - /agw undo <incident> [reason]: offer to take back what was applied for an incident
    - /agw logs [gateway]: offer to keep a gateway's access and firewall logs, where nobody does
    - /agw watch [gateway]: offer the metric alerts that a gateway lacks
    - /agw snooze <gateway> <time>: keep alerts about a gateway quiet for a while, and show what still fires when it is over
    - /agw help [topic]: say what I can do
    ");
    insta::assert_snapshot!(help(Some("approve")).plain(), @r"
    agw: Help
    I find out why an Application Gateway answers 502, and mend it when somebody approves.
    - /agw approve <incident> [code]: approve the plan of an incident, so that it is applied. Example: /agw approve INC-7K2F 9f3a
    ");
    // Whatever else was asked about: the whole of it.
    assert_eq!(help(Some("weather")), help(None));
    check(&help(None));
}

#[test]
fn a_probe_message_is_explained_with_the_causes_it_can_have() {
    let explained = |text: &str| {
        let card = explained(&crate::health::Symptom::read(text));
        check(&card);
        assert!(card.plain().lines().count() <= 14, "no more than a glance");
        card.plain()
    };
    insta::assert_snapshot!(explained("Probe failed with 403"), @"
    Probe message: status_mismatch
    The server refused the probe with 403.
    - Can be app-service-stopped: The App Service app is stopped or over its quota, so App Service answers in its place. Settled by: The state of the App Service app behind the server's name.
    - Can be app-service-public-access-disabled: An App Service app takes no public traffic, and the gateway comes over its public name. Settled by: Whether the app takes public traffic, and whether it has a private endpoint.
    - Can be app-service-access-restrictions: The access restrictions of an App Service app keep the gateway out. Settled by: Public access and access restrictions of the App Service app, and how the gateway reaches it.
    - Can be app-service-authentication: App Service asks for a login before the probe reaches the app. Settled by: The authentication settings of the App Service app behind the server's name.
    - Can be probe-host: The health probe asks for a host name that the server does not serve. Settled by: The same path on demand, with the probe's host name and with the server's own.
    - Can be probe-path-refused: The health probe asks for a path that the application refuses. Settled by: The same refusal when that path is probed on demand, and another path that answers 200.
    - Can be setting-without-rule: No rule leads to a listener, a pool or the HTTP setting that has the probe. Settled by: A custom probe that is attached to an HTTP setting out of use.
    - Can be private-endpoint: The server is a service behind a private endpoint, and the gateway does not reach it through that. Settled by: The private endpoints of the service, their approval, and the record that leads to them.
    Look at what the probed path answers, and whether a path without a login answers 200: agw diagnose tries both through the gateway.
    ");
    insta::assert_snapshot!(explained("The probe received 200 OK"), @r"
    Probe message: healthy
    The server answered the probe with 200.
    The latest probe succeeded. A redirect to a sign-in page counts as success too.
    ");
    insta::assert_snapshot!(explained("the timeout on my dishwasher"), @r"
    Probe message: unrecognised
    This wording is not known, so nothing is concluded from it.
    Paste the whole message as the portal shows it under Backend health, or ask for a diagnosis of the gateway.
    ");
}

#[test]
fn every_command_is_acknowledged() {
    for usage in command::USAGE {
        check(&acknowledged(&command::parse(usage.example).unwrap()));
    }
    insta::assert_snapshot!(acknowledged(&command::parse("diagnose agw-prod").unwrap()).plain(), @r"
    agw: Heard
    Diagnosing agw-prod …
    ");
}

#[test]
fn what_is_not_understood_is_answered_with_what_to_type() {
    let answers: Vec<String> = ["aprove INC-7K2F", "approve", "approve INC-7K2F soon", "diagnose \"agw"]
        .iter()
        .map(|text| {
            let card = not_understood(&command::parse(text).unwrap_err());
            check(&card);
            card.lead.plain()
        })
        .collect();
    insta::assert_snapshot!(answers.join("\n"), @r"
    I do not know aprove. Did you mean /agw approve?
    Please add the incident: /agw approve <incident> [code]
    soon is not a plan code. The code is the 4 to 64 hex digits on the plan: /agw approve <incident> [code]
    There is an opening quotation mark without a closing one. Please close it, or leave both out.
    ");
    insta::assert_snapshot!(click_not_understood().plain(), @r"
    agw: Not understood
    This button is not one of mine any more. Type /agw list to see what is open.
    ");
    insta::assert_snapshot!(not_accepted().plain(), @r"
    agw: Not accepted
    Your request could not be kept, so nothing will come of it. Please try again; if this goes on, the bot's store is down.
    ");
    insta::assert_snapshot!(gave_up("no answer from Azure within 30 s").plain(), @r"
    agw: Failed
    I tried several times and gave up: no answer from Azure within 30 s. /agw list shows what is open; try again later.
    ");
}

fn id(group: &str, name: &str) -> GatewayId {
    let id = format!(
        "/subscriptions/s/resourceGroups/{group}/providers/Microsoft.Network/applicationGateways/{name}"
    );
    GatewayId::parse(&id).unwrap()
}

#[test]
fn gateways_that_are_not_found_or_not_told_apart() {
    let known = [id("rg-a", "agw-prod"), id("rg-b", "agw-test")];
    insta::assert_snapshot!(gateway_not_found("agw-prd", &known).plain(), @r"
    agw: Not found
    I see no gateway named agw-prd. Did you mean agw-prod?
    - agw-prod (https://portal.azure.com/#resource/subscriptions/s/resourceGroups/rg-a/providers/Microsoft.Network/applicationGateways/agw-prod), resource group rg-a
    - agw-test (https://portal.azure.com/#resource/subscriptions/s/resourceGroups/rg-b/providers/Microsoft.Network/applicationGateways/agw-test), resource group rg-b
    Missing one? The bot's identity needs Reader on it, and azure.gateways in agw.toml must not leave it out.
    ");
    insta::assert_snapshot!(ambiguous_gateway(&known).lead.plain(), @"Which gateway? For example /agw diagnose agw-prod.");
    let twins = [id("rg-a", "agw"), id("rg-b", "agw")];
    assert!(ambiguous_gateway(&twins).lead.plain().contains("/resourceGroups/rg-a/"));
    insta::assert_snapshot!(no_gateways().plain(), @r"
    agw: Not found
    I see no Application Gateway. Either the bot's identity lacks Reader on them, or agw.toml looks in other subscriptions. agw check tells more.
    ");
    insta::assert_snapshot!(incident_not_found("INC-0000").plain(), @r"
    agw: Not found
    There is no incident INC-0000. /agw list shows the open ones.
    ");
    let many: Vec<GatewayId> = (0..23).map(|number| id("rg", &format!("agw-{number}"))).collect();
    assert_eq!(gateway_not_found("x", &many).evidence.last().unwrap().plain(), "and 3 more");
}

#[test]
fn lists_and_states() {
    insta::assert_snapshot!(list(&[], &[], &[]).plain(), @r"
    agw: Quiet
    There is no open incident.
    ");
    let other =
        Incident::open(IncidentId::parse("INC-0001").unwrap(), id("rg", "agw-2"), None, Vec::new(), now());
    let open = [proposed(), other];
    insta::assert_snapshot!(list(&open, &[], &[]).plain().replace(ID, "…"), @r"
    agw: Open
    2 open incidents:
    - INC-7K2F agw-shop (https://portal.azure.com/#resource…): Unhealthy, since 2026-11-22 03:04 UTC
    - INC-0001 agw-2 (https://portal.azure.com/#resource/subscriptions/s/resourceGroups/rg/providers/Microsoft.Network/applicationGateways/agw-2): Diagnosing, since 2026-11-22 03:04 UTC
    ");
    insta::assert_snapshot!(list(&open[..1], &[], &[]).lead.plain(), @"1 open incident:");
    let known = [gateway().id().clone(), id("rg", "agw-3")];
    insta::assert_snapshot!(status(&known, &open, &[]).plain(), @r"
    agw: Status
    2 gateways, 1 open incident.
    agw-shop: Unhealthy, INC-7K2F
    agw-3: no open incident
    ");
    insta::assert_snapshot!(status(&known[1..], &open, &[]).plain(), @r"
    agw: Status
    1 gateway, 0 open incidents.
    agw-3: no open incident
    ");
}

#[test]
fn replies_to_one_person() {
    let told = |card: Card| card.lead.plain();
    let fixed = measured(&log_of(200), true);
    let lines = [
        told(open_already(&proposed())),
        told(open_already(&approved())),
        told(busy_writing(&approved())),
        told(decided_already(&opened())),
        told(decided_already(&approved())),
        told(decided_already(&pressed(proposed(), Verb::Reject))),
        told(decided_already(&diagnosed(&refused_by_servers(404)))),
        told(nothing_to_undo(&opened())),
        told(not_in_private(&from().person)),
        told(nothing_to_undo(&approved())),
        told(nothing_to_undo(&pressed(fixed.clone(), Verb::Undo))),
        told(closed_already(&fixed)),
    ];
    let refusals = every_refusal().into_iter().map(|refusal| told(refused(&proposed(), &refusal)));
    let lines: Vec<String> = lines.into_iter().chain(refusals).collect();
    insta::assert_snapshot!(lines.join("\n"), @r#"
    There is an open incident for agw-shop, and its message here offers a fix. To read the gateway again: /agw recheck INC-7K2F.
    A change to agw-shop is being made; its message here shows how it goes.
    A change is being made. Its result will be shown in the incident's message.
    The gateway is being read again, and no plan is on offer. Wait for the message to change, then decide.
    Already approved by Alex at 2026-11-22 03:04 UTC.
    The plan was rejected by Alex at 2026-11-22 03:04 UTC.
    There is no plan on offer.
    There is no change of this incident to take back.
    I have an answer for Alex alone, and may not write to them: add me for yourself in the Apps of Teams, and ask or press again.
    A change is being made. Undo is possible once its result is known.
    The way back is on offer already: approve it in the incident's message.
    This incident is closed. /agw diagnose agw-shop looks at the gateway as it is now.
    You are not on the list of approvers for agw-shop. The list is approval.approvers in agw.toml. Nothing was changed.
    You may decide about agw-shop, but not from here: use the channel C2 in Slack (approval.channels in agw.toml). Nothing was changed.
    You may decide about agw-shop, but not from here: use one of the channels C2 in Slack, C3 in Slack (approval.channels in agw.toml). Nothing was changed.
    You may decide about agw-shop, but I may not write to it: approval.mode in agw.toml is "observe". Nothing was changed.
    You may decide about agw-shop, but I may not write to it: no identity to write with is configured (azure.write_client_id, or AGW_WRITE_CLIENT_ID in the environment). Nothing was changed.
    You asked for this, and the policy wants somebody else to approve it. Nothing was written.
    You approved this plan at 2026-11-22 03:04 UTC; that counts once. It takes one person more.
    You approved this plan at 2026-11-22 03:04 UTC; that counts once. It takes 2 people more.
    No change window is open for agw-shop; the next one opens at 2026-11-22 03:04 UTC. Nothing was written. The windows are approval.windows in agw.toml.
    No change window is open for agw-shop. Nothing was written. The windows are approval.windows in agw.toml.
    The offer expired at 2026-11-22 03:04 UTC; nothing was written. Re-check to get a new one.
    The plan on offer is not the one you named. Look at the incident's message again, then decide.
    Say which plan: /agw approve INC-7K2F bca7e13f.
    "#);
}

fn command_of_alex() -> Request {
    let command = command::parse("diagnose agw-shop").unwrap();
    Request { id: RequestId::of(&["one"]), at: now(), ask: Ask::Command { command, from: from() } }
}

fn letter(about: About, what: String) -> DeadLetter {
    DeadLetter { id: "800ae4b3".to_owned(), at: now(), about, what, told: false }
}

#[test]
fn what_is_given_up_is_told_and_listed() {
    let request = command_of_alex();
    let dead = [
        letter(About::Request(request.id.clone()), request_in_words(&request)),
        letter(About::Incident(opened().id), incident_in_words(&opened())),
        letter(About::Unreadable, unreadable_in_words()),
    ];
    let told: Vec<String> = dead.iter().map(|letter| dead_letter(letter).plain()).collect();
    insta::assert_snapshot!(told.join("\n\n"), @r###"
    agw: Dead letter
    I tried several times and gave up on the command /agw diagnose agw-shop of Alex.
    Nothing came of it. Send it again; after an alert, /agw diagnose and the gateway's name do the same.
    The log says why it failed; search it for this id: 800ae4b3.
    Given up at 2026-11-22 03:04 UTC; /agw list shows it for 7 days.

    agw: Dead letter
    I tried several times and gave up on what is due in INC-7K2F about agw-shop.
    The incident is kept, and I go on trying. To see how far it is: /agw show INC-7K2F.
    The log says why it failed; search it for this id: 800ae4b3.
    Given up at 2026-11-22 03:04 UTC; /agw list shows it for 7 days.

    agw: Dead letter
    I tried several times and gave up on a message in the bot's queue that the bot did not write.
    Nothing was lost. Find out who else can write to the storage account of this bot.
    The log says why it failed; search it for this id: 800ae4b3.
    Given up at 2026-11-22 03:04 UTC; /agw list shows it for 7 days.
    "###);
    insta::assert_snapshot!(list(&[], &dead, &[]).plain(), @r###"
    agw: Given up
    There is no open incident, but something was given up:
    - Dead letter: the command /agw diagnose agw-shop of Alex, given up at 2026-11-22 03:04 UTC
    - Dead letter: what is due in INC-7K2F about agw-shop, given up at 2026-11-22 03:04 UTC
    - Dead letter: a message in the bot's queue that the bot did not write, given up at 2026-11-22 03:04 UTC
    "###);
    let click = Click { verb: Verb::Approve, incident: opened().id, offer: None };
    let pressed = Request { ask: Ask::Click { click, from: from(), reason: None }, ..request };
    assert_eq!(request_in_words(&pressed), "the press of Approve on INC-7K2F by Alex");
}

#[test]
fn a_trail_is_told_line_by_line() {
    let incident = proposed();
    let told = trail(&incident.id, &incident.gateway, &incident.timeline).plain().replace(ID, "…");
    insta::assert_snapshot!(told, @r###"
    INC-7K2F: Audit
    Audit trail of the incident about agw-shop (https://portal.azure.com/#resource…), in UTC.
    - 2026-11-22 03:04 UTC Opened by Alex
    - 2026-11-22 03:04 UTC Diagnosed: a fix is offered (probe-path-refused, confirmed)
    "###);
}

#[test]
fn a_test_alert_says_what_is_shown_in_this_channel() {
    let test = TestAlert { rule: "test-metricAlertRule".to_owned() };
    let said = [Some(3), Some(1), Some(0), None].map(|here| crate::say::test_alert(&test, here).plain());
    insta::assert_snapshot!(said.join("\n\n"), @"
    agw: Test alert
    A test alert arrived: the action group reaches this bot. Real ones about 3 gateways are shown here.
    Sample test-metricAlertRule; nothing was looked at, and nothing is open.

    agw: Test alert
    A test alert arrived: the action group reaches this bot. Real ones about 1 gateway are shown here.
    Sample test-metricAlertRule; nothing was looked at, and nothing is open.

    agw: Test alert
    A test alert arrived: the action group reaches this bot. Real ones are shown elsewhere: no gateway's alerts go to this channel.
    Sample test-metricAlertRule; nothing was looked at, and nothing is open.

    agw: Test alert
    A test alert arrived: the action group reaches this bot. Which gateways there are could not be read from Azure just now; agw check says why.
    Sample test-metricAlertRule; nothing was looked at, and nothing is open.
    ");
}
