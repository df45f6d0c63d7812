//! Which lists a strategic merge patch merges and by which keys, and which kinds belong to no namespace.
//!
//! The facts of the built-in kinds are in `kubernetes.txt`; a kustomization can name another source (`openapi.path`),
//! which then takes their place.

use std::sync::{Arc, OnceLock};

use foldhash::{HashMap, HashSet};

use crate::node::Node;

/// A field of a type.
#[derive(Clone, Debug, Default)]
struct Field {
    target: Option<usize>,
    /// The keys by which a list is merged; `None` if it is replaced.
    keys: Option<Vec<String>>,
}

#[derive(Debug, Default)]
struct Types {
    types: Vec<HashMap<String, Field>>,
    kinds: HashMap<(String, String), usize>,
    cluster: HashSet<(String, String)>,
}

/// The schema that a build uses.
#[derive(Clone, Debug, Default)]
pub(crate) struct Schema {
    custom: Option<Arc<Types>>,
}

/// A place in the schema: what a patch finds there.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape<'s> {
    types: &'s Types,
    target: Option<usize>,
    keys: Option<&'s [String]>,
}

fn built_in() -> &'static Types {
    static TYPES: OnceLock<Types> = OnceLock::new();
    TYPES.get_or_init(|| Types::parse(include_str!("../kubernetes.txt")))
}

impl Types {
    fn parse(text: &str) -> Self {
        let mut types = Self::default();
        let mut names: HashMap<&str, usize> = HashMap::default();
        for line in text.lines() {
            if let Some(name) = line.strip_prefix("def\t") {
                names.insert(name, names.len());
                types.types.push(HashMap::default());
            }
        }
        let mut current = 0;
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let mut parts = line.split('\t');
            let first = parts.next().unwrap_or_default();
            let (second, third) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
            match first {
                "def" => current = names.get(second).copied().unwrap_or_default(),
                "kind" => {
                    types.kinds.insert((second.to_owned(), third.to_owned()), current);
                }
                "cluster" => {
                    types.cluster.insert((second.to_owned(), third.to_owned()));
                }
                field => {
                    let keys = third.strip_prefix("merge").map(|keys| {
                        keys.split(',').map(|key| key.trim().to_owned()).filter(|key| !key.is_empty()).collect()
                    });
                    let field_type = Field { target: names.get(second).copied(), keys };
                    types.types[current].insert(field.to_owned(), field_type);
                }
            }
        }
        types
    }

    /// From the `definitions` of an OpenAPI document.
    fn from_open_api(document: &Node) -> Self {
        let mut types = Self { cluster: built_in().cluster.clone(), ..Self::default() };
        let Some(definitions) = document.get("definitions") else { return types };
        let names: HashMap<&str, usize> =
            definitions.entries().iter().enumerate().map(|(at, entry)| (entry.key.as_str(), at)).collect();
        types.types.resize_with(definitions.entries().len(), HashMap::default);
        for (at, definition) in definitions.entries().iter().enumerate() {
            types.types[at] = types.fields_of(&definition.value, &names, 0);
            let groups = definition.value.get("x-kubernetes-group-version-kind").map(Node::items).unwrap_or_default();
            for group in groups {
                let part = |name: &str| group.get(name).map(Node::as_written).unwrap_or_default();
                let version = if part("group").is_empty() {
                    part("version").to_owned()
                } else {
                    format!("{}/{}", part("group"), part("version"))
                };
                types.kinds.insert((version, part("kind").to_owned()), at);
            }
        }
        types
    }

    /// The fields of a definition. Objects in line become types of their own behind all definitions.
    fn fields_of(&mut self, definition: &Node, names: &HashMap<&str, usize>, depth: usize) -> HashMap<String, Field> {
        const DEEPEST: usize = 64;
        let mut fields = HashMap::default();
        for entry in definition.get("properties").map(Node::entries).unwrap_or_default() {
            let property = &entry.value;
            let strategy = property.get("x-kubernetes-patch-strategy").map(Node::as_written).unwrap_or_default();
            let keys = strategy.split(',').any(|word| word == "merge").then(|| merge_keys(property));
            let is_list = property.get("type").is_some_and(|kind| kind.as_written() == "array");
            let inner = if is_list { property.get("items").unwrap_or(property) } else { property };
            let reference = inner.get("$ref").map(Node::as_written).unwrap_or_default();
            let mut target = names.get(reference.trim_start_matches("#/definitions/")).copied();
            if target.is_none() && inner.get("properties").is_some() && depth < DEEPEST {
                let own = self.fields_of(inner, names, depth + 1);
                self.types.push(own);
                target = Some(self.types.len() - 1);
            }
            fields.insert(entry.key.clone(), Field { target, keys });
        }
        fields
    }
}

fn merge_keys(property: &Node) -> Vec<String> {
    let several = property.get("x-kubernetes-list-map-keys").map(Node::items).unwrap_or_default();
    if !several.is_empty() {
        return several.iter().map(|key| key.as_written().to_owned()).collect();
    }
    property.get("x-kubernetes-patch-merge-key").map(|key| key.as_written().to_owned()).into_iter().collect()
}

impl Schema {
    /// The schema of an OpenAPI document, in place of the built-in one.
    pub(crate) fn from_open_api(document: &Node) -> Self {
        Self { custom: Some(Arc::new(Types::from_open_api(document))) }
    }

    pub(crate) fn is_custom(&self) -> bool {
        self.custom.is_some()
    }

    fn types(&self) -> &Types {
        self.custom.as_deref().unwrap_or_else(|| built_in())
    }

    pub(crate) fn is_cluster_scoped(&self, api_version: &str, kind: &str) -> bool {
        // Few kinds are; asking by their names first makes no copies for the others.
        let types = self.types();
        types.cluster.iter().any(|(version, name)| name == kind && version == api_version)
    }

    /// What is known of a kind.
    pub(crate) fn kind(&self, api_version: &str, kind: &str) -> Option<Shape<'_>> {
        let types = self.types();
        let target = types.kinds.get(&(api_version.to_owned(), kind.to_owned())).copied()?;
        Some(Shape { types, target: Some(target), keys: None })
    }
}

impl<'s> Shape<'s> {
    pub(crate) fn field(self, name: &str) -> Option<Shape<'s>> {
        let field = self.types.types.get(self.target?)?.get(name)?;
        Some(Shape { types: self.types, target: field.target, keys: field.keys.as_deref() })
    }

    /// What the items of a list are.
    pub(crate) fn items(self) -> Shape<'s> {
        Shape { keys: None, ..self }
    }

    /// The keys by which a list is merged.
    pub(crate) fn merge_keys(self) -> Option<&'s [String]> {
        self.keys
    }
}
