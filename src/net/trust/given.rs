//! Certificates that the TLS library does not read or whose keys it takes for too short, such as those of old appliances: accepted where
//! the certificate itself, or one that signed it, was given by the user. Keys, validity and names are checked all the same.

use aws_lc_rs::signature::{
    RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY, RSA_PKCS1_1024_8192_SHA512_FOR_LEGACY_USE_ONLY, RsaParameters,
    UnparsedPublicKey,
};
use rustls::crypto::WebPkiSupportedAlgorithms;
use rustls::pki_types::{CertificateDer, ServerName, SignatureVerificationAlgorithm, UnixTime};
use rustls::{CertificateError, DigitallySignedStruct, Error, SignatureScheme};
use std::net::IpAddr;
use std::time::Duration;
use x509_parser::asn1_rs::Any;
use x509_parser::extensions::GeneralName;
use x509_parser::oid_registry::{OID_PKCS1_SHA256WITHRSA, OID_PKCS1_SHA512WITHRSA};
use x509_parser::prelude::{FromDer, X509Certificate};
use x509_parser::public_key::PublicKey;
use x509_parser::x509::SubjectPublicKeyInfo;

/// RSA keys with fewer bits are not used by the TLS library.
const SHORT_RSA: usize = 2048;

fn parse<'a>(certificate: &'a CertificateDer<'_>) -> Result<X509Certificate<'a>, Error> {
    X509Certificate::from_der(certificate).map(|(_, parsed)| parsed).map_err(|_| CertificateError::BadEncoding.into())
}

/// Whether its key is an RSA key that the TLS library does not use.
pub(super) fn has_short_key(certificate: &CertificateDer<'_>) -> bool {
    let Ok(parsed) = parse(certificate) else { return false };
    matches!(parsed.public_key().parsed(), Ok(PublicKey::RSA(key)) if key.key_size() < SHORT_RSA)
}

/// Whether one of `given` signed it.
pub(super) fn is_signed_by(
    certificate: &CertificateDer<'_>,
    given: &[CertificateDer<'static>],
    algorithms: &WebPkiSupportedAlgorithms,
) -> bool {
    let Ok(parsed) = parse(certificate) else { return false };
    let body = parsed.tbs_certificate.as_ref();
    let signature = &parsed.signature_value.data;
    let id = contents(certificate).and_then(|outer| contents(outer.get(body.len()..)?));
    let legacy = [
        (OID_PKCS1_SHA256WITHRSA, &RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY),
        (OID_PKCS1_SHA512WITHRSA, &RSA_PKCS1_1024_8192_SHA512_FOR_LEGACY_USE_ONLY),
    ];
    let legacy = legacy.into_iter().find(|(oid, _)| *oid == parsed.signature_algorithm.algorithm).map(|(_, rsa)| rsa);
    let fitting = || algorithms.all.iter().filter(|algorithm| Some(algorithm.signature_alg_id().as_ref()) == id);
    given.iter().filter_map(|issuer| parse(issuer).ok()).any(|issuer| {
        issuer.subject().as_raw() == parsed.issuer().as_raw()
            && is_signature(issuer.public_key(), fitting(), legacy, body, signature)
    })
}

/// Checks the signature of a handshake of TLS 1.2.
pub(super) fn check_handshake(
    certificate: &CertificateDer<'_>,
    message: &[u8],
    signed: &DigitallySignedStruct,
    algorithms: &WebPkiSupportedAlgorithms,
) -> Result<(), Error> {
    let parsed = parse(certificate)?;
    let legacy = match signed.scheme {
        SignatureScheme::RSA_PKCS1_SHA256 => Some(&RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY),
        SignatureScheme::RSA_PKCS1_SHA512 => Some(&RSA_PKCS1_1024_8192_SHA512_FOR_LEGACY_USE_ONLY),
        _ => None,
    };
    let fitting = algorithms.mapping.iter().filter(|(scheme, _)| *scheme == signed.scheme).flat_map(|(_, all)| *all);
    let holds = is_signature(parsed.public_key(), fitting, legacy, message, signed.signature());
    if holds { Ok(()) } else { Err(CertificateError::BadSignature.into()) }
}

fn is_signature<'a>(
    key: &SubjectPublicKeyInfo<'_>,
    algorithms: impl Iterator<Item = &'a &'static dyn SignatureVerificationAlgorithm>,
    legacy: Option<&'static RsaParameters>,
    message: &[u8],
    signature: &[u8],
) -> bool {
    let id = contents(key.raw).and_then(contents);
    let bits = &key.subject_public_key.data;
    let mut fitting = algorithms.filter(|algorithm| Some(algorithm.public_key_alg_id().as_ref()) == id);
    fitting.any(|algorithm| algorithm.verify_signature(bits, message, signature).is_ok())
        || legacy.is_some_and(|rsa| {
            matches!(key.parsed(), Ok(PublicKey::RSA(_)))
                && UnparsedPublicKey::new(rsa, bits).verify(message, signature).is_ok()
        })
}

/// The public key with its algorithm, in DER.
pub(super) fn public_key(certificate: &CertificateDer<'_>) -> Result<Vec<u8>, Error> {
    parse(certificate).map(|parsed| parsed.public_key().raw.to_vec())
}

/// The contents of the first value in DER.
fn contents(der: &[u8]) -> Option<&[u8]> {
    Any::from_der(der).ok().map(|(_, any)| any.data)
}

/// Checks that it is valid now.
pub(super) fn check_validity(certificate: &CertificateDer<'_>, now: UnixTime) -> Result<(), Error> {
    let parsed = parse(certificate)?;
    let seconds = |at: i64| UnixTime::since_unix_epoch(Duration::from_secs(at.max(0).unsigned_abs()));
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

/// Checks that it is for servers, where it says what it is for.
pub(super) fn check_purpose(certificate: &CertificateDer<'_>) -> Result<(), Error> {
    match parse(certificate)?.extended_key_usage() {
        Ok(Some(usage)) if !usage.value.server_auth && !usage.value.any => Err(CertificateError::InvalidPurpose.into()),
        Ok(_) => Ok(()),
        Err(_) => Err(CertificateError::BadEncoding.into()),
    }
}

/// Checks that it is for this server, by the names that it has as alternatives of its subject.
pub(super) fn check_name(certificate: &CertificateDer<'_>, server: &ServerName<'_>) -> Result<(), Error> {
    let parsed = parse(certificate)?;
    let alternatives = parsed.subject_alternative_name().map_err(|_| CertificateError::BadEncoding)?;
    let names = alternatives.map(|extension| extension.value.general_names.as_slice()).unwrap_or_default();
    if names.iter().any(|name| is_for(name, server)) {
        return Ok(());
    }
    let presented = names.iter().take(20).map(ToString::to_string).collect();
    Err(CertificateError::NotValidForNameContext { expected: server.to_owned(), presented }.into())
}

fn is_for(name: &GeneralName<'_>, server: &ServerName<'_>) -> bool {
    match (name, server) {
        (GeneralName::DNSName(name), ServerName::DnsName(server)) => {
            let (name, server) = (name.trim_end_matches('.'), server.as_ref().trim_end_matches('.'));
            let wildcard = |parent: &str| {
                let (label, rest) = server.split_once('.')?;
                Some(!label.is_empty() && parent.contains('.') && rest.eq_ignore_ascii_case(parent))
            };
            name.eq_ignore_ascii_case(server) || name.strip_prefix("*.").and_then(wildcard).unwrap_or(false)
        }
        (GeneralName::IPAddress(octets), ServerName::IpAddress(server)) => match IpAddr::from(*server) {
            IpAddr::V4(ip) => ip.octets() == *octets,
            IpAddr::V6(ip) => ip.octets() == *octets,
        },
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustls::crypto::aws_lc_rs::default_provider;
    use rustls::pki_types::pem::PemObject;

    /// Self-signed with an RSA key of 1024 bits, for old.test, *.wild.test and 192.0.2.1, from 2026.
    const APPLIANCE: &str = "\
-----BEGIN CERTIFICATE-----\n\
MIICRTCCAa6gAwIBAgIUIL/ecFkzUspOHjigh8WnkWl6GPgwDQYJKoZIhvcNAQEL\n\
BQAwFDESMBAGA1UEAwwJYXBwbGlhbmNlMCAXDTI2MTEyNjA5NDAyMloYDzk5NjYx\n\
MTAxMDk0MDIyWjAUMRIwEAYDVQQDDAlhcHBsaWFuY2UwgZ8wDQYJKoZIhvcNAQEB\n\
BQADgY0AMIGJAoGBAPFwJZ64djbyc4RnzNJB+aSLYAC43mNMS9wh87C6jz0wspxu\n\
4AtqJfJMN0PTRBUs+qAPhTErbLWi4TTGptSRQepMqZssC7A0LWixUHwxgXrKVnfz\n\
bpJljKCVWrRPso2ItE03kpUKqrfniIk5tWQgfFfrOiXbqZWAJ1WdznCy/xVrAgMB\n\
AAGjgZEwgY4wHQYDVR0OBBYEFLppoKxNxiHktKKMu4pQQ7JJkmbyMB8GA1UdIwQY\n\
MBaAFLppoKxNxiHktKKMu4pQQ7JJkmbyMA8GA1UdEwEB/wQFMAMBAf8wJgYDVR0R\n\
BB8wHYIIb2xkLnRlc3SCCyoud2lsZC50ZXN0hwTAAAIBMBMGA1UdJQQMMAoGCCsG\n\
AQUFBwMBMA0GCSqGSIb3DQEBCwUAA4GBAGy/EbpitzoyjZhiF01CSvyqjTy/pFx9\n\
GTlBY6GOl24rtJ4fvVUNbAcBNMS4C+tfZ8V/fy8j9q115G6P3hovw4Jyu8Qou2FQ\n\
FBYL0VPMmYn8+FFEgliPW8Hw5PiWS/ZNzakiZw8hY1OJ6EnPJ8x5/5L+DLPoe+iU\n\
9NpnUPjcjNBz\n\
-----END CERTIFICATE-----\n";

    fn appliance() -> CertificateDer<'static> {
        CertificateDer::from_pem_slice(APPLIANCE.as_bytes()).unwrap()
    }

    #[test]
    fn a_signature_of_a_short_key_is_checked() {
        let algorithms = default_provider().signature_verification_algorithms;
        let certificate = appliance();
        assert!(has_short_key(&certificate));
        assert!(is_signed_by(&certificate, std::slice::from_ref(&certificate), &algorithms));
        assert!(!is_signed_by(&certificate, &[], &algorithms));
        let mut forged = certificate.to_vec();
        *forged.last_mut().unwrap() ^= 1;
        assert!(!is_signed_by(&forged.into(), &[certificate], &algorithms));
    }

    #[test]
    fn names_validity_and_purpose_of_such_a_certificate_are_checked() {
        let certificate = appliance();
        let named = |name: &str| check_name(&certificate, &ServerName::try_from(name.to_string()).unwrap());
        for name in ["old.test", "OLD.test", "a.wild.test", "192.0.2.1"] {
            assert_eq!(named(name), Ok(()), "{name}");
        }
        for name in ["other.test", "wild.test", "a.b.wild.test", "192.0.2.2", "appliance"] {
            assert!(named(name).is_err(), "{name}");
        }
        let at = |year: u64| UnixTime::since_unix_epoch(Duration::from_secs((year - 1970) * 31_556_952));
        assert!(check_validity(&certificate, at(2019)).is_err());
        assert_eq!(check_validity(&certificate, at(2500)), Ok(()));
        assert_eq!(check_purpose(&certificate), Ok(()));
    }
}
