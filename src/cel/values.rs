//! Values of the library.

use kube_cel::cel::objects::{Opaque, OptionalValue};
use std::sync::Arc;

/// The optional value, where the object is one.
pub(super) fn optional(opaque: &Arc<dyn Opaque>) -> Option<&OptionalValue> {
    opaque.downcast_ref::<OptionalValue>()
}
