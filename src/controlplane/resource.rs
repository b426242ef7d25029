//! The served kinds: those of the CRDs and the built-in ones.

use super::schema::core::{self, CoreKind};
use serde_json::{Value, json};

/// The key in the store of Events, of both groups.
pub const EVENTS: &str = "events";

/// A served kind.
#[derive(Clone, Debug)]
pub struct Resource {
    /// Empty for the core group.
    pub group: String,
    pub version: String,
    pub plural: String,
    pub singular: String,
    pub kind: String,
    pub short_names: Vec<String>,
    pub categories: Vec<String>,
    pub namespaced: bool,
    pub verbs: &'static [&'static str],
    pub status_subresource: bool,
    /// Such as `.spec.agent`.
    pub selectable_fields: Vec<String>,
    /// As in a CRD, with `name`, `type`, `jsonPath` and `priority`.
    pub printer_columns: Vec<Value>,
    /// The `openAPIV3Schema`.
    pub schema: Value,
    /// Fields that are serialised even if they are not set, with their zero values.
    pub zero_values: Value,
    /// Whether the kind is a custom resource.
    pub custom: bool,
}

/// Verbs of built-in kinds.
pub const STORED: &[&str] = &["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];
/// Verbs of custom resources, in the order of kube-apiserver.
const CUSTOM: &[&str] = &["delete", "deletecollection", "get", "list", "patch", "create", "update", "watch"];
/// Verbs of namespaces, which cannot be deleted as a collection.
const NAMESPACES: &[&str] = &["create", "delete", "get", "list", "patch", "update", "watch"];
/// Verbs of reviews, which are not stored.
const REVIEW: &[&str] = &["create"];

impl Resource {
    /// Whether an update has to name the version that it replaces: nobody takes a Lease that another one holds by mistake.
    pub fn needs_version(&self) -> bool {
        self.custom || self.plural == "leases"
    }

    /// The served versions of a CustomResourceDefinition.
    pub fn from_crd(crd: &Value) -> Result<Vec<Resource>, String> {
        let spec = &crd["spec"];
        let text = |value: &Value, what: &str| {
            value
                .as_str()
                .map(String::from)
                .ok_or_else(|| format!("CRD {}: {what} is missing", crd["metadata"]["name"]))
        };
        let texts = |value: &Value| -> Vec<String> {
            value.as_array().into_iter().flatten().filter_map(|v| v.as_str().map(String::from)).collect()
        };
        let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
        let served = spec["versions"].as_array().into_iter().flatten().filter(|v| v["served"] == true);
        served
            .map(|version| {
                let names = &spec["names"];
                let fields = list(&version["selectableFields"]);
                Ok(Resource {
                    group: text(&spec["group"], "spec.group")?,
                    version: text(&version["name"], "spec.versions[].name")?,
                    plural: text(&names["plural"], "spec.names.plural")?,
                    singular: text(&names["singular"], "spec.names.singular")?,
                    kind: text(&names["kind"], "spec.names.kind")?,
                    short_names: texts(&names["shortNames"]),
                    categories: texts(&names["categories"]),
                    namespaced: spec["scope"] == "Namespaced",
                    verbs: CUSTOM,
                    status_subresource: version["subresources"]["status"].is_object(),
                    selectable_fields: fields.iter().filter_map(|f| f["jsonPath"].as_str().map(String::from)).collect(),
                    printer_columns: list(&version["additionalPrinterColumns"]),
                    schema: version["schema"]["openAPIV3Schema"].clone(),
                    zero_values: json!({}),
                    custom: true,
                })
            })
            .collect()
    }

    /// The built-in kinds.
    pub fn core() -> Vec<Resource> {
        let verbs = |kind: &CoreKind| if kind.plural == "namespaces" { NAMESPACES } else { STORED };
        let stored = core::KINDS.iter().map(|kind| Self::of_core(kind, verbs(kind)));
        let answered = core::REVIEWS.iter().map(|kind| Self::of_core(kind, REVIEW));
        stored.chain(answered).collect()
    }

    fn of_core(kind: &CoreKind, verbs: &'static [&'static str]) -> Resource {
        let columns = kind.columns.iter().map(|(name, path, type_, priority)| {
            json!({"name": name, "jsonPath": path, "type": type_, "priority": priority})
        });
        Resource {
            group: kind.group.into(),
            version: "v1".into(),
            plural: kind.plural.into(),
            singular: kind.kind.to_lowercase(),
            kind: kind.kind.into(),
            short_names: kind.short_names.iter().map(|s| s.to_string()).collect(),
            categories: kind.categories.iter().map(|s| s.to_string()).collect(),
            namespaced: kind.namespaced,
            verbs,
            status_subresource: false,
            selectable_fields: kind.selectable.iter().map(|s| s.to_string()).collect(),
            printer_columns: columns.collect(),
            schema: core::schema(kind),
            zero_values: core::zero_values(kind.group, kind.kind),
            custom: false,
        }
    }

    /// `group/version`, or `v1` for the core group.
    pub fn api_version(&self) -> String {
        if self.group.is_empty() { self.version.clone() } else { format!("{}/{}", self.group, self.version) }
    }

    /// `plural.group`, or `plural` for the core group, as in messages.
    pub fn group_resource(&self) -> String {
        if self.group.is_empty() { self.plural.clone() } else { format!("{}.{}", self.plural, self.group) }
    }

    /// The key under which the objects are stored. Events of both groups share one.
    pub fn store_key(&self) -> String {
        match (self.group.as_str(), self.plural.as_str()) {
            ("events.k8s.io", "events") => EVENTS.into(),
            _ => self.group_resource(),
        }
    }

    /// Whether objects of this kind are stored.
    pub fn is_stored(&self) -> bool {
        self.verbs.len() > 1
    }
}
