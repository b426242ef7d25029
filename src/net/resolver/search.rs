//! Which names are asked for a name, in which order, and what their answers mean together. As `res_search` of glibc, except that a
//! name counts as missing only if no question remained without an answer.

use super::config::Configuration;
use super::exchange::Failures;
use hickory_proto::op::ResponseCode;
use std::net::IpAddr;

/// What the name servers said about one name.
#[derive(Debug)]
pub enum Verdict {
    /// At least one address, for as many seconds.
    Found {
        addresses: Vec<IpAddr>,
        ttl: u32,
    },
    NoSuchName,
    NoAddress,
    Failed(Failures),
}

/// A name that is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Candidate {
    name: String,
    is_of_search_list: bool,
}

/// One search. Take names by `next` and tell what came of them by `answered` or `is_late`, until there is none left.
pub struct Search {
    candidates: Vec<Candidate>,
    /// How many were taken.
    taken: usize,
    /// Of those that were taken.
    verdicts: Vec<Option<Verdict>>,
}

impl Search {
    /// `name` may have a trailing dot: then it is asked as it is only.
    pub fn new(name: &str, config: &Configuration) -> Search {
        let dots = name.matches('.').count();
        let is_absolute = name.ends_with('.');
        let as_is = || Candidate { name: name.to_string(), is_of_search_list: false };
        let in_domain = |domain: &String| Candidate { name: format!("{name}.{domain}"), is_of_search_list: true };
        let is_first = is_absolute || dots >= config.ndots;
        let mut candidates: Vec<Candidate> = is_first.then(as_is).into_iter().collect();
        if !is_absolute {
            candidates.extend(config.search.iter().map(in_domain));
            let is_in_list = config.search.iter().any(String::is_empty);
            let is_allowed = dots > 0 || config.search.is_empty() || !config.flags.no_tld_query;
            candidates.extend((!is_first && !is_in_list && is_allowed).then(as_is));
        }
        let verdicts = candidates.iter().map(|_| None).collect();
        Search { candidates, taken: 0, verdicts }
    }

    /// The next name to ask, and its number.
    pub fn next(&mut self) -> Option<(usize, String)> {
        let number = self.taken;
        let candidate = self.candidates.get(number)?;
        self.taken += 1;
        Some((number, candidate.name.clone()))
    }

    /// The servers gave no answer in time: the rest of the search list is not asked, only the name as it is.
    pub fn is_late(&mut self, number: usize) {
        if self.candidates[number].is_of_search_list {
            let skipped = self.candidates[self.taken..].iter().take_while(|candidate| candidate.is_of_search_list);
            self.taken += skipped.count();
        }
    }

    /// The answer about a name that was taken. `Some`: it ends the search.
    pub fn answered(&mut self, number: usize, verdict: Verdict) -> Option<Verdict> {
        if matches!(verdict, Verdict::Found { .. }) {
            return Some(verdict);
        }
        if let Verdict::Failed(failures) = &verdict
            && failures.code() != Some(ResponseCode::ServFail)
        {
            self.is_late(number);
        }
        self.verdicts[number] = Some(verdict);
        None
    }

    /// What the whole search says, when every name that was taken is answered.
    pub fn conclude(self) -> Verdict {
        let first_is_as_is = self.candidates.first().is_some_and(|candidate| !candidate.is_of_search_list);
        let mut verdicts = self.verdicts.into_iter().flatten();
        if first_is_as_is {
            return verdicts.next().unwrap_or(Verdict::NoSuchName);
        }
        let mut result = Verdict::NoSuchName;
        for verdict in verdicts {
            result = match (result, verdict) {
                (Verdict::Failed(failures), _) | (_, Verdict::Failed(failures)) => return Verdict::Failed(failures),
                (Verdict::NoAddress, _) | (_, Verdict::NoAddress) => Verdict::NoAddress,
                (_, other) => other,
            };
        }
        result
    }
}

#[cfg(test)]
mod tests {
    use super::super::config;
    use super::super::message::Failure;
    use super::*;
    use std::io;

    fn asked(name: &str, resolv: &str) -> Vec<String> {
        let mut search = Search::new(name, &config::parse(resolv, "host"));
        std::iter::from_fn(|| search.next().map(|(_, name)| name)).collect()
    }

    #[test]
    fn names_with_few_dots_are_asked_in_the_search_list_first() {
        let list = "search a.test b.test\n";
        assert_eq!(asked("web1", list), ["web1.a.test", "web1.b.test", "web1"]);
        assert_eq!(asked("web1.x", list), ["web1.x", "web1.x.a.test", "web1.x.b.test"]);
        assert_eq!(asked("web1.", list), ["web1."]);
        assert_eq!(asked("web1.x.", &format!("{list}options ndots:5\n")), ["web1.x."]);
        assert_eq!(asked("web1.x", &format!("{list}options ndots:2\n")), ["web1.x.a.test", "web1.x.b.test", "web1.x"]);
        assert_eq!(asked("web1", &format!("{list}options ndots:0\n")), ["web1", "web1.a.test", "web1.b.test"]);
        assert_eq!(asked("web1", &format!("{list}options no-tld-query\n")), ["web1.a.test", "web1.b.test"]);
        assert_eq!(asked("web1", "options no-tld-query\n"), ["web1"]);
        assert_eq!(asked("web1", "search a.test .\n"), ["web1.a.test", "web1."]);
        assert_eq!(asked("web1", ""), ["web1"]);
    }

    fn failed(failure: Failure) -> Verdict {
        Verdict::Failed(Failures(vec![("192.0.2.1:53".parse().unwrap(), failure)]))
    }

    /// The names that are asked where all answers are as given, and what they mean together.
    fn searched(name: &str, verdicts: impl IntoIterator<Item = Verdict>) -> (Vec<String>, &'static str) {
        let mut search = Search::new(name, &config::parse("search a.test b.test\n", "host"));
        let mut names = Vec::new();
        let mut verdicts = verdicts.into_iter();
        let ended = loop {
            let Some((number, name)) = search.next() else { break search.conclude() };
            names.push(name);
            if let Some(found) = search.answered(number, verdicts.next().unwrap()) {
                break found;
            }
        };
        let word = match ended {
            Verdict::Found { .. } => "found",
            Verdict::NoSuchName => "no such name",
            Verdict::NoAddress => "no address",
            Verdict::Failed(_) => "failed",
        };
        (names, word)
    }

    #[test]
    fn a_name_is_missing_only_if_every_question_was_answered() {
        use Verdict::{NoAddress, NoSuchName};
        let found = || Verdict::Found { addresses: vec!["192.0.2.9".parse().unwrap()], ttl: 1 };
        let broken = || failed(Failure::Code(ResponseCode::ServFail));
        let refused = || failed(Failure::Code(ResponseCode::Refused));
        let unreachable = || failed(Failure::Io(io::Error::from_raw_os_error(101)));
        for (name, verdicts, asked, expected) in [
            ("web1", vec![NoSuchName, NoSuchName, NoSuchName], 3, "no such name"),
            ("web1", vec![NoSuchName, NoAddress, NoSuchName], 3, "no address"),
            ("web1", vec![NoAddress, found()], 2, "found"),
            ("web1", vec![broken(), NoSuchName, NoSuchName], 3, "failed"),
            ("web1", vec![broken(), found()], 2, "found"),
            ("web1", vec![refused(), NoSuchName], 2, "failed"),
            ("web1", vec![unreachable(), found()], 2, "found"),
            ("web1.x", vec![NoSuchName, broken(), NoSuchName], 3, "no such name"),
            ("web1.x", vec![broken(), NoSuchName, NoSuchName], 3, "failed"),
            ("web1.x", vec![refused(), NoSuchName, found()], 3, "found"),
            ("web1.x.", vec![NoAddress], 1, "no address"),
        ] {
            let text = format!("{name} {verdicts:?}");
            let (names, word) = searched(name, verdicts);
            assert_eq!((names.len(), word), (asked, expected), "{text}");
        }
    }
}
