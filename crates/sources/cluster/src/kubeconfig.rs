//! Where a cluster is and who asks: kubeconfig files as kubectl merges them, and what a pod finds in itself.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use model::document::Value;

use crate::base64;

/// A kubeconfig is small; a larger file is none.
const LARGEST: u64 = 16 << 20;

/// Where the ServiceAccount of a pod lies.
const IN_CLUSTER: &str = "/var/run/secrets/kubernetes.io/serviceaccount";

/// Why nobody can be asked.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A file that was named or pointed to cannot be read.
    #[error("cannot read `{}`: {reason}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// A file that is no kubeconfig.
    #[error("`{}` is no kubeconfig: {reason}", path.display())]
    Invalid {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// A context, cluster or user that is named and is not there.
    #[error("there is no {what} `{name}` in the kubeconfig{hint}")]
    Missing {
        /// `context`, `cluster` or `user`.
        what: &'static str,
        /// Its name.
        name: String,
        /// Those that there are, or what to do.
        hint: String,
    },
    /// No kubeconfig, and no pod around us.
    #[error("there is no kubeconfig: name one with `--kubeconfig`, or set `KUBECONFIG`")]
    Nothing,
    /// A setting that is understood and not supported, or contradicts another.
    #[error("{0}")]
    Unsupported(String),
}

/// A cluster, and who asks it.
#[derive(Clone, Debug, Default)]
pub struct Connection {
    /// The context; `in-cluster` for a pod's own.
    pub name: String,
    /// The address, such as `https://10.0.0.1:6443`, without `/` at its end.
    pub server: String,
    /// PEM certificates of whoever may have signed the server's; `None` for those that the system trusts.
    pub authority: Option<Vec<u8>>,
    /// Whether the server's certificate is not looked at.
    pub insecure: bool,
    /// The name that the server's certificate is for, if it is not that of its address.
    pub server_name: Option<String>,
    /// The proxy in between.
    pub proxy: Option<String>,
    /// The namespace that the context names.
    pub namespace: Option<String>,
    /// Who asks.
    pub user: User,
}

/// How a user proves who it is.
#[derive(Clone, Debug, Default)]
pub struct User {
    /// PEM certificate chain and key.
    pub certificate: Option<(Vec<u8>, Vec<u8>)>,
    /// A bearer token.
    pub token: Option<Secret>,
    /// A file that holds a bearer token and is written anew now and then.
    pub token_file: Option<PathBuf>,
    /// Name and password.
    pub basic: Option<(String, Secret)>,
    /// Headers that make the server act for somebody else.
    pub impersonate: Vec<(String, String)>,
    /// A program that gives a token or a certificate.
    pub exec: Option<Exec>,
}

/// A text that is never shown.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secret(pub String);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("…")
    }
}

/// A program that gives credentials (`client.authentication.k8s.io`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exec {
    /// The API version that it is spoken to in.
    pub api_version: String,
    /// The program; relative to the kubeconfig if there is a separator in it.
    pub command: PathBuf,
    /// Its arguments.
    pub arguments: Vec<String>,
    /// What is added to the environment.
    pub environment: Vec<(String, String)>,
    /// What to do when it is not there.
    pub install_hint: Option<String>,
    /// Whether it wants to know which cluster it is for.
    pub cluster_info: bool,
    /// Whether it has to be able to ask its user.
    pub interactive: bool,
}

/// The text of one kubeconfig, parsed anew whenever something is looked up: they are small.
struct File {
    path: PathBuf,
    text: String,
}

/// Kubeconfig files, merged: of several with one name the first holds.
pub struct Kubeconfig {
    files: Vec<File>,
}

impl Kubeconfig {
    /// Reads `named`, or what `KUBECONFIG` lists, or `~/.kube/config`. `None` if nothing is named and nothing is there.
    ///
    /// # Errors
    /// A file that cannot be read or is no kubeconfig.
    pub fn read(named: Option<&Path>) -> Result<Option<Self>, ConfigError> {
        let listed = env::var_os("KUBECONFIG").filter(|list| !list.is_empty());
        let paths: Vec<PathBuf> = match (named, listed) {
            (Some(path), _) => vec![path.to_path_buf()],
            // Files of the list that are not there are passed over, as kubectl does.
            (None, Some(list)) => env::split_paths(&list).filter(|path| path.exists()).collect(),
            (None, None) => {
                let home = env::var_os("HOME").map(|home| Path::new(&home).join(".kube/config"));
                home.into_iter().filter(|path| path.exists()).collect()
            }
        };
        let files = paths.into_iter().map(read_file).collect::<Result<Vec<_>, _>>()?;
        Ok((!files.is_empty()).then_some(Self { files }))
    }

    /// Names of all contexts, in their order.
    pub fn contexts(&self) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        self.each("contexts", &mut |_, name, _| {
            if !names.contains(&name) {
                names.push(name);
            }
        });
        names
    }

    /// The context that is in use.
    pub fn current(&self) -> Option<String> {
        self.files.iter().find_map(|file| {
            let document = yaml::parse_document(&file.text).ok()?;
            text(document.root(), "current-context")
        })
    }

    /// How to reach the cluster of a context, or of the current one.
    ///
    /// # Errors
    /// What is named and not there, cannot be read, or is not supported.
    pub fn connection(&self, context: Option<&str>) -> Result<Connection, ConfigError> {
        let name = match context {
            Some(name) => name.to_owned(),
            None => self.current().ok_or_else(|| {
                let hint = format!(": choose one of {} with `--context`", listed(&self.contexts()));
                ConfigError::Missing { what: "context", name: "current-context".to_owned(), hint }
            })?,
        };
        let mut found = None;
        self.each("contexts", &mut |_, known, value| {
            if known == name && found.is_none() {
                let context = value.get("context");
                let named = |key| context.and_then(|context| text(context, key));
                found = Some((named("cluster"), named("user"), named("namespace")));
            }
        });
        let (cluster, user, namespace) = found.ok_or_else(|| ConfigError::Missing {
            what: "context",
            name: name.clone(),
            hint: format!("; there are {}", listed(&self.contexts())),
        })?;
        let mut connection = Connection { name, namespace, ..Connection::default() };
        self.cluster(&cluster.unwrap_or_default(), &mut connection)?;
        if let Some(user) = user.filter(|user| !user.is_empty()) {
            connection.user = self.user(&user)?;
        }
        Ok(connection)
    }

    fn cluster(&self, name: &str, connection: &mut Connection) -> Result<(), ConfigError> {
        let mut found = None;
        self.each("clusters", &mut |file, known, value| {
            if known == name && found.is_none() {
                found = Some(value.get("cluster").map(|cluster| read_cluster(file, cluster, connection)));
            }
        });
        found.flatten().ok_or_else(|| missing("cluster", name))??;
        if connection.server.is_empty() {
            return Err(ConfigError::Unsupported(format!("the cluster `{name}` of the kubeconfig has no `server`")));
        }
        Ok(())
    }

    fn user(&self, name: &str) -> Result<User, ConfigError> {
        let mut found = None;
        self.each("users", &mut |file, known, value| {
            if known == name && found.is_none() {
                found = Some(value.get("user").map_or_else(|| Ok(User::default()), |user| read_user(file, name, user)));
            }
        });
        found.unwrap_or_else(|| Err(missing("user", name)))
    }

    /// Calls `on` for each entry of a list of named things, with the file it is in.
    fn each(&self, list: &str, on: &mut dyn FnMut(&Path, String, Value<'_>)) {
        for file in &self.files {
            // They were parsed once already.
            let Ok(document) = yaml::parse_document(&file.text) else { continue };
            for entry in document.root().get(list).into_iter().flat_map(Value::items) {
                if let Some(name) = text(entry, "name") {
                    on(&file.path, name, entry);
                }
            }
        }
    }
}

/// What a pod finds in itself; `None` outside of pods.
///
/// # Errors
/// A pod without the files that belong to it.
pub fn in_cluster() -> Result<Option<Connection>, ConfigError> {
    let variable = |name| env::var(name).ok().filter(|value: &String| !value.is_empty());
    let (Some(host), Some(port)) = (variable("KUBERNETES_SERVICE_HOST"), variable("KUBERNETES_SERVICE_PORT")) else {
        return Ok(None);
    };
    let folder = Path::new(IN_CLUSTER);
    let token_file = folder.join("token");
    if !token_file.exists() {
        return Ok(None);
    }
    let host = if host.contains(':') { format!("[{host}]") } else { host };
    Ok(Some(Connection {
        name: "in-cluster".to_owned(),
        server: format!("https://{host}:{port}"),
        authority: Some(read_bytes(&folder.join("ca.crt"))?),
        namespace: fs::read_to_string(folder.join("namespace")).ok(),
        user: User { token_file: Some(token_file), ..User::default() },
        ..Connection::default()
    }))
}

fn listed(names: &[String]) -> String {
    if names.is_empty() {
        return "none".to_owned();
    }
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

fn missing(what: &'static str, name: &str) -> ConfigError {
    ConfigError::Missing { what, name: name.to_owned(), hint: String::new() }
}

fn read_file(path: PathBuf) -> Result<File, ConfigError> {
    let bytes = read_bytes(&path)?;
    let invalid = |path: &Path, reason: String| ConfigError::Invalid { path: path.to_path_buf(), reason };
    let text = String::from_utf8(bytes).map_err(|_| invalid(&path, "it is not UTF-8".to_owned()))?;
    let document = yaml::parse_document(&text).map_err(|error| invalid(&path, error.message.to_string()))?;
    if !document.root().is_mapping() {
        return Err(invalid(&path, "it has no `clusters`, `contexts` and `users`".to_owned()));
    }
    drop(document);
    Ok(File { path, text })
}

fn read_bytes(path: &Path) -> Result<Vec<u8>, ConfigError> {
    let fail = |reason: String| ConfigError::Read { path: path.to_path_buf(), reason };
    let length = fs::metadata(path).map_err(|error| fail(error.to_string()))?.len();
    if length > LARGEST {
        return Err(fail(format!("it is larger than {} MiB", LARGEST >> 20)));
    }
    fs::read(path).map_err(|error| fail(error.to_string()))
}

fn text(value: Value<'_>, key: &str) -> Option<String> {
    value.get(key).map(|value| value.text().into_owned()).filter(|text| !text.is_empty())
}

/// What `KEY-data` holds, or the file that `KEY` names.
fn data(file: &Path, value: Value<'_>, key: &str) -> Result<Option<Vec<u8>>, ConfigError> {
    if let Some(encoded) = text(value, &format!("{key}-data")) {
        let invalid =
            || ConfigError::Invalid { path: file.to_path_buf(), reason: format!("`{key}-data` is not Base64") };
        return base64::decode(&encoded).map(Some).ok_or_else(invalid);
    }
    text(value, key).map(|path| read_bytes(&beside(file, &path))).transpose()
}

/// Paths in a kubeconfig are relative to it.
fn beside(file: &Path, path: &str) -> PathBuf {
    file.parent().unwrap_or(Path::new("")).join(path)
}

fn read_cluster(file: &Path, cluster: Value<'_>, connection: &mut Connection) -> Result<(), ConfigError> {
    connection.server = text(cluster, "server").unwrap_or_default().trim_end_matches('/').to_owned();
    connection.authority = data(file, cluster, "certificate-authority")?;
    connection.insecure = cluster.get("insecure-skip-tls-verify").and_then(Value::as_bool).unwrap_or(false);
    connection.server_name = text(cluster, "tls-server-name");
    connection.proxy = text(cluster, "proxy-url");
    Ok(())
}

fn read_user(file: &Path, name: &str, user: Value<'_>) -> Result<User, ConfigError> {
    if let Some(provider) = user.get("auth-provider") {
        let provider = text(provider, "name").unwrap_or_default();
        return Err(ConfigError::Unsupported(format!(
            "the user `{name}` signs in through the auth provider `{provider}`, which Kubernetes gave up in 1.26: \
             use its `exec` plugin"
        )));
    }
    let certificate = data(file, user, "client-certificate")?;
    let key = data(file, user, "client-key")?;
    let certificate = match (certificate, key) {
        (Some(certificate), Some(key)) => Some((certificate, key)),
        (None, None) => None,
        _ => {
            let text = format!("the user `{name}` has a client certificate without its key, or a key without it");
            return Err(ConfigError::Unsupported(text));
        }
    };
    let basic = text(user, "username").map(|name| (name, Secret(text(user, "password").unwrap_or_default())));
    Ok(User {
        certificate,
        token: text(user, "token").map(Secret),
        token_file: text(user, "tokenFile").map(|path| beside(file, &path)),
        basic,
        impersonate: impersonation(user),
        exec: user.get("exec").map(|exec| read_exec(file, name, exec)).transpose()?,
    })
}

fn impersonation(user: Value<'_>) -> Vec<(String, String)> {
    let mut headers = Vec::new();
    if let Some(name) = text(user, "as") {
        headers.push(("Impersonate-User".to_owned(), name));
    }
    if let Some(uid) = text(user, "as-uid") {
        headers.push(("Impersonate-Uid".to_owned(), uid));
    }
    let groups = user.get("as-groups").into_iter().flat_map(Value::items);
    headers.extend(groups.map(|group| ("Impersonate-Group".to_owned(), group.text().into_owned())));
    for (key, values) in user.get("as-user-extra").into_iter().flat_map(Value::entries) {
        let name = format!("Impersonate-Extra-{}", key.text());
        headers.extend(values.items().map(|value| (name.clone(), value.text().into_owned())));
    }
    headers
}

fn read_exec(file: &Path, name: &str, exec: Value<'_>) -> Result<Exec, ConfigError> {
    let api_version = text(exec, "apiVersion").unwrap_or_default();
    if !["client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1"].contains(&&*api_version) {
        let text = format!("the `exec` plugin of the user `{name}` speaks `{api_version}`, which is not supported");
        return Err(ConfigError::Unsupported(text));
    }
    let Some(command) = text(exec, "command") else {
        return Err(ConfigError::Unsupported(format!("the `exec` plugin of the user `{name}` names no command")));
    };
    let command = if command.contains('/') { beside(file, &command) } else { PathBuf::from(command) };
    let arguments = exec.get("args").into_iter().flat_map(Value::items).map(|value| value.text().into_owned());
    let environment = exec.get("env").into_iter().flat_map(Value::items);
    let environment =
        environment.filter_map(|entry| Some((text(entry, "name")?, text(entry, "value").unwrap_or_default())));
    Ok(Exec {
        api_version,
        command,
        arguments: arguments.collect(),
        environment: environment.collect(),
        install_hint: text(exec, "installHint"),
        cluster_info: exec.get("provideClusterInfo").and_then(Value::as_bool).unwrap_or(false),
        interactive: text(exec, "interactiveMode").is_some_and(|mode| mode == "Always"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: &str = "\
apiVersion: v1
kind: Config
current-context: b
clusters:
- name: one
  cluster: {server: 'https://one:6443/', certificate-authority: ca.crt, tls-server-name: api}
contexts:
- name: a
  context: {cluster: one, user: me, namespace: payments}
- name: b
  context: {cluster: two, user: plugin}
users:
- name: me
  user: {token: abc, as: alice, as-groups: [dev, ops]}
";
    const SECOND: &str = "\
contexts:
- name: a
  context: {cluster: nowhere}
clusters:
- name: two
  cluster: {server: 'https://two', insecure-skip-tls-verify: true}
users:
- name: plugin
  user:
    exec:
      apiVersion: client.authentication.k8s.io/v1
      command: ./get-token
      args: [--cluster, two]
      env: [{name: REGION, value: eu}]
      interactiveMode: Never
";

    fn both(folder: &Path) -> Kubeconfig {
        fs::write(folder.join("ca.crt"), "authority").unwrap();
        fs::write(folder.join("first"), FIRST).unwrap();
        fs::write(folder.join("second"), SECOND).unwrap();
        Kubeconfig { files: ["first", "second"].map(|name| read_file(folder.join(name)).unwrap()).into() }
    }

    #[test]
    fn of_several_files_the_first_entry_of_a_name_holds() {
        let folder = tempfile::tempdir().unwrap();
        let config = both(folder.path());
        assert_eq!(config.contexts(), ["a", "b"]);
        let a = config.connection(Some("a")).unwrap();
        assert_eq!((a.server.as_str(), a.namespace.as_deref()), ("https://one:6443", Some("payments")));
        assert_eq!(a.authority.as_deref(), Some(&b"authority"[..]));
        assert_eq!(a.server_name.as_deref(), Some("api"));
        assert_eq!(a.user.token, Some(Secret("abc".to_owned())));
        let groups: Vec<&str> = a.user.impersonate.iter().map(|(_, value)| value.as_str()).collect();
        assert_eq!(groups, ["alice", "dev", "ops"]);
    }

    #[test]
    fn the_current_context_may_use_what_another_file_has() {
        let folder = tempfile::tempdir().unwrap();
        let b = both(folder.path()).connection(None).unwrap();
        assert!(b.insecure);
        let exec = b.user.exec.unwrap();
        assert_eq!(exec.command, folder.path().join("./get-token"));
        assert_eq!(exec.arguments, ["--cluster", "two"]);
        assert_eq!(exec.environment, [("REGION".to_owned(), "eu".to_owned())]);
    }

    #[test]
    fn what_is_not_there_is_named_with_what_is() {
        let folder = tempfile::tempdir().unwrap();
        let error = both(folder.path()).connection(Some("c")).unwrap_err().to_string();
        assert_eq!(error, "there is no context `c` in the kubeconfig; there are `a`, `b`");
    }

    #[test]
    fn secrets_are_not_shown_by_debug() {
        assert!(!format!("{:?}", User { token: Some(Secret("abc".to_owned())), ..User::default() }).contains("abc"));
    }
}
