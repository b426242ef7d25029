//! Why a database was not read.

use super::super::language::Language;
use super::super::validation::query;
use crate::domain::detail::SqliteCause;

pub(super) fn cause(language: Language, cause: &SqliteCause) -> String {
    match cause {
        SqliteCause::NotOffered => text!(
            language,
            "não está entre os arquivos liberados para as sondas (DESK_DB_PATH, AGENTIC_SQLITE_PATHS)",
            "not among the files offered to probes (DESK_DB_PATH, AGENTIC_SQLITE_PATHS)",
        ),
        SqliteCause::OwnFile => text!(
            language,
            "é um arquivo do próprio agentic-ops, que as sondas não podem ler",
            "a file of agentic-ops itself, which probes may not read",
        ),
        SqliteCause::NotAFile => text!(language, "não é um arquivo", "not a file"),
        SqliteCause::Replaced => text!(
            language,
            "outro arquivo tomou o seu lugar durante a abertura",
            "another file took its place while it was opened",
        ),
        SqliteCause::Query(error) => query(language, error),
        SqliteCause::TooManyRows { max } => text!(language, "mais de {max} linhas", "more than {max} rows"),
        SqliteCause::TooManyBytes { max } => {
            text!(language, "mais de {max} bytes de valores", "more than {max} bytes of values")
        }
        SqliteCause::ParameterCount { expected: 1, given } => text!(
            language,
            "a consulta tem 1 parâmetro, e foram informados {given}",
            "the query has 1 parameter, and {given} are given",
        ),
        SqliteCause::ParameterCount { expected, given } => text!(
            language,
            "a consulta tem {expected} parâmetros, e foram informados {given}",
            "the query has {expected} parameters, and {given} are given",
        ),
        SqliteCause::DuplicateColumn(name) => text!(
            language,
            "duas colunas se chamam {name:?}: diferencie-as com AS",
            "two columns are named {name:?}: rename one with AS",
        ),
        SqliteCause::Locked(time) => {
            let time = language.seconds(*time);
            text!(
                language,
                "tempo esgotado após {time}: o banco ficou bloqueado por outro processo durante toda a espera",
                "timeout after {time}: locked by another process for the whole wait",
            )
        }
        SqliteCause::LockedTooLong => text!(
            language,
            "a leitura com bloqueios, que fazem esperar quem grava, foi encerrada: sem o modo WAL, a consulta precisa terminar em 1 s",
            "reading under locks, for which the writer waits, was ended: without WAL mode the query must end within 1 s",
        ),
        SqliteCause::CannotOpen(message) => text!(
            language,
            "{message}; o banco e os arquivos -wal e -shm ao lado dele precisam ser legíveis para o agentic-ops",
            "{message}; the database and the -wal and -shm files next to it must be readable for agentic-ops",
        ),
        SqliteCause::WalWithoutIndex => text!(
            language,
            "há um arquivo -wal com dados, mas nenhum -shm: só o programa que grava no banco pode recuperá-lo, ao abri-lo",
            "there is a -wal file with data and no -shm file: only the program that writes to the database can recover it, by opening it",
        ),
        SqliteCause::Changing => text!(
            language,
            "o arquivo mudou sem parar enquanto era lido: use o modo WAL",
            "the file changed all the time while it was read: use WAL mode",
        ),
        SqliteCause::NotAuthorized(message) => {
            text!(language, "a consulta só pode ler ({message})", "the query may only read ({message})")
        }
        SqliteCause::QueryTooSlow(_)
        | SqliteCause::TimeLimit(_)
        | SqliteCause::OutOfMemory { .. }
        | SqliteCause::WorkerDied(_)
        | SqliteCause::NoWorker(_)
        | SqliteCause::Queued(_) => worker(language, cause),
    }
}

/// What a query took too much of, and what became of its worker process.
fn worker(language: Language, cause: &SqliteCause) -> String {
    match cause {
        SqliteCause::QueryTooSlow(time) => {
            let time = language.seconds(*time);
            text!(
                language,
                "tempo esgotado após {time}: a consulta demorou demais",
                "timeout after {time}: the query took too long",
            )
        }
        SqliteCause::TimeLimit(time) => {
            let time = language.seconds(*time);
            text!(
                language,
                "a consulta foi encerrada após {time}, o máximo permitido (AGENTIC_SQLITE_MAX_TIME)",
                "the query was ended after {time}, the most that is allowed (AGENTIC_SQLITE_MAX_TIME)",
            )
        }
        SqliteCause::OutOfMemory { mib } => text!(
            language,
            "a consulta precisa de mais de {mib} MiB de memória (AGENTIC_SQLITE_MEMORY_MIB)",
            "the query needs more than {mib} MiB of memory (AGENTIC_SQLITE_MEMORY_MIB)",
        ),
        SqliteCause::WorkerDied(status) => text!(
            language,
            "o processo que executava a consulta terminou antes da resposta ({status})",
            "the process that ran the query ended before it answered ({status})",
        ),
        SqliteCause::NoWorker(message) => text!(
            language,
            "nenhum processo pôde ser iniciado para a consulta: {message}",
            "no process could be started for the query: {message}",
        ),
        SqliteCause::Queued(time) => {
            let time = language.seconds(*time);
            text!(
                language,
                "outras consultas estavam em execução durante {time}",
                "other queries were running for {time}",
            )
        }
        _ => text!(language, "a consulta demorou demais", "the query took too long"),
    }
}
