//! Commands: only those that stand in the cited section, whole, are shown, as they stand there.

use super::scope::forbids;
use super::units::{Unit, single_spaced, without_comment};

/// A command of the cited section.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found<'u> {
    /// As it stands there, without a comment.
    pub command: &'u str,
    pub unit: &'u Unit,
}

/// The command, where one of the units is it, as a line of code or in backquotes, and does not forbid it. White space does not matter;
/// everything else does.
pub fn find<'u>(command: &str, units: impl Iterator<Item = &'u Unit>) -> Option<Found<'u>> {
    let command = single_spaced(command);
    let command = command.trim_matches('`').trim();
    let command = command.strip_prefix("$ ").unwrap_or(command);
    units.flat_map(commands).find(|found| !command.is_empty() && found.command == command && !found.is_forbidden())
}

impl Found<'_> {
    /// Whether what stands before it takes it back at any place.
    fn is_forbidden(&self) -> bool {
        let text = &self.unit.text;
        if self.unit.is_code {
            return self.unit.lead.as_deref().is_some_and(|lead| forbids(lead.trim_end_matches(['.', '!'])));
        }
        text.match_indices(self.command).any(|(at, _)| forbids(text.get(..at).unwrap_or_default()))
    }
}

fn commands(unit: &Unit) -> impl Iterator<Item = Found<'_>> {
    let line = Some(without_comment(&unit.text)).filter(|line| unit.is_code && !line.is_empty());
    line.into_iter().chain(unit.codes.iter().map(String::as_str)).map(move |command| Found { command, unit })
}

#[cfg(test)]
mod tests {
    use super::super::units::units;
    use super::*;

    const TEXT: &str = "1. Veja `qm status 112 --verbose` e depois `qm start 112`; o `docker` roda lá.\n\n   ```sh\n   pvecm status   # conte\n   \
        free -g; pvesm status\n   journalctl -u corosync \\\n     -n 100\n   ```\n";

    #[test]
    fn a_command_is_whole_and_as_it_stands() {
        let units = units(TEXT);
        for (command, found) in [
            ("qm start 112", Some("qm start 112")),
            ("`qm  start 112`", Some("qm start 112")),
            ("$ pvecm status", Some("pvecm status")),
            ("free -g; pvesm status", Some("free -g; pvesm status")),
            ("journalctl -u corosync -n 100", Some("journalctl -u corosync -n 100")),
            ("qm status 112", None),
            ("qm start 112 --force", None),
            ("qm start 112; rm -rf /", None),
            ("qm start 112 | sh", None),
            ("QM START 112", None),
            ("q\u{43c} start 112", None),
            ("qm start\u{200b} 112", None),
            ("pvesm status", None),
            ("start 112", None),
            ("", None),
            ("``", None),
        ] {
            assert_eq!(find(command, units.iter()).map(|found| found.command), found, "{command}");
        }
    }

    #[test]
    fn what_the_runbook_forbids_is_no_command() {
        let text = "- Nunca use `qm stop 112`, nem `qm reset 112`.\n- Se não responde, `qm start 112`. Use `qm shutdown 112` em vez de `qm destroy 112`.\n\n\
            Não rode isto:\n\n```sh\nrm -rf /x\n```\n";
        let units = units(text);
        for (command, is_found) in [
            ("qm stop 112", false),
            ("qm reset 112", false),
            ("qm start 112", true),
            ("qm shutdown 112", true),
            ("qm destroy 112", false),
            ("rm -rf /x", false),
        ] {
            assert_eq!(find(command, units.iter()).is_some(), is_found, "{command}");
        }
    }
}
