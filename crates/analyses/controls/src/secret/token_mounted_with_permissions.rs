//! `token-mounted-with-permissions`

use model::control::InventoryFindings;
use model::control::{Check, Control, alias, complete_fixture, fixture, maps};
use model::finding::Finding;
use model::fix::FixClass;
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
    fix: FixClass::Manual,
    parameters: &[],
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
complete_fixture("apiVersion: v1
kind: Pod
metadata:
  name: app
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
  name: view
subjects:
  - {kind: ServiceAccount, name: robot}
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
  kind: Role
  name: reader
subjects:
  - {kind: ServiceAccount, name: robot, namespace: a}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: reader
rules:
  - {apiGroups: [''], resources: [secrets], verbs: [get]}
"),
fixture("apiVersion: v1
kind: Pod
metadata:
  name: app
  namespace: a
spec:
  serviceAccountName: robot #~ high spec.serviceAccountName: The token of ServiceAccount `robot` is mounted, and `system:discovery` is granted
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: b
  namespace: a
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: Role
  name: system:discovery
subjects:
  - {kind: ServiceAccount, name: robot, namespace: a}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: system:discovery
  namespace: a
rules:
  - {apiGroups: [''], resources: [secrets], verbs: [get]}
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
kind: ClusterRoleBinding
metadata:
  name: b
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: sum
subjects:
  - {kind: ServiceAccount, name: robot, namespace: a}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: sum
aggregationRule:
  clusterRoleSelectors: []
"),
fixture("apiVersion: v1
kind: Pod
metadata:
  name: app
  namespace: a
spec:
  serviceAccountName: robot #~ and `view` is granted
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: b
  namespace: a
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: unknown
subjects:
  - {kind: ServiceAccount, name: robot, namespace: a}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: b
  namespace: a
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: view
subjects:
  - {kind: Group, name: 'system:serviceaccounts:a'}
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
kind: RoleBinding
metadata:
  name: b
  namespace: a
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: Role
  name: unknown
subjects:
  - {kind: ServiceAccount, name: robot, namespace: a}
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
  namespace: a
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: cluster-admin
subjects:
  - {kind: ServiceAccount, name: robot, namespace: a}
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
kind: RoleBinding
metadata:
  name: b
  namespace: a
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: view
subjects:
  - {kind: Group, name: 'system:serviceaccounts:other'}
"),
fixture("apiVersion: tekton.dev/v1
kind: Task
metadata:
  name: app
spec: #? high spec.serviceAccountName: Which account the pod runs as
  steps: [{name: app}]
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
        if accounts.is_said_elsewhere(workload) {
            let message = "Which account the pod runs as is said where it is run: what its token may do is not known";
            let finding = Finding::at_place(workload.service_account_place).message(message);
            findings.report(workload.resource, finding.skip());
            continue;
        }
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
            let role = inventory.symbols.text(role);
            let message = format!(
                "The token of ServiceAccount `{{value}}` is mounted, and `{role}` is granted to it: code in the pod may \
                 use it at once"
            );
            (Some(message), Some(if everything { Severity::Critical } else { Severity::High }))
        }
        Grant::Unknown(role) => {
            let role = inventory.symbols.text(role);
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
#[derive(Clone, Copy)]
enum Grant {
    /// Nothing that is known.
    None,
    /// A role that is bound and not known.
    Unknown(Symbol),
    /// A role that grants something, and whether that is everything everywhere.
    Role { role: Symbol, everything: bool },
}

impl Grant {
    fn strength(self) -> u8 {
        match self {
            Self::None => 0,
            Self::Unknown(_) => 1,
            Self::Role { everything: false, .. } => 2,
            Self::Role { everything: true, .. } => 3,
        }
    }
}

/// Every account has these; they tell who one is and what the server offers.
const DISCOVERY: &[&str] =
    &["system:discovery", "system:public-info-viewer", "system:basic-user", "system:service-account-issuer-discovery"];

/// ClusterRoles that every cluster has and that grant something.
const BUILT_IN: &[&str] = &["cluster-admin", "admin", "edit", "view"];

/// What the bindings of the input grant, by whom they are for.
struct Bindings<'i> {
    inventory: &'i Inventory,
    by_subject: BTreeMap<(Symbol, Symbol, Symbol), Grant>,
    roles: BTreeMap<(bool, Symbol, Symbol), &'i RoleFact>,
}

impl<'i> Bindings<'i> {
    fn new(inventory: &'i Inventory) -> Self {
        let roles = inventory.facts.roles.iter().map(|role| {
            let resource = inventory.resource(role.resource);
            let namespace = if role.cluster { Symbol::EMPTY } else { resource.namespace };
            ((role.cluster, namespace, resource.name), role)
        });
        let mut bindings = Self { inventory, by_subject: BTreeMap::new(), roles: roles.collect() };
        let account = inventory.symbols.intern("ServiceAccount");
        for binding in &inventory.facts.bindings {
            let grant = bindings.role(binding);
            for subject in &binding.subjects {
                let mut namespace = Symbol::EMPTY;
                if subject.kind == account {
                    // The API wants a namespace here; where it is left out, the one of the binding is meant, if it
                    // has one.
                    namespace = match subject.namespace {
                        Symbol::EMPTY if binding.cluster => continue,
                        Symbol::EMPTY => inventory.namespace(binding.resource),
                        namespace => namespace,
                    };
                }
                let known = bindings.by_subject.entry((subject.kind, namespace, subject.name)).or_insert(Grant::None);
                if grant.strength() > known.strength() {
                    *known = grant;
                }
            }
        }
        bindings
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
        let granted = subjects.iter().flatten().filter_map(|subject| self.by_subject.get(subject)).copied();
        // Of equals the first: what is granted to the account itself says more than what its groups have.
        granted.fold(Grant::None, |best, grant| if grant.strength() > best.strength() { grant } else { best })
    }

    /// What a binding grants. In whatever namespace that is, it is a right of the account.
    fn role(&self, binding: &BindingFact) -> Grant {
        // The whole cluster is not bound to the role of a namespace.
        if binding.cluster && !binding.cluster_role {
            return Grant::None;
        }
        let role = binding.role;
        let name = self.inventory.symbols.text(role);
        if binding.cluster_role && DISCOVERY.contains(&name.as_str()) {
            return Grant::None;
        }
        let namespace = if binding.cluster_role { Symbol::EMPTY } else { self.inventory.namespace(binding.resource) };
        let granted = Grant::Role { role, everything: binding.cluster && name == "cluster-admin" };
        match self.roles.get(&(binding.cluster_role, namespace, role)) {
            Some(role) if role.grants || role.aggregated => granted,
            Some(_) => Grant::None,
            None if binding.cluster_role && BUILT_IN.contains(&name.as_str()) => granted,
            // A role that does not exist grants nothing.
            None if self.inventory.complete => Grant::None,
            None => Grant::Unknown(role),
        }
    }
}
