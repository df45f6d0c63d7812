//! `token-mounted-with-permissions`

use model::control::InventoryFindings;
use model::control::{Check, Control, alias, complete_fixture, fixture, maps};
use model::finding::Finding;
use model::inventory::{BindingFact, Inventory, RoleFact};
use model::severity::Severity;
use model::symbols::Symbol;
use std::collections::BTreeMap;

use super::service_accounts::Accounts;

/// The control.
pub static CONTROL: Control = Control {
    id: "token-mounted-with-permissions",
    title: "Mounted token carries real permissions",
    severity: Severity::High,
    severity_reason: "a foothold in the pod can use these rights at once",
    rationale: "Whoever runs code in the pod holds its token, and with it at once whatever the ServiceAccount may do: read Secrets, create pods, or more.",
    remediation: "Take the rights that the program does not use out of the role, or stop mounting the token.",
    verify: "kubectl auth can-i --list --as=system:serviceaccount:NAMESPACE:NAME",
    aliases: &[alias("kubescape", "C-0261"), alias("kubescape", "C-0053")],
    mappings: &[maps("cis-kubernetes", "5.1.6"), maps("mitre", "T1528"), maps("owasp-k8s-top10", "K02"), maps("owasp-k8s-top10", "K09"), maps("nist-800-190", "4.3.1"), maps("nist-800-53", "AC-6")],
    references: &[],
    umbrella: false,
    check: Check::Inventory(check),
    fixtures: &[
fixture("apiVersion: v1
kind: Pod
metadata:
  name: app
  namespace: a
spec:
  serviceAccountName: robot #~ high spec.serviceAccountName: The token of ServiceAccount `robot` is mounted, and `reader`
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: reader
  namespace: a
rules:
  - {apiGroups: [''], resources: [secrets], verbs: [get]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: b
  namespace: a
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: Role
  name: reader
subjects:
  - {kind: ServiceAccount, name: 'robot', namespace: a}
"),
fixture("apiVersion: v1
kind: Pod
metadata:
  name: app
  namespace: a
spec:
  serviceAccountName: robot
  automountServiceAccountToken: false
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: reader
  namespace: a
rules:
  - {apiGroups: [''], resources: [secrets], verbs: [get]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: b
  namespace: a
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: Role
  name: reader
subjects:
  - {kind: ServiceAccount, name: 'robot', namespace: a}
"),
fixture("apiVersion: v1
kind: Pod
metadata:
  name: app
  namespace: a
spec:
  serviceAccountName: robot #? bindings outside the input
"),
complete_fixture("apiVersion: v1
kind: Pod
metadata:
  name: app
  namespace: a
spec:
  serviceAccountName: robot
"),
fixture("apiVersion: v1
kind: Pod
metadata:
  name: app
  namespace: a
spec:
  serviceAccountName: robot #? `other` is bound
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: b
  namespace: a
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: Role
  name: other
subjects:
  - {kind: ServiceAccount, name: 'robot'}
"),
fixture("apiVersion: v1
kind: Pod
metadata:
  name: app
  namespace: a
spec:
  serviceAccountName: robot #~ critical
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: b
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: cluster-admin
subjects:
  - {kind: Group, name: 'system:serviceaccounts:a'}
"),
fixture("apiVersion: v1
kind: Pod
metadata:
  name: app
  namespace: a
spec:
  serviceAccountName: robot #~ high
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: b
  namespace: b
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: edit
subjects:
  - {kind: User, name: 'system:serviceaccount:a:robot'}
"),
complete_fixture("apiVersion: v1
kind: Pod
metadata:
  name: app
  namespace: a
spec:
  serviceAccountName: robot
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: b
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: system:discovery
subjects:
  - {kind: Group, name: 'system:authenticated'}
"),
complete_fixture("apiVersion: v1
kind: Pod
metadata:
  name: app
  namespace: a
spec:
  serviceAccountName: robot
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: reader
  namespace: a
rules:
  - {apiGroups: [''], resources: [secrets], verbs: []}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: b
  namespace: a
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: Role
  name: reader
subjects:
  - {kind: ServiceAccount, name: 'robot', namespace: a}
"),
complete_fixture("apiVersion: v1
kind: Pod
metadata:
  name: app
  namespace: a
spec:
  serviceAccountName: robot
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: reader
  namespace: a
rules:
  - {apiGroups: [''], resources: [secrets], verbs: [get]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: b
  namespace: a
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: Role
  name: reader
subjects:
  - {kind: ServiceAccount, name: 'robot', namespace: other}
"),
fixture("apiVersion: v1
kind: Pod
metadata:
  name: app
  namespace: a
spec:
  serviceAccountName: robot
  automountServiceAccountToken: false
  volumes:
    - name: t
      projected:
        sources:
          - serviceAccountToken:
              path: token #~ high

---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: b
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: view
subjects:
  - {kind: Group, name: 'system:serviceaccounts'}
"),
],
};

fn check(inventory: &Inventory, findings: &mut InventoryFindings<'_>) {
    let accounts = Accounts::new(inventory);
    let bindings = Bindings::new(inventory);
    let mut grants: BTreeMap<(Symbol, Symbol), Granted> = BTreeMap::new();
    for workload in &inventory.facts.workloads {
        let projected = workload.projected_token;
        if !accounts.is_automounted(workload) && projected.is_none() {
            continue;
        }
        findings.looked_at(workload.resource);
        let account = accounts.name_of(workload);
        let place = projected.unwrap_or(workload.service_account_place);
        let granted = grants.entry(account).or_insert_with(|| granted(inventory, &bindings, account));
        let finding = match granted {
            Granted { message: None, .. } => continue,
            Granted { message: Some(message), account, status } => {
                let finding = Finding::at_place(place).value(account.as_str()).message(message.as_str());
                match status {
                    Some(severity) => finding.severity(*severity),
                    None => finding.skip(),
                }
            }
        };
        findings.report(workload.resource, finding);
    }
}

/// What is said of the workloads of an account.
struct Granted {
    account: String,
    /// Nothing if nothing is granted.
    message: Option<String>,
    /// How bad it is; nothing if that is not known.
    status: Option<Severity>,
}

fn granted(inventory: &Inventory, bindings: &Bindings<'_>, account: (Symbol, Symbol)) -> Granted {
    let (message, status) = match bindings.grant(account) {
        Grant::Role { role, everything } => {
            let message = format!(
                "The token of ServiceAccount `{{value}}` is mounted, and `{role}` is granted to it: code in the pod may \
                 use it at once"
            );
            (Some(message), Some(if everything { Severity::Critical } else { Severity::High }))
        }
        Grant::Unknown(role) => {
            let message = format!(
                "The token of ServiceAccount `{{value}}` is mounted, and `{role}` is bound to it, which is not in the \
                 input: what it grants is not known"
            );
            (Some(message), None)
        }
        Grant::None if inventory.complete => (None, None),
        Grant::None => {
            let message = "The token of ServiceAccount `{value}` is mounted; what bindings outside the input grant to \
                           it is not known";
            (Some(message.to_owned()), None)
        }
    };
    Granted { account: inventory.symbols.text(account.1), message, status }
}

/// What bindings say of an account.
enum Grant {
    /// A role that grants something, and whether that is everything everywhere.
    Role { role: String, everything: bool },
    /// A role that is bound and not known.
    Unknown(String),
    /// Nothing that is known.
    None,
}

/// Every account has these; they tell who one is and what the server offers.
const DISCOVERY: &[&str] =
    &["system:discovery", "system:public-info-viewer", "system:basic-user", "system:service-account-issuer-discovery"];

/// ClusterRoles that every cluster has and that grant something.
const BUILT_IN: &[&str] = &["cluster-admin", "admin", "edit", "view"];

/// The bindings of the input by whom they are for.
struct Bindings<'i> {
    inventory: &'i Inventory,
    by_subject: BTreeMap<(Symbol, Symbol, Symbol), Vec<&'i BindingFact>>,
    roles: BTreeMap<(bool, Symbol, Symbol), &'i RoleFact>,
}

impl<'i> Bindings<'i> {
    fn new(inventory: &'i Inventory) -> Self {
        let mut by_subject: BTreeMap<_, Vec<&BindingFact>> = BTreeMap::new();
        let account = inventory.symbols.intern("ServiceAccount");
        for binding in &inventory.facts.bindings {
            for subject in &binding.subjects {
                let mut namespace = if subject.kind == account { subject.namespace } else { Symbol::EMPTY };
                // The API wants a namespace here; where it is left out, the one of the binding is meant.
                if subject.kind == account && namespace.is_empty() && !binding.cluster {
                    namespace = inventory.namespace(binding.resource);
                }
                by_subject.entry((subject.kind, namespace, subject.name)).or_default().push(binding);
            }
        }
        let roles = inventory.facts.roles.iter().map(|role| {
            let resource = inventory.resource(role.resource);
            let namespace = if role.cluster { Symbol::EMPTY } else { resource.namespace };
            ((role.cluster, namespace, resource.name), role)
        });
        Self { inventory, by_subject, roles: roles.collect() }
    }

    /// The strongest of what is granted to an account, by itself, as a user, or through its groups.
    fn grant(&self, (namespace, name): (Symbol, Symbol)) -> Grant {
        let symbols = &self.inventory.symbols;
        let (namespace_text, name_text) = (symbols.text(namespace), symbols.text(name));
        let find = |kind: &str, name: &str| Some((symbols.find(kind)?, Symbol::EMPTY, symbols.find(name)?));
        let subjects = [
            symbols.find("ServiceAccount").map(|kind| (kind, namespace, name)),
            find("User", &format!("system:serviceaccount:{namespace_text}:{name_text}")),
            find("Group", "system:serviceaccounts"),
            find("Group", &format!("system:serviceaccounts:{namespace_text}")),
            find("Group", "system:authenticated"),
        ];
        let mut strongest = Grant::None;
        for binding in subjects.iter().flatten().filter_map(|subject| self.by_subject.get(subject)).flatten() {
            // A RoleBinding grants in its own namespace; that is a right of the account wherever the pod is.
            match (self.role(binding), &strongest) {
                (
                    Grant::Role { role, everything },
                    Grant::None | Grant::Unknown(_) | Grant::Role { everything: false, .. },
                ) => {
                    strongest = Grant::Role { role, everything };
                }
                (Grant::Unknown(role), Grant::None) => strongest = Grant::Unknown(role),
                _ => {}
            }
        }
        strongest
    }

    fn role(&self, binding: &BindingFact) -> Grant {
        let name = self.inventory.symbols.text(binding.role);
        if DISCOVERY.contains(&name.as_str()) {
            return Grant::None;
        }
        let namespace = if binding.cluster_role { Symbol::EMPTY } else { self.inventory.namespace(binding.resource) };
        match self.roles.get(&(binding.cluster_role, namespace, binding.role)) {
            Some(role) if role.grants || role.aggregated => {
                Grant::Role { everything: is_everything(binding, &name), role: name }
            }
            Some(_) => Grant::None,
            None if binding.cluster_role && BUILT_IN.contains(&name.as_str()) => {
                Grant::Role { everything: is_everything(binding, &name), role: name }
            }
            // A role that does not exist grants nothing.
            None if self.inventory.complete => Grant::None,
            None => Grant::Unknown(name),
        }
    }
}

fn is_everything(binding: &BindingFact, role: &str) -> bool {
    binding.cluster && role == "cluster-admin"
}
