//! The explorer of attack paths.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::page::{self, Page};

const SHOP: &str = "examples/shop";

/// What the page says, in one object.
const SCREEN: &str = "
    const text = selector => [...document.querySelectorAll(selector)].map(one => one.textContent);
    const screen = () => ({
      left: text('#left')[0], tried: text('.chip').length, status: text('#status')[0], chosen: text('#steps h2')[0],
      steps: text('.step h3').length, gone: text('.step.gone').length, badges: text('.badge text'),
      scissors: text('.scissors').length, cut: text('.way.cut').length, open: text('.way:not(.cut)').length,
      around: text('.way').filter(way => way.includes('another way round')).length, goals: text('.card.goal').length, address: location.hash });";

#[test]
fn a_way_is_followed_and_a_change_is_clicked_away() {
    let Some(page) = Page::of_repository(&["paths", "list", SHOP, "--from", "internet"]) else { return };
    let script = format!(
        "{SCREEN}
        const first = screen();
        const ways = [...document.querySelectorAll('.way')];
        ways.find(way => way.textContent.includes('the internet → a node')).click();
        const second = screen();
        const change = [...document.querySelectorAll('#steps .change')].find(one => one.textContent.includes('leave the mount'));
        change.click();
        const third = screen();
        document.querySelector('.chip').click();
        return [first, second, third, screen()];"
    );
    let said = page.ask("", &script);
    let [first, second, third, last] = [&said[0], &said[1], &said[2], &said[3]];
    // Four goals are reached from the internet; the way to a node comes first and is open.
    assert_eq!((&first["status"], &first["chosen"]), (&"4 ways".into(), &"the internet → a node".into()));
    assert!(first["left"].as_str().unwrap().starts_with("100 %"), "{first}");
    assert_eq!((&first["goals"], &first["scissors"]), (&4.into(), &0.into()));
    assert_eq!((&second["chosen"], &second["steps"]), (&"the internet → a node".into(), &5.into()));
    assert_eq!(second["badges"], json!(["1", "2", "3", "4", "5"]));
    // The way over the socket is cut, and shown as cut. The agent's account makes pods of its own: another way round.
    assert_eq!((&third["cut"], &third["around"], &third["tried"]), (&1.into(), &1.into(), &1.into()), "{third}");
    assert_eq!(third["open"], 4);
    assert_eq!((&third["gone"], &third["scissors"]), (&1.into(), &1.into()));
    assert_eq!(third["chosen"], "the internet → a node  ✂ cut");
    assert!(third["address"].as_str().unwrap().contains("cut="), "{third}");
    assert_eq!((&last["tried"], &last["open"], &last["cut"]), (&0.into(), &4.into(), &0.into()));
    // The address is the state.
    let again =
        page.ask(third["address"].as_str().unwrap().trim_start_matches('#'), &format!("{SCREEN} return screen();"));
    assert_eq!(&again, third);
}

#[test]
fn keys_do_what_the_mouse_does() {
    let Some(page) = Page::of_repository(&["paths", "list", SHOP, "--from", "internet"]) else { return };
    let script = format!(
        "{SCREEN}
        const key = key => (document.activeElement || document.body).dispatchEvent(new KeyboardEvent('keydown', {{ key, bubbles: true }}));
        key('j'); key('j'); document.activeElement.click();
        const chosen = screen().chosen;
        key('x');
        const tried = screen();
        key('u'); key('p');
        return [chosen, tried.tried, tried.gone > 0, screen().tried, document.querySelectorAll('#list .change').length > 0];"
    );
    assert_eq!(page.ask("", &script), json!(["the internet → cluster-admin", 1, true, 0, true]));
}

/// What tells ways apart, as the page and the program have it.
const WAYS: &str = "
    const told = way => [nameOf(way.entry), ...way.edges.flatMap(edge => [data.kinds[edges[edge][KIND]].id, nameOf(edges[edge][TO])])].join(' | ');
    const all = tried => answer(tried).ways.map(way => [told(way), way.difficulty, way.entries.length, way.assumed === 0]);";

fn told(path: &Value) -> String {
    let mut out = path["from"].as_str().unwrap().to_owned();
    for step in path["steps"].as_array().unwrap() {
        write!(out, " | {} | {}", step["edge"].as_str().unwrap(), step["to"].as_str().unwrap()).unwrap();
    }
    out
}

#[test]
fn the_page_finds_the_ways_that_the_program_finds() {
    for more in [&[][..], &["--from", "internet"], &["--certain"], &["--from", "authenticated", "--to", "secrets"]] {
        let list = [&["paths", "list", SHOP, "--all"], more].concat();
        let Some(page) = Page::of_repository(&list) else { return };
        let known = page::json(&list);
        let known: Vec<Value> = known["paths"]
            .as_array()
            .unwrap()
            .iter()
            .map(|path| json!([told(path), path["difficulty"], path["alike"], path["certain"]]))
            .collect();
        assert_eq!(page.ask("", &format!("{WAYS} return all([]);")), Value::Array(known), "{more:?}");
    }
}

#[test]
fn the_page_leaves_of_the_risk_what_the_plan_leaves() {
    let plan = ["paths", "plan", SHOP];
    let Some(page) = Page::of_repository(&plan) else { return };
    let known = page::json(&plan);
    let steps = known["plan"]["steps"].as_array().unwrap();
    assert!(steps.len() > 2);
    let mut expected = vec![known["plan"]["before"].clone()];
    expected.extend(steps.iter().map(|step| step["left"].clone()));
    let script = "const left = [before.left], fixes = []; for (const step of data.plan) { fixes.push(step.fix); left.push(answer(fixes).left); } return left;";
    assert_eq!(page.ask("", script), Value::Array(expected));
    // It opens on the plan, and all of it leaves nothing.
    let script = format!(
        "{SCREEN} const first = text('#list .change').length; document.querySelector('#list .act').click(); return [first, screen().left, screen().open];"
    );
    let said = page.ask("", &script);
    assert_eq!(said[0], steps.len());
    assert!(said[1].as_str().unwrap().starts_with("nothing of the risk is left"), "{said}");
}

#[test]
fn what_is_clicked_away_is_what_if_it_were_deleted() {
    let Some(page) = Page::of_repository(&["paths", "list", SHOP]) else { return };
    let what_if = page::json(&["paths", "what-if", SHOP, "--delete", "Ingress/storefront/shop"]);
    let keys =
        |part: &str| -> BTreeSet<String> { what_if["changes"][part].as_array().unwrap().iter().map(told).collect() };
    let script = format!(
        "{WAYS} const own = fixes.flatMap((fix, number) => texts[fix.object] === 'Ingress storefront/shop' ? [number] : []);
        const one = tried => answer(tried).ways.map(told), was = one([]), is = one(own);
        return [own.length, was.filter(way => !is.includes(way)), is.filter(way => !was.includes(way))];"
    );
    let said = page.ask("", &script);
    let set = |value: &Value| -> BTreeSet<String> {
        value.as_array().unwrap().iter().map(|way| way.as_str().unwrap().to_owned()).collect()
    };
    assert!(said[0].as_u64().unwrap() > 0);
    assert!(!keys("lost").is_empty());
    assert_eq!(set(&said[1]), keys("lost"));
    // The page goes on with the next easiest ways. They were there before: nothing is gained.
    assert!(!set(&said[2]).is_empty() && keys("gained").is_empty());
}

/// A workload that is everything at once, with an account of its own.
fn workload(name: &str, more: &str) -> String {
    format!(
        "apiVersion: apps/v1
kind: Deployment
metadata: {{name: '{name}', namespace: shop}}
spec:
  selector: {{matchLabels: {{app: '{name}'}}}}
  template:
    metadata: {{labels: {{app: '{name}'}}}}
    spec:
      containers: [{{name: main, image: 'app:1'{more}}}]
---
"
    )
}

#[test]
fn what_files_say_is_text() {
    let hostile = workload("</script><img src=x onerror=alert(1)>", ", securityContext: {privileged: true}");
    let Some(page) = Page::new(&[("pods.yaml", &hostile), ("<b onclick=1>.yaml", "a: [\n")], &["paths", "list"], ".")
    else {
        return;
    };
    let written = std::fs::read_to_string(page.path()).unwrap();
    assert!(!written.contains("<img") && !written.contains("<b onclick"), "a name became an element");
    let written = written.replace("http://www.w3.org/2000/svg", "");
    assert!(!written.contains("http://") && !written.contains("src=\"") && !written.contains("@import"));
    let (all, console) = page.open("");
    assert_eq!((console.as_str(), all.contains("<img")), ("", false));
    assert!(all.contains("&lt;/script&gt;&lt;img src=x onerror=alert(1)&gt;"));
    assert!(all.contains("1 input was not looked at"));
    // An address that somebody made up is no way and no change.
    let (_, console) = page.open("way=99.-1.x&cut=7777.x.-1&view=none&q=%3Cimg");
    assert_eq!(console, "");
}

#[test]
fn two_thousand_workloads_are_classes() {
    let mut text = String::new();
    for number in 0..2_000 {
        text += &workload(&format!("app-{number}"), ", securityContext: {privileged: true}");
    }
    let Some(page) = Page::new(&[("pods.yaml", &text)], &["paths", "list"], ".") else { return };
    let size = page.path().metadata().unwrap().len();
    assert!(size < 4 << 20, "{size} bytes");
    let script = format!(
        "{SCREEN}
        const way = document.querySelector('.way').textContent, cards = document.querySelectorAll('.card').length;
        const change = document.querySelector('#steps .change');
        change.click();
        return [way, cards, screen().open, document.querySelector('.way').textContent];"
    );
    let said = page.ask("", &script);
    assert!(said[0].as_str().unwrap().contains("and 1,999 more begin alike"), "{said}");
    assert!(said[1].as_u64().unwrap() <= 60, "{said}");
    // One of them is mended: the others are still there.
    assert!(said[3].as_str().unwrap().contains("and 1,998 more begin alike"), "{said}");
}
