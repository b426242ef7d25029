//! Log lines. What comes from outside can neither begin a new line nor control a terminal, and secrets are redacted.

use crate::domain::printable::{one_line, printable};
use crate::domain::redact::KnownSecrets;
use std::borrow::Cow;
use std::fmt;
use std::io::{self, IsTerminal as _, Write};
use std::sync::OnceLock;
use tracing::field::Field;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::field::MakeExt as _;
use tracing_subscriber::field::delimited::Delimited;
use tracing_subscriber::fmt::format::{FieldFn, Writer, debug_fn};

/// Format of log lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum LogFormat {
    #[default]
    Text,
    Json,
}

/// The Kubernetes client logs failed connections that its callers log too.
const FILTER: &str = "warn,kube_client=off,agentic_ops=info";

/// What is redacted in log lines; empty until it is known.
static SECRETS: OnceLock<KnownSecrets> = OnceLock::new();

/// Redacts these secrets in the log from now on. The log is that of the process: only the first call takes effect.
pub fn redact_logs(secrets: KnownSecrets) {
    let _ = SECRETS.set(secrets);
}

/// A text from outside without secrets and without control characters.
fn shown(text: &str) -> Cow<'_, str> {
    SECRETS.get().map_or_else(|| printable(text), |secrets| secrets.redact(text))
}

/// Sends log lines to standard error: `info` of this program and warnings of its libraries, or as RUST_LOG says.
pub fn init_logging(format: LogFormat) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(FILTER));
    let builder = tracing_subscriber::fmt().with_env_filter(filter);
    match format {
        LogFormat::Text => builder
            .with_target(false)
            .with_ansi(io::stderr().is_terminal())
            .fmt_fields(fields())
            .with_writer(io::stderr)
            .init(),
        LogFormat::Json => builder.json().with_writer(|| PrintableWriter(io::stderr())).init(),
    }
}

type WriteField = fn(&mut Writer<'_>, &Field, &dyn fmt::Debug) -> fmt::Result;

/// The fields of a line of text: the message, and `name=value` of others.
fn fields() -> Delimited<&'static str, FieldFn<WriteField>> {
    debug_fn(write_field as WriteField).delimited(" ")
}

fn write_field(writer: &mut Writer<'_>, field: &Field, value: &dyn fmt::Debug) -> fmt::Result {
    let value = format!("{value:?}");
    let value = shown(&value);
    match field.name() {
        "message" => write!(writer, "{}", one_line(&value)),
        name => write!(writer, "{name}={}", one_line(&value)),
    }
}

/// Replaces what is not printable, except line ends. JSON has escapes for control characters of ASCII only.
struct PrintableWriter<W>(W);

impl<W: Write> Write for PrintableWriter<W> {
    /// Takes all of `line`: a line is written at once.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.0.write_all(shown(&String::from_utf8_lossy(line)).as_bytes())?;
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::redact::Source;
    use std::sync::{Arc, Mutex};

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// What stands in the log after a line with a value from outside.
    fn logged(format: LogFormat) -> String {
        logged_by(format, || {
            let (outside, name) = ("a\u{1b}[2J\nb\u{9b}c\u{202e}d", "n\r\n");
            tracing::warn!(error = %outside, name, count = 3, "it said {outside}");
        })
    }

    fn logged_by(format: LogFormat, log: impl Fn()) -> String {
        let lines = Lines::default();
        let writer = lines.clone();
        let builder = tracing_subscriber::fmt().with_ansi(false).with_target(false);
        match format {
            LogFormat::Text => {
                let log_to = builder.fmt_fields(fields()).with_writer(move || writer.clone()).finish();
                tracing::subscriber::with_default(log_to, log);
            }
            LogFormat::Json => {
                let log_to = builder.json().with_writer(move || PrintableWriter(writer.clone())).finish();
                tracing::subscriber::with_default(log_to, log);
            }
        }
        let bytes = lines.0.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn secrets_are_redacted_in_both_formats() {
        let secrets = KnownSecrets::default();
        secrets.set(Source::Program, ["n\"ame-\\of-a-token/1".to_string()]);
        redact_logs(secrets);
        for format in [LogFormat::Text, LogFormat::Json] {
            let text = logged_by(
                format,
                || tracing::warn!(error = %"was n\"ame-\\of-a-token/1", "n\"ame-\\of-a-token/1 it is"),
            );
            assert!(!text.contains("of-a-token") && text.matches("***").count() == 2, "{text}");
        }
    }

    #[test]
    fn text_from_outside_begins_no_line_and_has_no_control_characters() {
        let text = logged(LogFormat::Text);
        assert!(text.contains("it said a\u{fffd}[2J\u{fffd}b\u{fffd}c\u{fffd}d "), "{text}");
        assert!(text.contains(" error=a\u{fffd}[2J\u{fffd}b") && text.contains("name=\"n\\r\\n\" count=3"), "{text}");
        for text in [text, logged(LogFormat::Json)] {
            assert_eq!(text.lines().count(), 1, "{text}");
            let rest = text.trim_end_matches('\n');
            assert!(rest.chars().all(crate::domain::printable::is_printable), "{rest:?}");
        }
    }
}
