//! Authentication by the bearer token that is stored in the data directory and in the kubeconfig.

use super::data_dir::write_private;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{HeaderMap, header};
use sha2::{Digest, Sha256};
use std::io;
use std::path::{Path, PathBuf};

/// User name of every authenticated client.
pub const USER: &str = "agentic-ops:admin";

/// Minimum length of the token; shorter ones can be guessed.
const LENGTH_MIN: usize = 32;

/// Why there is no token.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    #[error("{path}: {source}")]
    File { path: PathBuf, source: io::Error },
    #[error(
        "{path}: the token has {length} characters, at least {LENGTH_MIN} are required: restore the file, or remove it to have a new token made, which other copies of the kubeconfig do not have"
    )]
    TooShort { path: PathBuf, length: usize },
}

/// The bearer token.
#[derive(Clone)]
pub struct Token {
    text: String,
    digest: [u8; 32],
}

impl Token {
    /// Loads the token from the data directory, or creates it if the file is absent. A damaged file is an error: with
    /// another token, all kubeconfigs that were handed out would stop working.
    pub fn load_or_create(data_dir: &Path) -> Result<Token, TokenError> {
        let path = data_dir.join("token");
        let failed = |source| TokenError::File { path: path.clone(), source };
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text.trim().to_string(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let random: Vec<u8> = (0..3).flat_map(|_| uuid::Uuid::new_v4().into_bytes()).collect();
                let text = URL_SAFE_NO_PAD.encode(random);
                write_private(&path, &text).map_err(failed)?;
                text
            }
            Err(error) => return Err(failed(error)),
        };
        if text.len() < LENGTH_MIN {
            return Err(TokenError::TooShort { path, length: text.len() });
        }
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
