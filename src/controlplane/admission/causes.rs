//! Constructors of validation errors that both files of this folder use.

use crate::controlplane::schema::Cause;

pub fn invalid(field: &str, message: String) -> Cause {
    Cause { reason: "FieldValueInvalid", message, field: field.to_string() }
}

pub fn required(field: &str) -> Cause {
    Cause { reason: "FieldValueRequired", message: "Required value".into(), field: field.to_string() }
}

pub fn too_long(field: &str, max: usize) -> Cause {
    let message = format!("Too long: may not be more than {max} bytes");
    Cause { reason: "FieldValueTooLong", message, field: field.to_string() }
}
