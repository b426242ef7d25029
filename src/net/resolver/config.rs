//! `/etc/resolv.conf`, read as glibc reads it: lines and options that are not understood are ignored.

use super::numeric::{self, ScopedIp};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

/// The port of name servers.
const PORT: u16 = 53;
/// Most name servers that are used, as in glibc.
const MAX_SERVERS: usize = 3;
/// Most domains of the search list that are used. glibc has no limit.
const MAX_SEARCH: usize = 32;
const MAX_NDOTS: usize = 15;
const MAX_TIMEOUT: u32 = 30;
const MAX_ATTEMPTS: u32 = 5;

/// The configuration of the resolver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Configuration {
    /// In the order of the file; at least one.
    pub servers: Vec<SocketAddr>,
    /// Domains that are appended to names, in this order, without trailing dots. An empty one is the root.
    pub search: Vec<String>,
    /// Names with at least this many dots are asked as they are before the search list is used.
    pub ndots: usize,
    /// How long the first server has before the next one is asked.
    pub timeout: Duration,
    /// How often each server is asked.
    pub attempts: u32,
    pub flags: Flags,
}

/// The options that are on or off.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flags {
    /// Each lookup begins with another server.
    pub rotate: bool,
    pub use_tcp: bool,
    pub edns: bool,
    /// AAAA is asked after A is answered.
    pub one_at_a_time: bool,
    pub no_aaaa: bool,
    /// A name without dots is not asked as it is.
    pub no_tld_query: bool,
}

/// Parses the text of `/etc/resolv.conf`. `host_name` is this host's: its domain is the search list where the file has none.
pub fn parse(text: &str, host_name: &str) -> Configuration {
    let mut config = Configuration {
        servers: Vec::new(),
        search: Vec::new(),
        ndots: 1,
        timeout: Duration::from_secs(5),
        attempts: 2,
        flags: Flags::default(),
    };
    let mut search = None;
    for line in text.lines() {
        // A keyword begins its line.
        let Some((keyword, rest)) = line.split_once([' ', '\t']) else { continue };
        match keyword {
            "nameserver" if config.servers.len() < MAX_SERVERS => config.servers.extend(server(rest)),
            "domain" => search = words(rest).next().map(|domain| vec![domain.to_string()]).or(search),
            "search" => {
                let domains: Vec<String> = words(rest).take(MAX_SEARCH).map(str::to_string).collect();
                search = if domains.is_empty() { search } else { Some(domains) };
            }
            "options" => words(rest).for_each(|option| set(&mut config, option)),
            _ => {}
        }
    }
    if config.servers.is_empty() {
        config.servers.push(SocketAddr::new(Ipv4Addr::LOCALHOST.into(), PORT));
    }
    let own_domain = || host_name.split_once('.').map(|(_, domain)| domain.to_string()).into_iter().collect();
    config.search = search.unwrap_or_else(own_domain);
    for domain in &mut config.search {
        domain.truncate(domain.trim_end_matches('.').len());
    }
    config
}

fn words(rest: &str) -> impl Iterator<Item = &str> {
    rest.split([' ', '\t']).filter(|word| !word.is_empty())
}

fn server(rest: &str) -> Option<SocketAddr> {
    let end = |c: char| matches!(c, ';' | '#' | ' ' | '\t');
    let text = rest.trim_start_matches([' ', '\t']).split(end).next()?;
    let ScopedIp { ip, scope } = numeric::parse(text)?;
    Some(match ip {
        IpAddr::V4(ip) => SocketAddr::new(ip.into(), PORT),
        IpAddr::V6(ip) => std::net::SocketAddrV6::new(ip, PORT, 0, scope).into(),
    })
}

fn set(config: &mut Configuration, option: &str) {
    let number = |value: &str| {
        value
            .bytes()
            .take_while(u8::is_ascii_digit)
            .fold(0u32, |n, digit| n.saturating_mul(10).saturating_add(u32::from(digit - b'0')))
    };
    if let Some((name, value)) = option.split_once(':') {
        match name {
            "ndots" => config.ndots = (number(value) as usize).min(MAX_NDOTS),
            "timeout" => config.timeout = Duration::from_secs(number(value).min(MAX_TIMEOUT).into()),
            "attempts" => config.attempts = number(value).min(MAX_ATTEMPTS),
            _ => {}
        }
        return;
    }
    let flags = &mut config.flags;
    match option {
        "rotate" => flags.rotate = true,
        "use-vc" => flags.use_tcp = true,
        "edns0" => flags.edns = true,
        "single-request" | "single-request-reopen" => flags.one_at_a_time = true,
        "no-aaaa" => flags.no_aaaa = true,
        "no-tld-query" => flags.no_tld_query = true,
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn servers(text: &str) -> Vec<String> {
        parse(text, "host").servers.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn an_empty_file_means_the_server_of_this_host() {
        let config = parse("", "web1.example.test");
        assert_eq!(config.servers, ["127.0.0.1:53".parse().unwrap()]);
        assert_eq!(config.search, ["example.test"]);
        assert_eq!((config.ndots, config.timeout, config.attempts), (1, Duration::from_secs(5), 2));
        assert!(parse("", "web1").search.is_empty());
    }

    #[test]
    fn lines_that_are_not_understood_are_ignored() {
        let text = "\u{feff}nameserver 192.0.2.9\n nameserver 192.0.2.8\nnameserver\nnameserver x\nnameserver 192.0.2.1 # first\n\
                    nameserver\t192.0.2.2;second\nNAMESERVER 192.0.2.7\nnameserver 2001:db8::1\nnameserver 192.0.2.3\n";
        assert_eq!(servers(text), ["192.0.2.1:53", "192.0.2.2:53", "[2001:db8::1]:53"]);
    }

    #[test]
    fn the_last_of_search_and_domain_is_used() {
        assert_eq!(parse("search a.test b.test.\ndomain c.test d.test\n", "h.x").search, ["c.test"]);
        assert_eq!(parse("domain c.test\nsearch a.test\tb.test. .\n", "h.x").search, ["a.test", "b.test", ""]);
        assert_eq!(parse("search a.test\nsearch \n", "h.x").search, ["a.test"]);
    }

    #[test]
    fn options_are_bounded_as_in_glibc() {
        let config =
            parse("options ndots:99 timeout:99 attempts:99 rotate unknown:1\noptions no-aaaa edns0 use-vc\n", "h");
        assert_eq!((config.ndots, config.timeout, config.attempts), (15, Duration::from_secs(30), 5));
        let Flags { rotate, use_tcp, edns, one_at_a_time, no_aaaa, no_tld_query } = config.flags;
        assert!(rotate && use_tcp && edns && no_aaaa && !one_at_a_time && !no_tld_query);
        assert_eq!(parse("options ndots:0\noptions ndots:x\n", "h").ndots, 0);
    }
}
