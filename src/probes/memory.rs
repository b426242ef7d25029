//! The memory that readings take until they are judged: counted for all of them, and bounded.
//!
//! Nothing waits for memory, since what waits would itself hold some: a reading that finds none ends with an error.

use super::failure::{FailedReading, failure};
use crate::domain::detail::MemoryCause;
use crate::domain::reading::{ErrorKind, ReadError};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A reading of at most this many bytes is small: a quarter of the memory is for small ones only.
const SMALL: usize = 64 << 10;

/// The memory for readings.
pub(super) struct ReadingMemory {
    max: usize,
    used: AtomicUsize,
}

/// No memory is left for a reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct MemoryFull {
    /// All memory for readings, in bytes.
    pub max: usize,
}

impl From<MemoryFull> for ReadError {
    fn from(full: MemoryFull) -> ReadError {
        failure(ErrorKind::Memory, "", MemoryCause::Full { max: full.max })
    }
}

impl From<MemoryFull> for FailedReading {
    fn from(full: MemoryFull) -> FailedReading {
        ReadError::from(full).into()
    }
}

/// What one reading holds of the memory; all of it is free again when this is dropped.
pub(super) struct Share {
    memory: Arc<ReadingMemory>,
    bytes: usize,
    /// The memory that the JSON in `body` takes once it is parsed, in bytes; 0 where nothing is left to parse.
    pub unparsed: usize,
}

impl ReadingMemory {
    /// Of so many bytes.
    pub fn new(max: usize) -> Arc<ReadingMemory> {
        Arc::new(ReadingMemory { max, used: AtomicUsize::new(0) })
    }

    /// A share of no bytes.
    pub fn share(self: &Arc<Self>) -> Share {
        Share { memory: self.clone(), bytes: 0, unparsed: 0 }
    }

    /// What the large JSON of one Scenario may take while it is judged: half of what all readings may.
    pub fn parsed(&self) -> ParsedMemory {
        ParsedMemory { max: self.max / 2, left: self.max / 2 }
    }
}

/// What the large JSON of one Scenario may take while it is judged.
pub struct ParsedMemory {
    max: usize,
    left: usize,
}

impl ParsedMemory {
    /// All of it, in bytes.
    pub fn max(&self) -> usize {
        self.max
    }

    /// Takes so many bytes, if they are left.
    pub(super) fn take(&mut self, bytes: usize) -> bool {
        let left = self.left.checked_sub(bytes);
        self.left = left.unwrap_or(self.left);
        left.is_some()
    }
}

impl Share {
    /// Bytes that are held.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Holds this many bytes from now on. Error: they are more than are left; then the share is as before.
    pub fn resize(&mut self, bytes: usize) -> Result<(), MemoryFull> {
        let ReadingMemory { max, used } = &*self.memory;
        if let Some(more) = bytes.checked_sub(self.bytes) {
            let limit = if bytes <= SMALL { *max } else { max - max / 4 };
            let taken = |used: usize| used.checked_add(more).filter(|sum| *sum <= limit);
            used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, taken).map_err(|_| MemoryFull { max: *max })?;
        } else {
            used.fetch_sub(self.bytes - bytes, Ordering::Relaxed);
        }
        self.bytes = bytes;
        Ok(())
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.memory.used.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_total_is_bounded_and_a_dropped_share_is_free_again() {
        let memory = ReadingMemory::new(1 << 20);
        let mut shares: Vec<_> = (0..16).map(|_| memory.share()).collect();
        assert!(shares.iter_mut().all(|share| share.resize(SMALL).is_ok()));
        let mut more = memory.share();
        assert_eq!(more.resize(1), Err(MemoryFull { max: 1 << 20 }));
        assert_eq!(more.bytes(), 0);
        shares[0].resize(SMALL - 1).unwrap();
        assert_eq!(more.resize(1), Ok(()));
        drop(shares);
        assert_eq!(memory.used.load(Ordering::Relaxed), 1);
    }

    #[test]
    fn large_readings_leave_a_quarter_to_small_ones() {
        let memory = ReadingMemory::new(1 << 20);
        let (mut large, mut other, mut small) = (memory.share(), memory.share(), memory.share());
        assert!(large.resize((3 << 18) + 1).is_err());
        large.resize(3 << 18).unwrap();
        assert!(other.resize(SMALL + 1).is_err());
        assert_eq!(small.resize(SMALL), Ok(()));
        assert!(large.resize(usize::MAX).is_err());
    }
}
