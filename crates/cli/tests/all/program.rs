//! Runs the program in a folder of its own.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use tempfile::TempDir;

/// A folder with files in it.
pub(crate) struct Folder {
    path: PathBuf,
    /// Takes the folder away when it is dropped, if it is one of our own.
    _own: Option<TempDir>,
}

/// What a run of the program said.
pub(crate) struct Said {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Folder {
    /// A folder with these files.
    pub(crate) fn new(files: &[(&str, &str)]) -> Self {
        let own = tempfile::tempdir().unwrap();
        let folder = Self { path: own.path().to_path_buf(), _own: Some(own) };
        for (name, text) in files {
            folder.write(name, text.as_bytes());
        }
        folder
    }

    /// A folder that is there.
    pub(crate) fn at(path: &Path) -> Self {
        Self { path: path.to_path_buf(), _own: None }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn write(&self, name: &str, bytes: &[u8]) {
        let path = self.path.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }

    /// Runs `plimsoll ARGUMENTS` in the folder.
    pub(crate) fn run(&self, arguments: &[&str]) -> Said {
        said(self.command(arguments).output().unwrap())
    }

    /// Runs `plimsoll ARGUMENTS` in the folder with this variable of the environment.
    pub(crate) fn run_with_variable(&self, arguments: &[&str], (name, value): (&str, &str)) -> Said {
        said(self.command(arguments).env(name, value).output().unwrap())
    }

    /// Runs `plimsoll ARGUMENTS` in the folder with this standard input.
    pub(crate) fn run_with_input(&self, arguments: &[&str], input: &[u8]) -> Said {
        let mut child = self
            .command(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let input = input.to_vec();
        let writer = std::thread::spawn(move || stdin.write_all(&input));
        let output = child.wait_with_output().unwrap();
        writer.join().unwrap().ok();
        said(output)
    }

    /// Runs the program, which must end in time.
    pub(crate) fn run_within(&self, arguments: &[&str], limit: Duration) -> Said {
        let mut child = self.command(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let id = child.id();
        let (done, waited) = mpsc::channel();
        let mut out = child.stdout.take().unwrap();
        let reader = std::thread::spawn(move || {
            let mut bytes = Vec::new();
            std::io::Read::read_to_end(&mut out, &mut bytes).unwrap();
            done.send(()).ok();
            bytes
        });
        if waited.recv_timeout(limit).is_err() {
            child.kill().unwrap();
            panic!("`plimsoll {}` (process {id}) did not end in {limit:?}", arguments.join(" "));
        }
        let mut output = child.wait_with_output().unwrap();
        output.stdout = reader.join().unwrap();
        said(output)
    }

    /// Runs the program with a standard output that nobody reads.
    pub(crate) fn run_and_close(&self, arguments: &[&str]) -> Said {
        let mut child = self.command(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        said(child.wait_with_output().unwrap())
    }

    /// Runs a scan with JSON output, which must be JSON.
    pub(crate) fn scan(&self, arguments: &[&str]) -> (i32, serde_json::Value) {
        let arguments: Vec<&str> = ["scan", "--output", "json"].iter().chain(arguments).copied().collect();
        let said = self.run(&arguments);
        let json = serde_json::from_str(&said.out).unwrap_or_else(|error| panic!("{error}: {} {}", said.out, said.err));
        (said.code, json)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_plimsoll"));
        command.args(arguments).current_dir(&self.path).env("LC_ALL", "C.UTF-8");
        command.env_remove("NO_COLOR").env_remove("COLUMNS");
        // A test may itself run in CI.
        for name in ["GITHUB_STEP_SUMMARY", "GITHUB_WORKSPACE", "GITHUB_SERVER_URL", "CI_PROJECT_DIR", "CI_PROJECT_URL"]
        {
            command.env_remove(name);
        }
        command
    }
}

fn said(output: Output) -> Said {
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("the program writes UTF-8");
    Said {
        code: output.status.code().expect("the program is not killed"),
        out: text(output.stdout),
        err: text(output.stderr),
    }
}
