//! Findings whose stored form this program cannot read: what can be read is kept, and the rest is removed, once.

use crate::api::{Finding, FindingStatus};
use crate::domain::salvage::{Salvaged, finding_status};
use crate::runtime::write::{self, WriteError};
use kube::ResourceExt as _;
use kube::core::DynamicObject;
use serde_json::{Map, Value, json};

/// What people state about a Finding, in its spec.
const STATEMENTS: [&str; 2] = ["acknowledgement", "owner"];

/// A Finding as it is stored.
pub enum Stored {
    Whole(Box<Finding>),
    /// Fields of it cannot be read.
    Damaged(Box<Damage>),
}

/// What is to be written so that a Finding can be read.
#[derive(Debug)]
pub struct Damage {
    /// Names of the fields that are lost.
    pub fields: Vec<String>,
    /// The patch of the object that removes the acknowledgement or the owner, where that cannot be read.
    pub spec: Option<Value>,
    /// The patch of its status, where something of that cannot be read. It has no resource version yet.
    pub status: Option<Value>,
    pub resource_version: Option<String>,
}

impl Stored {
    /// Undecodable where its identity cannot be read: there is nothing to repair it from.
    pub fn read(object: DynamicObject) -> Result<Stored, WriteError> {
        let name = object.name_any();
        let resource_version = object.metadata.resource_version.clone();
        let mut whole = serde_json::to_value(&object)?;
        let error = match serde_json::from_value::<Finding>(whole.clone()) {
            Ok(finding) => return Ok(Stored::Whole(Box::new(finding))),
            Err(error) => error,
        };
        let status =
            whole.as_object_mut().and_then(|object| object.remove("status")).filter(|status| !status.is_null());
        let mut fields = Vec::new();
        let damaged = match damaged_statements(&mut whole) {
            Ok(damaged) => damaged,
            Err(error) => return Err(WriteError::Undecodable { name, error: error.to_string() }),
        };
        fields.extend(damaged.iter().map(|field| format!("spec.{field}")));
        let spec = (!damaged.is_empty()).then(|| {
            let removed: Map<String, Value> = damaged.iter().map(|field| (field.to_string(), Value::Null)).collect();
            json!({"metadata": {"resourceVersion": resource_version}, "spec": removed})
        });
        let status = match status {
            Some(stored) => status_patch(&stored, &mut fields)?,
            None => None,
        };
        if fields.is_empty() {
            return Err(WriteError::Undecodable { name, error: error.to_string() });
        }
        Ok(Stored::Damaged(Box::new(Damage { fields, spec, status, resource_version })))
    }
}

/// Removes those of the statements of people that cannot be read from an object without a status; their names. An error where it cannot
/// be read without them, either.
fn damaged_statements(whole: &mut Value) -> Result<Vec<&'static str>, serde_json::Error> {
    let is_read = |whole: &Value| serde_json::from_value::<Finding>(whole.clone());
    let mut without = whole.clone();
    let spec = without.pointer_mut("/spec").and_then(Value::as_object_mut);
    let Some(spec) = spec else { return is_read(whole).map(|_| Vec::new()) };
    let statements = STATEMENTS.map(|field| (field, spec.remove(field)));
    is_read(&without)?;
    let is_damaged = |(field, value): &(&'static str, Option<Value>)| {
        let mut with = without.clone();
        with["spec"][*field] = value.clone()?;
        is_read(&with).is_err().then_some(*field)
    };
    let damaged: Vec<_> = statements.iter().filter_map(is_damaged).collect();
    if let Some(spec) = whole.pointer_mut("/spec").and_then(Value::as_object_mut) {
        spec.retain(|field, _| !damaged.contains(&field.as_str()));
    }
    Ok(damaged)
}

/// The patch that leaves of a status what can be read; `None` where all can.
fn status_patch(stored: &Value, lost_fields: &mut Vec<String>) -> Result<Option<Value>, WriteError> {
    if serde_json::from_value::<FindingStatus>(stored.clone()).is_ok() {
        return Ok(None);
    }
    let Salvaged { status, lost } = finding_status(stored);
    match stored.is_object() {
        true => lost_fields.extend(lost.keys().map(|name| format!("status.{name}"))),
        false => lost_fields.push("status".into()),
    }
    write::repair("status", stored, &status, None).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::fingerprint::{finding_name, finding_spec};

    const AT: &str = "2026-01-01T00:00:00Z";
    /// A time that the schema accepts and nobody can read.
    const NO_TIME: &str = "2026-01-01T00:00:00+99:99";

    fn object(acknowledgement: Value, status: Value) -> DynamicObject {
        let mut spec = serde_json::to_value(finding_spec("shop", "web", "")).unwrap();
        spec["acknowledgement"] = acknowledgement;
        let metadata = json!({"name": finding_name("shop", "web", ""), "namespace": "ops", "resourceVersion": "7"});
        let object = json!({"apiVersion": "agentic.ligbox.io/v1alpha1", "kind": "Finding", "metadata": metadata, "spec": spec,
            "status": status});
        serde_json::from_value(object).unwrap()
    }

    fn damage(object: DynamicObject) -> Damage {
        match Stored::read(object) {
            Ok(Stored::Damaged(damage)) => *damage,
            Ok(Stored::Whole(finding)) => panic!("{finding:?} is whole"),
            Err(error) => panic!("{error}"),
        }
    }

    /// The object with the repair written.
    fn repaired(object: &DynamicObject) -> Finding {
        let damage = damage(object.clone());
        let mut value = serde_json::to_value(object).unwrap();
        for patch in [damage.spec, damage.status].into_iter().flatten() {
            json_patch::merge(&mut value, &patch);
        }
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn one_that_can_be_read_is_whole() {
        for status in [Value::Null, json!({}), json!({"phase": "Open", "addedLater": {"a": 1}})] {
            let acknowledgement = json!({"by": "ana", "at": AT});
            assert!(matches!(Stored::read(object(acknowledgement, status)), Ok(Stored::Whole(_))));
        }
    }

    #[test]
    fn of_a_damaged_status_the_rest_is_kept_and_what_a_later_version_added() {
        let status = json!({"phase": "Open", "openedAt": AT, "occurrences": 2, "severity": "urgent", "informants": [1],
            "acknowledgement": {"by": "ana", "at": NO_TIME, "occurrence": 2}});
        let object = object(Value::Null, status);
        let damage = damage(object.clone());
        assert_eq!(damage.fields, ["status.acknowledgement", "status.severity"]);
        assert_eq!(
            damage.status.map(|patch| patch["status"].clone()),
            Some(json!({"acknowledgement": null, "severity": null}))
        );
        let status = repaired(&object).status.unwrap();
        assert_eq!((status.phase, status.occurrences), (Some(crate::api::Phase::Open), Some(2)));
    }

    #[test]
    fn an_acknowledgement_that_cannot_be_read_is_removed() {
        let object = object(json!({"by": "ana", "at": NO_TIME}), json!({"phase": "Open"}));
        assert_eq!(damage(object.clone()).fields, ["spec.acknowledgement"]);
        let finding = repaired(&object);
        assert_eq!((finding.spec.acknowledgement, finding.status.unwrap().occurrences), (None, None));
    }

    #[test]
    fn an_owner_that_cannot_be_read_is_removed_and_the_acknowledgement_stays() {
        let mut object = object(json!({"by": "ana", "at": AT}), json!({"phase": "Open"}));
        object.data["spec"]["owner"] = json!({"by": "rui", "at": NO_TIME});
        assert_eq!(damage(object.clone()).fields, ["spec.owner"]);
        let spec = repaired(&object).spec;
        assert!(spec.owner.is_none() && spec.acknowledgement.is_some_and(|kept| kept.by == "ana"));
    }

    #[test]
    fn a_lost_phase_is_written() {
        let object = object(json!({"by": "ana", "at": NO_TIME}), json!({"phase": {"a": 1}, "openedAt": AT}));
        assert_eq!(damage(object.clone()).fields, ["spec.acknowledgement", "status.phase"]);
        assert_eq!(repaired(&object).status.unwrap().phase, Some(crate::api::Phase::Open));
        let no_object = self::object(Value::Null, json!("Open"));
        assert_eq!(damage(no_object.clone()).fields, ["status"]);
        assert_eq!(repaired(&no_object).status.unwrap(), FindingStatus::default());
    }

    #[test]
    fn without_its_identity_it_can_not_be_repaired() {
        let mut object = object(Value::Null, json!({"phase": "Open"}));
        object.data["spec"]["key"] = Value::Null;
        let error = Stored::read(object).err().unwrap();
        assert!(matches!(&error, WriteError::Undecodable { .. }), "{error}");
    }
}
