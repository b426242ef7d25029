//! Which hosts a key of a Secret may be sent to, as the annotation [`crate::api::HOSTS_ANNOTATION`] of the Secret says.

use std::collections::BTreeMap;
use url::{Host, Url};

/// The hosts of the keys of one Secret.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyHosts {
    by_key: BTreeMap<String, Vec<String>>,
    /// The first entry that is not `KEY=host:port`. It may be about any key.
    malformed: Option<String>,
}

/// A key that may be sent to certain hosts only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyBinding {
    /// The name of the Secret.
    pub secret: String,
    pub key: String,
    /// `host:port` of each.
    pub hosts: Vec<String>,
}

impl KeyHosts {
    /// From the value of the annotation.
    pub fn parse(annotation: &str) -> KeyHosts {
        let mut hosts = KeyHosts::default();
        for entry in annotation.split(',').map(str::trim).filter(|entry| !entry.is_empty()) {
            let parsed = entry.split_once('=').and_then(|(key, host)| Some((key.trim(), parse_host(host.trim())?)));
            match parsed {
                Some((key, host)) if !key.is_empty() => hosts.by_key.entry(key.to_string()).or_default().push(host),
                _ => _ = hosts.malformed.get_or_insert_with(|| entry.to_string()),
            }
        }
        hosts
    }

    /// The binding of a key; `None` where it may be sent to any host. Errors: an entry of the annotation that is not valid, since it
    /// may have been meant for this key.
    pub fn binding(&self, secret: &str, key: &str) -> Result<Option<KeyBinding>, String> {
        if let Some(entry) = &self.malformed {
            return Err(entry.clone());
        }
        let hosts = self.by_key.get(key);
        Ok(hosts.map(|hosts| KeyBinding { secret: secret.to_string(), key: key.to_string(), hosts: hosts.clone() }))
    }
}

impl KeyBinding {
    /// Whether the key may be sent to the host of this URL.
    pub fn allows(&self, url: &Url) -> bool {
        host_of(url).is_some_and(|host| self.hosts.contains(&host))
    }
}

/// `host:port` of a URL as the annotation has it; `None` without a host or a port.
pub fn host_of(url: &Url) -> Option<String> {
    Some(shown(&url.host()?.to_string(), url.port_or_known_default()?))
}

fn parse_host(text: &str) -> Option<String> {
    let (host, port) = text.rsplit_once(':')?;
    let port = port.parse().ok().filter(|port| *port != 0)?;
    Some(shown(&Host::parse(host).ok()?.to_string(), port))
}

fn shown(host: &str, port: u16) -> String {
    format!("{}:{port}", host.trim_end_matches('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allows(annotation: &str, key: &str, url: &str) -> bool {
        let binding = KeyHosts::parse(annotation).binding("s", key).unwrap();
        binding.is_none_or(|binding| binding.allows(&Url::parse(url).unwrap()))
    }

    #[test]
    fn a_key_may_be_sent_to_its_hosts_only() {
        let hosts = "A=pve.example:8006, A=10.0.0.1:443,B=[2001:DB8::1]:80 , C=Host.Example.:443";
        for allowed in
            [("A", "https://PVE.example:8006/x"), ("A", "https://10.0.0.1/"), ("A", "https://pve.example.:8006")]
        {
            assert!(allows(hosts, allowed.0, allowed.1), "{allowed:?}");
        }
        for refused in [
            ("A", "https://pve.example/"),
            ("A", "https://pve.example:8007/"),
            ("A", "https://pve.example.org:8006/"),
            ("A", "http://10.0.0.1/"),
            ("A", "https://pve.example:8006@other.example/"),
            ("B", "http://[2001:db8::2]/"),
        ] {
            assert!(!allows(hosts, refused.0, refused.1), "{refused:?}");
        }
        assert!(allows(hosts, "B", "http://[2001:db8::1]/") && allows(hosts, "C", "https://host.example/"));
        assert!(allows(hosts, "D", "https://anywhere.example/"), "it is not named");
    }

    #[test]
    fn no_key_may_be_used_while_an_entry_is_not_valid() {
        for wrong in
            ["A", "A=host", "A=host:0", "A=host:x", "=host:80", "A=:80", "A=http://host:80", "A=host:80;B=x:80"]
        {
            let hosts = KeyHosts::parse(&format!("B=good:80,{wrong}"));
            assert_eq!(hosts.binding("s", "B"), Err(wrong.to_string()));
        }
        assert_eq!(KeyHosts::parse(" , ").binding("s", "A"), Ok(None));
    }
}
