//! Containers that the API refuses: none at all, without a name or an image, two of one name.

use std::collections::BTreeSet;

use model::document::Value;
use model::finding::{Finding, Findings};
use model::pod::{Container, Pod};

/// Up to this many containers are compared with each other directly.
const FEW: usize = 16;

/// Reports what is missing and what is there twice.
pub(crate) fn check(pod: &Pod<'_>, findings: &mut Findings<'_>) {
    match pod.spec.get("containers") {
        None => {
            let message = "Pod has no `containers`: the API refuses the object";
            findings.report(Finding::missing(pod.spec, "containers").message(message));
        }
        Some(list) if list.is_sequence() && list.items().next().is_none() => {
            let message = "The list of containers is empty: the API refuses the object";
            findings.report(Finding::at(list).message(message));
        }
        Some(_) => {}
    }
    for container in &pod.containers {
        if is_empty(container.name) {
            let message = "A container has no name: the API refuses the object";
            findings.report(Finding::missing(container.value, "name").container(container).message(message));
        }
        if is_empty(container.image) {
            let message = "Container `{container}` has no image: the API refuses the object";
            findings.report(Finding::missing(container.value, "image").container(container).message(message));
        }
    }
    check_names(&pod.containers, findings);
}

fn is_empty(value: Option<Value<'_>>) -> bool {
    // What is no text is the finding of the types.
    value.is_none_or(|value| value.is_scalar() && value.text().is_empty())
}

/// A name is unique among all containers of a pod, whatever list they are in.
fn check_names(containers: &[Container<'_>], findings: &mut Findings<'_>) {
    if containers.len() <= FEW {
        for (number, container) in containers.iter().enumerate() {
            let Some(name) = container.name else { continue };
            let before = containers[..number].iter().filter_map(|other| other.name);
            if before.into_iter().any(|other| other.text() == name.text()) {
                report_name(container, name, findings);
            }
        }
        return;
    }
    let mut seen = BTreeSet::new();
    for container in containers {
        if let Some(name) = container.name
            && !seen.insert(name.text())
        {
            report_name(container, name, findings);
        }
    }
}

fn report_name(container: &Container<'_>, name: Value<'_>, findings: &mut Findings<'_>) {
    let message = "There are two containers called `{value}`: the API refuses the object";
    findings.report(Finding::at(name).container(container).message(message));
}
