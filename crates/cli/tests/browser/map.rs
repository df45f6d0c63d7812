//! The map of the network.

use std::fmt::Write as _;

use crate::page::{self, Page};

/// Clicks what is drawn, as a mouse does.
const CLICK: &str = "
    const click = element => element.dispatchEvent(new MouseEvent('click', { bubbles: true }));
    const node = name => [...document.querySelectorAll('#map .node')].find(one => one.querySelector('title').textContent.split('\\n').includes(name));
    const panel = () => document.getElementById('panel').textContent;
    const press = text => click([...document.querySelectorAll('#panel button')].find(one => one.textContent === text));";

#[test]
fn a_workload_says_who_reaches_it_and_how_far_a_break_in_gets() {
    let Some(page) = Page::of_repository(&["network", "list", "examples/shop"]) else { return };
    let script = format!(
        "{CLICK}
        const first = panel();
        click(node('storefront/web[Deployment]'));
        const chosen = [document.querySelector('#panel h2').textContent, panel(), location.hash, document.querySelectorAll('.node.chosen').length];
        press('How far a break-in gets');
        const blast = [panel(), document.querySelectorAll('.distance').length];
        press('Close');
        return [first, chosen, blast, panel()];"
    );
    let said = page.ask("", &script);
    assert!(said[0].as_str().unwrap().starts_with("Where to look first"), "{said}");
    let chosen = &said[1];
    assert_eq!(chosen[0], "storefront/web[Deployment]");
    let text = chosen[1].as_str().unwrap();
    assert!(text.contains("Ingress shop.example.com/") && text.contains("storefront/ingress.yaml:19"), "{text}");
    assert!(text.contains("plimsoll network explain"), "{text}");
    assert_eq!((&chosen[2], &chosen[3]), (&"#storefront%2Fweb%5BDeployment%5D".into(), &1.into()));
    // The page counts what the program counts.
    let known = page::json(&["network", "blast-radius", "storefront/web", "examples/shop"]);
    let expected = format!("{} of {} workloads are reached", known["reached"], known["all"]);
    assert!(said[2][0].as_str().unwrap().contains(&expected), "{said}");
    assert_eq!(said[2][1], known["reached"]);
    assert_eq!(said[3], said[0]);
}

const POLICY: &str = "apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: only-front, namespace: shop}
spec:
  podSelector: {matchLabels: {app: back}}
  policyTypes: [Ingress]
  ingress:
    - from: [{podSelector: {matchLabels: {app: front}}}]
      ports: [{port: 8080}]
---
";

fn pod(namespace: &str, name: &str, app: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Pod\nmetadata: {{name: {name}, namespace: {namespace}, labels: {{app: {app}}}}}\n\
         spec: {{containers: [{{name: main, image: 'app:1'}}]}}\n---\n"
    )
}

#[test]
fn a_policy_is_named_where_it_restricts() {
    let text = [POLICY, &pod("shop", "front", "front"), &pod("shop", "back", "back"), &pod("shop", "other", "other")];
    let Some(page) = Page::new(&[("shop.yaml", &text.concat())], &["network", "list"], "shop.yaml") else { return };
    let script = format!(
        "{CLICK}
        click(node('shop/back[Pod]'));
        return panel();"
    );
    let said = page.ask("", &script);
    let panel = said.as_str().unwrap();
    assert!(panel.contains("arriving: restricted") && panel.contains("shop/only-front shop.yaml:1"), "{panel}");
    assert!(panel.contains("TCP 8080"), "{panel}");
    let peers = panel.split("May be reached from").nth(1).unwrap().split("May reach").next().unwrap();
    assert!(peers.contains("shop/front[Pod]") && !peers.contains("shop/other[Pod]"), "{panel}");
}

#[test]
fn two_thousand_workloads_are_at_most_sixty_things_until_one_is_opened() {
    let mut text = String::new();
    for number in 0..2_000 {
        write!(text, "{}", pod(&format!("team-{}", number / 50), &format!("app-{number}"), "app")).unwrap();
    }
    let Some(page) = Page::new(&[("pods.yaml", &text)], &["network", "list"], "pods.yaml") else { return };
    let size = page.path().metadata().unwrap().len();
    assert!(size < 2 << 20, "{size} bytes");
    let script = format!(
        "{CLICK}
        const count = () => document.querySelectorAll('#map .node').length, few = count();
        click(document.querySelector('#map .node'));
        const opened = count();
        return [few, opened];"
    );
    let said = page.ask("", &script);
    let [few, opened] = [&said[0], &said[1]].map(|count| count.as_u64().unwrap());
    assert!(few <= 60 && opened == few + 49, "{said}");
    // One that is named in the address is there, opened.
    let said = page
        .ask("team-7%2Fapp-399%5BPod%5D", &format!("{CLICK} return document.querySelector('#panel h2').textContent;"));
    assert_eq!(said, "team-7/app-399[Pod]");
}
