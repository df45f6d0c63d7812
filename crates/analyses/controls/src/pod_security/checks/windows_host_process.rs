//! `windowsHostProcess`: processes of the node, on Windows.

use model::workload::Workload;

use crate::pod_security::wording::{Forbidden, Setters, is_true};

pub(super) fn check(workload: &Workload<'_>) -> Option<Forbidden> {
    let setters = Setters::of(&workload.pod, |context| {
        is_true(context.windows_options.and_then(|options| options.get("hostProcess")))
    });
    (!setters.is_empty()).then(|| Forbidden {
        reason: "hostProcess",
        detail: format!("{} must not set securityContext.windowsOptions.hostProcess=true", setters.text()),
    })
}
