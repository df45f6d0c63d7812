//! `values.schema.json`: whether values are as the chart wants them.

use serde_json::Value as Json;

use crate::chart::Chart;
use crate::values::{Node, Table, Tree};

/// Checks the values of the chart and of those in it.
pub(super) fn validate(chart: &Chart, values: &Table) -> Result<(), String> {
    let problems = problems(chart, values);
    if problems.is_empty() {
        return Ok(());
    }
    Err(format!("values don't meet the specifications of the schema(s) in the following chart(s):\n{problems}"))
}

fn problems(chart: &Chart, values: &Table) -> String {
    let mut out = String::new();
    if let Some(schema) = &chart.content.schema {
        let found = check(schema, values);
        if !found.is_empty() {
            out.push_str(&format!("{}:\n{found}", chart.name()));
        }
    }
    for dependency in &chart.dependencies {
        match values.get(dependency.name()) {
            None | Some(Node { tree: Tree::Null, .. }) => {}
            Some(Node { tree: Tree::Map(inner), .. }) => out.push_str(&problems(dependency, inner)),
            Some(node) => {
                let (name, found) = (dependency.name(), crate::values::go_type(&node.tree));
                out.push_str(&format!("{name}:\ninvalid type for values: expected object (map), got {found}\n"));
            }
        }
    }
    out
}

/// What does not meet the schema, a line each.
fn check(schema: &[u8], values: &Table) -> String {
    let schema: Json = match serde_json::from_slice(schema) {
        Ok(schema) => schema,
        Err(error) => return format!("`values.schema.json` is not JSON: {error}\n"),
    };
    let validator = match jsonschema::validator_for(&schema) {
        Ok(validator) => validator,
        Err(error) => return format!("`values.schema.json` is not a JSON schema that can be used: {error}\n"),
    };
    let values = json_table(values);
    let mut out = String::new();
    for error in validator.iter_errors(&values) {
        out.push_str(&format!("- at '{}': {error}\n", error.instance_path()));
    }
    if !out.is_empty() {
        out.push('\n');
    }
    out
}

fn json_table(table: &Table) -> Json {
    Json::Object(table.iter().map(|(key, node)| (key.to_string(), json(&node.tree))).collect())
}

fn json(tree: &Tree) -> Json {
    match tree {
        Tree::Null => Json::Null,
        Tree::Bool(truth) => Json::Bool(*truth),
        Tree::Int(number) => Json::from(*number),
        // A float without a fraction is a whole number to a schema.
        Tree::Float(number) if number.fract() == 0.0 && number.abs() < 9.0e15 => Json::from(*number as i64),
        Tree::Float(number) => serde_json::Number::from_f64(*number).map_or(Json::Null, Json::Number),
        Tree::Text(text) => Json::String(text.to_string()),
        Tree::List(items) => Json::Array(items.iter().map(|item| json(&item.tree)).collect()),
        Tree::Map(map) => json_table(map),
    }
}
