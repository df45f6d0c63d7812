//! Who is judged: an object that a controller made is evidence of its owner, unless it is not what the owner says.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, PoisonError};

use model::document::Value;
use model::made::{Shape, controller, difference, is_over, shape, whole};
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
