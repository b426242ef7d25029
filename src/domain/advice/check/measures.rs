//! Numbers and units of measure, in both languages.

/// One name for each unit. `is_glued` if it follows the number without a space, where single letters are units, too. `word` is in lower
/// case, without accents.
pub fn unit(word: &str, is_glued: bool) -> Option<&'static str> {
    Some(match word {
        "s" | "seg" | "segs" | "segundo" | "segundos" | "sec" | "secs" | "second" | "seconds" => "s",
        "ms" | "milissegundo" | "milissegundos" | "millisecond" | "milliseconds" => "ms",
        "min" | "mins" | "minuto" | "minutos" | "minute" | "minutes" => "min",
        "h" | "hs" | "hr" | "hrs" | "hora" | "horas" | "hour" | "hours" => "h",
        "dia" | "dias" | "day" | "days" => "d",
        "semana" | "semanas" | "week" | "weeks" => "week",
        "mes" | "meses" | "month" | "months" => "month",
        "ano" | "anos" | "year" | "years" => "year",
        "%" | "percent" | "porcento" | "percentual" => "%",
        "byte" | "bytes" => "b",
        "kb" | "kib" | "kilobyte" | "kilobytes" => "kb",
        "mb" | "mib" | "megabyte" | "megabytes" => "mb",
        "gb" | "gib" | "gigabyte" | "gigabytes" | "giga" | "gigas" => "gb",
        "tb" | "tib" | "terabyte" | "terabytes" => "tb",
        "bps" | "kbps" | "mbps" | "gbps" => "bps",
        "°c" | "graus" | "degrees" => "°c",
        "hz" | "khz" | "mhz" | "ghz" => "hz",
        "d" if is_glued => "d",
        "k" if is_glued => "kb",
        "m" if is_glued => "mb",
        "g" if is_glued => "gb",
        "t" if is_glued => "tb",
        _ => return None,
    })
}

/// The value of a number in words, without accents.
pub fn in_words(word: &str) -> Option<&'static str> {
    const WORDS: &[(&str, &[&str])] = &[
        ("1", &["um", "uma", "one"]),
        ("2", &["dois", "duas", "two"]),
        ("3", &["tres", "three"]),
        ("4", &["quatro", "four"]),
        ("5", &["cinco", "five"]),
        ("6", &["seis", "six"]),
        ("7", &["sete", "seven"]),
        ("8", &["oito", "eight"]),
        ("9", &["nove", "nine"]),
        ("10", &["dez", "ten"]),
        ("11", &["onze", "eleven"]),
        ("12", &["doze", "twelve"]),
        ("15", &["quinze", "fifteen"]),
        ("20", &["vinte", "twenty"]),
        ("24", &["vinte-e-quatro", "twenty-four"]),
        ("30", &["trinta", "thirty"]),
        ("40", &["quarenta", "forty"]),
        ("45", &["quarenta-e-cinco", "forty-five"]),
        ("50", &["cinquenta", "fifty"]),
        ("60", &["sessenta", "sixty"]),
        ("70", &["setenta", "seventy"]),
        ("80", &["oitenta", "eighty"]),
        ("90", &["noventa", "ninety"]),
        ("100", &["cem", "hundred"]),
        ("1000", &["mil", "thousand"]),
    ];
    WORDS.iter().find(|(_, words)| words.contains(&word)).map(|(value, _)| *value)
}

/// A number at the beginning of `text`, with a full stop for a decimal comma, and what follows it.
pub fn number(text: &str) -> Option<(String, &str)> {
    let mut end = 0;
    let bytes = text.as_bytes();
    while let Some(byte) = bytes.get(end) {
        let is_point = matches!(byte, b'.' | b',') && end > 0 && bytes.get(end + 1).is_some_and(u8::is_ascii_digit);
        if !byte.is_ascii_digit() && !is_point {
            break;
        }
        end += 1;
    }
    let (digits, rest) = text.split_at_checked(end)?;
    (!digits.is_empty()).then(|| (digits.replace(',', "."), rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_units() {
        assert_eq!(number("95,2%"), Some(("95.2".into(), "%")));
        assert_eq!(number("10.10.10.1:80"), Some(("10.10.10.1".into(), ":80")));
        assert_eq!(number("3. x"), Some(("3".into(), ". x")));
        assert_eq!(number("x3"), None);
        assert_eq!((unit("minutos", false), unit("g", false), unit("g", true)), (Some("min"), None, Some("gb")));
        assert_eq!(in_words("tres"), Some("3"));
    }
}
