//! What OVN logs of its rules: `acl_log`. Source: OVN-Kubernetes' documentation, "ACL logging".

use std::net::IpAddr;

use model::flow::{Flow, FlowEnd};

use crate::{Line, protocol};

pub(crate) fn read(text: &str) -> Result<Line, String> {
    if !text.contains("verdict=allow") {
        return Ok(Line::Refused);
    }
    let fields = text.rsplit_once(": ").map_or(text, |(_, fields)| fields);
    let value = |keys: [&str; 2]| {
        let mut all = fields.split(',').filter_map(|field| field.trim().split_once('='));
        all.find(|(key, _)| keys.contains(key)).map(|(_, value)| value)
    };
    // `tcp6` is TCP over IPv6.
    let name = fields.split(',').next().unwrap_or_default().trim().trim_end_matches('6');
    let Some(protocol) = protocol(name) else { return Ok(Line::Other) };
    let address = |keys| -> Option<IpAddr> { value(keys)?.parse().ok() };
    let (from, to) = (address(["nw_src", "ipv6_src"]), address(["nw_dst", "ipv6_dst"]));
    let port = value(["tp_dst", "tp_dst"]).and_then(|port| port.parse().ok()).filter(|port| *port > 0);
    let (Some(from), Some(to), Some(port)) = (from, to, port) else {
        return Err("the entry does not say who connects, and on which port".to_owned());
    };
    let of = |address| FlowEnd { address: Some(address), ..FlowEnd::default() };
    let time = text.split('|').next().unwrap_or_default().to_owned();
    Ok(Line::flow(Flow {
        from: of(from),
        to: of(to),
        protocol,
        port,
        count: 1,
        first: time.clone(),
        last: time,
        line: 0,
    }))
}
