//! The kubeconfig for the embedded API server, with CA certificate and token.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// The kubeconfig as YAML.
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
