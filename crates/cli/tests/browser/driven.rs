//! A browser that is driven with keys.

use std::fs::File;
use std::io::{BufRead, BufReader, Write as _};
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

use crate::page::Page;

/// A browser that is told over pipes what to do, as with keys (the DevTools protocol).
pub(crate) struct Driven {
    child: Child,
    to: File,
    from: BufReader<File>,
    session: Option<String>,
    number: u64,
}

impl Driven {
    pub(crate) fn open(page: &Page, fragment: &str) -> Self {
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

    pub(crate) fn call(&mut self, method: &str, parameters: Value) -> Value {
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
    pub(crate) fn value(&mut self, expression: &str) -> Value {
        let parameters = json!({"expression": expression, "returnByValue": true, "awaitPromise": true});
        let answer = self.call("Runtime.evaluate", parameters);
        assert!(answer["exceptionDetails"].is_null(), "{expression}: {answer}");
        answer["result"]["value"].clone()
    }

    /// Presses keys, and waits for what the page makes of them.
    pub(crate) fn press(&mut self, keys: &[&str]) {
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

    pub(crate) fn text(&mut self, expression: &str) -> String {
        self.value(expression).as_str().unwrap_or_default().to_owned()
    }
}

impl Drop for Driven {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}
