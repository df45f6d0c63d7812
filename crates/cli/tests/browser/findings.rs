//! The report of a scan.

use std::fmt::Write as _;
use std::path::Path;

use serde_json::json;

use crate::driven::Driven;
use crate::page::{Page, text_of};

/// The report of these files.
fn report(files: &[(&str, &str)], more: &[&str]) -> Option<Page> {
    Page::new(files, &[&["scan"], more].concat(), ".")
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
    let Some(page) = report(&[("pods.yaml", PODS)], &ONLY) else { return };
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
    let Some(page) = report(&[("<b onclick=1>x.yaml", "a: [\n"), ("pods.yaml", &hostile)], &ONLY) else {
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

/// So many rows are in the page, whatever the list is.
const AT_ONCE: usize = 250;

fn pods(count: usize) -> String {
    let mut text = String::new();
    for number in 0..count {
        write!(text, "apiVersion: v1\nkind: Pod\nmetadata:\n  name: p{number}\nspec:\n  hostNetwork: true\n  containers:\n    - name: a\n      image: app:latest\n---\n").unwrap();
    }
    text
}

#[test]
fn rows_come_and_go_while_somebody_scrolls() {
    let only = ["--only", "host-network-namespace,image-tag-mutable"];
    let Some(page) = report(&[("pods.yaml", &pods(10_000))], &only) else { return };
    let mut driven = Driven::open(&page, "");
    let count = "document.querySelectorAll('#list details').length";
    let middle = "!!document.elementFromPoint(500, 500).closest('#list details')";
    let end = "document.documentElement.scrollHeight";
    for place in ["2000", "90000", "400000", "399000", "60000", end] {
        driven.value(&format!("scrollTo(0, {place})"));
        driven.press(&[]);
        let rows = driven.value(count).as_u64().unwrap();
        assert!(rows > 10 && rows < AT_ONCE as u64, "{rows} rows at {place}");
        assert!(place == end || driven.value(middle) == json!(true), "nothing is shown at {place}");
    }
    // The last of them, with its group before it: 20,000 places in two groups.
    let last = "Math.max(...[...document.querySelectorAll('#list details')].map(row => row.dataset.at))";
    assert_eq!(driven.value(last), json!(20_001));
    // What is open stays so, and what has the focus is where one goes on from.
    driven.value("scrollTo(0, 0)");
    driven.press(&["j", "j", "Enter"]);
    let second = driven.text(FOCUS);
    driven.value("scrollTo(0, 300000)");
    driven.press(&[]);
    assert_eq!(driven.value(OPEN), json!(0));
    driven.press(&["j"]);
    assert_eq!(driven.value(OPEN), json!(1));
    assert_eq!(driven.text("document.querySelector('#list details[open]').dataset.print"), second);
    driven.press(&["k"]);
    assert_eq!(driven.text(FOCUS), second);
    // Paper has what fits on it.
    driven.value("dispatchEvent(new Event('beforeprint'))");
    assert_eq!(driven.value(count), json!(1999));
    assert!(driven.text("paper.textContent").contains("the first 1999 places are printed"));
    driven.value("dispatchEvent(new Event('afterprint'))");
    driven.press(&[]);
    assert!(driven.value(count).as_u64().unwrap() < AT_ONCE as u64);
    assert_eq!(driven.text(FOCUS), second);
}

#[test]
fn what_contributes_most_comes_first() {
    let Some(page) = Page::of_repository(&["scan", "examples/shop"]) else { return };
    let json = crate::page::json(&["scan", "examples/shop"]);
    let share = |result: &&serde_json::Value| {
        let number = |key: &str| result["priority"][key].as_u64().unwrap_or(0);
        number("cut").max(number("together"))
    };
    let most = json["results"].as_array().unwrap().iter().filter(|result| !result["priority"].is_null());
    let most = most.map(|result| share(&result)).max().unwrap();
    let mut driven = Driven::open(&page, "");
    assert_eq!(driven.text("document.getElementById('by').value"), "contribution");
    let first = "document.querySelector('#list details .where').textContent";
    let first = driven.text(first);
    let is_first = |result: &&serde_json::Value| {
        let parts = [&result["resource"], &result["control"]].map(|part| part.as_str().unwrap_or_default());
        parts.iter().all(|part| first.contains(part)) && share(result) == most
    };
    assert!(json["results"].as_array().unwrap().iter().any(|result| is_first(&result)), "{first}");
    assert_eq!(driven.text("document.querySelector('#list h2').firstChild.textContent"), "on ways of attackers");
    driven.value("location.hash = 'by=severity'");
    driven.press(&[]);
    assert!(driven.text("document.querySelector('#list h2').textContent").contains("critical"));
    // Where no way is known, severity is the order.
    let Some(page) = report(&[("pods.yaml", PODS)], &["--order", "severity"]) else { return };
    let mut driven = Driven::open(&page, "by=contribution");
    assert_eq!(driven.text("document.getElementById('by').value"), "severity");
}

#[test]
fn twenty_thousand_findings_are_shown_bit_by_bit() {
    let text = pods(10_000);
    let Some(page) = report(&[("pods.yaml", &text)], &["--only", "host-network-namespace,image-tag-mutable"]) else {
        return;
    };
    let size = Path::new(&page.path()).metadata().unwrap().len();
    assert!(size < 12 << 20, "{size} bytes");
    let (all, console) = page.open("");
    assert_eq!((text_of(&all, "status"), console.as_str()), ("20000 places", ""));
    assert!(rows(&all) < AT_ONCE, "{} rows stand in the page at once", rows(&all));
    assert_eq!(text_of(&page.open("q=p9999").0, "status"), "2 places, 19998 hidden by filters");
}

const FOCUS: &str = "(e => e.id || e.dataset.severity || e.className || e.closest('details')?.dataset.print || e.tagName)\
                     (document.activeElement)";
const RING: &str = "getComputedStyle(document.activeElement).outlineStyle";
const OPEN: &str = "document.querySelectorAll('#list details[open] .body').length";

#[test]
fn everything_is_done_with_keys() {
    let Some(page) = report(&[("pods.yaml", PODS)], &ONLY) else { return };
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
    let Some(page) = report(&[("pods.yaml", PODS)], &ONLY) else { return };
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
    let Some(page) = report(&[("pods.yaml", &text)], &["--only", "host-network-namespace"]) else { return };
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
