//! What advice is made with: the index of the runbooks, and the client of the model server.

pub mod ollama;
pub mod runbooks;
pub mod runner;
