//! Requests to an API server: within a rate, again when it asks for patience, with fresh credentials when they end.
//!
//! Only reads, and the reviews of access that change nothing, can be asked for.

use std::error::Error as _;
use std::io::Read;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use serde::Deserialize;
use ureq::http::{Response, StatusCode, Uri};
use ureq::tls::{Certificate, ClientCert, PemItem, PrivateKey, RootCerts, TlsConfig, parse_pem};
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{DefaultConnector, NextTimeout};
use ureq::{Agent, Body};

use crate::credentials::{self, CredentialError, Credentials, Notice};
use crate::kubeconfig::Connection;
use crate::patience::{self, Unread, spoken};

/// The largest answer that is taken.
pub const LARGEST: u64 = 32 << 20;

/// So often a request is made before it is given up.
const ATTEMPTS: u32 = 6;

/// So often, and with this part of the patience, a server is asked that has never answered: it may not be there at all.
const FIRST_ATTEMPTS: u32 = 2;
const FIRST_PATIENCE: u32 = 6;

/// After so many requests in a row that were waited for in vain none is made twice, and none waited for longer than of
/// a server that has never answered.
const IN_VAIN: u32 = 4;

/// A wait that is shorter is not worth a word.
const WORTH_SAYING: Duration = Duration::from_secs(2);

/// So soon no program is run again for credentials that end at once, or were refused.
const SOON: Duration = Duration::from_secs(10);

/// So long after credentials were refused there may be others, although nothing says so: somebody has signed in.
const LATER: Duration = Duration::from_secs(60);

/// Why a request has no answer.
#[derive(Debug, Clone, thiserror::Error)]
pub enum RequestError {
    /// No connection, or one that breaks again and again.
    #[error("cannot reach `{server}`: {reason}")]
    Connect {
        /// The server.
        server: String,
        /// Why.
        reason: String,
    },
    /// The server's certificate, or ours, is not accepted.
    #[error("no trusted connection to `{server}`: {reason}")]
    Trust {
        /// The server.
        server: String,
        /// Why.
        reason: String,
    },
    /// The credentials are not accepted, or are no longer.
    #[error("the server does not accept the credentials (401): sign in again")]
    Unauthorized,
    /// The user may not do this.
    #[error("forbidden")]
    Forbidden(String),
    /// There is no such thing.
    #[error("the server has no such resource (404)")]
    NotFound,
    /// The list that is being read is too old; with where it can go on, if it can.
    #[error("the list ended while it was read (410)")]
    Gone(Option<String>),
    /// The server failed, again and again.
    #[error("the server answers {status}{}", suffix(message))]
    Status {
        /// The status.
        status: u16,
        /// What it says.
        message: String,
    },
    /// No answer, or not all of it, in the time that there is for one.
    #[error("no whole answer to `{request}` in {} ({bytes} bytes came): `--timeout` waits longer", spoken(*after))]
    Slow {
        /// What was asked for.
        request: String,
        /// So much came.
        bytes: usize,
        /// In this time.
        after: Duration,
    },
    /// The server asks for more patience than there is.
    #[error("the server asks to come back in {} ({status})", spoken(*wait))]
    Busy {
        /// The status.
        status: u16,
        /// The wait that it asks for.
        wait: Duration,
    },
    /// More than is taken at once.
    #[error("an answer of more than {} MiB", LARGEST >> 20)]
    TooLarge,
    /// Not what was asked for.
    #[error("the server's answer is not what was asked for: {0}")]
    Invalid(String),
    /// No credentials.
    #[error(transparent)]
    Credentials(#[from] CredentialError),
}

fn suffix(message: &str) -> String {
    if message.is_empty() { String::new() } else { format!(": {message}") }
}

/// How a server is asked.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Requests a second, over all threads.
    pub qps: f64,
    /// So long the server may take to begin an answer, and then to bring all of it, unless much comes; and so long a
    /// request waits in all because the server asks for it.
    pub timeout: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { qps: 50.0, timeout: Duration::from_secs(60) }
    }
}

/// A server, asked by one user.
pub struct Client<'a> {
    connection: Connection,
    limits: Limits,
    notice: Notice<'a>,
    session: RwLock<Arc<Session>>,
    /// When the next request may be made.
    next: Mutex<Instant>,
    /// Whether the server has ever answered.
    answered: AtomicBool,
    /// Requests in a row that were waited for in vain.
    in_vain: AtomicU32,
    /// Until when it was said that the server is waited for.
    said: Mutex<Instant>,
}

/// What is asked.
#[derive(Clone, Copy)]
struct Request<'r> {
    path: &'r str,
    accept: &'r str,
    body: Option<&'r str>,
    /// Whether the answer is a stream, which has no end.
    is_stream: bool,
}

/// Why one attempt brought nothing, and how long the server asks to wait.
struct Failed {
    error: RequestError,
    asked: Option<Duration>,
}

impl From<RequestError> for Failed {
    fn from(error: RequestError) -> Self {
        Self { error, asked: None }
    }
}

/// Connections that were made with the same credentials.
struct Session {
    agent: Agent,
    credentials: Credentials,
    /// When the credentials were asked for last.
    asked: Mutex<Instant>,
    /// Whether the server took them.
    accepted: AtomicBool,
    /// So that of many threads that are refused one asks for new credentials.
    number: u64,
}

impl<'a> Client<'a> {
    /// A client for a cluster. `notice` is told of programs that are run for credentials.
    ///
    /// # Errors
    /// No credentials, or certificates that are none.
    pub fn new(connection: Connection, limits: Limits, notice: Notice<'a>) -> Result<Self, RequestError> {
        let credentials = credentials::obtain(&connection, notice)?;
        let session = RwLock::new(Arc::new(session(&connection, credentials, limits, 0)?));
        Ok(Self {
            connection,
            limits,
            notice,
            session,
            next: Mutex::new(Instant::now()),
            answered: AtomicBool::new(false),
            in_vain: AtomicU32::new(0),
            said: Mutex::new(Instant::now()),
        })
    }

    /// The cluster that is asked.
    pub fn connection(&self) -> &Connection {
        &self.connection
    }

    /// The answer to a GET of `path`, which begins with `/`, in a form of `accept`.
    ///
    /// # Errors
    /// No answer, or one that says that there is none.
    pub fn get(&self, path: &str, accept: &str) -> Result<Vec<u8>, RequestError> {
        self.answer(Request { path, accept, body: None, is_stream: false })
    }

    /// Asks for a review of access, such as a `SelfSubjectAccessReview`: the server answers and keeps nothing.
    ///
    /// # Errors
    /// No answer, or one that says that there is none.
    pub fn review(&self, path: &str, body: &str) -> Result<Vec<u8>, RequestError> {
        self.answer(Request { path, accept: "application/json", body: Some(body), is_stream: false })
    }

    /// The stream that a watch of `path` is.
    ///
    /// # Errors
    /// No answer, or one that says that there is none.
    pub fn stream(&self, path: &str, accept: &str) -> Result<impl Read + Send + use<>, RequestError> {
        let session = self.fresh()?;
        self.wait_turn();
        let request = Request { path, accept, body: None, is_stream: true };
        let response = self.send(&session, request).map_err(|error| self.explain(error, request))?;
        if response.status() == StatusCode::OK {
            return Ok(response.into_body().into_reader());
        }
        if response.status() == StatusCode::UNAUTHORIZED {
            self.renew(&session)?;
        }
        Err(refusal(response, self.limits.timeout))
    }

    fn send(&self, session: &Session, request: Request<'_>) -> Result<Response<Body>, ureq::Error> {
        let address = format!("{}{}", base_address(&self.connection), request.path);
        let patience = self.patience();
        let mut headers = vec![("Accept", request.accept.to_owned())];
        headers.extend(session.credentials.authorization.iter().map(|value| ("Authorization", value.clone())));
        headers.extend(self.connection.user.impersonate.iter().map(|(name, value)| (name.as_str(), value.clone())));
        let whole = (!request.is_stream).then(|| patience::longest(self.limits.timeout));
        // A stream of changes may be silent for minutes.
        let silence = if request.is_stream { Duration::from_secs(330) } else { self.limits.timeout };
        let response = match request.body {
            None => {
                let built =
                    headers.into_iter().fold(session.agent.get(address), |r, (name, value)| r.header(name, value));
                let config = built.config().timeout_recv_response(Some(patience)).timeout_per_read(Some(silence));
                config.timeout_recv_body(whole).build().call()
            }
            Some(body) => {
                headers.push(("Content-Type", "application/json".to_owned()));
                let built =
                    headers.into_iter().fold(session.agent.post(address), |r, (name, value)| r.header(name, value));
                let config = built.config().timeout_recv_response(Some(patience)).timeout_per_read(Some(silence));
                config.timeout_recv_body(whole).build().send(body)
            }
        };
        if let Ok(response) = &response {
            self.answered.store(true, Ordering::Relaxed);
            let status = response.status();
            let taken = status.is_success() || status == StatusCode::FORBIDDEN || status == StatusCode::NOT_FOUND;
            if taken {
                session.accepted.store(true, Ordering::Relaxed);
            }
        }
        response
    }

    /// So long an answer may take to begin.
    fn patience(&self) -> Duration {
        let trusted = self.answered.load(Ordering::Relaxed) && self.in_vain.load(Ordering::Relaxed) < IN_VAIN;
        if trusted { self.limits.timeout } else { self.limits.timeout / FIRST_PATIENCE }
    }

    /// So often a request is made.
    fn attempts(&self) -> u32 {
        match (self.answered.load(Ordering::Relaxed), self.in_vain.load(Ordering::Relaxed) >= IN_VAIN) {
            (false, _) => FIRST_ATTEMPTS,
            (true, true) => 1,
            (true, false) => ATTEMPTS,
        }
    }

    /// The answer to one attempt.
    fn once(&self, session: &Session, request: Request<'_>) -> Result<Vec<u8>, Failed> {
        let response = self.send(session, request).map_err(|error| self.explain(error, request))?;
        if response.status() != StatusCode::OK && response.status() != StatusCode::CREATED {
            let asked = retry_after(&response);
            return Err(Failed { error: refusal(response, self.limits.timeout), asked });
        }
        let read = patience::read_whole(response.into_body().into_reader(), LARGEST, self.limits.timeout);
        read.map_err(|unread| match unread {
            Unread::TooLarge => RequestError::TooLarge.into(),
            Unread::Slow { bytes, after } => RequestError::Slow { request: asked_for(request), bytes, after }.into(),
            Unread::Broken(error) => self.explain(ureq::Error::from(error), request).into(),
        })
    }

    fn answer(&self, request: Request<'_>) -> Result<Vec<u8>, RequestError> {
        let (mut renewed, mut waited, mut attempt) = (false, Duration::ZERO, 0);
        let start = Instant::now();
        loop {
            let session = self.fresh()?;
            self.wait_turn();
            let Failed { error, asked } = match self.once(&session, request) {
                Ok(bytes) => {
                    self.in_vain.store(0, Ordering::Relaxed);
                    return Ok(bytes);
                }
                Err(failed) => failed,
            };
            attempt += 1;
            let own = Duration::from_millis(100 << attempt.min(ATTEMPTS));
            match (&error, asked) {
                (RequestError::Unauthorized, _) if !renewed && self.can_renew() => {
                    renewed = true;
                    if !self.renew(&session)? {
                        return Err(error);
                    }
                }
                (&RequestError::Status { status: status @ (429 | 500..=599), .. }, Some(asked)) => {
                    // Who asks for patience gets it, as far as it goes; what is asked for again and again is not got.
                    let wait = asked.max(own);
                    if waited.saturating_add(wait) > self.limits.timeout || self.attempts() == 1 {
                        self.in_vain.fetch_add(1, Ordering::Relaxed);
                        return Err(RequestError::Busy { status, wait: asked });
                    }
                    waited += wait;
                    self.say_that_it_waits(status, wait);
                    thread::sleep(wait);
                }
                (
                    RequestError::Connect { .. }
                    | RequestError::Slow { .. }
                    | RequestError::Status { status: 500.., .. },
                    _,
                )
                | (RequestError::Status { status: 429, .. }, None) => {
                    // Who let us wait to the end twice does so again.
                    if attempt >= self.attempts() || start.elapsed() >= 2 * self.limits.timeout {
                        if matches!(error, RequestError::Slow { .. }) {
                            self.in_vain.fetch_add(1, Ordering::Relaxed);
                        }
                        return Err(error);
                    }
                    thread::sleep(own);
                }
                _ => return Err(error),
            }
        }
    }

    /// Says that the server is waited for, once for all threads that wait.
    fn say_that_it_waits(&self, status: u16, wait: Duration) {
        let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        if wait < WORTH_SAYING || *said > Instant::now() {
            return;
        }
        *said = Instant::now() + wait;
        let name = &self.connection.name;
        (self.notice)(&format!("`{name}` asks for patience ({status}): it is asked again in {}", spoken(wait)));
    }

    /// Waits until the next request may be made.
    fn wait_turn(&self) {
        let step = Duration::from_secs_f64(1.0 / self.limits.qps.clamp(0.1, 100_000.0));
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        // What was not used in the last second may be used at once.
        let earliest = now.checked_sub(Duration::from_secs(1)).unwrap_or(now);
        let turn = (*next).max(earliest);
        *next = turn + step;
        drop(next);
        thread::sleep(turn.saturating_duration_since(now));
    }

    /// The session, made anew if its credentials have ended.
    fn fresh(&self) -> Result<Arc<Session>, RequestError> {
        let session = Arc::clone(&self.session.read().unwrap_or_else(PoisonError::into_inner));
        let soon = SystemTime::now() + Duration::from_secs(5);
        // Credentials that have always ended when they come are tried as they are.
        if session.credentials.expires.is_some_and(|expires| expires < soon) && session.age() > SOON {
            self.renew(&session)?;
            return Ok(Arc::clone(&self.session.read().unwrap_or_else(PoisonError::into_inner)));
        }
        Ok(session)
    }

    fn can_renew(&self) -> bool {
        self.connection.user.exec.is_some() || self.connection.user.token_file.is_some()
    }

    /// Makes a session to follow `old`, unless another thread has; whether it has other credentials.
    fn renew(&self, old: &Session) -> Result<bool, RequestError> {
        let mut current = self.session.write().unwrap_or_else(PoisonError::into_inner);
        if current.number != old.number {
            return Ok(true);
        }
        // A program says the same again, unless what it said was good once; a file costs nothing.
        let was_good = current.accepted.load(Ordering::Relaxed) && (current.number == 0 || current.age() > SOON);
        if self.connection.user.token_file.is_none() && !was_good && current.age() < LATER {
            return Ok(false);
        }
        *current.asked.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
        current.accepted.store(false, Ordering::Relaxed);
        let credentials = credentials::obtain(&self.connection, self.notice)?;
        let differ = !credentials.are_those(&current.credentials);
        *current = Arc::new(session(&self.connection, credentials, self.limits, current.number + 1)?);
        Ok(differ)
    }

    fn explain(&self, error: ureq::Error, request: Request<'_>) -> RequestError {
        use ureq::Timeout;
        let server = self.connection.server.clone();
        if let Some(reason) = distrust(&error) {
            return RequestError::Trust { server, reason };
        }
        match error {
            ureq::Error::Timeout(Timeout::RecvResponse | Timeout::RecvBody | Timeout::PerRead)
                if self.answered.load(Ordering::Relaxed) =>
            {
                RequestError::Slow { request: asked_for(request), bytes: 0, after: self.patience() }
            }
            error => RequestError::Connect { server, reason: error.to_string() },
        }
    }
}

impl Session {
    /// How long ago the credentials were asked for.
    fn age(&self) -> Duration {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).elapsed()
    }
}

/// A request as messages name it: where a list goes on says nothing to anybody.
fn asked_for(request: Request<'_>) -> String {
    let verb = if request.body.is_some() { "POST" } else { "GET" };
    let path = request.path.split("&continue=").next().unwrap_or_default();
    format!("{verb} {path}")
}

/// What is wrong with a certificate, if that is what is wrong.
fn distrust(error: &ureq::Error) -> Option<String> {
    let of_rustls = match error {
        ureq::Error::Rustls(error) => error.clone(),
        ureq::Error::Tls(reason) => return Some((*reason).to_owned()),
        ureq::Error::Pem(_) => return Some("a certificate or key of the kubeconfig is not PEM".to_owned()),
        ureq::Error::Io(error) => error.get_ref()?.downcast_ref::<rustls::Error>()?.clone(),
        _ => error.source()?.downcast_ref::<rustls::Error>()?.clone(),
    };
    use rustls::{AlertDescription, CertificateError, Error};
    Some(match of_rustls {
        // Authorities of clusters have the same name: a wrong one shows in the signature.
        Error::InvalidCertificate(CertificateError::UnknownIssuer | CertificateError::BadSignature) => {
            "its certificate is not signed by the authority that the kubeconfig names".to_owned()
        }
        Error::InvalidCertificate(CertificateError::Expired | CertificateError::ExpiredContext { .. }) => {
            "its certificate has expired".to_owned()
        }
        Error::InvalidCertificate(CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. }) => {
            "its certificate is not valid yet: is the clock right?".to_owned()
        }
        Error::InvalidCertificate(
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
        ) => "its certificate is for another name: set `tls-server-name` in the kubeconfig if that is meant".to_owned(),
        Error::AlertReceived(AlertDescription::CertificateExpired) => {
            "it does not accept our certificate: it has expired, sign in again".to_owned()
        }
        Error::AlertReceived(
            AlertDescription::BadCertificate
            | AlertDescription::CertificateRequired
            | AlertDescription::CertificateRevoked
            | AlertDescription::CertificateUnknown
            | AlertDescription::UnknownCA
            | AlertDescription::DecryptError,
        ) => "it does not accept our certificate: is it for this cluster?".to_owned(),
        other => other.to_string(),
    })
}

fn retry_after<B>(response: &Response<B>) -> Option<Duration> {
    let seconds = response.headers().get("Retry-After")?.to_str().ok()?.parse().ok()?;
    Some(Duration::from_secs(seconds))
}

/// What a `Status` says.
#[derive(Default, Deserialize)]
#[serde(default)]
struct ServerStatus {
    message: String,
    metadata: StatusMetadata,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct StatusMetadata {
    r#continue: Option<String>,
}

fn refusal(response: Response<Body>, timeout: Duration) -> RequestError {
    let status = response.status().as_u16();
    // Without what it says it is refused all the same.
    let body = patience::read_whole(response.into_body().into_reader(), 1 << 20, timeout).unwrap_or_default();
    let said: ServerStatus = serde_json::from_slice(&body).unwrap_or_default();
    let message = shorten(&said.message);
    match status {
        401 => RequestError::Unauthorized,
        403 => RequestError::Forbidden(message),
        404 => RequestError::NotFound,
        410 => RequestError::Gone(said.metadata.r#continue.filter(|token| !token.is_empty())),
        _ => RequestError::Status { status, message },
    }
}

fn shorten(message: &str) -> String {
    message.chars().filter(|letter| !letter.is_control()).take(300).collect()
}

/// The address that requests go to: its host is the name that the certificate is for.
fn base_address(connection: &Connection) -> String {
    let server = &connection.server;
    let Some(name) = &connection.server_name else { return server.clone() };
    let Some((scheme, rest)) = server.split_once("://") else { return server.clone() };
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let port = authority.rsplit_once(':').filter(|(_, port)| port.bytes().all(|b| b.is_ascii_digit()));
    format!("{scheme}://{name}:{}{path}", port.map_or("443", |(_, port)| port))
}

/// Leads to the server whatever host the address names.
#[derive(Debug)]
struct Named {
    server: Uri,
}

impl Resolver for Named {
    fn resolve(
        &self,
        _uri: &Uri,
        config: &ureq::config::Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        DefaultResolver::default().resolve(&self.server, config, timeout)
    }
}

fn session(
    connection: &Connection,
    credentials: Credentials,
    limits: Limits,
    number: u64,
) -> Result<Session, RequestError> {
    let trust = |reason: &str| RequestError::Trust { server: connection.server.clone(), reason: reason.to_owned() };
    let uri: Uri = connection.server.parse().map_err(|_| RequestError::Connect {
        server: connection.server.clone(),
        reason: "the kubeconfig's `server` is no address".to_owned(),
    })?;
    let mut tls = TlsConfig::builder()
        .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .root_certs(RootCerts::new_with_certs(
            &authorities(connection)
                .ok_or_else(|| trust("there is no certificate in the `certificate-authority` of the kubeconfig"))?,
        ))
        .disable_verification(connection.insecure);
    if let Some((chain, key)) = &credentials.certificate {
        let key = PrivateKey::from_pem(key).map_err(|_| trust("the client key of the kubeconfig is not PEM"))?;
        let chain = certificates(chain);
        if chain.is_empty() {
            return Err(trust("the client certificate of the kubeconfig is not PEM"));
        }
        tls = tls.client_cert(Some(ClientCert::new_with_certs(&chain, key)));
    }
    let mut config = Agent::config_builder()
        .tls_config(tls.build())
        .http_status_as_error(false)
        .max_redirects(0)
        .user_agent(concat!("plimsoll/", env!("CARGO_PKG_VERSION")))
        .timeout_connect(Some(Duration::from_secs(10)))
        .timeout_recv_response(Some(limits.timeout))
        .max_idle_connections_per_host(16);
    if let Some(proxy) = &connection.proxy {
        let proxy = ureq::Proxy::new(proxy).map_err(|_| RequestError::Connect {
            server: connection.server.clone(),
            reason: "the kubeconfig's `proxy-url` is no proxy that can be used".to_owned(),
        })?;
        config = config.proxy(Some(proxy));
    }
    let config = config.build();
    let agent = if connection.server_name.is_some() {
        Agent::with_parts(config, DefaultConnector::default(), Named { server: uri })
    } else {
        Agent::new_with_config(config)
    };
    let (asked, accepted) = (Mutex::new(Instant::now()), AtomicBool::new(false));
    Ok(Session { agent, credentials, asked, accepted, number })
}

/// Certificates of whoever may have signed the server's. `None` if there should be some and are not.
fn authorities(connection: &Connection) -> Option<Vec<Certificate<'static>>> {
    match &connection.authority {
        Some(pem) => Some(certificates(pem)).filter(|all| !all.is_empty()),
        None => {
            let all = rustls_native_certs::load_native_certs().certs;
            Some(all.iter().map(|certificate| Certificate::from_der(certificate).to_owned()).collect())
        }
    }
}

fn certificates(pem: &[u8]) -> Vec<Certificate<'static>> {
    let items = parse_pem(pem).filter_map(Result::ok);
    let certificates = items.filter_map(|item| match item {
        PemItem::Certificate(certificate) => Some(certificate),
        _ => None,
    });
    certificates.collect()
}

/// Percent-encodes what is part of a query.
pub(crate) fn query(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}
