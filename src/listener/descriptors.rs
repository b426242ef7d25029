//! How many files and sockets the process may have open. Probes, the store and the health endpoints need some of them, so the
//! connections of clients get at most half.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// The share of one server: two of them, the facade and the embedded API server, get half together.
const SHARE: u64 = 4;

/// Raises the soft limit to the hard one: the soft limit of a login shell is 1,024.
pub fn raise() {
    let limit = getrlimit(Resource::Nofile);
    if limit.current.is_some_and(|current| limit.maximum.is_none_or(|maximum| current < maximum)) {
        let raised = Rlimit { current: limit.maximum, maximum: limit.maximum };
        if let Err(error) = setrlimit(Resource::Nofile, raised) {
            tracing::warn!(%error, "cannot raise the limit on open files");
        }
    }
}

/// The connections that one server may have open under the present limit, which can be changed from outside.
pub(super) fn connections() -> usize {
    let files = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
    usize::try_from(files / SHARE).unwrap_or(usize::MAX)
}
