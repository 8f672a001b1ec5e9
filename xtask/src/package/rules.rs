//! What the Functions host refuses, or takes and should not: found here, before anything is deployed.
//!
//! A function that breaks a rule is left out by the host, with a line in its log and nothing else.

#[cfg(test)]
mod tests;

use anyhow::{Context, Result, bail, ensure};

use super::functions::{App, EXECUTABLE, Function, Host};

/// The longest name of a function or binding.
const LONGEST_NAME: usize = 128;

/// The route by which the app checks itself.
const CHECK: &str = "check";

/// Checks every rule. The error names the function and the rule.
pub(super) fn check(app: &App) -> Result<()> {
    host(&app.host).context("host.json")?;
    ensure!(!app.functions.is_empty(), "function.json names no function");
    for function in &app.functions {
        alone(function).with_context(|| format!("function `{}`", function.name))?;
    }
    for (index, one) in app.functions.iter().enumerate() {
        for other in app.functions.iter().skip(index + 1) {
            pair(one, other).with_context(|| format!("functions `{}` and `{}`", one.name, other.name))?;
        }
    }
    Ok(())
}

fn host(host: &Host) -> Result<()> {
    // The host sends queue messages and timers to `/NAME`, and the bot believes what comes there. Were the
    // prefix empty, a public path could be such a path.
    if host.route_prefix.trim_matches(['/', ' ']).is_empty() {
        bail!("extensions.http.routePrefix may not be empty: anybody could reach the paths of the triggers");
    }
    if host.executable != EXECUTABLE {
        let found = &host.executable;
        bail!("customHandler.description.defaultExecutablePath has to be `{EXECUTABLE}`, not `{found}`");
    }
    Ok(())
}

/// The rules that a function can keep or break by itself.
fn alone(function: &Function) -> Result<()> {
    function_name(&function.name)?;
    for binding in &function.bindings {
        binding_name(&binding.name)?;
        let same = function.bindings.iter().filter(|other| same_text(&other.name, &binding.name));
        ensure!(same.count() == 1, "the binding name `{}` is used more than once", binding.name);
    }
    let triggers = function.triggers().count();
    ensure!(triggers == 1, "a function has exactly one trigger, and this has {triggers}");
    function.auth_level().map_or(Ok(()), auth_level)?;
    by_the_master_key(function)?;
    function.route().map_or(Ok(()), route)
}

/// The host takes these three, in any case, and leaves out a function with another (Azure Functions, "HTTP trigger",
/// authLevel).
fn auth_level(level: &str) -> Result<()> {
    let known = ["anonymous", "function", "admin"].iter().any(|known| same_text(known, level));
    ensure!(known, "the authLevel `{level}` is none of `anonymous`, `function` and `admin`");
    Ok(())
}

/// What the app says of itself is for whoever has the master key, and for nobody else.
fn by_the_master_key(function: &Function) -> Result<()> {
    let is_check = function.route().is_some_and(|route| same_text(route, CHECK));
    let level = function.auth_level().unwrap_or_default();
    ensure!(
        !is_check || same_text(level, "admin"),
        "the route `{CHECK}` tells of the app's permissions, so its authLevel has to be `admin`, not `{level}`"
    );
    Ok(())
}

fn function_name(name: &str) -> Result<()> {
    let rule = "a name is a letter, then letters, digits, `_` and `-`, 128 characters at most";
    ensure!(is_name(name, |byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')), rule);
    ensure!(!same_text(name, "host"), "the name `host` is the host's own");
    Ok(())
}

fn binding_name(name: &str) -> Result<()> {
    if name != "$return" && !is_name(name, |byte| byte.is_ascii_alphanumeric()) {
        bail!(
            "the binding name `{name}` is neither `$return` nor a letter and then letters and digits, 128 at most"
        );
    }
    Ok(())
}

fn route(route: &str) -> Result<()> {
    let route = route.to_ascii_lowercase();
    for reserved in ["admin", "runtime"] {
        ensure!(
            !route.starts_with(reserved),
            "the route `{route}` starts with `{reserved}`, which is the host's own"
        );
    }
    Ok(())
}

/// The rules between two functions.
fn pair(one: &Function, other: &Function) -> Result<()> {
    ensure!(!same_text(&one.name, &other.name), "the host does not tell capital letters from small ones");
    if let (Some(left), Some(right)) = (one.route(), other.route()) {
        let both = same_text(left, right) && overlap(&one.methods(), &other.methods());
        ensure!(!both, "both answer to the route `{left}` and a method that they share");
    }
    Ok(())
}

/// Whether a method is in both lists. The host takes an empty list for every method.
fn overlap(left: &[String], right: &[String]) -> bool {
    left.is_empty() || right.is_empty() || left.iter().any(|method| right.contains(method))
}

fn is_name(name: &str, rest: impl Fn(u8) -> bool) -> bool {
    let starts_well = name.bytes().next().is_some_and(|first| first.is_ascii_alphabetic());
    starts_well && name.len() <= LONGEST_NAME && name.bytes().all(rest)
}

fn same_text(left: &str, right: &str) -> bool {
    left.eq_ignore_ascii_case(right)
}
