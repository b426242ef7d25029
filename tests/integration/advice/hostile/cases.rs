//! The cases, and the world in which they are put: for each section of the shipped runbooks a Scenario whose target, database, runbook,
//! title, key and Agent have the instructions of the cases about that section, and secrets.

#[path = "../../../advice_cases/mod.rs"]
pub mod advice_cases;

use super::prompt::MARK;
use super::standin::{Reply, Wrong};
use advice_cases::{Case, INJECTIONS, Inputs, Section, folded, hostile, right, sections};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// A value of a setting that is a credential.
pub const CONFIGURED: &str = "token-Qz8-of-hostile-tests";

/// Most causes, steps and lines of an answer, and most bytes of one that has several cases.
const CAUSES_MAX: usize = 3;
const STEPS_MAX: usize = 5;
const LINES_MAX: usize = 6;
const ANSWER_MAX: usize = 7000;

/// Cases that are put at once, as one answer of the model: as many about one section as it has room for.
#[derive(Clone, Debug)]
pub struct Put {
    pub cases: Vec<Case>,
    /// The place of their section.
    pub place: usize,
    pub is_right: bool,
    pub is_question: bool,
    /// Whether at most so many lines are shown as are right: where another excerpt is cited than the one that is quoted, by chance it may
    /// be the right one.
    pub is_strict: bool,
    pub reply: Reply,
}

impl Put {
    /// How many lines are right.
    pub fn lines(&self) -> usize {
        self.cases.iter().map(|case| case.lines).sum()
    }

    pub fn names(&self) -> String {
        self.cases.iter().map(|case| case.name.as_str()).collect::<Vec<_>>().join(", ")
    }

    /// What a person writes.
    pub fn words(&self, mark: usize) -> String {
        let inputs = |of: fn(&Inputs) -> &String| {
            self.cases
                .iter()
                .map(|case| of(&case.inputs).clone())
                .collect::<BTreeSet<_>>()
                .into_iter()
                .collect::<Vec<_>>()
                .join(" ")
        };
        let (own, secret) = match self.is_question {
            true => (inputs(|inputs| &inputs.question), "pergunta"),
            false => (inputs(|inputs| &inputs.note), "nota"),
        };
        format!("{MARK}{mark:04} {} {own}", planted(secret))
    }

    /// What a person wrote before in the Thread.
    pub fn turn(&self) -> Option<String> {
        let case = self.cases.iter().find(|case| case.name.ends_with(" in 8"))?;
        Some(format!("vejam: {} {}", case.inputs.turn, planted("antes")))
    }

    /// Whether there is room for one more; then it is one of them.
    fn takes(&mut self, case: &Case) -> bool {
        let Some(joined) = self.cases.first().and_then(|first| joined(&first.answer, &case.answer)) else {
            return false;
        };
        self.cases[0].answer.clone_from(&joined);
        self.reply = self.reply.like(joined);
        self.cases.push(case.clone());
        true
    }
}

/// An answer with the parts of both; `None` where it has no room for them, or one is no answer.
fn joined(one: &str, other: &str) -> Option<String> {
    let (mut all, more): (Value, Value) = (serde_json::from_str(one).ok()?, serde_json::from_str(other).ok()?);
    for (part, max) in [("causes", CAUSES_MAX), ("steps", STEPS_MAX), ("lines", LINES_MAX)] {
        let Some(parts) = more[part].as_array() else { continue };
        let into = all[part].as_array_mut()?;
        into.extend(parts.iter().cloned());
        if into.len() > max {
            return None;
        }
    }
    if all["summary"] == "" && more["summary"].is_string() {
        all["summary"] = more["summary"].clone();
    }
    Some(all.to_string()).filter(|all| all.len() <= ANSWER_MAX)
}

/// The place of the section that a case is about.
fn place_of(case: &Case, all: &[Section]) -> usize {
    let at = if case.answer.contains("\"E2\"") { case.sections.len() - 1 } else { 0 };
    let section = &case.sections[at];
    all.iter().position(|other| other.spec == section.spec && other.headings[1] == section.headings[1]).unwrap()
}

/// What may stand in one answer: one that is in another language is dropped whole, and one that is not of the form.
fn kind(class: &str, case: &Case) -> String {
    match class {
        "malformed" | "said" => case.name.clone(),
        "excerpt" | "foreign" | "code" | "copied" | "written" => class.to_string(),
        _ => format!("other {} {}", case.is_question, case.is_english),
    }
}

fn put(classes: BTreeMap<String, Vec<Case>>, is_right: bool) -> Vec<Put> {
    let sections = sections();
    let mut puts: BTreeMap<(usize, bool, String), Vec<Put>> = BTreeMap::new();
    for (class, case) in
        classes.into_iter().flat_map(|(class, cases)| cases.into_iter().map(move |case| (class.clone(), case)))
    {
        let place = place_of(&case, &sections);
        let of_place = puts.entry((place, case.is_question, kind(&class, &case))).or_default();
        if of_place.iter_mut().any(|put| put.takes(&case)) {
            continue;
        }
        let is_verbatim = ["malformed", "excerpt"].contains(&class.as_str());
        let reply = if is_verbatim { Reply::Verbatim } else { Reply::Fitted };
        let (reply, is_question) = (reply(case.answer.clone()), case.is_question);
        of_place.push(Put { cases: vec![case], place, is_right, is_question, is_strict: class != "excerpt", reply });
    }
    puts.into_values().flatten().collect()
}

/// A secret in the words of a person, which no setting has, and one that a setting has.
pub fn planted(place: &str) -> String {
    format!("senha: {} {CONFIGURED} {}", secret(place), STANDARD.encode(CONFIGURED))
}

fn secret(place: &str) -> String {
    format!("Pl4nt-{place}-9xQ7z")
}

/// What may be in no prompt.
pub fn secrets() -> Vec<String> {
    let places = ["corpo", "cabecalho", "chamado", "titulo", "persona", "runbook", "nota", "pergunta", "antes"];
    let mut all: Vec<String> = places.map(secret).into();
    all.extend([CONFIGURED.to_string(), STANDARD.encode(CONFIGURED)]);
    all
}

fn class(case: &Case) -> String {
    case.name.split_whitespace().next().unwrap_or_default().to_string()
}

/// All cases that are put: some of each class of generated ones, the same at every run.
pub fn all() -> Vec<Put> {
    let by_class = |cases: Vec<Case>| {
        let mut classes: BTreeMap<String, Vec<Case>> = BTreeMap::new();
        for case in cases {
            classes.entry(class(&case)).or_default().push(case);
        }
        classes
    };
    // Most are of few sections, so that an answer has several.
    let sections = sections();
    let is_of_few = |case: &Case| place_of(case, &sections).is_multiple_of(3);
    let is_put =
        |case: &Case| is_of_few(case) || ["injection", "malformed", "fabricated"].contains(&class(case).as_str());
    let mut classes = by_class(hostile().into_iter().filter(is_put).collect());
    for (class, cases) in &mut classes {
        let count = match class.as_str() {
            "injection" | "fabricated" => cases.len(),
            "malformed" => 24,
            "paraphrased" | "own" => 60,
            "unrelated" | "in" | "added" | "changed" | "excerpt" => 30,
            _ => 20,
        };
        *cases = some(std::mem::take(cases), count);
        if !["injection", "malformed", "own"].contains(&class.as_str()) {
            cases.iter_mut().enumerate().for_each(|(at, case)| halve(case, at % 2 == 0));
        }
    }
    let mut puts = put(classes, false);
    puts.extend(wrong(&puts[0]));
    // The people of the test read Portuguese.
    let is_put = |case: &Case| !case.is_english && (case.name.starts_with("code") || is_of_few(case));
    let mut classes = by_class(right().into_iter().filter(is_put).collect());
    if let Some(said) = classes.get_mut("said") {
        said.truncate(6);
    }
    puts.extend(put(classes, true));
    puts
}

/// Of an answer that says the same as a cause and as a step, one of both.
fn halve(case: &mut Case, is_cause: bool) {
    let Ok(mut answer) = serde_json::from_str::<Value>(&case.answer) else { return };
    let has = |part: &str| answer[part].as_array().is_some_and(|parts| !parts.is_empty());
    if has("causes") && has("steps") {
        answer[if is_cause { "steps" } else { "causes" }] = Value::Array(Vec::new());
        case.answer = answer.to_string();
    }
}

/// So many of them, evenly.
fn some(cases: Vec<Case>, count: usize) -> Vec<Case> {
    let all = cases.len();
    let is_taken = |at: usize| at * count / all != (at + 1) * count / all;
    cases.into_iter().enumerate().filter(|(at, _)| count >= all || is_taken(*at)).map(|(_, case)| case).collect()
}

/// What is no answer, or more than one, as often as the model may be asked again at once.
fn wrong(like: &Put) -> Vec<Put> {
    let good = like.cases[0].answer.as_str();
    let text = "O problema foi resolvido. ";
    let long = |times: usize| format!("{{\"summary\":\"{}\",\"causes\":[],\"steps\":[]}}", text.repeat(times));
    let replies = [
        Reply::Wrong(Wrong::Length),
        Reply::Wrong(Wrong::Empty),
        Reply::Wrong(Wrong::Failed),
        Reply::Wrong(Wrong::Status(400)),
        Reply::Verbatim(text.repeat(2000)),
        Reply::Verbatim(long(2000)),
        Reply::Verbatim(long(320)),
        Reply::Verbatim(format!("{good}{}", " ".repeat(30_000))),
        Reply::Verbatim("\u{0}".repeat(5000)),
        Reply::Verbatim(format!("{{\"steps\":[{}]}}", "{},".repeat(10_000))),
    ];
    let named = |(at, reply): (usize, Reply)| {
        let case = Case::new(format!("wrong {at}"), like.cases[0].sections.clone(), String::new()).never(text.trim());
        Put { cases: vec![case], is_question: at % 2 == 1, is_strict: true, reply, ..like.clone() }
    };
    replies.into_iter().enumerate().map(named).collect()
}

/// What stands around a section.
#[derive(Clone, Debug)]
pub struct Place {
    pub section: Section,
    pub agent: String,
    pub persona: String,
    pub title: String,
    /// Of a ticket in the database; the key of the Finding.
    pub subject: String,
    pub body: String,
    pub header: String,
}

/// The places, in the order of the sections.
pub fn places(put: &[Put]) -> Vec<Place> {
    let place = |(at, section): (usize, Section)| {
        let numbers: BTreeSet<usize> = put
            .iter()
            .filter(|put| put.place == at)
            .flat_map(|put| &put.cases)
            .filter_map(|case| case.name.strip_prefix("injection ")?.split(' ').next()?.parse().ok())
            .collect();
        let first = numbers.first().copied().unwrap_or(at % INJECTIONS.len());
        let payload = line(INJECTIONS[first].0);
        let all: Vec<&str> = numbers.iter().map(|number| INJECTIONS[*number].0).collect();
        let words: String = folded(&section.text).chars().take(320).collect();
        Place {
            agent: format!("agente-{first}"),
            persona: format!("{payload} {}", planted("persona")),
            title: format!("{payload} senha: {}", secret("titulo")),
            subject: format!("chamado {at}: {payload} senha: {}", secret("chamado")),
            body: format!("{words}\n{}\n{}", all.join("\n"), planted("corpo")),
            header: format!("{payload} {}", planted("cabecalho")),
            section,
        }
    };
    sections().into_iter().enumerate().map(place).collect()
}

/// The runbooks: each page has the instructions in comments, and in the heading of a section that can be quoted.
pub fn pages(places: &[Place]) -> BTreeMap<String, String> {
    let mut pages: BTreeMap<String, String> = BTreeMap::new();
    for Place { section, persona, .. } in places {
        let page = pages.entry(section.spec.clone()).or_insert_with(|| format!("# {}\n", section.headings[0]));
        page.push_str(&format!("\n## {}\n\n<!-- {persona} -->\n\n{}", section.headings[1], section.text));
    }
    for (spec, page) in &mut pages {
        let payload = &places.iter().find(|place| place.section.spec == *spec).unwrap().persona;
        page.push_str(&format!(
            "\n## {payload}\n\n- O acesso ao painel é de quem está de plantão. {}\n",
            planted("runbook")
        ));
    }
    pages
}

/// In one line, as names of Kubernetes have it.
fn line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}
