//! The one-time link that standalone prints: the reader of the terminal is the person of this machine.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use sha2::{Digest as _, Sha256};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long the link is valid.
pub const CODE_LIFE: Duration = Duration::from_secs(600);

/// The code of the link, until it is used. Clones share it.
#[derive(Clone, Default)]
pub struct OneTime(Arc<Mutex<Option<Code>>>);

struct Code {
    digest: [u8; 32],
    until: Instant,
}

fn digest(code: &str) -> [u8; 32] {
    Sha256::digest(code).into()
}

impl OneTime {
    /// Makes a code that is valid from `now` on; one that was made before is not valid any more.
    pub fn make(&self, now: Instant) -> String {
        let code = uuid::Uuid::new_v4().simple().to_string();
        let made = Code { digest: digest(&code), until: now + CODE_LIFE };
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(made);
        code
    }

    /// Whether the code can be used.
    pub fn is_valid(&self, code: &str, now: Instant) -> bool {
        let made = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        made.as_ref().is_some_and(|made| is(made, code, now))
    }

    /// Uses the code; it can't be used again.
    pub fn take(&self, code: &str, now: Instant) -> bool {
        let mut made = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        made.take_if(|made| is(made, code, now)).is_some()
    }
}

fn is(made: &Code, code: &str, now: Instant) -> bool {
    now < made.until && verify_slices_are_equal(&made.digest, &digest(code)).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_used_once_and_within_its_life() {
        let (once, now) = (OneTime::default(), Instant::now());
        assert!(!once.take("", now), "none was made");
        let first = once.make(now);
        assert!(once.is_valid(&first, now) && once.is_valid(&first, now), "seeing it does not use it");
        assert!(!once.take("x", now) && !once.is_valid("", now));
        assert!(once.clone().take(&first, now + CODE_LIFE - Duration::from_secs(1)));
        assert!(!once.take(&first, now) && !once.is_valid(&first, now));
        let (second, third) = (once.make(now), once.make(now));
        assert!(!once.take(&second, now) && !once.take(&third, now + CODE_LIFE));
    }
}
