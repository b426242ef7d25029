//! The probes of a Scenario: one target, read in one of five ways.

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One target and how to read it. Exactly one of http, sqlite, tcp, dns and tls must be set.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[x_kube(
    validation = Rule::new("[has(self.http), has(self.sqlite), has(self.tcp), has(self.dns), has(self.tls)].filter(x, x).size() == 1")
        .message("exactly one of http, sqlite, tcp, dns, tls must be set")
)]
pub struct Probe {
    /// Name of the probe, unique among the checks and probes of the Scenario. Checks refer to the reading as
    /// `probes.NAME`. At most 63 characters; `blind` is reserved.
    #[schemars(length(min = 1, max = 63), regex(pattern = r"^[a-z][a-zA-Z0-9_]*$"))]
    pub name: String,
    /// Timeout of this probe, redirects and response body included, as a Go duration such as `10s`. From 100ms to the
    /// interval. Defaults to the timeout of the Scenario.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 32), regex(pattern = r"^([0-9]+(\.[0-9]+)?(ms|s|m|h))+$"))]
    pub timeout: Option<String>,
    /// Reads the response to an HTTP request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub http: Option<Box<HttpProbe>>,
    /// Reads the rows of a query of a SQLite database file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sqlite: Option<Box<SqliteProbe>>,
    /// Reads whether a TCP connection can be established.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tcp: Option<Box<TcpProbe>>,
    /// Reads the response to a DNS query.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dns: Option<Box<DnsProbe>>,
    /// Reads the certificate that a TLS server presents.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tls: Option<Box<TlsProbe>>,
}

/// An HTTP request. `${NAME}` in its strings is replaced by the value of that setting.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct HttpProbe {
    /// Absolute URL with scheme http or https. May contain `${NAME}`. 1 to 2048 characters.
    #[schemars(length(min = 1, max = 2048))]
    pub url: String,
    /// HTTP method. Defaults to GET.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<Method>,
    /// Request headers. At most 32, unique by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 32))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["name".into()]))]
    pub headers: Vec<Header>,
    /// Request body. May contain `${NAME}`. At most 16384 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 16384))]
    pub body: Option<String>,
    /// Maximum number of redirects to follow; 0 reads the redirect itself. Headers from a Secret are not sent to another
    /// origin. From 0 to 10. Defaults to 5.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 10))]
    pub max_redirects: Option<u32>,
    /// Maximum size of the response body in bytes; a larger one is the error `too_large`. From 1 to 8388608 (8 MiB).
    /// Defaults to 1048576 (1 MiB).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 8388608))]
    pub max_body_bytes: Option<u32>,
    /// Verification of the server certificate, for https.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tls: Option<Box<TlsOptions>>,
}

/// An HTTP method that a probe can use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum Method {
    Get,
    Head,
    Post,
    Put,
    Options,
}

/// An HTTP request header. Exactly one of value and secretKeyRef must be set.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[x_kube(
    validation = Rule::new("has(self.value) != has(self.secretKeyRef)").message("exactly one of value, secretKeyRef must be set")
)]
pub struct Header {
    /// Header name: letters, digits and dashes. 1 to 128 characters.
    #[schemars(length(min = 1, max = 128), regex(pattern = r"^[A-Za-z0-9-]+$"))]
    pub name: String,
    /// Header value. May contain `${NAME}`. At most 1024 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 1024))]
    pub value: Option<String>,
    /// Text before the header value, such as `Bearer `. At most 64 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub prefix: Option<String>,
    /// Key of a Secret that holds the header value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_key_ref: Option<SecretKeyRef>,
}

/// A key of a Secret in the namespace of the Scenario. Probes must be allowed to use it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SecretKeyRef {
    /// Name of the Secret. 1 to 253 characters.
    #[schemars(length(min = 1, max = 253))]
    pub name: String,
    /// Key in the data of the Secret. 1 to 253 characters.
    #[schemars(length(min = 1, max = 253))]
    pub key: String,
}

/// How the certificate of a server is verified.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TlsOptions {
    /// CA certificates in PEM that are trusted in addition to those of the system and of AGENTIC_CA_FILE. At most 16384
    /// characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 16384))]
    pub ca_bundle: Option<String>,
    /// Key of a Secret that holds further CA certificates in PEM.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca_secret_key_ref: Option<SecretKeyRef>,
    /// If true, any server certificate is accepted. Defaults to false.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub insecure_skip_verify: bool,
}

/// A read-only query of a SQLite database file. Probes must be allowed to use the file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SqliteProbe {
    /// Path of the database file, which DESK_DB_PATH or AGENTIC_SQLITE_PATHS must list. May contain `${NAME}`. 1 to 1024
    /// characters.
    #[schemars(length(min = 1, max = 1024))]
    pub path: String,
    /// One SELECT statement. It cannot contain `${NAME}`; use parameters. 1 to 4096 characters.
    #[schemars(length(min = 1, max = 4096))]
    pub query: String,
    /// Values for `?1`, `?2` and so on in the query. Each may contain `${NAME}`. At most 32, each at most 1024
    /// characters.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 32), inner(length(max = 1024)))]
    pub parameters: Vec<String>,
    /// Maximum number of rows; more rows are the error `too_large`. From 1 to 1000. Defaults to 100.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 1000))]
    pub max_rows: Option<u32>,
}

/// A TCP connection, which is closed once it is established.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TcpProbe {
    /// Address to connect to, as `host:port` or `[ipv6]:port`. May contain `${NAME}`. 1 to 300 characters.
    #[schemars(length(min = 1, max = 300))]
    pub address: String,
}

/// A DNS query.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DnsProbe {
    /// Domain name to query. May contain `${NAME}`. 1 to 300 characters.
    #[schemars(length(min = 1, max = 300))]
    pub name: String,
    /// Record type to query. Defaults to A.
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    pub record_type: Option<RecordType>,
    /// DNS resolver to query, as `host` or `host:port`. May contain `${NAME}`. At most 300 characters. Defaults to the
    /// resolvers of the system.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 300))]
    pub server: Option<String>,
}

/// A DNS record type that a probe can query.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum RecordType {
    A,
    Aaaa,
    Caa,
    Cname,
    Mx,
    Ns,
    Ptr,
    Soa,
    Srv,
    Txt,
}

/// A TLS handshake, which reads the certificate of the server.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TlsProbe {
    /// Address of the TLS server, as `host:port`. May contain `${NAME}`. 1 to 300 characters.
    #[schemars(length(min = 1, max = 300))]
    pub address: String,
    /// Host name to send and to verify in the certificate. At most 253 characters. Defaults to the host of the address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 253))]
    pub server_name: Option<String>,
    /// Verification of the server certificate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub options: Option<TlsOptions>,
}
