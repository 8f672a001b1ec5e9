//! What Discord tells a bot about itself: its application, and what it may do where.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use serde_json::json;

use super::state::Shared;
use super::{APPLICATION, DISCORD_CHANNEL, GUILD};

pub(super) async fn application(State(shared): State<Arc<Shared>>, headers: HeaderMap) -> Response {
    shared.answer("GET application", true, &headers, b"{}", |inner, _| {
        let (key, url) = (&inner.verify_key, &inner.endpoint);
        Ok(json!({ "id": APPLICATION, "verify_key": key, "interactions_endpoint_url": url }))
    })
}

pub(super) async fn channel_info(
    State(shared): State<Arc<Shared>>,
    Path(channel): Path<String>,
    headers: HeaderMap,
) -> Response {
    shared.answer("GET channel", true, &headers, b"{}", |_, _| match channel.as_str() {
        DISCORD_CHANNEL => {
            Ok(json!({ "id": channel, "guild_id": GUILD, "name": "ops", "permission_overwrites": [] }))
        }
        _ => Err((404, 10_003, "Unknown Channel")),
    })
}

pub(super) async fn member(
    State(shared): State<Arc<Shared>>,
    Path((guild, member)): Path<(String, String)>,
    headers: HeaderMap,
) -> Response {
    assert_eq!((guild.as_str(), member.as_str()), (GUILD, APPLICATION));
    shared.answer("GET member", true, &headers, b"{}", |_, _| Ok(json!({ "roles": ["7"] })))
}

pub(super) async fn roles(State(shared): State<Arc<Shared>>, headers: HeaderMap) -> Response {
    shared.answer("GET roles", true, &headers, b"{}", |inner, _| {
        let bits = inner.permissions.to_string();
        Ok(json!([{ "id": GUILD, "permissions": "0" }, { "id": "7", "permissions": bits }]))
    })
}
