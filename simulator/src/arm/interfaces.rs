//! What a subnet says of the network interfaces in it.

use serde_json::{Value, json};

use crate::{
    azure::Azure,
    json::{children, list, properties, put, text},
};

/// A resource as a GET shows it: a subnet, or the subnets of a virtual network, with their `ipConfigurations`.
/// Without `$expand` they are only named. What the scenario wrote itself stays.
pub(super) fn with_ip_configurations(azure: &Azure, resource: &Value, expand: &str) -> Value {
    let mut shown = resource.clone();
    let in_full = |what: &str| expand.split(',').any(|wanted| wanted.trim().eq_ignore_ascii_case(what));
    match kind(resource).as_str() {
        "subnets" => fill(azure, &mut shown, in_full("ipConfigurations")),
        "virtualnetworks" => {
            let in_full = in_full("subnets/ipConfigurations");
            children(&mut shown, "subnets").for_each(|subnet| fill(azure, subnet, in_full));
        }
        _ => {}
    }
    shown
}

/// The last type in the id, lower-case.
fn kind(resource: &Value) -> String {
    text(resource, "/id").unwrap_or_default().rsplit('/').nth(1).unwrap_or_default().to_lowercase()
}

fn fill(azure: &Azure, subnet: &mut Value, in_full: bool) {
    if subnet.pointer("/properties/ipConfigurations").is_some() {
        return;
    }
    let id = text(subnet, "/id").unwrap_or_default().to_lowercase();
    let mut found: Vec<Value> = azure
        .resources()
        .filter(|resource| kind(resource) == "networkinterfaces")
        .flat_map(|interface| {
            list(interface, "/properties/ipConfigurations").iter().map(move |it| (interface, it))
        })
        .filter(|(_, it)| text(it, "/properties/subnet/id").is_some_and(|its| its.eq_ignore_ascii_case(&id)))
        .map(|(interface, it)| shown(interface, it, in_full))
        .collect();
    if !found.is_empty() {
        found.sort_by_key(|it| text(it, "/id").map(str::to_owned));
        put(properties(subnet), "ipConfigurations", found);
    }
}

fn shown(interface: &Value, configuration: &Value, in_full: bool) -> Value {
    let name = text(configuration, "/name").unwrap_or_default();
    let own = text(configuration, "/id").map(str::to_owned);
    let id = own
        .unwrap_or_else(|| format!("{}/ipConfigurations/{name}", text(interface, "/id").unwrap_or_default()));
    if !in_full {
        return json!({"id": id});
    }
    let address = configuration.pointer("/properties/privateIPAddress");
    json!({"id": id, "name": name, "properties": {"privateIPAddress": address}})
}
