//! Whether the numbers, units, addresses, paths and names in a text of the model stand in the evidence or in the excerpts.

use super::measures::{in_words, number, unit};
use crate::domain::advice::language::fold;
use std::collections::BTreeSet;

/// After these words follows the name of something.
const NAMED: &[&str] = &[
    "host",
    "hosts",
    "servidor",
    "server",
    "nó",
    "máquina",
    "contêiner",
    "serviço",
    "usuário",
    "node",
    "maquina",
    "machine",
    "vm",
    "container",
    "conteiner",
    "servico",
    "service",
    "pod",
    "usuario",
    "user",
    "arquivo",
    "file",
    "pacote",
    "package",
    "banco",
    "database",
    "tabela",
    "table",
];
/// Words with a slash that are no path.
const SLASHED: &[&str] =
    &["e/ou", "and/or", "sim/nao", "yes/no", "liga/desliga", "on/off", "entrada/saida", "input/output", "i/o", "n/a"];
/// Around a word, not part of it.
const AROUND: &[char] = &[
    '"', '\'', '“', '”', '‘', '’', '«', '»', '(', ')', '[', ']', '{', '}', '<', '>', ',', ';', ':', '!', '?', '.', '*',
    '`', '|', '…', '=',
];
/// Between the parts of a word in JSON, Markdown and commands.
const BETWEEN: &[char] =
    &['"', '\'', '“', '”', '(', ')', '[', ']', '{', '}', '<', '>', ',', ';', '!', '?', '*', '`', '|', '=', '$', '&'];

/// What stands in the evidence and in the excerpts, in lower case.
#[derive(Default)]
pub struct Facts {
    pieces: BTreeSet<String>,
    words: BTreeSet<String>,
    numbers: BTreeSet<String>,
    /// Numbers without a unit.
    bare: BTreeSet<String>,
    quantities: BTreeSet<(String, &'static str)>,
    units: BTreeSet<&'static str>,
}

impl Facts {
    /// Adds evidence, which may come from a target that answers what it likes: no link and no mail address of it is taken.
    pub fn add_evidence(&mut self, text: &str) {
        self.add(text, false);
    }

    /// Adds a text of a runbook.
    pub fn add_excerpt(&mut self, text: &str) {
        self.add(text, true);
    }

    /// The first part of `text` that stands nowhere.
    pub fn missing(&self, text: &str) -> Option<String> {
        let words: Vec<&str> = text.split_whitespace().collect();
        let mut before = String::new();
        for (at, word) in words.iter().enumerate() {
            let next = fold(words.get(at + 1).copied().unwrap_or_default().trim_matches(AROUND));
            let next_but_one = fold(words.get(at + 2).copied().unwrap_or_default().trim_matches(AROUND));
            let next = if next == "por" && next_but_one == "cento" { "%".to_string() } else { next };
            if !self.stands(word, &before, &next) {
                return Some((*word).to_string());
            }
            before = word.trim_matches(AROUND).to_lowercase();
        }
        None
    }

    fn stands(&self, word: &str, before: &str, next: &str) -> bool {
        let word = word.to_lowercase();
        let bare = word.trim_matches(AROUND);
        let folded = fold(bare);
        if let (Some(value), Some(unit)) = (in_words(&folded), unit(next, false)) {
            return self.has_quantity(value, unit);
        }
        let signless = bare.trim_start_matches(['~', '±', '≥', '≤', '+', '#']).trim_end_matches(['º', 'ª', '°']);
        if let Some((value, rest)) = number(signless) {
            let glued = fold(rest);
            if let Some(unit) = unit(&glued, true) {
                return self.has_quantity(&value, unit);
            }
            if rest.is_empty() {
                return unit(next, false)
                    .map_or_else(|| self.numbers.contains(&value), |unit| self.has_quantity(&value, unit));
            }
        }
        if !is_fact(&word, bare, before) || !bare.is_empty() && self.pieces.contains(bare) {
            return true;
        }
        let parts: Vec<&str> = bare.split(['/', '-', '–']).collect();
        let is_number =
            |part: &&str| number(part).is_some_and(|(value, rest)| rest.is_empty() && self.numbers.contains(&value));
        let is_word = |part: &&str| part.chars().all(char::is_alphabetic) && self.words.contains(*part);
        SLASHED.contains(&folded.as_str())
            || parts.len() > 1 && (parts.iter().all(is_number) || bare.contains('/') && parts.iter().all(is_word))
    }

    /// With the same unit, or, as in JSON, without one where the unit stands elsewhere.
    fn has_quantity(&self, value: &str, unit: &'static str) -> bool {
        self.quantities.contains(&(value.to_string(), unit)) || self.bare.contains(value) && self.units.contains(unit)
    }

    fn add(&mut self, text: &str, is_trusted: bool) {
        let text = text.to_lowercase();
        let words: Vec<&str> = text.split_whitespace().collect();
        for (at, word) in words.iter().enumerate() {
            let next = fold(words.get(at + 1).copied().unwrap_or_default().trim_matches(AROUND));
            let next = if next == "por" { "%".to_string() } else { next };
            let bare = word.trim_matches(AROUND);
            self.add_piece(bare, is_trusted);
            for part in word.split(BETWEEN).map(|part| part.trim_matches(AROUND)) {
                self.add_piece(part, is_trusted);
                if let Some((_, rest)) = part.split_once("://") {
                    self.add_address(rest, is_trusted);
                } else {
                    part.split(':').for_each(|part| self.add_piece(part.trim_matches(AROUND), is_trusted));
                }
            }
            self.add_numbers(word, &next);
            if let (Some(value), Some(unit)) = (in_words(&fold(bare)), unit(&next, false)) {
                self.quantities.insert((value.to_string(), unit));
            }
        }
        self.words.extend(text.split(|c: char| !c.is_alphabetic()).filter(|word| !word.is_empty()).map(str::to_string));
    }

    fn add_piece(&mut self, piece: &str, is_trusted: bool) {
        if !piece.is_empty() && (is_trusted || !is_link(piece)) {
            self.pieces.insert(piece.to_string());
        }
    }

    /// What follows `://`: host, port and path.
    fn add_address(&mut self, address: &str, is_trusted: bool) {
        let end = address.find('/').unwrap_or(address.len());
        let (authority, path) = address.split_at_checked(end).unwrap_or_default();
        let (host, port) = authority.rsplit_once(':').unwrap_or((authority, ""));
        for piece in [address, authority, host, port, path, path.split('?').next().unwrap_or_default()] {
            self.add_piece(piece.trim_end_matches(AROUND), is_trusted);
        }
    }

    fn add_numbers(&mut self, word: &str, next: &str) {
        let mut before = ' ';
        let mut rest = word;
        while let Some(c) = rest.chars().next() {
            let found = number(rest).filter(|_| !before.is_alphanumeric());
            let Some((value, after)) = found else {
                before = c;
                rest = rest.get(c.len_utf8()..).unwrap_or_default();
                continue;
            };
            let glued: String = after.chars().take_while(|c| c.is_alphabetic() || matches!(c, '%' | '°')).collect();
            let is_last = after.chars().all(|c| AROUND.contains(&c));
            let found = unit(&fold(&glued), true).or_else(|| unit(next, false).filter(|_| is_last));
            self.numbers.insert(value.clone());
            match found {
                Some(unit) => {
                    self.units.insert(unit);
                    self.quantities.insert((value, unit));
                }
                None => {
                    self.bare.insert(value);
                }
            }
            before = '0';
            rest = after;
        }
    }
}

/// Whether a word can be a number, an address, a path, a name or a part of a command.
fn is_fact(word: &str, bare: &str, before: &str) -> bool {
    let inner = |c: char| {
        bare.match_indices(c).any(|(at, _)| {
            let (left, right) = bare.split_at_checked(at).unwrap_or_default();
            left.chars().next_back().is_some_and(char::is_alphanumeric)
                && right.chars().nth(1).is_some_and(char::is_alphanumeric)
        })
    };
    let is_flag = bare.starts_with('-') && bare.chars().any(char::is_alphabetic);
    let alone = word.trim_end_matches(['.', ',', ';']);
    let is_shell =
        ["/", "~", ">>", "<<"].contains(&alone) || alone != "&" && alone.contains(['|', '{', '}', ';', '&', '$', '`']);
    let is_name =
        NAMED.contains(&before) && bare.contains('-') && bare.chars().all(|c| c.is_ascii_lowercase() || c == '-');
    let is_marked = bare.contains(|c: char| c.is_numeric() || "/\\@=$_{}|;~^#&+<>%".contains(c))
        && bare.chars().any(char::is_alphanumeric);
    is_marked || is_flag || is_shell || is_name || inner('.') || inner(':')
}

/// Whether programs that show texts could make a link of it.
fn is_link(piece: &str) -> bool {
    let host = piece.split('/').next().unwrap_or_default();
    piece.contains("://")
        || piece.contains('@')
        || piece.starts_with("www.")
        || piece.contains('/') && host.contains('.') && !host.starts_with('.')
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVIDENCE: &str = "check: cpu\nmessage: usage 97.5\nnow, api: ok: true\nstatus: 502\njson: {\"data\":{\"cpu_usage\":97.5,\"node\":\"pve1\"},\
        \"help\":\"http://evil.example/fix evil.example/fix www.evil.example root@evil.example db.example\"}\nlatencyMs: 1200";
    const EXCERPT: &str = "Rode `curl -sS -m 10 -i http://10.10.10.122:8080/health` na VM 122; a CPU passa de 90 % por 5 minutos. Veja \
        `/var/log/pve/tasks` e `/etc/pve`, `DESK_API_URL`, porta 2087, `proxmox.cluster`, 15 min, duas horas, ops@ligbox.example. `${X}/api2/json`";

    fn missing(text: &str) -> Option<String> {
        let mut facts = Facts::default();
        facts.add_evidence(EVIDENCE);
        facts.add_excerpt(EXCERPT);
        facts.missing(text)
    }

    #[test]
    fn what_stands_somewhere_is_kept() {
        for text in [
            "A VM 122 responde 502 em 10.10.10.122:8080.",
            "A CPU está em 97,5 %, acima de 90% há 5 min.",
            "CPU em 97.5%",
            "Abra http://10.10.10.122:8080/health na porta 8080 ou 2087.",
            "Veja /health e /var/log/pve/tasks, e confira DESK_API_URL.",
            "O nó pve1 e o cenário proxmox.cluster; db.example.",
            "Use -sS e/ou -m 10.",
            "Os códigos 502/90 e o host 10.10.10.122",
            "Espere duas horas, ou 2 horas.",
            "Espere quinze minutos.",
            "Escreva a ops@ligbox.example.",
            "No bem-estar do nó, o passo-a-passo.",
            "Uma das duas causas: CPU/VM acima de 90 por cento.",
        ] {
            assert_eq!(missing(text), None, "{text}");
        }
    }

    #[test]
    fn what_stands_nowhere_is_found() {
        for (text, part) in [
            ("A VM 12 parou", "12"),
            ("A VM 1220 parou", "1220"),
            ("VM 122a parou", "122a"),
            ("código 503.", "503."),
            ("em 10.10.10.12", "10.10.10.12"),
            ("em 10.10.10.122:8081", "10.10.10.122:8081"),
            ("abra http://10.10.10.122:8080/admin", "http://10.10.10.122:8080/admin"),
            ("abra http://evil.example/fix", "http://evil.example/fix"),
            ("abra evil.example/fix", "evil.example/fix"),
            ("abra www.evil.example", "www.evil.example"),
            ("escreva a root@evil.example", "root@evil.example"),
            ("veja /var/log", "/var/log"),
            ("veja /pve/tasks", "/pve/tasks"),
            ("apague /", "/"),
            ("veja etc/passwd", "etc/passwd"),
            ("espere 5 segundos", "5"),
            ("espere 5s", "5s"),
            ("espere 15 horas", "15"),
            ("espere três horas", "três"),
            ("espere trinta minutos", "trinta"),
            ("passa de 5 %", "5"),
            ("use --force", "--force"),
            ("use -rf agora", "-rf"),
            ("use ls | sh", "|"),
            ("defina OUTRA_URL", "OUTRA_URL"),
            ("o host outro.example caiu", "outro.example"),
            ("o nó srv-antigo caiu", "srv-antigo"),
            ("abra javascript:alert", "javascript:alert"),
            ("res0lvido", "res0lvido"),
            ("em $HOME", "$HOME"),
            ("o serviço pagamento-novo caiu", "pagamento-novo"),
        ] {
            assert_eq!(missing(text).as_deref(), Some(part), "{text}");
        }
    }
}
