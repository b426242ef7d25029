//! The bodies of requests: JSON, YAML, and what kubectl sends in protobuf.

use crate::controlplane::protobuf;
use crate::controlplane::status::ApiError;
use axum::body::{Body, Bytes, to_bytes};
use http::{HeaderMap, header};
use serde_json::Value;

/// Bodies are read up to this.
const BODY_MAX: usize = 3 << 20;

/// All of a body.
pub async fn read_bytes(body: Body) -> Result<Bytes, ApiError> {
    let too_large = |_| ApiError::too_large(format!("a request may have at most {BODY_MAX} bytes"));
    to_bytes(body, BODY_MAX).await.map_err(too_large)
}

/// The media type, without its parameters; JSON where none is named.
pub fn media_type(headers: &HeaderMap) -> &str {
    let named = headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    match named.split(';').next().unwrap_or_default().trim() {
        "" => "application/json",
        named => named,
    }
}

/// A body that is an object.
pub async fn read_object(headers: &HeaderMap, body: Body) -> Result<Value, ApiError> {
    parse_object(media_type(headers), &read_bytes(body).await?)
}

/// The options of a delete, which may be left out.
pub async fn read_options(headers: &HeaderMap, body: Body) -> Result<Value, ApiError> {
    let bytes = read_bytes(body).await?;
    if bytes.is_empty() { Ok(Value::Null) } else { parse_object(media_type(headers), &bytes) }
}

/// Reads an object out of the bytes of a body.
pub fn parse_object(media_type: &str, bytes: &[u8]) -> Result<Value, ApiError> {
    let value: Value = match media_type {
        "application/json" => serde_json::from_slice(bytes).map_err(|e| ApiError::bad_request(e.to_string()))?,
        "application/yaml" | "application/apply-patch+yaml" => {
            let text = std::str::from_utf8(bytes).map_err(|e| ApiError::bad_request(e.to_string()))?;
            // JSON is what most clients send here, and it is quicker to read.
            let json = serde_json::from_str(text);
            json.or_else(|_| serde_saphyr::from_str(text)).map_err(|e| ApiError::bad_request(e.to_string()))?
        }
        "application/vnd.kubernetes.protobuf" => protobuf::decode(bytes).map_err(ApiError::media_type)?,
        other => {
            let message = format!(
                "the body of the request was in an unknown format - accepted media types include: application/json, application/yaml (got {other:?})"
            );
            return Err(ApiError::media_type(message));
        }
    };
    if value.is_object() { Ok(value) } else { Err(ApiError::bad_request("the body is not an object")) }
}
