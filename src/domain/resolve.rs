//! From a probe as written to a target that can be read: settings put in, secrets looked up.

use super::reading::{ErrorKind, Reading};
use super::redact::Redactor;
use super::target::{
    Address, DnsRequest, HttpRequest, Request, RequestHeader, SqliteRequest, Target, TlsRequest, Verification,
};
use super::template::{self, TemplateError};
use super::validate::{Mistake, Offer, Reason, ValidatedScenario};
use crate::api::{DnsProbe, HttpProbe, Method, Probe, RecordType, SecretKeyRef, SqliteProbe, TlsOptions, TlsProbe};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use url::Url;

const MAX_REDIRECTS: u32 = 5;
const MAX_BODY_BYTES: u32 = 1 << 20;
const MAX_ROWS: u32 = 100;
const DNS_PORT: u16 = 53;

/// A Secret as it stands in the API.
#[derive(Clone, Debug)]
pub enum SecretView {
    Absent,
    /// It is there, but has no label that offers it to probes.
    NotOffered,
    /// The Role does not let the program read it.
    Closed,
    Present(Arc<BTreeMap<String, String>>),
}

/// What a Scenario's probes may draw on at the time of a run.
#[derive(Clone, Debug, Default)]
pub struct Surroundings {
    /// The ConfigMap `agentic-ops`.
    pub settings: Arc<BTreeMap<String, String>>,
    /// The Secrets that its probes name.
    pub secrets: BTreeMap<String, SecretView>,
}

/// The probes of a Scenario, filled in.
pub struct Resolved {
    /// In the order of the spec: a target, or the reading that says what is missing for one.
    pub targets: Vec<(String, Result<Target, Reading>)>,
    /// What the spec asks for and may not have: then nothing is read.
    pub refused: Vec<Mistake>,
    pub redactor: Redactor,
}

/// Fills in every probe.
pub fn resolve(scenario: &ValidatedScenario, around: &Surroundings, offer: &Offer) -> Resolved {
    let mut secrets = Vec::new();
    let mut refused = Vec::new();
    let mut targets = Vec::with_capacity(scenario.probes.len());
    for (index, valid) in scenario.probes.iter().enumerate() {
        let mut filler = Filler { around, offer, secrets: &mut secrets };
        let name = valid.probe.name.clone();
        match filler.request(&valid.probe) {
            Ok(request) => {
                targets.push((name.clone(), Ok(Target { name, timeout: valid.timeout, request })));
            }
            Err(Gap::Missing(kind, detail)) => {
                targets.push((name, Err(Reading::failed(kind, detail, Duration::ZERO))));
            }
            Err(Gap::Refused(field, reason, message)) => {
                refused.push(Mistake { field: format!("spec.probes[{index}].{field}"), reason, message });
            }
        }
    }
    Resolved { targets, refused, redactor: Redactor::new(secrets.iter().map(String::as_str)) }
}

/// Why a probe can't be filled in.
enum Gap {
    /// Something around it: the outcome is unknown.
    Missing(ErrorKind, String),
    /// The spec asks for what is not offered.
    Refused(String, Reason, String),
}

struct Filler<'a> {
    around: &'a Surroundings,
    offer: &'a Offer,
    /// Every secret value that was put in, for the redactor.
    secrets: &'a mut Vec<String>,
}

impl Filler<'_> {
    fn request(&mut self, probe: &Probe) -> Result<Request, Gap> {
        if let Some(http) = &probe.http {
            return self.http(http).map(Request::Http);
        }
        if let Some(sqlite) = &probe.sqlite {
            return self.sqlite(sqlite).map(Request::Sqlite);
        }
        if let Some(tcp) = &probe.tcp {
            return self.address(&tcp.address).map(Request::Tcp);
        }
        if let Some(dns) = &probe.dns {
            return self.dns(dns).map(Request::Dns);
        }
        match &probe.tls {
            Some(tls) => self.tls(tls).map(Request::Tls),
            None => Err(Gap::Refused("name".into(), Reason::InvalidProbe, ONE_KIND.into())),
        }
    }

    fn text(&self, text: &str) -> Result<String, Gap> {
        template::expand(text, &self.around.settings).map_err(|e| match e {
            TemplateError::Unset(_) => Gap::Missing(ErrorKind::UnsetSetting, e.to_string()),
            TemplateError::Malformed(_) => Gap::Refused("".into(), Reason::InvalidProbe, e.to_string()),
        })
    }

    fn http(&mut self, http: &HttpProbe) -> Result<HttpRequest, Gap> {
        let url = parse_url(&self.text(&http.url)?).map_err(unusable)?;
        if let Some(password) = url.password() {
            self.secrets.push(percent_encoding::percent_decode_str(password).decode_utf8_lossy().into_owned());
        }
        let mut headers = Vec::with_capacity(http.headers.len());
        for (i, header) in http.headers.iter().enumerate() {
            let value = match &header.secret_key_ref {
                Some(reference) => self.secret(reference, &format!("http.headers[{i}].secretKeyRef"))?,
                None => self.text(header.value.as_deref().unwrap_or_default())?,
            };
            headers.push(RequestHeader {
                name: header.name.clone(),
                value: format!("{}{value}", header.prefix.as_deref().unwrap_or_default()),
                secret: header.secret_key_ref.is_some(),
            });
        }
        Ok(HttpRequest {
            url,
            method: http.method.unwrap_or(Method::Get),
            headers,
            body: http.body.as_deref().map(|b| self.text(b)).transpose()?,
            max_redirects: http.max_redirects.unwrap_or(MAX_REDIRECTS),
            max_body_bytes: http.max_body_bytes.unwrap_or(MAX_BODY_BYTES) as usize,
            tls: self.verification(http.tls.as_ref(), "http.tls")?,
        })
    }

    fn sqlite(&self, sqlite: &SqliteProbe) -> Result<SqliteRequest, Gap> {
        let path = PathBuf::from(self.text(&sqlite.path)?);
        if !self.offer.sqlite_paths.contains(&path) {
            let message = format!(
                "{:?} is not offered to probes: name it in DESK_DB_PATH or AGENTIC_SQLITE_PATHS",
                path.display().to_string()
            );
            return Err(Gap::Refused("sqlite.path".into(), Reason::FileNotOffered, message));
        }
        Ok(SqliteRequest {
            path,
            query: sqlite.query.clone(),
            parameters: sqlite.parameters.iter().map(|p| self.text(p)).collect::<Result<_, _>>()?,
            max_rows: sqlite.max_rows.unwrap_or(MAX_ROWS) as usize,
        })
    }

    fn dns(&self, dns: &DnsProbe) -> Result<DnsRequest, Gap> {
        let server = dns.server.as_deref().map(|s| self.text(s)).transpose()?;
        Ok(DnsRequest {
            name: self.text(&dns.name)?,
            record_type: dns.record_type.unwrap_or(RecordType::A),
            server: server.map(|s| parse_address(&s, Some(DNS_PORT)).map_err(unusable)).transpose()?,
        })
    }

    fn tls(&mut self, tls: &TlsProbe) -> Result<TlsRequest, Gap> {
        let address = self.address(&tls.address)?;
        let server_name = tls.server_name.as_deref().map(|n| self.text(n)).transpose()?;
        Ok(TlsRequest {
            server_name: server_name.unwrap_or_else(|| address.host.clone()),
            address,
            tls: self.verification(tls.options.as_ref(), "tls.options")?,
        })
    }

    fn address(&self, text: &str) -> Result<Address, Gap> {
        parse_address(&self.text(text)?, None).map_err(unusable)
    }

    fn verification(&mut self, options: Option<&TlsOptions>, at: &str) -> Result<Verification, Gap> {
        let Some(options) = options else { return Ok(Verification::default()) };
        let mut pem = options.ca_bundle.clone();
        if let Some(reference) = &options.ca_secret_key_ref {
            let known = self.secrets.len();
            let more = self.secret(reference, &format!("{at}.caSecretKeyRef"))?;
            // A certificate is no secret.
            self.secrets.truncate(known);
            pem = Some(pem.map(|p| format!("{p}\n{more}")).unwrap_or(more));
        }
        Ok(Verification { ca_pem: pem, skip: options.insecure_skip_verify })
    }

    fn secret(&mut self, reference: &SecretKeyRef, field: &str) -> Result<String, Gap> {
        let SecretKeyRef { name, key } = reference;
        let missing = |detail: String| Err(Gap::Missing(ErrorKind::MissingSecret, detail));
        match self.around.secrets.get(name) {
            Some(SecretView::Present(data)) => match data.get(key).map(|v| v.trim_end_matches(['\r', '\n'])) {
                Some(value) if !value.is_empty() => {
                    self.secrets.push(value.to_string());
                    Ok(value.to_string())
                }
                _ => missing(format!("Secret {name} has no key {key}")),
            },
            Some(SecretView::NotOffered) => {
                let message =
                    format!("Secret {name:?} is not offered to probes: label it {}=allowed", crate::api::PROBES_LABEL);
                Err(Gap::Refused(field.to_string(), Reason::SecretNotOffered, message))
            }
            Some(SecretView::Closed) => {
                missing(format!("Secret {name} may not be read: add it to the chart's value probes.secrets"))
            }
            Some(SecretView::Absent) | None => missing(format!("there is no Secret {name}")),
        }
    }
}

/// A text that came out wrong after the settings were put in: the settings are at fault, since the spec was checked.
fn unusable(message: String) -> Gap {
    Gap::Missing(ErrorKind::UnsetSetting, message)
}

const ONE_KIND: &str = "exactly one of http, sqlite, tcp, dns, tls must be set";

/// Where a probe is wrong before any setting is known.
pub struct LiteralError {
    pub field: String,
    pub message: String,
}

/// Looks at the texts of a probe that name no settings.
pub fn check_literals(probe: &Probe) -> Result<(), LiteralError> {
    let kinds =
        [probe.http.is_some(), probe.sqlite.is_some(), probe.tcp.is_some(), probe.dns.is_some(), probe.tls.is_some()];
    if kinds.iter().filter(|set| **set).count() != 1 {
        return Err(LiteralError { field: "name".into(), message: ONE_KIND.into() });
    }
    let fixed = |text: &str| matches!(template::has_settings(text), Ok(false));
    let check = |field: &str, text: &str, parse: &dyn Fn(&str) -> Result<(), String>| match fixed(text) {
        true => parse(text).map_err(|message| LiteralError { field: field.into(), message }),
        false => Ok(()),
    };
    let address = |text: &str| parse_address(text, None).map(drop);
    if let Some(http) = &probe.http {
        check("http.url", &http.url, &|t| parse_url(t).map(drop))?;
    }
    if let Some(tcp) = &probe.tcp {
        check("tcp.address", &tcp.address, &address)?;
    }
    if let Some(server) = probe.dns.as_ref().and_then(|d| d.server.as_ref()) {
        check("dns.server", server, &|t| parse_address(t, Some(DNS_PORT)).map(drop))?;
    }
    if let Some(tls) = &probe.tls {
        check("tls.address", &tls.address, &address)?;
    }
    Ok(())
}

/// Every text of a probe that may name settings, with its field.
pub fn texts(probe: &Probe) -> Vec<(String, &str)> {
    let mut out: Vec<(String, &str)> = Vec::new();
    if let Some(http) = &probe.http {
        out.push(("http.url".into(), &http.url));
        out.extend(http.body.iter().map(|b| ("http.body".into(), b.as_str())));
        for (i, header) in http.headers.iter().enumerate() {
            out.extend(header.value.iter().map(|v| (format!("http.headers[{i}].value"), v.as_str())));
        }
    }
    if let Some(sqlite) = &probe.sqlite {
        out.push(("sqlite.path".into(), &sqlite.path));
        let parameters = sqlite.parameters.iter().enumerate();
        out.extend(parameters.map(|(i, p)| (format!("sqlite.parameters[{i}]"), p.as_str())));
    }
    out.extend(probe.tcp.iter().map(|t| ("tcp.address".into(), t.address.as_str())));
    if let Some(dns) = &probe.dns {
        out.push(("dns.name".into(), &dns.name));
        out.extend(dns.server.iter().map(|s| ("dns.server".into(), s.as_str())));
    }
    if let Some(tls) = &probe.tls {
        out.push(("tls.address".into(), &tls.address));
        out.extend(tls.server_name.iter().map(|n| ("tls.serverName".into(), n.as_str())));
    }
    out
}

/// Every reference to a Secret in a probe, with its field.
pub fn secret_refs(probe: &Probe) -> Vec<(String, &SecretKeyRef)> {
    let mut out = Vec::new();
    if let Some(http) = &probe.http {
        for (i, header) in http.headers.iter().enumerate() {
            out.extend(header.secret_key_ref.as_ref().map(|r| (format!("http.headers[{i}].secretKeyRef"), r)));
        }
    }
    let options = [
        ("http.tls", probe.http.as_ref().and_then(|h| h.tls.as_ref())),
        ("tls.options", probe.tls.as_ref().and_then(|t| t.options.as_ref())),
    ];
    for (at, options) in options {
        let reference = options.and_then(|o| o.ca_secret_key_ref.as_ref());
        out.extend(reference.map(|r| (format!("{at}.caSecretKeyRef"), r)));
    }
    out
}

fn parse_url(text: &str) -> Result<Url, String> {
    let wrong = |why: &str| format!("{text:?} is not an absolute http or https URL{why}");
    let url = Url::parse(text).map_err(|e| wrong(&format!(": {e}")))?;
    match url.scheme() {
        "http" | "https" if url.host_str().is_some_and(|h| !h.is_empty()) => Ok(url),
        _ => Err(wrong("")),
    }
}

/// `host:port`, `[v6]:port`; the port may be left out where there is a usual one.
pub fn parse_address(text: &str, default_port: Option<u16>) -> Result<Address, String> {
    let wrong = || format!("{text:?} is not an address: write host:port, or [v6]:port");
    let (host, port) = match text.strip_prefix('[') {
        Some(rest) => {
            let (host, after) = rest.split_once(']').ok_or_else(wrong)?;
            (host, after.strip_prefix(':'))
        }
        None => match text.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (text, None),
        },
    };
    let port = match port {
        Some(port) => port.parse().ok().filter(|p| *p > 0).ok_or_else(wrong)?,
        None => default_port.ok_or_else(wrong)?,
    };
    if host.is_empty() || host.contains(|c: char| c.is_whitespace() || c == '/') {
        return Err(wrong());
    }
    Ok(Address { host: host.to_string(), port })
}

#[cfg(test)]
mod tests;
