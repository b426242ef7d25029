//! Signing in and out.

use crate::domain::texts::Language;

words! {
    title: "Entrar no painel", "Sign in to the panel";
    token: "Token", "Token";
    token_help: "Cole o token que o Desk ou agentic-ops token emitiu. Ele é usado uma vez e não fica guardado no navegador.",
        "Paste the token that the Desk or agentic-ops token issued. It is used once and is not kept in the browser.";
    once_title: "Entrar com o link de uso único", "Sign in with the one-time link";
    once_help: "O botão abaixo usa o link e abre a caixa. Depois disso ele não vale mais.",
        "The button below uses the link and opens the inbox. Afterwards the link is not valid any more.";
    once_over: "Este link já foi usado ou expirou", "This link was used or has expired";
    once_over_more: "Reinicie o programa para obter outro, ou entre com um token.",
        "Restart the program to get another one, or sign in with a token.";
    token_refused: "O token não foi aceito", "The token was not accepted";
    token_refused_more: "Ele pode ter expirado ou ser de outra instalação. Peça outro.",
        "It may have expired, or be one of another installation. Ask for another one.";
    no_role: "Seu nome não tem papel de operação", "Your name has no operations role";
    no_role_more: "Peça a quem administra o Desk um destes papéis:", "Ask an administrator of the Desk for one of these roles:";
    later: "O token não pode ser conferido agora", "The token can't be verified now";
    later_more: "O serviço de identidade não responde. Tente de novo em instantes.",
        "The identity service does not answer. Try again in a moment.";
    ended: "Sua sessão terminou", "Your session has ended";
    ended_more: "Entre de novo. O rascunho da resposta continua neste navegador.",
        "Sign in again. The draft of the reply is still in this browser.";
    signed_out: "Você saiu", "You have signed out";
    signed_out_more: "Todas as suas sessões terminaram, em todos os navegadores.",
        "All your sessions have ended, in all browsers.";
    with_panel: "No painel", "In the panel";
    open_panel: "Entrar no painel para ver isto", "Sign in to the panel to see this";
}

/// Who is signed in.
pub fn signed_in_as(language: Language, name: &str) -> String {
    text!(language, "Entrou como {name}", "Signed in as {name}")
}
