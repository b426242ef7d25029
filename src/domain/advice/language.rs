//! Whether a text is in the language that people read.

use crate::domain::texts::Language;
use whatlang::Lang;

/// Texts with fewer letters are accepted: they are too short to tell.
pub const LETTERS_MIN: usize = 40;
/// Of shorter texts the language is often guessed wrongly.
const SURE_MIN: usize = 90;

/// Short words that tell related languages apart, without accents.
const PORTUGUESE: &[&str] = &[
    "nao", "do", "da", "dos", "das", "na", "nos", "nas", "em", "um", "uma", "ao", "os", "ou", "sao", "com", "seu",
    "foi", "tem", "pelo", "pela", "mais", "ja", "isso", "ela", "ele", "pode", "quando", "apos", "veja", "so", "esta",
    "e", "o", "as", "para", "estao", "a", "no", "de", "que", "se", "sem", "mas", "por",
];
const ENGLISH: &[&str] = &[
    "the", "is", "are", "of", "and", "to", "in", "it", "for", "on", "if", "or", "was", "has", "with", "that", "this",
    "not", "by", "from", "be", "its", "at", "an", "can", "may", "a", "no", "then", "only",
];
const SPANISH: &[&str] = &[
    "el", "la", "los", "las", "y", "es", "del", "una", "con", "en", "al", "lo", "su", "pero", "hay", "sin", "muy",
    "cuando", "esta", "un", "para", "este", "si", "puede", "fue", "a", "no", "de", "que", "se", "por",
];
const OTHERS: &[&[&str]] = &[
    // Italian, French and German.
    &[
        "il", "gli", "di", "della", "del", "non", "che", "una", "per", "con", "sono", "nel", "si", "la", "le", "lo",
        "dei", "e",
    ],
    &[
        "le", "la", "les", "des", "et", "est", "une", "un", "du", "dans", "pour", "pas", "sur", "avec", "que", "en",
        "au", "il",
    ],
    &[
        "der", "die", "das", "und", "ist", "nicht", "ein", "eine", "zu", "mit", "auf", "den", "von", "im", "dem",
        "wird", "oder",
    ],
];

/// Whether a text is in `language`. Short texts, and those that could be, are accepted: names and commands look like any language.
pub fn is_in(text: &str, language: Language) -> bool {
    let letters = text.chars().filter(|c| c.is_alphabetic()).count();
    if letters < LETTERS_MIN {
        return true;
    }
    let expected_lang = match language {
        Language::Portuguese => Lang::Por,
        Language::English => Lang::Eng,
    };
    let Some(found) = whatlang::detect(text) else { return false };
    if found.script() != whatlang::Script::Latin {
        return false;
    }
    let words: Vec<String> =
        text.split(|c: char| !c.is_alphabetic()).filter(|word| !word.is_empty()).map(fold).collect();
    let count = |marks: &[&str]| words.iter().filter(|word| marks.contains(&word.as_str())).count();
    let (portuguese, english, spanish) = (count(PORTUGUESE), count(ENGLISH), count(SPANISH));
    let others = OTHERS.iter().map(|marks| count(marks)).max().unwrap_or_default();
    let (expected, rival) = match language {
        Language::Portuguese => (portuguese, english.max(spanish).max(others)),
        Language::English => (english, portuguese.max(spanish).max(others)),
    };
    // Words that languages share do not decide, but many more of another one do.
    if found.lang() == expected_lang {
        expected * 2 >= rival
    } else if letters < SURE_MIN && !found.is_reliable() {
        expected >= rival
    } else {
        expected > rival && expected * 8 >= words.len()
    }
}

/// Lower case, without accents.
pub(super) fn fold(text: &str) -> String {
    let decomposed = icu_normalizer::DecomposingNormalizerBorrowed::new_nfd().normalize(text).to_lowercase();
    decomposed.chars().filter(|c| !matches!(c, '\u{300}'..='\u{36f}')).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PORTUGUESE_TEXTS: &[&str] = &[
        "O processo parou ou a VM 122 está desligada; verifique o nó do Proxmox.",
        "o processo da api parou, veja se a vm esta ligada e leia o log do servico",
        "Reinicie o pveproxy e o pvedaemon: isso não afeta as máquinas virtuais.",
        "Confira disco e memória com df e free antes de reiniciar qualquer serviço.",
        "A ponte responde com erro interno; confira o contêiner e o certificado.",
        "Verifique se o container docker do bridge esta parado e reinicie o systemd service",
        "Espaço em disco insuficiente no servidor de banco de dados do Desk.",
    ];
    const ENGLISH_TEXTS: &[&str] = &[
        "The process has stopped, or the virtual machine is switched off.",
        "Check whether the container is running, and read the last lines of its log.",
        "The quorum of the cluster is lost; restore the network between the nodes first.",
        "Disk full: free space before restarting anything on that host.",
    ];

    #[test]
    fn texts_in_the_language_are_accepted() {
        for text in PORTUGUESE_TEXTS {
            assert!(is_in(text, Language::Portuguese), "{text}");
        }
        for text in ENGLISH_TEXTS {
            assert!(is_in(text, Language::English), "{text}");
        }
    }

    #[test]
    fn texts_in_another_language_are_not() {
        for text in ENGLISH_TEXTS.iter().chain(&[
            "El proceso se ha detenido o la máquina virtual está apagada; revise el nodo y los registros.",
            "Compruebe si la máquina está encendida y reinicie el servicio con cuidado, pero sin borrar los datos.",
            "Le processus est arrêté ou la machine virtuelle est éteinte, vérifiez le journal du serveur.",
            "Der Prozess ist beendet oder die virtuelle Maschine ist ausgeschaltet, bitte das Protokoll lesen.",
            "Il processo si è fermato o la macchina virtuale è spenta, controlla il registro del servizio.",
            "Процесс остановлен или виртуальная машина выключена, проверьте журнал сервера.",
            "进程已停止或虚拟机已关闭请检查服务器日志然后重新启动服务并确认结果如果仍然失败请联系负责人处理该问题谢谢大家的合作",
        ]) {
            assert!(!is_in(text, Language::Portuguese), "{text}");
        }
        for text in PORTUGUESE_TEXTS {
            assert!(!is_in(text, Language::English), "{text}");
        }
    }

    #[test]
    fn short_texts_are_accepted() {
        assert!(is_in("Restart the service.", Language::Portuguese));
        assert!(is_in("", Language::English));
    }
}
