//! Commands: only those that stand in the cited section, whole, are shown, as they stand there.

use super::units::{Unit, single_spaced, without_comment};

/// Programs that a text of the model may name; what follows them is a command.
const PROGRAMS: &[&str] = &[
    "apt",
    "apt-get",
    "awk",
    "bash",
    "cat",
    "chmod",
    "chown",
    "cp",
    "crontab",
    "curl",
    "dd",
    "dpkg",
    "echo",
    "fdisk",
    "firewall-cmd",
    "grep",
    "iptables",
    "journalctl",
    "kill",
    "killall",
    "ls",
    "lvremove",
    "mkfs",
    "mount",
    "mv",
    "mysql",
    "nft",
    "nohup",
    "npm",
    "opencli",
    "passwd",
    "pct",
    "pip",
    "pkill",
    "printf",
    "psql",
    "pvecm",
    "pvesh",
    "pvesm",
    "pveum",
    "python",
    "qm",
    "reboot",
    "rm",
    "rsync",
    "scp",
    "sed",
    "sh",
    "shred",
    "shutdown",
    "smartctl",
    "sqlite3",
    "ssh",
    "su",
    "sudo",
    "systemctl",
    "tee",
    "umount",
    "useradd",
    "userdel",
    "usermod",
    "virsh",
    "wget",
    "wipefs",
    "xargs",
    "zfs",
    "zpool",
    "ufw",
    "poweroff",
    "halt",
    "truncate",
    "ln",
    "tar",
    "nc",
    "ncat",
    "perl",
    "eval",
    "fsck",
];
/// Programs whose names are also used for what they run: a command only with one of [`VERBS`].
const NAMES: &[&str] = &["docker", "git", "helm", "kubectl", "ollama", "nginx", "odoo", "podman", "ip"];
const VERBS: &[&str] = &[
    "rm",
    "rmi",
    "stop",
    "start",
    "restart",
    "run",
    "exec",
    "pull",
    "push",
    "delete",
    "destroy",
    "kill",
    "system",
    "compose",
    "image",
    "volume",
    "network",
    "apply",
    "create",
    "edit",
    "patch",
    "scale",
    "drain",
    "cordon",
    "rollout",
    "annotate",
    "label",
    "get",
    "describe",
    "logs",
    "ps",
    "list",
    "show",
    "serve",
    "cp",
    "install",
    "uninstall",
    "upgrade",
    "rollback",
    "reset",
    "clean",
    "checkout",
    "clone",
    "link",
    "route",
    "addr",
    "taint",
    "replace",
    "prune",
];
/// What follows a program that is meant as a noun.
const PROSE: &[&str] = &[
    "a",
    "o",
    "e",
    "as",
    "os",
    "ou",
    "da",
    "do",
    "de",
    "na",
    "no",
    "em",
    "para",
    "por",
    "com",
    "que",
    "se",
    "um",
    "uma",
    "está",
    "esta",
    "não",
    "parou",
    "caiu",
    "falha",
    "falhou",
    "mostra",
    "mostrar",
    "responde",
    "antes",
    "depois",
    "há",
    "foi",
    "é",
    "the",
    "and",
    "or",
    "is",
    "on",
    "in",
    "of",
    "to",
    "for",
    "with",
    "has",
    "was",
    "not",
    "shows",
    "daemon",
    "service",
    "serviço",
    "log",
    "logs",
    "container",
    "contêiner",
    "sem",
    "without",
    "before",
    "after",
    "until",
    "if",
    "when",
    "quando",
    "até",
    "caso",
    "como",
    "then",
    "from",
    "at",
    "by",
    "only",
    "só",
    "também",
    "ainda",
    "já",
];

/// A command of the cited section.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found<'u> {
    /// As it stands there, without a comment.
    pub command: &'u str,
    pub unit: &'u Unit,
}

/// The command, where one of the units is it, as a line of code or in backquotes. White space does not matter; everything else does.
pub fn find<'u>(command: &str, units: impl Iterator<Item = &'u Unit>) -> Option<Found<'u>> {
    let command = single_spaced(command);
    let command = command.trim_matches('`').trim();
    let command = command.strip_prefix("$ ").unwrap_or(command);
    units.flat_map(commands).find(|found| !command.is_empty() && found.command == command)
}

/// The first command in a text of the model that is not whole in the units: `codes` are what it put in backquotes, `prose` is the text
/// without those that are known.
pub fn unknown<'u>(prose: &str, codes: &[String], units: impl Iterator<Item = &'u Unit> + Clone) -> Option<String> {
    let is_command = |code: &&String| code.split(' ').count() > 1;
    let quoted = codes.iter().filter(is_command).find(|code| find(code, units.clone()).is_none());
    quoted
        .cloned()
        .or_else(|| named(prose).iter().find(|command| !is_known(command, units.clone())).map(|words| words.join(" ")))
}

/// The whole command, or with the rest of the sentence after it.
fn is_known<'u>(words: &[&str], mut units: impl Iterator<Item = &'u Unit>) -> bool {
    let is_end = |rest: &[&str]| rest.first().is_none_or(|word| is_prose(word));
    let starts = |found: Found<'_>| {
        let known: Vec<&str> = found.command.split(' ').collect();
        // The program with its first word alone runs nothing: it names the command.
        let named = known
            .get(..2)
            .filter(|named| words.starts_with(named))
            .is_some_and(|_| is_end(words.get(2..).unwrap_or_default()));
        known.len() > 1 && (named || words.starts_with(&known) && is_end(words.get(known.len()..).unwrap_or_default()))
    };
    units.any(|unit| commands(unit).any(starts))
}

/// Programs with what follows them, up to the end of the sentence.
fn named(text: &str) -> Vec<Vec<&str>> {
    let words: Vec<&str> = text.split(' ').collect();
    let mut found = Vec::new();
    for (at, word) in words.iter().enumerate() {
        let program = word.trim_start_matches(OPENING);
        let mut command: Vec<&str> = vec![program];
        for next in words.get(at + 1..).unwrap_or_default() {
            let bare = next.trim_end_matches([',', ';', ':', '.', ')', '"', '”', '\'', '’', '?', '!']);
            if command.len() == 1 && (is_prose(bare) || bare.is_empty()) {
                break;
            }
            command.push(bare);
            if bare.len() < next.len() {
                break;
            }
        }
        let program = program.to_lowercase();
        let has_verb = command.get(1).is_some_and(|verb| VERBS.contains(&verb.to_lowercase().as_str()));
        if command.len() > 1 && (PROGRAMS.contains(&program.as_str()) || NAMES.contains(&program.as_str()) && has_verb)
        {
            found.push(command);
        }
    }
    found
}

/// What may stand before a word.
const OPENING: [char; 6] = ['"', '\'', '(', '“', '‘', '`'];

/// Whether a sentence goes on with this word, so that it is no argument.
fn is_prose(word: &str) -> bool {
    PROSE.contains(&word.trim_start_matches(OPENING).to_lowercase().as_str())
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
    fn a_command_in_a_text_is_in_the_section_too() {
        let units = units(TEXT);
        let unknown = |text: &str, codes: &[&str]| {
            let codes: Vec<String> = codes.iter().map(|code| code.to_string()).collect();
            unknown(text, &codes, units.iter()).is_some()
        };
        for text in [
            "Rode qm stop 112.",
            "Rode qm start 112 --force",
            "Use rm arquivo.",
            "Execute (sudo reboot agora).",
            "Rode pvecm expected 1",
            "Docker system prune",
            "kill tudo",
        ] {
            assert!(unknown(text, &[]), "{text}");
        }
        for text in [
            "Rode qm start 112 e veja o log.",
            "Use qm status antes de qm start.",
            "Veja o docker e o log.",
            "O docker parou.",
            "Rode pvecm status.",
            "Leia o journalctl.",
        ] {
            assert!(!unknown(text, &[]), "{text}");
        }
        assert!(unknown("x", &["qm stop 112"]) && !unknown("x", &["qm start 112", "quorum"]));
    }
}
