//! The requests to both servers: stories, each with a sequence of requests in a separate namespace.

use http::Method;
use serde_json::{Value, json};

pub const JSON: &str = "application/json";
pub const MERGE: &str = "application/merge-patch+json";
pub const JSON_PATCH: &str = "application/json-patch+json";
pub const STRATEGIC: &str = "application/strategic-merge-patch+json";
pub const APPLY: &str = "application/apply-patch+yaml";
pub const YAML: &str = "application/yaml";
/// A body that is an object in JSON is encoded before it is sent.
pub const PROTOBUF: &str = "application/vnd.kubernetes.protobuf";
pub const TABLE: &str = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";
pub const PARTIAL: &str = "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io,application/json";
pub const PARTIAL_LIST: &str = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io,application/json";

/// A sequence of requests that depend on each other.
pub struct Story {
    pub name: String,
    pub steps: Vec<Step>,
}

/// A request, and the part of its response that is compared.
pub struct Step {
    /// The name in the table.
    pub name: String,
    pub method: Method,
    /// `$ns` is the namespace of the story, `${NAME/POINTER}` a value from an earlier response.
    pub path: String,
    pub headers: Vec<(&'static str, String)>,
    pub body: String,
    /// The name of the response for later steps.
    pub keep: Option<&'static str>,
    pub compared: Compared,
    /// Why the responses of the two servers differ.
    pub differs: Option<&'static str>,
}

/// The part of a response that is compared, in addition to its status code.
pub enum Compared {
    Whole,
    /// The values at these pointers.
    Only(Vec<&'static str>),
    /// The result of a function of the body.
    Through(fn(Value) -> Value),
    /// This number of events of a watch.
    Events(usize),
}

/// A story with this name.
pub fn story(name: impl Into<String>, steps: Vec<Step>) -> Story {
    Story { name: name.into(), steps }
}

/// Any request.
pub fn request(name: impl Into<String>, method: Method, path: impl Into<String>, media_type: &str, body: &str) -> Step {
    let headers = if body.is_empty() { Vec::new() } else { vec![("content-type", media_type.to_string())] };
    let (name, path, body) = (name.into(), path.into(), body.to_string());
    Step { name, method, path, headers, body, keep: None, compared: Compared::Whole, differs: None }
}

pub fn get(name: impl Into<String>, path: impl Into<String>) -> Step {
    request(name, Method::GET, path, JSON, "")
}

pub fn post(name: impl Into<String>, path: impl Into<String>, body: Value) -> Step {
    request(name, Method::POST, path, JSON, &body.to_string())
}

pub fn put(name: impl Into<String>, path: impl Into<String>, body: Value) -> Step {
    request(name, Method::PUT, path, JSON, &body.to_string())
}

/// A patch with this media type.
pub fn patch(name: impl Into<String>, path: impl Into<String>, media_type: &str, body: Value) -> Step {
    request(name, Method::PATCH, path, media_type, &body.to_string())
}

/// A server-side apply.
pub fn apply(name: impl Into<String>, path: impl Into<String>, manager: &str, body: Value) -> Step {
    let path = with_query(path.into(), &format!("fieldManager={manager}"));
    request(name, Method::PATCH, path, APPLY, &body.to_string())
}

/// A merge patch of a status.
pub fn merge_status(name: impl Into<String>, path: &str, status: Value) -> Step {
    patch(name, at(&format!("{path}/status")), MERGE, json!({"status": status}))
}

pub fn delete(name: impl Into<String>, path: impl Into<String>) -> Step {
    request(name, Method::DELETE, path, JSON, "")
}

/// A watch of which this number of events is read. It ends after three seconds.
pub fn watch(name: impl Into<String>, path: impl Into<String>, events: usize) -> Step {
    let path = with_query(path.into(), "watch=true&timeoutSeconds=3");
    Step { compared: Compared::Events(events), ..get(name, path) }
}

fn with_query(path: String, query: &str) -> String {
    let separator = if path.contains('?') { '&' } else { '?' };
    format!("{path}{separator}{query}")
}

impl Step {
    /// Sets a name for the response.
    pub fn keep(mut self, name: &'static str) -> Step {
        self.keep = Some(name);
        self
    }

    pub fn accept(mut self, media_types: &str) -> Step {
        self.headers.push(("accept", media_types.to_string()));
        self
    }

    /// Sets the user agent.
    pub fn agent(mut self, agent: &str) -> Step {
        self.headers.push(("user-agent", agent.to_string()));
        self
    }

    /// Compares only the values at these pointers.
    pub fn only(mut self, pointers: &[&'static str]) -> Step {
        self.compared = Compared::Only(pointers.to_vec());
        self
    }

    /// Compares the result of a function of the body.
    pub fn through(mut self, of: fn(Value) -> Value) -> Step {
        self.compared = Compared::Through(of);
        self
    }

    /// Declares that the responses differ, and why.
    pub fn differs(mut self, why: &'static str) -> Step {
        self.differs = Some(why);
        self
    }
}

/// The path of `scenarios/a`, for example, in the namespace of the story.
pub fn at(path: &str) -> String {
    let plural = path.split(['/', '?']).next().unwrap_or_default();
    let group = match plural {
        "scenarios" | "findings" | "agents" | "threads" | "messages" | "actions" | "silences" => {
            "apis/agentic.ligbox.io/v1alpha1"
        }
        "leases" => "apis/coordination.k8s.io/v1",
        _ => "api/v1",
    };
    format!("/{group}/namespaces/$ns/{path}")
}
