//! What `hubble observe --output jsonpb` prints, a flow a line. Source: the API of Hubble, `flow.proto`.

use model::flow::{Flow, FlowEnd};
use serde_json::Value;

use crate::{Line, address, port, protocol, text};

pub(crate) fn read(value: &Value) -> Result<Line, String> {
    let flow = value.get("flow").unwrap_or(value);
    let was_made = matches!(
        flow.get("verdict").and_then(Value::as_str),
        Some("FORWARDED" | "REDIRECTED" | "AUDIT" | "TRANSLATED")
    );
    let is_reply = flow.get("is_reply").and_then(Value::as_bool) == Some(true);
    let l4 = flow.get("l4").and_then(Value::as_object);
    let Some((name, inner)) = l4.and_then(|l4| l4.iter().next()) else { return Ok(Line::Other) };
    if is_reply {
        return Ok(Line::Reply);
    }
    if !was_made {
        return Ok(Line::Refused);
    }
    // ICMP has no ports.
    let Some(protocol) = protocol(name) else { return Ok(Line::Other) };
    let Some(port) = port(inner.get("destination_port")) else {
        return Err("the flow has no `destination_port`".to_owned());
    };
    let addresses = flow.get("IP").or_else(|| flow.get("ip"));
    let (mut from, mut to) = (end(flow, "source", addresses), end(flow, "destination", addresses));
    // Where the destination is a Service still, it says so.
    if to.pod.is_empty()
        && to.workload.is_empty()
        && let Some(service) = flow.get("destination_service")
    {
        (to.service, to.namespace) = (text(service, "name"), text(service, "namespace"));
    }
    for end in [&mut from, &mut to] {
        if end.pod.is_empty() && end.workload.is_empty() && end.service.is_empty() && end.address.is_none() {
            return Err("the flow does not say who connects".to_owned());
        }
    }
    let time = text(flow, "time");
    Ok(Line::flow(Flow { from, to, protocol, port, count: 1, first: time.clone(), last: time, line: 0 }))
}

fn end(flow: &Value, side: &str, addresses: Option<&Value>) -> FlowEnd {
    let own = flow.get(side);
    let of = |key: &str| own.map(|own| text(own, key)).unwrap_or_default();
    let workloads = own.and_then(|own| own.get("workloads")).and_then(Value::as_array);
    let workload = workloads.and_then(|all| all.first()).map(|first| text(first, "name")).unwrap_or_default();
    let address = addresses.map(|addresses| text(addresses, side)).and_then(|text| address(&text));
    FlowEnd { namespace: of("namespace"), workload, pod: of("pod_name"), service: String::new(), address }
}
