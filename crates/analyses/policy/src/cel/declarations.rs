//! Which functions there are, in which version, with which types: read from `declarations.txt`.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use super::{Type, Value};

/// One way to call a function.
#[derive(Debug)]
pub(super) struct Signature {
    /// The first minor version of Kubernetes that has it.
    pub(super) since: u32,
    pub(super) is_member: bool,
    /// The receiver is the first.
    pub(super) arguments: Vec<Type>,
    pub(super) result: Type,
}

impl Signature {
    /// Whether it takes values that are only known now, by their types alone.
    pub(super) fn takes(&self, values: &[Value]) -> bool {
        let fits = |kind: &Type, value: &Value| match kind {
            Type::Dyn | Type::Parameter(_) => true,
            Type::List(_) => matches!(value, Value::List(_)),
            Type::Map(..) => matches!(value, Value::Map(_)),
            Type::Optional(_) => matches!(value, Value::Optional(_)),
            Type::Type(_) => matches!(value, Value::Type(_)),
            other => other.to_string() == value.type_name(),
        };
        self.arguments.len() == values.len() && self.arguments.iter().zip(values).all(|(kind, value)| fits(kind, value))
    }
}

static DECLARATIONS: LazyLock<BTreeMap<&'static str, Vec<Signature>>> = LazyLock::new(|| {
    let mut found: BTreeMap<&str, Vec<Signature>> = BTreeMap::new();
    let mut since = 0;
    for line in include_str!("declarations.txt").lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        if let Some(minor) = line.strip_prefix("since ") {
            since = minor.parse().unwrap_or(0);
        } else if let Some((name, signature)) = signature(line, since) {
            found.entry(name).or_default().push(signature);
        }
    }
    found
});

/// All ways to call a function, in the order of cel-go; none where it is not declared in this version.
pub(super) fn signatures(name: &str, minor: u32) -> impl Iterator<Item = &'static Signature> {
    let all: &'static [Signature] = DECLARATIONS.get(name).map_or(&[], Vec::as_slice);
    all.iter().filter(move |signature| signature.since <= minor)
}

/// All names of functions.
#[cfg(test)]
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    DECLARATIONS.keys().copied()
}

/// `.name(type, …) type`.
fn signature(line: &'static str, since: u32) -> Option<(&'static str, Signature)> {
    let (name, mut rest) = line.split_once('(')?;
    let mut arguments = Vec::new();
    while !rest.starts_with(')') {
        arguments.push(parse(&mut rest)?);
        rest = rest.trim_start_matches([',', ' ']);
    }
    rest = rest.get(1..)?.trim_start();
    let result = parse(&mut rest)?;
    let is_member = name.starts_with('.');
    Some((name.trim_start_matches('.'), Signature { since, is_member, arguments, result }))
}

fn parse(rest: &mut &'static str) -> Option<Type> {
    let end = rest.find(['(', ')', ',']).unwrap_or(rest.len());
    let (name, after) = rest.split_at(end);
    *rest = after;
    let mut parameters = Vec::new();
    if rest.starts_with('(') {
        *rest = rest.get(1..)?;
        while !rest.starts_with(')') {
            parameters.push(parse(rest)?);
            *rest = rest.trim_start_matches([',', ' ']);
        }
        *rest = rest.get(1..)?;
    }
    let mut parameters = parameters.into_iter().map(Arc::new);
    Some(match name {
        "list" => Type::List(parameters.next()?),
        "map" => Type::Map(parameters.next()?, parameters.next()?),
        "type" => Type::Type(parameters.next()?),
        "optional_type" => Type::Optional(parameters.next()?),
        "duration" => Type::Duration,
        "timestamp" => Type::Timestamp,
        _ if name.len() == 1 => Type::Parameter(u32::from(*name.as_bytes().first()?)),
        _ => named(name)?,
    })
}

/// A type without parameters, by the name that it has in expressions.
pub(super) fn named(name: &str) -> Option<Type> {
    const OPAQUE: &[&str] = &[
        "kubernetes.Quantity",
        "kubernetes.URL",
        "net.IP",
        "net.CIDR",
        "kubernetes.Semver",
        "kubernetes.NamedFormat",
        "kubernetes.authorization.Authorizer",
        "kubernetes.authorization.PathCheck",
        "kubernetes.authorization.GroupCheck",
        "kubernetes.authorization.ResourceCheck",
        "kubernetes.authorization.Decision",
    ];
    Some(match name {
        "dyn" => Type::Dyn,
        "null_type" => Type::Null,
        "bool" => Type::Bool,
        "int" => Type::Int,
        "uint" => Type::Uint,
        "double" => Type::Double,
        "string" => Type::String,
        "bytes" => Type::Bytes,
        "google.protobuf.Duration" => Type::Duration,
        "google.protobuf.Timestamp" => Type::Timestamp,
        _ => Type::Opaque(OPAQUE.iter().find(|own| **own == name)?),
    })
}

/// The type that a name is, where an expression names one: `int`, `list`.
pub(super) fn type_identifier(name: &str) -> Option<Type> {
    let dynamic = || Arc::new(Type::Dyn);
    Some(match name {
        "list" => Type::List(dynamic()),
        "map" => Type::Map(dynamic(), dynamic()),
        "type" => Type::Type(dynamic()),
        "optional_type" => Type::Optional(dynamic()),
        "dyn" => return None,
        _ => named(name)?,
    })
}
