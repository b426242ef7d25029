use super::super::tests::{address_of, client, end, estate, post_to, send, until};
use super::*;
use crate::cli::demo::estate::Estate;
use crate::domain::notice::SmtpUrl;
use lettre::message::{Mailbox as Address, MultiPart};
use lettre::transport::smtp::AsyncSmtpTransport;
use lettre::{AsyncTransport as _, Message, Tokio1Executor};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};

type Transport = AsyncSmtpTransport<Tokio1Executor>;

fn transport(estate: &Estate) -> Transport {
    let url = SmtpUrl::parse(&estate.settings()["SMTP_URL"]).unwrap();
    Transport::builder_dangerous(url.host).port(url.port).timeout(Some(Duration::from_secs(10))).build()
}

/// A mail from and to the addresses of the settings.
fn message(estate: &Estate, subject: &str) -> Message {
    let settings = estate.settings();
    let address = |name: &str| settings[name].parse::<Address>().unwrap();
    let builder = Message::builder().from(address("MAIL_FROM")).to(address("DESK_ROOT_NOTIFY_EMAIL"));
    let html = "<!DOCTYPE html><html><body><p>VM 112 não está em execução</p><script>x()</script></body></html>";
    let body = MultiPart::alternative_plain_html("VM 112 não está em execução\n.\n".to_string(), html.to_string());
    builder.subject(subject).message_id(Some("<one@localhost>".into())).multipart(body).unwrap()
}

async fn get(estate: &Estate, path: &str) -> (u16, String) {
    send(client().get(format!("http://{}{path}", estate.control_address()))).await.unwrap()
}

#[tokio::test]
async fn a_mail_that_was_sent_is_listed_and_shown() {
    let (estate, dir) = estate().await;
    assert!(get(&estate, "/mail").await.1.contains("Nenhum ainda"));
    let transport = transport(&estate);
    let subject = "[crítico] VM 112 não está em execução <b>· proxmox.cluster";
    transport.send(message(&estate, subject)).await.unwrap();
    transport.send(message(&estate, "Re: second")).await.unwrap();
    let (_, plain) = get(&estate, "/mail.txt").await;
    let lines: Vec<_> = plain.lines().collect();
    assert_eq!(lines.len(), 3, "{plain}");
    assert!(lines[1].starts_with("2 ") && lines[1].ends_with("Re: second"), "{plain}");
    for part in ["1 ", "agentic-ops@localhost", "plantao@localhost", subject] {
        assert!(lines[2].contains(part), "{part}: {plain}");
    }
    let (_, list) = get(&estate, "/mail").await;
    assert!(list.find("Re: second") < list.find("VM 112") && list.contains("&lt;b&gt;"), "{list}");
    let (status, page) = get(&estate, "/mail/1").await;
    assert_eq!(status, 200);
    for part in ["VM 112 não está em execução &lt;b&gt;", "<pre>VM 112 não está", "Message-ID: &lt;one@localhost&gt;"]
    {
        assert!(page.contains(part), "{part}: {page}");
    }
    // The HTML part is an attribute of the frame, and no mark-up of the page.
    assert!(page.contains("srcdoc=\"<base") || page.contains("srcdoc=\"&lt;base"), "{page}");
    assert!(!page.contains("<script>") && page.contains("sandbox=\"allow-popups"), "{page}");
    assert!(!page.contains("allow-scripts") && !page.contains("allow-same-origin"), "{page}");
    assert_eq!(get(&estate, "/mail/1/text").await.1.replace("\r\n", "\n"), "VM 112 não está em execução\n.\n");
    assert!(get(&estate, "/mail/1/source").await.1.contains("multipart/alternative"));
    // In the language of the reader, and in the time zone of the settings.
    let url = format!("http://{}/mail", estate.control_address());
    let (_, english) = send(client().get(&url).header("accept-language", "en")).await.unwrap();
    assert!(
        english.contains("lang=\"en\"") && english.contains("Mails that the simulated estate received"),
        "{english}"
    );
    assert!(list.contains("lang=\"pt-BR\"") && list.contains("Fuso horário: America/Sao_Paulo."), "{list}");
    let at = estate.mailbox().get(1).unwrap().at.in_tz("America/Sao_Paulo").unwrap();
    let shown = at.strftime("%d/%m/%Y %H:%M:%S").to_string();
    assert!(list.contains(&shown) && plain.contains(&shown) && page.contains(&shown), "{shown}: {list}{plain}{page}");
    for path in ["/mail/3", "/mail/x", "/mail/3/text", "/mail/3/source"] {
        assert_eq!(get(&estate, path).await.0, 404, "{path}");
    }
    end(estate, dir).await;
}

#[tokio::test]
async fn a_broken_mail_server_answers_as_its_part_says_and_works_once_it_heals() {
    let (estate, dir) = estate().await;
    let transport = transport(&estate);
    let try_to_send = async || transport.send(message(&estate, "x")).await;
    let kept = || estate.mailbox().newest_first().len();
    estate.break_part("mail-refuse").unwrap();
    let error = try_to_send().await.unwrap_err();
    assert!(error.is_permanent() && error.to_string().contains("no such mailbox"), "{error}");
    estate.heal_all();
    estate.break_part("mail-busy").unwrap();
    let error = try_to_send().await.unwrap_err();
    assert!(error.is_transient() && error.to_string().contains("try again later"), "{error}");
    estate.heal_all();
    assert_eq!(kept(), 0);
    estate.break_part("mail-drop").unwrap();
    let error = try_to_send().await.unwrap_err();
    assert!(!error.is_permanent() && !error.is_transient(), "{error}");
    assert_eq!(kept(), 1);
    estate.heal_all();
    estate.break_part("mail-down").unwrap();
    until("it refuses", async || try_to_send().await.is_err_and(|error| !error.is_permanent())).await;
    assert_eq!(kept(), 1);
    estate.heal_all();
    until("it is back", async || try_to_send().await.is_ok()).await;
    assert_eq!(kept(), 2);
    end(estate, dir).await;
}

#[tokio::test]
async fn a_hanging_mail_server_says_nothing_and_then_closes() {
    let (estate, dir) = estate().await;
    let address = address_of(&estate.settings()["SMTP_URL"]).unwrap().to_string();
    let mut greeted = Client::connect(&address).await;
    assert_eq!(greeted.line().await, "220 localhost ESMTP of the simulated estate");
    estate.break_part("mail-hang").unwrap();
    greeted.send("NOOP\r\n").await;
    let mut connected = Client::connect(&address).await;
    for client in [&mut greeted, &mut connected] {
        let nothing = tokio::time::timeout(Duration::from_millis(100), client.stream.read(&mut [0; 1])).await;
        assert!(nothing.is_err(), "it was closed or answered: {nothing:?}");
    }
    estate.heal_part("mail-hang").unwrap();
    for client in [&mut greeted, &mut connected] {
        assert_eq!(client.line().await, "");
    }
    end(estate, dir).await;
}

/// A client that sends what it is told.
struct Client {
    stream: BufReader<TcpStream>,
}

impl Client {
    async fn connect(address: &str) -> Client {
        Client { stream: BufReader::new(TcpStream::connect(address).await.unwrap()) }
    }

    async fn send(&mut self, text: &str) {
        self.stream.write_all(text.as_bytes()).await.unwrap();
    }

    /// The next line; empty where the server closed the connection.
    async fn line(&mut self) -> String {
        let mut line = String::new();
        let read = tokio::time::timeout(Duration::from_secs(10), self.stream.read_line(&mut line)).await.unwrap();
        // A connection that is reset is closed, too.
        let _ = read;
        line.trim_end().to_string()
    }
}

#[tokio::test]
async fn commands_out_of_order_or_too_much_are_refused_and_bounded() {
    let (estate, dir) = estate().await;
    let address = address_of(&estate.settings()["SMTP_URL"]).unwrap().to_string();
    let mut client = Client::connect(&address).await;
    client.line().await;
    let mut says = async |sent: &str, expected: &str| {
        client.send(sent).await;
        let line = client.line().await;
        assert!(line.starts_with(expected), "{sent:?}: {line}");
    };
    says("RCPT TO:<b@localhost>\r\n", "503").await;
    says("DATA\r\n", "503").await;
    says("MAIL FROM:<a@localhost> SIZE=2000000\r\n", "552").await;
    says("MAIL FROM:<a@localhost>\r\n", "250").await;
    says("MAIL FROM:<a@localhost>\r\n", "503").await;
    for _ in 0..100 {
        says("RCPT TO:<b@localhost>\r\n", "250").await;
    }
    says("RCPT TO:<b@localhost>\r\n", "452").await;
    says("DATA\r\n", "354").await;
    let long = format!("{}\r\n", "x".repeat(998)).repeat(1_100);
    says(&format!("Subject: long\r\n\r\n{long}.\r\n"), "552").await;
    // The next message on the same connection is taken, and may be empty.
    says("MAIL FROM:<>\r\n", "250").await;
    says("RCPT TO:<b@localhost>\r\n", "250").await;
    says("DATA\r\n", "354").await;
    says(".\r\n", "250 2.0.0 kept as mail 1").await;
    says("STARTTLS\r\n", "502").await;
    for _ in 0..18 {
        says("HOW ARE YOU\r\n", "500").await;
    }
    says("HOW ARE YOU\r\n", "500").await;
    assert!(client.line().await.starts_with("421"));
    assert_eq!(client.line().await, "");
    let mut client = Client::connect(&address).await;
    client.line().await;
    client.send(&"x".repeat(10_000)).await;
    assert!(client.line().await.starts_with("500"));
    assert_eq!(estate.mailbox().newest_first().len(), 1);
    assert_eq!(get(&estate, "/mail/1").await.0, 200);
    end(estate, dir).await;
}

#[tokio::test]
async fn the_parts_of_the_mail_server_are_listed_with_the_others() {
    let (estate, dir) = estate().await;
    let control = format!("http://{}", estate.control_address());
    let (_, table) = send(client().get(&control)).await.unwrap();
    for part in crate::cli::demo::estate::MAIL_PARTS {
        let row = table.lines().find(|line| line.starts_with(part.name)).unwrap();
        assert!(row.ends_with(part.what), "{row}");
        let (status, line) = post_to(&control, &format!("/break/{}", part.name)).await;
        assert_eq!((status, line), (200, format!("broken: {}: {}\n", part.name, part.what)));
    }
    assert!(table.contains(&format!("{control}/mail")), "{table}");
    end(estate, dir).await;
}
