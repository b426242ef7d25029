//! The CustomResourceDefinitions, generated from the types of this folder.

use super::action::Action;
use super::agent::Agent;
use super::finding::Finding;
use super::message::Message;
use super::scenario::Scenario;
use super::silence::Silence;
use super::thread::Thread;
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::{
    CustomResourceDefinition, JSONSchemaProps, JSONSchemaPropsOrArray, JSONSchemaPropsOrBool,
};
use kube::CustomResourceExt as _;

/// Descriptions of the fields of a condition. The generated ones are those of the Go type `metav1.Condition`.
const CONDITION_FIELDS: [(&str, &str); 6] = [
    ("type", "Type of the condition, in CamelCase. Unique within the list."),
    ("status", "Status of the condition: True, False or Unknown."),
    ("reason", "Reason for the current status, in CamelCase, for programs."),
    ("message", "Details of the current status, for people. May be empty."),
    ("lastTransitionTime", "Time at which the status of the condition last changed."),
    ("observedGeneration", "The `metadata.generation` for which the condition was determined."),
];

/// The seven CustomResourceDefinitions, in the order in which `agentic-ops crds` prints them.
pub fn crds() -> Vec<CustomResourceDefinition> {
    let mut crds = vec![
        Scenario::crd(),
        Finding::crd(),
        Agent::crd(),
        Thread::crd(),
        Message::crd(),
        Silence::crd(),
        Action::crd(),
    ];
    let versions = crds.iter_mut().flat_map(|crd| &mut crd.spec.versions);
    for schema in versions.filter_map(|v| v.schema.as_mut()?.open_api_v3_schema.as_mut()) {
        normalise(schema);
    }
    crds
}

/// Adapts a generated schema to the API server. It warns about unknown formats, so that counts have a minimum and a maximum
/// instead, and it rejects null for a field with an enum even if the enum contains null. Descriptions of conditions
/// that come from Go are replaced.
fn normalise(schema: &mut JSONSchemaProps) {
    let largest = match schema.format.as_deref() {
        Some("uint16") => Some(f64::from(u16::MAX)),
        Some("uint32") => Some(f64::from(u32::MAX)),
        _ => None,
    };
    if let Some(largest) = largest {
        schema.format = None;
        schema.maximum.get_or_insert(largest);
    }
    if let Some(values) = &mut schema.enum_ {
        values.retain(|value| !value.0.is_null());
        schema.nullable = None;
    }
    if let Some(description) = &mut schema.description {
        // kubectl wraps lines itself.
        *description = description.replace('\n', " ");
    }
    describe_condition(schema);
    schema.properties.iter_mut().flat_map(|fields| fields.values_mut()).for_each(normalise);
    if let Some(JSONSchemaPropsOrArray::Schema(items)) = &mut schema.items {
        normalise(items);
    }
    if let Some(JSONSchemaPropsOrBool::Schema(values)) = &mut schema.additional_properties {
        normalise(values);
    }
}

fn describe_condition(schema: &mut JSONSchemaProps) {
    let Some(fields) = &mut schema.properties else { return };
    if !CONDITION_FIELDS.iter().all(|(name, _)| fields.contains_key(*name)) {
        return;
    }
    for (name, description) in CONDITION_FIELDS {
        if let Some(field) = fields.get_mut(name) {
            field.description = Some(description.into());
        }
    }
    schema.description = Some("One aspect of the observed state of the object.".into());
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Phrases of descriptions that the Kubernetes crates generate from Go.
    const FROM_GO: &[&str] = &[
        "wrapper around time.Time",
        "RFC 3339 nano",
        "foo.example.com",
        "MarshalJSON",
        "metav1.",
        "is the last time the condition transitioned",
        "one of True, False, Unknown",
        "Auto-generated derived type",
        "Condition contains details",
    ];

    /// The paths of the fields below a schema whose description is missing, not their own, or Go's.
    fn undescribed(schema: &JSONSchemaProps, at: &str, wrong: &mut Vec<String>) {
        let mut seen = vec![schema.description.as_deref().unwrap_or_default()];
        for (name, field) in schema.properties.iter().flatten() {
            let path = format!("{at}.{name}");
            let description = field.description.as_deref().unwrap_or_default();
            if description.trim().is_empty() {
                wrong.push(format!("{path}: no description"));
            } else if seen.contains(&description) {
                wrong.push(format!("{path}: the description of its parent or of another field: {description}"));
            } else if let Some(phrase) = FROM_GO.iter().find(|phrase| description.contains(**phrase)) {
                wrong.push(format!("{path}: {phrase:?} is Go's"));
            }
            seen.push(description);
            undescribed(field, &path, wrong);
            if let Some(JSONSchemaPropsOrArray::Schema(items)) = &field.items {
                undescribed(items, &format!("{path}[]"), wrong);
            }
        }
    }

    #[test]
    fn every_field_has_a_description_of_its_own() {
        let mut wrong = Vec::new();
        for crd in crds() {
            let kind = crd.spec.names.kind.clone();
            for version in &crd.spec.versions {
                let schema = version.schema.as_ref().and_then(|v| v.open_api_v3_schema.as_ref()).unwrap();
                undescribed(schema, &kind, &mut wrong);
                for column in version.additional_printer_columns.iter().flatten() {
                    if column.description.as_deref().unwrap_or_default().is_empty() {
                        wrong.push(format!("{kind}: column {} has no description", column.name));
                    }
                }
            }
        }
        assert!(wrong.is_empty(), "{} fields:\n{}", wrong.len(), wrong.join("\n"));
    }

    #[test]
    fn an_undescribed_field_is_found_at_any_depth() {
        let mut crd = Scenario::crd();
        let schema = crd.spec.versions[0].schema.as_mut().unwrap().open_api_v3_schema.as_mut().unwrap();
        let mut before = Vec::new();
        undescribed(schema, "Scenario", &mut before);
        // As generated, conditions have the descriptions of the Go type.
        assert!(
            before.iter().any(|line| line.starts_with("Scenario.status.conditions[].lastTransitionTime")),
            "{before:?}"
        );
        normalise(schema);
        let spec = schema.properties.as_mut().unwrap().get_mut("spec").unwrap();
        let parent = spec.description.clone();
        spec.properties.as_mut().unwrap().get_mut("title").unwrap().description = parent;
        let mut wrong = Vec::new();
        undescribed(schema, "Scenario", &mut wrong);
        assert_eq!(wrong.len(), 1, "{wrong:?}");
        assert!(wrong[0].starts_with("Scenario.spec.title: "), "{wrong:?}");
    }
}
