//! What the server makes of an object before policies see it: defaults, empty fields that are dropped, what it sets.
//!
//! Source: `pkg/apis/{core,apps,batch}/v1/defaults.go`, and `PrepareForCreate` of the strategies in `pkg/registry`.

use std::sync::Arc;

use super::{Request, Tree, pod};

/// What is not known of a name that the server makes.
pub(super) const NAME: &str = "a name that is generated";

/// The object as policies see it, and whether its kind is one whose defaults are known. Others are as written.
pub fn seen_by_server(written: &Tree, request: &Request) -> (Tree, bool) {
    let mut object = written.clone();
    let kind = (object.text_at(&["apiVersion"]).to_owned(), object.text_at(&["kind"]).to_owned());
    let is_known = match (kind.0.as_str(), kind.1.as_str()) {
        ("v1", "Pod") => {
            object.field("spec").into_iter().for_each(pod::spec);
            pod::created(&mut object, request);
            true
        }
        ("v1", "PodTemplate") => {
            template(&mut object, "template");
            true
        }
        ("v1", "Service") => {
            object.field("spec").into_iter().for_each(service);
            object.set("status", Tree::fields([("loadBalancer", Tree::map())]));
            true
        }
        ("v1", "ReplicationController" | "ConfigMap" | "Secret" | "ServiceAccount" | "Namespace") => {
            core(&mut object, &kind.1);
            true
        }
        ("apps/v1", "Deployment" | "ReplicaSet" | "StatefulSet" | "DaemonSet") | ("batch/v1", "Job" | "CronJob") => {
            workload(&mut object, &kind.1);
            true
        }
        _ => false,
    };
    object.default("metadata", Tree::map());
    if let Some(metadata) = object.field("metadata") {
        set_metadata(metadata, request);
    }
    (object, is_known)
}

fn set_metadata(metadata: &mut Tree, request: &Request) {
    drop_empty(metadata);
    for field in ["creationTimestamp", "uid", "managedFields"] {
        metadata.set(field, Tree::unknown("what the server sets when it makes the object"));
    }
    metadata.remove("resourceVersion");
    metadata.remove("selfLink");
    if request.name.is_none() && metadata.get("generateName").is_some() {
        metadata.set("name", Tree::unknown(NAME));
    }
    if request.is_of_namespace() {
        metadata.default("labels", Tree::map());
        let name = request.namespace.as_str();
        metadata.field("labels").into_iter().for_each(|labels| labels.set("kubernetes.io/metadata.name", name.into()));
    } else if !request.namespace.is_empty() {
        metadata.set("namespace", request.namespace.as_str().into());
    }
}

fn core(object: &mut Tree, kind: &str) {
    drop_empty(object);
    match kind {
        "Secret" => {
            object.default("type", "Opaque".into());
            // `stringData` becomes `data`, which nobody has to see to judge.
            if object.get("stringData").is_some() {
                object.remove("stringData");
                object.set("data", Tree::unknown("the data of a Secret"));
            }
        }
        "Namespace" => {
            object.set("spec", Tree::fields([("finalizers", Tree::List(vec!["kubernetes".into()]))]));
            object.set("status", Tree::fields([("phase", "Active".into())]));
        }
        "ReplicationController" => {
            let labels = object.at(&["spec", "template", "metadata", "labels"]).cloned();
            template_in_spec(object);
            generation(object);
            let Some(spec) = object.field("spec") else { return };
            spec.default("replicas", Tree::Int(1));
            if let Some(labels) = labels {
                spec.default("selector", labels.clone());
                object.default("metadata", Tree::map());
                object.field("metadata").into_iter().for_each(|metadata| metadata.default("labels", labels.clone()));
            }
            object.set("status", Tree::fields([("replicas", Tree::Int(0))]));
        }
        _ => {}
    }
}

fn generation(object: &mut Tree) {
    object.field("metadata").into_iter().for_each(|metadata| metadata.set("generation", Tree::Int(1)));
}

fn template_in_spec(object: &mut Tree) {
    object.field("spec").into_iter().for_each(|spec| template(spec, "template"));
}

fn template(parent: &mut Tree, name: &str) {
    let Some(template) = parent.field(name) else { return };
    template.default("metadata", Tree::map());
    template.field("metadata").into_iter().for_each(drop_empty);
    template.field("spec").into_iter().for_each(pod::spec);
}

fn workload(object: &mut Tree, kind: &str) {
    template_in_spec(object);
    generation(object);
    object.set("status", Tree::map());
    let Some(spec) = object.field("spec") else { return };
    drop_empty(spec);
    match kind {
        "Deployment" => {
            spec.default("replicas", Tree::Int(1));
            spec.default("revisionHistoryLimit", Tree::Int(10));
            spec.default("progressDeadlineSeconds", Tree::Int(600));
            rolling(spec, "strategy", [("maxUnavailable", "25%".into()), ("maxSurge", "25%".into())]);
        }
        "DaemonSet" => {
            spec.default("revisionHistoryLimit", Tree::Int(10));
            rolling(spec, "updateStrategy", [("maxUnavailable", Tree::Int(1)), ("maxSurge", Tree::Int(0))]);
            object.set(
                "status",
                Tree::fields([
                    ("currentNumberScheduled", Tree::Int(0)),
                    ("numberMisscheduled", Tree::Int(0)),
                    ("desiredNumberScheduled", Tree::Int(0)),
                    ("numberReady", Tree::Int(0)),
                ]),
            );
        }
        "ReplicaSet" => {
            spec.default("replicas", Tree::Int(1));
            object.set("status", Tree::fields([("replicas", Tree::Int(0))]));
        }
        "StatefulSet" => {
            spec.default("replicas", Tree::Int(1));
            spec.default("revisionHistoryLimit", Tree::Int(10));
            spec.default("podManagementPolicy", "OrderedReady".into());
            rolling(spec, "updateStrategy", [("partition", Tree::Int(0))]);
            spec.default("persistentVolumeClaimRetentionPolicy", Tree::map());
            if let Some(policy) = spec.field("persistentVolumeClaimRetentionPolicy") {
                policy.default("whenDeleted", "Retain".into());
                policy.default("whenScaled", "Retain".into());
            }
            for template in spec.each("volumeClaimTemplates") {
                template.field("spec").into_iter().for_each(claim);
                template.default("status", Tree::fields([("phase", "Pending".into())]));
            }
            let zero = Tree::Int(0);
            object.set("status", Tree::fields([("replicas", zero.clone()), ("availableReplicas", zero)]));
        }
        "CronJob" => {
            spec.default("concurrencyPolicy", "Allow".into());
            spec.default("suspend", Tree::Bool(false));
            spec.default("successfulJobsHistoryLimit", Tree::Int(3));
            spec.default("failedJobsHistoryLimit", Tree::Int(1));
            if let Some(job) = spec.field("jobTemplate") {
                job.default("metadata", Tree::map());
                template_in_spec(job);
            }
        }
        _ => job(spec),
    }
}

fn job(spec: &mut Tree) {
    if spec.get("completions").is_none() && spec.get("parallelism").is_none() {
        spec.set("completions", Tree::Int(1));
    }
    spec.default("parallelism", Tree::Int(1));
    spec.default("backoffLimit", if spec.get("backoffLimitPerIndex").is_some() { i32::MAX.into() } else { 6.into() });
    spec.default("completionMode", "NonIndexed".into());
    spec.default("suspend", Tree::Bool(false));
    spec.default("manualSelector", Tree::Bool(false));
    let replacement = if spec.get("podFailurePolicy").is_some() { "Failed" } else { "TerminatingOrFailed" };
    spec.default("podReplacementPolicy", replacement.into());
    if spec.get("manualSelector") != Some(&Tree::Bool(true)) {
        spec.set("selector", Tree::unknown("the selector that the server makes for a Job"));
        let Some(metadata) = spec.field("template").and_then(|template| template.field("metadata")) else { return };
        metadata.default("labels", Tree::map());
        metadata.field("labels").into_iter().for_each(|labels| labels.open("a label that the server adds to a Job"));
    }
}

impl From<i32> for Tree {
    fn from(value: i32) -> Tree {
        Tree::Int(i64::from(value))
    }
}

/// The strategy of a rollout, with its parameters.
fn rolling<const N: usize>(spec: &mut Tree, name: &str, parameters: [(&str, Tree); N]) {
    spec.default(name, Tree::map());
    let Some(strategy) = spec.field(name) else { return };
    strategy.default("type", "RollingUpdate".into());
    if strategy.text_at(&["type"]) == "RollingUpdate" {
        strategy.default("rollingUpdate", Tree::map());
        let Some(rolling) = strategy.field("rollingUpdate") else { return };
        for (name, value) in parameters {
            rolling.default(name, value);
        }
    }
}

/// The specification of a claim.
pub(super) fn claim(spec: &mut Tree) {
    spec.default("volumeMode", "Filesystem".into());
    spec.default("resources", Tree::map());
    let requests = spec.field("resources").and_then(|resources| resources.field("requests"));
    requests.into_iter().for_each(quantities);
}

fn service(spec: &mut Tree) {
    drop_empty(spec);
    spec.default("sessionAffinity", "None".into());
    spec.default("type", "ClusterIP".into());
    let kind = spec.text_at(&["type"]).to_owned();
    if spec.text_at(&["sessionAffinity"]) == "ClientIP" {
        spec.default(
            "sessionAffinityConfig",
            Tree::fields([("clientIP", Tree::fields([("timeoutSeconds", Tree::Int(10_800))]))]),
        );
    }
    let has_nodes = matches!(kind.as_str(), "NodePort" | "LoadBalancer");
    let allocates = kind == "NodePort" || spec.get("allocateLoadBalancerNodePorts") != Some(&Tree::Bool(false));
    for port in spec.each("ports") {
        port.default("protocol", "TCP".into());
        let number = port.get("port").cloned().unwrap_or(Tree::Null);
        if matches!(port.get("targetPort"), None | Some(Tree::Int(0))) {
            port.set("targetPort", number);
        }
        if has_nodes && allocates {
            port.default("nodePort", Tree::unknown("a port of nodes that the server chooses"));
        }
    }
    if has_nodes {
        spec.default("externalTrafficPolicy", "Cluster".into());
    }
    if kind == "LoadBalancer" {
        spec.default("allocateLoadBalancerNodePorts", Tree::Bool(true));
    }
    if kind == "ExternalName" {
        return;
    }
    spec.default("internalTrafficPolicy", "Cluster".into());
    let is_headless = spec.text_at(&["clusterIP"]) == "None";
    let address = match spec.text_at(&["clusterIP"]) {
        "" => Tree::unknown("an address that the server chooses"),
        address => address.into(),
    };
    spec.set("clusterIP", address.clone());
    spec.default("clusterIPs", Tree::List(vec![address]));
    let is_free = is_headless && spec.get("selector").is_none();
    spec.default("ipFamilyPolicy", if is_free { "RequireDualStack" } else { "SingleStack" }.into());
    spec.default("ipFamilies", Tree::unknown("the address families of the cluster"));
}

/// The canonical form of the amounts in a map.
pub(super) fn quantities(amounts: &mut Tree) {
    let Tree::Map(fields, _) = amounts else { return };
    for (_, amount) in fields {
        if let Some(canonical) = quantity(amount) {
            *amount = canonical;
        }
    }
}

/// `Quantity.String`: `None` for what is none.
pub(super) fn quantity(amount: &Tree) -> Option<Tree> {
    let text = match amount {
        Tree::Text(text) => text.to_string(),
        Tree::Int(value) => value.to_string(),
        Tree::Double(value) => value.to_string(),
        _ => return None,
    };
    Some(match canonical(&text) {
        Some(text) => text.as_str().into(),
        None => Tree::unknown("the canonical form of an unusual quantity"),
    })
}

/// For quantities whose sum of nanos or whose bytes fit into 128 bits; what `resource.Quantity` prints.
fn canonical(text: &str) -> Option<String> {
    let text = text.trim_start_matches('+');
    let end = text.find(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | '-'))).unwrap_or(text.len());
    let (number, suffix) = text.split_at(end);
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.len() + fraction.len() > 18 {
        return None;
    }
    let digits: i128 = format!("{whole}{fraction}").parse().ok()?;
    let places = u32::try_from(fraction.len()).ok()?;
    if let Some(power) = ["Ki", "Mi", "Gi", "Ti", "Pi", "Ei"].iter().position(|own| *own == suffix) {
        let factor = 1024i128.checked_pow(u32::try_from(power).ok()? + 1)?;
        return binary(digits.checked_mul(factor)?, 10i128.checked_pow(places)?);
    }
    let (exponent, is_scientific) = match suffix {
        "n" => (-9, false),
        "u" => (-6, false),
        "m" => (-3, false),
        "" => (0, false),
        "k" => (3, false),
        "M" => (6, false),
        "G" => (9, false),
        "T" => (12, false),
        "P" => (15, false),
        "E" => (18, false),
        other => (other.strip_prefix(['e', 'E'])?.parse::<i32>().ok().filter(|power| (-9..=18).contains(power))?, true),
    };
    decimal(digits, exponent - i32::try_from(places).ok()?, is_scientific)
}

fn decimal(mut digits: i128, mut exponent: i32, is_scientific: bool) -> Option<String> {
    if digits == 0 {
        return Some("0".to_owned());
    }
    while exponent < -9 {
        // Rounded up, away from nothing.
        digits = digits / 10 + (digits % 10).signum();
        exponent += 1;
    }
    while digits % 10 == 0 {
        digits /= 10;
        exponent += 1;
    }
    while exponent.rem_euclid(3) != 0 {
        digits = digits.checked_mul(10)?;
        exponent -= 1;
    }
    while exponent > 18 {
        digits = digits.checked_mul(1000)?;
        exponent -= 3;
    }
    if is_scientific {
        return Some(if exponent == 0 { digits.to_string() } else { format!("{digits}e{exponent}") });
    }
    let suffixes = ["n", "u", "m", "", "k", "M", "G", "T", "P", "E"];
    let suffix = suffixes.get(usize::try_from(exponent / 3 + 3).ok()?)?;
    Some(format!("{digits}{suffix}"))
}

fn binary(amount: i128, divisor: i128) -> Option<String> {
    if amount % divisor != 0 {
        // A part of a byte has no binary form.
        return None;
    }
    let mut amount = amount / divisor;
    if amount.abs() < 1024 {
        return decimal(amount, 0, false);
    }
    let mut power = 0;
    while amount % 1024 == 0 && power < 6 {
        amount /= 1024;
        power += 1;
    }
    let suffixes = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];
    Some(format!("{amount}{}", suffixes.get(power)?))
}

/// Fields that are pointers, so that their empty text is kept.
const KEPT_TEXTS: [&str; 3] = ["storageClassName", "service", "type"];

/// Booleans that are not pointers, so that `false` is dropped.
const FLAGS: [&str; 9] = [
    "hostNetwork",
    "hostPID",
    "hostIPC",
    "readOnly",
    "stdin",
    "stdinOnce",
    "tty",
    "paused",
    "publishNotReadyAddresses",
];

/// Numbers that are not pointers, so that zero is dropped.
const NUMBERS: [&str; 4] = ["hostPort", "minReadySeconds", "initialDelaySeconds", "nodePort"];

/// Maps of texts: without entries they are dropped, as structures are not.
pub(super) const MAPS: [&str; 10] = [
    "labels",
    "annotations",
    "nodeSelector",
    "matchLabels",
    "data",
    "binaryData",
    "stringData",
    "limits",
    "requests",
    "selector",
];

/// Drops what `omitempty` drops, in all that is in it; keys of the user's own maps are not fields.
pub(super) fn drop_empty(tree: &mut Tree) {
    match tree {
        Tree::List(items) => items.iter_mut().for_each(drop_empty),
        Tree::Map(fields, _) => {
            for (name, value) in fields.iter_mut() {
                if !MAPS.contains(&&**name) || &**name == "selector" {
                    drop_empty(value);
                }
            }
            fields.retain(|(name, value)| !is_dropped(name, value));
        }
        _ => {}
    }
}

fn is_dropped(name: &Arc<str>, value: &Tree) -> bool {
    let name = &**name;
    match value {
        Tree::Null => true,
        Tree::List(items) => items.is_empty(),
        Tree::Text(text) => text.is_empty() && !KEPT_TEXTS.contains(&name),
        Tree::Bool(value) => !value && FLAGS.contains(&name),
        Tree::Int(0) => NUMBERS.contains(&name),
        Tree::Map(fields, None) => fields.is_empty() && MAPS.contains(&name),
        _ => false,
    }
}
