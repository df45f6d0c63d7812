//! What stands between a workload and its pods: the Job of a CronJob, the ReplicaSet of a Deployment.
//!
//! Source: `pkg/controller/cronjob/utils.go` and `pkg/controller/deployment/sync.go`, `util/deployment_util.go`.

use super::defaults::NAME;
use super::{Tree, User};

/// The object that a controller makes of a workload to make its pods, and who makes it; `None` where pods are made at once.
pub fn made_between(workload: &Tree, namespace: &str) -> Option<(Tree, User)> {
    let (object, controller) = match (workload.text_at(&["apiVersion"]), workload.text_at(&["kind"])) {
        ("batch/v1", "CronJob") => (job(workload, namespace)?, "cronjob-controller"),
        ("apps/v1", "Deployment") => (replica_set(workload, namespace)?, "deployment-controller"),
        _ => return None,
    };
    Some((object, User::controller(controller)))
}

fn job(workload: &Tree, namespace: &str) -> Option<Tree> {
    let template = workload.at(&["spec", "jobTemplate"])?;
    let mut metadata = metadata(workload, namespace);
    for field in ["labels", "annotations"] {
        let mut own = template.at(&["metadata", field]).cloned().unwrap_or_else(Tree::map);
        // The time for which it is made.
        if field == "annotations" {
            own.open("an annotation that the controller adds");
        }
        metadata.set(field, own);
    }
    Some(object("batch/v1", "Job", metadata, template.get("spec")?.clone()))
}

fn replica_set(workload: &Tree, namespace: &str) -> Option<Tree> {
    const HASH: &str = "a label that the controller adds";
    let own = workload.get("spec")?;
    let mut metadata = metadata(workload, namespace);
    let mut template = own.get("template")?.clone();
    template.default("metadata", Tree::map());
    if let Some(metadata) = template.field("metadata") {
        metadata.default("labels", Tree::map());
        metadata.field("labels").into_iter().for_each(|labels| labels.open(HASH));
    }
    metadata.set("labels", template.at(&["metadata", "labels"]).cloned().unwrap_or_else(Tree::map));
    let mut annotations = workload.at(&["metadata", "annotations"]).cloned().unwrap_or_else(Tree::map);
    annotations.remove("kubectl.kubernetes.io/last-applied-configuration");
    annotations.open("an annotation that the controller adds");
    metadata.set("annotations", annotations);
    let mut selector = own.get("selector").cloned().unwrap_or_else(Tree::map);
    selector.default("matchLabels", Tree::map());
    selector.field("matchLabels").into_iter().for_each(|labels| labels.open(HASH));
    let mut spec = Tree::map();
    for field in ["replicas", "minReadySeconds"] {
        if let Some(value) = own.get(field) {
            spec.set(field, value.clone());
        }
    }
    spec.set("selector", selector);
    spec.set("template", template);
    Some(object("apps/v1", "ReplicaSet", metadata, spec))
}

fn metadata(workload: &Tree, namespace: &str) -> Tree {
    let owner = Tree::fields([
        ("apiVersion", workload.text_at(&["apiVersion"]).into()),
        ("kind", workload.text_at(&["kind"]).into()),
        ("name", workload.at(&["metadata", "name"]).cloned().unwrap_or_else(|| Tree::unknown(NAME))),
        ("uid", Tree::unknown("the identity of an owner")),
        ("controller", Tree::Bool(true)),
        ("blockOwnerDeletion", Tree::Bool(true)),
    ]);
    Tree::fields([
        ("name", Tree::unknown(NAME)),
        ("namespace", namespace.into()),
        ("ownerReferences", Tree::List(vec![owner])),
    ])
}

fn object(api_version: &str, kind: &str, metadata: Tree, spec: Tree) -> Tree {
    Tree::fields([("apiVersion", api_version.into()), ("kind", kind.into()), ("metadata", metadata), ("spec", spec)])
}
