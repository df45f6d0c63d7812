//! What the machine offers: what commands need beside this program, and which clusters it knows of.

use std::env;
use std::path::{Path, PathBuf};
use std::thread;

use cluster::kubeconfig::{Kubeconfig, in_cluster};
use reports::doctor::{Fact, Standing};

use crate::screen::{self, Destination};

/// All facts, in the order in which they are shown.
pub(super) fn facts(kubeconfig: Option<&Path>) -> Vec<Fact> {
    let mut facts = vec![program(), terminal(), git()];
    facts.extend(clusters(kubeconfig));
    facts
}

fn fact(name: &str, standing: Standing, says: String) -> Fact {
    Fact { name: name.to_owned(), standing, says, without: None }
}

fn program() -> Fact {
    let processors = thread::available_parallelism().map_or(1, usize::from);
    let counted = if processors == 1 { "1 processor".to_owned() } else { format!("{processors} processors") };
    let says = format!("{} for {} on {}, {counted}", env!("CARGO_PKG_VERSION"), env::consts::ARCH, env::consts::OS);
    fact("plimsoll", Standing::Good, says)
}

fn terminal() -> Fact {
    let terminal = screen::terminal(&Destination::Stdout);
    let colour = if terminal.colour { "colours" } else { "no colours" };
    let letters = if terminal.unicode { "Unicode" } else { "ASCII" };
    fact("screen", Standing::Good, format!("{} columns, {colour}, {letters}", terminal.width))
}

fn git() -> Fact {
    match on_path(Path::new("git")) {
        Some(path) => fact("git", Standing::Good, path.display().to_string()),
        None => Fact {
            without: Some("no `scan --since`, no `diff` of revisions, nothing from `git+https://…`".to_owned()),
            ..fact("git", Standing::Absent, "it is not on the PATH".to_owned())
        },
    }
}

/// Where a program is that would be found by that name.
fn on_path(command: &Path) -> Option<PathBuf> {
    if command.components().count() > 1 {
        return command.is_file().then(|| command.to_path_buf());
    }
    let paths = env::var_os("PATH")?;
    env::split_paths(&paths).map(|folder| folder.join(command)).find(|path| path.is_file())
}

fn clusters(kubeconfig: Option<&Path>) -> Vec<Fact> {
    let config = match Kubeconfig::read(kubeconfig) {
        Ok(Some(config)) => config,
        Ok(None) => return vec![without_kubeconfig()],
        Err(error) => return vec![fact("kubeconfig", Standing::Bad, error.to_string())],
    };
    let (contexts, current) = (config.contexts(), config.current());
    let counted = match contexts.len() {
        0 => "no context".to_owned(),
        1 => "1 context".to_owned(),
        many => format!("{many} contexts"),
    };
    let says = match &current {
        Some(current) => format!("{counted}, of which `{current}` is in use"),
        None => format!("{counted}, of which none is in use: name one with `--context`"),
    };
    let mut facts = vec![fact("kubeconfig", Standing::Good, says)];
    for name in contexts {
        let found = match config.connection(Some(&name)) {
            Err(error) => fact(&name, Standing::Bad, error.to_string()),
            Ok(connection) => {
                let by = match &connection.user.exec {
                    Some(exec) if on_path(&exec.command).is_none() => Err(exec.command.display().to_string()),
                    Some(exec) => Ok(format!(", credentials from `{}`", exec.command.display())),
                    None => Ok(String::new()),
                };
                match by {
                    Ok(by) => fact(&name, Standing::Good, format!("{}{by}", connection.server)),
                    Err(command) => Fact {
                        without: Some("nobody can sign in to this cluster".to_owned()),
                        ..fact(
                            &name,
                            Standing::Absent,
                            format!("`{command}`, which gives the credentials, is not there"),
                        )
                    },
                }
            }
        };
        facts.push(found);
    }
    facts
}

fn without_kubeconfig() -> Fact {
    match in_cluster() {
        Ok(Some(connection)) => {
            fact("cluster", Standing::Good, format!("{}, as the ServiceAccount of this pod", connection.server))
        }
        Ok(None) => Fact {
            without: Some("no running cluster; files, charts and snapshots need none".to_owned()),
            ..fact("kubeconfig", Standing::Absent, "neither in `KUBECONFIG` nor `~/.kube/config`".to_owned())
        },
        Err(error) => fact("cluster", Standing::Bad, error.to_string()),
    }
}
