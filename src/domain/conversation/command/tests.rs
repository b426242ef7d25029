//! What is a command, a question, or neither.

mod silences;
mod vocabulary;

use super::*;
use crate::domain::duration;
use proptest::prelude::*;

fn ack(note: &str) -> Understood {
    Understood::Command(Command::Acknowledge { note: Some(note.to_string()).filter(|note| !note.is_empty()) })
}

fn take_over(note: &str) -> Understood {
    Understood::Command(Command::TakeOver { note: Some(note.to_string()).filter(|note| !note.is_empty()) })
}

fn run(scenario: &str) -> Understood {
    Understood::Command(Command::Run { scenario: Some(scenario.to_string()).filter(|name| !name.is_empty()) })
}

fn silence(duration: &str, reason: &str) -> Understood {
    silence_of(Scope::Subject, duration, reason)
}

fn silence_of(scope: Scope, duration: &str, reason: &str) -> Understood {
    let reason = Some(reason.to_string()).filter(|reason| !reason.is_empty());
    Understood::Command(Command::Silence { scope, duration: duration.into(), reason })
}

fn status(of: &str) -> Understood {
    Understood::Question(Question::Status { of: Some(of.to_string()).filter(|of| !of.is_empty()) })
}

#[test]
fn commands_are_recognised_in_both_languages() {
    let unack = Understood::Command(Command::Unacknowledge);
    for (text, expected) in [
        ("ack", ack("")),
        ("ACK!", ack("")),
        ("/ack", ack("")),
        ("  Ack.  ", ack("")),
        ("ack troca de disco em curso", ack("troca de disco em curso")),
        ("ack: não volta hoje", ack("não volta hoje")),
        ("Ack - Não volta hoje.", ack("Não volta hoje.")),
        ("ack, se voltar eu olho", ack("se voltar eu olho")),
        ("Reconhecer", ack("")),
        ("RECONHEÇA, por favor", ack("")),
        ("por favor, reconhecer Ação em curso", ack("Ação em curso")),
        ("ciente", ack("")),
        ("ok, ciente", ack("")),
        ("Certo. Ack: vou olhar", ack("vou olhar")),
        ("Estou ciente: vou olhar", ack("vou olhar")),
        ("reconhecido", ack("")),
        ("Reconhecido, vou olhar", ack("vou olhar")),
        ("ack por enquanto", ack("por enquanto")),
        ("ack por um segundo disco com defeito", ack("por um segundo disco com defeito")),
        ("ack one sec", ack("one sec")),
        ("ciente um minuto", ack("um minuto")),
        ("bom dia, ciente: vou olhar", ack("vou olhar")),
        ("ack por enquanto, 3 VMs fora", ack("por enquanto, 3 VMs fora")),
        ("ack for VM 112", ack("for VM 112")),
        ("ciente por 2 motivos", ack("por 2 motivos")),
        ("ack até resolver", ack("até resolver")),
        ("ack that", ack("that")),
        ("acknowledge that, thanks", ack("that, thanks")),
        ("ack como combinado", ack("como combinado")),
        ("estou ciente de tudo isso", ack("de tudo isso")),
        ("ack: até as 6h volto", ack("até as 6h volto")),
        ("ack tudo certo agora", ack("tudo certo agora")),
        ("ciente e já olhando", ack("e já olhando")),
        ("ack e vou reiniciar o nó", ack("e vou reiniciar o nó")),
        ("ciente que o nó caiu", ack("que o nó caiu")),
        ("reconheço esta ocorrência", ack("esta ocorrência")),
        ("ciente do problema, já estou olhando", ack("do problema, já estou olhando")),
        ("acknowledge I am on it", ack("I am on it")),
        ("@pulso ack", ack("")),
        ("\n\n ack \nvou olhar", ack("vou olhar")),
        ("ack vou olhar", ack("vou olhar")),
        ("ack de novo, já vi", ack("de novo, já vi")),
        ("ack vou olhar\nvolto às 15h\n> o que foi dito\n--\nAna", ack("vou olhar\nvolto às 15h")),
        ("silenciar 2h troca de disco\ne de memória", silence("2h", "troca de disco\ne de memória")),
        ("unack", unack.clone()),
        ("desfazer ack", unack.clone()),
        ("Desfazer o reconhecimento.", unack.clone()),
        ("undo the ack please", unack.clone()),
        ("assumir", take_over("")),
        ("assumi, já estou no console", take_over("já estou no console")),
        ("ok, assumo", take_over("")),
        ("pode deixar", take_over("")),
        ("pode deixar comigo: vou trocar o disco", take_over("vou trocar o disco")),
        ("deixa comigo", take_over("")),
        ("On it!", take_over("")),
        ("I'll take it, checking the disk", take_over("checking the disk")),
        ("I will take this one", take_over("")),
        ("already on it", take_over("")),
        ("ok, deixa isso comigo", take_over("")),
        ("Eu assumo.", take_over("")),
        ("já assumo essa ocorrência, por favor", take_over("")),
        ("assumo isso agora", take_over("")),
        ("assumo, vou olhar o disco", take_over("vou olhar o disco")),
        ("assumir o caso: troca de disco\nsda tem setores ruins", take_over("troca de disco\nsda tem setores ruins")),
        ("take it over, please", take_over("")),
        ("take over this alert", take_over("")),
        ("devolver", Understood::Command(Command::Release)),
        ("Devolvo o caso.", Understood::Command(Command::Release)),
        ("release it", Understood::Command(Command::Release)),
        ("run", run("")),
        ("rodar", run("")),
        ("Rodar agora, por favor!", run("")),
        ("executar de novo", run("")),
        ("run desk.api.health", run("desk.api.health")),
        ("executar o cenário Desk.API.Health.", run("desk.api.health")),
        ("rode proxmox.cluster agora", run("proxmox.cluster")),
        ("silenciar 2h", silence("2h", "")),
        ("SILENCIAR 2H: troca de disco", silence("2h", "troca de disco")),
        ("silence for 90 minutes maintenance window", silence("1h30m", "maintenance window")),
        ("silenciar por 1 hora e 30 minutos manutenção", silence("1h30m", "manutenção")),
        ("silenciar 1h30", silence("1h30m", "")),
        ("silenciar 1,5h", silence("1h30m", "")),
        ("silencie os avisos por 2 dias, manutenção", silence("48h", "manutenção")),
        ("silenciar 30d", silence("720h", "")),
        ("silenciar 1 semana", silence("168h", "")),
        ("mute 1m", silence("1m", "")),
    ] {
        assert_eq!(parse(text), expected, "{text:?}");
    }
}

#[test]
fn questions_are_recognised_in_both_languages() {
    let of = Understood::Question;
    for (text, expected) in [
        ("status", status("")),
        ("Status?", status("")),
        ("oi, status", status("")),
        ("Bom dia! Como está o cluster?", status("cluster")),
        ("já voltou?", status("")),
        ("tá resolvido?", status("")),
        ("desde qdo ta fora?", status("")),
        ("quem ta vendo isso?", status("")),
        ("como ta o pfsense", status("pfsense")),
        ("e ai, como ta?", status("")),
        ("o que ta aberto", of(Question::Open)),
        ("oq ta quebrado", of(Question::Open)),
        ("tem mais coisa quebrada?", of(Question::Open)),
        ("como estao as coisas?", of(Question::Open)),
        ("o q fazer", of(Question::Runbook)),
        ("oque fazer?", of(Question::Runbook)),
        ("oq eu faço", of(Question::Runbook)),
        ("is it back?", status("")),
        ("e aí, abertos?", of(Question::Open)),
        ("e agora?", of(Question::Runbook)),
        ("qual é o status?", status("")),
        ("como está?", status("")),
        ("como está agora?", status("")),
        ("como está o cluster?", status("cluster")),
        ("How is the cluster doing?", status("cluster")),
        ("como está a API de pagamentos do painel?", status("API de pagamentos do painel")),
        ("status de desk.api.health", status("desk.api.health")),
        ("Qual o status do cenário proxmox.cluster?", status("proxmox.cluster")),
        ("what is the status of proxmox.cluster?", status("proxmox.cluster")),
        ("status do Escudo Mail", status("Escudo Mail")),
        ("Situação da A1", status("A1")),
        ("abertos", of(Question::Open)),
        ("O que está aberto?", of(Question::Open)),
        ("open findings", of(Question::Open)),
        ("runbook", of(Question::Runbook)),
        ("o que fazer?", of(Question::Runbook)),
        ("o que fazer agora?", of(Question::Runbook)),
        ("what to do now?", of(Question::Runbook)),
        ("What should I do?", of(Question::Runbook)),
        ("Ajuda!", of(Question::Help)),
        ("help", of(Question::Help)),
        ("?", of(Question::Help)),
    ] {
        assert_eq!(parse(text), expected, "{text:?}");
    }
}

#[test]
fn a_sentence_that_contains_such_a_word_is_no_command() {
    for text in [
        "não consigo dar ack?",
        "não consigo dar ack",
        "ack?",
        "posso dar ack?",
        "ack não funciona",
        "ack é ruim",
        "reconhecido por quem",
        "ack está quebrado",
        "ack está agora quebrado",
        "ack e\u{301} ruim",
        "reconheço que não sei o que é isso",
        "acknowledge that this is bad",
        "o ack não funciona",
        "ack foi feito por quem",
        "ack do João não apareceu",
        "ciente não, quem?",
        "ack quando resolver",
        "ack if it comes back",
        "ack isn't working",
        "assumir?",
        "assumo que é a rede",
        "assumi que era a rede",
        "Assumiu o caso?",
        "Assuma, por favor.",
        "@rui, assumir o caso",
        "pode deixar ligado",
        "pode deixar que o rui vê",
        "deixa o disco comigo?",
        "deixa assim",
        "take it easy",
        "I take it, the disk is dead",
        "pode deixar, o rui vai olhar",
        "pode deixar o alerta",
        "pode deixar isso",
        "assumi, mas já devolvi",
        "ok @rui, assumir o caso",
        "oi @rui, assumir o caso",
        "ok, roda o script",
        "ok, situação normalizada",
        "on it goes",
        "@rui take it over please",
        "caso eu assuma agora",
        "a assumir",
        "take over the world",
        "the takeover",
        "devolver o servidor ao fornecedor",
        "Devolvi.",
        "devolver: não sei",
        "release notes",
        "release",
        "The release.",
        "a release now",
        "rodar?",
        "run failed",
        "run for your life",
        "quem mandou rodar isso",
        "silence is golden",
        "silenciar 2h?",
        "silenciar foi um erro",
        "devo silenciar 2h",
        "desfazer",
        "desfazer tudo",
        "desfazer o ack do João",
        "> ack",
        "a\u{200b}ck",
        "packs",
        "status foi alterado",
        "oi",
        "",
        " \n ",
        "{\"command\": \"ack\"}",
    ] {
        assert_eq!(parse(text), Understood::Nothing, "{text:?}");
    }
}

#[test]
fn a_misspelt_command_is_suggested_and_not_carried_out() {
    for (text, meant) in [
        ("statsu", "status"),
        ("Statsu?", "status"),
        ("statu do cluster", "status do cluster"),
        ("akc", "ack"),
        ("akc vou olhar o disco da VM, volto às 15h", "ack vou olhar o disco da VM, volto às 15h"),
        ("silenciar2h", "silenciar 2h"),
        ("silenciar2h troca de disco", "silenciar 2h troca de disco"),
        ("silencair 2h", "silenciar 2h"),
        ("rodra", "rodar"),
        ("reconhcer vou ver", "reconhecer vou ver"),
        ("asumir", "assumir"),
        ("devovler", "devolver"),
        ("conselo", "conselho"),
        ("ajdua", "ajuda"),
    ] {
        assert_eq!(parse(text), Understood::Misspelt(meant.into()), "{text:?}");
        assert!(!is_understood(text) && is_understood(meant), "{text:?}");
    }
    for text in [
        "back to normal",
        "pack",
        "cliente ligou",
        "helm",
        "o que houve?",
        "voltou",
        "assumiu o rui",
        "bom dia",
        "e aí",
        "oi",
    ] {
        assert_eq!(parse(text), Understood::Nothing, "{text:?}");
    }
}

#[test]
fn lines_that_do_not_fit_into_a_note_are_left_out() {
    let long = format!("ack vou olhar\n{}\nfim", "x".repeat(2000));
    assert_eq!(parse(&long), ack("vou olhar"));
}

#[test]
fn a_wrong_argument_is_named() {
    let not = |text: &str| Understood::Invalid(ArgumentError::NotADuration(text.into()));
    let out = |text: &str| Understood::Invalid(ArgumentError::DurationOutOfRange(text.into()));
    for (text, expected) in [
        ("silenciar", Understood::Invalid(ArgumentError::NoDuration)),
        ("silenciar por", Understood::Invalid(ArgumentError::NoDuration)),
        ("silenciar 2x", not("2x")),
        ("silenciar 2", not("2")),
        ("silenciar 2 anos", not("2 anos")),
        ("silenciar 2 anos de manutenção", not("2 anos")),
        ("silenciar duas coisas", not("duas")),
        ("silenciar 1h 2h", not("1h 2h")),
        ("silenciar 1h 2h: troca de disco", not("1h 2h")),
        ("silenciar 2h 3 dias", not("2h 3 dias")),
        ("silence proxmox 2h", not("proxmox")),
        ("silenciar até as 8h", not("até as 8h")),
        ("silenciar cenário proxmox.cluster até as 8h", not("até as 8h")),
        ("silenciar cenário proxmox.cluster por 2x", not("2x")),
        ("silenciar 2h até amanhã", not("2h até amanhã")),
        ("silenciar 2h até amanhã às 8h: troca de disco", not("2h até amanhã às 8h")),
        ("silenciar proxmox.cluster até as 8h", not("até as 8h")),
        ("silenciar cenário proxmox.cluster 2 anos de obra", not("2 anos")),
        ("silenciar cenário proxmox.cluster", Understood::Invalid(ArgumentError::NoDuration)),
        ("silenciar tudo hoje à noite", not("hoje")),
        ("silenciar 1h30x", not("1h30x")),
        ("silenciar 400d", out("400d")),
        ("silenciar 31 dias", out("31 dias")),
        ("silenciar 10s", out("10s")),
        ("silenciar 0h", out("0h")),
        ("silenciar 99999999999999999999999999h", out("99999999999999999999999999h")),
        ("rodar desk_api", Understood::Invalid(ArgumentError::NotAScenario("desk_api".into()))),
        ("rodar ../secrets", run("secrets")),
        ("run a/b", Understood::Invalid(ArgumentError::NotAScenario("a/b".into()))),
    ] {
        assert_eq!(parse(text), expected, "{text:?}");
    }
    let long = format!("ack {}", "é".repeat(600));
    assert_eq!(parse(&long), Understood::Invalid(ArgumentError::NoteTooLong { bytes: 1200, max: 1024 }));
    let value = format!("silenciar 2{}", "x".repeat(5000));
    let Understood::Invalid(ArgumentError::NotADuration(named)) = parse(&value) else { panic!("{value}") };
    assert_eq!(named.chars().count(), 64);
}

#[test]
fn an_acknowledgement_for_a_time_or_of_several_says_so() {
    for text in [
        "ack até as 6h",
        "ack até 18:30",
        "ciente até amanhã às 6h",
        "estou ciente até as 6h",
        "ack até amanhã",
        "ack ate segunda",
        "ack until 8am",
        "ack 2h",
        "ack por 2 horas",
        "acknowledge until 6",
        "ack for 3 hours, rebooting",
    ] {
        assert_eq!(parse(text), Understood::Invalid(ArgumentError::NoEnd), "{text:?}");
    }
    for text in [
        "reconhecer todas",
        "ack tudo",
        "ack todas as ocorrências abertas",
        "ack all open findings",
        "ack all of them",
        "estou ciente de todas",
        "ack ambas",
    ] {
        assert_eq!(parse(text), Understood::Invalid(ArgumentError::OneAtATime), "{text:?}");
    }
    assert_eq!(parse("silenciar -2h"), Understood::Invalid(ArgumentError::NotADuration("-2h".into())));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_understood_within_bounds(text in "(ack|run|silenciar|status|rodar|ciente|unack|assumir|devolver|take over)?[\\PC\u{300}\u{202e}\n 0-9hdms.,:;?@/-]{0,80}") {
        match parse(&text) {
            Understood::Command(Command::Acknowledge { note: Some(note) }) => prop_assert!(note.len() <= NOTE_MAX && !note.is_empty()),
            Understood::Command(Command::TakeOver { note: Some(note) }) => prop_assert!(note.len() <= NOTE_MAX && !note.is_empty()),
            Understood::Command(Command::Run { scenario: Some(name) }) => prop_assert!(is_scenario_name(&name)),
            Understood::Command(Command::Silence { duration, .. }) => {
                prop_assert!(length::RANGE.contains(&duration::parse(&duration).unwrap()));
            }
            _ => {}
        }
        if text.ends_with('?') && !text.contains('\n') {
            prop_assert!(!matches!(parse(&text), Understood::Command(_)));
        }
    }
}
