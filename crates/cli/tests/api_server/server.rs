//! A control plane for the tests, and the program against it.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// A control plane, which ends with the test.
pub(crate) struct Server {
    process: Child,
    out: BufReader<ChildStdout>,
    binary: String,
    ready: Value,
}

impl Drop for Server {
    fn drop(&mut self) {
        // Its standard input ends, and it stops by itself.
        drop(self.process.stdin.take());
        self.process.wait().ok();
    }
}

/// What the program said.
pub(crate) struct Said {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Said {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {}{}", self.out, self.err))
    }
}

impl Server {
    /// A server with a kubeconfig for each of these users, or nothing if there is none to start.
    pub(crate) fn start(users: &[&str]) -> Option<Self> {
        Self::start_with(users, &[])
    }

    /// The same with further options of the server.
    pub(crate) fn start_with(users: &[&str], options: &[&str]) -> Option<Self> {
        let Some(binary) = std::env::var("PLIMSOLL_API_SERVER").ok().filter(|path| !path.is_empty()) else {
            let line = "left out: the command line on an API server: PLIMSOLL_API_SERVER is not set\n";
            std::io::stderr().write_all(line.as_bytes()).unwrap();
            return None;
        };
        let mut command = Command::new(&binary);
        command.args(["serve", "--nodes", "2"]).args(options);
        users.iter().for_each(|user| {
            command.args(["--user", user]);
        });
        let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let out = BufReader::new(process.stdout.take().unwrap());
        let mut server = Self { process, out, binary, ready: Value::Null };
        server.ready = server.line();
        Some(server)
    }

    fn line(&mut self) -> Value {
        let mut line = String::new();
        self.out.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"))
    }

    /// Has it do something to itself: `restart`, `compact`.
    pub(crate) fn command(&mut self, command: &str) {
        writeln!(self.process.stdin.as_mut().unwrap(), "{command}").unwrap();
        self.ready = self.line();
    }

    /// The file of the audit log, of a server that was told to write one.
    pub(crate) fn audit_log(&self) -> &str {
        self.ready["auditLog"].as_str().unwrap()
    }

    pub(crate) fn kubeconfig(&self, user: &str) -> String {
        self.ready["kubeconfigs"][user].as_str().unwrap().to_owned()
    }

    fn role(&self, user: &str, role: &str, input: &str) -> String {
        let mut child = Command::new(&self.binary)
            .args([role, "--kubeconfig", &self.kubeconfig(user)])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let text = input.to_owned();
        let writer = std::thread::spawn(move || stdin.write_all(text.as_bytes()));
        let output = child.wait_with_output().unwrap();
        writer.join().unwrap().unwrap();
        String::from_utf8(output.stdout).unwrap()
    }

    /// Creates objects; every one of them has to come to be.
    pub(crate) fn load(&self, documents: &str) {
        let said = self.role("admin", "load", documents);
        let loaded: Value = serde_json::from_str(&said).unwrap();
        assert_eq!(loaded["errors"], json!([]), "{documents}");
    }

    /// Sends requests as the administrator, or as whom they name.
    pub(crate) fn requests(&self, requests: &[Value]) -> Vec<Value> {
        self.requests_of("admin", requests)
    }

    /// Sends requests as this user, or as whom they name.
    pub(crate) fn requests_of(&self, user: &str, requests: &[Value]) -> Vec<Value> {
        let lines: String = requests.iter().map(|request| format!("{request}\n")).collect();
        self.role(user, "requests", &lines).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// Sends one request, which has to succeed.
    pub(crate) fn send(&self, method: &str, path: &str, body: &Value) -> Value {
        let answer = self.requests(&[json!({"method": method, "path": path, "body": body})]).remove(0);
        let status = answer["status"].as_u64().unwrap();
        assert!((200..300).contains(&status), "{method} {path}: {answer}");
        answer["body"].clone()
    }

    /// The program, as a user of the cluster.
    pub(crate) fn program(&self, user: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_plimsoll"));
        command.args(arguments).args(["--kubeconfig", &self.kubeconfig(user)]);
        command.env_remove("KUBECONFIG").current_dir(std::env::temp_dir());
        command
    }

    /// What the program says to a user of the cluster.
    pub(crate) fn run(&self, user: &str, arguments: &[&str]) -> Said {
        let output = self.program(user, arguments).output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Said { code: output.status.code().unwrap(), out: text(output.stdout), err: text(output.stderr) }
    }

    /// The shop of `examples/`, without what this cluster has no kind for and what is no YAML.
    pub(crate) fn load_shop(&self) {
        let shop = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/shop");
        let mut files: Vec<PathBuf> = Vec::new();
        let mut folders = vec![shop];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else if path.extension().is_some_and(|end| end == "yaml") {
                    files.push(path);
                }
            }
        }
        // Namespaces first.
        files.sort_by_key(|path| (!path.ends_with("namespaces.yaml"), path.clone()));
        let is_loaded = |path: &&PathBuf| !path.ends_with("refunds.yaml") && !path.ends_with("recommendations.yaml");
        for path in files.iter().filter(is_loaded) {
            self.load(&std::fs::read_to_string(path).unwrap());
        }
    }
}

/// Asks until it is so: caches of the server need a moment.
pub(crate) fn until<T>(what: &str, mut ask: impl FnMut() -> Result<T, String>) -> T {
    let start = Instant::now();
    loop {
        match ask() {
            Ok(found) => return found,
            Err(last) => assert!(start.elapsed() < Duration::from_secs(30), "{what}: {last}"),
        }
        std::thread::sleep(Duration::from_millis(100));
    }
}
