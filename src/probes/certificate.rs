//! A server's certificate as fields of a reading.

use serde_json::{Value, json};
use std::net::IpAddr;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::{FromDer, X509Certificate};
use x509_parser::time::ASN1Time;

/// Most names of one certificate that are returned.
const MAX_NAMES: usize = 100;

/// `subject`, `issuer`, `notBefore`, `notAfter` (RFC 3339, UTC) and `names` of a certificate in DER; `None` where it cannot be parsed.
pub(super) fn describe(der: &[u8]) -> Option<Value> {
    let (_, certificate) = X509Certificate::from_der(der).ok()?;
    Some(json!({
        "subject": certificate.subject().to_string(),
        "issuer": certificate.issuer().to_string(),
        "notBefore": rfc3339(certificate.validity().not_before),
        "notAfter": rfc3339(certificate.validity().not_after),
        "names": names(&certificate),
    }))
}

/// `subject` and `notAfter` of a certificate in a chain.
pub(super) fn summarize(der: &[u8]) -> Option<Value> {
    let (_, certificate) = X509Certificate::from_der(der).ok()?;
    Some(json!({
        "subject": certificate.subject().to_string(),
        "notAfter": rfc3339(certificate.validity().not_after),
    }))
}

/// In UTC. Certificates without an end are valid until 9999-12-31T23:59:59Z, which no [`jiff::Timestamp`] holds.
fn rfc3339(at: ASN1Time) -> String {
    let at = at.to_datetime();
    let (month, day) = (u8::from(at.month()), at.day());
    format!("{:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z", at.year(), at.hour(), at.minute(), at.second())
}

fn names(certificate: &X509Certificate<'_>) -> Vec<String> {
    let Ok(Some(extension)) = certificate.subject_alternative_name() else {
        return Vec::new();
    };
    extension.value.general_names.iter().filter_map(name).take(MAX_NAMES).collect()
}

fn name(general: &GeneralName<'_>) -> Option<String> {
    match general {
        GeneralName::DNSName(name) => Some((*name).to_string()),
        GeneralName::IPAddress(octets) => match octets.len() {
            4 => <[u8; 4]>::try_from(*octets).ok().map(|o| IpAddr::from(o).to_string()),
            16 => <[u8; 16]>::try_from(*octets).ok().map(|o| IpAddr::from(o).to_string()),
            _ => None,
        },
        _ => None,
    }
}
