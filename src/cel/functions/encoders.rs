//! `base64.NAME`.

use crate::cel::budget::Budget;
use crate::cel::error::{EvalError, EvalResult};
use crate::cel::values::Value;
use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::general_purpose::GeneralPurpose;
use base64::engine::{DecodePaddingMode, GeneralPurposeConfig};
use std::sync::Arc;

/// With or without padding.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Calls the function of this name; `None` where there is none for these arguments.
pub(super) fn call(budget: &mut Budget, name: &str, args: &[Value]) -> Option<EvalResult> {
    Some(match (name, args) {
        ("encode", [Value::Bytes(bytes)]) => {
            let charged = budget.search(bytes.len()).and_then(|()| budget.build_text(2 * bytes.len() + 4));
            charged.map(|()| Value::text(BASE64.encode(bytes.as_slice())))
        }
        ("decode", [Value::String(text)]) => {
            let charged = budget.search(text.len()).and_then(|()| budget.build_text(text.len()));
            charged.and_then(|()| {
                let bytes = BASE64.decode(text.as_bytes()).map_err(|_| EvalError::function("base64.decode"))?;
                Ok(Value::Bytes(Arc::new(bytes)))
            })
        }
        _ => return None,
    })
}
