//! What is no message.

use domain::incident::IncidentId;
use domain::say;

use super::*;

fn pretty(view: &Value) -> String {
    serde_json::to_string_pretty(view).expect("JSON")
}

#[test]
fn undo_asks_why_in_a_dialog() {
    let question = say::why_undo(&IncidentId::parse("INC-7K2F").expect("an id"));
    insta::assert_snapshot!("dialog", pretty(&dialog(&question, "agw.undo", "{}")));
}

#[test]
fn the_home_tab_shows_one_card_below_the_other() {
    let cards = [cards::proposed(), cards::fixed()];
    insta::assert_snapshot!("home", pretty(&home(&cards)));
}

#[test]
fn a_home_tab_stays_within_a_hundred_blocks_and_cuts_no_card() {
    let view = home(&vec![cards::proposed(); 40]);
    let blocks = view["blocks"].as_array().expect("blocks");
    let of_one = message(&cards::proposed()).blocks.len();
    assert!(blocks.len() <= 100 && blocks.len().is_multiple_of(of_one), "{}", blocks.len());
    assert!(blocks.iter().all(|block| block.get("block_id").is_none()));
}
