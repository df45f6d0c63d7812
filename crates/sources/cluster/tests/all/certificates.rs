//! Certificates that are right, and those that are wrong in each way.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use cluster::client::{Client, Limits, RequestError};
use cluster::discovery::discover;
use cluster::kubeconfig::{Connection, User};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, date_time_ymd};
use rustls::crypto::ring::default_provider;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig, ServerConnection, StreamOwned};

type Issuer = CertifiedIssuer<'static, KeyPair>;

/// From when and until when a certificate is valid.
type Years = (i32, i32);

const NOW: Years = (2020, 2999);
const PAST: Years = (2001, 2002);
const FUTURE: Years = (2998, 2999);

fn authority() -> Issuer {
    let mut parameters = CertificateParams::new(Vec::new()).unwrap();
    parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(parameters, KeyPair::generate().unwrap()).unwrap()
}

fn signed(authority: &Issuer, name: &str, (from, until): Years) -> (rcgen::Certificate, KeyPair) {
    let mut parameters = CertificateParams::new(vec![name.to_owned()]).unwrap();
    (parameters.not_before, parameters.not_after) = (date_time_ymd(from, 1, 1), date_time_ymd(until, 1, 1));
    let key = KeyPair::generate().unwrap();
    (parameters.signed_by(&key, authority).unwrap(), key)
}

/// The address of a server that answers one request with a version, and asks for a certificate of `clients` if there is one.
fn serve((certificate, key): (rcgen::Certificate, KeyPair), clients: Option<&Issuer>) -> String {
    let builder =
        ServerConfig::builder_with_provider(Arc::new(default_provider())).with_safe_default_protocol_versions();
    let builder = match clients {
        None => builder.unwrap().with_no_client_auth(),
        Some(clients) => {
            let mut roots = RootCertStore::empty();
            roots.add(clients.der().clone()).unwrap();
            let verifier =
                WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::new(default_provider())).build();
            builder.unwrap().with_client_cert_verifier(verifier.unwrap())
        }
    };
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let config = Arc::new(builder.with_single_cert(vec![certificate.der().clone()], key).unwrap());
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("https://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let connection = ServerConnection::new(Arc::clone(&config)).unwrap();
            let mut stream = BufReader::new(StreamOwned::new(connection, stream));
            let mut line = String::new();
            // Who does not trust the certificate says nothing.
            while stream.read_line(&mut line).is_ok_and(|read| read > 2) {
                line.clear();
            }
            let body = r#"{"gitVersion":"v1.37.2"}"#;
            write!(
                stream.get_mut(),
                "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
                body.len()
            )
            .ok();
        }
    });
    address
}

/// What is said of a server.
fn said(connection: Connection) -> Option<String> {
    let limits = Limits { qps: 10_000.0, timeout: Duration::from_secs(5) };
    let client = Client::new(connection, limits, &|_| {}).unwrap();
    match discover(&client) {
        Err(RequestError::Trust { reason, .. }) => Some(reason),
        // Whatever else is wrong with its answers: they came.
        _ => None,
    }
}

fn to(server: String, authority: Option<&Issuer>) -> Connection {
    let authority = authority.map(|authority| authority.pem().into_bytes());
    Connection { name: "test".to_owned(), server, authority, ..Connection::default() }
}

#[test]
fn a_certificate_of_the_server_is_looked_at() {
    let (own, other) = (authority(), authority());
    let served = |name: &str, years: Years| serve(signed(&own, name, years), None);
    assert_eq!(said(to(served("127.0.0.1", NOW), Some(&own))), None);
    let reason = |connection: Connection| said(connection).unwrap();
    assert!(reason(to(served("127.0.0.1", PAST), Some(&own))).contains("has expired"));
    assert!(reason(to(served("127.0.0.1", FUTURE), Some(&own))).contains("not valid yet"));
    assert!(reason(to(served("127.0.0.1", NOW), Some(&other))).contains("not signed by the authority"));
    assert!(reason(to(served("127.0.0.1", NOW), None)).contains("not signed by the authority"));
    let elsewhere = served("api.example.com", NOW);
    assert!(reason(to(elsewhere.clone(), Some(&own))).contains("`tls-server-name`"));
    let named = Connection { server_name: Some("api.example.com".to_owned()), ..to(elsewhere, Some(&own)) };
    assert_eq!(said(named), None);
    // Only who says so does without.
    assert_eq!(said(Connection { insecure: true, ..to(served("127.0.0.1", PAST), None) }), None);
}

#[test]
fn a_certificate_of_the_user_that_is_not_accepted_is_said() {
    let (own, people, others) = (authority(), authority(), authority());
    let with = |(certificate, key): (rcgen::Certificate, KeyPair)| {
        let pair = (certificate.pem().into_bytes(), key.serialize_pem().into_bytes());
        let server = serve(signed(&own, "127.0.0.1", NOW), Some(&people));
        let user = User { certificate: Some(pair), ..User::default() };
        said(Connection { user, ..to(server, Some(&own)) })
    };
    assert_eq!(with(signed(&people, "jane", NOW)), None);
    for wrong in [signed(&people, "jane", PAST), signed(&others, "jane", NOW)] {
        let reason = with(wrong);
        assert!(
            reason.as_deref().is_some_and(|reason| reason.contains("does not accept our certificate")),
            "{reason:?}"
        );
    }
}
