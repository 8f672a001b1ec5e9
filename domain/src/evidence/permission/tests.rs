use serde_json::json;

use super::*;

fn of(entries: Value) -> Permissions {
    Permissions::read(&json!({ "value": entries })).unwrap()
}

#[test]
fn a_pattern_covers_what_its_stars_stand_for() {
    for pattern in ["*", "Microsoft.Network/*", "microsoft.network/APPLICATIONGATEWAYS/write", "*/write"] {
        assert!(covers(pattern, WRITE), "{pattern}");
    }
    for pattern in ["", "*/read", "Microsoft.Network/*/read", "Microsoft.Network/applicationGateways"] {
        assert!(!covers(pattern, WRITE), "{pattern}");
    }
    assert!(covers("Microsoft.Network/*/join/*", "Microsoft.Network/a/b/join/action"));
}

#[test]
fn what_one_role_takes_away_another_may_give() {
    let reader = json!({"actions": ["*/read"], "notActions": []});
    let careful = json!({"actions": ["*"], "notActions": ["Microsoft.Network/*/write"]});
    let writer = json!({"actions": [WRITE], "notActions": []});
    assert!(!of(json!([reader])).allow(WRITE));
    assert!(!of(json!([reader, careful])).allow(WRITE));
    assert!(of(json!([careful, writer])).allow(WRITE));
    assert!(!of(json!([])).allow(WRITE));
    assert!(Permissions::read(&json!({})).is_err());
}
