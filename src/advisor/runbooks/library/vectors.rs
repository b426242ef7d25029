//! The vectors of an index. All calls block.

use super::{Library, LibraryError};
use crate::advisor::runbooks::database::{Due, VectorModel};

impl Library {
    /// Pieces without a vector of this model, at most `limit`.
    pub fn unembedded(&self, model: &VectorModel, limit: usize) -> Result<Due, LibraryError> {
        self.with_database(|state| state.database.unembedded(model, limit))
    }

    /// Stores vectors by the hashes of pieces. An empty one stands for a text that has none.
    pub fn store_vectors(&self, model: &VectorModel, vectors: &[(String, Vec<f32>)]) -> Result<(), LibraryError> {
        self.with_database(|state| state.database.store_vectors(model, vectors))
    }

    /// All pieces have their vectors of this model: from now on they serve, and others are removed. Whether another model served before,
    /// or none.
    pub fn settle_vectors(&self, model: &VectorModel) -> Result<bool, LibraryError> {
        self.with_database(|state| state.database.settle_vectors(model))
    }

    /// The model whose vectors are searched; `None` before any has embedded all pieces.
    pub fn serving_vectors(&self) -> Result<Option<VectorModel>, LibraryError> {
        self.with_database(|state| state.database.serving())
    }
}
