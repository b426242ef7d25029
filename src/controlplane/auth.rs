//! Authentication by the bearer token that is stored in the data directory and in the kubeconfig.

use super::tls::write_private;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{HeaderMap, header};
use sha2::{Digest, Sha256};
use std::io;
use std::path::Path;

/// User name of every authenticated client.
pub const USER: &str = "agentic-ops:admin";

/// The bearer token.
#[derive(Clone)]
pub struct Token {
    text: String,
    digest: [u8; 32],
}

impl Token {
    /// Loads the token from the data directory, or creates it.
    pub fn load_or_create(data_dir: &Path) -> io::Result<Token> {
        let path = data_dir.join("token");
        let text = match std::fs::read_to_string(&path) {
            Ok(text) if text.trim().len() >= 32 => text.trim().to_string(),
            _ => {
                let random: Vec<u8> = (0..3).flat_map(|_| uuid::Uuid::new_v4().into_bytes()).collect();
                let text = URL_SAFE_NO_PAD.encode(random);
                write_private(&path, &text)?;
                text
            }
        };
        let digest = Sha256::digest(text.as_bytes()).into();
        Ok(Token { text, digest })
    }

    /// The token in plain text.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether a request has the token. Digests are compared, so that the time taken does not reveal how much of it
    /// matches.
    pub fn authenticates(&self, headers: &HeaderMap) -> bool {
        let given = headers.get(header::AUTHORIZATION).and_then(|v| v.to_str().ok()).unwrap_or_default();
        let given = given.strip_prefix("Bearer ").unwrap_or_default();
        let digest: [u8; 32] = Sha256::digest(given.trim().as_bytes()).into();
        digest == self.digest
    }
}
