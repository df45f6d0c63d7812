//! The pods through which Ingresses, Gateways and Routes let traffic in, and how those are reached.

use std::collections::BTreeMap;
use std::sync::Arc;

use model::inventory::{AllowList, ResourceId, ServiceReachFact};

use super::{Arrival, Entry, Reach, WorkloadIndex};
use crate::addresses::Range;
use crate::census::namespace_of;
use crate::network::{EndpointId, Network};

/// Parts of the names of images of Ingress controllers, and the classes that they serve by default.
const CONTROLLERS: &[(&str, &[&str])] = &[
    ("ingress-nginx/controller", NGINX),
    ("nginx-ingress-controller", NGINX),
    ("nginx/nginx-ingress", NGINX),
    ("traefik", &["traefik"]),
    ("haproxy-ingress", HAPROXY),
    ("haproxytech/kubernetes-ingress", HAPROXY),
    ("kong/kubernetes-ingress-controller", &["kong"]),
    ("contour", &["contour"]),
    ("apisix-ingress-controller", &["apisix"]),
    ("emissary", &["ambassador", "emissary"]),
    ("caddy/ingress", &["caddy"]),
];

const NGINX: &[&str] = &["nginx"];
const HAPROXY: &[&str] = &["haproxy"];

/// Labels that name the Gateway of the pods that serve it.
const OWNING_GATEWAY: &[&str] =
    &["gateway.networking.k8s.io/gateway-name", "gateway.envoyproxy.io/owning-gateway-name", "nginx.org/gateway"];

/// Who lets traffic in, and who may use that.
#[derive(Clone)]
pub(super) struct Controller {
    pub(super) arrival: Arrival,
    pub(super) reach: Reach,
    /// The ways in to the controller itself.
    pub(super) front: Arc<[Entry]>,
}

impl Network<'_> {
    /// What `find` finds, or what it has found before for the same key.
    fn once(&self, index: &WorkloadIndex, key: String, find: impl FnOnce() -> Controller) -> Controller {
        if let Some(known) = index.controllers.borrow().get(&key) {
            return known.clone();
        }
        let found = find();
        index.controllers.borrow_mut().insert(key, found.clone());
        found
    }

    /// The controller of an Ingress class: found by the images of its pods.
    pub(super) fn ingress_controller(&self, class: &str, index: &WorkloadIndex) -> Controller {
        self.once(index, format!("class {class}"), || self.find_ingress_controller(class, index))
    }

    fn find_ingress_controller(&self, class: &str, index: &WorkloadIndex) -> Controller {
        let serves = |image: &str, name: &str, classes: &[&str]| {
            image.contains(name) && (class.is_empty() || classes.iter().any(|own| class.contains(own)))
        };
        let found = self.pods_where(|fact| {
            fact.images.iter().any(|used| {
                let image = self.inventory.symbols.text(used.image);
                CONTROLLERS.iter().any(|(name, classes)| serves(&image, name, classes))
            })
        });
        self.controller(found, index)
    }

    /// Whether the controller of an Ingress class reads an annotation: its images say what it is, or else the class. Of one
    /// that may be any other nothing is believed.
    pub(super) fn reads(&self, list: AllowList, class: &str, controller: &Controller) -> bool {
        let own = match list {
            AllowList::Nginx => NGINX,
            AllowList::Haproxy => HAPROXY,
            AllowList::Aws => &["alb"],
            AllowList::OpenShift => &["openshift"],
        };
        let Arrival::Pods(pods) = &controller.arrival else {
            return own.iter().any(|own| class.contains(own));
        };
        let facts = &self.inventory.facts.workloads;
        let members = pods.iter().filter_map(|pod| self.workload_of(*pod)).flat_map(|workload| &workload.members);
        let mut images = members.flat_map(|member| &facts[*member as usize].images);
        images.any(|used| {
            let image = self.inventory.symbols.text(used.image);
            CONTROLLERS.iter().any(|(name, classes)| *classes == own && image.contains(name))
        })
    }

    /// A controller of which nothing is in the input.
    pub(super) fn unknown_controller() -> Controller {
        Controller { arrival: Arrival::UnknownPods, reach: Reach::Controller, front: Arc::default() }
    }

    /// The pods that serve a Gateway: they bear its name.
    pub(super) fn gateway_pods(&self, gateway: ResourceId, index: &WorkloadIndex) -> Controller {
        self.once(index, format!("gateway {}", gateway.0), || self.find_gateway_pods(gateway, index))
    }

    fn find_gateway_pods(&self, gateway: ResourceId, index: &WorkloadIndex) -> Controller {
        let name = self.inventory.resource(gateway).name;
        let keys: Vec<_> = OWNING_GATEWAY.iter().filter_map(|key| self.inventory.symbols.find(key)).collect();
        let found = self.pods_where(|fact| fact.labels.iter().any(|(key, value)| keys.contains(key) && *value == name));
        self.controller(found, index)
    }

    /// The routers of OpenShift.
    pub(super) fn routers(&self, index: &WorkloadIndex) -> Controller {
        self.once(index, "routers".to_owned(), || self.find_routers(index))
    }

    fn find_routers(&self, index: &WorkloadIndex) -> Controller {
        let key = self.inventory.symbols.find("ingresscontroller.operator.openshift.io/deployment-ingresscontroller");
        let found = self.pods_where(|fact| key.is_some_and(|key| fact.labels.iter().any(|(own, _)| *own == key)));
        self.controller(found, index)
    }

    fn pods_where(&self, is: impl Fn(&model::inventory::WorkloadFact) -> bool) -> Vec<EndpointId> {
        let facts = &self.inventory.facts.workloads;
        let of = |number: EndpointId| {
            self.workload_of(number)
                .is_some_and(|workload| workload.members.iter().any(|member| is(&facts[*member as usize])))
        };
        self.endpoints().filter(|(number, _)| of(*number)).map(|(number, _)| number).collect()
    }

    fn controller(&self, pods: Vec<EndpointId>, index: &WorkloadIndex) -> Controller {
        if pods.is_empty() {
            return Self::unknown_controller();
        }
        let traffic = &self.inventory.facts.traffic;
        let reach: BTreeMap<ResourceId, &ServiceReachFact> =
            traffic.services.iter().map(|service| (service.resource, service)).collect();
        let namespaces: Vec<_> = pods.iter().filter_map(|pod| Some(self.workload_of(*pod)?.namespace)).collect();
        let (mut front, mut has_service) = (Vec::new(), false);
        for service in self.inventory.facts.network.services.iter() {
            let is_near = namespaces.contains(&namespace_of(self.inventory, service.resource));
            if !is_near || self.config.without.contains(&service.resource) {
                continue;
            }
            let is_for = self.backends(service, None, index).iter().any(|backend| pods.contains(&backend.endpoint));
            let Some(reach) = reach.get(&service.resource).filter(|_| is_for) else { continue };
            has_service = true;
            for port in &service.ports {
                self.add_service_port(service, reach, port, index, &mut front);
            }
        }
        pods.iter().for_each(|pod| self.add_host_of(*pod, &mut front));
        front.retain(|entry| pods.contains(&entry.endpoint));
        // What opens it may be elsewhere, unless a Service is here that opens it to pods alone.
        let reach = if front.is_empty() && has_service { Reach::Inside } else { Reach::Controller };
        Controller { arrival: Arrival::Pods(pods), reach, front: front.into() }
    }
}

/// Who may use an entry with a list of addresses beside what reaches the controller.
pub(super) fn limited(reach: Reach, listed: &[Range]) -> Reach {
    if listed.is_empty() { reach } else { Reach::Listed(listed.to_vec()) }
}
