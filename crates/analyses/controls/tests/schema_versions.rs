//! Fields and kinds are judged by the version of Kubernetes that was asked for, and by all of them if none was.

use controls::engine::{Engine, Passed};
use model::finding::render_message;
use model::inventory::{Inventory, Observed};
use model::parameter::Settings;

/// What `schema-invalid` and `deprecated-api-version` say of these objects.
fn judge(yaml: &str, minor: Option<u8>) -> Vec<String> {
    let wanted = ["schema-invalid", "deprecated-api-version"];
    let selected = controls::all().filter(|registered| wanted.contains(&registered.control.id)).collect();
    let mut settings = Settings::default();
    settings.kubernetes_minor = minor;
    let engine = Engine::new(selected, Passed::Drop, settings);
    let mut inventory = Inventory::default();
    let judge = |observed: Observed<'_>, symbols: &_, occurrences: &mut _| engine.judge(observed, symbols, occurrences);
    manifests::load::load_bytes("test.yaml".as_ref(), yaml.as_bytes(), &mut inventory, &judge);
    let text = |symbol| inventory.symbols.text(symbol);
    let told = inventory.occurrences.iter().map(|found| {
        let message = render_message(&text(found.message), &text(found.container), &text(found.value));
        format!("{} {}: {message}", found.severity, text(found.place.field))
    });
    told.collect()
}

const POD: &str = "
apiVersion: v1
kind: Pod
metadata: {name: app}
spec:
  resources: {limits: {cpu: 1}}
  containers: [{name: app, image: 'app:1'}]
";

#[test]
fn a_field_that_any_version_has_is_known_unless_a_version_was_asked_for() {
    assert_eq!(judge(POD, None), [""; 0]);
    assert_eq!(judge(POD, Some(37)), [""; 0]);
    let expected = "medium spec.resources: `resources` of the `spec` of the pod is not known to Kubernetes 1.31, since \
                    1.32: the API drops it";
    assert_eq!(judge(POD, Some(31)), [expected]);
}

#[test]
fn a_field_that_is_gone_is_known_to_the_versions_that_had_it() {
    // `spec.workloadRef` of a pod was in 1.35 alone.
    let pod = POD.replace("resources: {limits: {cpu: 1}}", "workloadRef: {name: a, podGroup: b}");
    assert_eq!(judge(&pod, None), [""; 0]);
    assert_eq!(judge(&pod, Some(35)), [""; 0]);
    let expected = "medium spec.workloadRef: `workloadRef` of the `spec` of the pod is not known to Kubernetes 1.37, in \
                    1.35 alone: the API drops it";
    assert_eq!(judge(&pod, Some(37)), [expected]);
}

#[test]
fn a_kind_is_not_known_before_it_came_and_gone_after_it_left() {
    let policy = "
apiVersion: admissionregistration.k8s.io/v1
kind: MutatingAdmissionPolicy
metadata: {name: a}
spec: {reinvocationPolicy: Never, mutations: []}
";
    assert_eq!(judge(policy, None), [""; 0]);
    let expected = "medium kind: `MutatingAdmissionPolicy` of `admissionregistration.k8s.io/v1` is not known to \
                    Kubernetes 1.31, since 1.36: the API refuses the object";
    assert_eq!(judge(policy, Some(31)), [expected]);
    let schema = "
apiVersion: flowcontrol.apiserver.k8s.io/v1beta3
kind: FlowSchema
metadata: {name: a}
spec: {priorityLevelConfiguration: {name: a}}
";
    // Objects have to work with the version after that of the server.
    let told = |minor| judge(schema, minor).join("\n");
    assert!(told(Some(30)).starts_with("low apiVersion: "), "{}", told(Some(30)));
    let expected = "high apiVersion: `FlowSchema` of `flowcontrol.apiserver.k8s.io/v1beta3` is deprecated since \
                    Kubernetes 1.29 and goes with 1.32, use `flowcontrol.apiserver.k8s.io/v1`: an upgrade makes the \
                    API refuse the object";
    assert_eq!(told(Some(31)), expected);
    assert!(told(Some(32)).starts_with("high apiVersion: "), "{}", told(Some(32)));
    assert!(told(Some(32)).contains("is gone since Kubernetes 1.32"), "{}", told(Some(32)));
    assert_eq!(told(None), told(Some(37)));
}

#[test]
fn a_text_that_came_later_is_not_known_before() {
    // `Gt` came to tolerations with 1.35.
    let pod = POD.replace("resources: {limits: {cpu: 1}}", "tolerations: [{key: a, operator: Gt, value: '1'}]");
    assert_eq!(judge(&pod, None), [""; 0]);
    let expected = "medium spec.tolerations[0].operator: `Gt` as `operator` is not known to Kubernetes 1.31, since 1.35: \
                    the API refuses the object";
    assert_eq!(judge(&pod, Some(31)), [expected]);
}

#[test]
fn findings_of_one_object_are_bounded() {
    let mut pod = POD.to_owned();
    for number in 0..5000 {
        pod.push_str(&format!("  unknown{number}: 1\n"));
    }
    let told = judge(&pod, None);
    assert_eq!(told.len(), 200);
    assert_eq!(
        told.last().map(String::as_str),
        Some("medium : There is more that does not match the schema: only the beginning of it is listed")
    );
}
