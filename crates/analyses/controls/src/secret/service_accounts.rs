//! Which ServiceAccount a pod runs as, and whether it gets its token.

use std::collections::BTreeMap;

use model::inventory::{Inventory, ServiceAccountFact, WorkloadFact};
use model::symbols::Symbol;
use model::workload::Form;

/// The ServiceAccounts of the input by namespace and name.
pub(crate) struct Accounts<'i> {
    inventory: &'i Inventory,
    by_name: BTreeMap<(Symbol, Symbol), &'i ServiceAccountFact>,
    default: Symbol,
}

impl<'i> Accounts<'i> {
    /// The accounts of `inventory`.
    pub(crate) fn new(inventory: &'i Inventory) -> Self {
        let accounts = inventory.facts.service_accounts.iter();
        let by_name = accounts.map(|account| {
            let resource = inventory.resource(account.resource);
            ((resource.namespace, resource.name), account)
        });
        Self { inventory, by_name: by_name.collect(), default: inventory.symbols.intern("default") }
    }

    /// Whether another object says which account the pod runs as and whether it gets the token: the run of a task,
    /// or the controller of a virtual machine.
    pub(crate) fn is_said_elsewhere(&self, workload: &WorkloadFact) -> bool {
        workload.form == Form::Parts && workload.service_account.is_empty() && workload.automount.is_none()
    }

    /// Namespace and name of the account that a workload runs as.
    pub(crate) fn name_of(&self, workload: &WorkloadFact) -> (Symbol, Symbol) {
        let namespace = self.inventory.namespace(workload.resource);
        let name = workload.service_account;
        (namespace, if name.is_empty() { self.default } else { name })
    }

    /// The account that a workload runs as, if it is in the input.
    pub(crate) fn of(&self, workload: &WorkloadFact) -> Option<&'i ServiceAccountFact> {
        self.by_name.get(&self.name_of(workload)).copied()
    }

    /// Whether the token is mounted into the pod without being asked for: what the pod says, else what its account
    /// says, else yes. A container that has something of its own in the token's place does not see it.
    pub(crate) fn is_automounted(&self, workload: &WorkloadFact) -> bool {
        let account = self.of(workload).and_then(|account| account.automount);
        workload.automount.or(account).unwrap_or(true) && !workload.token_path_covered
    }
}
