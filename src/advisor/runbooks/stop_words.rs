//! Words that say nothing about what is sought, in lower case and without accents.

/// Portuguese words of grammar, as they are spelt and as they are typed in a hurry.
const PORTUGUESE: &str = "\
    a as o os ao aos um uma uns umas de do da dos das dum duma em no na nos nas num numa por pelo pela pelos pelas per para pra pras \
    pro pros p com c sem sob sobre entre ate desde apos ante contra durante e ou mas nem que q oq oque qual quais quem qm quando qdo qnd \
    quanto quantos quanta quantas qto onde ond aonde como cm porque pq porq por que pois se ja jah nao n naum num sim s ss so somente apenas \
    tambem tbm tb ainda agora hoje hj ontem amanha sempre nunca antes depois dps logo entao tao muito mto mt muita muitos muitas pouco pouca \
    poucos mais menos bem mal assim aqui ali la ca ai isso isto aquilo esse essa esses essas este esta estes estas aquele aquela aqueles \
    aquelas disso disto desse dessa deste desta dessas desses nesse nessa neste nesta nisso mesmo mesma outro outra outros outras algum \
    alguma alguns algumas algo alguem nenhum nenhuma nada ninguem ngm todo toda todos todas tudo td cada tal qualquer vez vezes ele ela \
    eles elas dele dela deles delas eu tu nos vos voce voces vc vcs me te se lhe lhes meu minha meus minhas seu sua seus suas nosso nossa \
    nossos nossas gente pessoal galera cara mano oi ola opa bom boa dia tarde favor pfv pfvr pls plz obrigado obrigada vlw socorro \
    ajuda ajudem urgente alo blz ok sei sabe sabem saber acho acha ser eh sou somos sao era eram foi foram fui seja sejam sera seria \
    sendo sido estar estou to tou esta ta tah estao tao estava tava estavam tavam esteve fica ficar ficou ficam ficando ter tenho tem tinha \
    tinham teve tiver tendo haver ha houve havia haja ir vou vai vao va indo ia fazer faco faz fazem fez feito faria fazendo poder posso \
    pode podem podia pude puder dever devo deve devem devia preciso precisa precisam precisar quero quer querem querer queria consigo \
    consegue conseguem conseguir consegui conseguiu dar dou da dao deu dei dando der ver vejo veja vi viu olha ve acontece acontecendo \
    aconteceu mostra diz dizem dizendo fala falando falou aparece aparecendo coisa coisas tipo ne la tal primeiro primeira serve significa \
    via etc cujo cuja atras afinal alias caso enquanto embora conforme porem contudo toda quase demais bastante dentro";

/// Words of ordinary language: where the index does not have one, that says little about whether it answers the question.
const ORDINARY: &str = "\
    comeco comecou comecando comecar continua continuar continuou continuam parece parecem tentar tentei tentando tenta usar uso usei usando \
    entrar entra entrando sair sai saindo saiu deixar deixa deixou chegar colocar coloca coloquei botar boto bota tirar tira tiro tirei \
    pegar pega peguei mexer mexi mexeu rodar rodo roda rodando achar procurar procuro esperar falou avisa vem vindo veio vieram passar \
    passa passou passando ficaram virar vira virou voltar volta voltou acaba acabar termina terminou seguir segue evitar mandar manda deixo \
    preciso correto certo certa errado errada estranho estranha normal normalmente possivel impossivel seguro segura perigoso rapido rapida \
    tarde cedo noite madrugada manha dia dias semana semanas mes meses ano hora horas minuto minutos segundo segundos min seg tempo momento \
    duas dois tres quatro cinco seis sete oito nove dez cem mil metade resto parte lado jeito modo forma caso ponto lugar meio inicio \
    fim final chefe colega time equipe turno plantao alguma reclamando reclamou reclama reclamam reclamacao perguntou pediu pede pedindo \
    pessoas pessoa cliente usuario sozinho sozinha juntos juntas mesmos mesmas diferente igual grande pequeno enorme maior menor novo \
    realmente totalmente completamente direto direito diretamente manualmente automaticamente mao continuamente frequente sumindo \
    aguardar aguardo apertar clicar clico abrir abro fechar aumentar diminuir limite acima abaixo dentro perto longe cheia \
    varias varios diversas diversos segura nenhuma ambas ambos principal proxima proximo ultima ultimo anterior seguinte lista nome numero \
    start started starts starting begin began happens happen happened happening try tried trying use used using look looks looking seem seems \
    find found need tell told know think ask asked asks call called put take takes took taking give gave given bring back turn turned \
    run runs running work works working set setting change changed stay stays stayed leave left safe safely properly correctly suddenly \
    completely always often sometimes maybe probably anyway instead again twice once first second last next previous new old big small \
    long short high low good bad better worse right wrong same different several whole half part side step steps point place time times \
    day days week weeks month hour hours hrs minute minutes mins second seconds night morning evening midnight people person guy boss team \
    customer customers user users reason problem problems issue issues trouble happens between through around inside outside away ago \
    call calling called mundo galera meia desesperado desespero forever throws dies die dying gives returns touched above below under over \
    monday tuesday wednesday thursday friday saturday sunday segunda terca quarta quinta sexta sabado domingo passada passado retrasada fds \
    levou levar leva salvar salva logar sistema sistemas system systems server servidor agents http https var etc www com br \
    up out off upon else though although despite each even least two three four five six seven eight nine ten hundred \
    anteontem bravo brava xingando medo grave sorry brand first yesterday tonight tonite senior somebody super crazy zero every case like his guy \
    dev doido doida nervoso aguarda confirmo confirma monte negocio trem ligou ligando ligo comecar iguais mim junto perguntando \
    apita apitou apitando monitor monitoramento uptime check checks failing look green though serious grave wake paged tries picked \
    unha dnv denovo bater bate clica clico clicou clicando estraga respirando vivo normal log logs journal query huge box mark console \
    expect expected supposed complain complains complaining complained reports reported reporting seeing sees seen hear heard";

/// English words of grammar.
const ENGLISH: &str = "\
    the an of in on at to for from with without into onto over under and or but nor not no yes is are am was were be been being do does \
    did done doing don doesn didn isn aren wasn won how what why when which who whom whose where can could cannot should shouldn would will \
    may might must it its this that these those there here he she they them their we us our you your my mine me has have had having haven \
    hasn get gets got getting any some all every each both many much more most less few other another same such than then too very just \
    still only also again already yet ever never now today yesterday after before while since until during about as by if so because \
    let say says said saying keep keeps kept go goes going gone went come comes want wants need needs thing things something anything \
    nothing everything someone anyone nobody everyone please help hi hello hey thanks really way mean means show shows shown see seeing \
    make makes made im ive dont doesnt cant isnt whats thats one ones own";

/// All of them.
pub fn stop_words() -> impl Iterator<Item = &'static str> {
    [PORTUGUESE, ENGLISH].into_iter().flat_map(str::split_whitespace)
}

/// Words of ordinary language.
pub fn ordinary_words() -> impl Iterator<Item = &'static str> {
    ORDINARY.split_whitespace()
}
