//! A page of the program in a browser.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// A page in a browser.
pub(crate) struct Page {
    /// The browser.
    pub(crate) browser: PathBuf,
    /// Where the page lies, and what the browser keeps.
    pub(crate) folder: tempfile::TempDir,
}

/// The root of the repository.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// What the program says in JSON, at the root of the repository.
pub(crate) fn json(arguments: &[&str]) -> Value {
    let output = Command::new(env!("CARGO_BIN_EXE_plimsoll"))
        .args(arguments)
        .args(["--output", "json"])
        .current_dir(root())
        .output()
        .unwrap();
    serde_json::from_slice(&output.stdout).unwrap()
}

impl Page {
    /// What a command writes of these files, which lie in `place`; `None`, said aloud, if there is no browser.
    pub(crate) fn new(files: &[(&str, &str)], command: &[&str], place: &str) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        let at = folder.path().to_owned();
        Self::written(folder, &[command, &[place]].concat(), &at)
    }

    /// What a command writes at the root of the repository.
    pub(crate) fn of_repository(command: &[&str]) -> Option<Self> {
        Self::written(tempfile::tempdir().unwrap(), command, &root())
    }

    fn written(folder: tempfile::TempDir, command: &[&str], at: &Path) -> Option<Self> {
        let Some(browser) = std::env::var_os("PLIMSOLL_BROWSER") else {
            eprintln!("left out: pages in a browser: PLIMSOLL_BROWSER is not set");
            return None;
        };
        let status = Command::new(env!("CARGO_BIN_EXE_plimsoll"))
            .args(command)
            .args(["--output", &format!("html={}", folder.path().join("report.html").display())])
            .current_dir(at)
            .status()
            .unwrap();
        assert!(status.code().is_some_and(|code| code < 3));
        Some(Self { browser: browser.into(), folder })
    }

    /// Where it lies.
    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join("report.html")
    }

    /// The page as it is when its script has run, at this address; and what the console said.
    pub(crate) fn open(&self, fragment: &str) -> (String, String) {
        self.open_at(&self.path(), fragment)
    }

    /// What a script of a test answers that runs in the page after its own: the body of a function.
    pub(crate) fn ask(&self, fragment: &str, script: &str) -> Value {
        let page = std::fs::read_to_string(self.path()).unwrap();
        let (before, after) = page.rsplit_once("</body>").unwrap();
        let asked = format!(
            "{before}<pre id=\"answer\"></pre><script>document.getElementById(\"answer\").textContent = \
             JSON.stringify((() => {{ {script} }})());</script></body>{after}"
        );
        let path = self.folder.path().join("asked.html");
        std::fs::write(&path, asked).unwrap();
        let (page, console) = self.open_at(&path, fragment);
        assert_eq!(console, "");
        let answer = text_of(&page, "answer").replace("&lt;", "<").replace("&gt;", ">").replace("&nbsp;", "\u{a0}");
        serde_json::from_str(&answer.replace("&amp;", "&")).unwrap_or_else(|error| panic!("{error}: {answer}"))
    }

    fn open_at(&self, path: &Path, fragment: &str) -> (String, String) {
        let profile = self.folder.path().join("profile");
        let output = Command::new(&self.browser)
            .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"])
            .args(["--disable-background-networking", "--disable-component-update", "--disable-sync"])
            .args(["--enable-logging=stderr", "--v=0", "--virtual-time-budget=20000", "--dump-dom"])
            .arg(format!("--user-data-dir={}", profile.display()))
            .arg(format!("file://{}#{fragment}", path.display()))
            .output()
            .unwrap();
        let console = String::from_utf8_lossy(&output.stderr);
        let console = console.lines().filter(|line| line.contains("CONSOLE")).collect::<Vec<_>>().join("\n");
        (String::from_utf8_lossy(&output.stdout).into_owned(), console)
    }
}

/// The text of the element with that id, as far as it has no tags.
pub(crate) fn text_of<'p>(page: &'p str, id: &str) -> &'p str {
    let at = page.find(&format!("id=\"{id}\"")).unwrap_or_else(|| panic!("there is no `{id}`"));
    let rest = &page[at..];
    let rest = &rest[rest.find('>').unwrap() + 1..];
    &rest[..rest.find('<').unwrap()]
}
