//! `agentic-ops token`: prints a signed token, and creates the secret that signs it.

use super::CliError;
use crate::api::Role;
use crate::commands::{CALLER_NAME_MAX, Caller};
use crate::controlplane::{DataDir, StartError};
use crate::domain::duration;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::json;
use std::path::{Path, PathBuf};

const FILE: &str = "auth-secret";
/// Minimum length of the secret in bytes; shorter ones can be guessed.
const SECRET_MIN: usize = 16;

/// Options of `token`.
#[derive(Debug, clap::Args)]
pub struct TokenArgs {
    /// Name of the person who will use the token
    #[arg(long, value_parser = name)]
    pub name: String,
    /// Role; can be given several times
    #[arg(long = "role", required = true, value_parser = role)]
    pub roles: Vec<Role>,
    /// Time until the token expires
    #[arg(long, default_value = "12h")]
    pub ttl: String,
    /// Data directory of the standalone process that will accept the token; standalone makes it at its first start
    #[arg(long, value_name = "DIR", default_value = "./data")]
    pub data: PathBuf,
}

/// What the facade accepts as a name.
fn name(text: &str) -> Result<String, String> {
    let expected = || format!("should be 1 to {CALLER_NAME_MAX} characters, none of them a control character");
    if Caller::is_name(text) { Ok(text.to_string()) } else { Err(expected()) }
}

fn role(text: &str) -> Result<Role, String> {
    let known = Role::ALL.map(|r| r.as_str()).join(", ");
    Role::parse(text).ok_or_else(|| format!("{text:?} is not a role: use {known}"))
}

/// Prints the token.
pub fn run(args: &TokenArgs) -> Result<(), CliError> {
    let ttl = duration::parse(&args.ttl).map_err(|e| CliError::Argument(format!("--ttl: {e}")))?;
    if ttl.as_secs() == 0 {
        return Err(CliError::Argument(format!("--ttl: {} is too short: use 1s or more", args.ttl)));
    }
    if !DataDir::is_one(&args.data) {
        return Err(CliError::Argument(not_a_data_directory(&args.data)));
    }
    let secret = load_or_make_secret(&args.data)?;
    println!("{}", issue(&secret, &args.name, &args.roles, Timestamp::now(), ttl)?);
    Ok(())
}

/// A token that is signed by the secret of another directory would be refused later, without a reason.
fn not_a_data_directory(path: &Path) -> String {
    let path = path.display();
    format!(
        "--data: {path} is no data directory of agentic-ops, so that no program would accept the token: give the directory that \
         standalone or demo was started with as --data; if it never ran, start it first, which makes the directory"
    )
}

/// Issues a token for the default issuer, audience and roles claim.
pub fn issue(
    secret: &[u8],
    name: &str,
    roles: &[Role],
    now: Timestamp,
    ttl: std::time::Duration,
) -> Result<String, CliError> {
    let expires = now.as_second().saturating_add(ttl.as_secs().try_into().unwrap_or(i64::MAX));
    let claims = json!({
        "sub": name,
        "roles": roles,
        "aud": "agentic-ops",
        "iat": now.as_second(),
        "exp": expires,
    });
    encode(&Header::new(Algorithm::HS256), &claims, &EncodingKey::from_secret(secret))
        .map_err(|e| CliError::Argument(e.to_string()))
}

/// Reads a secret file, without a trailing newline.
pub fn read_secret(path: &Path) -> Result<Vec<u8>, CliError> {
    let mut bytes = std::fs::read(path).map_err(|source| CliError::File { path: path.into(), source })?;
    if bytes.last() == Some(&b'\n') {
        bytes.pop();
    }
    if bytes.len() < SECRET_MIN {
        let message =
            format!("{}: the secret has {} bytes, at least {SECRET_MIN} are required", path.display(), bytes.len());
        return Err(CliError::Argument(message));
    }
    Ok(bytes)
}

/// Reads the secret of a data directory, and creates it if absent.
pub fn load_or_make_secret(data: &Path) -> Result<Vec<u8>, CliError> {
    match data.join(FILE) {
        path if path.exists() => read_secret(&path),
        _ => load_or_make_secret_in(&DataDir::prepare(data).map_err(StartError::DataDir)?),
    }
}

/// Reads the secret of a data directory that was prepared, and creates it if absent.
pub fn load_or_make_secret_in(data: &DataDir) -> Result<Vec<u8>, CliError> {
    let path = data.path().join(FILE);
    if !path.exists() {
        let failed = |source| CliError::File { path: path.clone(), source };
        let random: Vec<u8> = (0..3).flat_map(|_| uuid::Uuid::new_v4().into_bytes()).collect();
        crate::controlplane::write_private(&path, &format!("{}\n", URL_SAFE_NO_PAD.encode(random))).map_err(failed)?;
    }
    read_secret(&path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_that_the_facade_would_refuse_is_not_printed() {
        for (text, is_name) in [("ana", true), ("Ana Lúcia", true), ("", false), ("a\nb", false)] {
            assert_eq!(name(text).is_ok(), is_name, "{text:?}");
        }
        let args =
            TokenArgs { name: "ana".into(), roles: vec![Role::OpsLead], ttl: "0s".into(), data: "/nowhere".into() };
        assert_eq!(run(&args).unwrap_err().to_string(), "--ttl: 0s is too short: use 1s or more");
    }

    #[test]
    fn no_secret_is_made_in_a_directory_that_is_no_data_directory() {
        let directory = std::env::temp_dir().join(format!("agentic-ops-token-{}", uuid::Uuid::new_v4()));
        let args =
            || TokenArgs { name: "ana".into(), roles: vec![Role::OpsLead], ttl: "1h".into(), data: directory.clone() };
        let refused = || run(&args()).unwrap_err().to_string();
        assert!(
            refused().starts_with(&format!("--data: {} is no data directory", directory.display())),
            "{}",
            refused()
        );
        assert!(!directory.exists());
        std::fs::create_dir(&directory).unwrap();
        std::fs::write(directory.join("other"), "").unwrap();
        assert!(refused().contains("is no data directory"), "{}", refused());
        assert_eq!(std::fs::read_dir(&directory).unwrap().count(), 1, "nothing is added");
        std::fs::write(directory.join("controlplane.db"), "").unwrap();
        run(&args()).unwrap();
        assert!(directory.join(FILE).exists());
        std::fs::remove_dir_all(&directory).unwrap();
    }
}
