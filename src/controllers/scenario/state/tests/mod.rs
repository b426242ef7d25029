//! The state machine over a simulated API and simulated targets, on a clock that only the test advances.

mod deletions;
mod edits;
mod leadership;
mod observations;
mod outages;
mod own_findings;
mod requests;
mod simulation;
mod stored_findings;
mod surplus;
mod thresholds;
mod ticks;
mod watching;
mod world;
mod writes;
