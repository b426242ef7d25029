//! The stories, by topic.

mod apply;
mod deletes;
mod documents;
mod events;
mod managed_fields;
mod methods;
mod patches;
mod protobuf;
mod reads;
mod rules;
mod watches;
mod writes;

use crate::conformance::story::Story;

/// All stories, in the order of the table.
pub fn all() -> Vec<Story> {
    let parts = [
        reads::stories(),
        watches::stories(),
        writes::stories(),
        deletes::stories(),
        patches::stories(),
        apply::stories(),
        managed_fields::stories(),
        rules::stories(),
        events::stories(),
        protobuf::stories(),
        methods::stories(),
        documents::stories(),
        crate::conformance::limits::stories(),
    ];
    parts.into_iter().flatten().collect()
}
