//! Who is judged: an object that a controller made is evidence of its owner, unless it is not what the owner says.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, PoisonError};

use model::document::Value;
use model::object::Object;
use model::workload::Workload;

/// What is done with an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// It is judged by itself.
    Judge,
    /// Its owner is judged, or another like it was: it counts there.
    Evidence,
    /// It is not what its owner says, and is judged by itself.
    Drifted(Drift),
}

/// How a pod differs from the template of its owner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drift {
    /// Kind and name of the owner.
    pub owner: (String, String),
    /// What is different, such as `container istio-proxy was added`; the first of several.
    pub what: String,
}

impl Drift {
    /// How a pod differs from this template of its owner.
    pub(crate) fn new(owner: Value<'_>, template: &Shape, shape: &Shape) -> Self {
        let text = |key| owner.get(key).map(|value| value.text().into_owned()).unwrap_or_default();
        Self { owner: (text("kind"), text("name")), what: difference(template, shape) }
    }
}

/// What matters of a pod, part by part: the name of the part and a hash of it.
pub(crate) type Shape = Vec<(String, u64)>;

/// Templates of everything that owns pods, and what was seen of what they own.
#[derive(Default)]
pub struct Owners {
    templates: Mutex<HashMap<String, Shape>>,
    seen: Mutex<HashSet<(String, u64)>>,
}

impl Owners {
    /// Decides on an object. Owners have to come before what they own.
    pub fn decide(&self, object: &Object<'_>, workloads: &[Workload<'_>]) -> Decision {
        let [workload] = workloads else { return Decision::Judge };
        let shape = shape(workload.pod.spec);
        let decision = self.compare(object, &shape);
        let uid = object.metadata.and_then(|metadata| metadata.get("uid")).map(Value::text);
        if let Some(uid) = uid.filter(|uid| !uid.is_empty() && object.kind != "Pod") {
            self.templates.lock().unwrap_or_else(PoisonError::into_inner).insert(uid.into_owned(), shape);
        }
        decision
    }

    fn compare(&self, object: &Object<'_>, shape: &Shape) -> Decision {
        let Some(owner) = controller(object) else { return Decision::Judge };
        let uid = owner.get("uid").map(|uid| uid.text().into_owned()).unwrap_or_default();
        let templates = self.templates.lock().unwrap_or_else(PoisonError::into_inner);
        let template = templates.get(&uid);
        if template.is_some_and(|template| template == shape) || (template.is_some() && is_over(object)) {
            return Decision::Evidence;
        }
        // Mirror pods belong to their nodes, which say nothing of them: they are what is judged.
        let whole = whole(shape);
        let is_new = self.seen.lock().unwrap_or_else(PoisonError::into_inner).insert((uid, whole));
        if !is_new && owner.get("kind").is_some_and(|kind| kind.text() != "Node") {
            return Decision::Evidence;
        }
        let Some(template) = template else { return Decision::Judge };
        Decision::Drifted(Drift::new(owner, template, shape))
    }
}

/// A hash of all that matters.
pub(crate) fn whole(shape: &Shape) -> u64 {
    shape.iter().fold(0u64, |hash, (name, part)| mix(mix(hash, name.as_bytes()), &part.to_le_bytes()))
}

/// The owner that controls an object.
pub(crate) fn controller<'d>(object: &Object<'d>) -> Option<Value<'d>> {
    let mut owners = object.metadata?.get("ownerReferences")?.items();
    owners.find(|owner| owner.get("controller").and_then(Value::as_bool) == Some(true))
}

/// Whether it makes no pods any more, or ran to its end: what it was made from has moved on.
pub(crate) fn is_over(object: &Object<'_>) -> bool {
    let status = |key: &str| object.value.at(&["status", key]);
    match &*object.kind {
        "ReplicaSet" => object.value.at(&["spec", "replicas"]).and_then(Value::as_int) == Some(0),
        "Job" => status("completionTime").is_some() || status("failed").is_some_and(|failed| failed.as_int() > Some(0)),
        "Pod" => status("phase").is_some_and(|phase| matches!(&*phase.text(), "Succeeded" | "Failed")),
        _ => false,
    }
}

/// FNV-1a.
fn mix(hash: u64, bytes: &[u8]) -> u64 {
    let start = if hash == 0 { 0xcbf2_9ce4_8422_2325 } else { hash };
    bytes.iter().chain(&[0xFF]).fold(start, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

/// What matters of a pod and what no admission plugin of a plain cluster changes. Both texts come from the same
/// server, which writes equal values in equal ways.
pub(crate) fn shape(spec: Value<'_>) -> Shape {
    const OF_POD: &[&str] =
        &["hostNetwork", "hostPID", "hostIPC", "shareProcessNamespace", "runtimeClassName", "hostUsers"];
    const OF_CONTAINER: &[&str] = &["image", "command", "args", "securityContext", "env", "envFrom", "lifecycle"];
    let part = |value: Value<'_>, fields: &[&str]| {
        fields.iter().fold(0, |hash, field| {
            let source = value.get(field).map_or("", Value::source);
            // What is empty is what is not there.
            mix(hash, if matches!(source, "{}" | "false") { b"" } else { source.as_bytes() })
        })
    };
    let mut shape = vec![("the pod".to_owned(), part(spec, OF_POD))];
    shape.push(("the security context of the pod".to_owned(), part(spec, &["securityContext"])));
    let account = spec.get("serviceAccountName").map(Value::text).filter(|name| !name.is_empty());
    shape.push(("the service account".to_owned(), mix(0, account.as_deref().unwrap_or("default").as_bytes())));
    for (list, what) in
        [("initContainers", "init container"), ("containers", "container"), ("ephemeralContainers", "debug container")]
    {
        for container in spec.get(list).into_iter().flat_map(Value::items) {
            let name = container.get("name").map(Value::text).unwrap_or_default();
            shape.push((format!("{what} `{name}`"), part(container, OF_CONTAINER)));
        }
    }
    for volume in spec.get("volumes").into_iter().flat_map(Value::items) {
        if let Some(path) = volume.get("hostPath") {
            let name = volume.get("name").map(Value::text).unwrap_or_default();
            shape.push((format!("host path volume `{name}`"), mix(0, path.source().as_bytes())));
        }
    }
    shape
}

/// The first difference, as a sentence.
fn difference(template: &Shape, pod: &Shape) -> String {
    let find = |shape: &Shape, name: &str| shape.iter().find(|(known, _)| known == name).map(|(_, hash)| *hash);
    for (name, hash) in pod {
        match find(template, name) {
            None => return format!("{name} was added"),
            Some(other) if other != *hash => return format!("{name} is different"),
            Some(_) => {}
        }
    }
    let gone = template.iter().find(|(name, _)| find(pod, name).is_none());
    gone.map_or_else(|| "the order of its containers is different".to_owned(), |(name, _)| format!("{name} is gone"))
}
