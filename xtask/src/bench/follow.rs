//! A large cluster that is followed: how long a change takes to be said, and how much memory it takes to stay.
//!
//! The cluster is a small server here that lists what it has and streams what is changed. It decides nothing.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Instant;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use super::Bench;
use super::child::median;
use super::estate::Estate;
use super::figures::{Budget, Figure, Limit};
use crate::arguments::say;

const SECTION: &str = "a cluster that is followed";

/// How often each kind of change is made.
const TURNS: usize = 7;

/// Objects by the path of their list.
type Lists = BTreeMap<String, List>;

/// The objects of one kind.
#[derive(Default)]
struct List {
    kind: String,
    items: Vec<String>,
}

pub(crate) fn figures(bench: &Bench, _before: &[Figure]) -> Vec<Figure> {
    say("bench: following");
    let owned = Estate { pods: 100_000, workloads: 10_000, bindings: 5_000, policies: 2_000 };
    let cases =
        [("100,000 pods of 10,000 workloads", owned, true), ("the same pods, and nobody owns them", owned, false)];
    let mut figures = Vec::new();
    for (name, estate, has_owners) in cases {
        match measure(bench, estate, has_owners) {
            Ok((objects, memory, changes)) => figures.extend(of_case(name, objects, memory, changes)),
            Err(error) => figures.push(Figure::failed(SECTION, name, &error)),
        }
    }
    figures
}

fn of_case(name: &str, objects: u64, (resident, peak): (f64, f64), changes: Vec<(&str, Vec<f64>)>) -> Vec<Figure> {
    let limit = Limit::AtMost(500.0);
    let budget = Budget { what: "resident", unit: "MB", value: resident, limit };
    let note = format!("{objects} objects judged; {resident:.0} MB resident, {peak:.0} MB at the peak");
    let mut figures = vec![Figure { budgets: vec![budget], ..Figure::noted(SECTION, name, note) }];
    for (what, times) in changes {
        let worst = times.iter().copied().fold(0.0, f64::max);
        let budget = Budget { what: "worst", unit: "ms", value: worst, limit: Limit::AtMost(100.0) };
        let note = format!("median {:.1} ms, worst {worst:.1} ms of {}", median(&times), times.len());
        figures.push(Figure { budgets: vec![budget], ..Figure::noted(SECTION, &format!("  {what}"), note) });
    }
    figures
}

/// Objects, memory in megabytes (resident, peak), and milliseconds by what changed.
type Measured = (u64, (f64, f64), Vec<(&'static str, Vec<f64>)>);

fn measure(bench: &Bench, estate: Estate, has_owners: bool) -> Result<Measured> {
    let folder = estate.write(&bench.scratch.join("estate"))?;
    let server = Server::start(read(&folder, has_owners)?)?;
    let kubeconfig = bench.scratch.join("followed.json");
    let config = json!({
        "apiVersion": "v1", "kind": "Config", "current-context": "c",
        "contexts": [{"name": "c", "context": {"cluster": "c", "user": "c"}}],
        "clusters": [{"name": "c", "cluster": {"server": server.address}}],
        "users": [{"name": "c", "user": {}}],
    });
    fs::write(&kubeconfig, config.to_string()).context("cannot write a kubeconfig")?;
    let mut process = Command::new(&bench.tool.binary)
        .args(["scan", "--cluster", "--watch", "--output", "json", "--qps", "100000", "--kubeconfig"])
        .arg(&kubeconfig)
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
        .context("cannot run the program")?;
    let measured = follow(&mut process, &server);
    // Ended, it has nothing more to say.
    process.kill().ok();
    process.wait().ok();
    measured
}

fn follow(process: &mut Child, server: &Server) -> Result<Measured> {
    let mut out = BufReader::with_capacity(1 << 20, process.stdout.take().context("it has no output")?);
    let ready = event(&mut out, "ready")?;
    let mut changes = Vec::new();
    for (what, change) in CHANGES {
        let mut times = Vec::new();
        for turn in 0..TURNS {
            let (list, kind, object) = change(turn);
            let start = Instant::now();
            server.change(list, kind, object)?;
            event(&mut out, "judged")?;
            times.push(start.elapsed().as_secs_f64() * 1e3);
        }
        changes.push((what, times));
    }
    let status = fs::read_to_string(format!("/proc/{}/status", process.id())).context("cannot ask for its memory")?;
    let megabytes = |name: &str| -> f64 {
        let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
        line.trim_start_matches(':').trim_end_matches("kB").trim().parse::<f64>().unwrap_or_default() / 1e3
    };
    let objects = ready["objects"].as_u64().unwrap_or_default();
    Ok((objects, (megabytes("VmRSS"), megabytes("VmHWM")), changes))
}

/// The next line of this event.
fn event(out: &mut BufReader<ChildStdout>, event: &str) -> Result<Value> {
    let mut line = String::new();
    loop {
        line.clear();
        if out.read_line(&mut line).context("it says nothing more")? == 0 {
            bail!("it ended");
        }
        // Findings are many, and say so at once.
        if line.contains(&format!("\"event\":\"{event}\"")) {
            return serde_json::from_str(&line).context("it said no JSON");
        }
    }
}

/// A change: the path of its list, what happens, and the object.
type Change = fn(usize) -> (&'static str, &'static str, Value);

const CHANGES: [(&str, Change); 9] = [
    ("a pod of a ReplicaSet ends", |turn| {
        let mut pod = pod(&format!("app-{turn}-abc-0"), turn, false);
        pod["metadata"]["ownerReferences"] = json!([{"apiVersion": "apps/v1", "kind": "ReplicaSet",
            "name": format!("app-{turn}-abc"), "uid": format!("u-app-{turn}-abc"), "controller": true}]);
        pod["status"]["phase"] = "Failed".into();
        ("/api/v1/pods", "MODIFIED", pod)
    }),
    ("a Deployment becomes privileged", |turn| ("/apis/apps/v1/deployments", "MODIFIED", deployment(turn))),
    ("a new pod that nobody owns", |turn| ("/api/v1/pods", "ADDED", pod(&format!("naked-{turn}"), turn, true))),
    ("that pod is gone", |turn| ("/api/v1/pods", "DELETED", pod(&format!("naked-{turn}"), turn, true))),
    ("a new ClusterRoleBinding of cluster-admin", |turn| {
        let binding = json!({
            "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding",
            "metadata": {"name": format!("all-{turn}")},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"},
            "subjects": [{"kind": "ServiceAccount", "name": format!("app-{}", 2 * turn + 1), "namespace": namespace(2 * turn + 1)}],
        });
        ("/apis/rbac.authorization.k8s.io/v1/clusterrolebindings", "ADDED", binding)
    }),
    ("a Role reads Secrets", |turn| {
        let role = json!({
            "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role",
            "metadata": {"name": format!("role-{}", turn + 1), "namespace": namespace(turn + 1)},
            "rules": [{"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"]}],
        });
        ("/apis/rbac.authorization.k8s.io/v1/roles", "MODIFIED", role)
    }),
    ("a NetworkPolicy for a namespace", |turn| {
        let policy = json!({
            "apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy",
            "metadata": {"name": "all", "namespace": namespace(turn)},
            "spec": {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]},
        });
        ("/apis/networking.k8s.io/v1/networkpolicies", "ADDED", policy)
    }),
    ("a label of a Namespace", |turn| {
        let labels = json!({"pod-security.kubernetes.io/enforce": "restricted", "tier": "prod"});
        let object =
            json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace(turn), "labels": labels}});
        ("/api/v1/namespaces", "MODIFIED", object)
    }),
    ("a Service is for other pods", |turn| {
        let service = json!({
            "apiVersion": "v1", "kind": "Service",
            "metadata": {"name": format!("app-{turn}"), "namespace": namespace(turn)},
            "spec": {"type": "LoadBalancer", "selector": {"app": "nobody"}, "ports": [{"port": 80}]},
        });
        ("/api/v1/services", "MODIFIED", service)
    }),
];

fn namespace(at: usize) -> String {
    format!("team-{at}")
}

fn pod(name: &str, at: usize, privileged: bool) -> Value {
    let container =
        json!({"name": "app", "image": "registry.example.com/app:1", "securityContext": {"privileged": privileged}});
    json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": name, "namespace": namespace(at), "uid": name, "labels": {"app": "naked"}},
        "spec": {"containers": [container], "nodeName": "node-0"},
        "status": {"phase": "Running", "podIP": "10.64.0.1"},
    })
}

fn deployment(at: usize) -> Value {
    let labels = json!({"app": format!("app-{at}")});
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": format!("app-{at}"), "namespace": namespace(at), "uid": format!("u-app-{at}"), "labels": labels},
        "spec": {"replicas": 10, "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": pod("x", at, true)["spec"]}},
    })
}

/// The objects of an estate, by the paths of their lists. Every one has an identity; owners are left out if asked.
fn read(folder: &Path, has_owners: bool) -> Result<Lists> {
    let mut lists = Lists::new();
    for entry in fs::read_dir(folder).context("cannot read the estate")? {
        let text = fs::read_to_string(entry?.path())?;
        let list: Value = serde_json::from_str(&text).context("the estate is no JSON")?;
        for item in list["items"].as_array().into_iter().flatten() {
            let mut item = item.clone();
            let word = |pointer: &str| item.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
            let (api, kind, name) = (word("/apiVersion"), word("/kind"), word("/metadata/name"));
            let plural = kind.to_lowercase() + "s";
            let plural = plural.strip_suffix("ys").map_or(plural.clone(), |stem| format!("{stem}ies"));
            if let Some(metadata) = item["metadata"].as_object_mut() {
                metadata.insert("uid".to_owned(), format!("u-{name}").into());
                if !has_owners {
                    metadata.remove("ownerReferences");
                }
            }
            let base = if api.contains('/') { "/apis" } else { "/api" };
            let list = lists.entry(format!("{base}/{api}/{plural}")).or_default();
            let owns = matches!(&*kind, "Deployment" | "ReplicaSet");
            list.kind = kind;
            if has_owners || !owns {
                list.items.push(item.to_string());
            }
        }
    }
    // What no estate has until it is changed.
    let bindings = "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings".to_owned();
    lists.entry(bindings).or_default().kind = "ClusterRoleBinding".to_owned();
    Ok(lists)
}

/// A server on loopback, which lives as long as the benchmark.
struct Server {
    address: String,
    streams: Streams,
    version: Mutex<u64>,
}

/// Who listens for changes, by the path of the list.
type Streams = Arc<Mutex<HashMap<String, TcpStream>>>;

impl Server {
    fn start(lists: Lists) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").context("cannot listen")?;
        let address = format!("http://{}", listener.local_addr()?);
        let (lists, streams) = (Arc::new(lists), Streams::default());
        let shared = Arc::clone(&streams);
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (lists, streams) = (Arc::clone(&lists), Arc::clone(&shared));
                // Whoever goes away has no answer.
                thread::spawn(move || serve(stream, &lists, &streams).ok());
            }
        });
        Ok(Self { address, streams, version: Mutex::new(10) })
    }

    fn change(&self, list: &str, kind: &str, mut object: Value) -> Result<()> {
        let mut version = self.version.lock().unwrap_or_else(PoisonError::into_inner);
        *version += 1;
        object["metadata"]["resourceVersion"] = version.to_string().into();
        let line = json!({"type": kind, "object": object}).to_string() + "\n";
        let mut streams = self.streams.lock().unwrap_or_else(PoisonError::into_inner);
        let stream = streams.get_mut(list).with_context(|| format!("nobody follows {list}"))?;
        write!(stream, "{:x}\r\n{line}\r\n", line.len())?;
        Ok(stream.flush()?)
    }
}

fn serve(stream: TcpStream, lists: &Lists, streams: &Streams) -> Result<()> {
    stream.set_nodelay(true)?;
    let mut out = stream.try_clone()?;
    let mut lines = BufReader::new(stream).lines();
    while let Some(request) = lines.next() {
        let request = request?;
        for line in lines.by_ref() {
            if line?.is_empty() {
                break;
            }
        }
        let target = request.split(' ').nth(1).unwrap_or_default();
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        if query.contains("watch=1") {
            write!(out, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")?;
            streams.lock().unwrap_or_else(PoisonError::into_inner).insert(path.to_owned(), out.try_clone()?);
            continue;
        }
        let (code, body) = answer(path, query, lists);
        write!(
            out,
            "HTTP/1.1 {code} x\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )?;
    }
    Ok(())
}

fn answer(path: &str, query: &str, lists: &Lists) -> (u16, String) {
    let number = |key: &str| {
        let value = query.split('&').find_map(|pair| pair.strip_prefix(key)?.strip_prefix('='));
        value.and_then(|value| value.parse::<usize>().ok())
    };
    if let Some(List { kind: _, items }) = lists.get(path) {
        let (from, limit) = (number("continue").unwrap_or(0).min(items.len()), number("limit").unwrap_or(usize::MAX));
        let end = from.saturating_add(limit).min(items.len());
        let next = if end < items.len() { end.to_string() } else { String::new() };
        let items = items[from..end].join(",");
        return (200, format!(r#"{{"metadata":{{"resourceVersion":"5","continue":"{next}"}},"items":[{items}]}}"#));
    }
    match path {
        "/version" => (200, r#"{"gitVersion":"v1.37.2"}"#.to_owned()),
        "/api" => (200, json!({"kind": "APIVersions", "versions": ["v1"]}).to_string()),
        "/apis" => {
            let groups =
                lists.keys().filter_map(|path| path.strip_prefix("/apis/")?.rsplit_once('/').map(|(api, _)| api));
            let mut groups: Vec<&str> = groups.collect();
            groups.dedup();
            let groups = groups.into_iter().map(|api| {
                let (name, version) = api.split_once('/').unwrap_or((api, ""));
                let version = json!({"groupVersion": api, "version": version});
                json!({"name": name, "versions": [version], "preferredVersion": version})
            });
            (200, json!({"kind": "APIGroupList", "groups": groups.collect::<Vec<_>>()}).to_string())
        }
        _ => {
            let of_group = lists.iter().filter_map(|(of, list)| {
                let name = of.strip_prefix(path)?.strip_prefix('/').filter(|name| !name.contains('/'))?;
                let namespaced = !matches!(&*list.kind, "Namespace" | "Node" | "ClusterRole" | "ClusterRoleBinding");
                Some(json!({"name": name, "kind": list.kind, "namespaced": namespaced, "verbs": ["list", "watch"]}))
            });
            let resources: Vec<Value> = of_group.collect();
            let code = if resources.is_empty() { 404 } else { 200 };
            (code, json!({"resources": resources}).to_string())
        }
    }
}
