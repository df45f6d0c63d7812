//! What proves to a server who asks: tokens, certificates, and the programs that give them.

use std::fs;
use std::io::{self, IsTerminal, Read};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use serde::Deserialize;

use crate::kubeconfig::{Connection, Exec};

/// So long a program may take; people type passwords and wait for their browser.
const PATIENCE: Duration = Duration::from_secs(120);

/// The most that a program may print.
const LARGEST: u64 = 1 << 20;

/// Why there are no credentials.
#[derive(Debug, Clone, thiserror::Error)]
pub enum CredentialError {
    /// A file of a token cannot be read.
    #[error("cannot read the token in `{path}`: {reason}")]
    TokenFile {
        /// The file.
        path: String,
        /// Why.
        reason: String,
    },
    /// The program cannot be started.
    #[error("cannot run `{command}`, which the kubeconfig names for credentials: {reason}{hint}")]
    Start {
        /// The program.
        command: String,
        /// Why.
        reason: String,
        /// How to get it.
        hint: String,
    },
    /// The program failed, took too long, or printed something else.
    #[error("`{command}` gave no credentials: {reason}")]
    Plugin {
        /// The program.
        command: String,
        /// Why.
        reason: String,
    },
}

/// What is sent along.
#[derive(Clone, Default)]
pub(crate) struct Credentials {
    /// The value of the `Authorization` header.
    pub(crate) authorization: Option<String>,
    /// PEM certificate chain and key.
    pub(crate) certificate: Option<(Vec<u8>, Vec<u8>)>,
    /// When to ask again.
    pub(crate) expires: Option<SystemTime>,
}

/// Tells the user something that is about to happen.
pub type Notice<'a> = &'a (dyn Fn(&str) + Sync);

/// Finds out what to send along; a program is announced before it runs.
///
/// # Errors
/// A file or a program that does not give what it should.
pub(crate) fn obtain(connection: &Connection, notice: Notice<'_>) -> Result<Credentials, CredentialError> {
    let user = &connection.user;
    let mut credentials = Credentials { certificate: user.certificate.clone(), ..Credentials::default() };
    if let Some(path) = &user.token_file {
        let fail = |error: io::Error| CredentialError::TokenFile {
            path: path.display().to_string(),
            reason: error.to_string(),
        };
        let token = fs::read_to_string(path).map_err(fail)?;
        credentials.authorization = Some(format!("Bearer {}", token.trim()));
        // Kubelets write a new one well before the old one ends.
        credentials.expires = Some(SystemTime::now() + Duration::from_secs(60));
    } else if let Some(token) = &user.token {
        credentials.authorization = Some(format!("Bearer {}", token.0));
    } else if let Some((name, password)) = &user.basic {
        let plain = format!("{name}:{}", password.0);
        credentials.authorization = Some(format!("Basic {}", encode(plain.as_bytes())));
    } else if let Some(exec) = &user.exec {
        let status = run(exec, connection, notice)?;
        credentials.authorization = status.token.map(|token| format!("Bearer {token}"));
        if let (Some(certificate), Some(key)) = (status.client_certificate_data, status.client_key_data) {
            credentials.certificate = Some((certificate.into_bytes(), key.into_bytes()));
        }
        credentials.expires = status.expiration_timestamp.as_deref().and_then(time);
    }
    Ok(credentials)
}

#[derive(Deserialize)]
struct ExecCredential {
    #[serde(rename = "apiVersion")]
    api_version: String,
    status: Option<ExecStatus>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ExecStatus {
    token: Option<String>,
    client_certificate_data: Option<String>,
    client_key_data: Option<String>,
    expiration_timestamp: Option<String>,
}

fn run(exec: &Exec, connection: &Connection, notice: Notice<'_>) -> Result<ExecStatus, CredentialError> {
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
    let mut child = command.spawn().map_err(|error| CredentialError::Start {
        command: exec.command.display().to_string(),
        reason: error.to_string(),
        hint: exec.install_hint.as_ref().map_or_else(String::new, |hint| format!("; {}", hint.trim())),
    })?;
    let stdout = child.stdout.take().expect("standard output is a pipe");
    let reader = thread::spawn(move || {
        let mut text = Vec::new();
        stdout.take(LARGEST).read_to_end(&mut text).map(|_| text)
    });
    let ended = wait(&mut child).map_err(|reason| failed(exec, reason))?;
    let text = reader.join().ok().and_then(Result::ok).unwrap_or_default();
    if !ended {
        return Err(failed(exec, "it failed".to_owned()));
    }
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

/// Whether it ended well.
fn wait(child: &mut Child) -> Result<bool, String> {
    let start = Instant::now();
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Ok(status.success()),
            Ok(None) if start.elapsed() > PATIENCE => {
                // It may have ended in the meantime; either way it is gone.
                child.kill().ok();
                child.wait().ok();
                return Err(format!("it took longer than {} seconds", PATIENCE.as_secs()));
            }
            Ok(None) => thread::sleep(Duration::from_millis(10)),
            Err(error) => return Err(error.to_string()),
        }
    }
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

fn encode(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let bits = chunk.iter().fold(0u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for at in 0..4 {
            let symbol = ALPHABET[(bits >> (18 - 6 * at) & 63) as usize];
            out.push(if at <= chunk.len() { char::from(symbol) } else { '=' });
        }
    }
    out
}

/// A time of RFC 3339, as far as seconds.
fn time(text: &str) -> Option<SystemTime> {
    let number = |from: usize, to: usize| text.get(from..to)?.parse::<i64>().ok();
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
    let zone = text.get(19..)?.trim_start_matches(|c: char| c == '.' || c.is_ascii_digit());
    let offset = match zone {
        "Z" | "z" => 0,
        _ => {
            let sign = if zone.starts_with('-') { -1 } else { 1 };
            let (hours, minutes) = zone.get(1..)?.split_once(':')?;
            sign * (hours.parse::<i64>().ok()? * 3600 + minutes.parse::<i64>().ok()? * 60)
        }
    };
    // Days from civil: the year begins in March, so that the leap day is its last.
    let shifted = if month <= 2 { year - 1 } else { year };
    let era = shifted.div_euclid(400);
    let of_era = shifted.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let days = era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468;
    let seconds = days * 86_400 + hour * 3600 + minute * 60 + second - offset;
    Some(SystemTime::UNIX_EPOCH + Duration::from_secs(u64::try_from(seconds).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_seconds_since_1970() {
        let seconds = |text| time(text).unwrap().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
        assert_eq!(seconds("1970-01-01T00:00:00Z"), 0);
        assert_eq!(seconds("2000-03-01T00:00:00Z"), 951_868_800);
        assert_eq!(seconds("2026-11-27T13:00:00.5+02:00"), seconds("2026-11-27T11:00:00Z"));
        assert_eq!(time("tomorrow"), None);
    }

    #[test]
    fn encodes_what_rfc_4648_lists() {
        for (plain, encoded) in [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")] {
            assert_eq!(encode(plain.as_bytes()), encoded);
        }
    }
}
