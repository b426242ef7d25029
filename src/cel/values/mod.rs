//! Values of expressions, and how they are read from texts.
//!
//! Lists, maps, texts and objects are shared when they are cloned: a reading is converted once, and never copied.

mod duration;
pub(super) mod network;
mod quantity;
mod timestamp;
mod types;
mod url;
mod value;

pub(super) use duration::Duration;
pub(super) use network::Network;
pub(super) use quantity::{Quantity, is_quantity};
pub(super) use timestamp::Timestamp;
pub(super) use types::Type;
pub(super) use url::Url;
pub(super) use value::{Key, KeyRef, Map, Object, Value};
