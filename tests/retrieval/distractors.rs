//! Runbooks about other systems than those of the shipped ones, as a hosting company has them. They are made alike each time.

use std::fmt::Write as _;

/// Sections of each page.
const SECTIONS: [&str; 5] = ["Sintomas", "O que significa", "Como verificar à mão", "Como reparar", "Quando escalar"];
/// Pages about each system.
const PAGES: usize = 10;

/// What a page is about: the system, what it does, a part of it, its service, and who is in charge of it.
struct System {
    name: &'static str,
    purpose: &'static str,
    part: &'static str,
    service: &'static str,
    owner: &'static str,
}

const fn system(
    name: &'static str,
    purpose: &'static str,
    part: &'static str,
    service: &'static str,
    owner: &'static str,
) -> System {
    System { name, purpose, part, service, owner }
}

const SYSTEMS: [System; 40] = [
    system("Impressora do escritório", "imprime contratos e etiquetas", "bandeja de papel", "cups", "suporte interno"),
    system("Wi-Fi da sede", "liga notebooks e celulares à rede", "ponto de acesso", "hostapd", "suporte interno"),
    system(
        "Estação Windows",
        "é o computador de mesa dos funcionários",
        "perfil do usuário",
        "wuauserv",
        "suporte interno",
    ),
    system("Telefonia VoIP", "leva as ligações dos ramais", "tronco SIP", "asterisk", "telefonia"),
    system("Backup em fita", "guarda as cópias mensais", "robô de fitas", "bacula-sd", "infraestrutura"),
    system("ERP de compras", "lança notas de entrada e estoque", "módulo fiscal", "erp-app", "consultoria do ERP"),
    system("Kubernetes de produção", "roda os pods das aplicações", "pod em CrashLoopBackOff", "kubelet", "plataforma"),
    system("PostgreSQL de relatórios", "guarda os dados analíticos", "réplica", "postgresql", "administrador de dados"),
    system("Redis de sessões", "guarda sessões e cache", "chave expirada", "redis-server", "plataforma"),
    system("Kafka", "leva mensagens entre aplicações", "partição do tópico", "kafka", "plataforma"),
    system("Elasticsearch", "indexa os textos de busca", "shard", "elasticsearch", "plataforma"),
    system("RabbitMQ", "entrega mensagens às filas", "consumidor", "rabbitmq-server", "plataforma"),
    system(
        "MongoDB do catálogo",
        "guarda o catálogo de produtos",
        "conjunto de réplicas",
        "mongod",
        "administrador de dados",
    ),
    system("Jenkins", "compila e testa os projetos", "agente de build", "jenkins", "desenvolvimento"),
    system("GitLab", "guarda o código e roda pipelines", "runner", "gitlab-runsvdir", "desenvolvimento"),
    system("Grafana", "mostra gráficos e painéis", "fonte de dados", "grafana-server", "observabilidade"),
    system("Prometheus", "coleta métricas", "alvo de coleta", "prometheus", "observabilidade"),
    system("Zabbix", "acompanha equipamentos por SNMP", "agente", "zabbix-server", "observabilidade"),
    system("Active Directory", "autentica os funcionários", "controlador de domínio", "netlogon", "segurança"),
    system("VPN de funcionários", "dá acesso remoto à sede", "túnel WireGuard", "wg-quick", "segurança"),
    system("Postfix de entrada", "recebe o e-mail dos clientes", "fila de entrega", "postfix", "e-mail"),
    system("Dovecot", "abre as caixas postais por IMAP", "índice da caixa", "dovecot", "e-mail"),
    system("Antispam Rspamd", "filtra mensagens indesejadas", "lista de bloqueio", "rspamd", "e-mail"),
    system("DNS autoritativo", "responde pelas zonas dos clientes", "zona assinada", "named", "redes"),
    system("Roteador de borda", "anuncia os prefixos por BGP", "sessão BGP", "frr", "redes"),
    system("Switch de acesso", "liga os servidores do rack", "porta trunk", "snmpd", "redes"),
    system("Balanceador HAProxy", "reparte as conexões", "backend", "haproxy", "redes"),
    system("CDN", "entrega imagens perto do visitante", "ponto de presença", "varnish", "redes"),
    system(
        "Certificados do site institucional",
        "cifra as páginas do site",
        "cadeia intermediária",
        "certbot",
        "segurança",
    ),
    system("Nobreak e gerador", "mantém a energia", "banco de baterias", "nut-server", "instalações"),
    system("Ar-condicionado da sala", "mantém a temperatura", "compressor", "sensor-hub", "instalações"),
    system("Câmeras de vigilância", "gravam os corredores", "gravador NVR", "nvr", "instalações"),
    system("Ponto eletrônico", "registra a jornada", "leitor biométrico", "ponto-sync", "recursos humanos"),
    system("Folha de pagamento", "calcula salários e férias", "holerite", "folha-batch", "recursos humanos"),
    system("Loja WordPress", "vende camisetas da empresa", "plugin", "php-wordpress", "marketing"),
    system("CRM de vendas", "acompanha propostas", "pipeline comercial", "crm-web", "marketing"),
    system("Armazenamento Ceph", "guarda blocos e objetos", "placement group", "ceph-osd", "infraestrutura"),
    system("NAS de arquivos", "guarda as pastas compartilhadas", "volume RAID", "smbd", "infraestrutura"),
    system("VMware da filial", "roda máquinas antigas", "host ESXi", "hostd", "infraestrutura"),
    system("Conta AWS", "guarda cópias e funções", "instância EC2", "ssm-agent", "plataforma"),
];

/// What happens to it: the title, what is seen, the cause, how it is verified and repaired.
const TROUBLES: [[&str; 5]; PAGES] = [
    [
        "parado",
        "não responde e os usuários dizem que caiu",
        "o serviço parou depois de um erro",
        "veja o estado do serviço",
        "reinicie o serviço",
    ],
    [
        "lento",
        "demora muito para responder",
        "há carga demais ou falta memória",
        "meça o tempo de resposta",
        "reduza a carga e aumente a memória",
    ],
    [
        "sem espaço",
        "recusa gravações porque o disco encheu",
        "registros antigos se acumularam",
        "confira o espaço livre",
        "apague registros antigos",
    ],
    [
        "com credencial vencida",
        "recusa a entrada com erro de senha",
        "a senha ou o token venceu",
        "teste a credencial",
        "troque a credencial",
    ],
    [
        "com certificado vencido",
        "mostra aviso de certificado inválido",
        "a renovação automática falhou",
        "leia a data de validade",
        "renove o certificado",
    ],
    [
        "depois de uma atualização",
        "mudou de comportamento depois da atualização",
        "a versão nova mudou a configuração",
        "compare as versões",
        "volte à versão anterior",
    ],
    [
        "com fila acumulada",
        "guarda itens que não são processados",
        "o consumidor está travado",
        "conte os itens à espera",
        "destrave o consumidor",
    ],
    [
        "sem rede",
        "não alcança os outros sistemas",
        "houve mudança de rota ou de firewall",
        "teste o caminho com ping",
        "desfaça a mudança",
    ],
    [
        "com dados divergentes",
        "mostra números que não batem",
        "a sincronização perdeu registros",
        "compare os totais",
        "refaça a sincronização",
    ],
    [
        "com defeito de hardware",
        "liga e desliga ou faz barulho",
        "uma peça está no fim da vida",
        "leia o registro de hardware",
        "troque a peça",
    ],
];

/// Pages by their path: 400 with five sections each.
pub fn pages() -> Vec<(String, String)> {
    let all = SYSTEMS
        .iter()
        .enumerate()
        .flat_map(|(at, system)| TROUBLES.iter().enumerate().map(move |(n, trouble)| (at, system, n, trouble)));
    all.map(|(at, system, n, trouble)| (format!("outros/sistema-{at:02}/caso-{n}"), page(at, system, n, trouble)))
        .collect()
}

/// Number of sections of all pages.
pub const COUNT: usize = SYSTEMS.len() * PAGES * SECTIONS.len();

fn page(at: usize, system: &System, n: usize, [title, seen, cause, verify, repair]: &[&str; 5]) -> String {
    let System { name, purpose, part, service, owner } = system;
    // A figure of each page that differs, as ports and times do.
    let number = 1000 + at * 37 + n * 11;
    let mut page = format!("# {name}: {title}\n\n");
    for heading in SECTIONS {
        let _ = write!(page, "## {heading}\n\n");
        let _ = match heading {
            "Sintomas" => writeln!(
                page,
                "- {name} {seen}.\n- Quem usa reclama: o sistema {purpose}, e isso deixou de acontecer.\n- O alerta fala em {part} e no código {number}.\n"
            ),
            "O que significa" => writeln!(
                page,
                "{name} {purpose}. Quase sempre {cause}; às vezes o problema está em {part}. Não há perda de dados enquanto `{service}` estiver de pé.\n"
            ),
            "Como verificar à mão" => writeln!(
                page,
                "1. Na máquina de {name}, {verify}:\n\n   ```sh\n   systemctl status {service} --no-pager\n   journalctl -u {service} -n {number} --no-pager\n   ```\n\n2. Olhe também {part}.\n"
            ),
            "Como reparar" => writeln!(
                page,
                "1. Guarde o log e {repair}: `systemctl restart {service}`.\n2. Se {part} continua com erro, chame {owner}.\n3. Confirme que o sistema {purpose} outra vez.\n"
            ),
            _ => writeln!(
                page,
                "- {name} {title} por mais de {} minutos: {owner}.\n- Qualquer mudança em {part} precisa de autorização de {owner}.\n",
                number % 50 + 10
            ),
        };
    }
    page
}
