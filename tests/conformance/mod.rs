//! The embedded server beside the real one, request by request.
//!
//! With `AGENTIC_TEST_KUBECONFIG` every story is told to both and their answers are compared; what came of it is the table in
//! `docs/conformance.md`, and a difference that it does not know fails. Without it the embedded server alone is held against
//! the codes and reasons of the real one in that table. `CONFORMANCE_WRITE=1` writes the table, `CONFORMANCE_WORDS=1` prints
//! where messages differ, and `CONFORMANCE_ONLY=TEXT` tells only the stories with this in their names.

mod limits;
mod normal;
mod random;
mod samples;
mod servers;
mod stories;
mod story;
mod table;

use crate::kit::real;
use futures::StreamExt as _;
use servers::{Embedded, Outcome, Server};
use story::Story;
use table::{Row, Verdict};

/// Random requests of one story.
const STEPS: u64 = 150;
/// Stories that are told at once.
const AT_ONCE: usize = 4;

fn wanted() -> Vec<Story> {
    let only = std::env::var("CONFORMANCE_ONLY").unwrap_or_default();
    stories::all().into_iter().filter(|story| story.name.contains(&only)).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_servers_answer_alike() {
    let embedded = Embedded::start().await;
    let real = match real::kubeconfig() {
        Some(kubeconfig) => Some(Server::real(&kubeconfig).await),
        None => None,
    };
    let stories = wanted();
    let told = stories.iter().map(|story| tell(story, &embedded.server, real.as_ref()));
    let told: Vec<Vec<Row>> = futures::stream::iter(told).buffered(AT_ONCE).collect().await;
    embedded.stop().await;
    match real {
        Some(_) => table::check(&stories, &told),
        None => table::check_embedded(&stories, &told),
    }
}

/// Random sequences, answered alike step by step, and leaving the same objects and the same events. `CONFORMANCE_SEED` tells
/// those of an earlier run again; `CONFORMANCE_STEPS` is how many requests there are.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn random_sequences_end_alike() {
    let Some(kubeconfig) = real::kubeconfig() else { return eprintln!("skipped: AGENTIC_TEST_KUBECONFIG is not set") };
    let number = |name: &str| std::env::var(name).ok().and_then(|value| value.parse::<u64>().ok());
    let seed = number("CONFORMANCE_SEED").unwrap_or_else(|| jiff::Timestamp::now().as_millisecond() as u64);
    let stories = number("CONFORMANCE_STEPS").unwrap_or(3_000).div_ceil(STEPS);
    println!("CONFORMANCE_SEED={seed}");
    let embedded = Embedded::start().await;
    let real = Server::real(&kubeconfig).await;
    let stories: Vec<Story> = (0..stories).map(|i| random::story_of(seed + i, STEPS as usize)).collect();
    let told = stories.iter().map(|story| tell(story, &embedded.server, Some(&real)));
    let told: Vec<Vec<Row>> = futures::stream::iter(told).buffered(AT_ONCE).collect().await;
    embedded.stop().await;
    let wrong = told.iter().flatten().filter(|row| matches!(row.verdict, Verdict::Wrong(_))).count();
    assert_eq!(wrong, 0, "{wrong} answers differ; CONFORMANCE_SEED={seed}");
}

/// Tells a story to both.
async fn tell(story: &Story, embedded: &Server, real: Option<&Server>) -> Vec<Row> {
    let namespace = format!("c-{}", uuid::Uuid::new_v4().simple());
    let mine = embedded.tell(story, &namespace).await;
    let Some(real) = real else {
        return story.steps.iter().zip(mine).map(|(step, mine)| alone(step, &mine)).collect();
    };
    let theirs = real.tell(story, &namespace).await;
    let steps = story.steps.iter().zip(mine).zip(theirs);
    steps.map(|((step, mine), theirs)| row(story, step, &mine, &theirs)).collect()
}

/// What the table would say if the real server answered like this.
fn alone(step: &story::Step, mine: &Outcome) -> Row {
    let verdict = step.differs.map_or(Verdict::Same, Verdict::Differs);
    Row::new(step, mine, verdict)
}

fn row(story: &Story, step: &story::Step, mine: &Outcome, theirs: &Outcome) -> Row {
    let differences = table::differences(mine, theirs);
    if std::env::var_os("CONFORMANCE_WORDS").is_some() && mine.words != theirs.words {
        println!("{}: {}:\n  embedded {}\n  real     {}", story.name, step.name, mine.words, theirs.words);
    }
    let verdict = match (differences.is_empty(), step.differs) {
        (true, None) => Verdict::Same,
        (false, Some(why)) => Verdict::Differs(why),
        (true, Some(why)) => Verdict::Wrong(vec![format!("alike, though said to differ: {why}")]),
        (false, None) => Verdict::Wrong(differences),
    };
    if let Verdict::Wrong(differences) = &verdict {
        println!(
            "{}: {} ({}): {}",
            story.name,
            step.name,
            table::request(step),
            step.body.chars().take(300).collect::<String>()
        );
        differences.iter().for_each(|d| println!("    {d}"));
    }
    Row::new(step, theirs, verdict)
}
