//! Pods as the server sees them: defaults of their fields, and what the plugins add that are on by default.
//!
//! Source: `pkg/apis/core/v1/defaults.go`, `plugin/pkg/admission/{serviceaccount,defaulttolerationseconds,priority}`.

use super::defaults::{NAME, drop_empty, quantities};
use super::{Request, Tree, User};

/// The pod that a workload makes, and who makes it; `None` for what makes none.
pub fn pod_of(workload: &Tree, namespace: &str) -> Option<(Tree, User)> {
    let kind = workload.text_at(&["kind"]);
    let (template, controller): (&[&str], _) = match (workload.text_at(&["apiVersion"]), kind) {
        ("apps/v1", "Deployment") => (&["spec", "template"], "replicaset-controller"),
        ("apps/v1", "ReplicaSet") => (&["spec", "template"], "replicaset-controller"),
        ("apps/v1", "StatefulSet") => (&["spec", "template"], "statefulset-controller"),
        ("apps/v1", "DaemonSet") => (&["spec", "template"], "daemon-set-controller"),
        ("batch/v1", "Job") => (&["spec", "template"], "job-controller"),
        ("batch/v1", "CronJob") => (&["spec", "jobTemplate", "spec", "template"], "job-controller"),
        ("v1", "ReplicationController") => (&["spec", "template"], "replication-controller"),
        _ => return None,
    };
    let template = workload.at(template)?;
    let mut metadata = Tree::map();
    for field in ["labels", "annotations", "finalizers"] {
        if let Some(value) = template.at(&["metadata", field]) {
            metadata.set(field, value.clone());
        }
    }
    let mut spec = template.get("spec")?.clone();
    let name = workload.text_at(&["metadata", "name"]);
    let generated = match kind {
        "Deployment" | "CronJob" => Tree::unknown(NAME),
        _ => Tree::from(format!("{name}-").as_str()),
    };
    metadata.set("namespace", namespace.into());
    if kind == "StatefulSet" {
        metadata.set("name", format!("{name}-0").as_str().into());
        spec.set("hostname", format!("{name}-0").as_str().into());
        if let Some(service) = workload.at(&["spec", "serviceName"]) {
            spec.set("subdomain", service.clone());
        }
        if !workload.get("spec").unwrap_or(&Tree::Null).items_of("volumeClaimTemplates").is_empty() {
            spec.set("volumes", Tree::unknown("the volumes of claims"));
        }
    } else {
        metadata.set("generateName", generated);
    }
    if kind == "DaemonSet" {
        spec.set("affinity", Tree::unknown("the node of a pod of a DaemonSet"));
        spec.set("tolerations", Tree::unknown("what the controller of DaemonSets adds"));
    }
    let makes_more_labels = !matches!(kind, "ReplicaSet" | "ReplicationController");
    if makes_more_labels {
        metadata.default("labels", Tree::map());
        if let Some(labels) = metadata.field("labels") {
            labels.open("a label that the controller adds");
        }
    }
    metadata.set("ownerReferences", Tree::List(vec![owner(workload, kind, name)]));
    let user = User::controller(controller);
    let pod =
        Tree::fields([("apiVersion", "v1".into()), ("kind", "Pod".into()), ("metadata", metadata), ("spec", spec)]);
    Some((pod, user))
}

fn owner(workload: &Tree, kind: &str, name: &str) -> Tree {
    let (api_version, owner, name) = match kind {
        "Deployment" => ("apps/v1", "ReplicaSet", Tree::unknown(NAME)),
        "CronJob" => ("batch/v1", "Job", Tree::unknown(NAME)),
        _ => (workload.text_at(&["apiVersion"]), kind, name.into()),
    };
    Tree::fields([
        ("apiVersion", api_version.into()),
        ("kind", owner.into()),
        ("name", name),
        ("uid", Tree::unknown("the identity of an owner")),
        ("controller", Tree::Bool(true)),
        ("blockOwnerDeletion", Tree::Bool(true)),
    ])
}

/// A pod that is created: what is set for no template.
pub(super) fn created(pod: &mut Tree, request: &Request) {
    let Some(spec) = pod.field("spec") else { return };
    spec.default("enableServiceLinks", Tree::Bool(true));
    let is_on_host = spec.get("hostNetwork").is_some_and(Tree::is_true);
    for list in ["containers", "initContainers"] {
        for container in spec.each(list) {
            requests_of_limits(container);
            if is_on_host {
                for port in container.each("ports") {
                    let number = port.get("containerPort").cloned().unwrap_or(Tree::Null);
                    port.default("hostPort", number);
                }
            }
        }
    }
    service_account(spec);
    tolerations(spec);
    priority(spec);
    let class = quality(spec);
    pod.set("status", Tree::fields([("phase", "Pending".into()), ("qosClass", class)]));
    if let Some(metadata) = pod.field("metadata") {
        metadata.set("generation", Tree::Int(1));
        metadata.default("namespace", request.namespace.as_str().into());
    }
}

fn requests_of_limits(container: &mut Tree) {
    let Some(resources) = container.field("resources") else { return };
    let Some(limits) = resources.get("limits").cloned() else { return };
    resources.default("requests", Tree::map());
    if let Some(requests) = resources.field("requests") {
        for (name, value) in limits.entries() {
            requests.default(name, value.clone());
        }
    }
}

/// Where the token of the service account is mounted.
const TOKEN: &str = "/var/run/secrets/kubernetes.io/serviceaccount";

fn service_account(spec: &mut Tree) {
    spec.default("serviceAccountName", "default".into());
    let name = spec.get("serviceAccountName").cloned().unwrap_or(Tree::Null);
    spec.set("serviceAccount", name);
    if spec.get("automountServiceAccountToken") == Some(&Tree::Bool(false)) {
        return;
    }
    let volume_name = || Tree::unknown("the name of the volume with the token");
    let mut is_mounted = false;
    for list in ["containers", "initContainers"] {
        for container in spec.each(list) {
            if container.items_of("volumeMounts").iter().any(|mount| mount.text_at(&["mountPath"]) == TOKEN) {
                continue;
            }
            is_mounted = true;
            container.default("volumeMounts", Tree::List(Vec::new()));
            if let Some(Tree::List(mounts)) = container.field("volumeMounts") {
                mounts.push(Tree::fields([
                    ("name", volume_name()),
                    ("readOnly", Tree::Bool(true)),
                    ("mountPath", TOKEN.into()),
                ]));
            }
        }
    }
    if !is_mounted {
        return;
    }
    let item = |key: &str, path: &str| Tree::fields([("key", key.into()), ("path", path.into())]);
    let field = Tree::fields([("apiVersion", "v1".into()), ("fieldPath", "metadata.namespace".into())]);
    let token = Tree::fields([("expirationSeconds", Tree::Int(3607)), ("path", "token".into())]);
    let certificate =
        Tree::fields([("name", "kube-root-ca.crt".into()), ("items", Tree::List(vec![item("ca.crt", "ca.crt")]))]);
    let namespace = Tree::fields([("path", "namespace".into()), ("fieldRef", field)]);
    let sources = Tree::List(vec![
        Tree::fields([("serviceAccountToken", token)]),
        Tree::fields([("configMap", certificate)]),
        Tree::fields([("downwardAPI", Tree::fields([("items", Tree::List(vec![namespace]))]))]),
    ]);
    let projected = Tree::fields([("sources", sources), ("defaultMode", Tree::Int(420))]);
    spec.default("volumes", Tree::List(Vec::new()));
    if let Some(Tree::List(volumes)) = spec.field("volumes") {
        volumes.push(Tree::fields([("name", volume_name()), ("projected", projected)]));
    }
}

fn tolerations(spec: &mut Tree) {
    spec.default("tolerations", Tree::List(Vec::new()));
    for taint in ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"] {
        let is_tolerated = spec.items_of("tolerations").iter().any(|toleration| {
            let (key, effect) = (toleration.text_at(&["key"]), toleration.text_at(&["effect"]));
            (key.is_empty() || key == taint) && matches!(effect, "" | "NoExecute")
        });
        let Some(Tree::List(all)) = spec.field("tolerations").filter(|_| !is_tolerated) else { continue };
        all.push(Tree::fields([
            ("key", taint.into()),
            ("operator", "Exists".into()),
            ("effect", "NoExecute".into()),
            ("tolerationSeconds", Tree::Int(300)),
        ]));
    }
}

fn priority(spec: &mut Tree) {
    let class = spec.text_at(&["priorityClassName"]).to_owned();
    let (value, policy) = match class.as_str() {
        "" => (Tree::Int(0), "PreemptLowerPriority".into()),
        "system-cluster-critical" => (Tree::Int(2_000_000_000), "PreemptLowerPriority".into()),
        "system-node-critical" => (Tree::Int(2_000_001_000), "PreemptLowerPriority".into()),
        _ => (Tree::unknown("the PriorityClass of a pod"), Tree::unknown("the PriorityClass of a pod")),
    };
    spec.set("priority", value);
    spec.set("preemptionPolicy", policy);
}

/// `qos.ComputePodQOS`, for what containers say.
fn quality(spec: &Tree) -> Tree {
    if spec.at(&["resources"]).is_some() {
        return Tree::unknown("the class of a pod with resources of its own");
    }
    let containers = || ["containers", "initContainers"].into_iter().flat_map(|list| spec.items_of(list));
    let amount = |container: &Tree, part: &str, name: &str| {
        container.at(&["resources", part, name]).filter(|amount| amount.text() != Some("0")).cloned()
    };
    let (mut is_best_effort, mut is_guaranteed) = (true, true);
    for container in containers() {
        for name in ["cpu", "memory"] {
            let (limit, request) = (amount(container, "limits", name), amount(container, "requests", name));
            is_best_effort &= limit.is_none() && request.is_none();
            is_guaranteed &= limit.is_some() && request == limit;
        }
    }
    match (is_best_effort, is_guaranteed) {
        (true, _) => "BestEffort".into(),
        (false, true) => "Guaranteed".into(),
        (false, false) => "Burstable".into(),
    }
}

/// `SetDefaults_PodSpec` and those of what is in it, for pods and templates.
pub(super) fn spec(spec: &mut Tree) {
    drop_empty(spec);
    spec.default("dnsPolicy", "ClusterFirst".into());
    spec.default("restartPolicy", "Always".into());
    spec.default("securityContext", Tree::map());
    spec.default("terminationGracePeriodSeconds", Tree::Int(30));
    spec.default("schedulerName", "default-scheduler".into());
    if let Some(name) = spec.get("serviceAccountName").or_else(|| spec.get("serviceAccount")).cloned() {
        spec.set("serviceAccountName", name.clone());
        spec.set("serviceAccount", name);
    }
    for list in ["containers", "initContainers", "ephemeralContainers"] {
        spec.each(list).iter_mut().for_each(container);
    }
    spec.each("volumes").iter_mut().for_each(volume);
}

fn container(container: &mut Tree) {
    let image = container.text_at(&["image"]);
    let name = image.rsplit('/').next().unwrap_or(image);
    let (name, digest) = name.split_once('@').map_or((name, None), |(name, digest)| (name, Some(digest)));
    let tag = name.split_once(':').map(|(_, tag)| tag);
    let is_latest = tag == Some("latest") || (tag.is_none() && digest.is_none());
    container.default("imagePullPolicy", if is_latest { "Always" } else { "IfNotPresent" }.into());
    container.default("terminationMessagePath", "/dev/termination-log".into());
    container.default("terminationMessagePolicy", "File".into());
    container.default("resources", Tree::map());
    for part in ["limits", "requests"] {
        if let Some(amounts) = container.field("resources").and_then(|resources| resources.field(part)) {
            quantities(amounts);
        }
    }
    for port in container.each("ports") {
        port.default("protocol", "TCP".into());
    }
    for variable in container.each("env") {
        let source = variable.field("valueFrom").and_then(|source| source.field("fieldRef"));
        source.into_iter().for_each(|field| field.default("apiVersion", "v1".into()));
    }
    for name in ["livenessProbe", "readinessProbe", "startupProbe"] {
        let Some(probe) = container.field(name) else { continue };
        for (field, value) in
            [("timeoutSeconds", 1), ("periodSeconds", 10), ("successThreshold", 1), ("failureThreshold", 3)]
        {
            probe.default(field, Tree::Int(value));
        }
        http(probe);
        probe.field("grpc").into_iter().for_each(|grpc| grpc.default("service", "".into()));
    }
    for name in ["postStart", "preStop"] {
        container.field("lifecycle").and_then(|lifecycle| lifecycle.field(name)).into_iter().for_each(http);
    }
}

fn http(handler: &mut Tree) {
    if let Some(get) = handler.field("httpGet") {
        get.default("path", "/".into());
        get.default("scheme", "HTTP".into());
    }
}

fn volume(volume: &mut Tree) {
    if volume.entries().iter().all(|(name, value)| &**name == "name" || *value == Tree::Null) {
        volume.set("emptyDir", Tree::map());
    }
    for kind in ["secret", "configMap", "projected", "downwardAPI"] {
        volume.field(kind).into_iter().for_each(|source| source.default("defaultMode", Tree::Int(420)));
    }
    volume.field("hostPath").into_iter().for_each(|path| path.default("type", "".into()));
    if let Some(limit) = volume.at(&["emptyDir", "sizeLimit"]).and_then(super::defaults::quantity) {
        volume.field("emptyDir").into_iter().for_each(|directory| directory.set("sizeLimit", limit.clone()));
    }
    volume.field("downwardAPI").into_iter().for_each(downward);
    for source in volume.field("projected").into_iter().flat_map(|projected| projected.each("sources")) {
        source.field("downwardAPI").into_iter().for_each(downward);
        let token = source.field("serviceAccountToken");
        token.into_iter().for_each(|token| token.default("expirationSeconds", Tree::Int(3600)));
    }
    if let Some(claim) = volume.field("ephemeral").and_then(|ephemeral| ephemeral.field("volumeClaimTemplate")) {
        claim.field("spec").into_iter().for_each(super::defaults::claim);
    }
}

fn downward(source: &mut Tree) {
    for item in source.each("items") {
        item.field("fieldRef").into_iter().for_each(|field| field.default("apiVersion", "v1".into()));
    }
}
