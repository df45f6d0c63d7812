//! What controllers make: an object that was made is evidence of its owner, unless it is not what the owner says. Here is
//! what is compared; who decides is the source.

use crate::document::Value;
use crate::object::Object;

/// What matters of a pod, part by part: the name of the part and a hash of it.
pub type Shape = Vec<(String, u64)>;

/// A hash of all that matters.
pub fn whole(shape: &Shape) -> u64 {
    shape.iter().fold(0u64, |hash, (name, part)| mix(mix(hash, name.as_bytes()), &part.to_le_bytes()))
}

/// The owner that controls an object.
pub fn controller<'d>(object: &Object<'d>) -> Option<Value<'d>> {
    let mut owners = object.metadata?.get("ownerReferences")?.items();
    owners.find(|owner| owner.get("controller").and_then(Value::as_bool) == Some(true))
}

/// Whether it makes no pods any more, or ran to its end: what it was made from has moved on.
pub fn is_over(object: &Object<'_>) -> bool {
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

/// A value, however it is laid out. What is empty is what is not there.
fn mix_value(hash: u64, value: Option<Value<'_>>) -> u64 {
    let Some(value) = value.filter(|value| !is_empty(*value)) else { return mix(hash, b"") };
    // The nodes of a value stand in the order of its text, each with all that is in it.
    value.nodes().fold(hash, |hash, node| {
        if node.is_scalar() {
            mix(hash, node.text().as_bytes())
        } else {
            mix(hash, &(node.size() as u64).to_le_bytes())
        }
    })
}

fn is_empty(value: Value<'_>) -> bool {
    if value.is_scalar() { value.is_null() || value.as_bool() == Some(false) } else { value.size() == 1 }
}

/// What matters of a pod and what no admission plugin of a plain cluster changes. Both come from the same server, which
/// gives fields an order.
pub fn shape(spec: Value<'_>) -> Shape {
    const OF_POD: &[&str] =
        &["hostNetwork", "hostPID", "hostIPC", "shareProcessNamespace", "runtimeClassName", "hostUsers"];
    const OF_CONTAINER: &[&str] = &["image", "command", "args", "securityContext", "env", "envFrom", "lifecycle"];
    let part =
        |value: Value<'_>, fields: &[&str]| fields.iter().fold(0, |hash, field| mix_value(hash, value.get(field)));
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
            shape.push((format!("host path volume `{name}`"), mix_value(0, Some(path))));
        }
    }
    shape
}

/// The first difference, as a sentence.
pub fn difference(template: &Shape, pod: &Shape) -> String {
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
