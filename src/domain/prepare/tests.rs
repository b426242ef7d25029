use super::super::fixtures::*;
use super::*;
use crate::domain::reading::ErrorKind;
use crate::domain::redact::Source;
use crate::domain::texts::{self, Language};
use serde_json::{Value, json};

fn offered(data: BTreeMap<String, String>, hosts: &str) -> SecretView {
    SecretView::Present(Arc::new(OfferedSecret { data, hosts: KeyHosts::parse(hosts) }))
}

fn configuration() -> ReferencedConfiguration {
    let settings = [
        ("HOST", "shop.example"),
        ("PORT", "8443"),
        ("DB", "/data/desk.db"),
        ("BAD", "no host"),
        ("BRACE", "a{b"),
        ("ODD", "a\u{1}b"),
    ];
    let own: BTreeMap<_, _> = [("TOKEN", "hunter22\n"), ("EMPTY", "")].map(|(k, v)| (k.into(), v.into())).into();
    let ca: BTreeMap<_, _> = [("ca.crt".into(), "PEM".into())].into();
    ReferencedConfiguration {
        settings: Arc::new(BTreeMap::from(settings.map(|(k, v)| (k.to_string(), v.to_string()))).into()),
        secrets: BTreeMap::from([
            ("agentic-ops".to_string(), offered(own, "")),
            ("shop-ca".to_string(), offered(ca, "")),
            (
                "other".to_string(),
                offered([("garbage", "x"), ("odd", "a\u{1}b")].map(|(k, v)| (k.into(), v.into())).into(), ""),
            ),
            ("private".to_string(), SecretView::NotOffered),
            ("gone".to_string(), SecretView::Absent),
        ]),
        known: KnownSecrets::default(),
    }
}

fn prepared(probe: Value) -> Prepared {
    prepare(&scenario(json!({"probes": [probe]})), &configuration(), &policy())
}

fn target(probe: Value) -> Target {
    let mut prepared = prepared(probe);
    assert_eq!(prepared.refused, []);
    prepared.targets.remove(0).1.unwrap()
}

/// Why there is no target: the kind, and the detail in English.
fn missing(probe: Value) -> (ErrorKind, String) {
    let mut prepared = prepared(probe);
    assert_eq!(prepared.refused, []);
    let error = prepared.targets.remove(0).1.unwrap_err().error.unwrap();
    (error.kind, texts::detail(Language::English, &error.detail))
}

fn refused(probe: Value) -> ValidationError {
    let mut prepared = prepared(probe);
    assert!(prepared.targets.is_empty());
    prepared.refused.remove(0)
}

fn with_header(header: Value) -> Value {
    json!({"name": "web", "http": {"url": "https://a/", "headers": [header]}})
}

fn secret(name: &str, key: &str) -> Value {
    json!({"name": "Authorization", "prefix": "Bearer ", "secretKeyRef": {"name": name, "key": key}})
}

#[test]
fn settings_are_substituted_in_every_text_of_a_probe() {
    let web = target(json!({"name": "web", "timeout": "2s", "http": {
        "url": "https://${HOST}:${PORT}/x", "body": "to ${HOST}", "headers": [{"name": "Host", "value": "${HOST}"}]}}));
    assert_eq!(web.timeout, Duration::from_secs(2));
    let Request::Http(request) = web.request else { panic!() };
    assert_eq!(request.url.as_str(), "https://shop.example:8443/x");
    assert_eq!(request.body.as_deref(), Some("to shop.example"));
    assert_eq!((request.headers[0].value.as_str(), request.headers[0].secret), ("shop.example", false));
    assert_eq!((request.max_redirects, request.max_body_bytes, request.method), (5, 1 << 20, Method::Get));
    let Request::Tcp(address) = target(json!({"name": "t", "tcp": {"address": "${HOST}:${PORT}"}})).request else {
        panic!()
    };
    assert_eq!(address, Address { host: "shop.example".into(), port: 8443 });
    let Request::Tls(tls) = target(json!({"name": "t", "tls": {"address": "${HOST}:443"}})).request else { panic!() };
    assert_eq!(tls.server_name, "shop.example");
    let dns = json!({"name": "d", "dns": {"name": "${HOST}", "server": "[::1]"}});
    let Request::Dns(dns) = target(dns).request else { panic!() };
    assert_eq!((dns.name.as_str(), dns.server.unwrap().to_string().as_str()), ("shop.example", "[::1]:53"));
    let sqlite = json!({"name": "s", "sqlite": {"path": "${DB}", "query": "SELECT ?1", "parameters": ["${HOST}"]}});
    let Request::Sqlite(sqlite) = target(sqlite).request else { panic!() };
    assert_eq!((sqlite.parameters, sqlite.max_rows), (vec!["shop.example".to_string()], 100));
}

#[test]
fn an_unset_setting_is_unknown_and_named() {
    let (kind, detail) = missing(json!({"name": "t", "tcp": {"address": "${NOPE}:80"}}));
    assert_eq!(kind, ErrorKind::UnsetSetting);
    assert!(detail.contains("NOPE"), "{detail}");
}

#[test]
fn a_setting_that_gives_no_valid_address_is_unknown_and_not_a_validation_error() {
    assert_eq!(missing(json!({"name": "t", "tcp": {"address": "${BAD}:80"}})).0, ErrorKind::UnsetSetting);
    assert_eq!(missing(json!({"name": "t", "http": {"url": "${HOST}/x"}})).0, ErrorKind::UnsetSetting);
}

#[test]
fn settings_and_secrets_that_cannot_be_used_are_unknown_and_not_failures_of_the_target() {
    let header =
        |value: &str| json!({"name": "p", "http": {"url": "http://a/", "headers": [{"name": "X", "value": value}]}});
    let ca = json!({"url": "https://a/", "tls": {"caSecretKeyRef": {"name": "other", "key": "garbage"}}});
    for (probe, kind, says) in [
        (json!({"name": "p", "http": {"url": "http://${BRACE}/"}}), ErrorKind::UnsetSetting, "\"a{b\" is not a host"),
        (
            json!({"name": "p", "dns": {"name": "${BAD}"}}),
            ErrorKind::UnsetSetting,
            "\"no host\" is not a name in the DNS",
        ),
        (
            json!({"name": "p", "tls": {"address": "a:1", "serverName": "${BRACE}"}}),
            ErrorKind::UnsetSetting,
            "not a server name",
        ),
        (header("${ODD}"), ErrorKind::UnsetSetting, "the value of header X has a line break"),
        (
            with_header(secret("other", "odd")),
            ErrorKind::MissingSecret,
            "the value of key odd of Secret other cannot be used",
        ),
        (json!({"name": "p", "http": ca}), ErrorKind::MissingSecret, "no certificate in PEM form"),
    ] {
        let (seen, detail) = missing(probe.clone());
        assert_eq!(seen, kind, "{probe}");
        assert!(detail.contains(says) && !detail.contains("a\u{1}b"), "{detail}");
    }
}

#[test]
fn international_names_are_asked_in_ascii() {
    let tls = target(json!({"name": "t", "tls": {"address": "Ação.test:443"}}));
    let Request::Tls(tls) = tls.request else { panic!() };
    assert_eq!((tls.address.host.as_str(), tls.server_name.as_str()), ("xn--ao-siap.test", "xn--ao-siap.test"));
    let tls = target(json!({"name": "t", "tls": {"address": "a:443", "serverName": "ação.test."}}));
    let Request::Tls(tls) = tls.request else { panic!() };
    assert_eq!(tls.server_name, "xn--ao-siap.test");
}

#[test]
fn a_secret_follows_its_prefix_without_its_line_end_and_is_redacted() {
    let prepared = prepared(with_header(secret("agentic-ops", "TOKEN")));
    let Request::Http(request) = &prepared.targets[0].1.as_ref().unwrap().request else { panic!() };
    assert_eq!((request.headers[0].value.as_str(), request.headers[0].secret), ("Bearer hunter22", true));
    assert_eq!(prepared.redactor.redact("it said hunter22"), "it said ***");
}

#[test]
fn a_password_in_a_url_is_a_credential_and_is_redacted() {
    let prepared = prepared(json!({"name": "web", "http": {"url": "https://me:p%40ss-word@a/"}}));
    let Request::Http(request) = &prepared.targets[0].1.as_ref().unwrap().request else { panic!() };
    assert_eq!(credential_of(&request.url).as_deref(), Some("p@ss-word"));
    assert_eq!(prepared.redactor.redact("p@ss-word and p%40ss-word"), "*** and ***");
}

#[test]
fn a_secret_that_another_scenario_uses_is_redacted() {
    let configuration = configuration();
    configuration.known.set(Source::Secret("other".into()), ["of-another-1".to_string()]);
    let probe = with_header(secret("agentic-ops", "TOKEN"));
    let prepared = prepare(&scenario(json!({"probes": [probe]})), &configuration, &policy());
    assert_eq!(prepared.redactor.redact("hunter22 and of-another-1"), "*** and ***");
}

#[test]
fn a_name_without_a_password_in_a_url_is_redacted() {
    let prepared = prepared(json!({"name": "web", "http": {"url": "https://t0ken-value@a/"}}));
    assert_eq!(prepared.redactor.redact("t0ken-value"), "***");
}

/// The detail of the probe over this URL where TOKEN is bound to these hosts; empty where it may be sent there.
fn bound(hosts: &str, url: &str) -> (Option<ErrorKind>, String) {
    let data = BTreeMap::from([("TOKEN".to_string(), "hunter22".to_string())]);
    let secrets = BTreeMap::from([("agentic-ops".to_string(), offered(data, hosts))]);
    let configuration = ReferencedConfiguration { secrets, ..configuration() };
    let probe = json!({"name": "web", "http": {"url": url, "headers": [secret("agentic-ops", "TOKEN")]}});
    let mut prepared = prepare(&scenario(json!({"probes": [probe]})), &configuration, &policy());
    match prepared.targets.remove(0).1 {
        Ok(_) => (None, String::new()),
        Err(reading) => {
            let error = reading.error.unwrap();
            (Some(error.kind), texts::detail(Language::English, &error.detail))
        }
    }
}

#[test]
fn a_key_is_sent_to_the_hosts_that_its_secret_names_only() {
    let hosts = "TOKEN=shop.example:8443,OTHER=a:80";
    assert_eq!(bound(hosts, "https://${HOST}:${PORT}/x"), (None, String::new()));
    let (kind, detail) = bound(hosts, "https://evil.example:8443/x?a=b");
    assert_eq!(kind, Some(ErrorKind::Forbidden));
    assert!(
        detail.contains("TOKEN") && detail.contains("evil.example:8443") && !detail.contains("hunter22"),
        "{detail}"
    );
    assert_eq!(bound("OTHER=a:80", "https://evil.example/").0, None, "it is not named");
}

#[test]
fn a_malformed_annotation_is_unknown_and_named() {
    let (kind, detail) = bound("TOKEN", "https://shop.example/");
    assert_eq!(kind, Some(ErrorKind::Forbidden));
    assert!(detail.contains("agentic.ligbox.io/hosts") && detail.contains("KEY=host:port"), "{detail}");
}

#[test]
fn a_missing_secret_is_unknown_and_named() {
    for (name, key) in [("gone", "TOKEN"), ("no-such-secret", "TOKEN"), ("shop-ca", "nope"), ("shop-ca", "")] {
        let (kind, detail) = missing(with_header(secret(name, key)));
        assert_eq!(kind, ErrorKind::MissingSecret);
        assert!(detail.contains(name), "{detail}");
    }
}

#[test]
fn a_secret_that_is_not_offered_to_probes_is_refused() {
    let error = refused(with_header(secret("private", "TOKEN")));
    assert_eq!(
        (error.reason, error.field.as_str()),
        (Reason::SecretNotOffered, "spec.probes[0].http.headers[0].secretKeyRef")
    );
    let message = texts::validation(Language::English, &error);
    assert!(message.contains("agentic.ligbox.io/probes=allowed"), "{message}");
}

#[test]
fn only_offered_database_files_are_allowed_after_settings_are_substituted() {
    for path in ["/etc/passwd", "/data/desk.db/../other.db", "/data/desk.db.bak", "desk.db"] {
        let mut configuration = configuration();
        configuration.settings = Arc::new(BTreeMap::from([("DB".to_string(), path.to_string())]).into());
        let probe = json!({"name": "s", "sqlite": {"path": "${DB}", "query": "SELECT 1"}});
        let prepared = prepare(&scenario(json!({"probes": [probe]})), &configuration, &policy());
        let error = &prepared.refused[0];
        assert_eq!(
            (error.reason, error.field.as_str()),
            (Reason::FileNotOffered, "spec.probes[0].sqlite.path"),
            "{path}"
        );
    }
}

#[test]
fn a_ca_certificate_from_a_secret_is_not_redacted() {
    let tls = json!({"caBundle": "OWN PEM", "caSecretKeyRef": {"name": "shop-ca", "key": "ca.crt"}});
    let prepared = prepared(json!({"name": "web", "http": {"url": "https://a/", "tls": tls}}));
    let Request::Http(request) = &prepared.targets[0].1.as_ref().unwrap().request else { panic!() };
    assert_eq!(request.tls.ca_pem.as_deref(), Some("OWN PEM\nPEM"));
    assert!(!request.tls.skip && request.headers.is_empty());
    assert_eq!(prepared.redactor.redact("a PEM file"), "a PEM file");
}

#[test]
fn a_probe_that_cannot_be_prepared_does_not_affect_others() {
    let probes = json!([{"name": "t", "tcp": {"address": "${NOPE}:80"}}, http("web", "a")]);
    let prepared = prepare(&scenario(json!({"probes": probes})), &configuration(), &policy());
    let names: Vec<_> = prepared.targets.iter().map(|(name, target)| (&**name, target.is_ok())).collect();
    assert_eq!(names, [("t", false), ("web", true)]);
}

#[test]
fn addresses_are_host_and_port() {
    let parse = |text: &str, port| parse_address(text, port).map(|a| (a.host, a.port)).ok();
    assert_eq!(parse("a:80", None), Some(("a".into(), 80)));
    assert_eq!(parse("[::1]:80", None), Some(("::1".into(), 80)));
    assert_eq!(parse("[::1]", Some(53)), Some(("::1".into(), 53)));
    assert_eq!(parse("a", Some(53)), Some(("a".into(), 53)));
    for wrong in
        ["a", "a:", "a:0", "a:65536", ":80", "::1:80", "[::1]", "[::1]x", "[::1:80", "a b:80", "http://a:80", ""]
    {
        assert_eq!(parse(wrong, None), None, "{wrong}");
    }
}
