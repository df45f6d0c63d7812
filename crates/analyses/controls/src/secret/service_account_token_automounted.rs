//! `service-account-token-automounted`

use model::control::InventoryFindings;
use model::control::{Check, Control, alias, fixture, maps};
use model::finding::Finding;
use model::fix::FixClass;
use model::inventory::Inventory;
use model::severity::Severity;
use model::workload::Form;
use std::collections::BTreeSet;

use super::service_accounts::Accounts;

/// The control.
pub static CONTROL: Control = Control {
    id: "service-account-token-automounted",
    title: "API token is mounted although not needed",
    severity: Severity::Medium,
    severity_reason: "stolen token = API identity of the pod",
    rationale: "The token of the ServiceAccount lies in a file of every container. Whoever runs code in one of them, or reads a file of it, speaks to the API server as the pod.",
    remediation: "Set `automountServiceAccountToken: false` on the pod, or on the ServiceAccount. A pod that speaks to the API server keeps it, with an account of its own that may do little.",
    verify: "kubectl get pods -A -o json | jq -r '.items[] | select(.spec.automountServiceAccountToken != false) | \"\\(.metadata.namespace)/\\(.metadata.name)\"'",
    aliases: &[
        alias("kubescape", "C-0034"),
        alias("kubescape", "C-0190"),
        alias("trivy", "KSV-0036"),
        alias("polaris", "automountServiceAccountToken"),
        alias("checkov", "CKV_K8S_38"),
        alias("kubesec", "AutomountServiceAccountToken"),
        alias("kubeaudit", "asat"),
        alias("datree", "SRVACC_INCORRECT_AUTOMOUNTSERVICEACCOUNTTOKEN_VALUE"),
        alias("gatekeeper", "K8sPSPAutomountServiceAccountTokenPod"),
        alias("kyverno", "restrict-automount-sa-token"),
        alias("kyverno", "restrict-sa-automount-sa-token"),
    ],
    mappings: &[
        maps("cis-kubernetes", "5.1.6"),
        maps("nsa-cisa", "pod-security"),
        maps("mitre", "T1528"),
        maps("mitre", "T1552.007"),
        maps("owasp-k8s-top10", "K01"),
        maps("owasp-k8s-top10", "K09"),
        maps("nist-800-53", "AC-6"),
        maps("nist-800-53", "IA-5"),
        maps("cis-gke", "4.1.5"),
        maps("cis-aks", "4.1.6"),
        maps("cis-eks", "4.1.6"),
    ],
    references: &["https://kubernetes.io/docs/tasks/configure-pod-container/configure-service-account/"],
    umbrella: false,
    fix: FixClass::Unsafe,
    parameters: &[],
    check: Check::Inventory(check),
    fixtures: &[
        fixture(
            "apiVersion: v1
kind: Pod
metadata:
  name: app
spec: #~ medium spec.automountServiceAccountToken: Pod gets the token
  containers: [{name: app, image: 'app:1'}]
",
        ),
        fixture(
            "apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  automountServiceAccountToken: false
  containers: [{name: app, image: 'app:1'}]
",
        ),
        fixture(
            "apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  serviceAccountName: robot
  automountServiceAccountToken: true #~ Pod mounts the token
  containers: [{name: app, image: 'app:1'}]
---
apiVersion: v1
kind: ServiceAccount
metadata:
  name: robot
automountServiceAccountToken: false
",
        ),
        fixture(
            "apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  serviceAccountName: robot
  containers: [{name: app, image: 'app:1'}]
---
apiVersion: v1
kind: ServiceAccount
metadata:
  name: robot
automountServiceAccountToken: false
",
        ),
        fixture(
            "apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  containers:
    - name: app
      image: app:1
      volumeMounts: [{name: v, mountPath: /var/run/secrets/kubernetes.io/serviceaccount}]
",
        ),
        fixture(
            "apiVersion: tekton.dev/v1
kind: Task
metadata:
  name: app
spec: #? info spec.automountServiceAccountToken: Whether the pod gets a token
  steps: [{name: app, image: 'app:1'}]
",
        ),
        fixture(
            "apiVersion: argoproj.io/v1alpha1
kind: Workflow
metadata:
  name: app
spec:
  serviceAccountName: robot
  templates:
    - name: app #~ medium spec.templates[0].automountServiceAccountToken
      container: {image: 'app:1'}
",
        ),
        fixture(
            "apiVersion: v1
kind: ServiceAccount
metadata:
  name: robot #~ info automountServiceAccountToken: ServiceAccount does not
",
        ),
        fixture(
            "apiVersion: v1
kind: ServiceAccount
metadata:
  name: robot
automountServiceAccountToken: true
",
        ),
    ],
};

fn check(inventory: &Inventory, findings: &mut InventoryFindings<'_>) {
    let accounts = Accounts::new(inventory);
    let mut used = BTreeSet::new();
    for workload in &inventory.facts.workloads {
        findings.looked_at(workload.resource);
        if accounts.is_said_elsewhere(workload) {
            let message = "Whether the pod gets a token is said where it is run: it is not known here";
            let finding = Finding::at_place(workload.automount_place).severity(Severity::Info);
            findings.report(workload.resource, finding.message(message).skip());
            continue;
        }
        used.insert(accounts.name_of(workload));
        if !accounts.is_automounted(workload) {
            continue;
        }
        let message = match workload.automount {
            Some(_) => "Pod mounts the token of its ServiceAccount: code in it speaks to the API server as the pod",
            None => {
                "Pod gets the token of its ServiceAccount, which nobody switched off: code in it speaks to the API server as the pod"
            }
        };
        let finding = Finding::at_place(workload.automount_place).message(message);
        let finding = match workload.automount {
            Some(_) => finding.replace("false"),
            // Where a controller takes it from is not always where it is missing.
            None if workload.form == Form::Parts => finding,
            None => finding.insert("automountServiceAccountToken: false"),
        };
        findings.report(workload.resource, finding);
    }
    for account in &inventory.facts.service_accounts {
        findings.looked_at(account.resource);
        let resource = inventory.resource(account.resource);
        if account.automount.is_none() && !used.contains(&(resource.namespace, resource.name)) {
            let message = "ServiceAccount does not switch the mounting of its token off; no pod of the input uses it";
            findings
                .report(account.resource, Finding::at_place(account.place).severity(Severity::Info).message(message));
        }
    }
}
