use super::*;
use serde_json::Value;

fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

#[derive(clap::Parser)]
struct Line {
    #[command(flatten)]
    args: SpecsArgs,
}

fn told(args: &SpecsArgs, settings: Settings, votes: Option<&[SectionVotes]>) -> Report {
    tokio::runtime::Runtime::new().unwrap().block_on(report(args, settings, votes)).unwrap()
}

fn reported(language: &str, specs: &Path, registry: &Path, words: &[&str]) -> Report {
    let values = BTreeMap::from([("AGENTIC_LANGUAGE".to_string(), language.to_string())]);
    let settings = Settings::load(&BTreeMap::new(), None, &values).unwrap();
    let (specs, registry) = (specs.display().to_string(), registry.display().to_string());
    let line = ["specs"].iter().chain(words).copied().chain(["--specs", &specs, "--registry", &registry]);
    let line = <Line as clap::Parser>::try_parse_from(line).unwrap();
    told(&line.args, settings, None)
}

fn shipped(language: &str, words: &[&str]) -> Report {
    reported(language, &repository("specs"), &repository("registry.yaml"), words)
}

#[test]
fn the_shipped_runbooks_cover_the_shipped_registry() {
    let expected = |text: &str| Report { text: text.into(), ..Report::default() };
    assert_eq!(shipped("pt-BR", &["coverage"]), expected("22 de 22 verificações estão nos runbooks\n"));
    assert_eq!(shipped("en", &["coverage"]), expected("22 of 22 checks are in the runbooks\n"));
}

#[test]
fn what_is_not_covered_is_listed() {
    let directory = std::env::temp_dir().join(format!("specs-{}", uuid::Uuid::new_v4()));
    std::fs::create_dir_all(&directory).unwrap();
    let page = std::fs::read_to_string(repository("specs/desk-api-health.md")).unwrap();
    std::fs::write(directory.join("desk-api-health.md"), page.replace("`body-status`", "body-status")).unwrap();
    let covered = |words: &[&str]| reported("en", &directory, &repository("registry.yaml"), words);
    let report = covered(&["coverage"]);
    assert_eq!(report.code, 1);
    let lines: Vec<_> = report.text.lines().collect();
    assert_eq!(lines[0], "desk.api.health: the runbook desk-api-health does not mention `body-status`");
    assert_eq!(lines[1], "wizard.vm112.bundle: there is no runbook wizard-vm112-bundle");
    assert_eq!(*lines.last().unwrap(), "1 of 22 checks are in the runbooks");
    let json: Value = serde_json::from_str(&covered(&["coverage", "--output", "json"]).text).unwrap();
    assert_eq!((&json["checks"], &json["uncovered"]), (&22.into(), &21.into()));
    assert_eq!(json["gaps"][0]["gap"], "UncoveredCheck");
    std::fs::remove_dir_all(directory).unwrap();
}

#[test]
fn votes_are_listed_after_what_is_not_covered() {
    let votes = SectionVotes { spec: "desk".into(), section: Some("Como reparar".into()), useful: 1, wrong: 2 };
    let settings =
        || Settings::load(&BTreeMap::new(), None, &BTreeMap::from([("AGENTIC_LANGUAGE".into(), "en".into())]));
    let line = ["specs", "coverage", "--specs", "none", "--registry", "none"];
    let mut line = <Line as clap::Parser>::try_parse_from(line).unwrap();
    (line.args.specs, line.args.registry) = (Some(repository("specs")), Some(repository("registry.yaml")));
    let votes = [votes];
    let text = told(&line.args, settings().unwrap(), Some(&votes)).text;
    assert_eq!(text, "desk § Como reparar: wrong 2, useful 1\n22 of 22 checks are in the runbooks\n");
    line.args.output = Output::Json;
    let json: Value = serde_json::from_str(&told(&line.args, settings().unwrap(), Some(&votes)).text).unwrap();
    assert_eq!(
        json["votes"],
        serde_json::json!([{"spec": "desk", "section": "Como reparar", "useful": 1, "wrong": 2}])
    );
}

#[test]
fn a_search_tells_what_is_found_and_why() {
    let report = shipped("pt-BR", &["search", "cluster", "perdeu", "o quorum"]);
    assert_eq!((report.code, report.warnings.len()), (0, 0));
    assert!(report.text.starts_with("1. proxmox-cluster › Cluster Proxmox › "), "{}", report.text);
    assert!(report.text.contains("quorum (mesma palavra)"), "{}", report.text);
    assert!(report.text.ends_with("a busca compara só palavras; com --vectors, também vetores\n"), "{}", report.text);
    let report = shipped("en", &["search", "elevador parado no quinto andar", "--output", "json"]);
    let json: Value = serde_json::from_str(&report.text).unwrap();
    assert_eq!((report.code, &json["found"]), (1, &Value::Array(Vec::new())));
    let report = shipped("en", &["search", "--runbook", "vm123-finance-stack", "--output", "json", "memoria esgotada"]);
    let json: Value = serde_json::from_str(&report.text).unwrap();
    assert_eq!(json["found"][0]["spec"], "vm123-finance-stack");
    assert_eq!(json["found"][0]["why"]["own_runbook"], true);
    assert_eq!(json["found"][0]["why"]["matched"][0]["by"], "stem");
}

#[test]
fn an_evaluation_has_the_figures_of_its_questions() {
    let file = std::env::temp_dir().join(format!("questions-{}.tsv", uuid::Uuid::new_v4()));
    let questions = "proxmox.cluster/quorum\tpt\tcluster perdeu o quorum\n-\tpt\televador parado no quinto andar\n";
    std::fs::write(&file, questions).unwrap();
    let report = shipped("en", &["evaluate", file.to_str().unwrap()]);
    let expected = "                               words\n\
        questions with an answer       1\n\
        runbook first                  1.000\n\
        runbook among the first three  1.000\n\
        section first                  1.000\n\
        section among the first three  1.000\n\
        questions without an answer    1\n\
        declined                       1.000\n";
    assert_eq!((report.text.as_str(), report.code), (expected, 0));
    let json: Value =
        serde_json::from_str(&shipped("en", &["evaluate", file.to_str().unwrap(), "--output", "json"]).text).unwrap();
    assert_eq!((&json["words"]["runbook_first"], &json["words_and_vectors"]), (&1.0.into(), &Value::Null));
    std::fs::write(&file, "no question\n").unwrap();
    let line = ["specs", "evaluate", file.to_str().unwrap()];
    let line = <Line as clap::Parser>::try_parse_from(line).unwrap();
    let settings = Settings::load(&BTreeMap::new(), None, &BTreeMap::new()).unwrap();
    let error =
        tokio::runtime::Runtime::new().unwrap().block_on(super::report(&line.args, settings, None)).unwrap_err();
    assert!(error.to_string().contains("linha 1"), "{error}");
    std::fs::remove_file(file).unwrap();
}
