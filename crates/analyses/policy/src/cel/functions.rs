//! Functions by their names. What they take is checked again, since much is only known at evaluation.

pub(super) mod clock;
pub(super) mod convert;
pub(super) mod format_text;
pub(super) mod lists;
pub(super) mod optional;
pub(super) mod patterns;
pub(super) mod sets;
pub(super) mod strings;

use super::evaluate::{Answer, Context};
use super::kubernetes::{cidr, format, ip, quantity, semver, url};
use super::value::error;
use super::{Value, authorizer, operators};

/// What a function does with its arguments, the receiver first. It is told its own name.
pub(super) type Implementation = fn(&mut Context<'_>, &str, &[Value]) -> Answer;

/// The error where no signature of a function takes what it was given.
pub(super) fn no_signature(name: &str, values: &[Value]) -> Answer {
    let names: Vec<&str> = values.iter().map(Value::type_name).collect();
    error(format!("no such overload: {name}({})", names.join(", ")))
}

/// The implementation of a function that is declared.
pub(super) fn find(name: &str) -> Option<Implementation> {
    Some(match name {
        "!_" => operators::not,
        "-_" => operators::negate,
        "_==_" | "_!=_" => operators::equals,
        "_+_" => operators::add,
        "_-_" => operators::subtract,
        "_*_" => operators::multiply,
        "_/_" => operators::divide,
        "_%_" => operators::modulo,
        "_<_" | "_<=_" | "_>_" | "_>=_" => operators::relation,
        "@in" => operators::contained,
        "_[_]" => operators::index,
        "_[?_]" => operators::optional_index,
        "size" => operators::size,
        "bool" | "bytes" | "double" | "duration" | "dyn" | "int" | "string" | "timestamp" | "type" | "uint" => {
            convert::call
        }
        "contains" | "endsWith" | "startsWith" => strings::search,
        "matches" => patterns::matches,
        "find" => patterns::find,
        "findAll" => patterns::find_all,
        "getFullYear" | "getMonth" | "getDayOfYear" | "getDayOfMonth" | "getDate" | "getDayOfWeek" | "getHours"
        | "getMinutes" | "getSeconds" | "getMilliseconds" => clock::part,
        "charAt" => strings::char_at,
        "indexOf" | "lastIndexOf" => strings::index_of,
        "lowerAscii" | "upperAscii" | "trim" => strings::transform,
        "replace" => strings::replace,
        "split" => strings::split,
        "substring" => strings::substring,
        "join" => strings::join,
        "strings.quote" => strings::quote,
        "format" => format_text::format,
        "isSorted" => lists::is_sorted,
        "sum" => lists::sum,
        "min" | "max" => lists::extreme,
        "includes" => lists::includes,
        "slice" => lists::slice,
        "flatten" => lists::flatten,
        "sort" | "@sortByAssociatedKeys" => lists::sort,
        "lists.range" => lists::range,
        "reverse" => lists::reverse,
        "distinct" => lists::distinct,
        "first" | "last" => lists::end,
        "cel.@mapInsert" => lists::map_insert,
        "sets.contains" | "sets.equivalent" | "sets.intersects" => sets::relation,
        "optional.of" | "optional.ofNonZeroValue" | "optional.none" => optional::make,
        "value" | "hasValue" | "or" | "orValue" => optional::question,
        "optional.unwrap" | "unwrapOpt" => optional::unwrap,
        "url" | "isURL" => url::make,
        "getScheme" | "getHost" | "getHostname" | "getPort" | "getEscapedPath" | "getQuery" => url::question,
        "quantity" | "isQuantity" => quantity::quantity,
        "sign" | "isInteger" | "asInteger" | "asApproximateFloat" => quantity::question,
        "add" | "sub" => quantity::sum,
        "isGreaterThan" | "isLessThan" | "compareTo" => compare,
        "ip" | "isIP" | "ip.isCanonical" => ip::make,
        "family"
        | "isUnspecified"
        | "isLoopback"
        | "isLinkLocalMulticast"
        | "isLinkLocalUnicast"
        | "isGlobalUnicast" => ip::question,
        "cidr" | "isCIDR" => cidr::make,
        "containsIP" | "containsCIDR" | "prefixLength" | "masked" => cidr::question,
        "semver" | "isSemver" => semver::make,
        "major" | "minor" | "patch" => semver::question,
        "validate" => format::validate,
        _ if name.starts_with("format.") => format::make,
        "path" | "group" | "serviceAccount" | "resource" | "subresource" | "namespace" | "name" | "fieldSelector"
        | "labelSelector" => authorizer::ask,
        "check" => authorizer::check,
        "allowed" | "reason" | "errored" | "error" => authorizer::decision,
        _ => return None,
    })
}

/// Quantities and versions, which are ordered alike.
fn compare(_: &mut Context<'_>, name: &str, values: &[Value]) -> Answer {
    let ordering = match values {
        [Value::Quantity(left), Value::Quantity(right)] => left.compare(right),
        [Value::Semver(left), Value::Semver(right)] => left.compare(right),
        _ => return no_signature(name, values),
    };
    Ok(match name {
        "isGreaterThan" => Value::Bool(ordering.is_gt()),
        "isLessThan" => Value::Bool(ordering.is_lt()),
        _ => Value::Int(ordering as i64),
    })
}

#[cfg(test)]
mod tests {
    use super::super::declarations::names;

    #[test]
    fn what_is_declared_is_implemented() {
        let without: Vec<&str> = names().filter(|name| *name != "_?_:_" && super::find(name).is_none()).collect();
        assert_eq!(without, Vec::<&str>::new());
    }
}
