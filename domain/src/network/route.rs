//! Routes: where traffic that leaves a subnet goes next.
//!
//! The longest prefix that holds the destination decides; of equal ones a user-defined route comes before
//! one that was learned by BGP, and that before Azure's own. Source: Microsoft, "Virtual network traffic
//! routing", how Azure selects a route. Field names: `RouteTable.json` and
//! `NetworkInterfaces_GetEffectiveRouteTable` of Azure/azure-rest-api-specs, api-version 2025-01-01.

mod choose;
mod hop;
mod subnet;
mod table;
#[cfg(test)]
mod tests;

pub use choose::{Chosen, RouteDoubt, Way};
pub use hop::{NextHop, RouteSource};
pub use subnet::SubnetRoutes;
pub use table::{EffectiveRoutes, Route, RouteTable};
