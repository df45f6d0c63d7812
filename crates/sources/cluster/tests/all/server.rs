//! A small server: answers by path, as many as were prepared, the last one for ever.

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use cluster::client::{Client, Limits};
use cluster::discovery::discover;
use cluster::kubeconfig::{Connection, Secret, User};
use cluster::lists::Scope;
use cluster::load::{Actions, MadeObjects, Progress, live};
use cluster::snapshot::Writer;
use model::inventory::Inventory;

/// What is sent back.
#[derive(Clone)]
pub(crate) enum Answer {
    /// A status, headers and a body.
    Whole(u16, &'static str, String),
    /// The first half of a body that was said to be whole.
    Cut(String),
    /// Nothing for so long, and then what an empty list is.
    Late(Duration),
    /// A byte now and then, for ever.
    Trickle,
}

/// A server on loopback, which lives as long as the test.
pub(crate) struct Server {
    pub(crate) address: String,
    /// Paths that were asked for, with their queries, and the `Authorization` that came along.
    pub(crate) asked: Arc<Mutex<Vec<(String, String)>>>,
}

/// Answers by path without query.
pub(crate) type Answers = Vec<(&'static str, Vec<Answer>)>;

pub(crate) fn ok(body: &str) -> Answer {
    Answer::Whole(200, "", body.to_owned())
}

pub(crate) fn status(code: u16, headers: &'static str, body: &str) -> Answer {
    Answer::Whole(code, headers, body.to_owned())
}

/// Discovery of a server with ConfigMaps, Secrets and Pods.
pub(crate) fn discovery() -> Answers {
    let resource = |name: &str, kind: &str| {
        format!(r#"{{"name":"{name}","kind":"{kind}","namespaced":true,"verbs":["list","watch"]}}"#)
    };
    let all = [resource("configmaps", "ConfigMap"), resource("secrets", "Secret"), resource("pods", "Pod")].join(",");
    vec![
        ("/version", vec![ok(r#"{"gitVersion":"v1.37.2"}"#)]),
        ("/api", vec![ok(r#"{"kind":"APIVersions","versions":["v1"]}"#)]),
        ("/apis", vec![ok(r#"{"kind":"APIGroupList","groups":[]}"#)]),
        ("/api/v1", vec![ok(&format!(r#"{{"resources":[{all}]}}"#))]),
        ("/api/v1/secrets", vec![ok(r#"{"items":[]}"#)]),
        ("/api/v1/pods", vec![ok(r#"{"items":[]}"#)]),
    ]
}

impl Server {
    pub(crate) fn new(answers: Answers) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&asked);
        let answers: HashMap<&str, Vec<Answer>> = answers.into_iter().collect();
        let answers = Arc::new(Mutex::new(answers));
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (log, answers) = (Arc::clone(&log), Arc::clone(&answers));
                thread::spawn(move || serve(stream, &log, &answers));
            }
        });
        Self { address, asked }
    }

    pub(crate) fn connection(&self) -> Connection {
        Connection {
            name: "test".to_owned(),
            server: self.address.clone(),
            user: User { token: Some(Secret("abc".to_owned())), ..User::default() },
            ..Connection::default()
        }
    }

    /// How often a path was asked for.
    pub(crate) fn times(&self, path: &str) -> usize {
        self.asked.lock().unwrap().iter().filter(|(asked, _)| asked.split('?').next() == Some(path)).count()
    }
}

fn serve(stream: TcpStream, log: &Mutex<Vec<(String, String)>>, answers: &Mutex<HashMap<&str, Vec<Answer>>>) {
    let mut out = stream.try_clone().unwrap();
    let mut reader = BufReader::new(stream);
    while let Some(request) = next_line(&mut reader) {
        let (mut authorization, mut length) = (String::new(), 0);
        while let Some(line) = next_line(&mut reader).filter(|line| !line.is_empty()) {
            let line = line.to_ascii_lowercase();
            if let Some(value) = line.strip_prefix("authorization: ") {
                value.clone_into(&mut authorization);
            } else if let Some(value) = line.strip_prefix("content-length: ") {
                length = value.parse().unwrap();
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).unwrap();
        let target = request.split(' ').nth(1).unwrap_or_default().to_owned();
        let path = target.split('?').next().unwrap_or_default().to_owned();
        log.lock().unwrap().push((target, authorization));
        let answer = match answers.lock().unwrap().get_mut(path.as_str()) {
            Some(prepared) if prepared.len() > 1 => prepared.remove(0),
            Some(prepared) => prepared[0].clone(),
            None => status(404, "", "{}"),
        };
        let sent = match answer {
            Answer::Trickle => {
                write!(out, "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n").ok();
                while out.write_all(b" ").is_ok() {
                    thread::sleep(Duration::from_millis(100));
                }
                return;
            }
            Answer::Whole(code, headers, body) => {
                let length = body.len();
                write!(out, "HTTP/1.1 {code} x\r\n{headers}Content-Length: {length}\r\n\r\n{body}")
            }
            Answer::Cut(body) => {
                let (length, half) = (body.len(), &body[..body.len() / 2]);
                write!(out, "HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n{half}").ok();
                return;
            }
            Answer::Late(time) => {
                thread::sleep(time);
                write!(out, "HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n{{\"items\":[]}}")
            }
        };
        if sent.is_err() {
            return;
        }
    }
}

fn next_line(reader: &mut BufReader<TcpStream>) -> Option<String> {
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
    Some(line.trim_end().to_owned())
}

/// A list with ConfigMaps of these names, and where it goes on.
pub(crate) fn config_maps(names: &[&str], next: &str) -> String {
    let items: Vec<String> = names.iter().map(|name| format!(r#"{{"metadata":{{"name":"{name}"}}}}"#)).collect();
    format!(r#"{{"metadata":{{"continue":"{next}"}},"items":[{}]}}"#, items.join(","))
}

/// Everything of a server, and what was not seen.
pub(crate) fn load(connection: Connection, writer: Option<Writer>) -> (Inventory, Vec<String>) {
    load_within(Duration::from_millis(700), connection, writer)
}

/// Everything of a server that is waited for so long, and what was said.
pub(crate) fn load_within(
    timeout: Duration,
    connection: Connection,
    writer: Option<Writer>,
) -> (Inventory, Vec<String>) {
    let said = Mutex::new(Vec::new());
    let notice = |text: &str| said.lock().unwrap().push(text.to_owned());
    let limits = Limits { qps: 10_000.0, timeout };
    let client = Client::new(connection, limits, &notice).unwrap();
    let found = discover(&client).unwrap();
    let mut inventory = Inventory::default();
    let progress = Progress::default();
    let actions =
        Actions { judge: &|_, _, _| {}, after_definitions: &|| {}, progress: &progress, made: MadeObjects::Folded };
    live(&client, found, &Scope::default(), 4, writer, actions, &mut inventory).unwrap();
    drop(client);
    (inventory, said.into_inner().unwrap())
}

/// What of a server is in a scope.
pub(crate) fn load_scope(server: &Server, scope: &Scope) -> Inventory {
    let limits = Limits { qps: 10_000.0, timeout: Duration::from_millis(700) };
    let client = Client::new(server.connection(), limits, &|_| {}).unwrap();
    let found = discover(&client).unwrap();
    let mut inventory = Inventory::default();
    let progress = Progress::default();
    let actions =
        Actions { judge: &|_, _, _| {}, after_definitions: &|| {}, progress: &progress, made: MadeObjects::Folded };
    live(&client, found, scope, 4, None, actions, &mut inventory).unwrap();
    inventory
}

/// The names of all objects, in their order.
pub(crate) fn names(inventory: &Inventory) -> Vec<String> {
    inventory.resources.iter().map(|resource| inventory.symbols.text(resource.name)).collect()
}

/// What was not seen.
pub(crate) fn not_seen(inventory: &Inventory) -> Vec<String> {
    inventory.coverage.skipped.iter().map(|skipped| skipped.reason.clone()).collect()
}
