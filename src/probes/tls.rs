//! tls: a handshake, to read the certificate.

use super::clients::Clients;
use super::failure::{ReadResult, failure};
use super::{certificate, errors, tcp};
use crate::domain::detail::TlsCause;
use crate::domain::reading::ErrorKind;
use crate::domain::target::TlsRequest;
use crate::net::guard::AddressGuard;
use crate::net::resolver::SystemResolver;
use rustls::pki_types::{CertificateDer, ServerName};
use serde_json::{Map, Value};
use tokio_rustls::TlsConnector;

/// Most certificates of a chain that are returned.
const MAX_CHAIN: usize = 10;

/// Fields: `certificate` (the server's own), `chain` (subject and expiry of each, the server's own first), `version`.
pub(super) async fn read(
    resolver: &SystemResolver,
    guard: &AddressGuard,
    clients: &Clients,
    request: &TlsRequest,
) -> ReadResult {
    let name = ServerName::try_from(request.server_name.clone())
        .map_err(|_| failure(ErrorKind::Unreadable, "", TlsCause::NotAServerName(request.server_name.clone())))?;
    let config = clients.get(&request.tls)?.tls;
    let stream = tcp::connect(resolver, guard, &request.address).await?;
    let stream = TlsConnector::from(config)
        .connect(name, stream)
        .await
        .map_err(|error| errors::of_io(&request.address.to_string(), &error))?;
    let (_, session) = stream.get_ref();
    let chain = session.peer_certificates().unwrap_or_default();
    let mut fields = Map::new();
    if let Some(own) = chain.first().and_then(|der| certificate::describe(der)) {
        fields.insert("certificate".into(), own);
    }
    fields.insert("chain".into(), summaries(chain));
    if let Some(version) = session.protocol_version().and_then(|v| v.as_str()) {
        fields.insert("version".into(), version.replace('_', ".").into());
    }
    Ok(fields)
}

fn summaries(chain: &[CertificateDer<'_>]) -> Value {
    chain.iter().take(MAX_CHAIN).filter_map(|der| certificate::summarize(der)).collect()
}
