use serde_json::json;

use super::*;

const GROUP: &str = "/subscriptions/s/resourceGroups/rg/providers";

fn id(text: &str) -> ResourceId {
    ResourceId::parse(&format!("{GROUP}/{text}")).unwrap()
}

fn read(properties: &Value) -> Interface {
    let own = id("Microsoft.Network/networkInterfaces/nic");
    Interface::parse(&json!({ "id": own.as_str(), "properties": properties })).unwrap()
}

#[test]
fn an_interface_says_whose_it_is() {
    let vm = id("Microsoft.Compute/virtualMachines/vm");
    let nic = read(&json!({
        "virtualMachine": { "id": vm.as_str() }, "enableIPForwarding": true,
        "networkSecurityGroup": { "id": id("Microsoft.Network/networkSecurityGroups/nsg").as_str() },
        "ipConfigurations": [
            { "properties": { "privateIPAddress": "10.0.1.4" } }, { "properties": { "privateIPAddress": "fd00::4" } },
        ],
    }));
    assert_eq!((nic.machine, nic.forwards), (Some(vm), true));
    assert_eq!(nic.addresses, ["10.0.1.4".parse::<IpAddr>().unwrap(), "fd00::4".parse().unwrap()]);
    assert!(nic.security_group.is_some() && !nic.is_of_a_service);
    let service =
        read(&json!({ "privateEndpoint": { "id": id("Microsoft.Network/privateEndpoints/pe").as_str() } }));
    assert!(service.is_private_endpoint && service.is_of_a_service && service.machine.is_none());
    assert!(read(&json!({ "hostedWorkloads": ["w"] })).is_of_a_service);
    let wrong = json!({ "id": id("Microsoft.Network/loadBalancers/lb").as_str(), "properties": {} });
    assert!(Interface::parse(&wrong).is_err());
}

#[test]
fn ids_lead_from_a_configuration_to_its_machine() {
    let own = id("Microsoft.Network/networkInterfaces/nic/ipConfigurations/ip");
    let nic = interface_of(&own).unwrap();
    assert_eq!((nic.name().as_str(), instance_of(&nic)), ("nic", None));
    let set = "Microsoft.Compute/virtualMachineScaleSets/web/virtualMachines/3";
    let own = id(&format!("{set}/networkInterfaces/nic/ipConfigurations/ip"));
    assert_eq!(instance_of(&interface_of(&own).unwrap()), Some(id(set)));
    assert_eq!(interface_of(&id("Microsoft.Network/loadBalancers/lb/frontendIPConfigurations/f")), None);
}

#[test]
fn a_subnet_lists_who_holds_its_addresses() {
    let subnet = |more: Value| {
        let own = id("Microsoft.Network/virtualNetworks/vnet/subnets/web");
        let mut raw = json!({ "id": own.as_str(), "properties": { "ipConfigurations": [
            { "id": id("Microsoft.Network/networkInterfaces/nic/ipConfigurations/ip").as_str(),
              "properties": { "privateIPAddress": "10.0.1.4" } },
        ] } });
        for (key, value) in more.as_object().unwrap() {
            raw["properties"][key] = value.clone();
        }
        Occupants::parse(&raw).unwrap()
    };
    let plain = subnet(json!({}));
    assert!(plain.is_complete() && plain.holder("10.0.1.5".parse().unwrap()).is_none());
    assert_eq!(plain.holder("10.0.1.4".parse().unwrap()).unwrap().name().as_str(), "ip");
    assert!(!subnet(json!({ "delegations": [{ "name": "d" }] })).is_complete());
    assert!(!subnet(json!({ "serviceAssociationLinks": [{ "name": "d" }] })).is_complete());
    let nameless =
        json!([{ "id": id("Microsoft.Network/bastionHosts/b/bastionHostIpConfigurations/i").as_str() }]);
    assert!(!subnet(json!({ "ipConfigurations": nameless })).is_complete());
}
