//! `plimsoll rbac least-privilege`: what nobody needs, what was used, and roles for that.

use std::io::{self, Write};

use schemars::JsonSchema;
use serde::Serialize;

use super::text::{object, place, request, scope, subject};
use super::{ObjectReport, RequestReport, RightReport, SubjectName};
use crate::text::Terminal;
use crate::text::terminal::sanitize;
use crate::verdict::count;

/// What nobody needs, and roles that grant what was used.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LeastPrivilegeReport {
    /// What may go without anybody missing it.
    pub superfluous: Vec<SuperfluousReport>,
    /// What the log says was used; null without a log.
    pub used: Option<UsedReport>,
    /// Roles and bindings as YAML; null without a log.
    pub roles: Option<String>,
    /// That the roles allow what was allowed; null without a log.
    pub proof: Option<ProvenReport>,
    /// What subjects of the input may do, and did not do in the time of the log; null without a log.
    pub unused: Option<Vec<UnusedReport>>,
}

/// Something that may go.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SuperfluousReport {
    /// The role or binding.
    pub object: ObjectReport,
    /// The index of the rule, if it is one of a role.
    pub rule: Option<u32>,
    /// Why nobody misses it.
    pub why: String,
}

/// What a log says.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UsedReport {
    /// Requests that were allowed.
    pub events: u64,
    /// Requests that were refused: no use of a right.
    pub denied: u64,
    /// Lines that are no events, and events that say too little.
    pub unread: u64,
    /// Requests of which the log has only that they came, and not how they ended.
    pub unfinished: u64,
    /// The time of the first, as written.
    pub first: Option<String>,
    /// And of the last.
    pub last: Option<String>,
    /// Distinct requests of distinct users.
    pub distinct: u64,
    /// What was refused, the most frequent first.
    pub refused: Vec<RefusedReport>,
    /// Users of the log for whom no roles are written.
    pub left_out: Vec<LeftOutReport>,
}

/// A request that was refused.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RefusedReport {
    /// Who asked.
    pub subject: SubjectName,
    /// For what.
    pub request: RequestReport,
    /// By what it was refused.
    pub why: String,
    /// How often.
    pub count: u64,
}

/// A user for whom no roles are written.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LeftOutReport {
    /// Who.
    pub subject: SubjectName,
    /// Why.
    pub why: String,
    /// Distinct requests.
    pub requests: u64,
}

/// What a subject may do by its own bindings, and did not do.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UnusedReport {
    /// Who.
    pub subject: SubjectName,
    /// Distinct requests that it made, or that members of the group made.
    pub requests: u64,
    /// What was not used at all.
    pub rights: Vec<RightReport>,
    /// Wildcards, and rights in the whole cluster, of which only a part was used.
    pub wider: Vec<WiderReport>,
}

/// A right of which only a part was used.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct WiderReport {
    /// What is granted.
    pub right: RightReport,
    /// What was used of it.
    pub used: Vec<String>,
}

/// What came of asking all requests of the log again.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProvenReport {
    /// Subjects that roles were written for.
    pub subjects: u64,
    /// Distinct requests that were asked again.
    pub requests: u64,
    /// Of them, those that the new roles allow, with what every cluster gives.
    pub allowed: u64,
    /// Those that they do not allow.
    pub refused: Vec<String>,
    /// Those that the roles of the input do not explain: another cluster, or roles that are not in the input.
    pub unexplained: u64,
}

/// Lines of one thing that are shown.
const SHOWN: usize = 10;

pub(super) fn write_text(least: &LeastPrivilegeReport, terminal: Terminal, out: &mut dyn Write) -> io::Result<()> {
    let LeastPrivilegeReport { superfluous, used, roles, proof, unused } = least;
    let title = match superfluous.len() {
        0 => "no role, binding or rule of the input is superfluous".to_owned(),
        1 => "1 thing that nobody needs".to_owned(),
        many => format!("{many} things that nobody needs"),
    };
    writeln!(out, "{}", terminal.bold(&title))?;
    for one in superfluous {
        let rule = one.rule.map(|rule| format!(", rule {rule}")).unwrap_or_default();
        let place = place(one.object.path.as_ref(), one.object.line);
        writeln!(out, "  {}{rule}: {}  {}", object(&one.object), one.why, terminal.dim(&place))?;
    }
    if let Some(roles) = roles {
        writeln!(out)?;
        for line in roles.lines() {
            writeln!(out, "{}", sanitize(line))?;
        }
    }
    if let Some(unused) = unused {
        write_unused(unused, terminal, out)?;
    }
    if let Some(used) = used {
        write_used(used, terminal, out)?;
    }
    if let Some(proof) = proof {
        write_proof(proof, out)?;
    }
    Ok(())
}

fn write_used(used: &UsedReport, terminal: Terminal, out: &mut dyn Write) -> io::Result<()> {
    let UsedReport { events, denied, unread, unfinished, first, last, distinct: _, refused, left_out } = used;
    let window = match (first, last) {
        (Some(first), Some(last)) => format!(" from {} to {}", sanitize(first), sanitize(last)),
        _ => String::new(),
    };
    let requests = count(*events, "request", "requests");
    let unread = count(*unread, "line that is no event", "lines that are no events");
    let counted = format!("{requests}, {denied} refused, {unread}");
    writeln!(out, "\n{}", terminal.bold(&format!("the log{window}: {counted}")))?;
    if *events == 0 && *denied == 0 {
        writeln!(
            out,
            "  no event of it says how a request ended: what was used is not known, and no roles are written"
        )?;
    }
    for one in refused.iter().take(SHOWN) {
        let who = subject(&one.subject);
        let times = if one.count == 1 { String::new() } else { format!(" ({} times)", one.count) };
        writeln!(out, "  refused{times}: {who} {}: {}", request(&one.request), sanitize(&one.why))?;
    }
    more(refused.len(), out)?;
    if *unfinished > 0 {
        writeln!(out, "  the log does not say how {} ended", count(*unfinished, "request", "requests"))?;
    }
    for one in left_out.iter().take(SHOWN) {
        let requests = count(one.requests, "distinct request", "distinct requests");
        writeln!(out, "  left out: {} ({requests}): {}", subject(&one.subject), sanitize(&one.why))?;
    }
    more(left_out.len(), out)
}

fn more(all: usize, out: &mut dyn Write) -> io::Result<()> {
    match all.saturating_sub(SHOWN) {
        0 => Ok(()),
        more => writeln!(out, "  and {more} more; `--output json` has all"),
    }
}

fn write_proof(proof: &ProvenReport, out: &mut dyn Write) -> io::Result<()> {
    let ProvenReport { subjects, requests, allowed, refused, unexplained } = proof;
    let subjects = count(*subjects, "subject", "subjects");
    writeln!(out, "  roles for {subjects} allow {allowed} of {requests} distinct requests that were allowed")?;
    for request in refused.iter().take(SHOWN) {
        writeln!(out, "  not allowed: {}", sanitize(request))?;
    }
    more(refused.len(), out)?;
    if *unexplained > 0 {
        let text = "of them the roles of the input do not allow: they are not of this cluster, or not all of it";
        writeln!(out, "  {unexplained} {text}")?;
    }
    writeln!(out, "  what happens less often than the log is long is not in it: upgrades, failovers, ends of the month")
}

fn write_unused(unused: &[UnusedReport], terminal: Terminal, out: &mut dyn Write) -> io::Result<()> {
    if unused.is_empty() {
        return writeln!(out, "\n{}", terminal.bold("everything that is granted was used"));
    }
    writeln!(out, "\n{}", terminal.bold("granted and not used in the time of the log"))?;
    for UnusedReport { subject: who, requests, rights, wider } in unused {
        let used = match requests {
            0 => "nothing of it was used".to_owned(),
            requests => count(*requests, "distinct request", "distinct requests"),
        };
        writeln!(out, "  {} {}", terminal.bold(&subject(who)), terminal.dim(&format!("({used})")))?;
        for right in rights.iter().take(SHOWN) {
            writeln!(out, "    - {}", right_words(right))?;
        }
        for WiderReport { right, used } in wider.iter().take(SHOWN.saturating_sub(rights.len())) {
            let text = format!("    ~ {}; used: {}", right_words(right), sanitize(&used.join(", ")));
            writeln!(out, "{}", terminal.cut(&text, terminal.width))?;
        }
        match (rights.len() + wider.len()).saturating_sub(SHOWN) {
            0 => {}
            more => writeln!(out, "    and {more} more; `--output json` has all")?,
        }
    }
    Ok(())
}

fn right_words(right: &RightReport) -> String {
    let RightReport { namespace, group, resource, verbs, names } = right;
    let group = if group.is_empty() { String::new() } else { format!(".{group}") };
    let names = if names.is_empty() { String::new() } else { format!(" (only {})", names.join(", ")) };
    let text = format!("{} on {resource}{group}{names}", verbs.join(", "));
    format!("{} {}", sanitize(&text), scope(namespace.as_ref()))
}
