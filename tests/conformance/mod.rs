//! Compares the responses of the embedded API server and a real one.
//!
//! With `AGENTIC_TEST_KUBECONFIG`, the requests of every story are sent to both servers and the responses are compared. The results
//! are in the table in `docs/conformance.md`; a difference that is not in the table fails. Without it, the status codes and reasons of
//! the embedded server are compared with those of the real server in the table. `CONFORMANCE_WRITE=1` writes the table,
//! `CONFORMANCE_WORDS=1` prints messages that differ, and `CONFORMANCE_ONLY=TEXT` runs only stories with this text in their names.

mod limits;
mod normal;
mod protobuf;
mod random;
mod samples;
mod servers;
mod stories;
mod story;
mod table;

use crate::kit::real;
use futures::StreamExt as _;
use servers::{Embedded, Response, Server};
use story::Story;
use table::{Row, Verdict};

/// The number of random requests in a story.
const STEPS: u64 = 150;
/// The number of stories that run concurrently.
const CONCURRENT: usize = 4;

fn selected() -> Vec<Story> {
    let only = std::env::var("CONFORMANCE_ONLY").unwrap_or_default();
    stories::all().into_iter().filter(|story| story.name.contains(&only)).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_servers_respond_alike() {
    let embedded = Embedded::start().await;
    let real = match real::kubeconfig() {
        Some(kubeconfig) => Some(Server::real(&kubeconfig).await),
        None => None,
    };
    let stories = selected();
    let runs = stories.iter().map(|story| run(story, &embedded.server, real.as_ref()));
    let results: Vec<Vec<Row>> = futures::stream::iter(runs).buffered(CONCURRENT).collect().await;
    embedded.stop().await;
    for (story, rows) in stories.iter().zip(&results).filter(|(story, _)| story.name.starts_with("limits of")) {
        assert_eq!(rows[0].code, 201, "{}: nothing is compared where the sample is not made", story.name);
    }
    match real {
        Some(_) => table::check(&stories, &results),
        None => table::check_embedded(&stories, &results),
    }
}

/// Random sequences of requests must have the same responses and result in the same objects and events. `CONFORMANCE_SEED` repeats
/// the sequences of an earlier run; `CONFORMANCE_STEPS` is the number of requests.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn random_sequences_have_the_same_results() {
    let Some(kubeconfig) = real::kubeconfig() else { return eprintln!("skipped: AGENTIC_TEST_KUBECONFIG is not set") };
    let number = |name: &str| std::env::var(name).ok().and_then(|value| value.parse::<u64>().ok());
    let seed = number("CONFORMANCE_SEED").unwrap_or_else(|| jiff::Timestamp::now().as_millisecond() as u64);
    let stories = number("CONFORMANCE_STEPS").unwrap_or(3_000).div_ceil(STEPS);
    println!("CONFORMANCE_SEED={seed}");
    let embedded = Embedded::start().await;
    let real = Server::real(&kubeconfig).await;
    let stories: Vec<Story> = (0..stories).map(|i| random::story_of(seed + i, STEPS as usize)).collect();
    let runs = stories.iter().map(|story| run(story, &embedded.server, Some(&real)));
    let results: Vec<Vec<Row>> = futures::stream::iter(runs).buffered(CONCURRENT).collect().await;
    embedded.stop().await;
    let wrong = results.iter().flatten().filter(|row| matches!(row.verdict, Verdict::Wrong(_))).count();
    assert_eq!(wrong, 0, "{wrong} responses differ; CONFORMANCE_SEED={seed}");
}

/// Runs a story on both servers.
async fn run(story: &Story, embedded: &Server, real: Option<&Server>) -> Vec<Row> {
    let namespace = format!("c-{}", uuid::Uuid::new_v4().simple());
    let mine = embedded.run(story, &namespace).await;
    let Some(real) = real else {
        return story.steps.iter().zip(mine).map(|(step, mine)| row_of_embedded(step, &mine)).collect();
    };
    let theirs = real.run(story, &namespace).await;
    let steps = story.steps.iter().zip(mine).zip(theirs);
    steps.map(|((step, mine), theirs)| row(story, step, &mine, &theirs)).collect()
}

/// The row of the table if the real server had the same response.
fn row_of_embedded(step: &story::Step, mine: &Response) -> Row {
    let verdict = step.differs.map_or(Verdict::Same, Verdict::Differs);
    Row::new(step, mine, verdict)
}

fn row(story: &Story, step: &story::Step, mine: &Response, theirs: &Response) -> Row {
    let differences = table::differences(mine, theirs);
    if std::env::var_os("CONFORMANCE_WORDS").is_some() && mine.words != theirs.words {
        println!("{}: {}:\n  embedded {}\n  real     {}", story.name, step.name, mine.words, theirs.words);
    }
    let verdict = match (differences.is_empty(), step.differs) {
        (true, None) => Verdict::Same,
        (false, Some(why)) => Verdict::Differs(why),
        (true, Some(why)) => Verdict::Wrong(vec![format!("same, but expected to differ: {why}")]),
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
