//! The HTML report in a real browser, which `PLIMSOLL_BROWSER` names. `e2e/run` finds one.

#![expect(clippy::unwrap_used, clippy::print_stderr, reason = "a test that fails or is left out says so")]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A page in a browser.
struct Page {
    browser: PathBuf,
    folder: tempfile::TempDir,
}

impl Page {
    /// The report of these files; `None`, said aloud, if there is no browser.
    fn new(files: &[(&str, &str)], more: &[&str]) -> Option<Self> {
        let Some(browser) = std::env::var_os("PLIMSOLL_BROWSER") else {
            eprintln!("left out: the HTML report in a browser: PLIMSOLL_BROWSER is not set");
            return None;
        };
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        let status = Command::new(env!("CARGO_BIN_EXE_plimsoll"))
            .args(["scan", "--output", "html=report.html", "."])
            .args(more)
            .current_dir(folder.path())
            .status()
            .unwrap();
        assert!(status.code().is_some_and(|code| code < 3));
        Some(Self { browser: browser.into(), folder })
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("report.html")
    }

    /// The page as it is when its script has run, at this address; and what the console said.
    fn open(&self, fragment: &str) -> (String, String) {
        let profile = self.folder.path().join("profile");
        let output = Command::new(&self.browser)
            .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"])
            .args(["--disable-background-networking", "--disable-component-update", "--disable-sync"])
            .args(["--enable-logging=stderr", "--v=0", "--virtual-time-budget=20000", "--dump-dom"])
            .arg(format!("--user-data-dir={}", profile.display()))
            .arg(format!("file://{}#{fragment}", self.path().display()))
            .output()
            .unwrap();
        let console = String::from_utf8_lossy(&output.stderr);
        let console = console.lines().filter(|line| line.contains("CONSOLE")).collect::<Vec<_>>().join("\n");
        (String::from_utf8_lossy(&output.stdout).into_owned(), console)
    }
}

/// The text of the element with that id, as far as it has no tags.
fn text_of<'p>(page: &'p str, id: &str) -> &'p str {
    let at = page.find(&format!("id=\"{id}\"")).unwrap_or_else(|| panic!("there is no `{id}`"));
    let rest = &page[at..];
    let rest = &rest[rest.find('>').unwrap() + 1..];
    &rest[..rest.find('<').unwrap()]
}

fn rows(page: &str) -> usize {
    page.matches("<details class=\"f\"").count()
}

const PODS: &str = "apiVersion: v1
kind: Pod
metadata:
  name: one
  namespace: shop
spec:
  hostNetwork: true
  containers:
    - name: main
      image: app:latest
      securityContext:
        privileged: true
---
apiVersion: v1
kind: Pod
metadata:
  name: two
spec:
  containers:
    - name: main
      image: app:latest
      env:
        - name: DB_PASSWORD
          value: hunter2-and-more
";

const ONLY: [&str; 2] =
    ["--only", "privileged-container,host-network-namespace,image-tag-mutable,secret-literal-in-environment"];

#[test]
fn findings_are_searched_filtered_grouped_and_opened() {
    let Some(page) = Page::new(&[("pods.yaml", PODS)], &ONLY) else { return };
    let (all, console) = page.open("");
    assert_eq!((text_of(&all, "status"), rows(&all), console.as_str()), ("5 places", 5, ""));
    assert!(!all.contains("id=\"static\""), "the script takes the place of the table");
    assert_eq!(text_of(&page.open("q=host+one").0, "status"), "1 place, 4 hidden by filters");
    assert_eq!(text_of(&page.open("severity=critical").0, "status"), "1 place, 4 hidden by filters");
    assert_eq!(text_of(&page.open("namespace=shop").0, "status"), "3 places, 2 hidden by filters");
    assert_eq!(text_of(&page.open("group=image").0, "status"), "2 places, 3 hidden by filters");
    assert_eq!(text_of(&page.open("framework=pss").0, "status"), "2 places, 3 hidden by filters");
    assert_eq!(text_of(&page.open("q=no-such-thing").0, "status"), "0 places, 5 hidden by filters");
    assert_eq!(page.open("by=resource").0.matches("class=\"group\"").count(), 2);
    assert_eq!(page.open("by=control").0.matches("class=\"group\"").count(), 4);
    let print = all.split("data-print=\"").nth(1).unwrap().split('"').next().unwrap();
    let (open, console) = page.open(&format!("open={print}"));
    assert!(open.contains("class=\"l hit\"") && open.contains("What to do"), "the finding is open");
    assert_eq!(console, "");
}

#[test]
fn what_files_say_is_text_and_secrets_are_not_in_the_page() {
    let hostile = PODS.replace("name: two", "name: '</script><img src=x onerror=alert(1)>'");
    let Some(page) = Page::new(&[("<b onclick=1>x.yaml", "a: [\n"), ("pods.yaml", &hostile)], &ONLY) else {
        return;
    };
    let written = std::fs::read_to_string(page.path()).unwrap();
    assert!(!written.contains("hunter2"), "a secret is in the page");
    assert!(!written.contains("<img") && !written.contains("<b onclick"), "a name became an element");
    let (all, console) = page.open("");
    assert_eq!((rows(&all), console.as_str(), all.contains("<img")), (5, "", false));
    assert!(all.contains("&lt;/script&gt;&lt;img src=x onerror=alert(1)&gt;"));
    assert!(all.contains("1 input was not looked at"));
    assert!(!written.contains("http://") && !written.contains("src=\"") && !written.contains("@import"));
}

#[test]
fn twenty_thousand_findings_are_shown_bit_by_bit() {
    let mut text = String::new();
    for number in 0..10_000 {
        write!(text, "apiVersion: v1\nkind: Pod\nmetadata:\n  name: p{number}\nspec:\n  hostNetwork: true\n  containers:\n    - name: a\n      image: app:latest\n---\n").unwrap();
    }
    let Some(page) = Page::new(&[("pods.yaml", &text)], &["--only", "host-network-namespace,image-tag-mutable"]) else {
        return;
    };
    let size = Path::new(&page.path()).metadata().unwrap().len();
    assert!(size < 12 << 20, "{size} bytes");
    let (all, console) = page.open("");
    assert_eq!((text_of(&all, "status"), console.as_str()), ("20000 places", ""));
    assert!(rows(&all) < 2000, "{} rows stand in the page at once", rows(&all));
    assert_eq!(text_of(&page.open("q=p9999").0, "status"), "2 places, 19998 hidden by filters");
}
