//! From a validated probe to a target: settings substituted, secrets looked up.

use super::detail::ConfigurationCause;
use super::key_hosts::{KeyBinding, KeyHosts};
use super::probe_fields::{
    DNS_PORT, FieldError, check_domain_name, check_header, parse_address, parse_url, server_name,
};
use super::reading::{ErrorKind, Reading};
use super::redact::{KnownSecrets, Redactor};
use super::target::{
    Address, DnsRequest, HttpRequest, Request, RequestHeader, SqliteRequest, Target, TlsRequest, Verification,
};
use super::template::{self, TemplateError};
use super::validate::{ProbePolicy, Problem, Reason, ValidatedProbe, ValidatedScenario, ValidationError};
use crate::api::{DnsProbe, HttpProbe, Method, RecordType, SecretKeyRef, SqliteProbe, TlsOptions, TlsProbe};
use crate::cel::Environment;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use url::Url;

const MAX_REDIRECTS: u32 = 5;
const MAX_BODY_BYTES: u32 = 1 << 20;
const MAX_ROWS: u32 = 100;

/// A Secret as the API returned it.
#[derive(Clone, Debug, PartialEq)]
pub enum SecretView {
    Absent,
    /// It exists, but has no label that offers it to probes.
    NotOffered,
    /// RBAC does not allow reading it.
    Closed,
    Present(Arc<OfferedSecret>),
}

/// A Secret that probes may use.
#[derive(Debug, Default, PartialEq)]
pub struct OfferedSecret {
    pub data: BTreeMap<String, String>,
    /// Which hosts its keys may be sent to.
    pub hosts: KeyHosts,
}

/// The settings and Secrets that a Scenario's probes refer to, at the time of a run.
#[derive(Clone, Default)]
pub struct ReferencedConfiguration {
    /// The ConfigMap `agentic-ops`.
    pub settings: Arc<Environment>,
    /// The Secrets that its probes refer to, by name.
    pub secrets: BTreeMap<String, SecretView>,
    /// All secrets that are known: an answer may contain one that another Scenario uses.
    pub known: KnownSecrets,
}

/// The prepared probes of a Scenario.
pub struct Prepared {
    /// In the order of the spec: a target, or the failed reading that names what is missing.
    pub targets: Vec<(Arc<str>, Result<Target, Reading>)>,
    /// References that are not allowed. If there are any, nothing is read.
    pub refused: Vec<ValidationError>,
    pub redactor: Redactor,
}

/// Prepares every probe.
pub fn prepare(
    scenario: &ValidatedScenario,
    configuration: &ReferencedConfiguration,
    policy: &ProbePolicy,
) -> Prepared {
    let mut secrets = Vec::new();
    let mut refused = Vec::new();
    let mut targets = Vec::with_capacity(scenario.probes.len());
    for (index, valid) in scenario.probes.iter().enumerate() {
        let mut preparer = Preparer { configuration, policy, secrets: &mut secrets };
        let name = valid.name.clone();
        match preparer.request(valid) {
            Ok(request) => {
                let scenario = scenario.name.clone();
                targets.push((name.clone(), Ok(Target { scenario, name, timeout: valid.timeout, request })));
            }
            Err(Unprepared::Missing(kind, cause)) => {
                targets.push((name, Err(Reading::failed(kind, cause, Duration::ZERO))));
            }
            Err(Unprepared::Refused(field, reason, problem)) => {
                refused.push(ValidationError { field: format!("spec.probes[{index}].{field}"), reason, problem });
            }
        }
    }
    Prepared { targets, refused, redactor: configuration.known.redactor(secrets.iter().map(String::as_str)) }
}

/// The password of a URL, or the name where there is no password: a token takes its place.
pub fn credential_of(url: &Url) -> Option<String> {
    let encoded = url.password().or(Some(url.username())).filter(|text| !text.is_empty())?;
    Some(percent_encoding::percent_decode_str(encoded).decode_utf8_lossy().into_owned())
}

/// Why there is no target.
enum Unprepared {
    /// The referenced configuration is missing or not usable: the outcome is unknown.
    Missing(ErrorKind, ConfigurationCause),
    /// The spec refers to what is not offered to probes.
    Refused(String, Reason, Problem),
}

struct Preparer<'a> {
    configuration: &'a ReferencedConfiguration,
    policy: &'a ProbePolicy,
    /// Every secret value that was used, for the redactor.
    secrets: &'a mut Vec<String>,
}

impl Preparer<'_> {
    fn request(&mut self, valid: &ValidatedProbe) -> Result<Request, Unprepared> {
        let probe = &valid.probe;
        if let Some(http) = &probe.http {
            return self.http(http, valid.url.as_ref()).map(Request::Http);
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
            None => {
                Err(Unprepared::Refused("name".into(), Reason::InvalidProbe, Problem::Field(FieldError::NotOneKind)))
            }
        }
    }

    fn text(&self, text: &str) -> Result<String, Unprepared> {
        template::expand(text, self.configuration.settings.values()).map_err(|e| match e {
            TemplateError::Unset(name) => {
                Unprepared::Missing(ErrorKind::UnsetSetting, ConfigurationCause::UnsetSetting(name))
            }
            TemplateError::Malformed(text) => {
                let problem = Problem::Field(FieldError::MalformedTemplate { text });
                Unprepared::Refused("".into(), Reason::InvalidProbe, problem)
            }
        })
    }

    /// `url`: the probe's, where it is known.
    fn http(&mut self, http: &HttpProbe, url: Option<&Arc<Url>>) -> Result<HttpRequest, Unprepared> {
        let url = match url {
            Some(url) => url.clone(),
            None => Arc::new(parse_url(&self.text(&http.url)?).map_err(unusable)?),
        };
        self.secrets.extend(credential_of(&url));
        let body = http.body.as_deref().map(|b| self.text(b)).transpose()?;
        let mut bindings = Vec::new();
        let mut headers = Vec::with_capacity(http.headers.len());
        for (i, header) in http.headers.iter().enumerate() {
            let value = match &header.secret_key_ref {
                Some(reference) => {
                    let (value, binding) = self.secret(reference, &format!("http.headers[{i}].secretKeyRef"))?;
                    bindings.extend(binding);
                    value
                }
                None => self.text(header.value.as_deref().unwrap_or_default())?,
            };
            let value = format!("{}{value}", header.prefix.as_deref().unwrap_or_default());
            let body = body.as_deref().unwrap_or_default();
            check_header(header, &value, body).map_err(|e| unusable_value(header.secret_key_ref.as_ref(), e))?;
            headers.push(RequestHeader { name: header.name.clone(), value, secret: header.secret_key_ref.is_some() });
        }
        if let Some(binding) = bindings.iter().find(|binding| !binding.allows(&url)) {
            return Err(Unprepared::Missing(ErrorKind::Forbidden, ConfigurationCause::host_not_allowed(binding, &url)));
        }
        Ok(HttpRequest {
            url,
            bindings,
            method: http.method.unwrap_or(Method::Get),
            headers,
            body,
            max_redirects: http.max_redirects.unwrap_or(MAX_REDIRECTS),
            max_body_bytes: http.max_body_bytes.unwrap_or(MAX_BODY_BYTES) as usize,
            tls: self.verification(http.tls.as_deref(), "http.tls")?,
        })
    }

    fn sqlite(&self, sqlite: &SqliteProbe) -> Result<SqliteRequest, Unprepared> {
        let path = PathBuf::from(self.text(&sqlite.path)?);
        if !self.policy.sqlite_paths.contains(&path) {
            let problem = Problem::FileNotOffered { path: path.display().to_string() };
            return Err(Unprepared::Refused("sqlite.path".into(), Reason::FileNotOffered, problem));
        }
        Ok(SqliteRequest {
            path,
            query: sqlite.query.clone(),
            parameters: sqlite.parameters.iter().map(|p| self.text(p)).collect::<Result<_, _>>()?,
            max_rows: sqlite.max_rows.unwrap_or(MAX_ROWS) as usize,
        })
    }

    fn dns(&self, dns: &DnsProbe) -> Result<DnsRequest, Unprepared> {
        let server = dns.server.as_deref().map(|s| self.text(s)).transpose()?;
        let name = self.text(&dns.name)?;
        check_domain_name(&name, dns).map_err(unusable)?;
        Ok(DnsRequest {
            name,
            record_type: dns.record_type.unwrap_or(RecordType::A),
            server: server.map(|s| parse_address(&s, Some(DNS_PORT)).map_err(unusable)).transpose()?,
        })
    }

    fn tls(&mut self, tls: &TlsProbe) -> Result<TlsRequest, Unprepared> {
        let address = self.address(&tls.address)?;
        let name = tls.server_name.as_deref().map(|n| self.text(n)).transpose()?;
        Ok(TlsRequest {
            server_name: server_name(name.as_deref().unwrap_or(&address.host)).map_err(unusable)?,
            address,
            tls: self.verification(tls.options.as_ref(), "tls.options")?,
        })
    }

    fn address(&self, text: &str) -> Result<Address, Unprepared> {
        parse_address(&self.text(text)?, None).map_err(unusable)
    }

    fn verification(&mut self, options: Option<&TlsOptions>, at: &str) -> Result<Verification, Unprepared> {
        let Some(options) = options else { return Ok(Verification::default()) };
        let mut pem = options.ca_bundle.clone();
        if let Some(reference) = &options.ca_secret_key_ref {
            let known = self.secrets.len();
            let (more, _) = self.secret(reference, &format!("{at}.caSecretKeyRef"))?;
            // A certificate is not a secret.
            self.secrets.truncate(known);
            let unusable = |e| unusable_value(Some(reference), FieldError::Certificates(e));
            (self.policy.check_certificates)(&more).map_err(unusable)?;
            pem = Some(pem.map(|p| format!("{p}\n{more}")).unwrap_or(more));
        }
        Ok(Verification { ca_pem: pem, skip: options.insecure_skip_verify })
    }

    /// The value of a key, and which hosts it may be sent to.
    fn secret(&mut self, reference: &SecretKeyRef, field: &str) -> Result<(String, Option<KeyBinding>), Unprepared> {
        let SecretKeyRef { name, key } = reference;
        let missing = |cause| Err(Unprepared::Missing(ErrorKind::MissingSecret, cause));
        match self.configuration.secrets.get(name) {
            Some(SecretView::Present(secret)) => match secret.data.get(key).map(|v| v.trim_end_matches(['\r', '\n'])) {
                Some(value) if !value.is_empty() => {
                    let malformed = |entry| ConfigurationCause::MalformedHosts { secret: name.clone(), entry };
                    let binding = secret.hosts.binding(name, key);
                    let binding =
                        binding.map_err(|entry| Unprepared::Missing(ErrorKind::Forbidden, malformed(entry)))?;
                    self.secrets.push(value.to_string());
                    Ok((value.to_string(), binding))
                }
                _ => missing(ConfigurationCause::NoSecretKey { name: name.clone(), key: key.clone() }),
            },
            Some(SecretView::NotOffered) => {
                let problem = Problem::SecretNotOffered { name: name.clone() };
                Err(Unprepared::Refused(field.to_string(), Reason::SecretNotOffered, problem))
            }
            Some(SecretView::Closed) => missing(ConfigurationCause::SecretForbidden { name: name.clone() }),
            Some(SecretView::Absent) | None => missing(ConfigurationCause::NoSecret { name: name.clone() }),
        }
    }
}

/// A text that is not valid after settings were substituted. The settings are at fault, since the spec was validated.
fn unusable(error: FieldError) -> Unprepared {
    Unprepared::Missing(ErrorKind::UnsetSetting, ConfigurationCause::Field(error))
}

/// Like [`unusable`], of a text with a value from a Secret, if there is a reference to it.
fn unusable_value(secret: Option<&SecretKeyRef>, error: FieldError) -> Unprepared {
    let Some(SecretKeyRef { name, key }) = secret.cloned() else { return unusable(error) };
    Unprepared::Missing(ErrorKind::MissingSecret, ConfigurationCause::SecretValue { name, key, error })
}

#[cfg(test)]
mod tests;
