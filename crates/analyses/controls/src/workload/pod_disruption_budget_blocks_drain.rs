//! `pod-disruption-budget-blocks-drain`

use model::control::InventoryFindings;
use model::control::{Check, Control, alias, fixture};
use model::finding::Finding;
use model::fix::FixClass;
use model::inventory::{BudgetFact, Inventory};
use model::labels::Selector;
use model::severity::Severity;
use model::symbols::Symbol;
use std::collections::BTreeMap;

/// The control.
pub static CONTROL: Control = Control {
    id: "pod-disruption-budget-blocks-drain",
    title: "PodDisruptionBudget never allows eviction",
    severity: Severity::Medium,
    severity_reason: "nodes cannot be drained or patched",
    rationale: "A budget that never lets a pod go keeps nodes from being drained: security updates of the node wait, or somebody deletes pods by force.",
    remediation: "Let at least one pod go: `maxUnavailable: 1`, or a `minAvailable` below the number of replicas.",
    verify: "kubectl get poddisruptionbudgets -A -o json | jq -r '.items[] | select(.status.disruptionsAllowed == 0) | \"\\(.metadata.namespace)/\\(.metadata.name)\"'",
    aliases: &[
        alias("polaris", "pdbDisruptionsIsZero"),
        alias("polaris", "pdbMinAvailableGreaterThanHPAMinReplicas"),
        alias("kube-linter", "pdb-max-unavailable"),
        alias("kube-linter", "pdb-min-available"),
        alias("kube-score", "poddisruptionbudget-has-policy"),
        alias("gatekeeper", "K8sPodDisruptionBudget"),
        alias("kyverno", "pdb-maxunavailable"),
        alias("kyverno", "pdb-minavailable-check"),
        alias("kyverno", "pdb-maxunavailable-with-deployments"),
        alias("kyverno", "deployment-replicas-higher-than-pdb"),
        alias("kyverno", "require-reasonable-pdbs"),
        alias("kyverno", "require-replicas-allow-disruption"),
    ],
    mappings: &[],
    references: &[],
    umbrella: false,
    fix: FixClass::NeedsValue,
    parameters: &[],
    check: Check::Inventory(check),
    fixtures: &[
        fixture(
            "apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: b
spec:
  maxUnavailable: 0 #~ medium spec.maxUnavailable: Budget lets no pod go
",
        ),
        fixture(
            "apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: b
spec:
  maxUnavailable: 1
",
        ),
        fixture(
            "apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: b
spec:
  maxUnavailable: 0% #~ lets no pod go
",
        ),
        fixture(
            "apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: b
spec:
  minAvailable: 100% #~ lets no pod go
",
        ),
        fixture(
            "apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: b
spec:
  minAvailable: 1
  maxUnavailable: 1 #~ sets both
",
        ),
        fixture(
            "apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: b
spec: #~ neither
  selector: {}
",
        ),
        fixture(
            "apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: b
spec:
  selector: {matchLabels: {a: b}}
  minAvailable: 2 #~ all there are
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: d
spec:
  replicas: 2
  selector: {matchLabels: {a: b}}
  template:
    metadata: {labels: {a: b}}
    spec: {containers: [{name: c, image: 'i:1'}]}
",
        ),
        fixture(
            "apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: b
spec:
  selector: {matchLabels: {a: b}}
  minAvailable: 2
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: d
spec:
  replicas: 3
  selector: {matchLabels: {a: b}}
  template:
    metadata: {labels: {a: b}}
    spec: {containers: [{name: c, image: 'i:1'}]}
",
        ),
        fixture(
            "apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: b
spec:
  selector: {matchLabels: {a: b}}
  minAvailable: 51% #~ all there are
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: d
spec:
  replicas: 1
  selector: {matchLabels: {a: b}}
  template:
    metadata: {labels: {a: b}}
    spec: {containers: [{name: c, image: 'i:1'}]}
",
        ),
        fixture(
            "apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: b
spec:
  selector: {matchLabels: {a: b}}
  minAvailable: 50%
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: d
spec:
  replicas: 2
  selector: {matchLabels: {a: b}}
  template:
    metadata: {labels: {a: b}}
    spec: {containers: [{name: c, image: 'i:1'}]}
",
        ),
        fixture(
            "apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: b
spec:
  selector: {matchLabels: {a: b}}
  minAvailable: 34% #~ all there are
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: d
spec:
  replicas: 1
  selector: {matchLabels: {a: b}}
  template:
    metadata: {labels: {a: b}}
    spec: {containers: [{name: c, image: 'i:1'}]}
",
        ),
        fixture(
            "apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: b
spec:
  selector: {matchLabels: {a: b}}
  minAvailable: 2
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: d
spec:
  replicas: 2
  selector: {matchLabels: {a: b}}
  template:
    metadata: {labels: {a: b}}
    spec: {containers: [{name: c, image: 'i:1'}]}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  name: h
spec:
  scaleTargetRef: {kind: Deployment, name: d}
  minReplicas: 3
",
        ),
        fixture(
            "apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: b
spec:
  selector: {matchLabels: {a: b}}
  minAvailable: 2 #~ all there are
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: d
spec:
  replicas: 5
  selector: {matchLabels: {a: b}}
  template:
    metadata: {labels: {a: b}}
    spec: {containers: [{name: c, image: 'i:1'}]}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  name: h
spec:
  scaleTargetRef: {kind: Deployment, name: d}
  minReplicas: 2
",
        ),
        fixture(
            "apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: b
spec:
  selector: {matchExpressions: [{key: a, operator: Exists}]}
  minAvailable: 2 #~ all there are
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: d
spec:
  replicas: 2
  selector: {matchLabels: {a: b}}
  template:
    metadata: {labels: {a: b}}
    spec: {containers: [{name: c, image: 'i:1'}]}
",
        ),
        fixture(
            "apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: b
spec:
  selector: {matchExpressions: [{key: a, operator: DoesNotExist}]}
  minAvailable: 2
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: d
spec:
  replicas: 2
  selector: {matchLabels: {a: b}}
  template:
    metadata: {labels: {a: b}}
    spec: {containers: [{name: c, image: 'i:1'}]}
",
        ),
        fixture(
            "apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: b
spec:
  selector: {matchExpressions: [{key: a, operator: In, values: [c, b]}]}
  minAvailable: 2 #~ all there are
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: d
spec:
  replicas: 2
  selector: {matchLabels: {a: b}}
  template:
    metadata: {labels: {a: b}}
    spec: {containers: [{name: c, image: 'i:1'}]}
",
        ),
        fixture(
            "apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: b
spec:
  selector: {matchExpressions: [{key: a, operator: Exists}]}
  minAvailable: 99%
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: d
spec:
  replicas: 9223372036854775807
  selector: {matchLabels: {a: b}}
  template:
    metadata: {labels: {a: b}}
    spec: {containers: [{name: c, image: 'i:1'}]}
",
        ),
        fixture(
            "apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  namespace: other
  name: b
spec:
  selector: {matchExpressions: [{key: a, operator: Exists}]}
  minAvailable: 2
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: d
spec:
  replicas: 2
  selector: {matchLabels: {a: b}}
  template:
    metadata: {labels: {a: b}}
    spec: {containers: [{name: c, image: 'i:1'}]}
",
        ),
    ],
};

fn check(inventory: &Inventory, findings: &mut InventoryFindings<'_>) {
    let mut replicas = Replicas::new(inventory);
    for budget in &inventory.facts.budgets {
        findings.looked_at(budget.resource);
        let finding = match (budget.min_available, budget.max_unavailable) {
            (None, None) => {
                Some(Finding::at_place(budget.place).message("Budget sets neither `minAvailable` nor `maxUnavailable`"))
            }
            (Some(_), Some((_, place))) => Some(
                Finding::at_place(place)
                    .message("Budget sets both `minAvailable` and `maxUnavailable`: the API refuses it"),
            ),
            (None, Some((value, place))) => {
                let text = inventory.symbols.text(value);
                let message = "Budget lets no pod go: `maxUnavailable` is `{value}`";
                is_zero(&text).then(|| Finding::at_place(place).value(text).message(message))
            }
            (Some((value, place)), None) => {
                let text = inventory.symbols.text(value);
                let replicas = replicas.of(budget, relevant(&text));
                blocks(&text, replicas).then(|| Finding::at_place(place).value(text).message(MINIMUM))
            }
        };
        if let Some(finding) = finding {
            findings.report(budget.resource, finding);
        }
    }
}

const MINIMUM: &str = "Budget lets no pod go: `minAvailable` is `{value}`, which is all there are";

/// How many pods selectors select at the least.
struct Replicas<'i> {
    inventory: &'i Inventory,
    /// The least number of replicas of what autoscalers scale, by namespace, kind and name.
    autoscaled: BTreeMap<(Symbol, Symbol, Symbol), i64>,
    /// Kinds that have a number of replicas.
    counted: [Symbol; 5],
    known: BTreeMap<(Symbol, &'i Selector, i64), Option<i64>>,
}

impl<'i> Replicas<'i> {
    fn new(inventory: &'i Inventory) -> Self {
        let autoscalers = inventory.facts.autoscalers.iter();
        let autoscaled = autoscalers.map(|scaler| {
            let namespace = inventory.namespace(scaler.resource);
            ((namespace, scaler.target_kind, scaler.target_name), scaler.min_replicas)
        });
        let counted = ["Deployment", "StatefulSet", "ReplicaSet", "ReplicationController", "Rollout"];
        Self {
            inventory,
            autoscaled: autoscaled.collect(),
            counted: counted.map(|kind| inventory.symbols.intern(kind)),
            known: BTreeMap::new(),
        }
    }

    /// How many pods the budget is for at the least, if the workloads that it selects are known; of more than
    /// `relevant` that many suffice.
    fn of(&mut self, budget: &'i BudgetFact, relevant: i64) -> Option<i64> {
        let selector = budget.selector.as_ref()?;
        let namespace = self.inventory.namespace(budget.resource);
        if let Some(known) = self.known.get(&(namespace, selector, relevant)) {
            return *known;
        }
        let found = self.count(namespace, selector, relevant);
        self.known.insert((namespace, selector, relevant), found);
        found
    }

    fn count(&self, namespace: Symbol, selector: &Selector, relevant: i64) -> Option<i64> {
        let mut all: Option<i64> = None;
        for workload in self.inventory.selected(namespace, selector) {
            let resource = self.inventory.resource(workload.resource);
            // What runs on every node, once, or by itself has no number of replicas.
            if !self.counted.contains(&resource.kind) {
                return None;
            }
            let scaled = self.autoscaled.get(&(namespace, resource.kind, resource.name)).copied();
            if all.is_some_and(|all| all > relevant) {
                return all;
            }
            all = Some(all.unwrap_or(0).saturating_add(scaled.unwrap_or(workload.replicas.unwrap_or(1))));
        }
        all
    }
}

fn is_zero(text: &str) -> bool {
    let number = text.strip_suffix('%').unwrap_or(text);
    number.trim().parse::<i64>() == Ok(0)
}

/// So many pods or more are never all there are, if the budget wants this many: a percentage below 100 that is
/// rounded up is all of less than 100.
fn relevant(text: &str) -> i64 {
    if text.ends_with('%') { 100 } else { text.trim().parse().unwrap_or(0) }
}

/// Percentages are rounded up, as the disruption controller does.
fn blocks(text: &str, replicas: Option<i64>) -> bool {
    match text.strip_suffix('%') {
        Some(percent) => {
            let Ok(percent) = percent.trim().parse::<i64>() else { return false };
            percent >= 100
                || replicas.is_some_and(|replicas| {
                    // Wider, because a number of replicas may be any that the file has room for.
                    let healthy = (i128::from(percent.max(0)) * i128::from(replicas) + 99) / 100;
                    replicas > 0 && healthy >= i128::from(replicas)
                })
        }
        None => {
            let Ok(number) = text.trim().parse::<i64>() else { return false };
            replicas.is_some_and(|replicas| replicas > 0 && number >= replicas)
        }
    }
}
