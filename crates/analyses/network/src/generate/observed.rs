//! What was seen: each connection becomes one between workloads, on the port of the pod.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use model::flow::{Flow, FlowEnd};
use model::inventory::Protocol;
use model::symbols::Symbol;

use super::{End, Evidence, Gathering, Unresolved};
use crate::addresses::Range;
use crate::census::namespace_of;

/// Ends, each with the port there.
type Resolved = Vec<(End, u16)>;

impl Gathering<'_, '_> {
    /// Adds what was seen, and says of which workloads something was.
    pub(super) fn observed(&mut self, flows: &[Flow]) -> BTreeSet<u32> {
        let pods = self.pod_addresses();
        let mut seen = BTreeSet::new();
        let mut counted: BTreeMap<super::Need, (u64, String, String)> = BTreeMap::new();
        for flow in flows {
            let from = self.resolve(&flow.from, flow.protocol, flow.port, false, &pods);
            let to = self.resolve(&flow.to, flow.protocol, flow.port, true, &pods);
            let (from, to) = match (from, to) {
                (Ok(from), Ok(to)) => (from, to),
                (Err(what), _) | (_, Err(what)) => {
                    let advice =
                        "read the workloads of that time as well, or leave the flow out if they are gone".to_owned();
                    let what = format!("line {} of the flows: {what}", flow.line);
                    self.unresolved.insert(Unresolved { what, advice, observed: flow.count.max(1), at: None });
                    continue;
                }
            };
            for &(from, _) in &from {
                for &(to, port) in &to {
                    let need = super::Need { from, to, protocol: flow.protocol, port };
                    let known = counted.entry(need).or_insert_with(|| (0, flow.first.clone(), flow.last.clone()));
                    known.0 = known.0.saturating_add(flow.count);
                    if !flow.first.is_empty() && (known.1.is_empty() || flow.first < known.1) {
                        known.1.clone_from(&flow.first);
                    }
                    if flow.last > known.2 {
                        known.2.clone_from(&flow.last);
                    }
                    for end in [from, to] {
                        if let End::Workload(workload) = end {
                            seen.insert(workload);
                        }
                    }
                }
            }
        }
        for (need, (count, first, last)) in counted {
            let evidence = Evidence::Observed { count, first, last };
            self.need((need.from, need.to), need.protocol, need.port, &evidence);
        }
        seen
    }

    fn pod_addresses(&self) -> BTreeMap<IpAddr, u32> {
        let inventory = self.network.inventory;
        let workload_of: BTreeMap<_, u32> = (0..)
            .zip(self.network.workloads())
            .flat_map(|(number, workload)| {
                let members = workload.members.iter();
                members.map(move |member| (inventory.facts.workloads[*member as usize].resource, number))
            })
            .collect();
        let mut addresses = BTreeMap::new();
        for instance in &inventory.facts.traffic.instances {
            let Some(&workload) = workload_of.get(&instance.resource) else { continue };
            for address in &instance.addresses {
                if let Ok(address) = inventory.symbols.text(*address).parse() {
                    addresses.insert(address, workload);
                }
            }
        }
        addresses
    }

    /// Who an end is. A Service that is connected to is whoever is behind it.
    fn resolve(
        &self,
        end: &FlowEnd,
        protocol: Protocol,
        port: u16,
        is_destination: bool,
        pods: &BTreeMap<IpAddr, u32>,
    ) -> Result<Resolved, String> {
        let symbols = &self.network.inventory.symbols;
        let of = |workload: u32| -> Resolved { self.ends(workload).into_iter().map(|end| (end, port)).collect() };
        let namespace = symbols.find(&end.namespace).filter(|_| !end.namespace.is_empty());
        if !end.workload.is_empty() || !end.pod.is_empty() {
            let found = namespace
                .and_then(|namespace| self.named(namespace, &end.workload).or_else(|| self.named(namespace, &end.pod)));
            let name = if end.workload.is_empty() { &end.pod } else { &end.workload };
            let Some(workload) = found else {
                return Err(format!("`{}/{name}` is not in the input", end.namespace));
            };
            return some(of(workload), || {
                format!("`{}/{name}` has the address of its node, which is not known", end.namespace)
            });
        }
        if !end.service.is_empty() {
            let name = symbols.find(&end.service);
            let service = namespace.zip(name).and_then(|(namespace, name)| self.services.named(namespace, name));
            let service = service
                .ok_or_else(|| format!("the Service `{}/{}` is not in the input", end.namespace, end.service))?;
            return self.behind(service, protocol, port);
        }
        let Some(address) = end.address else { return Err("it does not say who connects".to_owned()) };
        if let Some(&workload) = pods.get(&address) {
            return some(of(workload), || format!("{address} is a pod with the address of a node that is not known"));
        }
        if let Some(service) = self.services.at(address).filter(|_| is_destination) {
            return self.behind(service, protocol, port);
        }
        if self.network.pod_blocks().iter().any(|block| block.contains(address)) {
            return Err(format!("{address} is a pod that is not in the input"));
        }
        Ok(vec![(End::Addresses(Range { first: address, last: address }), port)])
    }

    fn behind(
        &self,
        service: &model::inventory::ServiceFact,
        protocol: Protocol,
        port: u16,
    ) -> Result<Resolved, String> {
        let inventory = self.network.inventory;
        let behind = self.services.behind(self.network, service, Some((protocol, port)));
        let mut found = Resolved::new();
        for (workload, ports) in behind.workloads {
            let numbers = ports.ranges(protocol).iter().flat_map(|(first, last)| *first..=*last);
            for number in numbers {
                found.extend(self.ends(workload).into_iter().map(|end| (end, number)));
            }
        }
        for (range, ports) in behind.addresses {
            let numbers = ports.ranges(protocol).iter().flat_map(|(first, last)| *first..=*last);
            found.extend(numbers.map(|number| (End::Addresses(range), number)));
        }
        let name = || {
            let object = inventory.resource(service.resource);
            let namespace = namespace_of(inventory, service.resource);
            format!(
                "nothing is behind port {port} of the Service `{}/{}`",
                self.text(namespace),
                self.text(object.name)
            )
        };
        some(found, name)
    }

    /// The workload of that name, or the one that a pod of that name is of: pods are called after their workloads.
    fn named(&self, namespace: Symbol, name: &str) -> Option<u32> {
        if name.is_empty() {
            return None;
        }
        let all = (0..).zip(self.network.workloads()).filter(|(_, workload)| workload.namespace == namespace);
        let mut best: Option<(usize, u32)> = None;
        for (number, workload) in all {
            let own = self.text(workload.name);
            let is_of = own == name || name.strip_prefix(&own).is_some_and(|rest| rest.starts_with('-'));
            if is_of && best.is_none_or(|(length, _)| own.len() > length) {
                best = Some((own.len(), number));
            }
        }
        best.map(|(_, number)| number)
    }
}

fn some(found: Resolved, otherwise: impl FnOnce() -> String) -> Result<Resolved, String> {
    if found.is_empty() { Err(otherwise()) } else { Ok(found) }
}
