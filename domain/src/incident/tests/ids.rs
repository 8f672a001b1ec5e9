//! Names of incidents, and the values of buttons.

use proptest::prelude::*;

use crate::approval::OfferId;
use crate::card::Verb;
use crate::incident::IncidentId;
use crate::request::{Click, RequestId};

fn any_id() -> impl Strategy<Value = IncidentId> {
    (any::<u64>(), 0..20usize)
        .prop_map(|(seed, attempt)| IncidentId::of(&RequestId::of(&[&seed.to_string()]), attempt))
}

fn any_click() -> impl Strategy<Value = Click> {
    let verbs = [Verb::Approve, Verb::Reject, Verb::Recheck, Verb::Undo];
    let offer = proptest::option::of("[0-9a-f]{32}".prop_map(|offer| OfferId::parse(&offer).unwrap()));
    (proptest::sample::select(verbs.to_vec()), any_id(), offer).prop_map(|(verb, incident, offer)| Click {
        verb,
        incident,
        offer,
    })
}

proptest! {
    #[test]
    fn an_id_reads_back(id in any_id()) {
        prop_assert_eq!(&IncidentId::parse(&id.to_string()).unwrap(), &id);
        prop_assert_eq!(&IncidentId::parse(&id.to_string().to_lowercase()).unwrap(), &id);
        prop_assert_eq!(&IncidentId::parse(id.as_str().trim_start_matches("INC-")).unwrap(), &id);
        prop_assert_eq!(serde_json::from_str::<IncidentId>(&serde_json::to_string(&id).unwrap()).unwrap(), id);
    }

    #[test]
    fn the_same_request_gives_the_same_id_and_each_attempt_a_longer_one(seed in any::<u64>(), attempt in 0..8usize) {
        let request = RequestId::of(&[&seed.to_string()]);
        let (one, next) = (IncidentId::of(&request, attempt), IncidentId::of(&request, attempt + 1));
        prop_assert_eq!(&one, &IncidentId::of(&request, attempt));
        prop_assert!(next.as_str().starts_with(one.as_str()));
        prop_assert_eq!(next.as_str().len(), one.as_str().len() + 1);
    }

    #[test]
    fn reading_an_id_never_panics_and_takes_only_ids(text in ".{0,24}") {
        if let Ok(id) = IncidentId::parse(&text) {
            prop_assert!(id.as_str().len() <= 16 && id.as_str().starts_with("INC-"));
            prop_assert_eq!(IncidentId::parse(id.as_str()).unwrap(), id);
        }
    }

    #[test]
    fn a_button_reads_back_and_fits(click in any_click()) {
        let value = click.to_string();
        prop_assert!(value.len() <= 100, "{}", value);
        prop_assert_eq!(value.parse::<Click>().unwrap(), click);
    }

    #[test]
    fn reading_a_button_never_panics(value in ".{0,120}") {
        drop(value.parse::<Click>());
    }
}

#[test]
fn letters_that_look_like_digits_are_read_as_such() {
    assert_eq!(IncidentId::parse(" inc-oil1 ").unwrap().as_str(), "INC-0111");
    for bad in ["", "INC-", "INC-7K", "INC-7K2U", "INC-7K2F7K2F7K2F7", "inc 7k2f", "ÄÖÜÄ"] {
        assert!(IncidentId::parse(bad).is_err(), "{bad}");
    }
}

#[test]
fn other_buttons_are_not_ours() {
    for bad in [
        "",
        "approve",
        "approve:",
        "approve:INC-7K2F:9f3a",
        "destroy:INC-7K2F",
        "approve:INC-7K2F:",
        "Approve:INC-7K2F",
    ] {
        assert!(bad.parse::<Click>().is_err(), "{bad}");
    }
}

#[test]
fn parts_of_a_request_do_not_run_together() {
    assert_ne!(RequestId::of(&["ab", "c"]), RequestId::of(&["a", "bc"]));
}
