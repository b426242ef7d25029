//! Findings whose stored form this program cannot read: what can be read is kept, and the rest is removed, once.

use crate::api::{Finding, FindingStatus};
use crate::domain::salvage::{Salvaged, finding_status};
use crate::runtime::write::{self, WriteError};
use kube::ResourceExt as _;
use kube::core::DynamicObject;
use serde_json::{Value, json};

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
    /// The patch of the object that removes the acknowledgement, where that cannot be read.
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
        let spec = serde_json::from_value::<Finding>(whole.clone()).is_err().then(|| {
            fields.push("spec.acknowledgement".to_string());
            whole.pointer_mut("/spec").and_then(Value::as_object_mut).map(|spec| spec.remove("acknowledgement"));
            json!({"metadata": {"resourceVersion": resource_version}, "spec": {"acknowledgement": null}})
        });
        if let Err(error) = serde_json::from_value::<Finding>(whole) {
            return Err(WriteError::Undecodable { name, error: error.to_string() });
        }
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
