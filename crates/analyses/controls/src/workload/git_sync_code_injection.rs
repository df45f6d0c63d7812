//! `git-sync-code-injection`

use model::control::{Check, Control, alias, fixture, maps};
use model::document::Value;
use model::finding::{Finding, Findings};
use model::fix::FixClass;
use model::image_reference::ImageReference;
use model::pod::Container;
use model::severity::Severity;
use model::workload::Workload;

/// The control.
pub static CONTROL: Control = Control {
    id: "git-sync-code-injection",
    title: "git-sync container takes untrusted arguments",
    severity: Severity::Medium,
    severity_reason: "GITSYNC variables and --exechook allow command execution for who edits the env",
    rationale: "git-sync runs the commands that these settings name. Who may change the environment or the arguments of the pod, or the repository that they point at, runs code in it.",
    remediation: "Take the hooks and the command settings out, and pin the repository and the revision.",
    verify: "kubectl get pods -A -o json | jq -r '.items[] | select(any(.spec.containers[]; (.image | test(\"/?git-sync[:@]?\")) and any(.env[]?; .name | test(\"EXECHOOK|GITSYNC_GIT|ASKPASS_URL\")))) | \"\\(.metadata.namespace)/\\(.metadata.name)\"'",
    aliases: &[alias("checkov", "CKV_K8S_159")],
    mappings: &[maps("owasp-k8s-top10", "K01"), maps("mitre", "T1609")],
    references: &[],
    umbrella: false,
    fix: FixClass::Manual,
    parameters: &[],
    check: Check::Workload(check),
    fixtures: &[
        fixture(
            "apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  containers:
    - name: app
      image: registry.k8s.io/git-sync/git-sync:v4.4.0
      env:
        - name: GITSYNC_EXECHOOK_COMMAND #~ medium spec.containers[0].env[0].name
          value: /hook.sh
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
      image: registry.k8s.io/git-sync/git-sync:v4.4.0
      env:
        - name: GITSYNC_REPO
          value: https://git.example.com/a
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
      image: git-sync
      args:
        - --repo=https://git.example.com/a
        - --exechook-command=/hook.sh #~ passes
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
      env:
        - name: GITSYNC_EXECHOOK_COMMAND
          value: /hook.sh
",
        ),
        fixture(
            "apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  initContainers:
    - name: sync
      image: registry.example.com:5000/git-sync@sha256:4f53cda18c2baa0c0354bb5f9a3ecbe5ed12ab4d8e11ba873c2f11161202b945
      command: [/git-sync, --git, /tmp/git] #~ Container `sync` passes `--git`
      args: [--git-config=a]
      env:
        - name: GIT_SYNC_HOOK_URL #~ Container `sync` sets `GIT_SYNC_HOOK_URL`
          value: http://a.example.com
",
        ),
    ],
};

const EXACT: &[&str] =
    &["GITSYNC_GIT", "GIT_SYNC_GIT", "GIT_ASKPASS_URL", "GITSYNC_ASKPASS_URL", "GIT_SYNC_ASKPASS_URL"];
const PREFIXES: &[&str] = &["GITSYNC_EXECHOOK", "GIT_SYNC_EXECHOOK", "GIT_SYNC_HOOK"];
const FLAGS: &[&str] = &["exechook-command", "git"];

fn check(workload: &Workload<'_>, findings: &mut Findings<'_>) {
    let is_git_sync = |container: &&Container<'_>| {
        container.image.is_some_and(|image| ImageReference::parse(&image.text()).basename() == "git-sync")
    };
    let mut found = false;
    for container in workload.pod.containers.iter().filter(is_git_sync) {
        found = true;
        for (name, _) in container.env_entries().filter(|(name, _)| is_dangerous(&name.text())) {
            let message = "Container `{container}` sets `{value}`: git-sync runs what it names";
            findings.report(Finding::at(name).container(container).message(message));
        }
        let lists = [container.command, container.args];
        for argument in lists.into_iter().flatten().flat_map(Value::items).filter(|argument| is_flag(&argument.text()))
        {
            let message = "Container `{container}` passes `{value}`: git-sync runs what it names";
            findings.report(Finding::at(argument).container(container).message(message));
        }
    }
    if !found {
        findings.not_applicable();
    }
}

fn is_dangerous(name: &str) -> bool {
    EXACT.contains(&name) || PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}

fn is_flag(argument: &str) -> bool {
    let Some(name) = argument.strip_prefix("--").or_else(|| argument.strip_prefix('-')) else { return false };
    FLAGS.contains(&name.split('=').next().unwrap_or(name))
}
