//! `agw`: a chat-ops bot that finds out why an Azure Application Gateway answers 502 and mends it when
//! somebody approves. See ARCHITECTURE.md for the way through the house.

pub mod alerts;
pub mod app;
pub mod azure;
pub mod chat;
pub mod check;
pub mod cli;
pub mod clock;
pub mod config;
pub mod functions;
pub mod intake;
pub mod investigate;
mod jwt;
pub mod ports;
pub mod report;
pub mod routes;
pub mod store;
pub mod telemetry;
pub mod worker;
