//! What changes is followed from where it was left, whatever the server does.

use std::fs;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, sync_channel};
use std::time::Duration;

use cluster::client::{Client, Limits};
use cluster::discovery::ApiResource;
use cluster::kubeconfig::{Connection, User};
use cluster::lists::{Phase, Scope, Wanted};
use cluster::store::Store;
use cluster::watch::{Event, follow};

use crate::server::{Answer, Server, ok, status};

fn wanted(name: &str, kind: &str) -> Wanted {
    let verbs = vec!["list".to_owned(), "watch".to_owned()];
    let (name, kind, version) = (name.to_owned(), kind.to_owned(), "v1".to_owned());
    let resource = ApiResource { name, kind, version, namespaced: true, verbs, ..ApiResource::default() };
    Wanted { resource, namespace: None, phase: Phase::Objects }
}

fn list(names: &[&str], version: &str) -> Answer {
    let items: Vec<String> = names.iter().map(|name| item(name, version)).collect();
    ok(&format!(r#"{{"metadata":{{"resourceVersion":"{version}"}},"items":[{}]}}"#, items.join(",")))
}

fn item(name: &str, version: &str) -> String {
    format!(r#"{{"metadata":{{"name":"{name}","namespace":"shop","resourceVersion":"{version}"}}}}"#)
}

fn stream(events: &[(&str, &str, &str)]) -> Answer {
    let line = |(kind, name, version): &(&str, &str, &str)| {
        format!("{{\"type\":\"{kind}\",\"object\":{}}}\n", item(name, version))
    };
    ok(&events.iter().map(line).collect::<String>())
}

/// The server is silent from here on.
fn silence() -> Answer {
    Answer::Late(Duration::from_secs(60))
}

struct Following {
    server: Server,
    events: Receiver<Event>,
    store: Store,
    folder: tempfile::TempDir,
}

/// Follows what a server with these answers has, with the token of a file.
fn following(path: &'static str, kind: Wanted, answers: Vec<Answer>) -> Following {
    let server = Server::new(vec![(path, answers)]);
    let folder = tempfile::tempdir().unwrap();
    let token = folder.path().join("token");
    fs::write(&token, "first").unwrap();
    let user = User { token_file: Some(token), ..User::default() };
    let connection = Connection { user, ..server.connection() };
    let connection = Connection { user: User { token: None, ..connection.user.clone() }, ..connection };
    let limits = Limits { qps: 10_000.0, timeout: Duration::from_secs(5) };
    let client = Arc::new(Client::new(connection, limits, &|_| {}).unwrap());
    let (sender, events) = sync_channel(100);
    let mut store = Store::default();
    let number = store.add(kind.clone());
    follow(&client, kind, number, &Scope::default(), &sender);
    Following { server, events, store, folder }
}

impl Following {
    /// Takes events until the list is as expected.
    fn becomes(&mut self, expected: &[&str]) {
        loop {
            let known: Vec<&str> =
                ["a", "b", "c", "d"].into_iter().filter(|name| self.has(&format!("shop/{name}"))).collect();
            if known == expected {
                return;
            }
            let event = self.events.recv_timeout(Duration::from_secs(20));
            self.store.apply(event.unwrap_or_else(|error| panic!("{error}: {known:?}, not {expected:?}")));
        }
    }

    fn has(&self, key: &str) -> bool {
        self.store.object(0, key).is_some()
    }

    /// Where each stream began, and with whose token.
    fn begun(&self) -> Vec<(String, String)> {
        let asked = self.server.asked.lock().unwrap();
        let watches = asked.iter().filter(|(target, _)| target.contains("watch=1"));
        let version = |target: &str| target.rsplit("resourceVersion=").next().unwrap_or_default().to_owned();
        watches.map(|(target, token)| (version(target), token.clone())).collect()
    }
}

fn versions(begun: &[(String, String)]) -> Vec<&str> {
    begun.iter().map(|(version, _)| version.as_str()).collect()
}

const PATH: &str = "/api/v1/configmaps";

#[test]
fn a_stream_goes_on_from_the_last_change_or_bookmark() {
    let answers = vec![
        list(&["a"], "5"),
        stream(&[("ADDED", "b", "7")]),
        stream(&[("BOOKMARK", "", "9")]),
        stream(&[("DELETED", "a", "11"), ("MODIFIED", "c", "12")]),
        silence(),
    ];
    let mut following = following(PATH, wanted("configmaps", "ConfigMap"), answers);
    following.becomes(&["a"]);
    following.becomes(&["a", "b"]);
    following.becomes(&["b", "c"]);
    std::thread::sleep(Duration::from_millis(500));
    assert_eq!(versions(&following.begun()), ["5", "7", "9", "12"]);
}

#[test]
fn where_the_server_has_forgotten_the_list_is_read_anew() {
    let gone = r#"{"type":"ERROR","object":{"kind":"Status","code":410,"reason":"Expired"}}"#;
    let answers = vec![
        list(&["a", "b"], "5"),
        ok(&format!("{gone}\n")),
        list(&["b", "c"], "20"),
        status(410, "", r#"{"code":410}"#),
        list(&["d"], "30"),
        silence(),
    ];
    let mut following = following(PATH, wanted("configmaps", "ConfigMap"), answers);
    following.becomes(&["a", "b"]);
    following.becomes(&["b", "c"]);
    following.becomes(&["d"]);
    std::thread::sleep(Duration::from_millis(500));
    assert_eq!(versions(&following.begun()), ["5", "20", "30"]);
    assert!(following.store.stale().is_empty());
}

#[test]
fn a_token_that_has_ended_is_read_again() {
    let refused = || status(401, "", "{}");
    let answers = vec![list(&["a"], "5"), refused(), refused(), refused(), stream(&[("ADDED", "b", "7")]), silence()];
    let mut following = following(PATH, wanted("configmaps", "ConfigMap"), answers);
    following.becomes(&["a"]);
    fs::write(following.folder.path().join("token"), "second").unwrap();
    following.becomes(&["a", "b"]);
    let begun = following.begun();
    assert!(begun.iter().any(|(version, token)| version == "5" && token == "bearer second"), "{begun:?}");
    assert!(following.store.stale().is_empty(), "{:?}", following.store.stale());
}

#[test]
fn what_breaks_or_is_no_change_is_said_and_goes_on() {
    let answers = vec![
        list(&["a"], "5"),
        ok("no change\n"),
        status(500, "", r#"{"message":"down"}"#),
        Answer::Cut(r#"{"type":"ADDED","object":{}}"#.to_owned()),
        stream(&[("ADDED", "b", "7")]),
        silence(),
    ];
    let mut following = following(PATH, wanted("configmaps", "ConfigMap"), answers);
    following.becomes(&["a", "b"]);
    assert!(following.store.stale().is_empty());
    assert!(versions(&following.begun()).iter().take(4).all(|version| *version == "5"));
}

#[test]
fn changes_of_secrets_come_without_their_values() {
    let row =
        |name: &str, version: &str| format!(r#"{{"cells":["{name}","Opaque",1],"object":{}}}"#, item(name, version));
    let columns = r#""columnDefinitions":[{"name":"Name"},{"name":"Type"}]"#;
    let first =
        format!(r#"{{"kind":"Table",{columns},"metadata":{{"resourceVersion":"5"}},"rows":[{}]}}"#, row("a", "4"));
    let change = |kind: &str, columns: &str, row: String| {
        format!("{{\"type\":\"{kind}\",\"object\":{{\"kind\":\"Table\",{columns}\"rows\":[{row}]}}}}\n")
    };
    let changes = change("ADDED", &format!("{columns},"), row("b", "7")) + &change("MODIFIED", "", row("c", "8"));
    let answers = vec![ok(&first), ok(&changes), silence()];
    let mut following = following("/api/v1/secrets", wanted("secrets", "Secret"), answers);
    following.becomes(&["a", "b", "c"]);
    for name in ["a", "b", "c"] {
        let text = following.store.object(0, &format!("shop/{name}")).unwrap();
        assert!(text.contains(r#""type":"Opaque""#) && !text.contains(r#""data""#), "{text}");
    }
}
