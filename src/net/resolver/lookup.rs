//! Lookups by the system's name servers.

use super::config::Configuration;
use super::exchange::{Failures, Schedule, ask};
use super::message::{self, Failure, Question, Reply};
use super::search::{Search, Verdict};
use futures::StreamExt;
use futures::stream::FuturesUnordered;
use hickory_proto::op::ResponseCode;
use hickory_proto::rr::{Name, RecordType};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::{Semaphore, oneshot};
use tokio::time::sleep_until;

/// IPv4 addresses are used this long after they came, whether or not there are IPv6 addresses (RFC 8305, section 3).
const WAIT_FOR_IPV6: Duration = Duration::from_millis(50);
/// IPv6 addresses are used after this part of the time that is left, where IPv4 addresses do not come.
const WAIT_FOR_IPV4: u32 = 4;

/// One lookup.
pub struct Lookup<'a> {
    config: &'a Configuration,
    /// The servers, beginning with the one that is asked first.
    servers: Vec<SocketAddr>,
    /// The index of the server that answered last: it is asked first for further names.
    answering: AtomicUsize,
    deadline: Instant,
    turns: &'a Semaphore,
}

impl<'a> Lookup<'a> {
    /// `rotation`: by how many servers the order is rotated. `turns` limits the questions under way.
    pub fn new(config: &'a Configuration, rotation: usize, deadline: Instant, turns: &'a Semaphore) -> Lookup<'a> {
        let mut servers = config.servers.clone();
        servers.rotate_left(rotation % config.servers.len().max(1));
        Lookup { config, servers, answering: AtomicUsize::new(0), deadline, turns }
    }

    /// The addresses of a host, by the search list. It does not end while a server may still answer.
    pub async fn host(&self, host: &str) -> Verdict {
        let mut search = Search::new(host, self.config);
        let mut under_way = FuturesUnordered::new();
        // The name that was asked last, and when the next one is asked, too.
        let mut newest: Option<(usize, Instant)> = None;
        loop {
            if newest.is_none()
                && let Some((number, name)) = search.next()
            {
                newest = Some((number, Instant::now() + self.schedule().length()));
                under_way.push(self.numbered(number, name));
            }
            let next_at = newest.map_or(self.deadline, |(_, at)| at);
            tokio::select! {
                Some((number, verdict)) = under_way.next() => {
                    if let Some(found) = search.answered(number, verdict) {
                        return found;
                    }
                    newest = newest.filter(|(asked, _)| *asked != number);
                }
                () = sleep_until(next_at.into()), if newest.is_some() => {
                    if let Some((number, _)) = newest.take() {
                        search.is_late(number);
                    }
                }
                else => return search.conclude(),
            }
        }
    }

    async fn numbered(&self, number: usize, name: String) -> (usize, Verdict) {
        let verdict = match message::name(&name) {
            Ok(name) => self.addresses(&name).await,
            // Too long with the domain of the search list.
            Err(_) => Verdict::NoSuchName,
        };
        (number, verdict)
    }

    /// The addresses of one name: both types are asked for at the same time, and IPv4 addresses come first.
    async fn addresses(&self, name: &Name) -> Verdict {
        let (sender, a_is_answered) = oneshot::channel::<()>();
        let a = async {
            let verdict = self.of_type(name, RecordType::A).await;
            drop(sender);
            verdict
        };
        let aaaa = async {
            if self.config.flags.one_at_a_time {
                let _ = a_is_answered.await;
            }
            match self.config.flags.no_aaaa {
                true => Verdict::NoAddress,
                false => self.of_type(name, RecordType::AAAA).await,
            }
        };
        tokio::pin!(a, aaaa);
        let (mut ipv4, mut ipv6, mut until) = (None, None, None);
        let is_found = |verdict: &Verdict| matches!(verdict, Verdict::Found { .. });
        while ipv4.is_none() || ipv6.is_none() {
            let now = Instant::now();
            tokio::select! {
                verdict = &mut a, if ipv4.is_none() => {
                    until = is_found(&verdict).then_some(now + WAIT_FOR_IPV6).or(until);
                    ipv4 = Some(verdict);
                }
                verdict = &mut aaaa, if ipv6.is_none() => {
                    let left = self.deadline.saturating_duration_since(Instant::now());
                    until = is_found(&verdict).then_some(Instant::now() + left / WAIT_FOR_IPV4).or(until);
                    ipv6 = Some(verdict);
                }
                () = sleep_until(until.unwrap_or(now).into()), if until.is_some() => break,
            }
        }
        together(ipv4, ipv6)
    }

    async fn of_type(&self, name: &Name, record_type: RecordType) -> Verdict {
        let reply = match self.query(name, record_type, self.config.flags.edns).await {
            Ok(reply) => reply,
            Err(failures) => return Verdict::Failed(failures),
        };
        let (addresses, ttl) = reply.addresses(name);
        match reply.code {
            ResponseCode::NXDomain => Verdict::NoSuchName,
            _ if addresses.is_empty() => Verdict::NoAddress,
            _ => Verdict::Found { addresses, ttl },
        }
    }

    /// Asks the servers, each by the system's configuration. Errors: all of them failed.
    pub async fn query(&self, name: &Name, record_type: RecordType, edns: bool) -> Result<Reply, Failures> {
        let question = match Question::new(name, record_type, edns) {
            Ok(question) => question,
            Err(reason) => return Err(Failures(vec![(self.servers[0], Failure::Malformed(reason))])),
        };
        // It is never closed.
        let _turn = self.turns.acquire().await.ok();
        let (server, reply) = ask(&self.servers, &question, &self.schedule()).await?;
        self.answering.store(server, Ordering::Relaxed);
        Ok(reply)
    }

    fn schedule(&self) -> Schedule {
        let left = self.deadline.saturating_duration_since(Instant::now());
        schedule(self.config, self.answering.load(Ordering::Relaxed)).within(left)
    }
}

/// As `res_send` of glibc: in each round the first server has the configured time, and the others share twice and four times it.
fn schedule(config: &Configuration, first: usize) -> Schedule {
    let count = config.servers.len();
    let round = (0..count).map(|place| {
        let share = if place > 0 { u32::try_from(count).unwrap_or(1) } else { 1 };
        let seconds = config.timeout.as_secs() * (1 << place) / u64::from(share);
        ((first + place) % count, Duration::from_secs(seconds.max(1)))
    });
    let rounds = config.attempts.max(1) as usize;
    let steps = round.cycle().take(rounds * count).collect();
    Schedule { steps, asks_failed_again: true, by_tcp: config.flags.use_tcp }
}

/// What the answers for both types say about the name. `None`: not waited for.
fn together(ipv4: Option<Verdict>, ipv6: Option<Verdict>) -> Verdict {
    use Verdict::{Failed, Found, NoAddress, NoSuchName};
    match (ipv4.unwrap_or(NoAddress), ipv6.unwrap_or(NoAddress)) {
        (Found { mut addresses, ttl }, Found { addresses: more, ttl: other }) => {
            addresses.extend(more);
            Found { addresses, ttl: ttl.min(other) }
        }
        (found @ Found { .. }, _) | (_, found @ Found { .. }) => found,
        (Failed(failures), _) | (_, Failed(failures)) => Failed(failures),
        (NoSuchName, _) | (_, NoSuchName) => NoSuchName,
        (NoAddress, NoAddress) => NoAddress,
    }
}

#[cfg(test)]
mod tests {
    use super::super::config;
    use super::*;

    fn steps(resolv: &str, first: usize) -> Vec<(usize, u64)> {
        let schedule = schedule(&config::parse(resolv, "host"), first);
        schedule.steps.iter().map(|(server, wait)| (*server, wait.as_secs())).collect()
    }

    #[test]
    fn servers_are_asked_in_the_rhythm_of_glibc() {
        assert_eq!(steps("nameserver 192.0.2.1\n", 0), [(0, 5), (0, 5)]);
        let two = "nameserver 192.0.2.1\nnameserver 192.0.2.2\n";
        assert_eq!(steps(two, 0), [(0, 5), (1, 5), (0, 5), (1, 5)]);
        let three = format!("{two}nameserver 192.0.2.3\noptions attempts:1\n");
        assert_eq!(steps(&three, 0), [(0, 5), (1, 3), (2, 6)]);
        assert_eq!(steps(&three, 2), [(2, 5), (0, 3), (1, 6)]);
        assert_eq!(steps(&format!("{two}options timeout:1 attempts:1"), 0), [(0, 1), (1, 1)]);
        assert_eq!(steps("options timeout:0 attempts:0", 0), [(0, 1)]);
    }

    #[test]
    fn every_server_is_asked_within_the_timeout_of_a_probe() {
        let two = config::parse("nameserver 192.0.2.1\nnameserver 192.0.2.2\n", "host");
        let short = schedule(&two, 0).within(Duration::from_secs(4));
        assert_eq!(short.steps.iter().map(|(server, _)| *server).collect::<Vec<_>>(), [0, 1, 0, 1]);
        assert_eq!(short.steps[0].1, Duration::from_secs(1));
        assert_eq!(schedule(&two, 0).within(Duration::from_secs(60)), schedule(&two, 0));
    }

    #[test]
    fn one_type_without_an_answer_leaves_the_name_unknown() {
        use Verdict::{Failed, Found, NoAddress, NoSuchName};
        let failed = || Failed(Failures::default());
        let found = |ip: &str, ttl| Found { addresses: vec![ip.parse().unwrap()], ttl };
        for (ipv4, ipv6, expected) in [
            (failed(), NoAddress, "Failed"),
            (failed(), NoSuchName, "Failed"),
            (NoAddress, failed(), "Failed"),
            (NoSuchName, failed(), "Failed"),
            (NoSuchName, NoSuchName, "NoSuchName"),
            (NoSuchName, NoAddress, "NoSuchName"),
            (NoAddress, NoAddress, "NoAddress"),
            (found("192.0.2.1", 9), failed(), "Found { addresses: [192.0.2.1], ttl: 9 }"),
            (failed(), found("::1", 9), "Found { addresses: [::1], ttl: 9 }"),
            (found("192.0.2.1", 9), found("::1", 5), "Found { addresses: [192.0.2.1, ::1], ttl: 5 }"),
        ] {
            let text = format!("{:?}", together(Some(ipv4), Some(ipv6)));
            assert!(text.starts_with(expected), "{text}");
        }
    }
}
