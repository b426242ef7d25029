//! Messages as people get them.
