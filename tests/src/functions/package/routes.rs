//! What two functions may not both have, and what none may.

use super::{Function, Trigger};

/// Built-in routes stay with the host, by plain `StartsWith` (Azure/azure-functions-host,
/// `ScriptHost.ValidateHttpFunction`): `administrate` is refused too.
const RESERVED: [&str; 2] = ["admin", "runtime"];

pub(super) fn check(functions: &[Function], wrong: &mut Vec<String>) {
    let routes: Vec<(&str, &str, &[String])> = functions.iter().filter_map(http).collect();
    for (at, (name, route, methods)) in routes.iter().enumerate() {
        let lower = route.to_ascii_lowercase();
        if RESERVED.iter().any(|reserved| lower.starts_with(reserved)) {
            wrong.push(format!(
                "function {name}: the route {route:?} conflicts with one or more built in routes"
            ));
        }
        if is_template(route) {
            wrong.push(format!("function {name}: the harness does not know the route template {route:?}"));
        }
        // Azure/azure-functions-host, ScriptHost.VerifyNoRouteCollisions (by route and overlapping methods).
        let twin = routes[..at]
            .iter()
            .find(|(_, other, theirs)| other.eq_ignore_ascii_case(route) && overlap(theirs, methods));
        if let Some((other, ..)) = twin {
            wrong.push(format!("function {name}: the route {route:?} conflicts with function {other}"));
        }
    }
}

fn http(function: &Function) -> Option<(&str, &str, &[String])> {
    match &function.trigger {
        Trigger::Http { route, methods, .. } => Some((&function.name, route, methods)),
        _ => None,
    }
}

/// A literal route is known, and one catch-all at the end.
fn is_template(route: &str) -> bool {
    let literal = route.rsplit_once('/').map_or(("", route), |(front, last)| (front, last));
    let catch_all = literal.1.starts_with("{*") && literal.1.ends_with('}');
    literal.0.contains(['{', '}']) || (!catch_all && literal.1.contains(['{', '}']))
}

fn overlap(one: &[String], two: &[String]) -> bool {
    one.is_empty() || two.is_empty() || one.iter().any(|method| two.contains(method))
}
