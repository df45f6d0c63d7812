//! Calico's flow logs, a flow a line. Source: Calico's documentation, "Flow log data types".

use model::flow::{Flow, FlowEnd};
use serde_json::Value;

use crate::{Line, address, port, protocol, text};

pub(crate) fn read(value: &Value) -> Result<Line, String> {
    // Both ends report a connection; what arrives at a pod outside the cluster only the source does.
    if value.get("action").and_then(Value::as_str) != Some("allow") {
        return Ok(Line::Refused);
    }
    let name = match value.get("proto") {
        Some(Value::Number(number)) => number.to_string(),
        _ => text(value, "proto"),
    };
    let Some(protocol) = protocol(&name) else { return Ok(Line::Other) };
    let Some(port) = port(value.get("dest_port")) else { return Err("the flow has no `dest_port`".to_owned()) };
    let count = value.get("num_flows").and_then(Value::as_u64).unwrap_or(1).max(1);
    let (from, to) = (end(value, "source"), end(value, "dest"));
    let nobody = |end: &FlowEnd| end.workload.is_empty() && end.pod.is_empty() && end.address.is_none();
    if nobody(&from) || nobody(&to) {
        return Err("the flow does not say who connects".to_owned());
    }
    let (first, last) = (time(value.get("start_time")), time(value.get("end_time")));
    Ok(Line::flow(Flow { from, to, protocol, port, count, first, last, line: 0 }))
}

fn end(value: &Value, side: &str) -> FlowEnd {
    let of = |key: &str| Some(text(value, &format!("{side}_{key}"))).filter(|text| text != "-").unwrap_or_default();
    let is_pod = of("type") == "wep";
    // `web-7d9c-*` stands for all pods of one template.
    let workload = of("name_aggr").trim_end_matches('*').trim_end_matches('-').to_owned();
    FlowEnd {
        namespace: if is_pod { of("namespace") } else { String::new() },
        workload: if is_pod { workload } else { String::new() },
        pod: if is_pod { of("name") } else { String::new() },
        service: String::new(),
        address: address(&of("ip")),
    }
}

/// A time as a text: seconds since 1970 become one of ISO 8601.
fn time(value: Option<&Value>) -> String {
    match value {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) => number.as_u64().map(of_seconds).unwrap_or_default(),
        _ => String::new(),
    }
}

fn of_seconds(seconds: u64) -> String {
    let day = model::exception::Date::of_seconds(seconds);
    let rest = seconds % 86_400;
    format!("{day}T{:02}:{:02}:{:02}Z", rest / 3600, rest / 60 % 60, rest % 60)
}
