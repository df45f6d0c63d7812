//! What is kept of an object when its document is let go.

mod admission;
mod confinement;
mod custody;
mod mentions;
mod mesh;
mod network;
mod policies;
mod rbac;
mod scheduling;
mod secrets;
mod services;
mod tenancy;
mod traffic;

pub use admission::widest;

use super::*;
use crate::document::Value;
use crate::finding::Origin;
use crate::labels::{Selector, labels};
use crate::object::Object;
use crate::place::Place;
use crate::pod::{Container, Pod, Volume};
use crate::quantity;
use crate::workload::Workload;

/// The kubelet writes it at the mirrors of static pods. Source: `pkg/apis/core/annotation_key_constants.go`.
const MIRROR: &str = "kubernetes.io/config.mirror";

/// The label that every namespace has, with its name.
const NAMESPACE_NAME: &str = "kubernetes.io/metadata.name";

/// Where a container finds the token of its ServiceAccount.
pub const TOKEN_PATH: &str = "/var/run/secrets/kubernetes.io/serviceaccount";

struct Observer<'a> {
    origin: Origin<'a>,
    symbols: &'a Symbols,
    resource: ResourceId,
}

impl Part {
    /// Takes from `object` what is kept of it, and numbers it.
    pub fn observe(
        &mut self,
        object: &Object<'_>,
        workloads: &[Workload<'_>],
        file: u32,
        origin: Origin<'_>,
        symbols: &Symbols,
    ) -> ResourceId {
        let resource = ResourceId(u32::try_from(self.resources.len()).expect("a part is bounded"));
        let text = origin.root.document().text;
        let line = origin.lines.line(text, object.value.span().start);
        self.resources.push(Resource {
            api_version: symbols.intern(&object.api_version),
            kind: symbols.intern(&object.kind),
            namespace: symbols.intern(&object.namespace()),
            name: symbols.intern(&object.name()),
            file,
            line,
            is_workload: !workloads.is_empty(),
        });
        let observer = Observer { origin, symbols, resource };
        self.facts.workloads.extend(workloads.iter().map(|workload| observer.workload(workload)));
        self.facts
            .confinement
            .extend((0..).zip(workloads).filter_map(|(number, workload)| observer.confinement(workload, number)));
        observer.object(object, &mut self.facts);
        observer.traffic(object, workloads, &mut self.facts.traffic);
        observer.mentions(object, workloads, &mut self.facts.mentions);
        self.facts.live.custody.extend(observer.custody(object));
        resource
    }
}

/// Annotations of a ServiceAccount that name an identity at a cloud provider.
const CLOUD_IDENTITIES: [&str; 3] =
    ["eks.amazonaws.com/role-arn", "iam.gke.io/gcp-service-account", "azure.workload.identity/client-id"];

impl Observer<'_> {
    fn object(&self, object: &Object<'_>, facts: &mut Facts) {
        match (object.group(), &*object.kind) {
            ("", "ServiceAccount") => facts.service_accounts.push(self.service_account(object)),
            ("", "Secret") => facts.secrets.push(self.secret(object)),
            ("secrets-store.csi.x-k8s.io", "SecretProviderClass") | ("external-secrets.io", "ExternalSecret") => {
                facts.synced_secrets.extend(self.synced_secrets(object));
            }
            ("", "LimitRange") => facts.limit_ranges.push(self.limit_range(object)),
            ("", "ResourceQuota") => facts.quotas.push(self.quota(object)),
            ("", "Namespace") => facts.namespaces.push(self.namespace(object)),
            ("policy", "PodDisruptionBudget") => facts.budgets.push(self.budget(object)),
            ("apps", "StatefulSet") => facts.governing_services.extend(self.governing_service(object)),
            ("monitoring.coreos.com", "ServiceMonitor") => facts.monitors.push(self.monitor(object)),
            ("autoscaling", "HorizontalPodAutoscaler") => facts.autoscalers.push(self.autoscaler(object)),
            ("", "PersistentVolume") => facts.volumes.push(self.volume(object)),
            ("", "PersistentVolumeClaim") => facts.claims.push(self.claim(object)),
            ("apiextensions.k8s.io", "CustomResourceDefinition") => {
                let text = |path| self.symbol(object.value.at(path));
                let (group, kind) = (text(&["spec", "group"]), text(&["spec", "names", "kind"]));
                facts.definitions.push(DefinitionFact { resource: self.resource, group, kind });
                self.admission(object, &mut facts.admission);
            }
            ("rbac.authorization.k8s.io", "Role" | "ClusterRole") => facts.roles.push(self.role(object)),
            ("rbac.authorization.k8s.io", "RoleBinding" | "ClusterRoleBinding") => {
                facts.bindings.push(self.binding(object));
            }
            _ => {
                self.network(object, &mut facts.network);
                self.policies(object, &mut facts.network);
                self.mesh(object, &mut facts.mesh);
                self.admission(object, &mut facts.admission);
            }
        }
    }

    fn symbol(&self, value: Option<Value<'_>>) -> Symbol {
        value.map_or(Symbol::EMPTY, |value| self.symbols.intern(&value.text()))
    }

    fn place(&self, value: Value<'_>) -> Place {
        self.origin.place_of(value, self.symbols)
    }

    fn place_or_missing(&self, value: Option<Value<'_>>, parent: Value<'_>, field: &'static str) -> Place {
        match value {
            Some(value) => self.place(value),
            None => self.origin.place_of_missing(parent, field, self.symbols),
        }
    }

    fn workload(&self, workload: &Workload<'_>) -> WorkloadFact {
        let pod = &workload.pod;
        let replicas = workload.object.value.at(&["spec", "replicas"]);
        WorkloadFact {
            resource: self.resource,
            place: self.name_place(workload.object),
            form: workload.form,
            labels: labels(pod.metadata.and_then(|metadata| metadata.get("labels")), self.symbols),
            replicas: replicas.and_then(Value::as_int),
            replicas_place: replicas.map(|replicas| self.place(replicas)),
            service_account: self.symbol(pod.service_account_name),
            service_account_place: self.place_or_missing(pod.service_account_name, pod.spec, "serviceAccountName"),
            automount: pod.automount_service_account_token.and_then(Value::as_bool),
            automount_place: self.place_or_missing(
                pod.automount_service_account_token,
                pod.spec,
                "automountServiceAccountToken",
            ),
            token_path_covered: !pod.containers.is_empty() && pod.containers.iter().all(covers_token_path),
            projected_token: self.projected_token(workload),
            mounted_token: self.mounted_token(workload),
            token_audiences: self.token_audiences(workload),
            claim_templates: self.claim_templates(workload),
            claims: self.claim_uses(workload),
            secrets: self.secret_uses(pod),
            given: self.given_secrets(pod),
            references: self.references(pod),
            images: self.images(pod),
            pull_secrets: pod.image_pull_secrets.is_some_and(|secrets| secrets.items().next().is_some()),
            readable_secrets: self.readable_secrets(pod),
            network: self.pod_network(pod),
            node: self.symbol(pod.node_name),
            scheduling: self.scheduling(pod),
            mirror: pod.annotations().any(|(key, _)| key.text() == MIRROR),
        }
    }

    fn name_place(&self, object: &Object<'_>) -> Place {
        let name = object.metadata.and_then(|metadata| metadata.get("name"));
        self.place_or_missing(name, object.value, "metadata.name")
    }

    /// A projected token without an audience is one for the API server.
    fn projected_token(&self, workload: &Workload<'_>) -> Option<Place> {
        self.token_of(workload.pod.volumes.iter())
    }

    /// The same, in a container: what no container mounts nobody has.
    fn mounted_token(&self, workload: &Workload<'_>) -> Option<Place> {
        let pod = &workload.pod;
        self.token_of(pod.volumes.iter().filter(|volume| pod.mounts_of(&volume.name).next().is_some()))
    }

    fn token_of<'v, 'd: 'v>(&self, volumes: impl Iterator<Item = &'v Volume<'d>>) -> Option<Place> {
        let projected = volumes.filter_map(|volume| volume.source_of("projected"));
        let mut sources = projected.filter_map(|projected| projected.get("sources")).flat_map(Value::items);
        let token = sources.find_map(|source| {
            let token = source.get("serviceAccountToken")?;
            let audience = token.get("audience").map(Value::text).unwrap_or_default();
            is_api_audience(&audience).then_some(token)
        })?;
        Some(self.place(token))
    }

    fn token_audiences(&self, workload: &Workload<'_>) -> Box<[(Symbol, Place)]> {
        let projected = workload.pod.volumes.iter().filter_map(|volume| volume.source_of("projected"));
        let sources = projected.filter_map(|projected| projected.get("sources")).flat_map(Value::items);
        let audiences = sources.filter_map(|source| source.at(&["serviceAccountToken", "audience"]));
        audiences.map(|audience| (self.symbols.intern(&audience.text()), self.place(audience))).collect()
    }

    fn claim_uses(&self, workload: &Workload<'_>) -> Box<[ClaimUse]> {
        let pod = &workload.pod;
        let claims = pod.volumes.iter().filter_map(|volume| {
            let source = volume.source_of("persistentVolumeClaim")?;
            // It makes all mounts of the claim read-only.
            let is_read_only = source.get("readOnly").and_then(Value::as_bool) == Some(true);
            Some((volume, source.get("claimName")?, is_read_only))
        });
        claims.map(|(volume, name, is_read_only)| self.claim_use(pod, &volume.name, name, is_read_only)).collect()
    }

    fn claim_templates(&self, workload: &Workload<'_>) -> Box<[ClaimTemplate]> {
        let templates = workload.object.value.at(&["spec", "volumeClaimTemplates"]);
        let templates = templates.into_iter().flat_map(Value::items).filter_map(|template| {
            let name = template.at(&["metadata", "name"])?;
            let class = template.at(&["spec", "storageClassName"]);
            Some(ClaimTemplate {
                used: self.claim_use(&workload.pod, &name.text(), name, false),
                volume: self.symbol(template.at(&["spec", "volumeName"])),
                storage_class: class.map(|class| self.symbols.intern(&class.text())),
            })
        });
        templates.collect()
    }

    /// How the volume of that name, which is a claim, is used.
    fn claim_use(&self, pod: &Pod<'_>, volume: &str, name: Value<'_>, is_read_only: bool) -> ClaimUse {
        let used = |(container, mount): (&Container<'_>, Value<'_>)| {
            (self.symbols.intern(&container.name()), self.place(mount.get("name").unwrap_or(mount)))
        };
        let mut mounts = pod.mounts_of(volume);
        let device = pod.devices_of(volume).next().map(used);
        let is_writable = |mount: Value<'_>| mount.get("readOnly").and_then(Value::as_bool) != Some(true);
        let mounted = device.is_some() || pod.mounts_of(volume).next().is_some();
        let writable = mounts.find(|(_, mount)| is_writable(*mount)).filter(|_| !is_read_only).map(used);
        ClaimUse { claim: self.symbols.intern(&name.text()), place: self.place(name), writable, mounted, device }
    }

    fn service_account(&self, object: &Object<'_>) -> ServiceAccountFact {
        let automount = object.value.get("automountServiceAccountToken");
        let secrets = object.value.get("secrets").into_iter().flat_map(Value::items);
        ServiceAccountFact {
            resource: self.resource,
            pull_secret_names: object
                .value
                .get("imagePullSecrets")
                .into_iter()
                .flat_map(Value::items)
                .filter_map(|secret| secret.get("name"))
                .map(|name| self.symbols.intern(&name.text()))
                .collect(),
            automount: automount.and_then(Value::as_bool),
            place: self.place_or_missing(automount, object.value, "automountServiceAccountToken"),
            secrets: secrets
                .filter_map(|secret| secret.get("name"))
                .map(|name| (self.symbols.intern(&name.text()), self.place(name)))
                .collect(),
            annotations: object.annotations().map(|(key, _)| self.symbols.intern(&key.text())).collect(),
            cloud_identity: object.annotations().find(|(key, _)| CLOUD_IDENTITIES.contains(&&*key.text())).map(
                |(key, value)| {
                    (self.symbols.intern(&key.text()), self.symbols.intern(&value.text()), self.place(value))
                },
            ),
            pull_secrets: object
                .value
                .get("imagePullSecrets")
                .filter(|secrets| secrets.items().next().is_some())
                .map(|secrets| self.place(secrets)),
        }
    }

    fn secret(&self, object: &Object<'_>) -> SecretFact {
        let kind = object.value.get("type");
        let is_token = kind.is_some_and(|kind| kind.text() == "kubernetes.io/service-account-token");
        let annotations = object.metadata.and_then(|metadata| metadata.get("annotations")).filter(|_| is_token);
        let account = annotations.and_then(|annotations| annotations.get("kubernetes.io/service-account.name"));
        SecretFact {
            resource: self.resource,
            is_token,
            account: self.symbol(account),
            place: self.name_place(object),
            kind: self.symbol(kind),
            is_invalid: object
                .metadata
                .and_then(|metadata| metadata.at(&["labels", "kubernetes.io/legacy-token-invalid-since"]))
                .is_some(),
            kubeconfig: secrets::kubeconfig(object).map(|value| self.place(value)),
        }
    }

    fn budget(&self, object: &Object<'_>) -> BudgetFact {
        let spec = object.value.get("spec").unwrap_or(object.value);
        let field = |key| spec.get(key).map(|value| (self.symbols.intern(&value.text()), self.place(value)));
        // An empty one selects nothing in v1beta1, and all pods in v1.
        let is_none = |selector: &Value<'_>| {
            let has = |key| {
                selector.get(key).is_some_and(|own| own.entries().next().is_some() || own.items().next().is_some())
            };
            object.api_version.ends_with("/v1beta1") && !has("matchLabels") && !has("matchExpressions")
        };
        let selector = spec.get("selector").filter(|selector| !is_none(selector));
        BudgetFact {
            resource: self.resource,
            selector: selector.map(|selector| Selector::new(selector, self.symbols)),
            min_available: field("minAvailable"),
            max_unavailable: field("maxUnavailable"),
            place: self.origin.place_of_missing(object.value, "spec", self.symbols),
        }
    }

    fn autoscaler(&self, object: &Object<'_>) -> AutoscalerFact {
        let target = |key| object.value.at(&["spec", "scaleTargetRef", key]);
        AutoscalerFact {
            resource: self.resource,
            target_kind: self.symbol(target("kind")),
            target_version: self.symbol(target("apiVersion")),
            target_name: self.symbol(target("name")),
            min_replicas: object.value.at(&["spec", "minReplicas"]).and_then(Value::as_int).unwrap_or(1),
            place: self.place_or_missing(target("name"), object.value, "spec.scaleTargetRef.name"),
        }
    }

    fn volume(&self, object: &Object<'_>) -> VolumeFact {
        let spec = |keys: &[&str]| object.value.get("spec").and_then(|spec| spec.at(keys));
        let path = spec(&["hostPath", "path"]).or_else(|| spec(&["local", "path"]));
        VolumeFact {
            resource: self.resource,
            host_path: path.map(|path| self.symbols.intern(&path.text())),
            claim: (self.symbol(spec(&["claimRef", "namespace"])), self.symbol(spec(&["claimRef", "name"]))),
            block: spec(&["volumeMode"]).is_some_and(|mode| mode.text() == "Block"),
            storage_class: self.symbol(spec(&["storageClassName"])),
        }
    }

    fn claim(&self, object: &Object<'_>) -> ClaimFact {
        let modes = object.value.at(&["spec", "accessModes"]);
        let shared = modes.into_iter().flat_map(Value::items).find(|mode| mode.text() == "ReadWriteMany");
        ClaimFact {
            resource: self.resource,
            volume: self.symbol(object.value.at(&["spec", "volumeName"])),
            storage_class: object
                .value
                .at(&["spec", "storageClassName"])
                .map(|class| self.symbols.intern(&class.text())),
            shared: shared.map(|mode| self.place(mode)),
        }
    }
}

/// Whether a token of this audience is good for the API server. Its own issuers are not known from manifests,
/// so that only the names that clusters have by default count.
pub fn is_api_audience(audience: &str) -> bool {
    let host = audience.strip_prefix("https://").unwrap_or(audience);
    audience.is_empty()
        || host == "kubernetes.default.svc"
        || host == "kubernetes.default.svc.cluster.local"
        || audience == "api"
}

fn covers_token_path(container: &Container<'_>) -> bool {
    let mut mounts = container.volume_mounts.into_iter().flat_map(Value::items);
    mounts.any(|mount| mount.get("mountPath").is_some_and(|path| path.text().trim_end_matches('/') == TOKEN_PATH))
}

fn is_positive(value: Value<'_>) -> bool {
    // A quantity that cannot be read is the finding of another control.
    quantity::parse(&value.text()).is_none_or(|number| number > 0.0)
}
