//! Certificates for servers of the tests.

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};

/// A CA, and a certificate of it, in PEM.
pub struct Certificates {
    pub ca: String,
    pub certificate: String,
    pub key: String,
}

/// A certificate for `names` by a CA of its own.
pub fn of(names: &[&str]) -> Certificates {
    let mut ca = CertificateParams::default();
    ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    ca.distinguished_name.push(DnType::CommonName, "authority of the tests");
    let ca_key = KeyPair::generate().unwrap();
    let ca_certificate = ca.self_signed(&ca_key).unwrap();
    let key = KeyPair::generate().unwrap();
    let names: Vec<String> = names.iter().map(ToString::to_string).collect();
    let certificate = CertificateParams::new(names).unwrap().signed_by(&key, &Issuer::new(ca, ca_key)).unwrap();
    Certificates { ca: ca_certificate.pem(), certificate: certificate.pem(), key: key.serialize_pem() }
}
