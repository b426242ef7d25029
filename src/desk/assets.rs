//! The style, the scripts and the icons, which are part of the program. An address has the hash of its content, so that browsers keep
//! a file for as long as they like.

use axum::extract::Path;
use axum::http::header::{ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, VARY};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest as _, Sha256};
use std::io::Write as _;
use std::sync::LazyLock;

/// Digits of the hash in an address.
const DIGITS: usize = 12;
const FOREVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");

/// The style sheets, in their order.
const STYLE: &[&str] = &[
    include_str!("assets/style/tokens.css"),
    include_str!("assets/style/ground.css"),
    include_str!("assets/style/marks.css"),
    include_str!("assets/style/controls.css"),
    include_str!("assets/style/bar.css"),
    include_str!("assets/style/frame.css"),
    include_str!("assets/style/inbox.css"),
    include_str!("assets/style/head.css"),
    include_str!("assets/style/thread.css"),
    include_str!("assets/style/facts.css"),
    include_str!("assets/style/window.css"),
    include_str!("assets/style/states.css"),
    include_str!("assets/style/lists.css"),
    include_str!("assets/style/tools.css"),
    include_str!("assets/style/narrow.css"),
    include_str!("assets/style/window-narrow.css"),
    include_str!("assets/style/navigation.css"),
    include_str!("assets/style/board.css"),
    include_str!("assets/style/media.css"),
    include_str!("assets/style/print.css"),
];

/// The scripts, in their order. Without them reading and acknowledging work.
const SCRIPT: &[&str] = &[
    include_str!("assets/vendor/htmx.min.js"),
    include_str!("assets/script/connection.js"),
    include_str!("assets/script/stream.js"),
    include_str!("assets/vendor/sse.min.js"),
    include_str!("assets/script/desk.js"),
    include_str!("assets/script/times.js"),
    include_str!("assets/script/badge.js"),
    include_str!("assets/script/unread.js"),
    include_str!("assets/script/undo.js"),
    include_str!("assets/script/menus.js"),
    include_str!("assets/script/print.js"),
    include_str!("assets/script/keys.js"),
];

/// The script of the shared worker.
const WORKER: &[&str] = &[include_str!("assets/script/connection.js"), include_str!("assets/script/worker.js")];

/// A file as it is answered.
struct File {
    name: String,
    media_type: &'static str,
    content: Bytes,
    /// Where that is shorter.
    gzip: Option<Bytes>,
}

/// All files.
pub struct Assets {
    pub style: String,
    pub script: String,
    pub worker: String,
    /// With no number, 1 to 9, and more.
    pub icons: Vec<String>,
    files: Vec<File>,
}

static ASSETS: LazyLock<Assets> = LazyLock::new(Assets::new);

/// The addresses of the files.
pub fn assets() -> &'static Assets {
    &ASSETS
}

impl Assets {
    fn new() -> Assets {
        let mut files = Vec::new();
        let mut add = |name: &str, extension: &str, media_type, content: String| {
            let digest = Sha256::digest(&content);
            let digits: String = digest.iter().map(|byte| format!("{byte:02x}")).take(DIGITS / 2).collect();
            let name = format!("{name}-{digits}.{extension}");
            let address = format!("/desk/assets/{name}");
            let gzip = gzip(content.as_bytes()).filter(|gzip| gzip.len() < content.len());
            files.push(File { name, media_type, content: content.into(), gzip });
            address
        };
        let script = "text/javascript; charset=utf-8";
        Assets {
            style: add("desk", "css", "text/css; charset=utf-8", STYLE.concat()),
            script: add("desk", "js", script, SCRIPT.join("\n;\n")),
            worker: add("worker", "js", script, WORKER.join("\n")),
            icons: (0..=10).map(|count| add(&format!("icon-{count}"), "svg", "image/svg+xml", icon(count))).collect(),
            files,
        }
    }
}

/// The icon of the window with the number of pending Messages.
fn icon(count: usize) -> String {
    let number = match count {
        0 => return include_str!("assets/icon.svg").into(),
        1..=9 => count.to_string(),
        _ => "9+".into(),
    };
    include_str!("assets/icon-pending.svg").replace("{}", &number)
}

fn gzip(content: &[u8]) -> Option<Bytes> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(content).ok()?;
    encoder.finish().ok().map(Bytes::from)
}

/// `GET /desk/assets/{name}`.
pub async fn serve(Path(name): Path<String>, headers: HeaderMap) -> Response {
    let Some(file) = assets().files.iter().find(|file| file.name == name) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let common = [
        (CONTENT_TYPE, HeaderValue::from_static(file.media_type)),
        (CACHE_CONTROL, FOREVER),
        (VARY, HeaderValue::from_static("Accept-Encoding")),
    ];
    match file.gzip.as_ref().filter(|_| accepts_gzip(&headers)) {
        Some(gzip) => (common, [(CONTENT_ENCODING, "gzip")], gzip.clone()).into_response(),
        None => (common, file.content.clone()).into_response(),
    }
}

fn accepts_gzip(headers: &HeaderMap) -> bool {
    let values = headers.get_all(ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    let mut codings = values.flat_map(|value| value.split(',')).map(|coding| coding.replace(' ', ""));
    codings.any(|coding| coding == "gzip" || coding.starts_with("gzip;") && !coding.ends_with("q=0"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::to_bytes;

    async fn get(name: &str, encoding: &'static str) -> (u16, HeaderMap, Bytes) {
        let headers = [(ACCEPT_ENCODING, HeaderValue::from_static(encoding))].into_iter().collect();
        let response = serve(Path(name.to_string()), headers).await;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        (status, headers, to_bytes(response.into_body(), 1 << 20).await.unwrap())
    }

    #[tokio::test]
    async fn a_file_is_kept_by_browsers_and_compressed() {
        let all = assets();
        let icons = all.icons.iter().collect::<Vec<_>>();
        for address in [vec![&all.style, &all.script, &all.worker], icons].concat() {
            let name = address.strip_prefix("/desk/assets/").unwrap();
            let (status, headers, plain) = get(name, "identity").await;
            assert_eq!((status, &headers[CACHE_CONTROL]), (200, &FOREVER), "{name}");
            assert!(headers.get(CONTENT_ENCODING).is_none());
            let (_, headers, packed) = get(name, "br, gzip;q=0.8").await;
            let is_packed = headers.get(CONTENT_ENCODING).is_some_and(|coding| coding == "gzip");
            assert!(is_packed == (packed.len() < plain.len()), "{name}");
        }
        let (_, _, script) = get(all.script.strip_prefix("/desk/assets/").unwrap(), "gzip").await;
        let (_, _, style) = get(all.style.strip_prefix("/desk/assets/").unwrap(), "gzip").await;
        assert!(script.len() + style.len() < 60 << 10, "{} and {} bytes", script.len(), style.len());
        assert_eq!(get("desk-000000000000.js", "gzip").await.0, 404);
        for refused in ["", "br", "gzip;q=0"] {
            assert!(!accepts_gzip(&[(ACCEPT_ENCODING, HeaderValue::from_static(refused))].into_iter().collect()));
        }
    }
}
