//! Conditions on the properties of a Finding.

use super::error::{SilenceError, SilenceField, SilenceProblem};
use crate::api::{Finding, Matcher, MatcherName, MatcherOp, Severity};
use crate::cel::{PatternError, WholePattern};

/// Conditions of one Silence at most.
pub const MATCHERS_MAX: usize = 16;
/// Longest text or regular expression, in characters.
pub const VALUE_MAX: usize = 256;

/// The properties of a Finding that a Silence can match; the empty text where there is none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Subject<'a> {
    pub scenario: &'a str,
    pub check: &'a str,
    pub key: &'a str,
    pub agent: &'a str,
    pub severity: &'a str,
}

impl<'a> Subject<'a> {
    /// Of a Finding as it is now.
    pub fn of(finding: &'a Finding) -> Subject<'a> {
        let status = finding.status.as_ref();
        Subject {
            scenario: &finding.spec.scenario,
            check: &finding.spec.check,
            key: &finding.spec.key,
            agent: status.and_then(|status| status.agent.as_deref()).unwrap_or_default(),
            severity: status.and_then(|status| status.severity).map_or("", |severity| severity.as_str()),
        }
    }

    fn property(&self, name: MatcherName) -> &'a str {
        match name {
            MatcherName::Scenario => self.scenario,
            MatcherName::Check => self.check,
            MatcherName::Key => self.key,
            MatcherName::Agent => self.agent,
            MatcherName::Severity => self.severity,
        }
    }
}

/// All conditions of one Silence.
#[derive(Clone, Debug)]
pub(super) struct Matchers(Vec<Compiled>);

#[derive(Clone, Debug)]
struct Compiled {
    name: MatcherName,
    test: Test,
    /// Whether the property has to be other than that.
    negated: bool,
}

#[derive(Clone, Debug)]
enum Test {
    Text(String),
    Pattern(WholePattern),
}

impl Test {
    fn is_match(&self, value: &str) -> bool {
        match self {
            Test::Text(text) => text == value,
            Test::Pattern(pattern) => pattern.is_match(value),
        }
    }
}

impl Matchers {
    /// Compiles them; the errors are in their order.
    pub fn parse(matchers: &[Matcher]) -> Result<Matchers, Vec<SilenceError>> {
        if matchers.is_empty() || matchers.len() > MATCHERS_MAX {
            let problem = SilenceProblem::MatcherCount { count: matchers.len(), max: MATCHERS_MAX };
            return Err(vec![SilenceError { field: SilenceField::Matchers, problem }]);
        }
        let (mut compiled, mut errors) = (Vec::with_capacity(matchers.len()), Vec::new());
        for (index, matcher) in matchers.iter().enumerate() {
            match Compiled::parse(matcher) {
                Ok(matcher) => compiled.push(matcher),
                Err(problem) => errors.push(SilenceError { field: SilenceField::MatcherValue(index), problem }),
            }
        }
        if errors.is_empty() && compiled.iter().all(|matcher| matcher.is_match("")) {
            errors.push(SilenceError { field: SilenceField::Matchers, problem: SilenceProblem::MatchesEmpty });
        }
        if errors.is_empty() { Ok(Matchers(compiled)) } else { Err(errors) }
    }

    /// Whether a Finding meets all conditions.
    pub fn matches(&self, subject: &Subject<'_>) -> bool {
        self.0.iter().all(|matcher| matcher.is_match(subject.property(matcher.name)))
    }
}

impl Compiled {
    fn parse(matcher: &Matcher) -> Result<Compiled, SilenceProblem> {
        let chars = matcher.value.chars().count();
        if chars > VALUE_MAX {
            return Err(SilenceProblem::ValueTooLong { chars, max: VALUE_MAX });
        }
        let test = match matcher.op {
            MatcherOp::Equal | MatcherOp::NotEqual => Test::Text(matcher.value.clone()),
            MatcherOp::Matches | MatcherOp::MatchesNot => {
                Test::Pattern(WholePattern::parse(&matcher.value).map_err(|error| match error {
                    PatternError::Invalid => SilenceProblem::NotAPattern { text: matcher.value.clone() },
                    PatternError::TooLarge => SilenceProblem::PatternTooLarge { text: matcher.value.clone() },
                })?)
            }
        };
        // A Finding that has no severity yet has the empty text.
        let is_severity = Severity::ALL.iter().any(|severity| test.is_match(severity.as_str()));
        if matcher.name == MatcherName::Severity && !is_severity && !matcher.value.is_empty() {
            return Err(SilenceProblem::NotASeverity { text: matcher.value.clone() });
        }
        let negated = matches!(matcher.op, MatcherOp::NotEqual | MatcherOp::MatchesNot);
        Ok(Compiled { name: matcher.name, test, negated })
    }

    fn is_match(&self, value: &str) -> bool {
        self.test.is_match(value) != self.negated
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::silence::SilenceProblem::MatchesEmpty;

    const VM: Subject<'static> =
        Subject { scenario: "proxmox.cluster", check: "vm-running", key: "112", agent: "pulso", severity: "critical" };

    /// `name op value`, as people write them.
    fn matchers(texts: &[&str]) -> Vec<Matcher> {
        let of = |text: &&str| {
            let mut parts = text.splitn(3, ' ');
            let mut next = || parts.next().unwrap_or_default();
            serde_json::from_value(serde_json::json!({"name": next(), "op": next(), "value": next()})).unwrap()
        };
        texts.iter().map(of).collect()
    }

    fn parse(texts: &[&str]) -> Result<Matchers, Vec<SilenceProblem>> {
        Matchers::parse(&matchers(texts)).map_err(|errors| errors.into_iter().map(|error| error.problem).collect())
    }

    #[test]
    fn a_finding_has_to_meet_all_conditions() {
        let without_key = Subject { key: "", ..VM };
        for (texts, subject, expected) in [
            (["scenario = proxmox.cluster"].as_slice(), VM, true),
            (&["scenario = proxmox"], VM, false),
            (&["scenario = Proxmox.cluster"], VM, false),
            (&["scenario =~ proxmox"], VM, false),
            (&["scenario =~ proxmox.*"], VM, true),
            (&["scenario =~ .*cluster", "key = 112"], VM, true),
            (&["scenario =~ .*cluster", "key = 113"], VM, false),
            (&["scenario != desk.api.health", "agent = pulso"], VM, true),
            (&["scenario = proxmox.cluster", "key !~ 11[0-9]"], VM, false),
            (&["scenario = proxmox.cluster", "key !~ 1"], VM, true),
            (&["scenario = proxmox.cluster", "key = "], VM, false),
            (&["scenario = proxmox.cluster", "key = "], without_key, true),
            (&["scenario = proxmox.cluster", "key =~ .+"], without_key, false),
            (&["key != "], VM, true),
            (&["key != "], without_key, false),
            (&["severity =~ high|critical"], VM, true),
            (&["severity = critical", "check = vm-running", "agent != trilho"], VM, true),
            (&["severity = high"], Subject { severity: "", ..VM }, false),
        ] {
            assert_eq!(parse(texts).unwrap().matches(&subject), expected, "{texts:?} of {subject:?}");
        }
    }

    #[test]
    fn a_severity_is_one_of_those_that_there_are() {
        let not = |text: &str| vec![SilenceProblem::NotASeverity { text: text.into() }];
        assert_eq!(parse(&["severity = alta"]).unwrap_err(), not("alta"));
        assert_eq!(parse(&["scenario = x", "severity != Critical"]).unwrap_err(), not("Critical"));
        // A pattern that matches none of them would match no Finding, and its opposite all.
        assert_eq!(parse(&["severity =~ alta|media"]).unwrap_err(), not("alta|media"));
        assert_eq!(parse(&["scenario = x", "severity !~ hi"]).unwrap_err(), not("hi"));
        assert_eq!(parse(&["severity =~ (alta)?"]).unwrap_err(), not("(alta)?"));
        for text in ["severity = high", "severity =~ hi.*", "severity !~ low|alta", "severity !~ .*", "severity != "] {
            assert!(parse(&["scenario = x", text]).is_ok(), "{text}");
        }
    }

    #[test]
    fn one_condition_at_least_must_not_match_the_empty_text() {
        for texts in [
            ["key = "].as_slice(),
            &["key =~ .*"],
            &["scenario =~ "],
            &["scenario != x"],
            &["scenario !~ .+"],
            &["scenario =~ a?", "check != b", "key =~ .*", "agent !~ x"],
        ] {
            assert_eq!(parse(texts).unwrap_err(), [MatchesEmpty], "{texts:?}");
        }
        for texts in [["key =~ .+"].as_slice(), &["scenario != "], &["key !~ .*"], &["key =~ .*", "agent = a"]] {
            assert!(parse(texts).is_ok(), "{texts:?}");
        }
    }

    #[test]
    fn each_error_names_the_matcher() {
        let long = format!("key = {}", "é".repeat(VALUE_MAX + 1));
        let errors =
            Matchers::parse(&matchers(&["key =~ (", "agent = a", "key !~ (a{100}){100}{9}", &long])).unwrap_err();
        let fields: Vec<_> = errors.iter().map(|error| error.field.path()).collect();
        assert_eq!(fields, ["spec.matchers[0].value", "spec.matchers[2].value", "spec.matchers[3].value"]);
        assert_eq!(errors[0].problem, SilenceProblem::NotAPattern { text: "(".into() });
        assert_eq!(errors[2].problem, SilenceProblem::ValueTooLong { chars: VALUE_MAX + 1, max: VALUE_MAX });
        let of_count = |count| vec![SilenceProblem::MatcherCount { count, max: MATCHERS_MAX }];
        assert_eq!(parse(&[]).unwrap_err(), of_count(0));
        assert_eq!(parse(&["agent = a"; MATCHERS_MAX + 1]).unwrap_err(), of_count(MATCHERS_MAX + 1));
    }
}
