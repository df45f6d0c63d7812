//! A cluster of many pods, bindings and policies in one file, and the same as a plain search sees it.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, Result};

/// How much there is of what.
#[derive(Clone, Copy)]
pub(crate) struct Estate {
    pub(crate) pods: usize,
    pub(crate) workloads: usize,
    pub(crate) bindings: usize,
    pub(crate) policies: usize,
}

const TIERS: [&str; 3] = ["prod", "dev", "test"];
/// Workloads of one namespace.
const TOGETHER: usize = 25;
/// Parts that workloads are of; policies admit parts.
const PARTS: usize = 7;
/// Objects of one file.
const FILE: usize = 20_000;
/// Sources that the plain search begins from.
const SAMPLE: usize = 20;

impl Estate {
    fn namespaces(&self) -> usize {
        (self.workloads / TOGETHER).max(10)
    }

    fn nodes(&self) -> usize {
        (self.pods / 50).max(1)
    }

    /// Writes the objects as Lists of JSON, a file for each twenty thousand, into a folder of that name.
    pub(crate) fn write(&self, folder: &Path) -> Result<PathBuf> {
        self.write_in_files_of(FILE, folder)
    }

    /// Writes them as one List in one file.
    pub(crate) fn write_whole(&self, folder: &Path) -> Result<PathBuf> {
        Ok(self.write_in_files_of(usize::MAX, folder)?.join("0.json"))
    }

    fn write_in_files_of(&self, most: usize, folder: &Path) -> Result<PathBuf> {
        let folder = folder.join(format!("{}-{}", self.pods, self.policies));
        fs::create_dir_all(&folder).with_context(|| format!("cannot create `{}`", folder.display()))?;
        let mut items: Vec<String> = Vec::new();
        for at in 0..self.namespaces() {
            items.push(format!(
                r#"{{"apiVersion":"v1","kind":"Namespace","metadata":{{"name":"team-{at}","labels":{{"tier":"{}"}}}}}}"#,
                TIERS[at % TIERS.len()]
            ));
        }
        for at in 0..self.nodes() {
            let (high, low) = (at / 250, at % 250 + 1);
            items.push(format!(
                r#"{{"apiVersion":"v1","kind":"Node","metadata":{{"name":"node-{at}"}},"status":{{"addresses":[{{"type":"InternalIP","address":"10.0.{high}.{low}"}}]}}}}"#
            ));
        }
        for at in 0..self.workloads {
            self.workload(at, &mut items);
        }
        for at in 0..self.bindings {
            self.binding(at, &mut items);
        }
        items.extend((0..self.policies).map(|at| self.policy(at)));
        for (number, part) in items.chunks(most).enumerate() {
            let text = format!("{{\"apiVersion\":\"v1\",\"kind\":\"List\",\"items\":[\n{}\n]}}\n", part.join(",\n"));
            let path = folder.join(format!("{number}.json"));
            fs::write(&path, text).with_context(|| format!("cannot write `{}`", path.display()))?;
        }
        Ok(folder)
    }

    /// One in a hundred is privileged, some are on the network of their node or mount its logs, some are open to all.
    fn workload(&self, at: usize, items: &mut Vec<String>) {
        let namespace = at % self.namespaces();
        let labels = format!(r#"{{"app":"app-{at}","part":"p{}"}}"#, at % PARTS);
        let context = match at % 97 {
            0 => r#"{"privileged":true}"#,
            _ => r#"{"allowPrivilegeEscalation":false,"runAsNonRoot":true,"capabilities":{"drop":["ALL"]}}"#,
        };
        let (volumes, mounts) = match at % 53 {
            0 => (
                r#","volumes":[{"name":"h","hostPath":{"path":"/var/log"}}]"#,
                r#","volumeMounts":[{"name":"h","mountPath":"/h"}]"#,
            ),
            _ => ("", ""),
        };
        let host = if at.is_multiple_of(89) { r#","hostNetwork":true"# } else { "" };
        let account = if at % 2 == 1 { format!("app-{at}") } else { "default".to_owned() };
        let spec = format!(
            r#""serviceAccountName":"{account}"{host}{volumes},"containers":[{{"name":"app","image":"registry.example.com/app-{at}:1.2.3","ports":[{{"name":"http","containerPort":8080}}],"securityContext":{context}{mounts}}}]"#
        );
        let template = format!(r#"{{"metadata":{{"labels":{labels}}},"spec":{{{spec}}}}}"#);
        let replicas = self.pods / self.workloads;
        let owned = |kind: &str, name: &str, owner: &str| {
            format!(
                r#""name":"{name}","namespace":"team-{namespace}","labels":{labels},"ownerReferences":[{{"apiVersion":"apps/v1","kind":"{kind}","name":"{owner}","uid":"u-{owner}","controller":true}}]"#
            )
        };
        let spread =
            format!(r#"{{"replicas":{replicas},"selector":{{"matchLabels":{labels}}},"template":{template}}}"#);
        items.push(format!(
            r#"{{"apiVersion":"apps/v1","kind":"Deployment","metadata":{{"name":"app-{at}","namespace":"team-{namespace}","labels":{labels}}},"spec":{spread}}}"#
        ));
        let metadata = owned("Deployment", &format!("app-{at}-abc"), &format!("app-{at}"));
        items.push(format!(
            r#"{{"apiVersion":"apps/v1","kind":"ReplicaSet","metadata":{{{metadata}}},"spec":{spread}}}"#
        ));
        if at % 2 == 1 {
            items.push(format!(
                r#"{{"apiVersion":"v1","kind":"ServiceAccount","metadata":{{"name":"app-{at}","namespace":"team-{namespace}"}}}}"#
            ));
        }
        let kind = if at.is_multiple_of(61) { "LoadBalancer" } else { "ClusterIP" };
        items.push(format!(
            r#"{{"apiVersion":"v1","kind":"Service","metadata":{{"name":"app-{at}","namespace":"team-{namespace}"}},"spec":{{"type":"{kind}","selector":{{"app":"app-{at}"}},"ports":[{{"port":80,"targetPort":"http"}}]}}}}"#
        ));
        for replica in 0..replicas {
            let number = at * replicas + replica;
            let metadata = owned("ReplicaSet", &format!("app-{at}-abc-{replica}"), &format!("app-{at}-abc"));
            let (node, address) = (number % self.nodes(), [64 + number / 65_536, number / 256 % 256, number % 256]);
            let [a, b, c] = address;
            items.push(format!(
                r#"{{"apiVersion":"v1","kind":"Pod","metadata":{{{metadata}}},"spec":{{{spec},"nodeName":"node-{node}"}},"status":{{"phase":"Running","podIP":"10.{a}.{b}.{c}"}}}}"#
            ));
        }
    }

    /// Roles that read ConfigMaps; one in eleven is worth something, and five accounts may do everything.
    fn binding(&self, at: usize, items: &mut Vec<String>) {
        const WORTH: [(&str, &str); 6] = [
            ("", "pods"),
            ("", "secrets"),
            ("apps", "deployments"),
            ("", "services"),
            ("", "pods/exec"),
            ("rbac.authorization.k8s.io", "rolebindings"),
        ];
        let workload = at % self.workloads;
        let namespace = workload % self.namespaces();
        let ((group, resource), verbs) = match at % 11 {
            0 => (WORTH[at / 11 % WORTH.len()], r#""get","list","create""#),
            _ => (("", "configmaps"), r#""get","list""#),
        };
        let (prefix, metadata, scope) = match at % 1000 {
            7 => (
                "Cluster",
                format!(r#""name":"role-{at}""#),
                r#"{"apiGroups":["*"],"resources":["*"],"verbs":["*"]}"#.to_owned(),
            ),
            _ => (
                "",
                format!(r#""name":"role-{at}","namespace":"team-{namespace}""#),
                format!(r#"{{"apiGroups":["{group}"],"resources":["{resource}"],"verbs":[{verbs}]}}"#),
            ),
        };
        items.push(format!(
            r#"{{"apiVersion":"rbac.authorization.k8s.io/v1","kind":"{prefix}Role","metadata":{{{metadata}}},"rules":[{scope}]}}"#
        ));
        items.push(format!(
            r#"{{"apiVersion":"rbac.authorization.k8s.io/v1","kind":"{prefix}RoleBinding","metadata":{{{metadata}}},"roleRef":{{"apiGroup":"rbac.authorization.k8s.io","kind":"{prefix}Role","name":"role-{at}"}},"subjects":[{{"kind":"ServiceAccount","name":"app-{workload}","namespace":"team-{namespace}"}}]}}"#
        ));
    }

    fn policy(&self, at: usize) -> String {
        let workload = at % self.workloads;
        let namespace = workload % self.namespaces();
        let (part, tier) = (at % PARTS, TIERS[at % TIERS.len()]);
        let (from, to) = (at * 13 % self.workloads, at * 7 % self.workloads);
        format!(
            r#"{{"apiVersion":"networking.k8s.io/v1","kind":"NetworkPolicy","metadata":{{"name":"policy-{at}","namespace":"team-{namespace}"}},"spec":{{"podSelector":{{"matchLabels":{{"app":"app-{workload}"}}}},"policyTypes":["Ingress","Egress"],"ingress":[{{"from":[{{"podSelector":{{"matchLabels":{{"part":"p{part}"}}}}}},{{"namespaceSelector":{{"matchLabels":{{"tier":"{tier}"}}}},"podSelector":{{"matchLabels":{{"app":"app-{from}"}}}}}}],"ports":[{{"port":8080}}]}}],"egress":[{{"to":[{{"podSelector":{{"matchLabels":{{"app":"app-{to}"}}}}}}]}},{{"ports":[{{"port":53,"protocol":"UDP"}}]}}]}}}}"#
        )
    }

    /// The seconds that a plain breadth-first search over pods takes: from each of a few pods it asks of every other whether
    /// the policies of both namespaces let TCP 8080 through, rule by rule; told for all pods.
    pub(crate) fn plain_search(&self) -> (f64, String) {
        let start = Instant::now();
        let step = (self.pods / SAMPLE).max(1);
        let sources: Vec<usize> = (0..self.pods).step_by(step).take(SAMPLE).collect();
        let reached: usize =
            sources.iter().map(|from| (0..self.pods).filter(|to| self.admits(*from, *to)).count()).sum();
        let seconds = start.elapsed().as_secs_f64();
        let all = seconds * self.pods as f64 / sources.len() as f64;
        let mut note = String::new();
        let _ = write!(note, "{} of {} pods asked in {seconds:.2} s, {reached} connections", sources.len(), self.pods);
        (all, note)
    }

    fn admits(&self, from: usize, to: usize) -> bool {
        let replicas = self.pods / self.workloads;
        let (from, to) = (from / replicas, to / replicas);
        // Of each namespace the policies that select the workload, found at once.
        let policies = |workload: usize| (workload..self.policies).step_by(self.workloads);
        let is_on_node = |workload: usize| workload.is_multiple_of(89);
        let egress = || {
            let mut selecting = policies(from).peekable();
            is_on_node(from)
                || selecting.peek().is_none()
                || selecting.any(|at| {
                    let peer = at * 7 % self.workloads;
                    to == peer && to % self.namespaces() == from % self.namespaces() && !is_on_node(to)
                })
        };
        let ingress = || {
            let mut selecting = policies(to).peekable();
            is_on_node(to)
                || selecting.peek().is_none()
                || selecting.any(|at| {
                    let (source, target) = (from % self.namespaces(), to % self.namespaces());
                    let by_part = from % PARTS == at % PARTS && source == target;
                    let by_tier = source % TIERS.len() == at % TIERS.len() && from == at * 13 % self.workloads;
                    !is_on_node(from) && (by_part || by_tier)
                })
        };
        ingress() && egress()
    }
}
