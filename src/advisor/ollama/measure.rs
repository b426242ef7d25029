//! A call that is measured, for the self-test.

use super::{ChatRequest, Ollama, wire};
use crate::domain::model::{Measured, ModelFault, PROMPT_BYTES};
use serde_json::json;

/// Most tokens of the answer: enough to tell the speed.
const TOKENS: u64 = 64;

const SYSTEM: &str =
    "Você ajuda a equipe de plantão de uma empresa de hospedagem. Responda só com os números do texto, em JSON.";

/// What a runbook is like.
const SENTENCES: [&str; 8] = [
    "Verifique primeiro se a máquina virtual está ligada e se o disco tem espaço livre.",
    "O serviço grava os registros em /var/log/servico/erro.log; procure as últimas linhas com a palavra timeout.",
    "Se a fila de mensagens não diminui, reinicie somente o consumidor, nunca o banco de dados.",
    "A resposta 502 do proxy significa que a aplicação não atende na porta configurada.",
    "Execute `systemctl status servico` e anote há quanto tempo ele está ativo.",
    "Antes de restaurar uma cópia de segurança, avise o responsável pelo cliente e registre o horário.",
    "O certificado é renovado automaticamente trinta dias antes do vencimento.",
    "Quando nada disso resolve, chame a pessoa indicada na escala e descreva o que já foi tentado.",
];

impl Ollama {
    /// Loads the model, and asks it with a prompt of full length. `nonce` begins the prompt: it differs from call to call, so that
    /// nothing of an earlier evaluation is used again.
    pub async fn measure(&self, nonce: &str) -> Result<Measured, ModelFault> {
        let load = self.load().await?;
        let request = request(nonce);
        let body = wire::limited(&self.inner.model, self.inner.keep_alive, &request, TOKENS);
        let chat = self.streamed(&body, &|_| {}).await?.chat;
        Ok(Measured {
            load,
            prompt_bytes: u64::try_from(request.system.len() + request.user.len()).unwrap_or(u64::MAX),
            prompt_tokens: chat.prompt_tokens,
            prompt: chat.prompt_took,
            answer_tokens: chat.answer_tokens,
            answer: chat.answer_took,
        })
    }
}

fn request(nonce: &str) -> ChatRequest {
    let system = format!("[{nonce}] {SYSTEM}");
    let room = usize::try_from(PROMPT_BYTES).unwrap_or(usize::MAX).saturating_sub(system.len());
    let mut user = String::new();
    for (number, sentence) in SENTENCES.iter().cycle().enumerate() {
        let line = format!("{}. {sentence}\n", number + 1);
        if user.len() + line.len() > room {
            break;
        }
        user.push_str(&line);
    }
    // More than may be written, so that no model ends early. Text would not do: a model may repeat it, for which Ollama ends the answer.
    let numbers = json!({"type": "array", "items": {"type": "integer"}, "minItems": TOKENS});
    let schema = json!({"type": "object", "properties": {"numbers": numbers}, "required": ["numbers"]});
    ChatRequest { system, user, schema }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_measured_prompt_is_nearly_as_long_as_one_can_be() {
        let request = request("0123");
        let length = u64::try_from(request.system.len() + request.user.len()).unwrap();
        assert!((PROMPT_BYTES - 200..=PROMPT_BYTES).contains(&length), "{length}");
        assert!(request.system.starts_with("[0123]"));
    }
}
