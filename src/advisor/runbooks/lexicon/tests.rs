//! The words of operations.

use super::*;

#[test]
fn words_of_a_line_stand_for_one_another() {
    let words = Words::default();
    let lexicon = Lexicon::new(&words);
    let others: Vec<_> = lexicon.others(&words.stem("senha")).collect();
    assert!(others.contains(&words.stem("token").as_str()) && !others.contains(&words.stem("senha").as_str()));
    assert_eq!(lexicon.others("xyz").count(), 0);
    let (length, stems) = lexicon.phrase(&words.plain("fora do ar desde ontem")).unwrap();
    assert_eq!(length, 3);
    assert!(stems.contains(&words.stem("parado")));
    assert!(lexicon.phrase(&words.plain("do ar")).is_none());
}

#[test]
fn the_lexicon_is_in_lower_case_and_without_accents() {
    let words = Words::default();
    for entry in MEANINGS.iter().flat_map(|line| line.split_whitespace()) {
        let plain = words.plain(entry);
        assert_eq!(plain, entry.split('_').collect::<Vec<_>>(), "{entry}");
    }
}
