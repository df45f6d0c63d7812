//! The HTML report in a real browser, which `PLIMSOLL_BROWSER` names. `e2e/run` finds one.

#![expect(clippy::unwrap_used, clippy::print_stderr, reason = "a test that fails or is left out says so")]

use std::fmt::Write as _;
use std::fs::File;
use std::io::{BufRead, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

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

/// A browser that is told over pipes what to do, as with keys (the DevTools protocol).
struct Driven {
    child: Child,
    to: File,
    from: BufReader<File>,
    session: Option<String>,
    number: u64,
}

impl Driven {
    fn open(page: &Page, fragment: &str) -> Self {
        let folder = page.folder.path();
        let [to, from] = ["to", "from"].map(|name| folder.join(name));
        assert!(Command::new("mkfifo").args([&to, &from]).status().unwrap().success());
        let child = Command::new("sh")
            .args(["-c", "exec \"$0\" \"$@\" 3<to 4>from"])
            .arg(&page.browser)
            .args(["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"])
            .args(["--disable-component-update", "--disable-sync", "--remote-debugging-pipe", "--window-size=1280,900"])
            .arg(format!("--user-data-dir={}", folder.join("driven").display()))
            .arg("about:blank")
            .current_dir(folder)
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let to = File::options().write(true).open(to).unwrap();
        let from = BufReader::new(File::open(from).unwrap());
        let mut driven = Self { child, to, from, session: None, number: 0 };
        let targets = driven.call("Target.getTargets", json!({}));
        let targets = targets["targetInfos"].as_array().unwrap().iter();
        let target = targets.filter(|target| target["type"] == "page").map(|target| target["targetId"].clone()).next();
        let attached = driven.call("Target.attachToTarget", json!({"targetId": target, "flatten": true}));
        driven.session = attached["sessionId"].as_str().map(str::to_owned);
        let address = format!("file://{}#{fragment}", page.path().display());
        driven.call("Page.navigate", json!({ "url": address }));
        while driven.value("document.documentElement?.dataset?.ready === 'true'") != json!(true) {}
        driven
    }

    fn call(&mut self, method: &str, parameters: Value) -> Value {
        self.number += 1;
        let mut message = json!({"id": self.number, "method": method, "params": parameters});
        if let Some(session) = &self.session {
            message["sessionId"] = json!(session);
        }
        self.to.write_all(format!("{message}\0").as_bytes()).unwrap();
        loop {
            let mut answer = Vec::new();
            self.from.read_until(0, &mut answer).unwrap();
            answer.pop().expect("the browser answers");
            let answer: Value = serde_json::from_slice(&answer).unwrap();
            if answer["id"] == self.number {
                assert!(answer["error"].is_null(), "{method}: {answer}");
                return answer["result"].clone();
            }
        }
    }

    /// What an expression of the page is, when what it promises is there.
    fn value(&mut self, expression: &str) -> Value {
        let parameters = json!({"expression": expression, "returnByValue": true, "awaitPromise": true});
        let answer = self.call("Runtime.evaluate", parameters);
        assert!(answer["exceptionDetails"].is_null(), "{expression}: {answer}");
        answer["result"]["value"].clone()
    }

    /// Presses keys, and waits for what the page makes of them.
    fn press(&mut self, keys: &[&str]) {
        for key in keys {
            let (code, text) = match *key {
                "Tab" => (9, None),
                "Enter" => (13, Some("\r")),
                "Escape" => (27, None),
                " " => (32, Some(" ")),
                letter => (u32::from(letter.to_ascii_uppercase().as_bytes()[0]), Some(letter)),
            };
            let mut event = json!({"type": "keyDown", "key": key, "windowsVirtualKeyCode": code});
            if let Some(text) = text {
                event["text"] = json!(text);
            }
            self.call("Input.dispatchKeyEvent", event);
            self.call("Input.dispatchKeyEvent", json!({"type": "keyUp", "key": key, "windowsVirtualKeyCode": code}));
        }
        // The search begins when somebody stops to type.
        self.value("new Promise(done => setTimeout(() => requestAnimationFrame(done), 200))");
    }

    fn text(&mut self, expression: &str) -> String {
        self.value(expression).as_str().unwrap_or_default().to_owned()
    }
}

impl Drop for Driven {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

const FOCUS: &str = "(e => e.id || e.dataset.severity || e.className || e.closest('details')?.dataset.print || e.tagName)\
                     (document.activeElement)";
const RING: &str = "getComputedStyle(document.activeElement).outlineStyle";
const OPEN: &str = "document.querySelectorAll('#list details[open] .body').length";

#[test]
fn everything_is_done_with_keys() {
    let Some(page) = Page::new(&[("pods.yaml", PODS)], &ONLY) else { return };
    let mut driven = Driven::open(&page, "");
    // In the order of the page, each with a ring around it.
    let stops = ["skip", "q", "critical", "high", "medium", "low", "info"];
    let choices = ["group", "namespace", "kind", "framework", "state", "by", "theme"];
    for stop in stops.iter().chain(&choices) {
        driven.press(&["Tab"]);
        assert_eq!((driven.text(FOCUS).as_str(), driven.text(RING).as_str()), (*stop, "solid"));
    }
    driven.press(&["Tab"]);
    let first = driven.text(FOCUS);
    assert_eq!(driven.text("document.querySelector('#list details').dataset.print"), first);
    for (key, open) in [("Enter", 1), (" ", 0), (" ", 1), ("Escape", 0)] {
        driven.press(&[key]);
        assert_eq!(driven.value(OPEN), json!(open), "{key:?}");
    }
    // From the row that has the focus, wherever that came from.
    driven.press(&["Tab", "j", "j"]);
    assert_eq!(driven.text(FOCUS), driven.text("document.querySelectorAll('#list details')[3].dataset.print"));
    driven.press(&["k", "k", "k", "k", "k"]);
    assert_eq!(driven.text(FOCUS), first);
    driven.press(&["/", "h", "o", "s", "t"]);
    assert_eq!((driven.text(FOCUS).as_str(), driven.text("q.value").as_str()), ("q", "host"));
    assert!(driven.text("document.getElementById('status').textContent").ends_with("hidden by filters"));
    // What the field shows is what is searched for.
    driven.press(&["Escape"]);
    assert_eq!((driven.text(FOCUS).as_str(), driven.text("q.value").as_str()), ("q", ""));
    assert_eq!(driven.text("document.getElementById('status').textContent"), "5 places");
    driven.press(&["Escape", "?"]);
    assert_eq!(driven.value("help.open"), json!(true));
    driven.press(&["Escape"]);
    assert_eq!(driven.value("help.open"), json!(false));
}

#[test]
fn paper_shows_what_a_screen_opens() {
    let Some(page) = Page::new(&[("pods.yaml", PODS)], &ONLY) else { return };
    let mut driven = Driven::open(&page, "q=host");
    driven.call(
        "Emulation.setEmulatedMedia",
        json!({"media": "print", "features": [{"name": "prefers-color-scheme", "value": "dark"}]}),
    );
    driven.value("dispatchEvent(new Event('beforeprint'))");
    assert_eq!(driven.value(OPEN), driven.value("document.querySelectorAll('#list details').length"));
    assert_eq!(driven.text("getComputedStyle(document.body).backgroundColor"), "rgb(255, 255, 255)");
    assert_eq!(driven.text("getComputedStyle(tools).display"), "none");
    assert_eq!(driven.text("paper.innerText"), "search: host");
    let pdf = driven.call("Page.printToPDF", json!({"preferCSSPageSize": true}));
    assert!(pdf["data"].as_str().is_some_and(|data| data.starts_with("JVBERi0")));
    driven.value("dispatchEvent(new Event('afterprint'))");
    assert_eq!(driven.value(OPEN), json!(0));
    assert_eq!(driven.text("location.hash"), "#q=host");
}

#[test]
fn an_address_opens_a_finding_far_down() {
    let mut text = String::new();
    for number in 0..600 {
        write!(text, "apiVersion: v1\nkind: Pod\nmetadata:\n  name: p{number}\nspec:\n  hostNetwork: true\n  containers:\n    - name: a\n---\n").unwrap();
    }
    let Some(page) = Page::new(&[("pods.yaml", &text)], &["--only", "host-network-namespace"]) else { return };
    let mut driven = Driven::open(&page, "");
    let last = driven.text("JSON.parse(document.getElementById('data').textContent).findings[599][11]");
    assert_eq!(driven.value("document.querySelectorAll('#list details').length < 600"), json!(true));
    driven.value(&format!("location.hash = 'open={last}'"));
    driven.press(&[]);
    assert_eq!(driven.value(OPEN), json!(1));
    let seen = "(r => r.top >= 0 && r.top < innerHeight)(document.querySelector('#list details[open]').getBoundingClientRect())";
    assert_eq!(driven.value(seen), json!(true));
    // `j` goes on past what was in the page at first.
    driven.press(&["k", "j"]);
    assert_eq!(driven.text(FOCUS), last);
}
