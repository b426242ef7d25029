//! URLs in messages.

use url::Url;

/// A URL without the parts that may be secret: credentials, query and fragment.
pub(super) fn shown(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    let port = url.port().map(|p| format!(":{p}")).unwrap_or_default();
    let path: String = url.path().chars().take(200).collect();
    format!("{}://{host}{port}{path}", url.scheme())
}
