//! A control plane for the tests.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

/// A control plane, which ends with the test.
pub(crate) struct Server {
    process: Child,
    binary: String,
    kubeconfig: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        // Its standard input ends, and it stops by itself.
        drop(self.process.stdin.take());
        self.process.wait().ok();
    }
}

impl Server {
    pub(crate) fn start() -> Option<Self> {
        let Some(binary) = std::env::var("PLIMSOLL_API_SERVER").ok().filter(|path| !path.is_empty()) else {
            let line = "left out: comparison with an API server: PLIMSOLL_API_SERVER is not set\n";
            std::io::stderr().write_all(line.as_bytes()).unwrap();
            return None;
        };
        let mut process =
            Command::new(&binary).arg("serve").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let ready: Value = serde_json::from_str(&line).unwrap();
        let kubeconfig = ready["kubeconfigs"]["admin"].as_str().unwrap().to_owned();
        Some(Self { process, binary, kubeconfig })
    }

    /// Runs a role of the binary over lines of input; returns the lines of its output.
    pub(crate) fn run(&self, role: &str, lines: &[Value]) -> Vec<Value> {
        let mut child = Command::new(&self.binary)
            .args([role, "--kubeconfig", &self.kubeconfig])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
        let mut stdin = child.stdin.take().unwrap();
        let writer = std::thread::spawn(move || stdin.write_all(text.as_bytes()));
        let output = child.wait_with_output().unwrap();
        writer.join().unwrap().unwrap();
        String::from_utf8(output.stdout).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

/// Asks until the server answers all of these as we do; its caches and its aggregation need a moment. `ours` says of an
/// answer what is wrong with it.
pub(crate) fn agree(server: &Server, lines: &[Value], ours: &dyn Fn(usize, &Value) -> Option<String>) {
    let mut open: Vec<usize> = (0..lines.len()).collect();
    let start = Instant::now();
    while !open.is_empty() {
        let asked: Vec<Value> = open.iter().map(|&at| lines[at].clone()).collect();
        let answers = server.run("requests", &asked);
        assert_eq!(answers.len(), open.len());
        let wrong = open.iter().zip(&answers).filter_map(|(at, answer)| Some((*at, ours(*at, answer)?)));
        let wrong: Vec<(usize, String)> = wrong.collect();
        if let Some((_, what)) = wrong.first() {
            assert!(start.elapsed() < Duration::from_secs(10), "{} wrong: {what}", wrong.len());
            std::thread::sleep(Duration::from_millis(100));
        }
        open = wrong.into_iter().map(|(at, _)| at).collect();
    }
}
