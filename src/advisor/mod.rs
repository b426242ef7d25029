//! What advice is made with: the index of the runbooks, the client of the model server, and vectors of the one made by the other.

pub mod ollama;
pub mod runbooks;
pub mod runner;
pub mod self_test;
pub mod vectors;
