//! Which server certificates are accepted.

mod given;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{Resumption, verify_server_cert_signed_by_trust_anchor, verify_server_name};
use rustls::crypto::{
    CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature, verify_tls13_signature_with_raw_key,
};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, SubjectPublicKeyInfoDer, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::version::TLS12;
use rustls::{ALL_VERSIONS, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};
use std::sync::Arc;
use x509_parser::prelude::{FromDer as _, X509Certificate};

/// Most certificates of one PEM text that are used.
const MAX_CERTIFICATES: usize = 1000;

/// Signatures for which RSA keys of less than 2048 bits are too short.
const PSS: [SignatureScheme; 3] =
    [SignatureScheme::RSA_PSS_SHA256, SignatureScheme::RSA_PSS_SHA384, SignatureScheme::RSA_PSS_SHA512];

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
        let mut short_keys = false;
        let accepts = match (ca_pem, skip_verification) {
            (_, true) => Accepts::Any,
            (None, false) => Accepts::Trusted { roots: self.roots.clone(), given: self.given.clone() },
            (Some(pem), false) => {
                let own = parse(pem.as_bytes())?;
                short_keys = own.iter().all(given::has_short_key);
                let mut roots = RootCertStore::clone(&self.roots);
                roots.add_parsable_certificates(own.iter().cloned());
                Accepts::Trusted { roots: Arc::new(roots), given: self.given.iter().cloned().chain(own).collect() }
            }
        };
        let verifier = Arc::new(Verifier { provider: self.provider.clone(), accepts, short_keys });
        let versions = if short_keys { &[&TLS12][..] } else { ALL_VERSIONS };
        let mut config = ClientConfig::builder_with_provider(self.provider.clone())
            .with_protocol_versions(versions)
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
    /// All certificates of the bundle have RSA keys that are too short for the signatures of TLS 1.3.
    short_keys: bool,
}

impl Verifier {
    /// Whether it is given, or signed by one that is given.
    fn is_given(&self, certificate: &CertificateDer<'_>, given: &[CertificateDer<'static>]) -> bool {
        given.iter().any(|trusted| trusted == certificate)
            || given::is_signed_by(certificate, given, &self.provider.signature_verification_algorithms)
    }
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
        let parsed = ParsedCertificate::try_from(end_entity);
        let algorithms = self.provider.signature_verification_algorithms.all;
        let chained = parsed.as_ref().map_err(Error::clone).and_then(|parsed| {
            verify_server_cert_signed_by_trust_anchor(parsed, roots, intermediates, now, algorithms)
        });
        if let Err(error) = chained {
            if !self.is_given(end_entity, given) {
                return Err(error);
            }
            given::check_validity(end_entity, now)?;
            given::check_purpose(end_entity)?;
        }
        match parsed {
            Ok(parsed) => verify_server_name(&parsed, server_name)?,
            Err(_) => given::check_name(end_entity, server_name)?,
        }
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        if matches!(self.accepts, Accepts::Any) {
            return Ok(HandshakeSignatureValid::assertion());
        }
        verify_tls12_signature(message, cert, dss, algorithms).or_else(|error| {
            let Accepts::Trusted { given, .. } = &self.accepts else { return Err(error) };
            if !self.is_given(cert, given) {
                return Err(error);
            }
            let checked = given::check_handshake(cert, message, dss, algorithms);
            checked.map(|()| HandshakeSignatureValid::assertion()).map_err(|_| error)
        })
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        if matches!(self.accepts, Accepts::Any) {
            return Ok(HandshakeSignatureValid::assertion());
        }
        verify_tls13_signature(message, cert, dss, algorithms).or_else(|error| {
            let key = SubjectPublicKeyInfoDer::from(given::public_key(cert)?);
            verify_tls13_signature_with_raw_key(message, &key, dss, algorithms).map_err(|_| error)
        })
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        let mut schemes = self.provider.signature_verification_algorithms.supported_schemes();
        match self.accepts {
            // They are not verified.
            Accepts::Any => schemes.extend([
                SignatureScheme::ED448,
                SignatureScheme::RSA_PKCS1_SHA1,
                SignatureScheme::ECDSA_SHA1_Legacy,
            ]),
            Accepts::Trusted { .. } if self.short_keys => schemes.retain(|scheme| !PSS.contains(scheme)),
            Accepts::Trusted { .. } => {}
        }
        schemes
    }
}
