use super::super::files::{Limits, list};
use super::*;

const LIMITS: Limits = Limits { files: 10, bytes: 1000 };

/// A folder with real files, and a clock that only the test advances.
struct World {
    folder: PathBuf,
    watched: Watched,
    now: Instant,
}

fn entry(name: &str, hash: &str, verdict: Verdict) -> Arc<Entry> {
    let identity = ("Scenario".to_string(), name.to_string());
    Arc::new(Entry { origin: format!("{name}:1"), identity, json: "{}".into(), hash: hash.into(), verdict })
}

impl World {
    fn new(name: &str) -> World {
        let folder = std::env::temp_dir().join(format!("agentic-ops-watched-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).unwrap();
        World { folder, watched: Watched::default(), now: Instant::now() }
    }

    /// Each word of a file declares a Scenario: `name`, or `!name`, which is not ready. A `[` can't be parsed.
    fn write(&self, file: &str, text: &str) {
        std::fs::write(self.folder.join(file), text).unwrap();
    }

    /// Looks at the files after these seconds.
    fn look(&mut self, seconds: u64) -> Plan {
        self.now += Duration::from_secs(seconds);
        let due = self.watched.observe(list(&self.folder, LIMITS), self.now);
        for path in &due {
            let text = std::fs::read_to_string(path).unwrap();
            let words = text.split_whitespace().filter(|word| *word != "[");
            let one = |word: &str| match word.strip_prefix('!') {
                Some(name) => entry(name, &text, Verdict::NotReady),
                None => entry(word, &text, Verdict::Ready),
            };
            let content =
                Content { entries: words.map(one).collect(), is_whole: !text.contains('['), ..Content::default() };
            self.watched.read(path, Stamp::now(path).as_ref(), Ok(content), self.now);
        }
        self.watched.finish(!due.is_empty());
        self.watched.plan(self.now)
    }
}

impl Drop for World {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn names(plan: &Plan) -> String {
    plan.entries.iter().map(|entry| entry.identity.1.as_str()).collect::<Vec<_>>().join(" ")
}

#[test]
fn at_the_start_what_can_be_parsed_is_in_force_at_once_and_deletions_wait() {
    let mut world = World::new("start");
    world.write("a.yaml", "a");
    world.write("b.yaml", "b [");
    let plan = world.look(0);
    assert_eq!((names(&plan).as_str(), plan.may_delete), ("a b", false));
    assert!(!world.look(60).may_delete, "a file cannot be parsed");
    world.write("b.yaml", "b c");
    assert_eq!(names(&world.look(1)), "a b", "the file may still be written");
    let plan = world.look(5);
    assert_eq!((names(&plan).as_str(), plan.may_delete), ("a b c", true));
}

#[test]
fn a_file_that_is_being_written_leaves_what_is_in_force() {
    let mut world = World::new("written");
    world.write("a.yaml", "a b");
    world.look(0);
    assert!(world.look(5).may_delete);
    for text in ["a", "a b", "a b c"] {
        world.write("a.yaml", text);
        let plan = world.look(4);
        assert_eq!((names(&plan).as_str(), plan.may_delete), ("a b", false), "{text}");
    }
    assert_eq!(names(&world.look(5)), "a b c");
    world.write("a.yaml", "a [");
    world.look(1);
    let plan = world.look(5);
    assert_eq!((names(&plan).as_str(), plan.may_delete), ("a b c", false), "it cannot be parsed");
}

#[test]
fn a_file_that_is_gone_takes_its_objects_away_once_it_has_been_gone_for_a_while() {
    let mut world = World::new("gone");
    world.write("a.yaml", "a");
    world.write("b.yaml", "b");
    world.look(0);
    world.look(5);
    std::fs::remove_file(world.folder.join("b.yaml")).unwrap();
    let plan = world.look(1);
    assert_eq!((names(&plan).as_str(), plan.may_delete), ("a b", false));
    world.write("b.yaml", "b");
    world.look(4);
    assert!(world.look(5).may_delete);
    std::fs::remove_file(world.folder.join("b.yaml")).unwrap();
    world.look(1);
    let plan = world.look(5);
    assert_eq!((names(&plan).as_str(), plan.may_delete), ("a", true));
    std::fs::remove_file(world.folder.join("a.yaml")).unwrap();
    world.look(1);
    assert!(!world.look(5).may_delete, "nothing is declared");
}

#[test]
fn what_cannot_be_listed_is_not_gone() {
    let mut world = World::new("unlisted");
    world.write("a.yaml", "a");
    world.write("b.yaml", "b");
    world.look(0);
    std::fs::remove_file(world.folder.join("b.yaml")).unwrap();
    std::os::unix::fs::symlink(world.folder.join("nowhere"), world.folder.join("b.yaml")).unwrap();
    world.look(1);
    let plan = world.look(60);
    assert_eq!((names(&plan).as_str(), plan.may_delete, plan.troubles.len()), ("a b", false, 1));
    for i in 0..12 {
        world.write(&format!("c{i}.yaml"), "");
    }
    world.look(60);
    let plan = world.look(60);
    assert!(plan.troubles.iter().any(|t| t.limit == Some(Limit::RegistryFiles)) && !plan.may_delete);
}

#[test]
fn a_spec_that_is_not_ready_leaves_the_last_one_that_was() {
    let mut world = World::new("good");
    world.write("a.yaml", "a !b");
    let plan = world.look(0);
    assert_eq!(plan.entries[1].verdict, Verdict::NotReady, "there is no other");
    world.write("a.yaml", "!a b");
    world.look(1);
    let plan = world.look(5);
    let specs: Vec<_> = plan.entries.iter().map(|e| (e.hash.as_str(), e.verdict)).collect();
    assert_eq!(specs, [("a !b", Verdict::Ready), ("!a b", Verdict::Ready)]);
    world.write("a.yaml", "a b");
    world.look(1);
    assert_eq!(world.look(5).entries[0].hash, "a b");
}

#[test]
fn of_two_resources_of_a_name_the_first_is_in_force() {
    let mut world = World::new("twice");
    world.write("a.yaml", "a");
    world.write("b.yaml", "a b");
    let plan = world.look(0);
    assert_eq!((names(&plan).as_str(), plan.entries[0].hash.as_str()), ("a b", "a"));
    assert_eq!(plan.troubles[0].text, "a:1: Scenario \"a\" is already in a:1");
}
