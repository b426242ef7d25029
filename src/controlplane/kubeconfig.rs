//! The kubeconfig that opens the API, with CA and token in it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// The file's text.
pub fn render(server: &str, ca_pem: &str, token: &str, namespace: &str) -> String {
    let ca = STANDARD.encode(ca_pem);
    format!(
        "apiVersion: v1
kind: Config
clusters:
- name: agentic-ops
  cluster:
    server: {server}
    certificate-authority-data: {ca}
users:
- name: agentic-ops
  user:
    token: {token}
contexts:
- name: agentic-ops
  context:
    cluster: agentic-ops
    user: agentic-ops
    namespace: {namespace}
current-context: agentic-ops
"
    )
}
