//! One open incident a gateway, wherever somebody stops.

use domain::incident::Incident;
use futures::future::join_all;

use super::account::Account;
use crate::ports::{Opened, Saved, Store};
use crate::store::AzureStore;
use crate::store::azure::gateways::{self, Held};
use crate::store::azure::{incidents, trail};
use crate::store::conformance::{at, gateway, incident};

fn first() -> Incident {
    incident("INC-AAAA", "agw-shop", 0)
}

fn second() -> Incident {
    incident("INC-BBBB", "agw-shop", 60)
}

/// Begins to open an incident, and stops after the index.
async fn index_only(store: &AzureStore, incident: &Incident) -> String {
    match gateways::hold(&store.blobs, incident).await.unwrap() {
        Held::Ours(index) => index,
        Held::Theirs(id) => panic!("{id} is in the way"),
    }
}

/// Saves an incident as closed, and stops before its index goes.
async fn closed_only(store: &AzureStore, mut incident: Incident) -> Incident {
    let (_, version) = store.load(&incident.id).await.unwrap().unwrap();
    incident.closed_at = Some(at(30));
    let saved = incidents::save(&store.blobs, &incident, &version).await.unwrap();
    assert_eq!(saved, Saved::Yes);
    incident
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Azurite: cargo xtask test"]
async fn who_opens_after_a_crash_behind_the_index_finishes_it() {
    let store = Account::new().store();
    index_only(&store, &first()).await;
    assert_eq!(store.load(&first().id).await.unwrap(), None);
    assert_eq!(store.open(&second()).await.unwrap(), Opened::Joined(first().id));
    assert_eq!(store.load(&first().id).await.unwrap().unwrap().0, first());
    assert_eq!(store.open_incidents().await.unwrap(), [first()]);
    assert_eq!(store.trail(&first().id).await.unwrap(), first().timeline);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Azurite: cargo xtask test"]
async fn who_asks_after_a_crash_behind_the_index_finishes_it_too() {
    let store = Account::new().store();
    index_only(&store, &first()).await;
    assert_eq!(store.open_for(&gateway("agw-shop")).await.unwrap(), Some(first().id));
    assert_eq!(store.load(&first().id).await.unwrap().unwrap().0, first());
    assert_eq!(store.open(&first()).await.unwrap(), Opened::Joined(first().id), "its own redelivery");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Azurite: cargo xtask test"]
async fn who_was_helped_goes_on_as_if_nothing_had_happened() {
    let store = Account::new().store();
    let index = index_only(&store, &first()).await;
    assert_eq!(store.open(&second()).await.unwrap(), Opened::Joined(first().id));
    assert_eq!(gateways::keep(&store.blobs, &first(), &index).await.unwrap(), Opened::New);
    assert_eq!(store.open_incidents().await.unwrap(), [first()]);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Azurite: cargo xtask test"]
async fn a_crash_after_closing_leaves_a_gateway_that_is_free() {
    let store = Account::new().store();
    store.open(&first()).await.unwrap();
    let closed = closed_only(&store, first()).await;
    assert_eq!(store.open_for(&first().gateway).await.unwrap(), None);
    assert_eq!(store.open(&second()).await.unwrap(), Opened::New);
    // Whoever closed it comes back to life, and leaves the other one alone.
    gateways::release(&store.blobs, &closed).await.unwrap();
    assert_eq!(store.open_for(&first().gateway).await.unwrap(), Some(second().id));
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Azurite: cargo xtask test"]
async fn a_crash_after_replacing_a_stale_index_is_finished_as_well() {
    let store = Account::new().store();
    store.open(&first()).await.unwrap();
    closed_only(&store, first()).await;
    index_only(&store, &second()).await;
    let third = incident("INC-CCCC", "agw-shop", 90);
    assert_eq!(store.open(&third).await.unwrap(), Opened::Joined(second().id));
    assert_eq!(store.open_incidents().await.unwrap(), [second()]);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Azurite: cargo xtask test"]
async fn a_crash_with_an_id_that_was_taken_leaves_a_gateway_that_is_free() {
    let store = Account::new().store();
    store.open(&first()).await.unwrap();
    let other = incident("INC-AAAA", "agw-other", 0);
    index_only(&store, &other).await;
    assert_eq!(store.open_for(&other.gateway).await.unwrap(), None);
    assert_eq!(store.open(&other).await.unwrap(), Opened::IdTaken);
    let index = format!("gateways/{}", gateways::hash(&other.gateway));
    assert!(store.blobs.glance(&index).await.unwrap().is_none());
    assert_eq!(store.open(&incident("INC-CCCC", "agw-other", 0)).await.unwrap(), Opened::New);
    assert_eq!(store.load(&first().id).await.unwrap().unwrap().0, first());
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Azurite: cargo xtask test"]
async fn who_stops_for_long_does_not_open_what_was_closed_meanwhile() {
    let store = Account::new().store();
    let index = index_only(&store, &first()).await;
    store.open_for(&first().gateway).await.unwrap();
    let closed = closed_only(&store, first()).await;
    gateways::release(&store.blobs, &closed).await.unwrap();
    assert_eq!(store.open(&second()).await.unwrap(), Opened::New);
    assert_eq!(gateways::keep(&store.blobs, &first(), &index).await.unwrap(), Opened::IdTaken);
    assert_eq!(store.open_for(&first().gateway).await.unwrap(), Some(second().id));
    assert_eq!(store.open_incidents().await.unwrap(), [second()]);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Azurite: cargo xtask test"]
async fn a_closed_incident_is_not_opened_again() {
    let store = Account::new().store();
    store.open(&first()).await.unwrap();
    let closed = closed_only(&store, first()).await;
    gateways::release(&store.blobs, &closed).await.unwrap();
    assert_eq!(store.open(&first()).await.unwrap(), Opened::IdTaken);
    assert_eq!(store.open_for(&first().gateway).await.unwrap(), None);
    assert_eq!(store.open(&second()).await.unwrap(), Opened::New);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Azurite: cargo xtask test"]
async fn of_sixteen_openers_at_three_instances_one_is_first() {
    let account = Account::new();
    let stores: Vec<_> = (0..3).map(|_| account.store()).collect();
    let incidents: Vec<_> = (0..48).map(|n| incident(&format!("INC-{n:04}"), "agw-shop", n)).collect();
    let opens = incidents.iter().zip(stores.iter().cycle()).map(|(incident, store)| store.open(incident));
    let opened: Vec<Opened> = join_all(opens).await.into_iter().map(Result::unwrap).collect();
    let first = opened.iter().position(|opened| *opened == Opened::New).unwrap();
    let joined = Opened::Joined(incidents[first].id.clone());
    assert_eq!(opened.iter().filter(|opened| **opened == joined).count(), 47);
    for store in &stores {
        assert_eq!(store.open_incidents().await.unwrap(), [incidents[first].clone()]);
        assert_eq!(store.open_for(&gateway("agw-shop")).await.unwrap(), Some(incidents[first].id.clone()));
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Azurite: cargo xtask test"]
async fn of_many_who_find_a_stale_index_one_replaces_it() {
    let account = Account::new();
    let stores: Vec<_> = (0..3).map(|_| account.store()).collect();
    stores[0].open(&first()).await.unwrap();
    closed_only(&stores[0], first()).await;
    let others: Vec<_> = (0..24).map(|n| incident(&format!("INC-{n:04}"), "agw-shop", n)).collect();
    let opens = others.iter().zip(stores.iter().cycle()).map(|(incident, store)| store.open(incident));
    let opened: Vec<Opened> = join_all(opens).await.into_iter().map(Result::unwrap).collect();
    assert_eq!(opened.iter().filter(|opened| **opened == Opened::New).count(), 1);
    assert_eq!(stores[0].open_incidents().await.unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Azurite: cargo xtask test"]
async fn of_many_who_find_a_half_opened_incident_nobody_makes_another() {
    let account = Account::new();
    let stores: Vec<_> = (0..3).map(|_| account.store()).collect();
    let ours = first();
    let index = index_only(&stores[0], &ours).await;
    let others: Vec<_> = (0..15).map(|n| incident(&format!("INC-{n:04}"), "agw-shop", n)).collect();
    let opens =
        join_all(others.iter().zip(stores.iter().cycle()).map(|(incident, store)| store.open(incident)));
    let (opened, kept) = tokio::join!(opens, gateways::keep(&stores[0].blobs, &ours, &index));
    assert_eq!(kept.unwrap(), Opened::New);
    assert!(opened.into_iter().all(|opened| opened.unwrap() == Opened::Joined(ours.id.clone())));
    assert_eq!(stores[1].open_incidents().await.unwrap(), [ours]);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Azurite: cargo xtask test"]
async fn a_trail_that_was_cut_short_is_caught_up() {
    let account = Account::new();
    let (here, there) = (account.store(), account.store());
    let mut opened = first();
    here.open(&opened).await.unwrap();
    let entry = |what: &str| domain::incident::Entry::new(at(1), what);
    opened.timeline.push(entry("kept, and then the process died"));
    let (_, version) = here.load(&opened.id).await.unwrap().unwrap();
    incidents::save(&here.blobs, &opened, &version).await.unwrap();
    assert_eq!(trail::recorded(&here.blobs, &opened.id).await.unwrap(), first().timeline);
    opened.timeline.push(entry("somebody else went on"));
    let (_, version) = there.load(&opened.id).await.unwrap().unwrap();
    there.save(&opened, version).await.unwrap();
    assert_eq!(trail::recorded(&here.blobs, &opened.id).await.unwrap(), opened.timeline);
    // This one remembers a shorter trail.
    opened.timeline.push(entry("and here again"));
    let (_, version) = here.load(&opened.id).await.unwrap().unwrap();
    here.save(&opened, version).await.unwrap();
    assert_eq!(trail::recorded(&there.blobs, &opened.id).await.unwrap(), opened.timeline);
}
