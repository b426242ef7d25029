//! Words of operations that people use for one another, Portuguese and English, in lower case and without accents.
//!
//! It is about operations in general, and knows nothing of a runbook or of a question. A word may stand in several lines. Several words
//! with `_` between them are read as one.

use super::words::Words;
use std::collections::HashMap;

/// One meaning each line.
const MEANINGS: &[&str] = &[
    // States of a service or a machine.
    "parado parada parados paradas parou param parando paralisado caiu caido caida cair cai caem caindo cairam queda desligado desligada desligou morreu morto indisponivel fora offline down dead \
     stopped outage crash crashed fora_do_ar nao_sobe nao_roda nao_liga nao_funciona not_running not_working off apagou sumiu",
    "responder responde resposta atende alcanca conexao conectar conecta timeout recusa recusada refused unreachable respond responds \
     responding answer answers answering reach reachable connect connection nao_responde nao_conecta sem_resposta no_answer no_response \
     not_answering not_responding cannot_reach abre abrir nao_abre carrega",
    "lento lenta lentidao demora demorando demorado devagar arrastando arrastado slow slowness sluggish lag latency latencia",
    "travado travada travou trava travando preso presa congelado pendurado stuck hung hang hangs frozen freeze freezes",
    "cheio cheia encheu lotado lotada lotou esgotado esgotada esgotou acabou estourou estourado full filled exhausted sem_espaco no_space",
    "erro erros falha falhas falhou falham falhando error errors failure failures fail fails failed failing quebrou quebrado broken broke",
    "degradado degradada degraded unhealthy saudavel saude health healthy",
    "vazio vazia branco branca em_branco blank empty",
    "sumiu sumiram desapareceu falta faltando faltar missing gone lost perdido perdida perdeu perdeu perder",
    "recusado recusada recusou negado negada rejeitado rejeitada invalido invalida vencido vencida venceu expirado expirada expirou denied \
     rejected refused forbidden unauthorized invalid expired nao_autorizado acesso_negado",
    "bloqueado bloqueada bloqueio locked lock blocked trancado",
    "esperando espera aguardando parado waiting waits pendente pending untouched idle sem_movimento",
    "duplicado duplicada duplicidade dobrado duplicate duplicated duplicates twice",
    "alto alta pico estourando high spike saturado",
    "isolado sozinho isolated alone",
    "degradada ruim lenta degraded",
    // What HTTP and the network say.
    "500 internal_server_error server_error",
    "502 bad_gateway",
    "503 service_unavailable",
    "504 gateway_timeout gateway_time_out",
    "404 not_found nao_encontrado pagina_nao_encontrada",
    "401 unauthorized nao_autorizado",
    "403 forbidden acesso_proibido",
    "recusa conexao parado connection_refused conexao_recusada failed_to_connect could_not_connect connection_reset reset_by_peer refused",
    "conexao responde tempo timeout timed_out times_out time_out tempo_esgotado deadline_exceeded no_route_to_host unreachable",
    "resolve nome dns could_not_resolve no_such_host name_resolution",
    "tabela coluna no_such_table no_such_column",
    "bloqueado database_is_locked",
    "memoria oom killed out_of_memory swap swapping",
    "cheio disco no_space_left disk_full",
    "certificado invalido x509 ssl tls handshake",
    // Things.
    "senha credencial credenciais token chave chaves segredo password passwd credential credentials secret key keys apikey",
    "permissao permissoes direito direitos acesso permission permissions rights access",
    "disco discos armazenamento particao espaco storage disk disks space partition hd ssd",
    "memoria ram memory oom out_of_memory sem_memoria",
    "cpu processador processor carga load",
    "uso usando utilizacao consumo usage using uses consumption",
    "chamado chamados ticket tickets atendimento",
    "fila queue filas queues",
    "fatura faturas boleto boletos cobranca cobrancas invoice invoices bill bills billing",
    "financeiro faturamento finance billing accounting",
    "pagamento pagar pago payment pay paying cartao checkout",
    "cliente clientes customer customers client clients",
    "contratar contratacao contratacoes assinar assinatura venda vendas comprar compra signup subscribe subscription purchase sale sales order",
    "pedido pedidos pedida pedidas order orders ordem ordens request requests requested",
    "assistente wizard",
    "portal pagina site page website web",
    "firewall pfsense",
    "maquina maquinas vm vms virtual servidor machine machines server host",
    "cluster node nodes nos",
    "banco bancos base database databases db dados sql sqlite",
    "tabela tabelas table tables coluna colunas column",
    "log logs registro registros historico",
    "evento eventos event events webhook webhooks",
    "modelo modelos model models llm",
    "conselho conselhos advice dica",
    "chat conversa bot assistente_virtual",
    "alerta alertas aviso avisos alert alerts notification notifications notificacao notificacoes",
    "ocorrencia ocorrencias finding findings incidente incident",
    "conta contas account accounts",
    "hospedagem hospedado hospedados hosting hosted",
    "ponte bridge",
    "rede internet network rota route",
    "trafego traffic banda bandwidth",
    "porta portas port ports",
    "escutando escuta escutar ouvindo listen listens listening atende",
    "endereco enderecos ip ips address addresses url",
    "certificado certificados certificate certificates ssl tls",
    "backup backups copia copias copia_de_seguranca",
    "placa gpu video placa_de_video",
    "relogio relogios hora horario fuso clock clocks timezone",
    "data datas date dates timestamp",
    "painel panel dashboard",
    "interface gui tela",
    "conteiner container containers docker",
    "processo processos servico servicos process processes service services daemon programa",
    "ataque ataques attack ddos invasao invadido hacker suspeita",
    "versao version versions",
    "voto votos vote votes quorum",
    "origem source",
    "resposta response corpo body",
    "codigo status code",
    // Words of customers and of people on duty.
    "firewall fw pf roteador router borda edge",
    "internet net rede network wifi conexao",
    "ia ai robo robozinho bot llm modelo inferencia inference assistente_virtual",
    "sugestao sugestoes rascunho rascunhos draft drafts resumo resumir summary suggestion suggestions",
    "demora demorando pensando timeout timing_out times_out lento slow thinking",
    "atendente atendentes agents atendimento suporte help_desk helpdesk desk support",
    "assinar assinou assinado assinatura contratar contratou contratado contratados contratacao contrato contratos signed signup sign_up joined deal deals \
     adesao aderiu contract contracts",
    "cadastro cadastrar cadastrou cadastrarem registration register contratacao contratar signup sign_up",
    "onboarding implantacao ativacao boas_vindas welcome primeiro_atendimento first_reply funil funnel recem_contratado recem_chegado",
    "parado parada encalhada encalhado esquecida stalled stuck stale unassigned sem_responsavel assignee nobody_picked ninguem_pegou",
    "responsavel assignee atribuir atribuido unassigned owner",
    "chamado chamados card cards caso casos case cases ticket tickets",
    "sequencia sequence numero numeros cursor id offset",
    "reenviar requeue backfill replay reprocessar reenfileirar empurrar recuperar",
    "entregar entrega delivery delivered deliver sender enviar",
    "host hosts no nos node nodes servidor servidores hypervisor hipervisor fisico fisicos",
    "ping pinga pingable pingavel pings responde",
    "vermelho vermelha red grey gray cinza interrogacao question_mark",
    "vm vms guest guests maquina maquinas virtual",
    "luz energia power queda_de_luz power_outage rack",
    "erp odoo financeiro contabil accounting",
    "pix boleto pagamento pagou paguei pago compensou paid settled charge charged charging cobrar cobrou cobranca",
    "renovacao renewal renewals renovar cron",
    "suspenso suspensa bloqueado bloqueada desativado desativada desativados disabled suspended unsuspend",
    "reativar reativacao unsuspend reactivate desbloquear desbloqueio",
    "painel_de_hospedagem openpanel opencli",
    "provisionamento provisionar provisioning provision criar criada ativar",
    "home homepage home_page pagina_inicial landing_page index",
    "pagina page webgui tela interface navegador browser",
    "vazio basically_nothing nothing branco branca blank empty",
    "publicacao build deploy release script js module bundle versao_anterior",
    "corrompido malformed corrupted integrity integrity_check quick_check row_missing",
    "processador cpu cores nucleos",
    "espaco filesystem file_system sistema_de_arquivos disco particao var",
    "swap swapping troca memoria",
    "subir subo sobe start bring_back levantar levanta",
    "servico servicinho unit service systemd restart_loop",
    "caixa box maquina vm server",
    "cliente customer comprador buyer assinante subscriber",
    "desistiu desistir desistencia cancelar churn",
    "duas_vezes twice duplicidade duplicate duplicado dobrado",
    "atacar ataque attack ddos",
    // What is done.
    "verificar verifique conferir confira checar cheque testar teste olhar descobrir descubra check verify test inspect diagnose find_out look \
     provar prove ler leia read listar liste list lists",
    "reparar consertar conserte corrigir corrija arrumar arrumo resolver resolvo resolve solucionar fix fixing repair solve recover \
     recuperar restore conserto reparo",
    "reiniciar reinicie reinicio restart restarts restarted restarting reboot rebootar reload recarregar recarregue derrubar",
    "iniciar inicie subir suba ligar ligo ligue start starting boot bring_up bring_back",
    "parar pare desligar stop stopping shutdown shut_down kill matar encerrar",
    "apagar apague excluir deletar deleto remover limpar limpo delete deleting remove clean cleanup erase rm libere liberar",
    "baixar baixo download pull",
    "instalar instale reinstalar reinstale install reinstall",
    "atualizar atualizacao upgrade update updated upgraded",
    "criar crie criada criadas criado create created creating creation novo nova novos novas new",
    "trocar troco troque mudar mude alterar change rotate swap replace renovar",
    "enviar enviado envio envia mandar mandou send sends sent sender sending",
    "receber recebido recebeu recebe chegou chegar chega receive receives received arrive arrived",
    "reenviar reenvie reenvio refazer refaca resend replay retry redo",
    "suspender suspenso suspensa suspensos suspensao suspensoes suspend suspended suspension suspensions",
    "escalar escale chamar chamo chame acionar aciono avisar aviso avise ligar acordar acordo acorde escalate call wake quem_chamo quem_aviso",
    "autorizacao autorizar permitido authorization approval",
    "publicar publicacao deploy publish published release subiu_versao",
    "desfazer reverter rollback roll_back revert undo voltar volte versao_anterior",
    "fechar feche fechado close closed encerrado",
    "escrever escreva gravar grave write writing writes inserir insert",
    "desbloquear unlock destravar",
    "comparar compare compara",
    "restaurar restaurado restaurada restore restored",
    "bloquear bloqueie block ban banir",
    "guardar guarde salvar salve save",
    "responsavel dono owner",
    "madrugada noite night midnight",
    "imediatamente na_hora immediately",
    "comando comandos command commands",
    "externo externa outside external",
    "local localmente locally localhost dentro internally internal",
    "aplicacao aplicacoes aplicativo app application backend backends software",
    "retido retida retidos retem held holding holds hold suppressed silenciado",
    "anterior antiga antigo previous old older velha velho",
    "passo passos etapa step steps acao action",
    "proximo proxima next",
    "ultimo ultima ultimos last latest newest recente",
    "abandonado parado esquecido esquecida esqueceram forgotten stale",
    "desistencia desistir churn",
    "corrompido corrompida corrupcao corromper corrupt corrupted corruption",
    "operador lider plantao oncall lead",
    "api endpoint rest",
    "gravacao escrita write writing",
    "caminho path",
    "arquivo arquivos file files",
    "pasta diretorio diretorios folder directory",
    "publico publica public",
    "mensagem message texto text",
    "numero numeros number numbers quantidade count contagem",
    "lote massa varios varias diversos multiple several many",
    "juntos juntas together simultaneo mesmo_tempo same_time",
    "sozinha sozinho alone itself si_mesma",
    "dia dias day days",
    "semana semanas week weeks",
    "manha morning",
    "minuto minutos min mins minute minutes",
    "usuario usuarios user users",
    "resolver resolve dns nome name",
    "porcentagem por_cento percent",
    "consulta query queries consultar",
    "travar lock locked bloqueado database_is_locked",
    "liberado aberto aberta open opened opens abre",
    "vpn tunel tunnel",
    "hospedar site sites website websites",
    "sincronizar sincronia sync synced out_of_sync atrasado atraso atrasada behind delay delayed",
    "entrega entregar entregue deliver delivered delivery",
    "novamente outra_vez again retry",
    "vazamento leak leaking",
    "sessao conexoes connections estados states",
    "assinatura signature assinado",
    "instalado instalada installed presente present",
    "carregado carregada loaded loading carregar",
    "vivo viva alive up de_pe no_ar",
    "mudo quieto silencioso silent quiet",
    "negocio comercial business",
    "responde responder returns return returning retorna retornando retornou retorno gives throws throwing throw devolve devolvendo replies reply \
     deu_retorno",
    "atendimento suporte support helpdesk servicedesk",
    "criar criacao provision provisioned provisioning provisionar provisionado provisionada ativar ativacao activate activation setup",
    "reativar reativacao reativei reactivate unsuspend reactivation liberar",
    "cpu processador pegged processing processamento",
    "configuracao configuration config configurar configurado settings",
    "portal site loja store storefront shop vitrine homepage landing",
    "entrar logar login log_in sign_in acessar acesso entrada",
    "painel tela screen ui interface pagina",
    "renovacao renovacoes renovar renew renewal renewals renovou",
    "plano planos plan plans",
    "novo novos nova cliente_novo new_customer recem",
    "contato retorno follow_up followup callback",
    "reiniciou reiniciar reinicio desligar derrubou levou_junto",
    "node nos corosync",
    "cluster proxmox pve hypervisor hipervisor",
    "http https web",
    "oscilando intermitente flapping instavel unstable instabilidade intermittent caindo",
    "sincronizado chegando chegar desk_nao_recebe",
    "inteligencia modelo llm ia_local artificial gpt",
    "conselho sugestao sugestoes suggestion suggestions dica dicas hint hints advice",
    "fixo pronto pronta canned generic padrao default",
    "gateway proxy traefik nginx",
    "fogo firewall pf pfsense router roteador",
    "aplicacao ferramenta tool tools sistema programa software produto",
    "parado parou crash crashing queda reinicia morre die powered_off switched_off desligada power_off powered",
    "maquina vm guest guests convidada instancia instance instances",
    "critico critica criticos criticas critical",
    "pagamento pagar pago paga paid pays",
    "falta perder miss missed missing lose losing lost",
    "criar ativar ativo activated active ativada ativado",
    "modelo embedding embeddings embed vetor vetores",
    "acha achar encontra encontrar encontrado find found lista",
    "atrasado behind adiantado ahead lag",
    "vazio branco blank branca white",
    "erro vermelho red_error",
    "comercial vendas sales venda seller",
    "pronto ready",
    "particionado split partition isolado",
    "lider chefe leader manager gestor",
    "plantao on_call shift",
    "desk chamado atendimento helpdesk",
    "ordem comando",
    "numero id identificador identifier",
    "fechado closed fechar resolvido resolved",
    "gasto consumo consumindo consuming eating comendo",
    "quente aquecendo superaquecimento overheating hot temperatura temperature",
    "reparticao tabela_de_estados state_table",
    "aberto pendente pending open",
    "recriado recriada restaurado copia_antiga old_copy recreated",
    "enfileirado fila backlog acumulado acumulando queue queued piling",
    "assinatura segredo signature secret hmac",
    "conteudo payload body corpo",
    "ocupada ocupando busy taken in_use em_uso",
    "variavel variable env environment ambiente",
    "console terminal serial shell",
    "nota comentario comment note",
    "telefone telefonema phone ligacao whatsapp mensagem",
    "desistir cancelar cancelamento cancel cancelled churn",
    "emissao emitir emitida emitidas emitindo gerar gerado issue issued issuing generate",
    "imposto fiscal tax",
    "manutencao maintenance",
    "php fpm mysql mariadb",
    "postgres postgresql pg",
    "extensao pacote plugin package addon",
    "retencao logs rotation rotacao rotate",
    "captura capturas capture captures pcap",
];

/// What people ask for, and words of the headings under which it stands. These words are not sought in the text.
const INTENTS: &[(&str, &str)] = &[
    ("significa significado pq porque porq why mean means meaning motivo causa happens acontece", "significa causa"),
    ("quem qm who whom acordo acordar escalo avisar aviso aciono", "escalar"),
    ("posso devo can should arrumo arrumar conserto faco fazer resolve resolver", "reparar"),
    ("vejo ver mostra mostrar see show testo testar descobrir descubro comando listar find", "verificar"),
];

/// Which words stand for one another.
pub struct Lexicon {
    /// The lines that a word stands in, by its stem.
    lines: HashMap<String, Vec<usize>>,
    /// The same by its English stem.
    english: HashMap<String, Vec<usize>>,
    /// The stems of each line.
    stems: Vec<Vec<String>>,
    /// What is written in several words, each with its line.
    phrases: Vec<(Vec<String>, usize)>,
    /// The stems in headings, by the word that asks for them.
    intents: HashMap<&'static str, Vec<String>>,
}

impl Lexicon {
    pub fn new(words: &Words) -> Lexicon {
        let mut lexicon = Lexicon {
            lines: HashMap::new(),
            english: HashMap::new(),
            stems: Vec::new(),
            phrases: Vec::new(),
            intents: HashMap::new(),
        };
        for (asking, headings) in INTENTS {
            let stems: Vec<_> = headings.split(' ').map(|word| words.stem(word)).collect();
            lexicon.intents.extend(asking.split(' ').map(|word| (word, stems.clone())));
        }
        for (at, line) in MEANINGS.iter().enumerate() {
            let mut stems = Vec::new();
            for entry in line.split_whitespace() {
                if entry.contains('_') {
                    lexicon.phrases.push((entry.split('_').map(String::from).collect(), at));
                    continue;
                }
                let stem = words.stem(entry);
                for (map, stem) in
                    [(&mut lexicon.lines, stem.clone()), (&mut lexicon.english, words.english_stem(entry))]
                {
                    let lines = map.entry(stem).or_default();
                    if lines.last() != Some(&at) {
                        lines.push(at);
                    }
                }
                if !stems.contains(&stem) {
                    stems.push(stem);
                }
            }
            lexicon.stems.push(stems);
        }
        // The longest phrase is the one that is meant.
        lexicon.phrases.sort_by_key(|(phrase, _)| std::cmp::Reverse(phrase.len()));
        lexicon
    }

    /// The stems that may stand for this one, in the order of the lexicon.
    pub fn others(&self, stem: &str) -> impl Iterator<Item = &str> {
        let lines = self.lines.get(stem).into_iter().flatten();
        lines.flat_map(|at| self.stems.get(*at)).flatten().map(String::as_str).filter(move |other| *other != stem)
    }

    /// The same for a word that the lexicon does not have with this Portuguese stem, by its English one.
    pub fn english_others(&self, stem: &str, english: &str) -> impl Iterator<Item = &str> {
        let lines = if self.lines.contains_key(stem) { None } else { self.english.get(english) };
        lines.into_iter().flatten().flat_map(|at| self.stems.get(*at)).flatten().map(String::as_str)
    }

    /// The stems of headings that this word asks for.
    pub fn intent(&self, plain: &str) -> &[String] {
        self.intents.get(plain).map_or(&[], Vec::as_slice)
    }

    /// The phrase that these words begin with: how many words it has, and the stems that may stand for it.
    pub fn phrase(&self, plain: &[String]) -> Option<(usize, &[String])> {
        let (phrase, at) = self.phrases.iter().find(|(phrase, _)| plain.starts_with(phrase))?;
        Some((phrase.len(), self.stems.get(*at)?))
    }
}

/// All words of the lexicon.
#[cfg(test)]
pub fn words() -> impl Iterator<Item = &'static str> {
    MEANINGS.iter().flat_map(|line| line.split_whitespace())
}

#[cfg(test)]
mod tests;
