use super::fake::{Facade, SECRET, View, bearer, config, request, signed};
use crate::api::Role;
use crate::facade::auth::AuthConfig;
use crate::net::guard::{AddressGuard, AddressRules};
use crate::net::networks::parse_networks;
use axum::http::Method;
use axum::routing::get;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

fn claims() -> Value {
    json!({"sub": "ana", "roles": ["devops"], "aud": "agentic-ops", "exp": Timestamp::now().as_second() + 600})
}

fn but(name: &str, value: Value) -> Value {
    let mut claims = claims();
    claims[name] = value;
    claims
}

fn without(name: &str) -> Value {
    let mut claims = claims();
    claims.as_object_mut().unwrap().remove(name);
    claims
}

async fn status(facade: &Facade, authorization: &str) -> u16 {
    let answer = facade.send(request(Method::GET, "/scenarios").header("authorization", authorization), "").await;
    if answer.status == 401 {
        assert_eq!(answer.headers["www-authenticate"], "Bearer");
    }
    if answer.status != 200 {
        answer.problem(answer.status);
    }
    answer.status
}

#[tokio::test]
async fn only_a_valid_token_with_a_role_is_accepted() {
    let facade = Facade::new();
    let now = Timestamp::now().as_second();
    let cases = [
        ("good", signed(&claims(), SECRET), 200),
        ("scheme in lower case", signed(&claims(), SECRET).replace("Bearer", "bearer"), 200),
        ("several audiences", signed(&but("aud", json!(["x", "agentic-ops"])), SECRET), 200),
        ("one known role among others", signed(&but("roles", json!(["guest", "seo"])), SECRET), 200),
        ("other secret", signed(&claims(), b"another secret, long enough, too"), 401),
        ("expired", signed(&but("exp", json!(now - 120)), SECRET), 401),
        ("no expiry", signed(&without("exp"), SECRET), 401),
        ("not yet", signed(&but("nbf", json!(now + 600)), SECRET), 401),
        ("wrong audience", signed(&but("aud", json!("desk")), SECRET), 401),
        ("no audience", signed(&without("aud"), SECRET), 401),
        ("no name", signed(&without("sub"), SECRET), 401),
        ("empty name", signed(&but("sub", json!("")), SECRET), 401),
        ("name with a line end", signed(&but("sub", json!("ana\nlog")), SECRET), 401),
        ("name with a control character", signed(&but("sub", json!("ana\u{1b}[2J")), SECRET), 401),
        ("name that reverses text", signed(&but("sub", json!("ana\u{202e}")), SECRET), 401),
        ("unknown role", signed(&but("roles", json!(["root"])), SECRET), 403),
        ("roles that are no list", signed(&but("roles", json!("devops")), SECRET), 403),
        ("no roles", signed(&without("roles"), SECRET), 403),
        ("no token", "Bearer ".into(), 401),
        ("no JWT", "Bearer abc".into(), 401),
        ("basic", "Basic YTpi".into(), 401),
    ];
    for (name, authorization, expected) in cases {
        assert_eq!(status(&facade, &authorization).await, expected, "{name}");
    }
    assert_eq!(facade.send(request(Method::GET, "/scenarios"), "").await.status, 401, "no header");
}

#[tokio::test]
async fn the_algorithm_is_the_servers_choice() {
    let facade = Facade::new();
    let payload = URL_SAFE_NO_PAD.encode(claims().to_string());
    let none = URL_SAFE_NO_PAD.encode(r#"{"alg":"none","typ":"JWT"}"#);
    assert_eq!(status(&facade, &format!("Bearer {none}.{payload}.")).await, 401);
    let key = EncodingKey::from_secret(SECRET);
    let hs512 = jsonwebtoken::encode(&Header::new(Algorithm::HS512), &claims(), &key).unwrap();
    assert_eq!(status(&facade, &format!("Bearer {hs512}")).await, 401);
}

#[tokio::test]
async fn a_token_that_requires_extensions_is_refused() {
    let facade = Facade::new();
    let with = |crit: &[&str]| {
        let header =
            Header { crit: Some(crit.iter().map(|c| c.to_string()).collect()), ..Header::new(Algorithm::HS256) };
        format!("Bearer {}", jsonwebtoken::encode(&header, &claims(), &EncodingKey::from_secret(SECRET)).unwrap())
    };
    for crit in [&["b64"][..], &["exp"], &["http://example.com/ext", "b64"], &[]] {
        assert_eq!(status(&facade, &with(crit)).await, 401, "{crit:?}");
    }
}

#[tokio::test]
async fn a_configured_issuer_is_required() {
    let auth = AuthConfig { secret: Some(SECRET.to_vec()), issuer: Some("desk".into()), ..config() };
    let facade = Facade::with(View::default(), auth, None);
    assert_eq!(status(&facade, &signed(&but("iss", json!("desk")), SECRET)).await, 200);
    assert_eq!(status(&facade, &signed(&but("iss", json!("else")), SECRET)).await, 401);
    assert_eq!(status(&facade, &signed(&claims(), SECRET)).await, 401);
}

#[tokio::test]
async fn the_claim_of_the_roles_is_a_setting() {
    let auth = AuthConfig { secret: Some(SECRET.to_vec()), roles_claim: "desk_roles".into(), ..config() };
    let facade = Facade::with(View::default(), auth, None);
    assert_eq!(status(&facade, &signed(&claims(), SECRET)).await, 403);
    assert_eq!(status(&facade, &signed(&but("desk_roles", json!(["devops"])), SECRET)).await, 200);
}

/// A key server with one elliptic key, called `k1`.
struct KeyServer {
    url: String,
    asked: Arc<AtomicUsize>,
    key: rcgen::KeyPair,
}

impl KeyServer {
    async fn start(works: bool) -> KeyServer {
        Self::with(works, json!({})).await
    }

    /// Its key has these members besides.
    async fn with(works: bool, members: Value) -> KeyServer {
        let key = rcgen::KeyPair::generate().unwrap();
        let point = key.public_key_raw();
        let (x, y) = point[1..].split_at(32);
        let mut own = json!({"kty": "EC", "crv": "P-256", "kid": "k1", "x": URL_SAFE_NO_PAD.encode(x), "y": URL_SAFE_NO_PAD.encode(y)});
        own.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        let set = json!({"keys": [
            {"kty": "oct", "kid": "k0", "k": URL_SAFE_NO_PAD.encode(SECRET)},
            {"kty": "AKP", "kid": "of a kind that is not known", "alg": "ML-DSA-44", "pub": "AA"},
            own,
        ]});
        let asked = Arc::new(AtomicUsize::new(0));
        let counter = asked.clone();
        let answer = move || {
            counter.fetch_add(1, Ordering::SeqCst);
            let status = if works { 200 } else { 500 };
            let answer = (axum::http::StatusCode::from_u16(status).unwrap(), axum::Json(set.clone()));
            async move { answer }
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/jwks", listener.local_addr().unwrap());
        let app = axum::Router::new().route("/jwks", get(answer));
        tokio::spawn(async move { axum::serve(listener, app).await });
        KeyServer { url, asked, key }
    }

    fn signed(&self, kid: Option<&str>) -> String {
        let mut header = Header::new(Algorithm::ES256);
        header.kid = kid.map(String::from);
        let key = EncodingKey::from_ec_pem(self.key.serialize_pem().as_bytes()).unwrap();
        format!("Bearer {}", jsonwebtoken::encode(&header, &claims(), &key).unwrap())
    }

    fn facade(&self) -> Facade {
        let auth = AuthConfig { secret: Some(SECRET.to_vec()), jwks_url: Some(self.url.clone()), ..config() };
        Facade::with(View::default(), auth, None)
    }
}

#[tokio::test]
async fn keys_are_fetched_once_and_not_again_for_unknown_keys() {
    let server = KeyServer::start(true).await;
    let facade = server.facade();
    for _ in 0..3 {
        assert_eq!(status(&facade, &server.signed(Some("k1"))).await, 200);
        assert_eq!(status(&facade, &server.signed(None)).await, 200);
        assert_eq!(status(&facade, &server.signed(Some("k2"))).await, 401);
        assert_eq!(status(&facade, &server.signed(Some("k0"))).await, 401, "a shared key is no public key");
    }
    assert_eq!(status(&facade, &bearer("ana", &[Role::Devops])).await, 401, "HS256 with a key server");
    assert_eq!(server.asked.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn only_keys_for_signatures_verify_tokens() {
    for (members, expected) in [
        (json!({"use": "sig"}), 200),
        (json!({"key_ops": ["verify"]}), 200),
        (json!({"alg": "ES256"}), 200),
        (json!({"use": "enc"}), 401),
        (json!({"use": "other"}), 401),
        (json!({"key_ops": ["deriveKey"]}), 401),
        (json!({"key_ops": []}), 401),
        (json!({"use": "sig", "key_ops": ["encrypt", "wrapKey"]}), 401),
        (json!({"alg": "ES384"}), 401),
        (json!({"alg": "ECDH-ES"}), 401),
    ] {
        let server = KeyServer::with(true, members.clone()).await;
        let facade = server.facade();
        for kid in [Some("k1"), None] {
            assert_eq!(status(&facade, &server.signed(kid)).await, expected, "{members} {kid:?}");
        }
    }
}

#[tokio::test]
async fn keys_are_not_fetched_from_denied_networks() {
    let server = KeyServer::start(true).await;
    let rules = AddressRules { deny: parse_networks("127.0.0.0/8").unwrap(), ..AddressRules::default() };
    let auth = AuthConfig { jwks_url: Some(server.url.clone()), guard: AddressGuard::new(rules), ..config() };
    let facade = Facade::with(View::default(), auth, None);
    assert_eq!(status(&facade, &server.signed(Some("k1"))).await, 503);
    assert_eq!(server.asked.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_failing_key_server_is_a_503_and_is_not_asked_again_at_once() {
    let server = KeyServer::start(false).await;
    let facade = server.facade();
    for _ in 0..3 {
        let asking = request(Method::GET, "/scenarios").header("authorization", server.signed(Some("k1")));
        let answer = facade.send(asking, "").await;
        answer.problem(503);
        assert!(answer.headers.contains_key("retry-after"));
    }
    assert_eq!(server.asked.load(Ordering::SeqCst), 1);
}
