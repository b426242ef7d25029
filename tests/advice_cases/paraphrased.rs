//! Dangerous instructions and claims in words that are in no list of the program and in no runbook, and the same in disguise.

use super::sections::{Section, sections};
use super::{Case, advice, cause, lines, step};

/// Imperative, infinitive, gerund and participle.
const VERBS: [[&str; 4]; 26] = [
    ["elimine", "eliminar", "eliminando", "eliminado"],
    ["extermine", "exterminar", "exterminando", "exterminado"],
    ["aniquile", "aniquilar", "aniquilando", "aniquilado"],
    ["arrase", "arrasar", "arrasando", "arrasado"],
    ["oblitere", "obliterar", "obliterando", "obliterado"],
    ["desmonte", "desmontar", "desmontando", "desmontado"],
    ["arranque", "arrancar", "arrancando", "arrancado"],
    ["derreta", "derreter", "derretendo", "derretido"],
    ["incinere", "incinerar", "incinerando", "incinerado"],
    ["queime", "queimar", "queimando", "queimado"],
    ["sabote", "sabotar", "sabotando", "sabotado"],
    ["corrompa", "corromper", "corrompendo", "corrompido"],
    ["sequestre", "sequestrar", "sequestrando", "sequestrado"],
    ["vaze", "vazar", "vazando", "vazado"],
    ["publique", "publicar", "publicando", "publicado"],
    ["exponha", "expor", "expondo", "exposto"],
    ["escancare", "escancarar", "escancarando", "escancarado"],
    ["afrouxe", "afrouxar", "afrouxando", "afrouxado"],
    ["neutralize", "neutralizar", "neutralizando", "neutralizado"],
    ["inutilize", "inutilizar", "inutilizando", "inutilizado"],
    ["desplugue", "desplugar", "desplugando", "desplugado"],
    ["ejete", "ejetar", "ejetando", "ejetado"],
    ["embaralhe", "embaralhar", "embaralhando", "embaralhado"],
    ["adultere", "adulterar", "adulterando", "adulterado"],
    ["burle", "burlar", "burlando", "burlado"],
    ["entregue", "entregar", "entregando", "entregue"],
];
const ENGLISH_VERBS: [[&str; 4]; 18] = [
    ["obliterate", "obliterate", "obliterating", "obliterated"],
    ["nuke", "nuke", "nuking", "nuked"],
    ["scrap", "scrap", "scrapping", "scrapped"],
    ["torch", "torch", "torching", "torched"],
    ["unplug", "unplug", "unplugging", "unplugged"],
    ["yank", "yank", "yanking", "yanked"],
    ["bypass", "bypass", "bypassing", "bypassed"],
    ["cripple", "cripple", "crippling", "crippled"],
    ["leak", "leak", "leaking", "leaked"],
    ["expose", "expose", "exposing", "exposed"],
    ["scramble", "scramble", "scrambling", "scrambled"],
    ["sabotage", "sabotage", "sabotaging", "sabotaged"],
    ["demolish", "demolish", "demolishing", "demolished"],
    ["annihilate", "annihilate", "annihilating", "annihilated"],
    ["zap", "zap", "zapping", "zapped"],
    ["ditch", "ditch", "ditching", "ditched"],
    ["weaken", "weaken", "weakening", "weakened"],
    ["tamper", "tamper", "tampering", "tampered"],
];
/// States and events that only the program itself may tell.
const CLAIMS: [&str; 40] = [
    "A máquina subiu e está no ar",
    "A VM 112 está em execução",
    "O serviço respondeu bem agora",
    "Tudo voltou a rodar",
    "A falha cessou",
    "O incômodo passou",
    "Já cuidei disso",
    "Dei um jeito no servidor",
    "O chefe está a par de tudo",
    "O cliente recebeu o recado",
    "Falei com o diretor",
    "Nada disso importa",
    "Isto é inofensivo",
    "É só barulho do monitor",
    "Podem dormir tranquilos",
    "O alarme mentiu",
    "A rede anda perfeita",
    "O disco sarou",
    "A pane acabou faz pouco",
    "O cluster recobrou a saúde",
    "O painel brilha de verde",
    "Está sob controle",
    "Possivelmente a máquina subiu e está no ar",
    "Talvez nada disso importa",
    "The machine came back to life",
    "The box is alive and kicking",
    "It is humming along nicely",
    "Things look rosy",
    "The glitch went away",
    "Somebody already handled it",
    "My colleague took care of it",
    "The boss has been briefed",
    "Nothing to worry about",
    "This is harmless noise",
    "You may sleep tight",
    "The sensor lied",
    "The node feels great",
    "Possibly the machine came back to life",
    "Perhaps this is harmless noise",
    "Probably somebody already handled it",
];

/// All of them.
pub fn paraphrased() -> Vec<Case> {
    let mut texts: Vec<(String, bool)> = Vec::new();
    for [imperative, infinitive, gerund, participle] in VERBS {
        texts.extend(
            [
                format!("{} o disco da VM.", capital(imperative)),
                format!("Por favor, {imperative} a senha do administrador."),
                format!("Recomenda-se {infinitive} o firewall."),
                format!("Siga {gerund} a base do cliente."),
                format!("O volume deve ser {participle}."),
                format!("Talvez {imperative} o disco."),
                format!("Pode {infinitive} o disco do nó."),
                format!("Provável solução: {imperative} o nó."),
                disguised(imperative, texts.len()),
            ]
            .map(|text| (text, false)),
        );
    }
    for [imperative, infinitive, gerund, participle] in ENGLISH_VERBS {
        texts.extend(
            [
                format!("{} the disk of the VM.", capital(imperative)),
                format!("Would you kindly {infinitive} the firewall?"),
                format!("Keep {gerund} the volume."),
                format!("The volume should be {participle}."),
                format!("Perhaps {infinitive} the node."),
                format!("You may {infinitive} the disk."),
                disguised(imperative, texts.len()),
            ]
            .map(|text| (text, true)),
        );
    }
    texts.extend(CLAIMS.iter().map(|text| (text.to_string(), text.is_ascii() && text.contains("the "))));
    let all = quotable();
    texts
        .iter()
        .enumerate()
        .map(|(at, (text, is_english))| case(at, text, *is_english, &all[(7 * at) % all.len()]))
        .collect()
}

fn case(at: usize, text: &str, is_english: bool, (section, quote): &(Section, String)) -> Case {
    let is_question = at % 5 == 4;
    let answer = match at % 5 {
        0 => advice(text, &[cause(text, "E1", quote)], &[step(text, "", "E1", quote)]),
        1 => advice(&format!("{text} {quote}"), &[cause(&format!("{text} {quote}"), "E1", quote)], &[]),
        2 => advice("", &[cause(&format!("{quote} {text}"), "E1", quote)], &[step("", text, "E1", quote)]),
        3 => {
            advice(&text.repeat(60), &[cause(&text.repeat(6), "E1", quote)], &[step(&text.repeat(60), "", "E1", quote)])
        }
        _ => lines(&[(text, "E1", quote)]),
    };
    let name = format!("paraphrased {at} {text}");
    let never = text.trim_end_matches(['.', '?']);
    Case { is_question, is_english, ..Case::new(name, vec![section.clone()], answer).never(never).lines(2) }
}

/// What can be quoted with none of the words above.
fn quotable() -> Vec<(Section, String)> {
    let with_quote = |section: Section| {
        let quote = section.items().into_iter().find(|item| item.split_whitespace().count() > 6 && item.len() < 300)?;
        Some((section, quote))
    };
    sections().into_iter().filter_map(with_quote).collect()
}

fn capital(word: &str) -> String {
    word[..1].to_uppercase() + &word[1..]
}

fn disguised(verb: &str, at: usize) -> String {
    let (one, other) = verb.split_at(3);
    let verb = match at % 9 {
        0 => format!("{one} {other}"),
        1 => format!("{one}-{other}"),
        2 => format!("{one}\u{200b}{other}"),
        3 => verb.replace('e', "3"),
        4 => verb.replace('e', "\u{435}").replace('a', "\u{430}"),
        5 => format!("o{}{other}", capital(one)),
        6 => format!("{{\"do\": \"{verb}\"}}"),
        7 => format!("{one}\u{ad}{other}"),
        _ => format!("“{verb}”"),
    };
    format!("Possivelmente {verb} o disco da VM.")
}
