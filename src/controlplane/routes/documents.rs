//! Discovery and OpenAPI documents.

use super::response::{answer, text};
use crate::controlplane::request::{ResponseFormat, response_format};
use crate::controlplane::resource::Resource;
use crate::controlplane::state::ServerState;
use crate::controlplane::status::ApiError;
use crate::controlplane::{discovery, openapi};
use axum::response::{IntoResponse as _, Response};
use http::{HeaderMap, Method, StatusCode, header};

fn asks_for(headers: &HeaderMap, media_type: &str) -> bool {
    headers.get(header::ACCEPT).and_then(|v| v.to_str().ok()).is_some_and(|v| v.contains(media_type))
}

/// A document, by its path.
#[derive(Clone, Copy)]
enum Document<'a> {
    Version,
    /// The versions of the core group.
    CoreVersions,
    Groups,
    Group(&'a str),
    Kinds {
        group: &'a str,
        version: &'a str,
    },
    OpenApiV2,
    OpenApiIndex,
    OpenApi {
        group: &'a str,
        version: &'a str,
    },
}

impl<'a> Document<'a> {
    /// The document at a path; `None` if there is none.
    fn at(path: &'a str, resources: &[Resource]) -> Option<Document<'a>> {
        let parts: Vec<&str> = path.split('/').filter(|p| !p.is_empty()).collect();
        let document = match parts.as_slice() {
            ["version"] => Document::Version,
            ["api"] => Document::CoreVersions,
            ["apis"] => Document::Groups,
            ["apis", group] => Document::Group(group),
            ["api", version] => Document::Kinds { group: "", version },
            ["apis", group, version] => Document::Kinds { group, version },
            ["openapi", "v2"] => Document::OpenApiV2,
            ["openapi", "v3"] => Document::OpenApiIndex,
            ["openapi", "v3", "api", version] => Document::OpenApi { group: "", version },
            ["openapi", "v3", "apis", group, version] => Document::OpenApi { group, version },
            _ => return None,
        };
        let is_served = |group: &str, version: &str| resources.iter().any(|r| r.group == group && r.version == version);
        match document {
            Document::Kinds { group, version } | Document::OpenApi { group, version } => {
                is_served(group, version).then_some(document)
            }
            Document::Group(group) => resources.iter().any(|r| r.group == group).then_some(document),
            _ => Some(document),
        }
    }

    /// Whether the path has the method HEAD, as in kube-apiserver.
    fn has_head(self, resources: &[Resource]) -> bool {
        match self {
            Document::Version | Document::CoreVersions => false,
            Document::Kinds { group, .. } => resources.iter().any(|r| r.group == group && r.custom),
            _ => true,
        }
    }

    fn read(self, api: &ServerState, headers: &HeaderMap) -> Option<Response> {
        let resources = &api.resources;
        let value = match self {
            Document::CoreVersions | Document::Groups if response_format(headers) == ResponseFormat::Discovery => {
                let is_core = matches!(self, Document::CoreVersions);
                let media_type = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";
                return Some(text(StatusCode::OK, media_type, discovery::aggregated(resources, is_core).to_string()));
            }
            Document::Version => discovery::version(),
            Document::CoreVersions => discovery::api_versions(&api.address),
            Document::Groups => discovery::api_groups(resources),
            Document::Group(group) => discovery::api_group(resources, group)?,
            Document::Kinds { group, version } => discovery::resource_list(resources, group, version)?,
            Document::OpenApiV2 if asks_for(headers, openapi::V2_PROTOBUF) => {
                let media_type = [(header::CONTENT_TYPE, openapi::V2_PROTOBUF_ANSWER)];
                return Some((media_type, openapi::v2_protobuf()).into_response());
            }
            Document::OpenApiV2 => openapi::v2(),
            Document::OpenApiIndex => {
                return Some(text(StatusCode::OK, "text/plain; charset=utf-8", openapi::index(resources).to_string()));
            }
            Document::OpenApi { group, version } => openapi::document(resources, group, version)?,
        };
        Some(answer(Ok((StatusCode::OK, value))))
    }
}

/// The response to a request for a document; `None` if there is none at the path.
pub fn answer_at(api: &ServerState, method: &Method, path: &str, headers: &HeaderMap) -> Option<Response> {
    let document = Document::at(path, &api.resources)?;
    match *method {
        Method::GET => document.read(api, headers),
        Method::HEAD if document.has_head(&api.resources) => document.read(api, headers),
        _ => Some(answer(Err(ApiError::document_method_not_allowed()))),
    }
}
