//! `device-or-accelerator-admin-access`

use model::control::InventoryFindings;
use model::control::{Check, Control, fixture, maps};
use model::document::Value;
use model::finding::{Finding, Findings};
use model::fix::FixClass;
use model::inventory::Inventory;
use model::object::Object;
use model::severity::Severity;
use model::workload::Workload;

use super::host_paths;

/// The control.
pub static CONTROL: Control = Control {
    id: "device-or-accelerator-admin-access",
    title: "Pod gets raw or administrative device access",
    severity: Severity::Medium,
    severity_reason: "block devices and DRA adminAccess bypass isolation",
    rationale: "A raw block device is every file on it, whatever their owners; administrative access to a device reaches what other pods do with it. Neither passes the walls that containers have.",
    remediation: "Drop `adminAccess` and the raw device; mount a file system, or ask for a device of one's own.",
    verify: "kubectl get resourceclaims,resourceclaimtemplates -A -o json | jq -r '.items[] | select([.. | .adminAccess? // empty] | any) | .metadata.name'",
    aliases: &[],
    mappings: &[maps("owasp-k8s-top10", "K01"), maps("nist-800-190", "4.4.3")],
    references: &[],
    umbrella: false,
    fix: FixClass::Manual,
    parameters: &[],
    check: Check::All(check_object, check_workload, check_claims),
    fixtures: &[
        fixture(
            "apiVersion: resource.k8s.io/v1
kind: ResourceClaim
metadata:
  name: gpu
spec:
  devices:
    requests:
      - name: all
        exactly:
          deviceClassName: gpu
          adminAccess: true #~ medium spec.devices.requests[0].exactly.adminAccess
",
        ),
        fixture(
            "apiVersion: resource.k8s.io/v1
kind: ResourceClaim
metadata:
  name: gpu
spec:
  devices:
    requests:
      - name: all
        exactly:
          deviceClassName: gpu
",
        ),
        fixture(
            "apiVersion: resource.k8s.io/v1beta1
kind: ResourceClaimTemplate
metadata:
  name: gpu
spec:
  spec:
    devices:
      requests:
        - name: all
          adminAccess: true #~ administrative
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
      resources:
        limits:
          smarter-devices/fuse: 1 #~ a device of its node
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
      volumeDevices:
        - name: v #~ through a claim
          devicePath: /dev/x
  volumes:
    - name: v
      persistentVolumeClaim:
        claimName: claim
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  name: claim
spec:
  volumeName: volume
---
apiVersion: v1
kind: PersistentVolume
metadata:
  name: volume
spec:
  volumeMode: Block
  local: {path: /dev/sda}
",
        ),
    ],
};

/// Resources of device plugins that hand out devices of the node.
const HOST_DEVICES: &[&str] = &["smarter-devices/", "squat.ai/"];

fn check_object(object: &Object<'_>, findings: &mut Findings<'_>) {
    if object.group() != "resource.k8s.io" || !matches!(&*object.kind, "ResourceClaim" | "ResourceClaimTemplate") {
        return findings.not_applicable();
    }
    let spec = match &*object.kind {
        "ResourceClaimTemplate" => object.value.at(&["spec", "spec"]),
        _ => object.value.get("spec"),
    };
    let requests = spec.and_then(|spec| spec.at(&["devices", "requests"]));
    for request in requests.into_iter().flat_map(Value::items) {
        // Since v1beta2 a request for devices stands under `exactly`.
        let access = request.get("adminAccess").or_else(|| request.at(&["exactly", "adminAccess"]));
        if let Some(access) = access.filter(|access| access.as_bool() == Some(true)) {
            let message = "The claim asks for administrative access to a device: it reaches what other pods do with it";
            findings.report(Finding::at(access).message(message).remove());
        }
    }
}

fn check_workload(workload: &Workload<'_>, findings: &mut Findings<'_>) {
    for container in &workload.pod.containers {
        let resources = container.resources;
        for list in ["limits", "requests"] {
            let entries = resources.and_then(|resources| resources.get(list)).into_iter().flat_map(Value::entries);
            for (name, _) in
                entries.filter(|(name, _)| HOST_DEVICES.iter().any(|prefix| name.text().starts_with(prefix)))
            {
                let message = "Container `{container}` asks for `{value}`, a device of its node";
                findings.report(Finding::at(name).container(container).message(message));
            }
        }
    }
}

fn check_claims(inventory: &Inventory, findings: &mut InventoryFindings<'_>) {
    for claimed in host_paths::claimed(inventory) {
        if let Some((container, place)) = claimed.claim.device {
            let message = "Container `{container}` has the device `{value}` of its node, through a claim";
            let name = inventory.symbols.text(container);
            let finding = Finding::at_place(place).value(claimed.path.clone()).container_name(name);
            findings.report(claimed.resource, finding.message(message));
        }
    }
}
