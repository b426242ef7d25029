use super::*;

fn of(page: &str) -> Vec<(Vec<String>, String)> {
    pieces("a/b", page).into_iter().map(|piece| (piece.headings, piece.text)).collect()
}

#[test]
fn pieces_stand_under_their_headings() {
    let page = "before\n\n# Title\n\nintro\n\n## One\n\ntext\n\n### Deep `x` ##\n\n- a\n- b\n\n  c\n\n## Empty\n\n## Two\n\n> ## quoted\n\n\
        Three\n---\n\n```\n# code\n```\n\n# Other\nend\n";
    let path = |headings: &[&str]| headings.iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(
        of(page),
        [
            (path(&[]), "before".into()),
            (path(&["Title"]), "intro".into()),
            (path(&["Title", "One"]), "text".into()),
            (path(&["Title", "One", "Deep `x`"]), "- a\n- b\n\n  c".into()),
            (path(&["Title", "Two"]), "> ## quoted".into()),
            (path(&["Title", "Three"]), "```\n# code\n```".into()),
            (path(&["Other"]), "end".to_string()),
        ]
    );
    assert_eq!(of("---\ntitle: x\n---\n\u{feff}y\n").len(), 1);
    assert_eq!(of(""), []);
}

#[test]
fn a_long_section_is_split_between_items_and_keeps_blocks_whole() {
    let item = |n: usize| format!("{n}. do this\n\n   ```sh\n   echo {}\n   ```\n", "x".repeat(300));
    let page = format!("# T\n\n## S\n\nThe steps:\n\n{}", (1..=9).map(item).collect::<Vec<_>>().join("\n"));
    let pieces = of(&page);
    assert!(pieces.len() >= 2, "{}", pieces.len());
    assert!(pieces[0].1.starts_with("The steps:\n\n1. do this"), "{}", pieces[0].1);
    for (headings, text) in &pieces {
        assert_eq!(headings, &["T", "S"]);
        assert!(text.len() <= TEXT_MAX && text.matches("```").count() % 2 == 0, "{text}");
    }
    let all: String = pieces.iter().map(|(_, text)| text.as_str()).collect();
    assert!((1..=9).all(|n| all.contains(&format!("{n}. do this"))));
}

#[test]
fn what_is_longer_than_a_piece_is_split_at_ends_of_lines() {
    let code = format!("```sh\n{}```\n", "echo a line of code\n".repeat(200));
    for (text, _) in of(&code).iter().map(|(_, text)| (text, ())) {
        assert!(text.starts_with("```sh\n") && text.ends_with("\n```") && text.len() <= TEXT_MAX, "{text}");
        assert!(text.lines().all(|line| line.starts_with("```") || line == "echo a line of code"), "{text}");
    }
    let item = format!("1. first\n\n   ~~~\n{}   ~~~\n\n   last {}\n", "   one more\n".repeat(300), "é".repeat(2000));
    for (_, text) in of(&item) {
        assert!(text.len() <= TEXT_MAX && text.matches("~~~").count() % 2 == 0, "{text}");
    }
    let words = of(&"palavra ".repeat(1000));
    assert!(words.len() >= 5 && words.iter().all(|(_, text)| text.len() <= TEXT_MAX && !text.contains("palavrap")));
    let table = format!("| a | b |\n|---|---|\n{}", "| one | two |\n".repeat(300));
    assert!(of(&table).iter().all(|(_, text)| text.ends_with('|')));
}

#[test]
fn hostile_pages_have_small_pieces() {
    for page in [
        "#".into(),
        ">".repeat(50_000),
        "#\n".repeat(20_000),
        "- ".repeat(20_000),
        "```".into(),
        format!("```{}\nx\n```", "y".repeat(5000)),
        "\u{0}\u{202e}\r\n\u{1b}[2J".into(),
        "x".repeat(300_000),
        "- a\n".repeat(50_000),
        "[".repeat(20_000),
    ] {
        let pieces = pieces("a", &page);
        assert!(pieces.len() <= PIECES_MAX);
        for piece in pieces {
            assert!(piece.text.len() <= TEXT_MAX && !piece.text.contains(['\0', '\u{1b}', '\u{202e}']));
        }
    }
}

#[test]
fn pieces_of_the_shipped_runbooks_have_all_their_text() {
    let specs = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("specs");
    for entry in std::fs::read_dir(specs).unwrap().flatten().filter(|entry| entry.file_name() != "README.md") {
        let page = std::fs::read_to_string(entry.path()).unwrap();
        let text: String = pieces("x", &page).into_iter().map(|piece| piece.text + "\n").collect();
        let lines = |text: &str| -> Vec<String> {
            text.lines().map(str::trim).filter(|l| !l.is_empty() && !l.starts_with('#')).map(String::from).collect()
        };
        let missing: Vec<_> = lines(&page).into_iter().filter(|line| !text.contains(line)).collect();
        assert!(missing.is_empty(), "{:?} {missing:?}", entry.path());
    }
}
