//! Methods and fields of the objects that templates see: `.Files`, `.Capabilities`, `.Values`, times, versions.

use std::rc::Rc;

use super::calls::{entries, int, text};
use super::{Answer, Function, Spread, Type};
use crate::encode::yaml;
use crate::template::{Failure, Machine};
use crate::text::from_bytes;
use crate::value::{Kind, MapType, Object, Value};

const fn of(name: &'static str, parameters: &'static [Type], call: fn(&mut Machine, Vec<Value>) -> Answer) -> Function {
    Function { name, parameters, variadic: None, spread: Spread::All, call }
}

static FILES: [Function; 6] = [
    of("Get", &[Type::Text], file_get),
    of("GetBytes", &[Type::Text], file_get_bytes),
    of("Glob", &[Type::Text], file_glob),
    of("AsConfig", &[], file_as_config),
    of("AsSecrets", &[], file_as_secrets),
    of("Lines", &[Type::Text], file_lines),
];
static KUBE_VERSION: [Function; 2] = [of("String", &[], shown), of("GitVersion", &[], git_version)];
static API_VERSIONS: [Function; 1] = [of("Has", &[Type::Text], has_api)];
static VALUES: [Function; 4] = [
    of("YAML", &[], values_yaml),
    of("AsMap", &[], values_as_map),
    of("Table", &[Type::Text], values_table),
    of("PathValue", &[Type::Text], values_path),
];
static TIME: [Function; 12] = [
    of("Format", &[Type::Text], time_format),
    of("String", &[], shown),
    of("Unix", &[], time_unix),
    of("Year", &[], time_year),
    of("Day", &[], time_day),
    of("Hour", &[], time_hour),
    of("Minute", &[], time_minute),
    of("Second", &[], time_second),
    of("YearDay", &[], time_year_day),
    of("Nanosecond", &[], time_nanosecond),
    of("UTC", &[], time_utc),
    of("IsZero", &[], time_is_zero),
];
static DURATION: [Function; 6] = [
    of("String", &[], shown),
    of("Seconds", &[], super::dates::duration_seconds),
    of("Minutes", &[], super::dates::duration_minutes),
    of("Hours", &[], super::dates::duration_hours),
    of("Milliseconds", &[], super::dates::duration_milliseconds),
    of("Nanoseconds", &[], super::dates::duration_nanoseconds),
];
static VERSION: [Function; 12] = [
    of("Major", &[], version_major),
    of("Minor", &[], version_minor),
    of("Patch", &[], version_patch),
    of("Prerelease", &[], version_pre),
    of("Metadata", &[], version_metadata),
    of("Original", &[], version_original),
    of("String", &[], shown),
    of("Compare", &[Type::Version], version_compare),
    of("LessThan", &[Type::Version], version_less),
    of("GreaterThan", &[Type::Version], version_greater),
    of("Equal", &[Type::Version], version_equal),
    of("IncMajor", &[], version_next_major),
];

/// The method of a value with this name.
pub(crate) fn method(receiver: &Value, name: &str) -> Option<&'static Function> {
    let methods: &'static [Function] = match &receiver.kind {
        Kind::Map(map) if map.map_type == MapType::Values => &VALUES,
        Kind::Object(object) => match &**object {
            Object::Files(_) => &FILES,
            Object::KubeVersion(_) => &KUBE_VERSION,
            Object::ApiVersions(_) => &API_VERSIONS,
            Object::Time(_) => &TIME,
            Object::Duration(_) => &DURATION,
            Object::Version(_) => &VERSION,
            Object::Capabilities(_) | Object::HelmVersion | Object::Certificate(..) => return None,
        },
        _ => return None,
    };
    methods.iter().find(|method| method.name == name)
}

/// The field of an object with this name.
pub(crate) fn object_field(object: &Rc<Object>, name: &str) -> Option<Value> {
    Some(match (&**object, name) {
        (Object::Capabilities(capabilities), "KubeVersion") => {
            Value::object(Object::KubeVersion(Rc::clone(capabilities)))
        }
        (Object::Capabilities(capabilities), "APIVersions") => {
            Value::object(Object::ApiVersions(capabilities.api_versions.clone()))
        }
        (Object::Capabilities(_), "HelmVersion") => Value::object(Object::HelmVersion),
        (Object::KubeVersion(capabilities), "Version") => Value::text(capabilities.kube_version.version.as_str()),
        (Object::KubeVersion(capabilities), "Major") => Value::text(capabilities.kube_version.major.as_str()),
        (Object::KubeVersion(capabilities), "Minor") => Value::text(capabilities.kube_version.minor.as_str()),
        (Object::HelmVersion, "Version") => Value::text(crate::render::HELM_VERSION),
        (Object::HelmVersion, "GitCommit" | "GitTreeState") => Value::text(""),
        (Object::HelmVersion, "GoVersion") => Value::text(crate::render::GO_VERSION),
        (Object::HelmVersion, "KubeClientVersion") => Value::text(crate::render::Capabilities::client_version()),
        (Object::Certificate(certificate, _), "Cert") => Value::text(certificate.as_str()),
        (Object::Certificate(_, key), "Key") => Value::text(key.as_str()),
        (Object::Files(files), _) => Value::new(Kind::Bytes(files.get(name).cloned().unwrap_or_else(|| Rc::from([])))),
        _ => return None,
    })
}

fn object(value: &Value) -> Option<&Object> {
    match &value.kind {
        Kind::Object(object) => Some(object),
        _ => None,
    }
}

fn shown(_: &mut Machine, values: Vec<Value>) -> Answer {
    Ok(Value::text(crate::format::display(&values[0])))
}

fn file(values: &[Value]) -> Option<Rc<[u8]>> {
    match object(&values[0]) {
        Some(Object::Files(files)) => files.get(&*text(&values[1])).cloned(),
        _ => None,
    }
}

fn file_get(_: &mut Machine, values: Vec<Value>) -> Answer {
    Ok(Value::text(file(&values).map_or_else(String::new, |data| from_bytes(&data).into_owned())))
}

fn file_get_bytes(_: &mut Machine, values: Vec<Value>) -> Answer {
    Ok(Value::new(Kind::Bytes(file(&values).unwrap_or_else(|| Rc::from([])))))
}

fn file_lines(machine: &mut Machine, values: Vec<Value>) -> Answer {
    let Some(data) = file(&values).filter(|data| !data.is_empty()) else {
        return Ok(Value::texts([]));
    };
    machine.tick(data.len() as u64 / 4)?;
    let text = from_bytes(&data);
    let text = text.strip_suffix('\n').unwrap_or(&text);
    Ok(Value::texts(text.split('\n').map(str::to_owned)))
}

fn file_glob(machine: &mut Machine, values: Vec<Value>) -> Answer {
    let Some(Object::Files(files)) = object(&values[0]) else { return Ok(Value::NIL) };
    machine.tick(files.len() as u64)?;
    let pattern = super::globs::compile(&text(&values[1]));
    let matches = |name: &str| pattern.as_ref().is_none_or(|pattern| pattern.is_match(name));
    let found = files.iter().filter(|(name, _)| matches(name));
    Ok(Value::object(Object::Files(found.map(|(name, data)| (name.clone(), Rc::clone(data))).collect())))
}

fn as_yaml(machine: &mut Machine, values: &[Value], encode: impl Fn(&[u8]) -> String) -> Answer {
    let Some(Object::Files(files)) = object(&values[0]) else { return Ok(Value::text("")) };
    let entry = |(name, data): (&String, &Rc<[u8]>)| (Rc::from(super::paths::base(name)), Value::text(encode(data)));
    let map = Value::map_of(files.iter().map(entry).collect(), MapType::Text);
    match yaml::write(machine, &map, yaml::Layout::Compact) {
        Ok(text) => Ok(text),
        Err(yaml::WriteError::Bounds(failure)) => Err(failure),
        Err(yaml::WriteError::Value(_)) => Ok(Value::text("")),
    }
}

fn file_as_config(machine: &mut Machine, values: Vec<Value>) -> Answer {
    as_yaml(machine, &values, |data| from_bytes(data).into_owned())
}

fn file_as_secrets(machine: &mut Machine, values: Vec<Value>) -> Answer {
    as_yaml(machine, &values, |data| data_encoding::BASE64.encode(data))
}

fn git_version(_: &mut Machine, values: Vec<Value>) -> Answer {
    match object(&values[0]) {
        Some(Object::KubeVersion(capabilities)) => Ok(Value::text(capabilities.kube_version.version.as_str())),
        _ => Ok(Value::text("")),
    }
}

fn has_api(_: &mut Machine, values: Vec<Value>) -> Answer {
    let wanted = text(&values[1]);
    match object(&values[0]) {
        Some(Object::ApiVersions(versions)) => Ok(Value::bool(versions.iter().any(|version| **version == *wanted))),
        _ => Ok(Value::bool(false)),
    }
}

fn values_yaml(machine: &mut Machine, values: Vec<Value>) -> Answer {
    match yaml::write(machine, &values[0], yaml::Layout::Compact) {
        Ok(text) => Ok(machine.build(|out| {
            if let Kind::Text(inner) = &text.kind {
                out.push_text(inner, text.taint, crate::text::NOWHERE);
            }
            out.push("\n", crate::text::NOWHERE, 0);
        })),
        Err(yaml::WriteError::Bounds(failure)) => Err(failure),
        Err(yaml::WriteError::Value(message)) => Err(Failure::new(message)),
    }
}

fn values_as_map(_: &mut Machine, values: Vec<Value>) -> Answer {
    Ok(values[0].clone())
}

/// The mapping at a path with dots.
fn table_at(value: &Value, path: &str) -> Option<Value> {
    path.split('.').try_fold(value.clone(), |at, key| {
        let next = super::calls::map(&at)?.entries.borrow().get(key).cloned()?;
        matches!(next.kind, Kind::Map(_)).then_some(next)
    })
}

fn values_table(_: &mut Machine, values: Vec<Value>) -> Answer {
    let path = text(&values[1]);
    table_at(&values[0], &path).ok_or_else(|| {
        let name = crate::format::quoted(path.rsplit('.').next().unwrap_or(&path));
        Failure::new(format!("{name} is not a table"))
    })
}

fn values_path(_: &mut Machine, values: Vec<Value>) -> Answer {
    let path = text(&values[1]);
    let (table, key) = match path.rsplit_once('.') {
        Some((table, key)) => (table_at(&values[0], table), key),
        None => (Some(values[0].clone()), &*path),
    };
    let found = table.and_then(|table| entries(&table).get(key).cloned());
    match found {
        Some(value) if !matches!(value.kind, Kind::Map(_)) => Ok(value),
        _ => Err(Failure::new(format!("{} is not a value", crate::format::quoted(key)))),
    }
}

fn time_number(values: &[Value], number: impl Fn(&super::dates::Time) -> i64) -> Answer {
    match object(&values[0]) {
        Some(Object::Time(time)) => Ok(Value::int(number(time))),
        _ => Ok(Value::int(0)),
    }
}

fn time_format(_: &mut Machine, values: Vec<Value>) -> Answer {
    match object(&values[0]) {
        Some(Object::Time(time)) => Ok(Value::text(time.format(&text(&values[1])))),
        _ => Ok(Value::text("")),
    }
}

fn time_unix(_: &mut Machine, values: Vec<Value>) -> Answer {
    match object(&values[0]) {
        Some(Object::Time(time)) => Ok(Value::int64(time.seconds)),
        _ => Ok(Value::int64(0)),
    }
}

fn time_year(_: &mut Machine, values: Vec<Value>) -> Answer {
    time_number(&values, |time| time.civil().year)
}

fn time_day(_: &mut Machine, values: Vec<Value>) -> Answer {
    time_number(&values, |time| i64::from(time.civil().day))
}

fn time_hour(_: &mut Machine, values: Vec<Value>) -> Answer {
    time_number(&values, |time| i64::from(time.civil().second / 3600))
}

fn time_minute(_: &mut Machine, values: Vec<Value>) -> Answer {
    time_number(&values, |time| i64::from(time.civil().second / 60 % 60))
}

fn time_second(_: &mut Machine, values: Vec<Value>) -> Answer {
    time_number(&values, |time| i64::from(time.civil().second % 60))
}

fn time_year_day(_: &mut Machine, values: Vec<Value>) -> Answer {
    time_number(&values, |time| i64::from(time.civil().year_day))
}

fn time_nanosecond(_: &mut Machine, values: Vec<Value>) -> Answer {
    time_number(&values, |time| i64::from(time.nanoseconds))
}

fn time_utc(_: &mut Machine, values: Vec<Value>) -> Answer {
    match object(&values[0]) {
        Some(Object::Time(time)) => {
            let utc = super::dates::Time { nanoseconds: time.nanoseconds, ..super::dates::Time::utc(time.seconds) };
            Ok(Value::object(Object::Time(utc)))
        }
        _ => Ok(Value::NIL),
    }
}

fn time_is_zero(_: &mut Machine, values: Vec<Value>) -> Answer {
    let year = time_year(&mut Machine::new(crate::render::Tracing::Off, crate::template::Bounds::default()), values)?;
    Ok(Value::bool(int(&year) == 1))
}

fn version(values: &[Value], index: usize) -> Option<&super::semver::Version> {
    match object(values.get(index)?) {
        Some(Object::Version(version)) => Some(version),
        _ => None,
    }
}

fn version_number(values: &[Value], number: impl Fn(&super::semver::Version) -> u64) -> Answer {
    let number = version(values, 0).map_or(0, number);
    Ok(Value::new(Kind::Int(number as i64, crate::value::Width::Uint64)))
}

fn version_text(values: &[Value], text: impl Fn(&super::semver::Version) -> &str) -> Answer {
    Ok(Value::text(version(values, 0).map_or("", text)))
}

fn version_major(_: &mut Machine, values: Vec<Value>) -> Answer {
    version_number(&values, |version| version.major)
}

fn version_minor(_: &mut Machine, values: Vec<Value>) -> Answer {
    version_number(&values, |version| version.minor)
}

fn version_patch(_: &mut Machine, values: Vec<Value>) -> Answer {
    version_number(&values, |version| version.patch)
}

fn version_pre(_: &mut Machine, values: Vec<Value>) -> Answer {
    version_text(&values, |version| &version.pre)
}

fn version_metadata(_: &mut Machine, values: Vec<Value>) -> Answer {
    version_text(&values, |version| &version.metadata)
}

fn version_original(_: &mut Machine, values: Vec<Value>) -> Answer {
    version_text(&values, |version| &version.original)
}

fn order(values: &[Value]) -> std::cmp::Ordering {
    match (version(values, 0), version(values, 1)) {
        (Some(a), Some(b)) => a.compare(b),
        _ => std::cmp::Ordering::Equal,
    }
}

fn version_compare(_: &mut Machine, values: Vec<Value>) -> Answer {
    Ok(Value::int(order(&values) as i64))
}

fn version_less(_: &mut Machine, values: Vec<Value>) -> Answer {
    Ok(Value::bool(order(&values).is_lt()))
}

fn version_greater(_: &mut Machine, values: Vec<Value>) -> Answer {
    Ok(Value::bool(order(&values).is_gt()))
}

fn version_equal(_: &mut Machine, values: Vec<Value>) -> Answer {
    Ok(Value::bool(order(&values).is_eq()))
}

fn version_next_major(_: &mut Machine, values: Vec<Value>) -> Answer {
    let major = version(&values, 0).map_or(0, |version| version.major) + 1;
    let next = super::semver::Version::parse(&format!("{major}.0.0")).map_err(Failure::new)?;
    Ok(Value::object(Object::Version(next)))
}
