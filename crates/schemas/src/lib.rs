//! What the API servers of Kubernetes accept, version by version: kinds, fields, types, and when they end.
//!
//! The facts are in `kubernetes.txt`, which `cargo xtask schemas` writes; it is read when somebody asks for the first
//! time. What objects say, and what is wrong with them, is left to the analyses.

mod read;
mod version;

use std::sync::OnceLock;

pub use version::{UnknownVersion, Version, Versions};

/// Everything that is known.
#[derive(Debug)]
pub struct Schemas {
    versions: Vec<Version>,
    groups: Vec<&'static str>,
    kinds: Vec<Kind>,
    definitions: Vec<Definition>,
    fields: Vec<Field>,
    shapes: Vec<Shape>,
    enumerations: Vec<Vec<Choice>>,
    /// The tables of all definitions: where a name may be found among the fields. See `slot`.
    slots: Vec<u16>,
    /// The table of the kinds, a power of two long.
    kind_slots: Vec<u16>,
}

/// A kind of an API version.
#[derive(Debug)]
pub struct Kind {
    /// Group and version, such as `apps/v1`.
    pub api_version: &'static str,
    /// The kind.
    pub kind: &'static str,
    /// Its fields; `None` if it was gone before the oldest version that is known here.
    pub definition: Option<DefinitionId>,
    /// The versions that serve it, of those that are known here.
    pub versions: Versions,
    /// The version in which it was deprecated.
    pub deprecated: Option<Version>,
    /// The first version that does not serve it any more, also one to come.
    pub removed: Option<Version>,
    /// The API version and kind to use in its place.
    pub replacement: Option<(&'static str, &'static str)>,
}

/// The index of a definition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct DefinitionId(u16);

/// The index of a type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShapeId(u16);

/// The index of an enumeration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EnumerationId(u16);

/// A mapping whose fields are known.
#[derive(Debug)]
pub struct Definition {
    /// Group, version and name of the type: `core.v1.PodSpec`.
    pub name: &'static str,
    first: u16,
    end: u16,
    required: Vec<u16>,
    /// Where its table begins, and its length less one: a power of two less one.
    table: u16,
    mask: u16,
}

/// A field of a definition. One that changed its type is there once for each.
#[derive(Debug)]
pub struct Field {
    /// Its key.
    pub name: &'static str,
    /// What its value has to be.
    pub shape: Shape,
    /// Whether it has to be there.
    pub required: bool,
    /// The versions that have it with this type.
    pub versions: Versions,
}

/// What a value has to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Whatever it is.
    Any,
    /// `true` or `false`.
    Bool,
    /// A whole number of 32 bits.
    Int32,
    /// A whole number of 64 bits.
    Int64,
    /// Any number.
    Number,
    /// Text.
    Text,
    /// Text that is base64.
    Bytes,
    /// A point in time, as RFC 3339 writes it.
    Time,
    /// A quantity such as `100m` or `2`.
    Quantity,
    /// A whole number of 32 bits, or text.
    IntOrText,
    /// One of the texts of an enumeration.
    OneOf(EnumerationId),
    /// A mapping with these fields.
    Record(DefinitionId),
    /// A mapping with these fields and any others, or a list of such; whatever else it is, it is not judged.
    Lenient(DefinitionId),
    /// A mapping with these fields and any others, or `true` or `false`.
    LenientOrBool(DefinitionId),
    /// A sequence of such values.
    List(ShapeId),
    /// A mapping with any keys and such values.
    Map(ShapeId),
}

/// A text of an enumeration.
#[derive(Debug)]
pub struct Choice {
    /// The text.
    pub text: &'static str,
    /// The versions that know it.
    pub versions: Versions,
}

/// What is known of a field.
#[derive(Clone, Copy, Debug)]
pub enum Lookup {
    /// It is there.
    Known(&'static Field),
    /// It is not in the version that was asked for; other versions have it.
    Elsewhere(Versions),
    /// No version has it.
    Unknown,
}

/// The schemas of Kubernetes' own kinds.
pub fn kubernetes() -> &'static Schemas {
    static SCHEMAS: OnceLock<Schemas> = OnceLock::new();
    SCHEMAS.get_or_init(|| read::read(include_str!("../kubernetes.txt")))
}

impl Schemas {
    /// The versions that are known, oldest first.
    pub fn versions(&self) -> &[Version] {
        &self.versions
    }

    /// The newest of them.
    pub fn newest(&self) -> Version {
        *self.versions.last().expect("the file names versions")
    }

    /// All kinds, ordered by API version and kind.
    pub fn kinds(&self) -> &[Kind] {
        &self.kinds
    }

    /// The kind of that name.
    pub fn kind(&self, api_version: &str, kind: &str) -> Option<&Kind> {
        let mut slot = slot_of_kind(api_version, kind);
        loop {
            let at = usize::from(self.kind_slots[usize::from(slot) % self.kind_slots.len()]);
            let known = self.kinds.get(at)?;
            if known.kind == kind && known.api_version == api_version {
                return Some(known);
            }
            slot = slot.wrapping_add(1);
        }
    }

    /// Whether kinds of that group come with Kubernetes.
    pub fn has_group(&self, group: &str) -> bool {
        self.groups.contains(&group)
    }

    /// The definition of that name.
    pub fn definition_named(&self, name: &str) -> Option<DefinitionId> {
        let found = self.definitions.binary_search_by(|definition| definition.name.cmp(name));
        found.ok().map(|at| DefinitionId(at as u16))
    }

    /// The definition.
    pub fn definition(&self, id: DefinitionId) -> &Definition {
        &self.definitions[usize::from(id.0)]
    }

    /// The fields of a definition, in no order that says anything.
    pub fn fields(&self, id: DefinitionId) -> &[Field] {
        let definition = self.definition(id);
        &self.fields[usize::from(definition.first)..usize::from(definition.end)]
    }

    /// The fields that every mapping of this definition has to have.
    pub fn required(&self, id: DefinitionId) -> impl ExactSizeIterator<Item = &Field> {
        self.definition(id).required.iter().map(|&at| &self.fields[usize::from(at)])
    }

    /// The field of that name, in the version that was asked for, or else in the newest that has it.
    pub fn field(&'static self, id: DefinitionId, name: &str, version: Option<Version>) -> Lookup {
        let Some(start) = self.find(self.definition(id), name) else { return Lookup::Unknown };
        let named = self.fields[start..usize::from(self.definition(id).end)].iter();
        let named = named.take_while(|field| field.name == name);
        let Some(version) = version else {
            return named.last().map_or(Lookup::Unknown, Lookup::Known);
        };
        let mut elsewhere = Versions::NONE;
        for field in named {
            if field.versions.contains(version) {
                return Lookup::Known(field);
            }
            elsewhere = elsewhere.with(field.versions);
        }
        if elsewhere == Versions::NONE { Lookup::Unknown } else { Lookup::Elsewhere(elsewhere) }
    }

    /// The first field of that name.
    fn find(&self, definition: &Definition, name: &str) -> Option<usize> {
        let mut slot = slot(name);
        loop {
            let at = self.slots[usize::from(definition.table) + usize::from(slot & definition.mask)];
            if at == EMPTY {
                return None;
            }
            if self.fields[usize::from(at)].name == name {
                return Some(usize::from(at));
            }
            slot = slot.wrapping_add(1);
        }
    }

    /// The type of that index.
    pub fn shape(&self, id: ShapeId) -> Shape {
        self.shapes[usize::from(id.0)]
    }

    /// The texts of an enumeration.
    pub fn choices(&self, id: EnumerationId) -> &[Choice] {
        &self.enumerations[usize::from(id.0)]
    }
}

impl Kind {
    /// The group; empty for the core group.
    pub fn group(&self) -> &'static str {
        self.api_version.split_once('/').map_or("", |(group, _)| group)
    }
}

/// Where a kind is looked for first.
fn slot_of_kind(api_version: &str, kind: &str) -> u16 {
    slot(kind) ^ slot(api_version).rotate_left(5)
}

/// A slot of a table that holds nothing.
const EMPTY: u16 = u16::MAX;

/// Where a name is looked for first. Names of one length differ at the ends more often than not.
fn slot(name: &str) -> u16 {
    let bytes = name.as_bytes();
    let [first, .., last] = bytes else { return 0 };
    let middle = bytes[bytes.len() / 2];
    let mixed = (bytes.len() as u32) << 24 ^ u32::from(*first) << 16 ^ u32::from(*last) << 8 ^ u32::from(middle);
    (mixed.wrapping_mul(0x9E37_79B1) >> 16) as u16
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(text: &str) -> Version {
        text.parse().unwrap()
    }

    fn field(kind: (&str, &str), path: &[&str], asked: Option<Version>) -> Lookup {
        let schemas = kubernetes();
        let mut at = schemas.kind(kind.0, kind.1).unwrap().definition.unwrap();
        let (last, path) = path.split_last().unwrap();
        for name in path {
            let Lookup::Known(field) = schemas.field(at, name, asked) else { panic!("no `{name}`") };
            let mut shape = field.shape;
            while let Shape::List(inner) | Shape::Map(inner) = shape {
                shape = schemas.shape(inner);
            }
            let Shape::Record(next) = shape else { panic!("`{name}` is no mapping") };
            at = next;
        }
        schemas.field(at, last, asked)
    }

    #[test]
    fn knows_fields_of_every_depth() {
        let path = ["spec", "template", "spec", "containers", "securityContext", "privileged"];
        let Lookup::Known(found) = field(("apps/v1", "Deployment"), &path, None) else { panic!() };
        assert_eq!(found.shape, Shape::Bool);
        assert!(matches!(field(("apps/v1", "Deployment"), &["spec", "replica"], None), Lookup::Unknown));
    }

    #[test]
    fn a_field_is_not_known_to_versions_before_it() {
        // `hostUsers` came in 1.25, `resources` of a pod in 1.32.
        let resources = ["spec", "resources"];
        let asked = |text| field(("v1", "Pod"), &resources, Some(version(text)));
        assert!(matches!(asked("1.32"), Lookup::Known(_)));
        let Lookup::Elsewhere(versions) = asked("1.31") else { panic!() };
        assert_eq!(versions.describe(kubernetes().versions()), "since 1.32");
    }

    #[test]
    fn what_is_required_was_so_in_every_version() {
        let schemas = kubernetes();
        let required = |name| {
            let id = schemas.definition_named(name).unwrap();
            let mut names: Vec<&str> = schemas.required(id).map(|field| field.name).collect();
            names.sort_unstable();
            names
        };
        assert_eq!(required("apps.v1.DeploymentSpec"), ["selector", "template"]);
        // 1.28 asked for `serviceName`, and no server ever did.
        assert_eq!(required("apps.v1.StatefulSetSpec"), ["selector", "template"]);
    }

    #[test]
    fn enumerations_know_when_a_text_came() {
        let Lookup::Known(found) = field(("v1", "Pod"), &["spec", "restartPolicy"], None) else { panic!() };
        let Shape::OneOf(id) = found.shape else { panic!("{:?}", found.shape) };
        let texts: Vec<&str> = kubernetes().choices(id).iter().map(|choice| choice.text).collect();
        assert_eq!(texts, ["Always", "Never", "OnFailure"]);
    }

    #[test]
    fn kinds_end() {
        let schemas = kubernetes();
        let kind = schemas.kind("policy/v1beta1", "PodDisruptionBudget").unwrap();
        assert_eq!((kind.deprecated, kind.removed), (Some(Version::new(21)), Some(Version::new(25))));
        assert_eq!(kind.replacement, Some(("policy/v1", "PodDisruptionBudget")));
        assert!(kind.definition.is_none());
        // The successor of the first beta is gone itself.
        let kind = schemas.kind("flowcontrol.apiserver.k8s.io/v1beta1", "FlowSchema").unwrap();
        assert_eq!(kind.replacement, Some(("flowcontrol.apiserver.k8s.io/v1", "FlowSchema")));
    }

    #[test]
    fn every_definition_and_kind_is_found_by_its_name() {
        let schemas = kubernetes();
        for definition in &schemas.definitions {
            let id = schemas.definition_named(definition.name).unwrap();
            assert_eq!(schemas.definition(id).name, definition.name);
            for field in schemas.fields(id) {
                assert!(!matches!(schemas.field(id, field.name, None), Lookup::Unknown), "{}", field.name);
            }
        }
        for kind in schemas.kinds() {
            assert!(std::ptr::eq(schemas.kind(kind.api_version, kind.kind).unwrap(), kind));
        }
    }
}
