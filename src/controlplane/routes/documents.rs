//! Discovery and OpenAPI documents.

use super::response::{answer, no_such_page, text};
use crate::controlplane::request::{ResponseFormat, response_format};
use crate::controlplane::state::ServerState;
use crate::controlplane::{discovery, openapi};
use axum::response::{IntoResponse as _, Response};
use http::{HeaderMap, StatusCode, header};

fn asks_for(headers: &HeaderMap, media_type: &str) -> bool {
    headers.get(header::ACCEPT).and_then(|v| v.to_str().ok()).is_some_and(|v| v.contains(media_type))
}

/// The document at a path; `None` if there is none.
pub fn documents(api: &ServerState, path: &str, headers: &HeaderMap) -> Option<Response> {
    let resources = &api.resources;
    let aggregated = response_format(headers) == ResponseFormat::Discovery;
    let parts: Vec<&str> = path.split('/').filter(|p| !p.is_empty()).collect();
    let value = match parts.as_slice() {
        ["version"] => discovery::version(),
        ["api" | "apis"] if aggregated => {
            let document = discovery::aggregated(resources, parts[0] == "api").to_string();
            let media_type = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";
            return Some(text(StatusCode::OK, media_type, document));
        }
        ["api"] => discovery::api_versions(&api.address),
        ["apis"] => discovery::api_groups(resources),
        ["apis", group] => match discovery::api_group(resources, group) {
            Some(group) => group,
            None => return Some(no_such_page()),
        },
        ["api", version] => discovery::resource_list(resources, "", version)?,
        ["apis", group, version] => discovery::resource_list(resources, group, version)?,
        ["openapi", "v2"] if asks_for(headers, openapi::V2_PROTOBUF) => {
            let media_type = [(header::CONTENT_TYPE, openapi::V2_PROTOBUF_ANSWER)];
            return Some((media_type, openapi::v2_protobuf()).into_response());
        }
        ["openapi", "v2"] => openapi::v2(),
        ["openapi", "v3"] => {
            return Some(text(StatusCode::OK, "text/plain; charset=utf-8", openapi::index(resources).to_string()));
        }
        ["openapi", "v3", "api", version] => openapi::document(resources, "", version)?,
        ["openapi", "v3", "apis", group, version] => openapi::document(resources, group, version)?,
        _ => return None,
    };
    Some(answer(Ok((StatusCode::OK, value))))
}
