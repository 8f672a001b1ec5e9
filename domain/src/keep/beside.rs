//! A plan of resources beside the gateway, as requests of `az rest`: the same that the bot sends.
//!
//! Said in bash alone: in Bicep and Terraform such a resource is one of its own, and where it belongs in somebody's
//! code, and under which name, cannot be known from here.

use super::quote::{bash, comment};
use crate::plan::{Beside, Plan};

/// The requests that write what the plan writes, in its order.
pub(super) fn pieces(plan: &Plan) -> Vec<String> {
    let head = "# For bash. Each command writes one resource, and replaces it as a whole.".to_owned();
    std::iter::once(head).chain(plan.beside().iter().map(request)).collect()
}

fn request(beside: &Beside) -> String {
    // The host is filled in by az, for the cloud that it is signed in to.
    let url = format!("{}?api-version={}", beside.path, beside.kind.version());
    let (method, body) = match &beside.after {
        Some(after) => ("put", format!(" \\\n  --body {}", bash(&after.to_string()))),
        None => ("delete", String::new()),
    };
    let what = comment(&beside.in_words());
    format!("# {what}\naz rest --method {method} \\\n  --url {}{body}", bash(&url))
}
