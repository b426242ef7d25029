use super::needles::{is_short, parts_of_url};
use super::*;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE};
use data_encoding::{BASE32, BASE32_NOPAD, BASE32HEX_NOPAD};
use percent_encoding::{AsciiSet, CONTROLS, NON_ALPHANUMERIC, utf8_percent_encode};
use proptest::prelude::*;

const TOKEN: &str = "ops@pve!watch=0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0";
const KEY: &str = "c4n/ary+s3cr=t&\"K~!x é";
/// Has backslashes before characters that encodings write otherwise, and before such that look like escapes.
const BACKSLASHES: &str = r#"p\\a\"s\s\%w\o\é\&r\\\=d\x41\u0042\n1\2"#;
/// Encodes all but backslashes, letters and digits.
const NOT_BACKSLASHES: &AsciiSet = &NON_ALPHANUMERIC.remove(b'\\');
/// Encoded by Python's `quote`, which leaves the slash.
const QUOTE: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'_').remove(b'.').remove(b'~');
/// Encoded by JavaScript's `encodeURIComponent`.
const COMPONENT: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'!').remove(b'~').remove(b'*').remove(b'\'');
const FEW: &AsciiSet = &CONTROLS.add(b'@').add(b'=').add(b'&');

fn each(secret: &str, write: impl Fn(char) -> String) -> String {
    secret.chars().map(write).collect()
}

fn html(secret: &str) -> String {
    secret.replace('&', "&amp;").replace('"', "&quot;").replace('=', "&equals;").replace('!', "&excl;")
}

fn percent(secret: &str, set: &'static AsciiSet) -> String {
    utf8_percent_encode(secret, set).to_string()
}

fn bytes(secret: &str, between: &str, write: impl Fn(u8) -> String) -> String {
    secret.bytes().map(write).collect::<Vec<_>>().join(between)
}

/// Quoted-printable, in lines of at most 12 characters.
fn quoted(secret: &str) -> String {
    let encode = |b: u8| if b == b'=' || !b.is_ascii_graphic() { format!("={b:02X}") } else { char::from(b).into() };
    let parts: Vec<String> = secret.bytes().map(encode).collect();
    parts.chunks(4).map(|line| line.concat()).collect::<Vec<_>>().join("=\r\n")
}

/// The form of an ASCII character that is so much further in Unicode.
fn other_form(c: char, offset: u32) -> String {
    let form = if c.is_ascii_graphic() { char::from_u32(u32::from(c) + offset) } else { Some(c) };
    form.unwrap().to_string()
}

fn mathematical(c: char) -> String {
    match c {
        'A'..='Z' => other_form(c, 0x1d400 - 0x41),
        'a'..='z' => other_form(c, 0x1d41a - 0x61),
        '0'..='9' => other_form(c, 0x1d7ce - 0x30),
        _ => c.to_string(),
    }
}

fn utf16<const N: usize>(secret: &str, order: impl Fn(u16) -> [u8; N]) -> Vec<u8> {
    secret.encode_utf16().flat_map(order).collect()
}

fn utf8(c: u32) -> String {
    char::from_u32(c).unwrap().to_string()
}

/// All but backslashes.
fn each_but_backslashes(secret: &str, write: impl Fn(u32) -> String) -> String {
    each(secret, |c| if c == '\\' { c.into() } else { write(u32::from(c)) })
}

/// Asserts that the secret is not readable in any encoding.
fn assert_redacted(secret: &str) {
    let redactor = Redactor::new([secret]);
    for (name, form) in forms(secret) {
        let shown = redactor.redact(&format!("said <{form}> here")).into_owned();
        let rest = shown
            .strip_prefix("said <")
            .and_then(|s| s.strip_suffix("> here"))
            .unwrap_or_else(|| panic!("{name}: {shown}"));
        // What remains beside it are at most quotes, and characters of base64 that depend on the text around. Where the secret ends
        // with what looks like an escape of white space, its last character may remain, however it is encoded.
        let remains = rest.replace(REDACTED, "");
        let is_little = remains.len() <= 20 || decoded(&remains).len() <= 1;
        assert!(rest.contains(REDACTED) && is_little, "{name} of {secret:?}: {shown}");
    }
}

/// Without any encoding, white space and backslashes.
fn decoded(text: &str) -> Vec<u8> {
    let levels = std::iter::successors(Decoded::of(text), Decoded::again);
    search::folded(levels.last().as_ref().map_or(text.as_bytes(), |last| &last.bytes))
}

/// How targets write a secret into an answer.
fn forms(secret: &str) -> Vec<(&'static str, String)> {
    let json = serde_json::Value::from(secret).to_string();
    let unicode = each(secret, |c| format!("\\u{:04x}", u32::from(c)));
    vec![
        ("as it is", secret.to_string()),
        ("percent, everything", percent(secret, NON_ALPHANUMERIC)),
        ("percent, quote", percent(secret, QUOTE)),
        ("percent, encodeURIComponent", percent(secret, COMPONENT)),
        ("percent, a few", percent(secret, FEW)),
        ("percent, lower case", percent(secret, NON_ALPHANUMERIC).to_lowercase()),
        ("percent, twice", percent(&percent(secret, NON_ALPHANUMERIC), NON_ALPHANUMERIC)),
        ("form", url::form_urlencoded::byte_serialize(secret.as_bytes()).collect()),
        ("JSON", json.clone()),
        ("JSON with an escaped slash", json.replace('/', "\\/")),
        ("JSON for HTML", json.replace('&', "\\u0026")),
        ("JSON within JSON", serde_json::Value::from(json.as_str()).to_string()),
        ("JSON, all escaped", unicode.clone()),
        ("JSON, all escaped in upper case", unicode.to_uppercase().replace("\\U", "\\u")),
        ("bytes escaped", secret.bytes().map(|b| format!("\\x{b:02x}")).collect()),
        ("octal", secret.bytes().map(|b| format!("\\{b:03o}")).collect()),
        ("JavaScript, braces", each(secret, |c| format!("\\u{{{:x}}}", u32::from(c)))),
        ("percent, all but backslashes", percent(secret, NOT_BACKSLASHES)),
        (
            "percent of all, all but backslashes",
            each_but_backslashes(secret, |c| utf8(c).bytes().map(|b| format!("%{b:02x}")).collect()),
        ),
        ("percent twice, all but backslashes", percent(&percent(secret, NOT_BACKSLASHES), NOT_BACKSLASHES)),
        ("percent of JSON, all but backslashes", percent(&json, NOT_BACKSLASHES)),
        ("JSON of percent, all but backslashes", serde_json::Value::from(percent(secret, NOT_BACKSLASHES)).to_string()),
        ("HTML, all but backslashes", each_but_backslashes(secret, |c| format!("&#{c};"))),
        (
            "HTML of percent, all but backslashes",
            each_but_backslashes(&percent(secret, NOT_BACKSLASHES), |c| format!("&#{c};")),
        ),
        ("JSON, all escaped but backslashes", each_but_backslashes(secret, |c| format!("\\u{c:04x}"))),
        (
            "octal, all but backslashes",
            each_but_backslashes(secret, |c| utf8(c).bytes().map(|b| format!("\\{b:03o}")).collect()),
        ),
        ("braces, all but backslashes", each_but_backslashes(secret, |c| format!("\\u{{{c:x}}}"))),
        ("HTML", html(secret)),
        ("HTML, decimal", each(secret, |c| format!("&#{};", u32::from(c)))),
        ("HTML, hexadecimal", each(secret, |c| format!("&#x{:X};", u32::from(c)))),
        ("percent in HTML", html(&percent(secret, FEW))),
        ("HTML in JSON", serde_json::Value::from(html(secret)).to_string()),
        ("base64", STANDARD.encode(secret)),
        ("base64 for URLs", URL_SAFE.encode(secret)),
        ("base64, twice", STANDARD.encode(STANDARD.encode(secret))),
        ("base64 for URLs, twice", STANDARD.encode(URL_SAFE.encode(format!("user:{secret}")))),
        ("base64 after a name", STANDARD.encode(format!("user:{secret}"))),
        ("base64 in between", STANDARD.encode(format!("ab{secret};more"))),
        ("base64, escaped", percent(&STANDARD.encode(format!("a{secret}")), NON_ALPHANUMERIC)),
        ("hexadecimal", secret.bytes().map(|b| format!("{b:02x}")).collect()),
        ("hexadecimal in upper case, spaced", secret.bytes().map(|b| format!("{b:02X} ")).collect()),
        ("hexadecimal with colons", bytes(secret, ":", |b| format!("{b:02X}"))),
        ("hexadecimal with dashes", bytes(secret, "-", |b| format!("{b:02x}"))),
        ("an array of C", bytes(secret, ", ", |b| format!("0x{b:02x}"))),
        ("an array of JSON", bytes(secret, ",", |b| b.to_string())),
        ("quoted-printable, everything", bytes(secret, "", |b| format!("={b:02X}"))),
        ("quoted-printable in lines", quoted(secret)),
        ("quoted-printable in JSON", serde_json::Value::from(quoted(secret)).to_string()),
        ("HTML in quoted-printable", quoted(&html(secret))),
        ("base32", BASE32.encode(secret.as_bytes())),
        ("base32 in lower case after a name", BASE32_NOPAD.encode(format!("abc{secret}").as_bytes()).to_lowercase()),
        ("base32, extended hexadecimal alphabet", BASE32HEX_NOPAD.encode(format!("a{secret}").as_bytes())),
        ("full-width", each(secret, |c| other_form(c, 0xff01 - 0x21))),
        ("full-width, escaped", percent(&each(secret, |c| other_form(c, 0xff01 - 0x21)), NON_ALPHANUMERIC)),
        ("mathematical digits and letters", each(secret, mathematical)),
        ("base64 of UTF-16", STANDARD.encode(utf16(secret, u16::to_le_bytes))),
        ("base64 of UTF-16 after a name", STANDARD.encode(utf16(&format!("ab:{secret};"), u16::to_le_bytes))),
        ("base64 of UTF-16, the other byte order", STANDARD.encode(utf16(secret, u16::to_be_bytes))),
        ("hexadecimal of UTF-16", utf16(secret, u16::to_be_bytes).iter().map(|b| format!("{b:02x}")).collect()),
        ("upper case", secret.to_ascii_uppercase()),
        ("lower case", secret.to_ascii_lowercase()),
        ("spaced", each(secret, |c| format!("{c} "))),
        ("in lines", each(secret, |c| format!("{c}\r\n"))),
        ("UTF-16", each(secret, |c| format!("{c}\0"))),
        ("invisible characters in between", each(secret, |c| format!("{c}\u{200b}"))),
    ]
}

#[test]
fn a_secret_is_redacted_in_every_encoding() {
    [TOKEN, KEY, BACKSLASHES].into_iter().for_each(assert_redacted);
}

#[test]
fn backslashes_before_another_encoding_hide_nothing() {
    for (secret, text) in [
        (r"hunt\r22xyz", r"hunt\%7222xyz"),
        (r"hunt\r22xyz", r"hunt\\u007222xyz"),
        (r"hunt\r22xyz", r"hunt\&#114;22xyz"),
        (r"hunt\r22xyz", r"hunt\\x7222xyz"),
        (r"hunt\r22xyz", r"hunt\\16222xyz"),
        (r"hunt\r22xyz", r"hunt\%25257222xyz"),
        (r"hunt\r22xyz", r"hunt\\\%72\u00322xyz"),
        (r"ab\cd\ef", r"ab\%63d\ef"),
        ("hunter22xyz", r"hunt\%65r22xyz"),
    ] {
        let shown = Redactor::new([secret]).redact(text).into_owned();
        assert!(shown.ends_with(REDACTED) && shown.len() <= 32, "{secret} in {text}: {shown}");
    }
    let many = format!("abc{}def{}ghi", r"\".repeat(15), r"\".repeat(31));
    for encode in [|c: u32| format!("%{c:02x}"), |c| format!("&#{c};"), |c| format!(r"\u{c:04x}")] {
        assert_eq!(Redactor::new([many.as_str()]).redact(&each_but_backslashes(&many, encode)), REDACTED);
    }
    // Short ones are compared exactly, at every level.
    assert_eq!(Redactor::new([r"p\&s", "qq&s"]).redact(r"is p\%26s or p\\&s or qq\%26s"), "is *** or *** or ***");
    // So are those of fewer than 6 other characters.
    assert_eq!(Redactor::new([r"a\b\c\d\"]).redact(r"abcd, a\b\c\d\"), "abcd, ***");
}

#[test]
fn many_backslashes_take_time_in_proportion_to_their_number() {
    let redactor = Redactor::new([TOKEN, BACKSLASHES]);
    for text in [r"\", r"\%", r"\&", r"\u", r"\\u0041", r"\%5c", r"\&bsol;"] {
        // Were it quadratic, this would take minutes.
        redactor.redact(&text.repeat((1 << 18) / text.len()));
    }
}

#[test]
fn base64_in_lines_is_redacted() {
    let encoded =
        STANDARD.encode(format!("Authorization: PVEAPIToken={TOKEN} and more text, which goes on for some lines"));
    let lines: Vec<_> = encoded.as_bytes().chunks(40).map(|line| std::str::from_utf8(line).unwrap()).collect();
    let shown = Redactor::new([TOKEN]).redact(&lines.join("\r\n")).into_owned();
    let (before, after) = shown.split_once(REDACTED).unwrap();
    let decoded = |text: &str| {
        let text: String = text.split_whitespace().collect();
        let whole = &text[text.len() % 4..];
        String::from_utf8_lossy(&STANDARD_NO_PAD.decode(whole.trim_end_matches('=')).unwrap_or_default()).into_owned()
    };
    assert!(!decoded(before).contains("ops@p") && !decoded(after).contains("e1f0"), "{shown}");
}

#[test]
fn parts_after_a_separator_are_secret_too() {
    let uuid = &TOKEN[14..];
    assert_eq!(Redactor::new([TOKEN]).redact(&format!("id {uuid}.")), "id ***.");
    assert_eq!(Redactor::new(["user:passw0rd"]).redact("passw0rd of user"), "*** of user");
    assert_eq!(Redactor::new(["smtp://me:passw0rd@mail.test:25"]).redact("passw0rd of me"), "*** of me");
    assert_eq!(Redactor::new(["user:secret"]).redact("the secret of a user"), "the secret of a user", "fewer than 8");
}

#[test]
fn ordinary_words_in_a_secret_stay_readable() {
    for (secret, text) in [
        ("username:pass-83hd72", "the username of the user"),
        ("administrator:hunter22xyz", "administrator, Administrators"),
        ("monitoring@pve!ops=0f1e2d3c-4b5a-6978", "monitoring@pve has no rights"),
        ("Authorization: Bearer 0f1e2d3c4b5a", "the header Authorization: is missing"),
        ("smtp://alerts:pa55-word-1@mail.example.org:587", "mail.example.org:587 and smtp://mail.example.org"),
        ("https://hooks.example.org/services/T0123456/aB3dE5fG7", "https://hooks.example.org/services/ is down"),
    ] {
        let redactor = Redactor::new([secret]);
        assert_eq!(redactor.redact(text), text, "{secret}");
        assert!(!redactor.redact(secret).contains(&secret[secret.len() - 8..]) || secret.contains("://"), "{secret}");
    }
    let redactor = Redactor::new(["administrator:hunter22xyz"]);
    // The last character of base64 does not depend on the secret alone.
    assert_eq!(redactor.redact("Basic YWRtaW5pc3RyYXRvcjpodW50ZXIyMnh5eg==").len(), "Basic ***g==".len());
    assert_eq!(redactor.redact("hunter22xyz"), REDACTED);
    assert_eq!(Redactor::new(["smtp://a:pa:s@w/rd-1@mail.test:25"]).redact("is pa:s@w/rd-1"), "is ***");
    // No address, though it looks like one.
    assert!(!Redactor::new(["secret://0f1e2d3c4b5a6978"]).redact("is 0f1e2d3c4b5a6978").contains("0f1e"));
    for secret in ["0://:aA0", "1a://b.c9Xk", "a://:aA0x7", "a://?aA0.b7", "a://@aA0.b7,", "a://b!7.c$9", "a b://c.d"] {
        assert_eq!(Redactor::new([secret]).redact(secret), REDACTED);
    }
    for address in
        ["sqlite:///var/lib/desk/desk.db", "http://[::1]:8080", "redis://me@cache:6379/0", "https://api.example.org/"]
    {
        assert_eq!(
            Redactor::new([address]).redact("/var/lib/desk ::1 cache api.example.org").matches(REDACTED).count(),
            0,
            "{address}"
        );
    }
    let hook = Redactor::new(["https://hooks.example.org/services/T0123456/aB3dE5fG7?token=zY8xW6vU4"]);
    assert_eq!(hook.redact("T0123456, aB3dE5fG7, zY8xW6vU4"), "***, ***, ***");
    let topic = Redactor::new(["https://ntfy.example.org/notifications"]);
    assert_eq!(topic.redact("https://ntfy.example.org/notifications of notifications"), "https://*** of notifications");
}

#[test]
fn a_random_beginning_of_a_secret_is_no_name() {
    assert_eq!(Redactor::new(["Xk3fKq2mZp7wEr8:and-more"]).redact("Xk3fKq2mZp7wEr8"), REDACTED);
    assert_eq!(Redactor::new(["qWeRtYuIoPaSdF:and-more"]).redact("qWeRtYuIoPaSdF"), REDACTED);
}

#[test]
fn long_parts_of_a_long_secret_are_redacted() {
    let redactor = Redactor::new([TOKEN]);
    for at in 13..TOKEN.len() - 13 {
        let (first, second) = TOKEN.split_at(at);
        assert_eq!(redactor.redact(&format!("{{\"a\":\"{first}\",\"b\":\"{second}\"}}")), r#"{"a":"***","b":"***"}"#);
        assert_eq!(redactor.redact(&format!("{first} / {second}")), "*** / ***");
    }
    assert_eq!(redactor.redact(&format!("{}****", &TOKEN[..TOKEN.len() - 4])), "*******");
}

#[test]
fn short_values_and_other_text_are_not_redacted() {
    assert_eq!(Redactor::new(["ab", ""]).redact("about"), "about");
    assert_eq!(Redactor::new(["hunter22"]).redact("nothing here"), "nothing here");
    // Four to seven characters are compared exactly.
    let short = Redactor::new(["1234", "p&s/w"]);
    assert_eq!(short.redact("12 34, 1.234, x1234 and p&amp;s/w"), "12 34, 1.234, x*** and ***");
    assert_eq!(Redactor::new(["        a        "]).redact("a banana, a cat"), "a banana, a cat");
}

#[test]
fn text_around_a_secret_does_not_hide_it() {
    // The percent sign before it, and the first characters of it, look like one encoded character.
    assert_eq!(Redactor::new(["41424344454"]).redact("100%41424344454 \\x41424344454"), "100%*** \\x***");
    // A secret that looks encoded itself, in lines of quoted-printable within a string of JSON or of a program.
    for line_end in ["\\r\\n", "\\n", "\\u000d\\u000a", "\\x0a", "\\015\\012"] {
        let shown = Redactor::new(["4TH6%d2$q"]).redact(&format!("4TH6={line_end}%d2$={line_end}q")).into_owned();
        assert_eq!(shown, REDACTED, "{line_end}");
    }
    // A secret that looks encoded itself.
    let secret = "a%2Fb&amp;c\\u0041d";
    assert_eq!(Redactor::new([secret]).redact(secret), REDACTED);
    assert_eq!(Redactor::new([secret]).redact(&html(secret)), REDACTED);
    assert_eq!(Redactor::new([secret]).redact(&percent(secret, NON_ALPHANUMERIC)), REDACTED);
}

#[test]
fn control_characters_are_not_shown() {
    assert_eq!(Redactor::default().redact("a\u{1b}[2Jb\u{202e}c\n"), "a\u{fffd}[2Jb\u{fffd}c\n");
    assert_eq!(Redactor::new(["hunter22"]).redact("\u{1b}hun\u{1b}ter22\r\n"), "\u{fffd}***\n");
}

#[test]
fn several_secrets_and_a_very_long_one_are_redacted() {
    let long: String = (0..4000).map(|i| char::from(b'!' + u8::try_from(i * i % 89).unwrap())).collect();
    let redactor = Redactor::new([long.as_str(), "hunter22", "s3cret-éé-word"]);
    assert_eq!(redactor.redact(&format!("<{long}> hunter22 s3cret-éé-word")), "<***> *** ***");
    assert!(redactor.redact(&format!("<{}>", STANDARD.encode(&long))).len() <= "<***>".len() + 4);
}

#[test]
fn what_looks_like_an_escape_after_the_sign_of_a_line_end_is_part_of_the_secret() {
    ["0aAAA00 \\n", "0aAAA00 \\r", "0aAAA00 \\t1"].into_iter().for_each(assert_redacted);
}

proptest! {
    /// Without white space at the ends, which is not redacted, and without words and URLs, of which parts stay readable.
    #[test]
    fn any_secret_is_redacted_in_every_encoding(secret in "[0-9][ -~é]{6,38}[A-Za-z0-9]") {
        prop_assume!(!secret.contains("://") && secret.split([' ', '\\']).collect::<String>().len() >= 8);
        assert_redacted(&secret);
    }

    #[test]
    fn text_around_quoted_printable_and_other_forms_stays(text in "[ -~ãéç０-９\n]{0,80}") {
        let redactor = Redactor::new([TOKEN]);
        prop_assert_eq!(redactor.redact(&text), text.as_str());
    }

    #[test]
    fn no_text_contains_the_secret_after_redaction(before in ".{0,20}", secret in "[ -~]{8,40}", after in ".{0,20}") {
        // Short ones are found only as they are, and of an address parts stay readable.
        prop_assume!(!is_short(&secret) && parts_of_url(&secret).is_none());
        let redactor = Redactor::new([secret.as_str()]);
        let text = format!("{before}{secret}{after}");
        prop_assert!(!redactor.redact(&text).contains(&secret));
        let encoded = STANDARD.encode(&text);
        let out = redactor.redact(&encoded);
        let shown = out.split(REDACTED).filter_map(|p| STANDARD_NO_PAD.decode(p.trim_end_matches('=')).ok());
        for part in shown {
            prop_assert!(!String::from_utf8_lossy(&part).contains(&secret));
        }
    }

    #[test]
    fn what_only_looks_like_an_address_is_redacted(secret in "[a-zA-Z0-9+.-]{0,4}://[ -~]{5,20}[!-~]") {
        let has_host = url::Url::parse(&secret).is_ok_and(|url| url.has_host());
        prop_assume!(!is_short(&secret) && !has_host && !secret.contains('@'));
        let shown = Redactor::new([secret.as_str()]).redact(&secret).into_owned();
        prop_assert!(shown.contains(REDACTED) && !shown.contains(&secret), "{shown}");
    }

    #[test]
    fn any_text_can_be_redacted(text in ".{0,200}", secrets in proptest::collection::vec(".{0,40}", 0..4), marks in "[%&\\\\#xu0-9a-f;{}]{0,80}") {
        let redactor = Redactor::new(secrets.iter().map(String::as_str));
        redactor.redact(&text);
        redactor.redact(&marks);
        redactor.redact(&format!("{marks}{text}{}", secrets.concat()));
    }
}

#[test]
fn the_search_for_a_secret_takes_little_memory() {
    let windows = |secret: &str| Windows::of(&Needles::of([secret]).folded).count();
    let long: String = (0..4000).map(|i| char::from(b'!' + u8::try_from(i * i % 89).unwrap())).collect();
    assert!(windows(TOKEN) <= 45 * TOKEN.len(), "{}", windows(TOKEN));
    assert!(windows(&long) <= 8 * long.len(), "{}", windows(&long));
}
