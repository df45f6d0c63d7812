//! The JSON Schema of `plimsoll.yaml`, for editors: made from the flags and the controls that there are.

use clap::{Arg, ArgAction, CommandFactory};
use model::control::Control;
use model::parameter::{Default, Parameter};
use model::severity::Severity;
use serde_json::{Map, Value, json};

use crate::arguments::Arguments;

/// The schema.
pub(crate) fn schema() -> String {
    let scan = Arguments::command().find_subcommand("scan").expect("there is a scan").clone();
    let mut properties = Map::new();
    for argument in scan.get_arguments() {
        let Some(name) = argument.get_long().filter(|name| super::flags(&scan).any(|known| known == *name)) else {
            continue;
        };
        properties.insert(name.to_owned(), flag(argument));
    }
    let description = "What is scanned if nothing is typed, from the folder of this file on";
    properties.insert("paths".to_owned(), json!({"description": description, "$ref": "#/$defs/texts"}));
    properties.insert("controls".to_owned(), json!({"$ref": "#/$defs/controls"}));
    properties.insert(
        "overrides".to_owned(),
        json!({"description": "What holds for some paths only; later ones win", "type": "array", "items": {
        "type": "object", "additionalProperties": false, "required": ["paths"], "properties": {
            "paths": {"description": "Globs, from the folder of this file on", "$ref": "#/$defs/texts"},
            "skip": {"description": "Controls, groups or severities that say nothing there", "$ref": "#/$defs/texts"},
            "controls": {"$ref": "#/$defs/controls"},
        }}}),
    );
    let text = json!({"$ref": "#/$defs/text"});
    properties.insert(
        "charts".to_owned(),
        json!({"description": "With which values charts are rendered; a chart is a path from the folder of this file on",
        "type": "object", "additionalProperties": {
            "type": "object", "additionalProperties": false, "required": ["environments"], "properties": {
                "release-name": {"description": "The name of the release", "$ref": "#/$defs/text"},
                "namespace": {"description": "The namespace of the release", "$ref": "#/$defs/text"},
                "environments": {"description": "Files of values by environment; each is rendered, and a finding says \
                    in which it is", "type": "object", "minProperties": 1, "additionalProperties": {"oneOf": [
                    {"$ref": "#/$defs/texts"},
                    {"type": "null"},
                    {"type": "object", "additionalProperties": false, "properties": {
                        "values": {"description": "Files of values, from the folder of this file on",
                            "$ref": "#/$defs/texts"},
                        "set": {"description": "Values as `--set` takes them", "$ref": "#/$defs/texts"},
                        "release-name": text, "namespace": text,
                    }},
                ]}},
            }}}),
    );
    let controls: Map<String, Value> =
        controls::all().map(|registered| (registered.control.id.to_owned(), control(registered.control))).collect();
    let schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "plimsoll.yaml",
        "type": "object",
        "additionalProperties": false,
        "properties": properties,
        "$defs": {
            "text": {"type": ["string", "number", "boolean"]},
            "texts": {"oneOf": [{"$ref": "#/$defs/text"}, {"type": "array", "items": {"$ref": "#/$defs/text"}}]},
            "severity": {"enum": Severity::ALL.map(Severity::name)},
            "controls": {"type": "object", "additionalProperties": false, "properties": controls},
        },
    });
    serde_json::to_string_pretty(&schema).expect("a schema is JSON") + "\n"
}

fn flag(argument: &Arg) -> Value {
    let description = argument.get_help().map(ToString::to_string).unwrap_or_default();
    match argument.get_action() {
        ArgAction::SetTrue => json!({"description": description, "type": "boolean"}),
        ArgAction::Append => json!({"description": description, "$ref": "#/$defs/texts"}),
        _ if argument.get_id() == "severity_threshold" => {
            json!({"description": description, "$ref": "#/$defs/severity"})
        }
        _ => json!({"description": description, "$ref": "#/$defs/text"}),
    }
}

fn control(control: &Control) -> Value {
    let parameters: Map<String, Value> =
        control.parameters.iter().map(|known| (known.name.to_owned(), parameter(known))).collect();
    json!({"description": control.title, "oneOf": [
        {"type": "boolean"},
        {"type": "object", "additionalProperties": false, "properties": {
            "enabled": {"description": "Whether it runs", "type": "boolean"},
            "severity": {"$ref": "#/$defs/severity"},
            "parameters": {"type": "object", "additionalProperties": false, "properties": parameters},
        }},
    ]})
}

fn parameter(parameter: &Parameter) -> Value {
    let description = parameter.meaning;
    match parameter.default {
        Default::Switch(on) => json!({"description": description, "type": "boolean", "default": on}),
        Default::Number(None) => json!({"description": description, "type": "integer"}),
        Default::Number(Some(number)) => json!({"description": description, "type": "integer", "default": number}),
        Default::List(words) => json!({"description": description, "$ref": "#/$defs/texts", "default": words}),
        Default::Text(text) => json!({"description": description, "$ref": "#/$defs/text", "default": text}),
        Default::Version => json!({"description": description, "$ref": "#/$defs/text"}),
    }
}
