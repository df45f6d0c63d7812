//! Repositories that are scanned without being checked out by the user: `git+https://…[//path][@ref]` and `git+file://…`,
//! through the `git` program, into a folder that goes away.
//!
//! What is fetched is not trusted: no hooks, no filters, no submodules, no prompts, no other protocols, and bounds on time
//! and size.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::exit::UsageError;

/// Fetching takes no longer.
const LONGEST: Duration = Duration::from_secs(300);

/// What is fetched is no larger, nor what is written of it.
const LARGEST: u64 = 2 << 30;

/// A repository, and what of it is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Address {
    /// What git is given.
    url: String,
    /// The folder in it.
    folder: String,
    /// The branch, tag or commit.
    revision: Option<String>,
}

/// A repository that was fetched.
pub(crate) struct Fetched {
    /// The folder that was meant.
    pub(crate) folder: PathBuf,
    /// The root of its files.
    pub(crate) root: PathBuf,
    /// Takes the files away when it is dropped.
    _own: TempDir,
}

/// Whether a path is the address of a repository.
pub(crate) fn is_address(path: &Path) -> bool {
    path.to_str().is_some_and(|text| text.starts_with("git+"))
}

impl Address {
    /// Reads `git+https://host/path[//folder][@ref]`.
    ///
    /// # Errors
    /// It is something else, or of a protocol that is not fetched.
    pub(crate) fn parse(text: &str) -> Result<Self, UsageError> {
        let wrong = |why: &str| UsageError(format!("`{text}`: {why}; write `git+https://host/path[//folder][@ref]`"));
        let url = text.strip_prefix("git+").unwrap_or(text);
        let (scheme, rest) = url.split_once("://").ok_or_else(|| wrong("it has no protocol"))?;
        if scheme != "https" && scheme != "file" {
            return Err(wrong(&format!("repositories are fetched by https and file, not by `{scheme}`")));
        }
        let (host, path) = rest.split_at(rest.find('/').ok_or_else(|| wrong("it has no path"))?);
        if host.starts_with('-') {
            return Err(wrong("no host begins with `-`"));
        }
        // A user may stand before the host, but not in the path.
        let (path, revision) = match path.split_once('@') {
            Some((path, revision)) => (path, Some(revision.to_owned())),
            None => (path, None),
        };
        if revision.as_deref().is_some_and(|revision| revision.is_empty() || revision.starts_with('-')) {
            return Err(wrong("after `@` stands a branch, tag or commit"));
        }
        let (path, folder) = path.split_once("//").unwrap_or((path, ""));
        if folder.split('/').any(|part| part == "..") {
            return Err(wrong("the folder climbs out of the repository"));
        }
        Ok(Self { url: format!("{scheme}://{host}{path}"), folder: folder.to_owned(), revision })
    }

    /// Fetches the one revision and writes its files.
    ///
    /// # Errors
    /// There is no git, no such repository, revision or folder, or it is too large.
    pub(crate) fn fetch(&self) -> anyhow::Result<Fetched> {
        let own = TempDir::with_prefix("plimsoll-")?;
        let (git, root) = (own.path().join("git"), own.path().join("tree"));
        fs::create_dir(&root)?;
        let run = |arguments: &[&str]| self.run(&git, command(&git), arguments);
        run(&["init", "--quiet", "--bare", "--template="])?;
        let commit = self.fetch_revision(&run)?;
        self.check_size(&git, &commit)?;
        for arguments in [&["read-tree", &commit][..], &["checkout-index", "--all", "--force", "--quiet"]] {
            let mut with_files = command(&git);
            with_files.env("GIT_WORK_TREE", &root);
            self.run(&git, with_files, arguments)?;
        }
        let folder = if self.folder.is_empty() { root.clone() } else { root.join(&self.folder) };
        if !folder.exists() {
            let why = format!("`{}` has no `{}`", self.url, self.folder);
            return Err(UsageError(why).into());
        }
        Ok(Fetched { folder, root, _own: own })
    }

    fn fetch_revision(&self, run: &dyn Fn(&[&str]) -> anyhow::Result<()>) -> anyhow::Result<String> {
        let revision = self.revision.as_deref().unwrap_or("HEAD");
        let shallow = ["fetch", "--quiet", "--depth=1", "--no-tags", "--no-recurse-submodules", "--end-of-options"];
        let first = run(&[&shallow[..], &[self.url.as_str(), revision]].concat());
        let Err(error) = first else { return Ok("FETCH_HEAD".to_owned()) };
        // A server may give commits only with the branches that they are in; an abbreviated one it never gives.
        let is_commit = revision.len() >= 7 && revision.bytes().all(|byte| byte.is_ascii_hexdigit());
        if !is_commit {
            return Err(error);
        }
        let all = ["fetch", "--quiet", "--no-tags", "--no-recurse-submodules", "--end-of-options", &self.url];
        run(&[&all[..], &["+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*"]].concat())?;
        Ok(format!("{revision}^{{commit}}"))
    }

    /// What is written is counted before it is.
    fn check_size(&self, git: &Path, commit: &str) -> anyhow::Result<()> {
        let output = command(git).args(["ls-tree", "-r", "-l", commit]).stdin(Stdio::null()).output()?;
        let text = String::from_utf8_lossy(&output.stdout);
        let sizes = text.lines().filter_map(|line| line.split_whitespace().nth(3)?.parse::<u64>().ok());
        if sizes.sum::<u64>() > LARGEST {
            return Err(UsageError(self.too_large()).into());
        }
        Ok(())
    }

    fn too_large(&self) -> String {
        format!("`{}` has more than {} GiB: clone it, and scan a part of it", self.url, LARGEST >> 30)
    }

    fn run(&self, git: &Path, mut command: Command, arguments: &[&str]) -> anyhow::Result<()> {
        command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let child = command.spawn().map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => UsageError("repositories are fetched by `git`, which is not there".to_owned()),
            _ => UsageError(format!("cannot run git: {error}")),
        })?;
        let (succeeded, said) = self.wait(child, git)?;
        if succeeded {
            return Ok(());
        }
        let said = said.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join("; ");
        let revision = self.revision.as_deref().map(|revision| format!(" at `{revision}`")).unwrap_or_default();
        Err(UsageError(format!("cannot fetch `{}`{revision}: {said}", self.url)).into())
    }

    /// Waits until git has ended, at most as long as it may take.
    fn wait(&self, mut child: Child, git: &Path) -> anyhow::Result<(bool, String)> {
        let errors = child.stderr.take();
        let reader = thread::spawn(move || {
            let mut text = String::new();
            if let Some(errors) = errors {
                io::Read::read_to_string(&mut io::Read::take(errors, 64 << 10), &mut text).ok();
            }
            text
        });
        let start = Instant::now();
        let mut pause = Duration::from_millis(2);
        let status = loop {
            if let Some(status) = child.try_wait()? {
                break status;
            }
            let trouble = if start.elapsed() > LONGEST {
                Some(format!("`{}` was not fetched in {} seconds", self.url, LONGEST.as_secs()))
            } else if pause.as_millis() > 100 && size_of(git) > LARGEST {
                Some(self.too_large())
            } else {
                None
            };
            if let Some(trouble) = trouble {
                child.kill().ok();
                child.wait().ok();
                return Err(UsageError(trouble).into());
            }
            thread::sleep(pause);
            pause = (pause * 2).min(Duration::from_millis(500));
        };
        Ok((status.success(), reader.join().unwrap_or_default()))
    }
}

/// git, so that nothing of what it fetches runs, and nothing asks.
fn command(git: &Path) -> Command {
    let mut command = Command::new("git");
    let never = [
        "core.hooksPath=/dev/null",
        "core.fsmonitor=false",
        "core.symlinks=false",
        "protocol.allow=never",
        "protocol.https.allow=always",
        "protocol.file.allow=always",
        "filter.lfs.smudge=",
        "filter.lfs.process=",
        "filter.lfs.required=false",
        "fetch.fsckObjects=true",
        "gc.auto=0",
        "maintenance.auto=false",
        "http.followRedirects=initial",
    ];
    for setting in never {
        command.args(["-c", setting]);
    }
    command
        .env("GIT_DIR", git)
        .env_remove("GIT_WORK_TREE")
        .env("GIT_INDEX_FILE", git.join("index"))
        .env("GIT_TERMINAL_PROMPT", "0")
        .env("GIT_ASKPASS", "true")
        .env("SSH_ASKPASS", "true")
        .env("GIT_LFS_SKIP_SMUDGE", "1")
        .env_remove("GIT_EXTERNAL_DIFF");
    command
}

/// The bytes of the files in and below a folder.
fn size_of(folder: &Path) -> u64 {
    let Ok(entries) = fs::read_dir(folder) else { return 0 };
    let sizes = entries.flatten().map(|entry| match entry.metadata() {
        Ok(metadata) if metadata.is_dir() => size_of(&entry.path()),
        Ok(metadata) => metadata.len(),
        Err(_) => 0,
    });
    sizes.sum()
}

/// What a folder's repository says; `None` if git fails or is not there.
pub(crate) fn ask(folder: &Path, arguments: &[&str]) -> Option<Vec<u8>> {
    let mut command = Command::new("git");
    command.arg("-C").arg(folder).args(["-c", "core.fsmonitor=false"]).args(arguments.iter().map(OsStr::new));
    let output = command.stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    output.status.success().then_some(output.stdout)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_taken_apart() {
        let parse = |text: &str| {
            let Address { url, folder, revision } = Address::parse(text).unwrap();
            (url, folder, revision.unwrap_or_default())
        };
        let of = |url: &str, folder: &str, revision: &str| (url.to_owned(), folder.to_owned(), revision.to_owned());
        assert_eq!(parse("git+https://h.example/a/b.git"), of("https://h.example/a/b.git", "", ""));
        assert_eq!(parse("git+https://u@h.example/a//deploy/x@v1/2"), of("https://u@h.example/a", "deploy/x", "v1/2"));
        assert_eq!(parse("git+file:///srv/a@main"), of("file:///srv/a", "", "main"));
    }

    #[test]
    fn what_git_could_take_for_more_than_an_address_is_refused() {
        for text in [
            "git+ssh://h/a",
            "git+ext::sh -c x",
            "git+https://h/a@--upload-pack=x",
            "git+https://h/a@",
            "git+https://-x/a",
            "git+https://h",
            "git+https://h/a//../../etc",
        ] {
            assert!(Address::parse(text).is_err(), "{text}");
        }
    }
}
