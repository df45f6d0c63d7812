//! `projected-token-weak`

use model::control::InventoryFindings;
use model::control::{Check, Control, complete_fixture, fixture, fixture_with, maps};
use model::document::Value;
use model::finding::{Finding, Findings};
use model::fix::FixClass;
use model::inventory::Inventory;
use model::inventory::observe::is_api_audience;
use model::parameter::{Default, Parameter, parameter};
use model::severity::Severity;
use model::workload::Workload;

use super::service_accounts::Accounts;

/// The control.
pub static CONTROL: Control = Control {
    id: "projected-token-weak",
    title: "Projected token has wrong audience or long life",
    severity: Severity::Medium,
    severity_reason: "a token for the API audience or valid for days can be replayed",
    rationale: "A token for the API server hides among the volumes although its mounting is switched off, or a token stays good for days after it was stolen.",
    remediation: "Set an `audience` other than the API server's, and `expirationSeconds` between 600 and 3600.",
    verify: "kubectl get pods -A -o json | jq -r '.items[] | select(any(.spec.volumes[]?.projected.sources[]?.serviceAccountToken; . != null and (.audience == null or (.expirationSeconds // 3600) > 86400))) | \"\\(.metadata.namespace)/\\(.metadata.name)\"'",
    aliases: &[],
    mappings: &[maps("owasp-k8s-top10", "K08"), maps("owasp-k8s-top10", "K09"), maps("mitre", "T1528"), maps("nist-800-53", "IA-5")],
    references: &[],
    umbrella: false,
    fix: FixClass::NeedsValue,
    parameters: &[MOST_SECONDS],
    check: Check::WorkloadAndInventory(check, check_accounts),
    fixtures: &[
fixture("apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  containers: [{name: app, image: app:1}]
  volumes:
    - name: t
      projected:
        sources:
          - serviceAccountToken:
              path: token
              audience: vault
              expirationSeconds: 604800 #~ medium spec.volumes[0].projected.sources[0].serviceAccountToken.expirationSeconds
"),
fixture("apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  containers: [{name: app, image: app:1}]
  volumes:
    - name: t
      projected:
        sources:
          - serviceAccountToken:
              path: token
              audience: vault
              expirationSeconds: 3600
"),
fixture("apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  containers: [{name: app, image: app:1}]
  automountServiceAccountToken: false
  volumes:
    - name: t
      projected:
        sources:
          - serviceAccountToken: #~ although the mounting
              path: token
"),
fixture("apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  containers: [{name: app, image: app:1}]
  automountServiceAccountToken: false
  volumes:
    - name: t
      projected:
        sources:
          - serviceAccountToken:
              path: token
              audience: https://kubernetes.default.svc #~ although the mounting
"),
fixture("apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  containers: [{name: app, image: app:1}]
  volumes:
    - name: t
      projected:
        sources:
          - serviceAccountToken:
              path: token
"),
fixture("apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  containers: [{name: app, image: app:1}]
  serviceAccountName: robot
  volumes:
    - name: t
      projected:
        sources:
          - serviceAccountToken:
              path: token
              audience: sts.amazonaws.com #~ info
---
apiVersion: v1
kind: ServiceAccount
metadata:
  name: robot
"),
fixture("apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  containers: [{name: app, image: app:1}]
  serviceAccountName: robot
  volumes:
    - name: t
      projected:
        sources:
          - serviceAccountToken:
              path: token
              audience: sts.amazonaws.com
---
apiVersion: v1
kind: ServiceAccount
metadata:
  name: robot
  annotations: {eks.amazonaws.com/role-arn: x}
"),
fixture("apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  containers: [{name: app, image: app:1}]
  serviceAccountName: robot
  volumes:
    - name: t
      projected:
        sources:
          - serviceAccountToken:
              path: token #~ medium spec.volumes[0].projected.sources[0].serviceAccountToken: A projected token is good for the API server although its ServiceAccount
---
apiVersion: v1
kind: ServiceAccount
metadata:
  name: robot
automountServiceAccountToken: false
"),
fixture("apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  containers: [{name: app, image: app:1}]
  serviceAccountName: robot
  automountServiceAccountToken: true
  volumes:
    - name: t
      projected:
        sources:
          - serviceAccountToken:
              path: token
---
apiVersion: v1
kind: ServiceAccount
metadata:
  name: robot
automountServiceAccountToken: false
"),
fixture("apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  containers: [{name: app, image: app:1}]
  serviceAccountName: robot
  volumes:
    - name: t
      projected:
        sources:
          - serviceAccountToken:
              path: token
              audience: api://AzureADTokenExchange #? info spec.volumes[0].projected.sources[0].serviceAccountToken.audience: A projected token is for the cloud
"),
complete_fixture("apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  containers: [{name: app, image: app:1}]
  serviceAccountName: robot
  volumes:
    - name: t
      projected:
        sources:
          - serviceAccountToken:
              path: token
              audience: https://iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p #~ info
"),
fixture("apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  containers: [{name: app, image: app:1}]
  serviceAccountName: robot
  volumes:
    - name: t
      projected:
        sources:
          - serviceAccountToken:
              path: token
              expirationSeconds: 86400
"),
fixture_with(&[("max_seconds", "600")], "apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  containers:
    - name: app
      image: app:1
  volumes:
    - name: t
      projected:
        sources:
          - serviceAccountToken:
              path: t
              audience: vault
              expirationSeconds: 3600 #~ A projected token is good for 3600 seconds
"),],
};

const MOST_SECONDS: Parameter =
    parameter("max_seconds", Default::Number(Some(86_400)), "how long a projected token may be good, in seconds");

fn check(workload: &Workload<'_>, findings: &mut Findings<'_>) {
    let pod = &workload.pod;
    let switched_off = pod.automount_service_account_token.and_then(Value::as_bool) == Some(false);
    let most = findings.number(&MOST_SECONDS).unwrap_or(i64::MAX);
    let mut tokens = 0;
    let projected = pod.volumes.iter().filter_map(|volume| volume.source_of("projected")?.get("sources"));
    for token in projected.flat_map(Value::items).filter_map(|source| source.get("serviceAccountToken")) {
        tokens += 1;
        let audience = token.get("audience");
        if switched_off && is_api_audience(&audience.map(Value::text).unwrap_or_default()) {
            let message =
                "A projected token is good for the API server although the mounting of tokens is switched off";
            findings.report(match audience {
                Some(audience) => Finding::at(audience).message(message),
                None => Finding::missing(token, "audience").message(message),
            });
        }
        let seconds = token.get("expirationSeconds");
        if let Some(seconds) = seconds.filter(|seconds| seconds.as_int().is_some_and(|seconds| seconds > most)) {
            let message = "A projected token is good for {value} seconds: whoever steals it has it for more than a day";
            findings.report(Finding::at(seconds).message(message).replace("3600"));
        }
    }
    if tokens == 0 {
        findings.not_applicable();
    }
}

/// Audiences at which clouds change a token of Kubernetes for one of their own, with the annotations of a
/// ServiceAccount that say which identity is meant.
const CLOUDS: &[(&str, &[&str])] = &[
    ("sts.amazonaws.com", &["eks.amazonaws.com/role-arn"]),
    ("api://AzureADTokenExchange", &["azure.workload.identity/client-id"]),
    ("iam.googleapis.com", &["iam.gke.io/gcp-service-account"]),
];

fn check_accounts(inventory: &Inventory, findings: &mut InventoryFindings<'_>) {
    let accounts = Accounts::new(inventory);
    for workload in &inventory.facts.workloads {
        let account = accounts.of(workload);
        let is_off = workload.automount.is_none() && account.is_some_and(|account| account.automount == Some(false));
        if let Some(place) = workload.projected_token.filter(|_| is_off) {
            let message = "A projected token is good for the API server although its ServiceAccount switches the \
                           mounting of tokens off";
            findings.report(workload.resource, Finding::at_place(place).message(message));
        }
        for &(audience, place) in &workload.token_audiences {
            let text = inventory.symbols.text(audience);
            let Some((_, annotations)) = CLOUDS.iter().find(|(cloud, _)| text.contains(cloud)) else { continue };
            let finding = Finding::at_place(place).severity(Severity::Info);
            let names = account.into_iter().flat_map(|account| &account.annotations);
            let mut names = names.map(|name| inventory.symbols.text(*name));
            if names.any(|name| annotations.contains(&name.as_str())) {
                continue;
            }
            // An account that is not in the input may have the annotation.
            let finding = if account.is_none() && (!inventory.complete || accounts.is_said_elsewhere(workload)) {
                let message = "A projected token is for the cloud (`{value}`), and its ServiceAccount is not in the \
                               input: which identity it names there is not known";
                finding.message(message).skip()
            } else {
                let message =
                    "A projected token is for the cloud (`{value}`), and the ServiceAccount names no identity there";
                finding.message(message)
            };
            findings.report(workload.resource, finding.value(text));
        }
    }
}
