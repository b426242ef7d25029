use super::*;

fn load(environment: &[(&str, &str)], file: &str) -> Result<Settings, String> {
    let environment = environment.iter().map(|(n, v)| (n.to_string(), v.to_string())).collect();
    Settings::load(&environment, Some((".env", file.as_bytes())), &BTreeMap::new()).map_err(|e| e.to_string())
}

#[test]
fn the_environment_takes_precedence_over_the_file_and_the_file_over_the_default() {
    let settings = load(
        &[("VM123_IP", "127.0.0.1"), ("DESK_API_URL", ""), ("HOME", "/x")],
        "VM123_IP=10.0.0.1\nexport ODOO_URL='http://odoo:1' # note\nMY_OWN=\"a # b\"\nDESK_API_URL=http://file:1\n",
    )
    .unwrap();
    assert_eq!(settings.get("VM123_IP"), Some("127.0.0.1"));
    assert_eq!(settings.get("ODOO_URL"), Some("http://odoo:1"));
    assert_eq!(settings.get("FOSS_URL"), Some("http://127.0.0.1:8085"));
    assert_eq!(settings.get("MY_OWN"), Some("a # b"));
    assert_eq!(settings.get("DESK_API_URL"), None, "an empty value is not set");
    assert_eq!(settings.get("HOME"), None);
}

#[test]
fn a_name_that_is_nearly_that_of_a_setting_is_named_with_it() {
    let names = ["AGENTIC_INTERVAL_SECS", "AGENTIC_SPEC_ROOT", "AGENTIC_LANGAUGE", "AGENTIC_OPS_SERVICE_HOST"];
    let others = ["AGENTIC_INTERVAL_SEC", "AGENTIC_TEST_KUBECONFIG", "PROXMOX_API_URL2", "HOME"].map(String::from);
    let names = names.map(String::from);
    let found: Vec<_> = misspelt(names.iter().chain(&others)).into_iter().collect();
    let expected = [
        ("AGENTIC_INTERVAL_SECS", "AGENTIC_INTERVAL_SEC"),
        ("AGENTIC_LANGAUGE", "AGENTIC_LANGUAGE"),
        ("AGENTIC_SPEC_ROOT", "AGENTIC_SPECS_ROOT"),
    ];
    assert_eq!(found, expected);
}

#[test]
fn the_default_time_zone_is_known_on_a_machine_without_time_zones() {
    let settings = load(&[], "").unwrap();
    let name = settings.get("AGENTIC_TIMEZONE").unwrap();
    assert!(jiff::tz::TimeZoneDatabase::bundled().get(name).is_ok(), "{name}");
}

#[test]
fn without_settings_there_is_no_address_to_contact() {
    let settings = load(&[], "").unwrap();
    for (name, value) in settings.config_map() {
        assert!(
            name == "NTFY_BASE_URL" || !value.contains("://") && value.parse::<std::net::IpAddr>().is_err(),
            "{name}"
        );
    }
    assert_eq!((settings.get("FOSS_URL"), settings.get("AGENTIC_CRITICAL_VMIDS")), (None, None));
    assert_eq!(settings.sqlite_paths(), Vec::<PathBuf>::new());
}

#[test]
fn secret_settings_belong_in_the_secret() {
    let settings =
        load(&[("PFSENSE_API_KEY", "k")], "DB_PASSWORD=p\nWORD=w\nPLAIN=x\nAGENTIC_PROBE_SECRET_KEYS=WORD").unwrap();
    let secret: Vec<_> = settings.secret().into_keys().collect();
    assert_eq!(secret, ["DB_PASSWORD", "PFSENSE_API_KEY", "WORD"]);
    assert!(settings.config_map().contains_key("PLAIN") && !settings.config_map().contains_key("WORD"));
    assert!(settings.probe_secret_keys().contains("WORD") && !settings.probe_secret_keys().contains("DB_PASSWORD"));
    assert!(!format!("{settings:?}").contains("\"p\""));
}

#[test]
fn credentials_are_recognised_by_their_names() {
    let file = "AGENTIC_WEBHOOK_URL=http://a/x\nAGENTIC_HEARTBEAT_URL=http://a/y\nDESK_OPS_NTFY_TOPIC=t\nmy_token=x\nSMTP_URL=smtp://a\n";
    let settings = load(&[("NTFY_TOKEN", "t"), ("OPS_INTERNAL_TOKEN", "t")], file).unwrap();
    for name in settings.secret().keys() {
        assert!(!settings.config_map().contains_key(name), "{name}");
    }
    assert_eq!(settings.secret().len(), 7);
    assert!(settings.config_map().contains_key("NTFY_BASE_URL"));
}

#[test]
fn all_invalid_values_are_reported_with_name_value_and_format() {
    let error = load(
        &[
            ("AGENTIC_INTERVAL_SEC", "5m"),
            ("DESK_API_URL", "desk:80"),
            ("AGENTIC_CA_FILE", "/no/such"),
            ("AGENTIC_AUTH_SERVICE_ACCOUNTS", "ops:bot=devops"),
            ("AGENTIC_LEASE_SEC", "1"),
            ("AGENTIC_DENY_NETWORKS", "10.0.0.1/8"),
            ("AGENTIC_CORS_ORIGINS", "https://desk.example.com/"),
        ],
        "no equals\nX='open\n",
    )
    .unwrap_err();
    for says in [
        "AGENTIC_INTERVAL_SEC=5m: should be a whole number from 1 to 86400",
        "DESK_API_URL=desk:80: should be an absolute URL",
        "AGENTIC_CA_FILE=/no/such: should be the path of an existing file",
        "AGENTIC_AUTH_SERVICE_ACCOUNTS=ops:bot=devops: should be namespace/name=role+role",
        "AGENTIC_LEASE_SEC=1: should be a whole number from 3 to 300",
        "AGENTIC_DENY_NETWORKS=10.0.0.1/8: should be a network, of which 10.0.0.1/8 is one address: 10.0.0.0/8",
        "AGENTIC_CORS_ORIGINS=https://desk.example.com/: should be origins such as https://desk.example.com:8443: \"https://desk.example.com/\" would be https://desk.example.com",
        ".env:1: should be NAME=value, with letters",
        ".env:2: X: the quote is not closed",
    ] {
        assert!(error.contains(says), "{says} is not in {error}");
    }
}
