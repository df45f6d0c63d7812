//! What is said of a cluster that is followed is what a scan says, after any changes of whatever there is: the objects
//! are those of the fixtures of all controls, and pods with owners.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use clap::Parser as _;
use cluster::discovery::ApiResource;
use cluster::lists::wanted;
use cluster::watch::{Event, Happened};

use super::*;
use crate::arguments::{Arguments, Command, Order};
use crate::configuration::ProjectSettings;

/// Numbers that look random, and are the same in every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % end
    }
}

/// An object that there may be: its kind, the name in its list, and its text.
type Possible = ((String, String), String, Arc<str>);

fn possible() -> Vec<Possible> {
    let fixtures = controls::all().flat_map(|registered| registered.control.fixtures);
    let owned = owned();
    let texts = fixtures.map(|fixture| fixture.yaml).chain([&*owned]);
    let (mut all, mut versions) = (Vec::new(), BTreeMap::new());
    for text in texts.flat_map(|yaml| yaml.split("\n---\n")) {
        let Ok(document) = yaml::parse_document(text) else { continue };
        let Some(object) = Object::new(document.root()).filter(|object| !object.name().is_empty()) else { continue };
        let kind = (object.api_version.clone().into_owned(), object.kind.clone().into_owned());
        // A server has every object in one version.
        let version = versions.entry((object.group().to_owned(), kind.1.clone())).or_insert_with(|| kind.0.clone());
        if *version != kind.0 {
            continue;
        }
        all.push((kind, format!("{}/{}", object.namespace(), object.name()), Arc::from(text)));
    }
    all
}

/// Deployments, their ReplicaSets and their pods, of which some are not what their owners say, and mirror pods.
fn owned() -> String {
    let metadata = |name: &str, uid: &str, owner: Option<(&str, &str)>| {
        let owner = owner.map_or(String::new(), |(kind, uid)| {
            format!(", ownerReferences: [{{apiVersion: apps/v1, kind: {kind}, name: o, uid: {uid}, controller: true}}]")
        });
        format!("metadata: {{name: {name}, namespace: owned, uid: {uid}, labels: {{app: a}}{owner}}}")
    };
    let pod = |image: &str| {
        format!("{{containers: [{{name: c, image: \"{image}\", securityContext: {{privileged: true}}}}]}}")
    };
    let template = |image: &str| format!("{{metadata: {{labels: {{app: a}}}}, spec: {}}}", pod(image));
    let selector = "selector: {matchLabels: {app: a}}";
    let mut all = Vec::new();
    for image in ["a:1", "a:2"] {
        let deployment = metadata("d", "u-d", None);
        all.push(format!(
            "apiVersion: apps/v1\nkind: Deployment\n{deployment}\nspec: {{replicas: 2, {selector}, template: {}}}",
            template(image)
        ));
        for (name, replicas) in [("d-1", 2), ("d-2", 0), ("d-2", 1)] {
            let set = metadata(name, &format!("u-{name}"), Some(("Deployment", "u-d")));
            all.push(format!("apiVersion: apps/v1\nkind: ReplicaSet\n{set}\nspec: {{replicas: {replicas}, {selector}, template: {}}}", template(image)));
        }
        for (name, owner) in
            [("p-1", "u-d-1"), ("p-2", "u-d-1"), ("p-3", "u-d-2"), ("p-4", "u-gone"), ("p-5", "u-gone")]
        {
            for phase in ["Running", "Succeeded"] {
                let pod_of = metadata(name, &format!("u-{name}"), Some(("ReplicaSet", owner)));
                all.push(format!(
                    "apiVersion: v1\nkind: Pod\n{pod_of}\nspec: {}\nstatus: {{phase: {phase}}}",
                    pod(image)
                ));
            }
        }
        for name in ["m-1", "m-2"] {
            let mirror = metadata(name, &format!("u-{name}"), Some(("Node", "u-node")));
            all.push(format!("apiVersion: v1\nkind: Pod\n{mirror}\nspec: {}", pod(image)));
        }
    }
    all.join("\n---\n")
}

fn discovery(all: &[Possible]) -> Discovery {
    let mut kinds: Vec<(String, String)> = all.iter().map(|(kind, ..)| kind.clone()).collect();
    kinds.sort();
    kinds.dedup();
    let resources = kinds.into_iter().map(|(api_version, kind)| {
        let (group, version) = api_version.split_once('/').unwrap_or(("", &api_version));
        let name = match &*kind {
            "NetworkPolicy" => "networkpolicies".to_owned(),
            "Ingress" => "ingresses".to_owned(),
            _ => format!("{}s", kind.to_lowercase()),
        };
        let verbs = vec!["list".to_owned(), "watch".to_owned()];
        let (group, version) = (group.to_owned(), version.to_owned());
        ApiResource { group, version, name, kind, namespaced: true, verbs, subresources: Vec::new() }
    });
    Discovery { version: "v1.37.2".to_owned(), resources: resources.collect(), failed: Vec::new() }
}

/// A cluster, and what is known of it.
struct World<'w> {
    discovery: Discovery,
    store: Store,
    all: Vec<Possible>,
    lists: BTreeMap<(String, String), usize>,
    watching: &'w Watching<'w>,
    numbers: Numbers,
}

impl World<'_> {
    /// Something happens to one object or list; adds what is different.
    fn happen(&mut self, different: &mut Vec<Different>) -> bool {
        let at = self.numbers.below(self.all.len());
        let (kind, name, text) = self.all[at].clone();
        let Some(&list) = self.lists.get(&kind) else { return false };
        let what = match self.numbers.below(40) {
            0 => Happened::Lost { forbidden: true, reason: "forbidden".to_owned() },
            1..4 => Happened::Found,
            4..14 => Happened::Changed(name, None),
            _ => Happened::Changed(name, Some(text)),
        };
        let touched = self.store.apply(Event { list, namespace: None, what, at: Instant::now() });
        different.extend(touched.objects.into_iter().map(|(name, _)| (list, name)));
        touched.coverage
    }

    fn scanned(&self) -> Findings {
        let judged = self.watching.all("test", &self.discovery, &self.store).unwrap();
        form::findings(&Report::new(&judged.results, &judged.controls, Severity::Info, env!("CARGO_PKG_VERSION")))
    }
}

fn check(words: &[&str], seed: u64, steps: usize) {
    let words = ["plimsoll", "scan", "--context", "test"].iter().chain(words);
    let Command::Scan(arguments) = Arguments::parse_from(words).command else { unreachable!("it is a scan") };
    let project = ProjectSettings::default();
    let request = Request {
        paths: &[],
        input: &arguments.input,
        cluster: &arguments.cluster,
        selection: &arguments.selection,
        passed: Passed::Drop,
        order: Order::Severity,
        project: &project,
    };
    let watching = Watching::new(&request).unwrap();
    let all = possible();
    let discovery = discovery(&all);
    let mut store = Store::default();
    let lists = wanted(&discovery, &watching.scope()).into_iter().map(|wanted| {
        let kind = (wanted.resource.api_version(), wanted.resource.kind.clone());
        (kind, store.add(wanted))
    });
    let lists = lists.collect();
    let mut world = World { discovery, store, all, lists, watching: &watching, numbers: Numbers(seed) };
    for _ in 0..200 {
        world.happen(&mut Vec::new());
    }
    let mut followed = Followed::new(&watching, "test", &world.discovery, &world.store);
    let mut said = Findings::new();
    followed
        .tell(&mut |findings| {
            said.extend(findings);
            Ok(())
        })
        .unwrap();
    compare(&said, &world.scanned(), "at first");
    for step in 0..steps {
        let (mut different, mut coverage) = (Vec::new(), false);
        for _ in 0..=world.numbers.below(6) {
            coverage |= world.happen(&mut different);
        }
        let Change { before, after } = followed.apply(&world.discovery, &world.store, &different, coverage);
        for (resource, before) in &before {
            assert_eq!(said.remove(resource).as_ref(), Some(before), "step {step}: what was said of {resource}");
        }
        for (resource, after) in after {
            assert!(
                said.insert(resource.clone(), after).is_none(),
                "step {step}: nothing was taken back of {resource}"
            );
        }
        compare(&said, &world.scanned(), &format!("step {step}: {different:?} {coverage}"));
    }
}

fn compare(said: &Findings, scanned: &Findings, when: &str) {
    let resources: BTreeSet<&String> = said.keys().chain(scanned.keys()).collect();
    for resource in resources {
        let (said, scanned) = (said.get(resource), scanned.get(resource));
        let names = |findings: Option<&Vec<form::Finding>>| -> Vec<String> {
            findings.into_iter().flatten().map(|finding| format!("{finding:?}")).collect()
        };
        let (said, scanned) = (names(said), names(scanned));
        let only = |some: &[String], other: &[String]| {
            some.iter().filter(|one| !other.contains(one)).cloned().collect::<Vec<_>>()
        };
        assert!(
            said == scanned,
            "{when}: of {resource} only what is followed says {:#?}, and only a scan {:#?}",
            only(&said, &scanned),
            only(&scanned, &said)
        );
    }
}

#[test]
fn what_is_followed_is_what_a_scan_says_after_any_changes() {
    check(&[], 1, 150);
    check(&[], 2, 150);
    check(&["--kubernetes-version", "1.30"], 3, 100);
}
