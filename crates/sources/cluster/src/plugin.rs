//! The programs that kubeconfigs name for credentials: announced, run with their arguments and no others, and bounded.

use std::io::{self, IsTerminal, Read};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use serde::Deserialize;

use crate::credentials::{CredentialError, Notice, encode};
use crate::kubeconfig::{Connection, Exec};

/// So long a program may take; people type passwords and wait for their browser.
const PATIENCE: Duration = Duration::from_secs(120);

/// So long what a program has printed is waited for after its end: what it started and left may keep the pipe for ever.
const AFTER_ITS_END: Duration = Duration::from_secs(1);

/// The most that a program may print.
const LARGEST: usize = 1 << 20;

#[derive(Deserialize)]
struct ExecCredential {
    #[serde(rename = "apiVersion")]
    api_version: String,
    status: Option<ExecStatus>,
}

/// What a program gives.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ExecStatus {
    pub(crate) token: Option<String>,
    pub(crate) client_certificate_data: Option<String>,
    pub(crate) client_key_data: Option<String>,
    pub(crate) expiration_timestamp: Option<String>,
}

/// Announces and runs the program.
///
/// # Errors
/// It cannot be started, fails, takes too long, or prints something else.
pub(crate) fn run(exec: &Exec, connection: &Connection, notice: Notice<'_>) -> Result<ExecStatus, CredentialError> {
    let line = std::iter::once(exec.command.to_string_lossy().into_owned()).chain(exec.arguments.iter().cloned());
    let line: String = line.collect::<Vec<_>>().join(" ").chars().filter(|letter| !letter.is_control()).collect();
    notice(&format!("running `{line}`, which the kubeconfig names for the credentials of `{}`", connection.name));
    let interactive = exec.interactive || io::stdin().is_terminal();
    if exec.interactive && !io::stdin().is_terminal() {
        return Err(failed(exec, "it has to ask somebody, and standard input is no terminal".to_owned()));
    }
    let mut command = Command::new(&exec.command);
    command
        .args(&exec.arguments)
        .envs(exec.environment.iter().map(|(name, value)| (name, value)))
        .env("KUBERNETES_EXEC_INFO", info(exec, connection, interactive))
        .stdin(if interactive { Stdio::inherit() } else { Stdio::null() })
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit());
    let text = printed(&mut command, interactive, PATIENCE).map_err(|problem| match problem {
        Problem::Start(error) => CredentialError::Start {
            command: exec.command.display().to_string(),
            reason: error.to_string(),
            hint: exec.install_hint.as_ref().map_or_else(String::new, |hint| format!("; {}", hint.trim())),
        },
        Problem::Other(reason) => failed(exec, reason),
    })?;
    // What it printed is a secret: nothing of it is repeated.
    let credential: ExecCredential =
        serde_json::from_slice(&text).map_err(|_| failed(exec, "what it printed is no `ExecCredential`".to_owned()))?;
    if credential.api_version != exec.api_version {
        let text = "it answers in another version of `client.authentication.k8s.io` than the kubeconfig names";
        return Err(failed(exec, text.to_owned()));
    }
    let status = credential.status.ok_or_else(|| failed(exec, "its `ExecCredential` has no `status`".to_owned()))?;
    let nothing = status.token.is_none() && status.client_certificate_data.is_none();
    if nothing {
        return Err(failed(exec, "there is neither a token nor a certificate in it".to_owned()));
    }
    Ok(status)
}

fn failed(exec: &Exec, reason: String) -> CredentialError {
    CredentialError::Plugin { command: exec.command.display().to_string(), reason }
}

/// Why nothing was printed that can be used.
#[derive(Debug)]
enum Problem {
    Start(io::Error),
    Other(String),
}

/// What a program prints that ends well and in time. One that does not is ended, with all that it started if it has a
/// process group of its own: one that asks somebody must share that of the terminal.
fn printed(command: &mut Command, interactive: bool, patience: Duration) -> Result<Vec<u8>, Problem> {
    #[cfg(unix)]
    if !interactive {
        use std::os::unix::process::CommandExt as _;
        command.process_group(0);
    }
    let mut child = command.spawn().map_err(Problem::Start)?;
    let stdout = child.stdout.take().expect("standard output is a pipe");
    let (text, end) = collect(stdout);
    let start = Instant::now();
    let reason = loop {
        let too_much = text.lock().unwrap_or_else(PoisonError::into_inner).len() > LARGEST;
        match child.try_wait() {
            _ if too_much => break format!("it printed more than {} MiB", LARGEST >> 20),
            Ok(Some(status)) if status.success() => {
                end.recv_timeout(AFTER_ITS_END).ok();
                return Ok(std::mem::take(&mut *text.lock().unwrap_or_else(PoisonError::into_inner)));
            }
            Ok(Some(_)) => return Err(Problem::Other("it failed".to_owned())),
            Ok(None) if start.elapsed() > patience => {
                break format!("it took longer than {} seconds", patience.as_secs());
            }
            Ok(None) => thread::sleep(Duration::from_millis(10)),
            Err(error) => break error.to_string(),
        }
    };
    end_all(&mut child, interactive);
    Err(Problem::Other(reason))
}

/// Collects what comes, up to a little more than is allowed; the receiver hears of the end.
fn collect(mut stdout: ChildStdout) -> (Arc<Mutex<Vec<u8>>>, Receiver<()>) {
    let text = Arc::new(Mutex::new(Vec::new()));
    let (collected, (sender, end)) = (Arc::clone(&text), channel());
    thread::spawn(move || {
        let mut part = [0; 8 << 10];
        while let Ok(read @ 1..) = stdout.read(&mut part) {
            let mut all = collected.lock().unwrap_or_else(PoisonError::into_inner);
            all.extend_from_slice(&part[..read]);
            if all.len() > LARGEST {
                break;
            }
        }
        sender.send(()).ok();
    });
    (text, end)
}

/// Ends a program. It may have ended in the meantime; either way it is gone.
fn end_all(child: &mut Child, interactive: bool) {
    #[cfg(unix)]
    if !interactive {
        let group = i32::try_from(child.id()).ok().and_then(rustix::process::Pid::from_raw);
        group.map(|group| rustix::process::kill_process_group(group, rustix::process::Signal::KILL));
    }
    child.kill().ok();
    child.wait().ok();
}

/// What the program is told (`KUBERNETES_EXEC_INFO`).
fn info(exec: &Exec, connection: &Connection, interactive: bool) -> String {
    let mut spec = serde_json::json!({ "interactive": interactive });
    if exec.cluster_info {
        let mut cluster = serde_json::json!({ "server": connection.server });
        if let Some(authority) = &connection.authority {
            cluster["certificate-authority-data"] = encode(authority).into();
        }
        if let Some(name) = &connection.server_name {
            cluster["tls-server-name"] = name.as_str().into();
        }
        if connection.insecure {
            cluster["insecure-skip-tls-verify"] = true.into();
        }
        spec["cluster"] = cluster;
    }
    serde_json::json!({ "apiVersion": exec.api_version, "kind": "ExecCredential", "spec": spec }).to_string()
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn print(script: &str, patience: Duration) -> Result<Vec<u8>, String> {
        let mut command = Command::new("sh");
        command.args(["-c", script]).stdin(Stdio::null()).stdout(Stdio::piped());
        printed(&mut command, false, patience).map_err(|problem| format!("{problem:?}"))
    }

    #[test]
    fn what_a_program_leaves_behind_keeps_nobody_waiting() {
        let start = Instant::now();
        assert_eq!(print("sleep 60 & echo '{}'", PATIENCE), Ok(b"{}\n".to_vec()));
        assert!(start.elapsed() < Duration::from_secs(30));
    }

    #[test]
    fn a_program_that_takes_too_long_is_ended_with_all_that_it_started() {
        let folder = tempfile::tempdir().unwrap();
        let lived = folder.path().join("lived");
        let script = format!("(sleep 2; touch {}) & echo s3cr3t; sleep 60", lived.display());
        let error = print(&script, Duration::from_secs(1)).unwrap_err();
        assert_eq!(error, r#"Other("it took longer than 1 seconds")"#);
        thread::sleep(Duration::from_secs(2));
        assert!(!lived.exists());
    }

    #[test]
    fn a_program_that_prints_without_end_is_ended() {
        let error = print("yes s3cr3t", PATIENCE).unwrap_err();
        assert_eq!(error, r#"Other("it printed more than 1 MiB")"#);
    }
}
