//! `sensitive-interface-exposed`

use super::service_pods::ServicePods;
use model::control::{Check, Control, InventoryFindings, alias, complete_fixture, fixture, fixture_with, maps};
use model::finding::Finding;
use model::fix::FixClass;
use model::image_reference::ImageReference;
use model::inventory::{Inventory, PortReference, Protocol, ResourceId, ServiceFact, ServiceKind, WorkloadFact};
use model::parameter::{Default, Parameter, Words, parameter};
use model::severity::Severity;
use model::symbols::Symbol;
use std::collections::{BTreeMap, BTreeSet};

/// The control.
pub static CONTROL: Control = Control {
    id: "sensitive-interface-exposed",
    title: "Administrative interface is exposed outside",
    severity: Severity::High,
    severity_reason: "unauthenticated consoles are mass-exploited",
    rationale: "Consoles and databases of this kind are found by scanners within hours. Many of them ask for no password, or for one that everybody knows, and each of them is a way to run code or to read all data.",
    remediation: "Take the Service or the route away and use `kubectl port-forward`, or put a proxy with authentication before it.",
    verify: "kubectl get services -A -o json | jq -r '.items[] | select(.spec.type == \"LoadBalancer\" or .spec.type == \"NodePort\") | \"\\(.metadata.namespace)/\\(.metadata.name) \\(.spec.selector)\"'",
    aliases: &[alias("kubescape", "C-0021")],
    mappings: &[maps("owasp-k8s-top10", "K06"), maps("mitre", "T1133"), maps("mitre", "T1190"), maps("nist-800-53", "AC-17"), maps("nist-800-53", "SC-7")],
    references: &["https://kubernetes.io/docs/concepts/security/security-checklist/"],
    umbrella: false,
    fix: FixClass::Manual,
    parameters: &[INTERFACES],
    check: Check::Inventory(check),
    fixtures: &[fixture(
"apiVersion: v1
kind: Service
metadata: {name: grafana}
spec:
  type: LoadBalancer
  selector: {app: board}
---
apiVersion: v1
kind: Pod
metadata: {name: grafana, labels: {app: board}}
spec:
  containers:
    - name: app
      image: docker.io/grafana/grafana:11.0.0 #~ high spec.containers[0].image: `grafana` is open to the outside through Service `grafana`
"),
complete_fixture(
"apiVersion: v1
kind: Service
metadata: {name: grafana}
spec:
  type: ClusterIP
  selector: {app: board}
---
apiVersion: v1
kind: Pod
metadata: {name: grafana, labels: {app: board}}
spec:
  containers:
    - name: app
      image: docker.io/grafana/grafana:11.0.0
"),
fixture(
"apiVersion: v1
kind: Pod
metadata: {name: grafana, labels: {app: board}}
spec:
  containers:
    - name: app
      image: grafana/grafana:11.0.0 #? info spec.containers[0].image: Nothing of the input opens `grafana`
---
apiVersion: v1
kind: Pod
metadata: {name: exporter, labels: {app: x}}
spec:
  containers:
    - {name: app, image: 'oliver006/redis_exporter:1'}
"),
fixture(
"apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: tools}
spec:
  rules: [{http: {paths: [{path: /, backend: {service: {name: cd, port: {number: 80}}}}]}}]
---
apiVersion: v1
kind: Service
metadata: {name: cd}
spec: {selector: {app.kubernetes.io/name: argocd-server}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: cd}
spec:
  template:
    metadata: {labels: {app.kubernetes.io/name: argocd-server}}
    spec:
      containers:
        - name: server
          image: quay.io/argoproj/argocd:v2 #~ `argocd-server` is open to the outside through Ingress `tools`
---
apiVersion: v1
kind: Service
metadata: {name: store}
spec:
  type: NodePort
  selector: {app: store}
  ports: [{port: 80, targetPort: 6379}]
---
apiVersion: v1
kind: Pod
metadata: {name: store, labels: {app: store}}
spec:
  containers:
    - name: app
      image: example.com/cache:1 #~ `redis` is open to the outside through Service `store`
"),
fixture_with(&[("interfaces", "9999, console")],
"apiVersion: v1
kind: Service
metadata: {name: a}
spec:
  type: ClusterIP
  externalIPs: [198.51.100.7]
  selector: {app: a}
  ports: [{port: 9999}]
---
apiVersion: v1
kind: Pod
metadata: {name: a, labels: {app: a}}
spec:
  containers:
    - name: app
      image: example.com/a:1 #~ `9999` is open
---
apiVersion: v1
kind: Service
metadata:
  name: internal
  annotations: {networking.gke.io/load-balancer-type: Internal}
spec:
  type: LoadBalancer
  selector: {app: b}
---
apiVersion: v1
kind: Pod
metadata: {name: b, labels: {app: b}}
spec:
  containers:
    - name: app
      image: example.com/console:1 #? Nothing of the input opens `console`
    - name: other
      image: grafana/grafana:1
"),],
};

const INTERFACES: Parameter = parameter(
    "interfaces",
    Default::List(&[
        "kubernetes-dashboard",
        "kubeflow",
        "argo-server",
        "argocd-server",
        "weave-scope",
        "nifi",
        "jenkins",
        "spark",
        "hadoop-yarn",
        "jupyter",
        "grafana",
        "prometheus",
        "kibana",
        "elasticsearch",
        "etcd",
        "redis",
        "mongo",
        "kubelet",
        "docker",
        "portainer",
        "rancher",
        "longhorn-ui",
        "hubble-ui",
        "tiller",
    ]),
    "what is not published: last parts of image names, values of labels that name applications, or numbers of ports",
);

/// Ports that little else uses.
const PORTS: &[(&str, u16)] = &[
    ("docker", 2375),
    ("elasticsearch", 9200),
    ("etcd", 2379),
    ("kibana", 5601),
    ("kubelet", 10250),
    ("mongo", 27017),
    ("redis", 6379),
    ("tiller", 44134),
];

const LABELS: &[&str] = &["app.kubernetes.io/name", "app", "k8s-app"];

fn check(inventory: &Inventory, findings: &mut InventoryFindings<'_>) {
    let interfaces = Interfaces::new(inventory, findings.findings.list(&INTERFACES));
    let published = published(inventory);
    let mut pods = ServicePods::new(inventory);
    let (mut said, mut said_with_port) = (BTreeSet::new(), BTreeSet::new());
    let mut exposed: BTreeMap<ResourceId, (ResourceId, Option<Symbol>)> = BTreeMap::new();
    for service in &inventory.facts.network.services {
        let resource = inventory.resource(service.resource);
        let by_route = published.get(&(resource.namespace, resource.name)).copied();
        let Some(by) = by_route.or_else(|| is_external(service).then_some(service.resource)) else { continue };
        let of_port = interfaces.of_ports(service);
        // What one Service has said of these pods, others only repeat.
        let said = if of_port.is_some() { &mut said_with_port } else { &mut said };
        if !said.insert((resource.namespace, &service.selector)) {
            continue;
        }
        for workload in pods.of(service).into_iter().flat_map(|selected| &selected.workloads) {
            let entry = exposed.entry(workload.resource).or_insert((by, of_port));
            if entry.1.is_none() && of_port.is_some() {
                *entry = (by, of_port);
            }
        }
    }
    for workload in &inventory.facts.workloads {
        let exposure = exposed.get(&workload.resource);
        let of_port = exposure.and_then(|(_, interface)| *interface);
        let Some(interface) = interfaces.of_workload(inventory, workload).or(of_port) else { continue };
        findings.looked_at(workload.resource);
        let place = workload.images.first().map_or(workload.place, |image| image.place);
        let finding = Finding::at_place(place).value(inventory.symbols.text(interface));
        let finding = match exposure {
            Some((by, _)) => {
                let by = inventory.resource(*by);
                let text = |symbol| inventory.symbols.text(symbol);
                finding.message(format!(
                    "`{{value}}` is open to the outside through {} `{}`: scanners find it, and it may ask for no password",
                    text(by.kind),
                    text(by.name)
                ))
            }
            None if inventory.complete => continue,
            None => finding
                .severity(Severity::Info)
                .message(
                    "Nothing of the input opens `{value}` to the outside: whether something else does is not known",
                )
                .skip(),
        };
        findings.report(workload.resource, finding);
    }
}

fn is_external(service: &ServiceFact) -> bool {
    match service.kind {
        ServiceKind::NodePort => true,
        ServiceKind::LoadBalancer => !service.internal || service.external_ips,
        ServiceKind::ClusterIp | ServiceKind::ExternalName => service.external_ips,
    }
}

/// The Services that routes from outside lead to, each with one of the routes.
fn published(inventory: &Inventory) -> BTreeMap<(Symbol, Symbol), ResourceId> {
    let facts = &inventory.facts.network;
    let of_ingresses = facts.ingresses.iter().flat_map(|ingress| {
        let paths = ingress.rules.iter().flat_map(|rule| &rule.paths).filter_map(|path| path.backend.as_ref());
        paths.chain(&ingress.default_backend).map(|backend| (ingress.resource, backend))
    });
    let of_routes =
        facts.routes.iter().filter(|route| !route.parents.is_empty()).flat_map(|route| {
            route.rules.iter().flat_map(|rule| &rule.backends).map(|backend| (route.resource, backend))
        });
    let of_openshift =
        facts.openshift_routes.iter().flat_map(|route| route.backends.iter().map(|backend| (route.resource, backend)));
    let mut published = BTreeMap::new();
    for (route, backend) in of_ingresses.chain(of_routes).chain(of_openshift) {
        let namespace = if backend.namespace.is_empty() { inventory.namespace(route) } else { backend.namespace };
        published.entry((namespace, backend.name)).or_insert(route);
    }
    published
}

struct Interfaces {
    names: BTreeSet<Symbol>,
    labels: Vec<Symbol>,
    ports: BTreeMap<u16, Symbol>,
}

impl Interfaces {
    fn new(inventory: &Inventory, words: Words<'_>) -> Self {
        let symbols = &inventory.symbols;
        let known =
            PORTS.iter().filter(|(name, _)| words.contains(name)).map(|(name, port)| (*port, symbols.intern(name)));
        let given = words.iter().filter_map(|word| Some((word.parse().ok()?, symbols.intern(word))));
        Self {
            names: words.iter().map(|word| symbols.intern(word)).collect(),
            labels: LABELS.iter().map(|label| symbols.intern(label)).collect(),
            ports: known.chain(given).collect(),
        }
    }

    fn of_workload(&self, inventory: &Inventory, workload: &WorkloadFact) -> Option<Symbol> {
        let mut labels = workload.labels.iter().filter(|(key, _)| self.labels.contains(key)).map(|(_, value)| *value);
        let of_label = labels.find(|value| self.names.contains(value));
        of_label.or_else(|| {
            workload.images.iter().find_map(|image| {
                let text = inventory.symbols.text(image.image);
                let repository = ImageReference::parse(&text).repository;
                let name = inventory.symbols.find(repository.rsplit('/').next().unwrap_or(repository))?;
                self.names.contains(&name).then_some(name)
            })
        })
    }

    fn of_ports(&self, service: &ServiceFact) -> Option<Symbol> {
        let numbers = service.ports.iter().filter(|port| port.protocol == Protocol::Tcp).flat_map(|port| {
            let target = match port.target {
                Some(PortReference::Number(number)) => Some(number),
                Some(PortReference::Name(_)) | None => None,
            };
            [port.port, target].into_iter().flatten()
        });
        numbers.filter_map(|number| self.ports.get(&number).copied()).next()
    }
}
