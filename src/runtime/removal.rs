//! Removes objects that are no longer needed, if they are still what was decided on.

use super::leadership::WriteFence;
use super::write::WriteError;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::Api;
use kube::api::{DeleteParams, Preconditions};
use serde::de::DeserializeOwned;
use std::fmt::Debug;

/// One version of one object.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ObjectVersion {
    pub name: String,
    pub uid: Option<String>,
    pub resource_version: Option<String>,
}

impl ObjectVersion {
    pub fn of(metadata: &ObjectMeta) -> ObjectVersion {
        ObjectVersion {
            name: metadata.name.clone().unwrap_or_default(),
            uid: metadata.uid.clone(),
            resource_version: metadata.resource_version.clone(),
        }
    }
}

/// Removes an object through the write fence. True where it no longer exists, false where it has been changed since.
pub async fn remove<K>(api: &Api<K>, fence: &WriteFence, object: &ObjectVersion) -> Result<bool, WriteError>
where
    K: Clone + Debug + DeserializeOwned,
{
    let preconditions = Preconditions { uid: object.uid.clone(), resource_version: object.resource_version.clone() };
    let params = DeleteParams { preconditions: Some(preconditions), ..DeleteParams::default() };
    match fence.write(api.delete(&object.name, &params)).await {
        Ok(_) | Err(WriteError::Gone) => Ok(true),
        Err(WriteError::Conflict) => Ok(false),
        Err(error) => Err(error),
    }
}
