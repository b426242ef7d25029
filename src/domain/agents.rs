//! The Agents that the program itself refers to, by their object names.

/// Has the work of Agents that are absent or suspended, correlates Findings, and writes the daily digest.
pub const MAESTRO: &str = "maestro";
/// Keeps the index of the runbooks, and tells Maestro what they lack.
pub const CURADOR: &str = "curador";
/// Answers what people ask it from any page of the panel.
pub const COPILOTO: &str = "copiloto";
/// The author of Messages about what was read from targets.
pub const VIGIA: &str = "vigia";

/// The Agent that does the work of `agent`: itself, or Maestro where it is absent or suspended.
pub fn acting(agent: &str, is_available: impl Fn(&str) -> bool) -> &str {
    if is_available(agent) { agent } else { MAESTRO }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_work_of_an_absent_or_suspended_agent_goes_to_maestro() {
        assert_eq!(acting("pulso", |name| name == "pulso"), "pulso");
        assert_eq!(acting("pulso", |name| name == "trilho"), MAESTRO);
        assert_eq!(acting(MAESTRO, |_| false), MAESTRO);
    }
}
