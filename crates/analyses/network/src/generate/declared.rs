//! What objects declare: names of Services in environments, arguments and ConfigMaps, and replicas of one store.

use std::collections::BTreeMap;

use model::inventory::{HostMention, MentionForm, Protocol, ResourceId, ServiceFact, ServiceKind};
use model::symbols::Symbol;

use super::{End, Evidence, Gathering};
use crate::census::namespace_of;
use crate::ports::Ports;

impl Gathering<'_, '_> {
    pub(super) fn declared(&mut self) {
        let users = self.users();
        let inventory = self.network.inventory;
        for mention in &inventory.facts.mentions.hosts {
            let namespace = namespace_of(inventory, mention.resource);
            for &workload in users.get(&mention.resource).map_or(&[][..], Vec::as_slice) {
                self.mention(mention, workload, namespace);
            }
        }
        self.replicas();
    }

    /// The workloads that each object is of: those of its pods, or those that use the ConfigMap.
    fn users(&self) -> BTreeMap<ResourceId, Vec<u32>> {
        let inventory = self.network.inventory;
        let mut maps: BTreeMap<(Symbol, Symbol), ResourceId> = BTreeMap::new();
        for mention in inventory.facts.mentions.hosts.iter().filter(|mention| mention.form == MentionForm::ConfigMap) {
            let name = inventory.resource(mention.resource).name;
            maps.insert((namespace_of(inventory, mention.resource), name), mention.resource);
        }
        let mut users: BTreeMap<ResourceId, Vec<u32>> = BTreeMap::new();
        for (number, workload) in (0..).zip(self.network.workloads()) {
            for member in &workload.members {
                let fact = &inventory.facts.workloads[*member as usize];
                let used = fact.references.iter().filter(|reference| !reference.is_secret);
                let used = used.filter_map(|reference| maps.get(&(workload.namespace, reference.name)).copied());
                for object in std::iter::once(fact.resource).chain(used) {
                    let known = users.entry(object).or_default();
                    if known.last() != Some(&number) {
                        known.push(number);
                    }
                }
            }
        }
        users
    }

    fn mention(&mut self, mention: &HostMention, workload: u32, namespace: Symbol) {
        let host = self.text(mention.host);
        let what = match mention.form {
            MentionForm::Environment => "named in the environment",
            MentionForm::Argument => "named in an argument",
            MentionForm::ConfigMap => "named in a ConfigMap",
        };
        let at = (mention.resource, mention.place);
        let Some(service) = self.service_of(&host, namespace) else {
            // A name of one word may be anything; one with a domain is a host.
            let is_outside = mention.is_url && host.contains('.') && self.covered.contains(&workload);
            if is_outside && !host.ends_with(".local") && !host.ends_with(".svc") {
                let port = mention.port.or(mention.usual_port).map(|port| format!(":{port}")).unwrap_or_default();
                let what =
                    format!("{} connects to `{host}{port}`, and policies know addresses alone", self.name(workload));
                self.unresolved(
                    what,
                    "give a file of flows with `--flows`, or write an egress rule for its addresses",
                    Some(at),
                );
            }
            return;
        };
        if service.kind == ServiceKind::ExternalName {
            return;
        }
        let has = |port: &u16| service.ports.iter().any(|own| own.port == Some(*port) && own.protocol == Protocol::Tcp);
        let port = mention.port.or(mention.usual_port.filter(has)).map(|port| (Protocol::Tcp, port));
        let mut behind = self.services.behind(self.network, service, port);
        if behind.workloads.is_empty() && behind.addresses.is_empty() {
            // UDP and SCTP have no schemes: the port alone says which is meant.
            let other = [Protocol::Udp, Protocol::Sctp].map(|protocol| mention.port.map(|port| (protocol, port)));
            for port in other.into_iter().flatten() {
                let found = self.services.behind(self.network, service, Some(port));
                behind.workloads.extend(found.workloads);
            }
        }
        if behind.workloads.is_empty() && behind.addresses.is_empty() {
            let port = port.map(|(_, port)| format!(" on port {port}")).unwrap_or_default();
            let what = format!("{} connects to `{host}`{port}, and nothing is behind that", self.name(workload));
            self.unresolved(
                what,
                "correct the name or the port, or read the workload behind the Service as well",
                Some(at),
            );
            return;
        }
        let from = self.ends(workload);
        let evidence = Evidence::Declared { what: format!("`{host}` {what}"), at };
        for (target, ports) in behind.workloads {
            let to = self.ends(target);
            self.need_all(&from, &to, &ports, &evidence);
        }
        for (range, ports) in behind.addresses {
            self.need_all(&from, &[End::Addresses(range)], &ports, &evidence);
        }
    }

    /// The Service that a name means in a namespace: `name`, `name.namespace`, `pod.name`, each with `.svc` and a domain.
    fn service_of(&self, host: &str, namespace: Symbol) -> Option<&'_ ServiceFact> {
        let symbols = &self.network.inventory.symbols;
        let in_domain = host.find(".svc.").map(|at| &host[..at]).or_else(|| host.strip_suffix(".svc"));
        let parts: Vec<Option<Symbol>> = in_domain.unwrap_or(host).split('.').map(|part| symbols.find(part)).collect();
        let named = |namespace: Option<Symbol>, name: Option<Symbol>| self.services.named(namespace?, name?);
        let headless = |service: &&ServiceFact| service.headless;
        match *parts {
            [name] => named(Some(namespace), name),
            [first, second] => named(second, first).or_else(|| named(Some(namespace), second).filter(headless)),
            [_, name, namespace] => named(namespace, name).filter(headless),
            _ => None,
        }
    }

    /// Replicas of a StatefulSet that has a Service for its pods: clustered stores talk to themselves.
    fn replicas(&mut self) {
        let network = self.network;
        let inventory = network.inventory;
        for governing in &inventory.facts.governing_services {
            let namespace = namespace_of(inventory, governing.resource);
            let found = (0..).zip(network.workloads()).find(|(_, workload)| workload.resource == governing.resource);
            let Some((number, workload)) = found else { continue };
            let is_many = workload.pods.is_some_and(|pods| pods > 1);
            let Some(service) = self.services.named(namespace, governing.service).filter(|_| is_many) else { continue };
            let behind = self.services.behind(network, service, None);
            let mut ports = Ports::none();
            for (_, own) in behind.workloads.iter().filter(|(target, _)| *target == number) {
                ports = ports.union(own);
            }
            let what = format!("replicas find each other by `{}`", self.text(governing.service));
            let evidence = Evidence::Declared { what, at: (governing.resource, governing.place) };
            let ends = self.ends(number);
            self.need_all(&ends, &ends, &ports, &evidence);
        }
    }
}
