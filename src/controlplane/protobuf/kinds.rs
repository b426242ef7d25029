//! The messages of the built-in kinds, with the field numbers of `generated.proto` in k8s.io/api and k8s.io/apimachinery.
//!
//! Metadata that a client can't set (`selfLink`, `generation`, times) is left out, and so are the states of objects that
//! the server does not keep: conditions of namespaces and Services.

use super::{Field, Type};

const OWNER_REFERENCE: &[Field] = &[
    (1, "kind", Type::String),
    (3, "name", Type::String),
    (4, "uid", Type::String),
    (5, "apiVersion", Type::String),
    (6, "controller", Type::Bool),
    (7, "blockOwnerDeletion", Type::Bool),
];
const MANAGED_FIELDS_ENTRY: &[Field] = &[
    (1, "manager", Type::String),
    (2, "operation", Type::String),
    (3, "apiVersion", Type::String),
    (4, "time", Type::Time),
    (6, "fieldsType", Type::String),
    (7, "fieldsV1", Type::Json),
    (8, "subresource", Type::String),
];
const OBJECT_META: &[Field] = &[
    (1, "name", Type::String),
    (2, "generateName", Type::String),
    (3, "namespace", Type::String),
    (5, "uid", Type::String),
    (6, "resourceVersion", Type::String),
    (11, "labels", Type::StringMap),
    (12, "annotations", Type::StringMap),
    (13, "ownerReferences", Type::Messages(OWNER_REFERENCE)),
    (14, "finalizers", Type::Strings),
    (17, "managedFields", Type::Messages(MANAGED_FIELDS_ENTRY)),
];

const SECRET: &[Field] = &[
    (1, "metadata", Type::Message(OBJECT_META)),
    (2, "data", Type::BytesMap),
    (3, "type", Type::String),
    (4, "stringData", Type::StringMap),
    (5, "immutable", Type::Bool),
];
const CONFIG_MAP: &[Field] = &[
    (1, "metadata", Type::Message(OBJECT_META)),
    (2, "data", Type::StringMap),
    (3, "binaryData", Type::BytesMap),
    (4, "immutable", Type::Bool),
];
const NAMESPACE: &[Field] = &[
    (1, "metadata", Type::Message(OBJECT_META)),
    (2, "spec", Type::Message(&[(1, "finalizers", Type::Strings)])),
    (3, "status", Type::Message(&[(1, "phase", Type::String)])),
];

const LEASE_SPEC: &[Field] = &[
    (1, "holderIdentity", Type::String),
    (2, "leaseDurationSeconds", Type::Number),
    (3, "acquireTime", Type::MicroTime),
    (4, "renewTime", Type::MicroTime),
    (5, "leaseTransitions", Type::Number),
    (6, "strategy", Type::String),
    (7, "preferredHolder", Type::String),
];
const LEASE: &[Field] = &[(1, "metadata", Type::Message(OBJECT_META)), (2, "spec", Type::Message(LEASE_SPEC))];

const OBJECT_REFERENCE: &[Field] = &[
    (1, "kind", Type::String),
    (2, "namespace", Type::String),
    (3, "name", Type::String),
    (4, "uid", Type::String),
    (5, "apiVersion", Type::String),
    (6, "resourceVersion", Type::String),
    (7, "fieldPath", Type::String),
];
const EVENT_SOURCE: &[Field] = &[(1, "component", Type::String), (2, "host", Type::String)];
const EVENT: &[Field] = &[
    (1, "metadata", Type::Message(OBJECT_META)),
    (2, "involvedObject", Type::Message(OBJECT_REFERENCE)),
    (3, "reason", Type::String),
    (4, "message", Type::String),
    (5, "source", Type::Message(EVENT_SOURCE)),
    (6, "firstTimestamp", Type::Time),
    (7, "lastTimestamp", Type::Time),
    (8, "count", Type::NonZero),
    (9, "type", Type::String),
    (10, "eventTime", Type::MicroTime),
    (11, "series", Type::Message(&[(1, "count", Type::NonZero), (2, "lastObservedTime", Type::MicroTime)])),
    (12, "action", Type::String),
    (13, "related", Type::Message(OBJECT_REFERENCE)),
    (14, "reportingComponent", Type::String),
    (15, "reportingInstance", Type::String),
];
const EVENTS_V1_EVENT: &[Field] = &[
    (1, "metadata", Type::Message(OBJECT_META)),
    (2, "eventTime", Type::MicroTime),
    (3, "series", Type::Message(&[(1, "count", Type::Number), (2, "lastObservedTime", Type::MicroTime)])),
    (4, "reportingController", Type::String),
    (5, "reportingInstance", Type::String),
    (6, "action", Type::String),
    (7, "reason", Type::String),
    (8, "regarding", Type::Message(OBJECT_REFERENCE)),
    (9, "related", Type::Message(OBJECT_REFERENCE)),
    (10, "note", Type::String),
    (11, "type", Type::String),
    (12, "deprecatedSource", Type::Message(EVENT_SOURCE)),
    (13, "deprecatedFirstTimestamp", Type::Time),
    (14, "deprecatedLastTimestamp", Type::Time),
    (15, "deprecatedCount", Type::NonZero),
];

const SERVICE_PORT: &[Field] = &[
    (1, "name", Type::String),
    (2, "protocol", Type::String),
    (3, "port", Type::Number),
    (4, "targetPort", Type::NumberOrString),
    (5, "nodePort", Type::NonZero),
    (6, "appProtocol", Type::String),
];
const SESSION_AFFINITY: &[Field] = &[(1, "clientIP", Type::Message(&[(1, "timeoutSeconds", Type::Number)]))];
const SERVICE_SPEC: &[Field] = &[
    (1, "ports", Type::Messages(SERVICE_PORT)),
    (2, "selector", Type::StringMap),
    (3, "clusterIP", Type::String),
    (4, "type", Type::String),
    (5, "externalIPs", Type::Strings),
    (7, "sessionAffinity", Type::String),
    (8, "loadBalancerIP", Type::String),
    (9, "loadBalancerSourceRanges", Type::Strings),
    (10, "externalName", Type::String),
    (11, "externalTrafficPolicy", Type::String),
    (12, "healthCheckNodePort", Type::NonZero),
    (13, "publishNotReadyAddresses", Type::True),
    (14, "sessionAffinityConfig", Type::Message(SESSION_AFFINITY)),
    (17, "ipFamilyPolicy", Type::String),
    (18, "clusterIPs", Type::Strings),
    (19, "ipFamilies", Type::Strings),
    (20, "allocateLoadBalancerNodePorts", Type::Bool),
    (21, "loadBalancerClass", Type::String),
    (22, "internalTrafficPolicy", Type::String),
    (23, "trafficDistribution", Type::String),
];
const LOAD_BALANCER_INGRESS: &[Field] =
    &[(1, "ip", Type::String), (2, "hostname", Type::String), (3, "ipMode", Type::String)];
const LOAD_BALANCER: &[Field] = &[(1, "ingress", Type::Messages(LOAD_BALANCER_INGRESS))];
const SERVICE: &[Field] = &[
    (1, "metadata", Type::Message(OBJECT_META)),
    (2, "spec", Type::Message(SERVICE_SPEC)),
    (3, "status", Type::Message(&[(1, "loadBalancer", Type::Message(LOAD_BALANCER))])),
];

const SELF_SUBJECT_REVIEW: &[Field] = &[(1, "metadata", Type::Message(OBJECT_META))];
const RESOURCE_ATTRIBUTES: &[Field] = &[
    (1, "namespace", Type::String),
    (2, "verb", Type::String),
    (3, "group", Type::String),
    (4, "version", Type::String),
    (5, "resource", Type::String),
    (6, "subresource", Type::String),
    (7, "name", Type::String),
];
const ACCESS_REVIEW_SPEC: &[Field] = &[
    (1, "resourceAttributes", Type::Message(RESOURCE_ATTRIBUTES)),
    (2, "nonResourceAttributes", Type::Message(&[(1, "path", Type::String), (2, "verb", Type::String)])),
];
const ACCESS_REVIEW: &[Field] =
    &[(1, "metadata", Type::Message(OBJECT_META)), (2, "spec", Type::Message(ACCESS_REVIEW_SPEC))];
const DELETE_OPTIONS: &[Field] = &[
    (1, "gracePeriodSeconds", Type::Number),
    (2, "preconditions", Type::Message(&[(1, "uid", Type::String), (2, "resourceVersion", Type::String)])),
    (4, "propagationPolicy", Type::String),
    (5, "dryRun", Type::Strings),
];

/// The fields of a kind; `None` if it is not supported.
pub fn fields(api_version: &str, kind: &str) -> Option<&'static [Field]> {
    Some(match (api_version, kind) {
        ("v1", "Secret") => SECRET,
        ("v1", "ConfigMap") => CONFIG_MAP,
        ("v1", "Namespace") => NAMESPACE,
        ("v1", "Service") => SERVICE,
        ("v1", "Event") => EVENT,
        ("events.k8s.io/v1", "Event") => EVENTS_V1_EVENT,
        ("coordination.k8s.io/v1", "Lease") => LEASE,
        ("authentication.k8s.io/v1", "SelfSubjectReview") => SELF_SUBJECT_REVIEW,
        ("authorization.k8s.io/v1", "SelfSubjectAccessReview") => ACCESS_REVIEW,
        (_, "DeleteOptions") => DELETE_OPTIONS,
        _ => return None,
    })
}
