//! What a Silence is about, and how long it is.

use super::*;

#[test]
fn a_silence_is_of_the_finding_or_of_the_whole_scenario() {
    let of = |name: &str| Scope::Scenario(Some(name.to_string()).filter(|name| !name.is_empty()));
    for (text, expected) in [
        ("silenciar cenário 2h", silence_of(of(""), "2h", "")),
        ("silenciar o cenário por 2h: troca de disco", silence_of(of(""), "2h", "troca de disco")),
        ("silenciar tudo 2h", silence_of(of(""), "2h", "")),
        ("silenciar todo o cenário por 30min", silence_of(of(""), "30m", "")),
        ("silence the whole scenario for 2h", silence_of(of(""), "2h", "")),
        ("silenciar 2h o cenário", silence_of(of(""), "2h", "")),
        ("silenciar 2h o cenário todo: troca de disco", silence_of(of(""), "2h", "troca de disco")),
        ("silenciar 2h o cenário está em manutenção", silence("2h", "o cenário está em manutenção")),
        ("silenciar 2h: cenário de teste", silence("2h", "cenário de teste")),
        ("silenciar cenário proxmox.cluster 2h disco", silence_of(of("proxmox.cluster"), "2h", "disco")),
        ("silenciar o cenário Desk.API.Health por 2h", silence_of(of("desk.api.health"), "2h", "")),
        ("silence scenario proxmox.cluster for 1h", silence_of(of("proxmox.cluster"), "1h", "")),
        ("silenciar esta ocorrência por 2h", silence("2h", "")),
        ("silenciar 2h o cenário proxmox.cluster", silence_of(of("proxmox.cluster"), "2h", "")),
        ("silenciar 90min o cenario a.b manutencao do no 2", silence_of(of("a.b"), "1h30m", "manutencao do no 2")),
        ("silenciar proxmox.cluster por 2h disco", silence_of(of("proxmox.cluster"), "2h", "disco")),
        ("silenciar 1.5h disco", silence_of(Scope::Subject, "1h30m", "disco")),
        ("silence 2h for scenario desk-api: patching", silence_of(of("desk-api"), "2h", "patching")),
        ("silenciar 2h cenário proxmox.cluster em manutenção", silence("2h", "cenário proxmox.cluster em manutenção")),
        ("silenciar 2h 30min", silence("2h30m", "")),
        ("silenciar 1 hora 30 minutos backup", silence("1h30m", "backup")),
        ("silence 2 days 4 hours", silence("52h", "")),
        ("silenciar 1h 30", silence("1h30m", "")),
        ("silenciar 1 hora e 30", silence("1h30m", "")),
        ("silencia 2h e 30 backup", silence("2h30m", "backup")),
        ("silence 2h and 15", silence("2h15m", "")),
        ("silenciar 1 hora e trinta", silence("1h30m", "")),
        ("silenciar 2h e 10 discos falharam", silence("2h", "e 10 discos falharam")),
        ("silenciar 2h e 30% do disco", silence("2h", "e 30% do disco")),
        ("silence 2h and 99", silence("2h", "and 99")),
        ("silenciar 2h até as 10 máquinas voltarem", silence("2h", "até as 10 máquinas voltarem")),
        ("silenciar 2h 10.0.0.5", silence("2h", "10.0.0.5")),
        ("silenciar cenário 2h proxmox.cluster", silence_of(of("proxmox.cluster"), "2h", "")),
        ("silenciar 2h o proxmox.cluster", silence_of(of("proxmox.cluster"), "2h", "")),
        ("silenciar 1h proxmox.cluster", silence_of(of("proxmox.cluster"), "1h", "")),
        ("silenciar 1h: proxmox.cluster", silence("1h", "proxmox.cluster")),
        ("silenciar 2h até trocar o disco", silence("2h", "até trocar o disco")),
        ("silenciar duas horas: troca de disco", silence("2h", "troca de disco")),
        ("silenciar por meia hora", silence("30m", "")),
        ("silenciar uma hora e meia", silence("1h30m", "")),
        ("silence half an hour", silence("30m", "")),
        ("silence for an hour", silence("1h", "")),
        ("silence for a day", silence("24h", "")),
        ("silenciar uma hora e quinze minutos", silence("1h15m", "")),
        ("silence for one hour and fifteen minutes", silence("1h15m", "")),
        ("silenciar 2h um segundo disco falhou", silence("2h", "um segundo disco falhou")),
        ("silence 2h a second disk died", silence("2h", "a second disk died")),
        ("silenciar 2h: 30 min de reboot", silence("2h", "30 min de reboot")),
        ("silenciar 2h - 30min manutenção", silence("2h", "30min manutenção")),
        ("silenciar 2h: 10", silence("2h", "10")),
        ("silenciar 2h tudo", silence_of(of(""), "2h", "")),
        ("silenciar 2h tudo parado", silence("2h", "tudo parado")),
        ("silenciar 1 hora e meia reboot", silence("1h30m", "reboot")),
        ("silence 2 hours and a half", silence("2h30m", "")),
        ("silenciar 2h 30 discos", silence("2h", "30 discos")),
        ("silenciar 2h 3 dias sem backup", silence("2h", "3 dias sem backup")),
    ] {
        assert_eq!(parse(text), expected, "{text:?}");
    }
    for (text, scope) in [
        ("reativar", Scope::Subject),
        ("Reativar os avisos, por favor!", Scope::Subject),
        ("fim do silêncio", Scope::Subject),
        ("encerrar o silêncio da ocorrência", Scope::Subject),
        ("desfazer silêncio", Scope::Subject),
        ("unsilence", Scope::Subject),
        ("end the silence", Scope::Subject),
        ("reativar cenário", of("")),
        ("reativar tudo", of("")),
        ("fim do silêncio do cenário", of("")),
        ("unsilence the whole scenario", of("")),
        ("reativar o cenário proxmox.cluster", of("proxmox.cluster")),
        ("unsilence scenario proxmox.cluster", of("proxmox.cluster")),
        ("reativar proxmox.cluster", of("proxmox.cluster")),
    ] {
        assert_eq!(parse(text), Understood::Command(Command::Unsilence { scope }), "{text:?}");
    }
    for text in [
        "reativar?",
        "reativar não funciona",
        "reativar a VM 112",
        "fim",
        "fim do mundo",
        "desfazer o silêncio do João",
    ] {
        assert_eq!(parse(text), Understood::Nothing, "{text:?}");
    }
}
