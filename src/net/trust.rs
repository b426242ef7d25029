//! Which server certificates are accepted.

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{Resumption, verify_server_cert_signed_by_trust_anchor, verify_server_name};
use rustls::crypto::{CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};
use std::sync::Arc;
use x509_parser::prelude::{FromDer, X509Certificate};

/// Most certificates of one PEM text that are used.
const MAX_CERTIFICATES: usize = 1000;

/// Why certificates cannot be trusted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TrustError {
    #[error("no certificate in PEM form")]
    NoCertificate,
    /// The PEM parser's message.
    #[error("not certificates in PEM form: {0}")]
    NotPem(String),
    /// The number of the first that is none, from 1.
    #[error("certificate number {0} is not an X.509 certificate")]
    NotACertificate(usize),
    /// The TLS library's message.
    #[error("{0}")]
    Config(String),
}

/// The certificates that all connections trust: those of the system and of the settings.
pub struct Trust {
    provider: Arc<CryptoProvider>,
    roots: Arc<RootCertStore>,
    given: Vec<CertificateDer<'static>>,
}

impl Trust {
    /// Loads the system's certificates; there may be none, as in an image built from scratch.
    pub fn new(extra_ca_pem: &[Vec<u8>]) -> Result<Trust, TrustError> {
        let mut roots = RootCertStore::empty();
        let system = rustls_native_certs::load_native_certs();
        let (trusted, _) = roots.add_parsable_certificates(system.certs);
        if trusted == 0 {
            tracing::warn!("the system has no CA certificates: only given ones are trusted");
        }
        let mut given = Vec::new();
        for pem in extra_ca_pem {
            given.extend(parse(pem)?);
        }
        roots.add_parsable_certificates(given.iter().cloned());
        Ok(Trust { provider: Arc::new(aws_lc_rs::default_provider()), roots: Arc::new(roots), given })
    }

    /// A client configuration that trusts `ca_pem`, too, or that skips verification. Sessions are not resumed, since a resumed session
    /// verifies nothing and has the certificate of an earlier handshake. Errors: `ca_pem` has no certificate.
    pub fn client_config(&self, ca_pem: Option<&str>, skip_verification: bool) -> Result<ClientConfig, TrustError> {
        let accepts = match (ca_pem, skip_verification) {
            (_, true) => Accepts::Any,
            (None, false) => Accepts::Trusted { roots: self.roots.clone(), given: self.given.clone() },
            (Some(pem), false) => {
                let own = parse(pem.as_bytes())?;
                let mut roots = RootCertStore::clone(&self.roots);
                roots.add_parsable_certificates(own.iter().cloned());
                Accepts::Trusted { roots: Arc::new(roots), given: self.given.iter().cloned().chain(own).collect() }
            }
        };
        let verifier = Arc::new(Verifier { provider: self.provider.clone(), accepts });
        let mut config = ClientConfig::builder_with_provider(self.provider.clone())
            .with_safe_default_protocol_versions()
            .map_err(|e| TrustError::Config(e.to_string()))?
            .dangerous()
            .with_custom_certificate_verifier(verifier)
            .with_no_client_auth();
        config.resumption = Resumption::disabled();
        Ok(config)
    }
}

fn parse(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, TrustError> {
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).take(MAX_CERTIFICATES).collect();
    match found {
        Ok(certificates) if certificates.is_empty() => Err(TrustError::NoCertificate),
        Ok(certificates) => Ok(certificates),
        Err(error) => Err(TrustError::NotPem(error.to_string())),
    }
}

/// Whether `pem` has certificates that can all be used.
pub fn check(pem: &[u8]) -> Result<(), TrustError> {
    let certificates = parse(pem)?;
    match certificates.iter().position(|certificate| X509Certificate::from_der(certificate).is_err()) {
        Some(at) => Err(TrustError::NotACertificate(at + 1)),
        None => Ok(()),
    }
}

#[derive(Debug)]
enum Accepts {
    Any,
    Trusted {
        roots: Arc<RootCertStore>,
        /// Configured certificates. A server that presents one of them is trusted, even if it is a self-signed CA certificate, as
        /// appliances generate them.
        given: Vec<CertificateDer<'static>>,
    },
}

#[derive(Debug)]
struct Verifier {
    provider: Arc<CryptoProvider>,
    accepts: Accepts,
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let Accepts::Trusted { roots, given } = &self.accepts else {
            return Ok(ServerCertVerified::assertion());
        };
        let parsed = ParsedCertificate::try_from(end_entity)?;
        if given.iter().any(|trusted| trusted == end_entity) {
            check_validity(end_entity, now)?;
        } else {
            let algorithms = self.provider.signature_verification_algorithms.all;
            verify_server_cert_signed_by_trust_anchor(&parsed, roots, intermediates, now, algorithms)?;
        }
        verify_server_name(&parsed, server_name)?;
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

fn check_validity(certificate: &CertificateDer<'_>, now: UnixTime) -> Result<(), Error> {
    let (_, parsed) = X509Certificate::from_der(certificate).map_err(|_| CertificateError::BadEncoding)?;
    let seconds = |at: i64| UnixTime::since_unix_epoch(std::time::Duration::from_secs(at.max(0).unsigned_abs()));
    let not_before = seconds(parsed.validity().not_before.timestamp());
    let not_after = seconds(parsed.validity().not_after.timestamp());
    if now < not_before {
        return Err(CertificateError::NotValidYetContext { time: now, not_before }.into());
    }
    if now > not_after {
        return Err(CertificateError::ExpiredContext { time: now, not_after }.into());
    }
    Ok(())
}
