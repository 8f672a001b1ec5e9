//! The home tab.

use super::*;
use crate::say::home;

fn plain(incidents: &[Incident]) -> String {
    let cards = home(incidents, now());
    cards.iter().map(|card| card.plain().replace(ID, "…")).collect::<Vec<_>>().join("\n\n")
}

#[test]
fn nothing_is_open() {
    insta::assert_snapshot!(plain(&[]), @"
    agw: Quiet
    There is no open incident.
    /agw diagnose and a gateway's name looks at one; /agw help says what else I do.
    As of 2026-11-22 03:04 UTC; open this tab anew to bring it up to date
    ");
}

#[test]
fn what_waits_for_a_decision_comes_first_with_its_change_and_its_commands() {
    insta::assert_snapshot!(plain(&[opened(), proposed()]), @r#"
    agw: Open
    2 open incidents; 1 waits for a decision.
    /agw diagnose and a gateway's name looks at one; /agw help says what else I do.
    As of 2026-11-22 03:04 UTC; open this tab anew to bring it up to date

    agw-shop: Unhealthy
    The default health probe asks for / and is refused with 403, so the gateway sends no visitors to servers that answer /healthz as they should.
    shop → web and 1 more → https → ✗ default probe / → web → shop.azurewebsites.net
    Cause: probe-path-refused, confirmed
    Servers: 2 of 3 servers Healthy
    Site: https://shop.example/ answers 502 from the gateway itself
    Reaches: 1 listener, 2 rules, 1 path rule, 1 pool
      /properties/probes[custom-healthz]
    + {
    +   "id": "…/probes/custom-healthz",
    +   "name": "custom-healthz",
    +   "properties": {
    +     "interval": 30,
    +     "match": {"statusCodes": ["200-399"]},
    +     "minServers": 0,
    +     "path": "/healthz",
    +     "pickHostNameFromBackendHttpSettings": true,
    +     "protocol": "Https",
    +     "timeout": 30,
    +     "unhealthyThreshold": 3
    +   }
    + }
      /properties/backendHttpSettingsCollection[https]/properties/probe
    + {"id": "…/probes/custom-healthz"}
    Approve writes this one change to agw-shop (https://portal.azure.com/#resource…), after reading it once more. It can be undone from here.
    Azure takes a minute or more. Requests go on; connections that last longer than a few minutes, such as WebSockets, may be cut.
    The same as commands: /agw approve INC-7K2F bca7e13f, /agw reject INC-7K2F
    Approve: /agw approve INC-7K2F bca7e13f
    Reject: /agw reject INC-7K2F
    Plan bca7e13f · can be approved until 2026-11-22 03:34 UTC
    INC-7K2F · asked by Alex · 2026-11-22 03:04 UTC

    agw-shop: Diagnosing
    Reading the configuration and what the gateway says about its servers. Azure takes up to a minute for that.
    INC-7K2F · asked by Alex · 2026-11-22 03:04 UTC
    "#);
}

#[test]
fn of_many_some_are_shown() {
    let cards = home(&vec![opened(); 25], now());
    assert_eq!(cards.len(), 11);
    assert!(cards[0].plain().contains("15 incidents not shown here: /agw list"), "{}", cards[0].plain());
}
