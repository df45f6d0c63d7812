//! What is asked: a control, its texts, and the function that looks.

use crate::finding::{ControlId, Findings};
use crate::fix::FixClass;
use crate::inventory::Inventory;
use crate::object::Object;
use crate::parameter::{ENABLED, Parameter, Setting, Settings};
use crate::severity::Severity;
use crate::workload::Workload;

/// One control, as its file writes it down.
#[derive(Debug)]
pub struct Control {
    /// Kebab-case, names the wrong thing, stable for ever.
    pub id: &'static str,
    /// What is wrong, present tense, without a full stop.
    pub title: &'static str,
    /// How bad it is, circumstances apart.
    pub severity: Severity,
    /// Why it is that bad, as a clause.
    pub severity_reason: &'static str,
    /// What an attacker gains. Sentences.
    pub rationale: &'static str,
    /// What to do. Sentences.
    pub remediation: &'static str,
    /// How to check by hand, as a shell command or a sentence.
    pub verify: &'static str,
    /// The names that other tools have for it.
    pub aliases: &'static [Alias],
    /// The requirements that it serves.
    pub mappings: &'static [Mapping],
    /// Pages that say more.
    pub references: &'static [&'static str],
    /// Whether it only sums up other controls: it is reported for those who ask for its name, and not counted beside
    /// its parts.
    pub umbrella: bool,
    /// Who may decide about the change that mends it; a finding says so where it differs by case.
    pub fix: FixClass,
    /// What its user decides.
    pub parameters: &'static [Parameter],
    /// The function that looks.
    pub check: Check,
    /// Manifests that fail, and the same ones mended; `explain` shows the difference of the first two.
    pub fixtures: &'static [Fixture],
}

/// What a check is given.
#[derive(Clone, Copy, Debug)]
pub enum Check {
    /// Every pod template and pod, whatever object it is in.
    Workload(fn(&Workload<'_>, &mut Findings<'_>)),
    /// Every object.
    Object(fn(&Object<'_>, &mut Findings<'_>)),
    /// Everything at once, when all objects are known. The findings have places from the inventory.
    Inventory(fn(&Inventory, &mut InventoryFindings<'_>)),
    /// Every pod template by itself, and then what only the whole inventory shows of it (claims, accounts).
    WorkloadAndInventory(fn(&Workload<'_>, &mut Findings<'_>), fn(&Inventory, &mut InventoryFindings<'_>)),
    /// Every object, and every pod template in it.
    ObjectAndWorkload(fn(&Object<'_>, &mut Findings<'_>), fn(&Workload<'_>, &mut Findings<'_>)),
    /// Every object by itself, and then what only the whole inventory shows of it.
    ObjectAndInventory(fn(&Object<'_>, &mut Findings<'_>), fn(&Inventory, &mut InventoryFindings<'_>)),
    /// Every object, every pod template in it, and then what only the whole inventory shows.
    All(
        fn(&Object<'_>, &mut Findings<'_>),
        fn(&Workload<'_>, &mut Findings<'_>),
        fn(&Inventory, &mut InventoryFindings<'_>),
    ),
}

/// Where checks of the whole inventory file their findings.
pub struct InventoryFindings<'a> {
    /// The findings of one control.
    pub findings: Findings<'a>,
    /// The resources that the control looked at and that passed unless a finding says otherwise.
    pub looked_at: Vec<crate::inventory::ResourceId>,
    /// What the control has said of these resources by themselves does not hold in the company of others.
    pub withdrawn: Vec<crate::inventory::ResourceId>,
    /// What the control has said of these resources by themselves is as bad as this in the company of others.
    pub raised: Vec<(crate::inventory::ResourceId, Severity)>,
}

impl InventoryFindings<'_> {
    /// Files a finding about `resource`.
    pub fn report(&mut self, resource: crate::inventory::ResourceId, finding: crate::finding::Finding<'_>) {
        self.findings.resource = resource;
        self.findings.report(finding);
    }

    /// Takes back what was said of `resource` when it was looked at by itself.
    pub fn withdraw(&mut self, resource: crate::inventory::ResourceId) {
        self.withdrawn.push(resource);
    }

    /// Raises what was said of `resource` when it was looked at by itself.
    pub fn raise(&mut self, resource: crate::inventory::ResourceId, severity: Severity) {
        self.raised.push((resource, severity));
    }

    /// Says that `resource` was looked at, so that it passes if nothing is reported.
    pub fn looked_at(&mut self, resource: crate::inventory::ResourceId) {
        self.looked_at.push(resource);
    }
}

/// Whose id an alias is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Alias {
    /// The tool, by its common name.
    pub tool: &'static str,
    /// Its id for the same subject. The verdicts may differ.
    pub id: &'static str,
}

/// A requirement of a framework.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mapping {
    /// The id of the framework, such as `cis-kubernetes`.
    pub framework: &'static str,
    /// The id of the requirement in it.
    pub requirement: &'static str,
}

/// Manifests, and what the control must say of them.
///
/// `#~ text` at the end of a line: a failure is expected there, whose line of text
/// (`severity field: message`) contains `text`. `#? text` expects a skip in the same way.
/// Lines without either must have nothing.
#[derive(Clone, Copy, Debug)]
pub struct Fixture {
    /// YAML, one or more documents.
    pub yaml: &'static str,
    /// Whether these documents are all there is, so that what is not in them does not exist.
    pub complete: bool,
    /// Parameters of the control, and what they are set to.
    pub settings: &'static [(&'static str, &'static str)],
}

impl Fixture {
    /// The settings under which `control` is to say it: those of the fixture, and `enabled` if there is such a switch.
    ///
    /// # Panics
    /// If the control has no such parameter, or the setting is not of its kind.
    pub fn settings(&self, control: &Control) -> Settings {
        let mut settings = Settings::default();
        for parameter in control.parameters.iter().filter(|parameter| parameter.name == ENABLED.name) {
            settings.set(control.id, parameter, Setting::Switch(true));
        }
        for (name, text) in self.settings {
            let parameter = control.parameters.iter().find(|parameter| parameter.name == *name);
            let parameter = parameter.expect("a fixture sets parameters of its control");
            settings.set(control.id, parameter, parameter.parse(text).expect("a setting is of the parameter's kind"));
        }
        settings
    }
}

/// A fixture of documents that may have neighbours elsewhere.
pub const fn fixture(yaml: &'static str) -> Fixture {
    Fixture { yaml, complete: false, settings: &[] }
}

/// A fixture of documents that may have neighbours elsewhere, with parameters set.
pub const fn fixture_with(settings: &'static [(&'static str, &'static str)], yaml: &'static str) -> Fixture {
    Fixture { yaml, complete: false, settings }
}

/// A fixture of documents that are all there is.
pub const fn complete_fixture(yaml: &'static str) -> Fixture {
    Fixture { yaml, complete: true, settings: &[] }
}

/// An alias of another tool.
pub const fn alias(tool: &'static str, id: &'static str) -> Alias {
    Alias { tool, id }
}

/// A mapping to a framework's requirement.
pub const fn maps(framework: &'static str, requirement: &'static str) -> Mapping {
    Mapping { framework, requirement }
}

/// The subject that controls are grouped by; the folder that their files are in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Group {
    /// Pods and what makes them.
    Workload,
    /// Roles and bindings.
    Rbac,
    /// Services, ingress, policies.
    Network,
    /// Image references and contents.
    Image,
    /// Secrets and tokens.
    Secret,
    /// Namespaces and the validity of objects.
    Namespace,
    /// The API server and its companions.
    ControlPlane,
    /// Nodes and kubelets.
    Node,
    /// Where images and manifests come from.
    SupplyChain,
    /// Admission control.
    Admission,
    /// Volumes and backups.
    Data,
}

impl Group {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::Workload,
        Self::Rbac,
        Self::Network,
        Self::Image,
        Self::Secret,
        Self::Namespace,
        Self::ControlPlane,
        Self::Node,
        Self::SupplyChain,
        Self::Admission,
        Self::Data,
    ];

    /// The name, as it is written everywhere.
    pub fn name(self) -> &'static str {
        match self {
            Self::Workload => "workload",
            Self::Rbac => "rbac",
            Self::Network => "network",
            Self::Image => "image",
            Self::Secret => "secret",
            Self::Namespace => "namespace",
            Self::ControlPlane => "control-plane",
            Self::Node => "node",
            Self::SupplyChain => "supply-chain",
            Self::Admission => "admission",
            Self::Data => "data",
        }
    }

    /// The group of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|group| group.name() == name)
    }
}

/// A control in the registry of all controls.
#[derive(Clone, Copy, Debug)]
pub struct Registered {
    /// Its number, which findings carry.
    pub id: ControlId,
    /// Its group.
    pub group: Group,
    /// The control itself.
    pub control: &'static Control,
}
