//! The kernel's table of connections: `conntrack -L`, or `/proc/net/nf_conntrack`. The second half of a line is the answer,
//! from whoever was really connected to after translation.

use std::net::IpAddr;

use model::flow::{Flow, FlowEnd};

use crate::{Line, protocol};

pub(crate) fn read(text: &str) -> Result<Line, String> {
    let values = |key: &str| {
        let words = text.split_whitespace().filter_map(move |word| word.strip_prefix(key)?.strip_prefix('='));
        words.take(2).map(str::to_owned).collect::<Vec<_>>()
    };
    let (sources, sports) = (values("src"), values("sport"));
    if sources.is_empty() {
        return Err("it is none of the forms that are read".to_owned());
    }
    let named = text
        .split_whitespace()
        .take(4)
        .find(|word| word.bytes().all(|b| b.is_ascii_alphabetic()) && protocol(word).is_some());
    let Some(protocol) = named.and_then(protocol) else { return Ok(Line::Other) };
    if text.contains("[UNREPLIED]") {
        return Ok(Line::Refused);
    }
    let end = |text: Option<&String>| -> Option<IpAddr> { text?.parse().ok() };
    let (from, to) = (end(sources.first()), end(sources.get(1)));
    let port = sports.get(1).and_then(|port| port.parse().ok()).filter(|port| *port > 0);
    let (Some(from), Some(to), Some(port)) = (from, to, port) else {
        return Err("the connection has no answer with `src` and `sport`".to_owned());
    };
    let of = |address| FlowEnd { address: Some(address), ..FlowEnd::default() };
    let (first, last) = (String::new(), String::new());
    Ok(Line::flow(Flow { from: of(from), to: of(to), protocol, port, count: 1, first, last, line: 0 }))
}
