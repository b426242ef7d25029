//! Documents whose commands people copy: each command runs against the program, and does what the document says.

mod blocks;
mod contract;
mod quickstart;
