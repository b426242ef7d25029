//! The address of the panel, as people reach it.

use std::net::SocketAddr;

/// The base of links, without a slash at its end: the setting AGENTIC_DESK_URL, or else the address that the panel listens on. A wildcard
/// address is no address to go to: the name of the host stands for it.
pub fn desk_url(setting: Option<&str>, listen: SocketAddr, hostname: &str) -> String {
    if let Some(setting) = setting.map(|setting| setting.trim().trim_end_matches('/')).filter(|s| !s.is_empty()) {
        return setting.to_string();
    }
    let host = match (listen, hostname) {
        (listen, "") if listen.ip().is_unspecified() => "localhost".to_string(),
        (listen, hostname) if listen.ip().is_unspecified() => hostname.to_string(),
        (SocketAddr::V4(listen), _) => listen.ip().to_string(),
        (SocketAddr::V6(listen), _) => format!("[{}]", listen.ip()),
    };
    match listen.port() {
        80 => format!("http://{host}"),
        port => format!("http://{host}:{port}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_lead_to_the_setting_or_to_where_the_facade_listens() {
        for (setting, listen, hostname, url) in [
            (Some("https://desk.example.org"), "127.0.0.1:8180", "ops1", "https://desk.example.org"),
            (Some("https://desk.example.org/ops/"), "0.0.0.0:8180", "ops1", "https://desk.example.org/ops"),
            (Some(" "), "127.0.0.1:8180", "ops1", "http://127.0.0.1:8180"),
            (None, "127.0.0.1:8180", "ops1", "http://127.0.0.1:8180"),
            (None, "192.0.2.7:80", "ops1", "http://192.0.2.7"),
            (None, "0.0.0.0:8180", "ops1", "http://ops1:8180"),
            (None, "[::]:8180", "ops1.example.org", "http://ops1.example.org:8180"),
            (None, "[2001:db8::1]:8180", "ops1", "http://[2001:db8::1]:8180"),
            (None, "0.0.0.0:8180", "", "http://localhost:8180"),
        ] {
            assert_eq!(desk_url(setting, listen.parse().unwrap(), hostname), url);
        }
    }
}
