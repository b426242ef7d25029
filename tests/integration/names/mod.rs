//! How names are resolved, compared with `getaddrinfo` of glibc in a network namespace with name servers of its own.

mod probes;
mod servers;
mod situations;

use crate::kit::scratch::Scratch;
use agentic_ops::net::AddressError;
use agentic_ops::net::resolver::{Resolution, SystemResolver, noting_resolution};
use situations::{MISSING, SITUATIONS, Situation, UNKNOWN};
use std::net::{SocketAddr, ToSocketAddrs as _};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

/// Set in the namespace: the folder with the files that are mounted over those of the system.
const INSIDE: &str = "AGENTIC_TEST_NAMES";
/// How long a lookup of this program may take. glibc takes less in all situations.
const DEADLINE: Duration = Duration::from_secs(6);
const FURTHER_LOOKUPS: usize = 20;

/// Makes the interface of the namespace ready, mounts the files of the folder `$0`, and runs the rest of the arguments.
const ENTER: &str = r#"set -e
ip link set lo up
for file in resolv.conf hosts nsswitch.conf host.conf; do
  [ ! -e /etc/$file ] || mount --bind "$0/$file" /etc/$file
done
exec "$@""#;

/// The command that runs a test of this binary in a namespace, or why there is none.
fn namespace(folder: &Path, test: &str) -> Result<Command, String> {
    let mut unshare = Command::new("unshare");
    unshare.args(["--map-root-user", "--net", "--mount"]);
    let output = |command: &mut Command| command.output().map_err(|e| format!("{command:?}: {e}"));
    let mut probe = Command::new(unshare.get_program());
    let tried = output(probe.args(unshare.get_args()).args(["sh", "-c", "ip link set lo up"]))?;
    if !tried.status.success() {
        return Err(format!("no namespaces: {}", String::from_utf8_lossy(&tried.stderr).trim()));
    }
    unshare.args(["sh", "-c", ENTER]).arg(folder).arg(std::env::current_exe().unwrap());
    unshare.args([test, "--exact", "--ignored", "--nocapture"]).env(INSIDE, folder);
    Ok(unshare)
}

#[test]
fn names_are_resolved_as_glibc_resolves_them() {
    let scratch = Scratch::new("names");
    for (file, content) in
        [("resolv.conf", ""), ("hosts", ""), ("nsswitch.conf", "hosts: files dns\n"), ("host.conf", "multi on\n")]
    {
        scratch.file(file, content);
    }
    match namespace(&scratch.0, "integration::names::in_the_namespace") {
        Err(reason) => eprintln!("the comparison of names with glibc is skipped: {reason}"),
        Ok(mut command) => {
            let output = command.output().unwrap();
            let text = String::from_utf8_lossy(&output.stdout);
            assert!(output.status.success(), "{text}\n{}", String::from_utf8_lossy(&output.stderr));
            assert!(text.contains("situations are compared"), "{text}");
            print!("{text}");
        }
    }
}

#[test]
fn every_difference_to_glibc_is_documented() {
    let documented = include_str!("../../../docs/names.md");
    for situation in SITUATIONS {
        let Some((_, row)) = situation.difference else { continue };
        assert!(documented.contains(&format!("| {row} |")), "{row}");
    }
}

/// The part of the test above that runs in the namespace.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "runs in a namespace, started by another test"]
async fn in_the_namespace() {
    let Some(folder) = std::env::var_os(INSIDE).map(PathBuf::from) else { return };
    let has_ipv6 = servers::start().await;
    let mut differences = Vec::new();
    for situation in SITUATIONS {
        if situation.resolv.contains("::1") && !has_ipv6 {
            println!("skipped without IPv6: {}", situation.host);
            continue;
        }
        std::fs::write(folder.join("resolv.conf"), situation.resolv).unwrap();
        std::fs::write(folder.join("hosts"), situation.hosts).unwrap();
        let (glibc, own) = tokio::join!(by_glibc(situation.host), by_this_program(situation.host));
        let expected = situation.difference.map_or(glibc.as_str(), |(said, _)| said);
        if own != expected && !is_found_at_last(situation.host, &own, expected).await {
            differences.push(format!("{}\n  glibc: {glibc}\n  this program: {own}", described(situation)));
        } else if situation.difference.is_some() && own == glibc {
            println!("this glibc says the same: {}", described(situation));
        }
    }
    assert!(differences.is_empty(), "{} of {}:\n{}", differences.len(), SITUATIONS.len(), differences.join("\n"));
    probes::read_what_the_servers_say(&folder).await;
    println!("{} situations are compared", SITUATIONS.len());
}

/// IPv6 addresses are not waited for, so on a busy machine only IPv4 addresses may be found: whether a further lookup finds all.
async fn is_found_at_last(host: &'static str, own: &str, expected: &str) -> bool {
    let is_ipv4_part = |own: &str| own.contains(|c: char| c.is_ascii_digit()) && expected.starts_with(own);
    let mut own = own.to_string();
    for _ in 0..FURTHER_LOOKUPS {
        if !is_ipv4_part(&own) || own == expected {
            break;
        }
        own = by_this_program(host).await;
    }
    own == expected
}

fn described(situation: &Situation) -> String {
    let Situation { resolv, hosts, host, .. } = situation;
    format!("{host:?}, resolv.conf {resolv:?}, hosts {hosts:?}")
}

/// The addresses in an order of their own, IPv4 addresses first.
fn found(addresses: impl IntoIterator<Item = SocketAddr>) -> String {
    let mut addresses: Vec<String> = addresses.into_iter().map(|at| at.to_string()).collect();
    addresses.sort_unstable();
    addresses.dedup();
    addresses.join(" ")
}

/// A new thread reads the files again.
async fn by_glibc(host: &'static str) -> String {
    let asked = std::thread::spawn(move || match (host, 0).to_socket_addrs() {
        Ok(addresses) => found(addresses),
        Err(error) => {
            let text = error.to_string();
            let is_missing = ["not known", "No address associated"].iter().any(|words| text.contains(words));
            let is_unknown = ["Temporary failure", "Non-recoverable failure"].iter().any(|words| text.contains(words));
            assert!(is_missing || is_unknown, "{host}: {text}");
            (if is_missing { MISSING } else { UNKNOWN }).to_string()
        }
    });
    tokio::task::spawn_blocking(|| asked.join().unwrap()).await.unwrap()
}

async fn by_this_program(host: &str) -> String {
    let resolver = SystemResolver::default();
    let lookup = tokio::time::timeout(DEADLINE, resolver.addresses(host, 0));
    match noting_resolution(Resolution::new(Instant::now() + DEADLINE), lookup).await {
        Ok(Ok(addresses)) => found(addresses),
        Ok(Err(
            AddressError::NoSuchName { .. } | AddressError::NoAddress { .. } | AddressError::NotAHostName { .. },
        )) => MISSING.to_string(),
        Ok(Err(_)) | Err(_) => UNKNOWN.to_string(),
    }
}
