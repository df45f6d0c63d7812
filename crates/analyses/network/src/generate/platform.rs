//! What a cluster cannot do without: names, ways in, webhooks, the API server, metrics. Probes need nothing: a pod and its
//! own node always reach each other.

use std::collections::BTreeMap;

use model::inventory::{Protocol, ResourceId};
use model::place::Place;
use model::symbols::Symbol;

use super::{Assumed, End, Evidence, Gathering};
use crate::addresses::Range;
use crate::census::namespace_of;
use crate::exposure::{Arrival, Entry, Reach, Way};
use crate::network::{EndpointId, Identity};
use crate::ports::Ports;

/// Parts of the names of images that scrape metrics.
const SCRAPERS: &[&str] =
    &["prometheus/prometheus", "prom/prometheus", "victoriametrics/vmagent", "grafana/agent", "grafana/alloy"];

impl Gathering<'_, '_> {
    pub(super) fn platform(&mut self) {
        self.names();
        self.ways_in();
        self.webhooks();
        self.api_clients();
        self.metrics();
    }

    /// Every pod may look up names, over UDP and TCP.
    fn names(&mut self) {
        let resolvers = self.workloads_of(&self.network.resolvers());
        let mut targets: Vec<(End, Ports)> = Vec::new();
        for workload in resolvers {
            let ports = self.resolver_ports(workload);
            targets.extend(self.ends(workload).into_iter().map(|end| (end, ports.clone())));
        }
        if targets.is_empty() {
            let assumed = Assumed {
                namespace: "kube-system".to_owned(),
                labels: vec![("k8s-app".to_owned(), "kube-dns".to_owned())],
                what: "the pods that resolve names".to_owned(),
            };
            targets.push((self.assume(assumed), dns_ports(53)));
        }
        let evidence = Evidence::Platform { what: "names are looked up".to_owned(), at: None };
        for workload in self.covered.clone() {
            for (end, ports) in &targets {
                self.need_all(&[End::Workload(workload)], &[*end], ports, &evidence);
            }
        }
    }

    /// The ports of the pods that resolve names: those behind port 53 of the Service before them.
    fn resolver_ports(&self, workload: u32) -> Ports {
        let inventory = self.network.inventory;
        let namespace = self.network.workloads()[workload as usize].namespace;
        let mut found = Ports::none();
        for service in &inventory.facts.network.services {
            if namespace_of(inventory, service.resource) != namespace {
                continue;
            }
            for protocol in [Protocol::Udp, Protocol::Tcp] {
                let behind = self.services.behind(self.network, service, Some((protocol, 53)));
                for (_, ports) in behind.workloads.iter().filter(|(target, _)| *target == workload) {
                    found = found.union(ports);
                }
            }
        }
        match found.is_empty() {
            true => dns_ports(53),
            // A Service with UDP alone still has resolvers that answer over TCP.
            false => {
                let number =
                    found.ranges(Protocol::Udp).first().or(found.ranges(Protocol::Tcp).first()).map(|range| range.0);
                found.union(&dns_ports(number.unwrap_or(53)))
            }
        }
    }

    fn workloads_of(&self, endpoints: &[EndpointId]) -> Vec<u32> {
        let mut found: Vec<u32> = endpoints
            .iter()
            .filter_map(|endpoint| match self.network.get(*endpoint).identity {
                Identity::Workload { workload, .. } => Some(workload),
                Identity::Nodes(_) | Identity::Outside(_) => None,
            })
            .collect();
        found.sort_unstable();
        found.dedup();
        found
    }

    fn ways_in(&mut self) {
        // Whatever policies that are there leave of them: others take their place.
        for entry in self.network.openings() {
            let Identity::Workload { workload, .. } = self.network.get(entry.endpoint).identity else { continue };
            if entry.way != Way::HostNetwork && self.covered.contains(&workload) {
                self.way_in(entry, workload);
            }
        }
    }

    fn way_in(&mut self, entry: &Entry, workload: u32) {
        let inventory = self.network.inventory;
        let object = inventory.resource(entry.opened_by);
        let (kind, name) = (self.text(object.kind), self.text(object.name));
        let what = format!("{kind} `{name}` leads in");
        let at = Some((entry.opened_by, entry.place));
        let evidence = Evidence::Platform { what, at };
        let from: Vec<End> = match &entry.arrival {
            Arrival::Unprotected => return,
            Arrival::Pods(pods) => self.workloads_of(pods).into_iter().flat_map(|pods| self.ends(pods)).collect(),
            Arrival::Node => {
                if self.node_ranges.is_empty() {
                    let what = format!(
                        "{kind} `{name}` leads to {} from nodes, whose addresses are not known",
                        self.name(workload)
                    );
                    self.unresolved(what, "name them with `--node-cidr`", at);
                }
                self.node_ranges.iter().map(|range| End::Addresses(*range)).collect()
            }
            Arrival::UnknownPods => match self.wish.ingress_namespace.clone() {
                Some(namespace) => {
                    let what = "the controller of Ingresses and Gateways".to_owned();
                    vec![self.assume(Assumed { namespace, labels: Vec::new(), what })]
                }
                None => {
                    let what = format!(
                        "{kind} `{name}` leads to {}, and its controller is not in the input",
                        self.name(workload)
                    );
                    self.unresolved(
                        what,
                        "read the controller as well, or name its namespace with `--ingress-namespace`",
                        at,
                    );
                    Vec::new()
                }
            },
            Arrival::Client => match &entry.reach {
                Reach::Listed(ranges) => ranges.iter().map(|range| End::Addresses(*range)).collect(),
                Reach::Internet => everywhere(),
                Reach::NodeNetwork | Reach::ProviderNetwork | Reach::Controller | Reach::Inside => {
                    let what =
                        format!("{kind} `{name}` lets whoever reaches the nodes connect to {}", self.name(workload));
                    self.unresolved(
                        what,
                        "give a file of flows with `--flows`, or write an ingress rule for its clients",
                        at,
                    );
                    Vec::new()
                }
            },
        };
        let to = self.ends(workload);
        self.need_all(&from, &to, &entry.pod_ports, &evidence);
    }

    /// The addresses of the API server, each with its port.
    fn api_servers(&self) -> Vec<(Range, u16)> {
        if !self.wish.api_servers.is_empty() {
            let named = self.wish.api_servers.iter();
            return named.map(|(address, port)| (Range { first: *address, last: *address }, *port)).collect();
        }
        let symbols = &self.network.inventory.symbols;
        let (Some(namespace), Some(name)) = (symbols.find("default"), symbols.find("kubernetes")) else {
            return Vec::new();
        };
        let service = self.services.named(namespace, name);
        let target = service.and_then(|service| service.ports.first()).and_then(|port| port.target);
        let port = match target {
            Some(model::inventory::PortReference::Number(number)) => number,
            Some(model::inventory::PortReference::Name(_)) | None => 6443,
        };
        self.services.addresses(namespace, name).iter().map(|range| (*range, port)).collect()
    }

    /// The API server calls webhooks and the servers of extensions.
    fn webhooks(&mut self) {
        let inventory = self.network.inventory;
        let servers = self.api_servers();
        for webhook in &inventory.facts.admission.webhooks {
            let Some(service) = self.services.named(webhook.namespace, webhook.name) else { continue };
            let behind = self.services.behind(self.network, service, None);
            let name = self.text(inventory.resource(webhook.resource).name);
            let at = Some((webhook.resource, webhook.place));
            for (workload, ports) in
                behind.workloads.iter().filter(|(target, _)| self.covered.contains(target)).cloned().collect::<Vec<_>>()
            {
                if servers.is_empty() {
                    let what = format!(
                        "the API server calls {} for `{name}`, and its address is not known",
                        self.name(workload)
                    );
                    self.unresolved(what, "name it with `--api-server ADDRESS:PORT`", at);
                    continue;
                }
                let evidence = Evidence::Platform { what: format!("the API server calls it for `{name}`"), at };
                let from: Vec<End> = servers.iter().map(|(range, _)| End::Addresses(*range)).collect();
                let to = self.ends(workload);
                self.need_all(&from, &to, &ports, &evidence);
            }
        }
    }

    /// Workloads whose ServiceAccount has rights, and a token, use the API server.
    fn api_clients(&mut self) {
        let inventory = self.network.inventory;
        let mut bound: BTreeMap<(Symbol, Symbol), (ResourceId, Place)> = BTreeMap::new();
        let account = inventory.symbols.intern("ServiceAccount");
        for binding in &inventory.facts.bindings {
            for subject in binding.subjects.iter().filter(|subject| subject.kind == account) {
                let namespace = match subject.namespace.is_empty() {
                    true => namespace_of(inventory, binding.resource),
                    false => subject.namespace,
                };
                bound.entry((namespace, subject.name)).or_insert((binding.resource, subject.place));
            }
        }
        let servers = self.api_servers();
        let default = inventory.symbols.intern("default");
        for workload in self.covered.clone() {
            let known = &self.network.workloads()[workload as usize];
            let members = known.members.iter().map(|member| &inventory.facts.workloads[*member as usize]);
            let used = members.filter(|fact| fact.automount != Some(false) || fact.projected_token.is_some()).find_map(
                |fact| {
                    let name = if fact.service_account.is_empty() { default } else { fact.service_account };
                    bound.get(&(known.namespace, name)).copied().map(|at| (at, name))
                },
            );
            let Some((at, name)) = used else { continue };
            let name = self.text(name);
            if servers.is_empty() {
                let what =
                    format!("{} uses the API server as `{name}`, and its address is not known", self.name(workload));
                self.unresolved(what, "name it with `--api-server ADDRESS:PORT`", Some(at));
                continue;
            }
            let evidence = Evidence::Platform { what: format!("it uses the API server as `{name}`"), at: Some(at) };
            for &(range, port) in &servers {
                self.need_all(
                    &[End::Workload(workload)],
                    &[End::Addresses(range)],
                    &Ports::one(Protocol::Tcp, port),
                    &evidence,
                );
            }
        }
    }

    /// Whoever scrapes metrics connects to those who ask for it.
    fn metrics(&mut self) {
        let network = self.network;
        let inventory = network.inventory;
        let mut scraped: Vec<(u32, Ports, Evidence)> = Vec::new();
        for scrape in &inventory.facts.mentions.scrapes {
            let Some(port) = scrape.port.filter(|port| *port > 0) else { continue };
            for (number, workload) in (0..).zip(network.workloads()) {
                let is_of = |member: &u32| inventory.facts.workloads[*member as usize].resource == scrape.resource;
                if workload.members.iter().any(is_of) {
                    let (what, at) = ("it asks to be scraped".to_owned(), Some((scrape.resource, scrape.place)));
                    scraped.push((number, Ports::one(Protocol::Tcp, port), Evidence::Platform { what, at }));
                }
            }
        }
        for monitor in &inventory.facts.monitors {
            let name = self.text(inventory.resource(monitor.resource).name);
            let services = inventory.facts.network.services.iter().filter(|service| {
                let namespace = namespace_of(inventory, service.resource);
                monitor.namespaces.as_ref().is_none_or(|all| all.contains(&namespace))
                    && monitor.selector.matches(&service.labels)
            });
            for service in services {
                for (workload, ports) in self.services.behind(network, service, None).workloads {
                    // Which of the ports is not read: so it is declared, and not sure.
                    let (what, at) = (format!("ServiceMonitor `{name}` is for it"), (monitor.resource, monitor.place));
                    scraped.push((workload, ports, Evidence::Declared { what, at }));
                }
            }
        }
        scraped.retain(|(workload, _, _)| self.covered.contains(workload));
        let scrapers = (0..).zip(network.workloads()).filter(|(_, workload)| {
            let facts = workload.members.iter().map(|member| &inventory.facts.workloads[*member as usize]);
            let mut images = facts.flat_map(|fact| fact.images.iter());
            images.any(|used| SCRAPERS.iter().any(|name| inventory.symbols.text(used.image).contains(name)))
        });
        let scrapers: Vec<End> = scrapers.flat_map(|(number, _)| self.ends(number)).collect();
        for (workload, ports, evidence) in scraped {
            if scrapers.is_empty() {
                let at = match evidence {
                    Evidence::Platform { at, .. } => at,
                    Evidence::Declared { at, .. } => Some(at),
                    Evidence::Observed { .. } => None,
                };
                let what =
                    format!("metrics of {} are scraped by somebody who is not in the input", self.name(workload));
                self.unresolved(what, "read the workload that scrapes as well", at);
                continue;
            }
            let to = self.ends(workload);
            self.need_all(&scrapers, &to, &ports, &evidence);
        }
    }
}

fn dns_ports(number: u16) -> Ports {
    Ports::one(Protocol::Udp, number).union(&Ports::one(Protocol::Tcp, number))
}

/// All addresses of both families.
fn everywhere() -> Vec<End> {
    let all = ["0.0.0.0/0", "::/0"].iter().filter_map(|text| model::address::Block::parse(text));
    all.map(|block| End::Addresses(Range::of(&block))).collect()
}
