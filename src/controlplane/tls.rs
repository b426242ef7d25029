//! A private CA and a server certificate, stored in the data directory.

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
};
use std::io::{self, Write as _};
use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{self, ServerConfig};

/// Why there is no certificate.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    #[error("{path}: {source}")]
    File { path: String, source: io::Error },
    #[error("certificate: {0}")]
    Certificate(#[from] rcgen::Error),
    #[error("TLS: {0}")]
    Tls(#[from] rustls::Error),
    #[error("certificate: {0}")]
    Pem(String),
}

/// The TLS configuration of the server, and the CA certificate for clients.
pub struct Identity {
    pub ca_pem: String,
    pub config: Arc<ServerConfig>,
}

/// Loads the CA from the data directory or creates it, and issues a new server certificate.
pub fn identity(data_dir: &Path, address: IpAddr) -> Result<Identity, TlsError> {
    let (key_path, cert_path) = (data_dir.join("ca.key"), data_dir.join("ca.crt"));
    let file = |path: &Path, source| TlsError::File { path: path.display().to_string(), source };
    let (ca_key, ca_pem) = match (std::fs::read_to_string(&key_path), std::fs::read_to_string(&cert_path)) {
        (Ok(key), Ok(pem)) => (KeyPair::from_pem(&key)?, pem),
        _ => {
            let key = KeyPair::generate()?;
            let pem = ca_params()?.self_signed(&key)?.pem();
            write_private(&key_path, &key.serialize_pem()).map_err(|e| file(&key_path, e))?;
            std::fs::write(&cert_path, &pem).map_err(|e| file(&cert_path, e))?;
            (key, pem)
        }
    };
    let issuer = Issuer::new(ca_params()?, ca_key);
    let server_key = KeyPair::generate()?;
    let mut names = vec!["localhost".to_string(), "127.0.0.1".to_string(), "::1".to_string()];
    if !address.is_loopback() && !address.is_unspecified() {
        names.push(address.to_string());
    }
    let mut params = CertificateParams::new(names)?;
    params.distinguished_name.push(DnType::CommonName, "agentic-ops");
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.use_authority_key_identifier_extension = true;
    let certificate = params.signed_by(&server_key, &issuer)?;

    let key = PrivateKeyDer::from_pem_slice(server_key.serialize_pem().as_bytes());
    let key = key.map_err(|e| TlsError::Pem(e.to_string()))?;
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(vec![CertificateDer::from(certificate.der().to_vec())], key)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Identity { ca_pem, config: Arc::new(config) })
}

/// Parameters of the CA. They must not change between starts: the issuer must match the stored CA certificate.
fn ca_params() -> Result<CertificateParams, rcgen::Error> {
    let mut params = CertificateParams::new(Vec::new())?;
    params.distinguished_name.push(DnType::CommonName, "agentic-ops CA");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    Ok(params)
}

/// Writes a file atomically, readable only by its owner.
pub fn write_private(path: &Path, content: &str) -> io::Result<()> {
    let temporary = path.with_extension("new");
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    let mut file = options.open(&temporary)?;
    file.write_all(content.as_bytes())?;
    file.sync_all()?;
    std::fs::rename(&temporary, path)
}
