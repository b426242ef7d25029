//! How well a search finds what answers questions.

use super::Excerpt;

/// Pieces of which one should be of the right runbook.
pub const FIRST: usize = 3;

/// A question, and what answers it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// `None`: no runbook answers it, and nothing should be found.
    pub answer: Option<Answer>,
    pub text: String,
}

/// What answers a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub runbook: String,
    /// Headings under which it stands; none if they are not known.
    pub headings: Vec<String>,
}

/// Reads questions, one in each line: what answers it, its language and the text, separated by tabulators. What answers it is
/// `runbook#heading|heading`, a Scenario or `scenario/check`, whose runbook `runbook_of` tells, or `-` for nothing. Empty lines, and those that begin
/// with `#`, are passed over. Error: the number of a line that is none.
pub fn questions(text: &str, runbook_of: impl Fn(&str) -> Option<String>) -> Result<Vec<Question>, usize> {
    let mut questions = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        if line.trim().is_empty() || line.starts_with('#') {
            continue;
        }
        let parts: Vec<_> = line.splitn(3, '\t').collect();
        let [label, _, text] = parts[..] else { return Err(number) };
        if label.is_empty() || text.trim().is_empty() {
            return Err(number);
        }
        let answer = match (label, label.split_once('#')) {
            ("-", _) => None,
            (_, Some((runbook, headings))) => {
                Some(Answer { runbook: runbook.into(), headings: headings.split('|').map(String::from).collect() })
            }
            (label, None) => {
                let of = |name: &str| runbook_of(name).map(|runbook| Answer { runbook, headings: Vec::new() });
                // The path of a runbook may have a `/`, too.
                let answer = of(label).or_else(|| of(label.split_once('/')?.0));
                Some(answer.unwrap_or_else(|| Answer { runbook: label.into(), headings: Vec::new() }))
            }
        };
        questions.push(Question { answer, text: text.into() });
    }
    Ok(questions)
}

/// Shares of the questions.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Figures {
    pub questions: u32,
    pub unanswerable: u32,
    /// The first piece, and one of the first three, is of the right runbook.
    pub recall_1: f64,
    pub recall_3: f64,
    /// The same, under one of the right headings, where they are known.
    pub section_1: f64,
    pub section_3: f64,
    /// Unanswerable questions for which none of the first three pieces is of the runbooks in question, and for which there is none at all.
    pub declined: f64,
    pub nothing: f64,
}

impl Figures {
    /// Whether a share is less than that of `other`.
    pub fn is_worse_than(&self, other: &Figures) -> bool {
        self.shares().iter().zip(other.shares()).any(|(own, other)| *own < other)
    }

    fn shares(&self) -> [f64; 6] {
        [self.recall_1, self.recall_3, self.section_1, self.section_3, self.declined, self.nothing]
    }
}

/// Counts what was found for questions.
#[derive(Clone, Debug, Default)]
pub struct Count {
    answerable: u32,
    unanswerable: u32,
    hits: [u32; 6],
}

impl Count {
    /// `found` is what was found for a question, best first. Pieces of runbooks that are not in question are told by `is_other`.
    pub fn add<'a>(
        &mut self,
        question: &Question,
        found: impl IntoIterator<Item = &'a Excerpt>,
        is_other: impl Fn(&str) -> bool,
    ) {
        let found: Vec<&Excerpt> = found.into_iter().take(FIRST).collect();
        let hits = match &question.answer {
            None => {
                self.unanswerable += 1;
                let declined = found.iter().all(|piece| is_other(&piece.spec));
                [false, false, false, false, declined, found.is_empty()]
            }
            Some(Answer { runbook, headings }) => {
                self.answerable += 1;
                let is_of = |piece: &&Excerpt| piece.spec == *runbook;
                let is_answer = |heading: &str| headings.is_empty() || headings.iter().any(|other| other == heading);
                let is_under =
                    |piece: &&Excerpt| is_of(piece) && (headings.is_empty() || piece.section().is_some_and(is_answer));
                let first = found.first();
                [
                    first.is_some_and(is_of),
                    found.iter().any(is_of),
                    first.is_some_and(is_under),
                    found.iter().any(is_under),
                    false,
                    false,
                ]
            }
        };
        for (count, hit) in self.hits.iter_mut().zip(hits) {
            *count += u32::from(hit);
        }
    }

    pub fn figures(&self) -> Figures {
        let share = |count: u32, of: u32| f64::from(count) / f64::from(of.max(1));
        let [recall_1, recall_3, section_1, section_3, declined, nothing] = self.hits;
        Figures {
            questions: self.answerable + self.unanswerable,
            unanswerable: self.unanswerable,
            recall_1: share(recall_1, self.answerable),
            recall_3: share(recall_3, self.answerable),
            section_1: share(section_1, self.answerable),
            section_3: share(section_3, self.answerable),
            declined: share(declined, self.unanswerable),
            nothing: share(nothing, self.unanswerable),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<Question>, usize> {
        questions(text, |scenario| (scenario == "shop.front").then(|| "shop".to_string()))
    }

    fn answer(runbook: &str, headings: &[&str]) -> Option<Answer> {
        Some(Answer { runbook: runbook.into(), headings: headings.iter().map(ToString::to_string).collect() })
    }

    #[test]
    fn a_question_names_a_runbook_a_scenario_a_check_or_nothing() {
        let text = "# comment\n\nnet/router#Repair|Check\tpt\tcaiu a rede\nshop.front\ten\tshop down\nshop.front/status\ten\tshop 500\n\
                    net/router\tpt\trede\n-\tpt\televador\tparado\n";
        let answers: Vec<_> = read(text).unwrap().into_iter().map(|question| question.answer).collect();
        let expected = [
            answer("net/router", &["Repair", "Check"]),
            answer("shop", &[]),
            answer("shop", &[]),
            answer("net/router", &[]),
            None,
        ];
        assert_eq!(answers, expected);
        assert_eq!(read(text).unwrap()[4].text, "elevador\tparado");
        for (wrong, line) in [("x\n", 1), ("-\tpt\tq\n-\tpt\n", 2), ("\tpt\tq", 1), ("-\tpt\t ", 1)] {
            assert_eq!(read(wrong), Err(line), "{wrong:?}");
        }
    }

    #[test]
    fn figures_are_shares_of_those_with_and_without_an_answer() {
        let piece = |spec: &str, heading: &str| Excerpt::new(spec.into(), vec!["T".into(), heading.into()], "x".into());
        let found = [piece("a", "one"), piece("b", "one"), piece("b", "two"), piece("c", "one")];
        let mut count = Count::default();
        let ask = |count: &mut Count, answer: Option<Answer>, found: &[Excerpt]| {
            count.add(&Question { answer, text: "q".into() }, found, |spec| spec == "other");
        };
        ask(&mut count, answer("a", &["two"]), &found);
        ask(&mut count, answer("b", &["two"]), &found);
        ask(&mut count, answer("b", &[]), &found);
        ask(&mut count, answer("c", &[]), &found);
        ask(&mut count, None, &[]);
        ask(&mut count, None, &[piece("other", "x")]);
        ask(&mut count, None, &found);
        let figures = count.figures();
        let third = 1.0 / 3.0;
        let expected = Figures {
            questions: 7,
            unanswerable: 3,
            recall_1: 0.25,
            recall_3: 0.75,
            section_1: 0.0,
            section_3: 0.5,
            declined: 2.0 * third,
            nothing: third,
        };
        assert_eq!(figures, expected);
        assert!(!figures.is_worse_than(&figures));
        assert!(Figures { section_3: 0.4, recall_1: 1.0, ..figures }.is_worse_than(&figures));
        assert!(Count::default().figures().recall_1.abs() < f64::EPSILON);
    }
}
