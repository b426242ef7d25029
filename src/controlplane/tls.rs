//! A private CA and a server certificate, stored in the data directory.

use super::data_dir::write_private;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    PublicKeyData as _,
};
use std::io::{self, ErrorKind};
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
    #[error(
        "{path} is damaged ({message}): restore it, or remove ca.key and ca.crt to have a new CA made, which other copies of the kubeconfig do not trust"
    )]
    Damaged { path: String, message: String },
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
    let (ca_key, ca_pem) = authority(data_dir)?;
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

/// Loads the CA, or creates it if both files are absent. A damaged key is an error: with another CA, all kubeconfigs
/// that were handed out would stop working. The certificate can be issued again from the key.
fn authority(data_dir: &Path) -> Result<(KeyPair, String), TlsError> {
    let (key_path, cert_path) = (data_dir.join("ca.key"), data_dir.join("ca.crt"));
    let failed = |path: &Path, source| TlsError::File { path: path.display().to_string(), source };
    let key = match read(&key_path).map_err(|e| failed(&key_path, e))? {
        Some(text) => KeyPair::from_pem(&text)
            .map_err(|e| TlsError::Damaged { path: key_path.display().to_string(), message: e.to_string() })?,
        None if cert_path.exists() => {
            let (path, message) = (key_path.display().to_string(), "it is missing, and ca.crt is there".into());
            return Err(TlsError::Damaged { path, message });
        }
        None => {
            let key = KeyPair::generate()?;
            write_private(&key_path, &key.serialize_pem()).map_err(|e| failed(&key_path, e))?;
            key
        }
    };
    if let Some(pem) = read(&cert_path).map_err(|e| failed(&cert_path, e))? {
        let path = || cert_path.display().to_string();
        let certificate = CertificateDer::from_pem_slice(pem.as_bytes());
        let certificate = certificate.map_err(|e| TlsError::Damaged { path: path(), message: e.to_string() })?;
        let parsed = x509_parser::parse_x509_certificate(&certificate);
        let (_, parsed) = parsed.map_err(|e| TlsError::Damaged { path: path(), message: e.to_string() })?;
        if parsed.public_key().raw != key.subject_public_key_info() {
            return Err(TlsError::Damaged { path: path(), message: "it is not the certificate of ca.key".into() });
        }
        return Ok((key, pem));
    }
    let pem = ca_params()?.self_signed(&key)?.pem();
    write_private(&cert_path, &pem).map_err(|e| failed(&cert_path, e))?;
    Ok((key, pem))
}

/// The text of a file; `None` if it is absent.
fn read(path: &Path) -> io::Result<Option<String>> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Parameters of the CA. They must not change between starts: the issuer must match the stored CA certificate.
fn ca_params() -> Result<CertificateParams, rcgen::Error> {
    let mut params = CertificateParams::new(Vec::new())?;
    params.distinguished_name.push(DnType::CommonName, "agentic-ops CA");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    Ok(params)
}
