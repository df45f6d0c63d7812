//! Policies that may not do what they were meant to, for people and machines.

use std::io::{self, Write};

use ::network::{Network, Oddity, Sanity};
use model::severity::Severity;
use schemars::JsonSchema;
use serde::Serialize;

use super::wire::{object_name, place_of};
use crate::text::Terminal;
use crate::text::terminal::{sanitize, style, wrap};

/// Something about a policy that may not be as it was meant.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CheckOddity {
    /// The question that is answered, as `split-peer`.
    pub question: String,
    /// How much it matters: `critical`, `high`, `medium`, `low` or `info`.
    pub severity: String,
    /// The policy.
    pub policy: String,
    /// Its file.
    pub path: String,
    /// The line.
    pub line: u32,
    /// What holds.
    pub message: String,
    /// What to do.
    pub advice: String,
}

/// What is odd about the policies of a network.
pub fn oddities(network: &Network<'_>, sanity: &Sanity) -> Vec<CheckOddity> {
    let wire = |oddity: &Oddity| {
        let (path, line) = place_of(network.inventory(), oddity.policy, oddity.place.line);
        CheckOddity {
            question: oddity.question.id().to_owned(),
            severity: oddity.question.severity().name().to_owned(),
            policy: object_name(network.inventory(), oddity.policy),
            path,
            line,
            message: oddity.message.clone(),
            advice: oddity.advice.clone(),
        }
    };
    sanity.oddities.iter().map(wire).collect()
}

/// How many are shown; the rest is counted.
const MOST: usize = 40;

pub(super) fn write(oddities: &[CheckOddity], terminal: Terminal, out: &mut dyn Write) -> io::Result<()> {
    for oddity in oddities.iter().take(MOST) {
        let severity = Severity::ALL.into_iter().find(|severity| severity.name() == oddity.severity);
        let severity = severity.unwrap_or(Severity::Info);
        let mark = terminal.paint(style(severity), &format!("{:<2} {}", terminal.mark(severity), oddity.question));
        let place = terminal.dim(&format!("{}:{}", sanitize(&oddity.path), oddity.line));
        writeln!(out, "{mark}  {}  {place}", terminal.bold(&sanitize(&oddity.policy)))?;
        let width = terminal.width.saturating_sub(9).max(40);
        for (label, text) in [("", &oddity.message), ("fix: ", &oddity.advice)] {
            for (at, line) in wrap(&sanitize(&format!("{label}{text}")), width).iter().enumerate() {
                let indent = if at > 0 && !label.is_empty() { "        " } else { "   " };
                writeln!(out, "{indent}{line}")?;
            }
        }
    }
    if oddities.len() > MOST {
        let more = oddities.len() - MOST;
        writeln!(out, "   {} {more} more; `--output json` has all", terminal.ellipsis())?;
    }
    if !oddities.is_empty() {
        writeln!(out)?;
    }
    Ok(())
}

/// How many there are of each severity, in words; none if there is nothing.
pub(super) fn counts(oddities: &[CheckOddity]) -> Option<String> {
    let counts: Vec<String> = Severity::ALL
        .iter()
        .map(|severity| (severity.name(), oddities.iter().filter(|oddity| oddity.severity == severity.name()).count()))
        .filter(|(_, count)| *count > 0)
        .map(|(name, count)| format!("{count} {name}"))
        .collect();
    (!counts.is_empty()).then(|| counts.join(", "))
}
