//! Secrets that are not configured, by what stands around them or by their form: a password that a person types into a question, a token
//! in an error page. Texts for the model are without them.
//!
//! It is a matter of judgement. After a word such as `senha` or `token` with `:` or `=`, whatever follows is secret; without them only what
//! looks like a password: `a senha do root mudou?` stays. A password that is an ordinary word, and not marked so, is not recognised.

use super::{REDACTED, merged};
use regex::{Captures, Regex};
use std::borrow::Cow;
use std::ops::Range;
use std::sync::LazyLock;

/// What has to hold of a value, so that it is secret.
#[derive(Clone, Copy)]
enum When {
    /// It is not only the name of a value: a variable, a placeholder, `null`.
    Given,
    /// It looks like a password or a key, and has at least so many characters.
    Opaque(usize),
}

/// A form of a secret: what is found in group `v` is secret.
struct Pattern {
    find: Regex,
    when: When,
}

/// Words of which what follows is secret, where the word may be the end of a longer one, as in `DB_PASSWORD` and `accessToken`.
const NAMES: &str = r"(?:password|passwd|passphrase|token|secret|api[ _-]?key|access[ _-]?key|secret[ _-]?key|private[ _-]?key|(?:\b|_)(?:senha|frase[ -]?senha|segredo|pass|pwd|psk|pw|credentials?|credencia(?:l|is)|chave (?:d[ea] )?api|chave (?:secreta|privada|de acesso)))";
/// Those of them that are followed by a secret in a sentence, too.
const SPOKEN: &str = r"\b(?:senha|password|passwd|passphrase|pwd|token|api[ _-]?key|chave (?:d[ea] )?api|chave (?:secreta|privada|de acesso))";
/// What may stand between such a word and the sign: `nova`, `do root`, `for the backup`.
const OF: &str = r"(?:\s+(?:nova|novo|new|old|antiga|antigo|atual|current|padrão|default|temporária))?(?:\s+(?:d[oae]s?|n[oa]s?|para|pra|of|for|on|to)\s+(?:(?:os?|as?|the)\s+)?[\p{L}\p{N}@._-]+){0,3}";
/// A value, quoted or up to the next space.
const VALUE: &str =
    r#"(?:\\*"(?P<v1>[^"\n\\]+)|\\*'(?P<v2>[^'\n\\]+)|[`“«](?P<v3>[^`”»\n]+)|(?P<v>[^\s"'`“«&<>][^\s"'`&<>]*))"#;

static PATTERNS: LazyLock<Vec<Pattern>> = LazyLock::new(|| {
    let forms = [
        (r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY[A-Z ]*-----(?P<v>(?s:.*?))(?:-----END|\z)".to_string(), When::Given),
        (r"\b(?P<v>eyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)*)".into(), When::Given),
        (r"\b(?P<v>(?:AKIA|ASIA)[A-Z0-9]{16})\b".into(), When::Given),
        (r"\b(?P<v>(?:gh[pousr]_|github_pat_|glpat-|xox[abeprs]-|sk-|AIza)[\w-]{20,})".into(), When::Given),
        (r"\bPVEAPIToken=(?P<v>[^\s,;]+)".into(), When::Given),
        // `Authorization: Bearer x`, also within JSON, and without the name of the header.
        (
            r#"(?i)\bauthorization\\*["']?\s*[:=：＝]\s*\\*["']?(?:(?:bearer|basic|digest|negotiate|token|apikey)\s+|PVEAPIToken=)?(?P<v>[^\s"'`<>]+)"#.into(),
            When::Given,
        ),
        (r"(?i)\b(?:bearer|basic)\s+(?P<v>[\w.~+/-]{6,}=*)".into(), When::Opaque(6)),
        (r"(?im)\b(?:set-)?cookie\s*:\s*(?P<v>[^\n]+)".into(), When::Given),
        // In addresses: the password, or the name where it is a key.
        (r#"(?i)\b[a-z][a-z0-9+.-]*://[^\s/?#@:"'<>]*:(?P<v>[^\s/?#"'<>]+)@"#.into(), When::Given),
        (r#"(?i)\b[a-z][a-z0-9+.-]*://(?P<v>[^\s/?#@:"'<>]+)@"#.into(), When::Opaque(6)),
        (format!(r#"(?i){NAMES}{OF}\\*["']?\s*(?:=>|:=|[:=：＝])\s*{VALUE}"#), When::Given),
        (r"(?i)<(?:\w*password|\w*token|\w*secret|senha)>(?P<v>[^<]+)<".into(), When::Given),
        (r"(?im)\b(?:passphrase|frase[ -]?senha)\s*[:=]\s*(?P<v>[^\n]+)".into(), When::Given),
        (format!(r"(?i){SPOKEN}{OF}\s+(?:é|eh|era|foi|is|was|vira|virou|ficou)\s+(?:a\s+|o\s+)?{VALUE}"), When::Opaque(4)),
        (format!(r"(?i){SPOKEN}{OF}\s+{VALUE}"), When::Opaque(6)),
        // A key farther on in the same sentence.
        (format!(r"(?i){SPOKEN}[^\n.;]{{1,60}}?[\s:=(](?P<v>[\w+/-]{{24,}}={{0,2}})"), When::Opaque(24)),
        // Options of common programs.
        (format!(r"(?i)--(?:password|passwd|token|api-key)\s+{VALUE}"), When::Given),
        (r"\s(?:-u|--user)\s+[^\s:]+:(?P<v>\S+)".into(), When::Given),
        (r"\bsshpass\s+-p\s*(?P<v>\S+)".into(), When::Given),
        (r"\bmysql(?:dump|admin)?\s(?:[^\n]*\s)?-p(?P<v>\S+)".into(), When::Given),
        (r"(?i)\bpin\s*(?:[:=]|é|is)\s*(?P<v>\d{4,})".into(), When::Given),
    ];
    // A test compares the numbers.
    forms.into_iter().filter_map(|(form, when)| Some(Pattern { find: Regex::new(&form).ok()?, when })).collect()
});

/// What a value begins with that only names another one: a variable, a placeholder.
static NAMED: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"(?i)^(?:\$[({]|\$[A-Z_]+\b|\{\{|%[A-Z_]+%|%s|%\{|\*{3,}$|(?:null|none|nil|true|false|undefined)\W*$|\W+$)",
    )
    .ok()
});

/// `text` without what looks like a secret, each replaced by [`REDACTED`].
pub fn without_likely_secrets(text: &str) -> Cow<'_, str> {
    let mut found: Vec<Range<usize>> = Vec::new();
    for Pattern { find, when } in PATTERNS.iter() {
        let mut at = 0;
        while let Some(captures) = find.captures_at(text, at) {
            let end = captures.get(0).map_or(text.len(), |all| all.end().max(at + 1));
            // The name of a field may be that of a secret itself.
            let field = name_of_field(text, &captures);
            at = field.as_ref().map_or(end, |field| field.start);
            if field.is_none() {
                found.extend(value(&captures, *when));
            }
            if at > text.len() {
                break;
            }
        }
    }
    if found.is_empty() {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut from = 0;
    for range in merged(text, found) {
        out.push_str(&text[from..range.start]);
        out.push_str(REDACTED);
        from = range.end;
    }
    out.push_str(&text[from..]);
    Cow::Owned(out)
}

/// Where a match has the name of the next field instead of a value: in YAML, `prefix: TOKEN=` may be followed by a line with a name and a
/// colon, and nothing else.
fn name_of_field(text: &str, captures: &Captures<'_>) -> Option<Range<usize>> {
    let found = captures.name("v")?;
    let name = found.as_str().strip_suffix(':')?;
    let is_name = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphabetic());
    let line = text.get(..found.start())?.rsplit('\n').next()?;
    let begins_line = line.len() < found.start() && line.bytes().all(|byte| byte == b' ');
    let ends_line = text.get(found.end()..)?.split('\n').next()?.trim().is_empty();
    // It moves on: the name is after the beginning of the match.
    let is_after = captures.get(0)?.start() < found.start();
    (is_name && begins_line && ends_line && is_after).then(|| found.range())
}

/// Where the secret value of a match is.
fn value(captures: &Captures<'_>, when: When) -> Option<Range<usize>> {
    let quoted = ["v1", "v2", "v3"].iter().find_map(|name| captures.name(name));
    let found = quoted.or_else(|| captures.name("v"))?;
    // What ends a sentence or a list is not part of it.
    let end: &[char] = if quoted.is_some() { &[] } else { &['.', ',', ';', ':', '?', ')', ']', '}'] };
    let value = found.as_str().trim_end_matches(end);
    let is_secret = match when {
        When::Given => !NAMED.as_ref().is_some_and(|named| named.is_match(value)),
        When::Opaque(least) => value.chars().count() >= least && is_opaque(value),
    };
    (is_secret && !value.is_empty()).then(|| found.start()..found.start() + value.len())
}

/// Whether it looks like a password or a key: not like a word, a number with a unit, a date, an address, a path or a host name.
fn is_opaque(value: &str) -> bool {
    let has = |is: fn(char) -> bool| value.chars().any(is);
    let (digit, letter) = (has(|c| c.is_ascii_digit()), has(char::is_alphabetic));
    let sign = has(|c| "!@#$%^&*+=~".contains(c));
    let mixed = value.chars().zip(value.chars().skip(1)).any(|(a, b)| a.is_lowercase() && b.is_uppercase());
    let is_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
    let labels = value.split('.');
    let is_host = value.contains('.') && labels.clone().all(|label| label.len() < 20 && label.chars().all(is_name));
    let is_path = value.contains('/') && !value.ends_with('=') && value.split('/').all(|part| part.len() < 20);
    if is_host || is_path || value.starts_with(['$', '<', '{', '*']) {
        return false;
    }
    // `USER@REALM!ID=UUID` stands for a value.
    if !digit && !has(char::is_lowercase) {
        return false;
    }
    let is_number = digit && !letter && value.chars().all(|c| c.is_ascii_digit());
    letter && (digit || sign || mixed) || is_number
}

#[cfg(test)]
mod tests {
    use super::*;

    const REDACTED_CASES: &[(&str, &str)] = &[
        ("senha: x", "senha: ***"),
        ("a senha do root: batata", "a senha do root: ***"),
        ("nova senha do painel = 'duas palavras'", "nova senha do painel = '***'"),
        ("Senha nova para o backup: Hunter2!", "Senha nova para o backup: ***"),
        ("a senha é hunter22, não entra", "a senha é ***, não entra"),
        ("a senha do root é 123456", "a senha do root é ***"),
        ("senha hunter22 não funciona", "senha *** não funciona"),
        ("usei a senha Xy7#kk", "usei a senha ***"),
        ("segredo: abracadabra", "segredo: ***"),
        ("chave de API: abc", "chave de API: ***"),
        ("frase senha: correct horse battery", "frase senha: ***"),
        ("password=x", "password=***"),
        ("password=x&user=ana", "password=***&user=ana"),
        ("user=ana password = hunter2.", "user=ana password = ***."),
        ("The password for the backup is hunter2!", "The password for the backup is ***"),
        ("DB_PASSWORD=abc", "DB_PASSWORD=***"),
        ("MYSQL_PWD: abc", "MYSQL_PWD: ***"),
        (r#"{"password":"a b","user":"ana"}"#, r#"{"password":"***","user":"ana"}"#),
        (r#"{\"accessToken\":\"abc\"}"#, r#"{\"accessToken\":\"***\"}"#),
        ("<password>abc</password>", "<password>***</password>"),
        ("client_secret: abc", "client_secret: ***"),
        ("X-API-Key: abc", "X-API-Key: ***"),
        ("token abc123def456 expirou", "token *** expirou"),
        ("token：abc", "token：***"),
        ("o token do Proxmox é 12345678-1234-1234-1234-123456789abc", "o token do Proxmox é ***"),
        ("token recusado: 0123456789abcdef0123456789abcdef", "token recusado: ***"),
        ("api key that I took: QWxhZGRpbjpvcGVuIHNlc2FtZTEy", "api key that I took: ***"),
        ("password=\nhunter2:", "password=\n***:"),
        ("senha:\nAbacaxi: não conte", "senha:\n***: não conte"),
        ("secret:\n  password:\n    hunter2", "secret:\n  password:\n    ***"),
        ("PVEAPIToken=root@pam!ops=1234-abc", "PVEAPIToken=***"),
        ("Authorization: Bearer abc.def", "Authorization: Bearer ***"),
        ("authorization: basic YWRtaW46YWRtaW4=", "authorization: basic ***"),
        (r#""Authorization": "abcdef""#, r#""Authorization": "***""#),
        ("curl -H 'Bearer abcdef123456'", "curl -H 'Bearer ***'"),
        ("Set-Cookie: PHPSESSID=abc; path=/", "Set-Cookie: ***"),
        ("postgres://app:hunter@db.example.org/x", "postgres://app:***@db.example.org/x"),
        ("https://ana:p@ss@host/", "https://ana:***@host/"),
        ("https://9f8e7d6c5b@sentry.example.org/1", "https://***@sentry.example.org/1"),
        ("AKIAIOSFODNN7EXAMPLE", "***"),
        ("usei ghp_0123456789abcdefghijABCDEFGHIJ", "usei ***"),
        ("x eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl y", "x *** y"),
        (
            "-----BEGIN RSA PRIVATE KEY-----\nMIIB\nAAAA\n-----END RSA PRIVATE KEY-----\nfim",
            "-----BEGIN RSA PRIVATE KEY-----***-----END RSA PRIVATE KEY-----\nfim",
        ),
        ("-----BEGIN OPENSSH PRIVATE KEY-----\nb3Blbn", "-----BEGIN OPENSSH PRIVATE KEY-----***"),
        ("mysql -u root -pabc desk", "mysql -u root -p*** desk"),
        ("curl -u ana:abc https://h", "curl -u ana:*** https://h"),
        ("sshpass -p abc ssh root@pve", "sshpass -p *** ssh root@pve"),
        ("restic --password abc", "restic --password ***"),
        ("PIN: 4711", "PIN: ***"),
    ];

    const KEPT: &[&str] = &[
        "a senha do root mudou?",
        "a senha é longa demais?",
        "a senha do painel expirou ontem",
        "Quem sabe a senha da VM 112?",
        "the password is wrong",
        "who has the password for pve1.example.org?",
        "o token expira em 2026-11-27",
        "o token expirou há 30 dias",
        "the token of the Proxmox API is missing",
        "num_predict 600 tokens, 12 tokens/s",
        "max_tokens: 600",
        "pve1.lab.example.org não responde na porta 8006",
        "desk-api-health@0123456789abcdef",
        "revision 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "550e8400-e29b-41d4-a716-446655440000",
        "VM 112 (Desk), http://10.0.0.1:8080/api?x=a@b",
        "ssh root@pve1 e depois ssh://git@pve1/x",
        "mail para ana@example.org",
        "password: ${DB_PASSWORD}",
        "curl -H \"Authorization: PVEAPIToken=$PROXMOX_API_TOKEN\"",
        "Authorization: Bearer $TOKEN",
        "password: null",
        "  prefix: PVEAPIToken=\n  secretKeyRef:\n    name: agentic-ops",
        "com o token `USUÁRIO@REALM!ID=UUID`:",
        "printf 'X-API-Key: %s\\n' \"$CHAVE\"",
        "printf 'Authorization: PVEAPIToken=%s\\n' \"$TOKEN\"",
        "senha: ***",
        "basic authentication is off",
        "o Secret agentic-ops-2 não existe",
        "bypass: 1, compass: 2, resenha: 3",
        "key: 112",
        "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----",
        "latencyMs: 5\nstatus: 502\nerror: timeout",
        "",
    ];

    #[test]
    fn what_looks_like_a_secret_is_redacted() {
        let wrong: Vec<_> = REDACTED_CASES
            .iter()
            .map(|(text, expected)| (text, expected, without_likely_secrets(text)))
            .filter(|(_, expected, shown)| shown != *expected)
            .collect();
        assert!(wrong.is_empty(), "{wrong:#?}");
    }

    #[test]
    fn what_is_no_secret_stays() {
        let wrong: Vec<_> = KEPT.iter().map(|text| (text, without_likely_secrets(text))).collect();
        let wrong: Vec<_> = wrong.into_iter().filter(|(text, shown)| shown != *text).collect();
        assert!(wrong.is_empty(), "{wrong:#?}");
    }

    #[test]
    fn a_text_that_was_redacted_stays_as_it_is() {
        for (_, shown) in REDACTED_CASES {
            assert_eq!(without_likely_secrets(shown), *shown);
        }
    }

    #[test]
    fn all_patterns_are_valid() {
        assert_eq!(PATTERNS.len(), 21);
        assert!(NAMED.is_some());
    }
}
