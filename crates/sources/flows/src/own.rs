//! Our own form: `{"from": END, "to": END, "protocol": "TCP", "port": 8080, "count": 1, "first": TIME, "last": TIME}`, an
//! end as `"namespace/workload"`, an address, or an object with `namespace`, `workload`, `pod`, `service` or `address`.

use model::flow::{Flow, FlowEnd};
use model::inventory::Protocol;
use serde_json::Value;

use crate::{Line, address, port, protocol, text};

pub(crate) fn read(value: &Value) -> Result<Line, String> {
    let (Some(from), Some(to), Some(port)) =
        (value.get("from").and_then(end), value.get("to").and_then(end), port(value.get("port")))
    else {
        return Err("it says neither a `port` nor who connects".to_owned());
    };
    if matches!(value.get("verdict").and_then(Value::as_str), Some("denied" | "dropped")) {
        return Ok(Line::Refused);
    }
    let protocol = match value.get("protocol").and_then(Value::as_str) {
        None => Protocol::Tcp,
        Some(name) => protocol(name).ok_or_else(|| format!("there is no protocol `{name}`"))?,
    };
    let count = value.get("count").and_then(Value::as_u64).unwrap_or(1);
    let (first, last) = (text(value, "first"), text(value, "last"));
    Ok(Line::flow(Flow { from, to, protocol, port, count, first, last, line: 0 }))
}

fn end(value: &Value) -> Option<FlowEnd> {
    if let Some(name) = value.as_str() {
        if let Some(address) = address(name) {
            return Some(FlowEnd { address: Some(address), ..FlowEnd::default() });
        }
        let (namespace, workload) = name.split_once('/')?;
        let (namespace, workload) = (namespace.to_owned(), workload.to_owned());
        return Some(FlowEnd { namespace, workload, ..FlowEnd::default() });
    }
    let end = FlowEnd {
        namespace: text(value, "namespace"),
        workload: text(value, "workload"),
        pod: text(value, "pod"),
        service: text(value, "service"),
        address: value.get("address").and_then(Value::as_str).and_then(address),
    };
    let says_who = end.address.is_some() || !end.workload.is_empty() || !end.pod.is_empty() || !end.service.is_empty();
    says_who.then_some(end)
}
