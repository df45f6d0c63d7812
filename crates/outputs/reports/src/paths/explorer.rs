//! The ways as a page for looking around: follow one, take a change away from them, see what is left.
//!
//! The page holds the graph as far as any way passes it, with all changes that cut something there, and asks it again as
//! `paths` does. What is told is plain HTML as well, for reading and printing without a script.

use std::collections::HashMap;
use std::io::{self, Write};

use paths::algorithms::ranking::{Part, Plan};
use paths::analysis::Analysis;
use paths::edge::ASSUMPTIONS;
use paths::graph::FixId;
use paths::topology::{EdgeId, VertexId};
use serde::Serialize;

use super::{EvidenceInfo, PathInfo, PathsReport, PlanStep, Teller};
use crate::html::{Guarded, escape};

const STYLE: &str = include_str!("explorer/page.css");
const SCRIPT: &str = include_str!("explorer/page.js");
const BODY: &str = include_str!("explorer/body.html");

/// What the page is made from.
pub struct Explorer<'a> {
    /// What is said.
    pub report: &'a PathsReport,
    /// Names what is in the graph.
    pub teller: &'a Teller<'a>,
    /// The question.
    pub analysis: &'a Analysis<'a>,
    /// The changes that are best made.
    pub plan: &'a Plan,
    /// What is open at first.
    pub opening: Opening,
}

/// What is open at first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Opening {
    /// The ways.
    Ways,
    /// The plan.
    Plan,
}

/// Numbers stand for texts, and columns for records: the page of a large cluster stays small.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Data {
    opening: Opening,
    /// Texts that others name by number.
    texts: Vec<String>,
    /// The words for kinds of vertices.
    words: Vec<&'static str>,
    /// Of each vertex the number of its word and that of its name.
    vertices: Vec<(u32, u32)>,
    kinds: Vec<Kind>,
    assumptions: Vec<Assumed>,
    /// Of each edge: from, to, kind, what is assumed as bits, its difficulty, and what shows it.
    edges: Vec<(u32, u32, u32, u32, u64, Vec<u32>)>,
    /// What shows edges: object, field, path, line, note.
    evidence: Vec<[u32; 5]>,
    fixes: Vec<Fix>,
    /// Vertices and how much they count.
    starts: Vec<(u32, u64)>,
    sinks: Vec<(u32, u64)>,
    /// How much all entries count, those too that lead nowhere.
    of: u64,
    plan: Vec<Step>,
}

#[derive(Serialize)]
struct Kind {
    id: &'static str,
    title: &'static str,
    techniques: &'static [&'static str],
    verify: &'static str,
}

#[derive(Serialize)]
struct Assumed {
    id: &'static str,
    text: &'static str,
}

#[derive(Serialize)]
struct Fix {
    title: u32,
    object: u32,
    field: u32,
    value: u32,
    path: u32,
    line: u32,
    cost: u64,
    edges: Vec<u32>,
    vertices: Vec<u32>,
}

#[derive(Serialize)]
struct Step {
    fix: u32,
    cuts: u64,
    left: u64,
    group: u32,
}

/// Writes the page.
///
/// # Errors
/// What writing to `out` returns.
pub fn write_html(explorer: &Explorer<'_>, out: &mut dyn Write) -> io::Result<()> {
    let report = explorer.report;
    let subject = escape(&report.subject);
    write!(
        out,
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; \
         script-src 'unsafe-inline'; base-uri 'none'; form-action 'none'\">\n\
         <title>Plimsoll: attack paths of {subject}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n"
    )?;
    write_head(report, out)?;
    out.write_all(BODY.as_bytes())?;
    write_static(explorer, out)?;
    out.write_all(b"<script type=\"application/json\" id=\"data\">")?;
    serde_json::to_writer(&mut Guarded { out: &mut *out }, &data(explorer)).map_err(io::Error::from)?;
    write!(out, "</script>\n<script>\n{SCRIPT}</script>\n</body>\n</html>\n")
}

fn write_head(report: &PathsReport, out: &mut dyn Write) -> io::Result<()> {
    let sinks: Vec<String> = report.sinks.iter().map(|sink| escape(sink)).collect();
    write!(
        out,
        "<header>\n<h1><svg width=\"20\" height=\"16\" viewBox=\"0 0 20 16\" aria-hidden=\"true\"><circle cx=\"10\" \
         cy=\"8\" r=\"6.5\" fill=\"none\" stroke=\"currentColor\" stroke-width=\"1.6\"/><path d=\"M1.5 8H18.5\" \
         stroke=\"currentColor\" stroke-width=\"1.6\"/></svg> How does an attacker come to what matters in {}?</h1>\n\
         <p>{} · {} · from {} to {}</p>\n",
        escape(&report.subject),
        counted(report.coverage.resources, "object", "objects"),
        counted(report.coverage.files, "file", "files"),
        counted(report.entries.len() as u64, "entry", "entries"),
        if sinks.is_empty() { "nothing".to_owned() } else { sinks.join(", ") },
    )?;
    let skipped = &report.coverage.skipped;
    if !skipped.is_empty() {
        const NAMED: usize = 50;
        let word = if skipped.len() == 1 { "input was" } else { "inputs were" };
        write!(out, "<details class=\"unseen\"><summary>◌ {} {word} not looked at</summary><ul>", skipped.len())?;
        for one in skipped.iter().take(NAMED) {
            let line = one.line.map(|line| format!(":{line}")).unwrap_or_default();
            write!(out, "<li><code>{}{line}</code> {}</li>", escape(&one.path), escape(&one.reason))?;
        }
        out.write_all(b"</ul></details>\n")?;
    }
    out.write_all(b"</header>\n")
}

fn counted(number: u64, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

/// The same as text: for reading, printing, and for who does not see the picture.
fn write_static(explorer: &Explorer<'_>, out: &mut dyn Write) -> io::Result<()> {
    let Explorer { report, teller, analysis, plan, opening: _ } = explorer;
    out.write_all(b"<section id=\"static\">\n<h2>The same as text</h2>\n")?;
    for path in &report.paths {
        write_static_path(path, out)?;
    }
    if report.more > 0 {
        writeln!(out, "<p>{} more ways: with a script, or by <code>--all</code></p>", report.more)?;
    }
    if !plan.steps.is_empty() {
        out.write_all(b"<h3>What to do first</h3>\n<ol>\n")?;
        let told = report.plan.is_none().then(|| teller.plan(analysis, plan));
        let steps = report.plan.as_ref().or(told.as_ref()).map_or(&[][..], |plan| &plan.steps);
        for PlanStep { fix, left, .. } in steps {
            let of = plan.before;
            let place = place(&fix.path, fix.line);
            writeln!(out, "<li>{} in {}{place}: {left} of {of} left</li>", escape(&fix.title), escape(&fix.object))?;
        }
        out.write_all(b"</ol>\n")?;
    }
    out.write_all(b"</section>\n")
}

fn write_static_path(path: &PathInfo, out: &mut dyn Write) -> io::Result<()> {
    write!(out, "<h3>{} → {}</h3>\n<ol>\n", escape(&path.from), escape(&path.to))?;
    for step in &path.steps {
        write!(out, "<li>{} → {}", escape(&step.title), escape(&step.to))?;
        for EvidenceInfo { path, line, note, .. } in step.evidence.iter().take(1) {
            write!(out, " <small>{}{}</small>", escape(note), place(path.as_deref().unwrap_or_default(), *line))?;
        }
        for assumed in path.assumptions.iter().filter(|assumed| step.assumptions.contains(&assumed.id)) {
            write!(out, " <small>◌ if {}</small>", escape(&assumed.text))?;
        }
        out.write_all(b"</li>\n")?;
    }
    out.write_all(b"</ol>\n")
}

fn place(path: &str, line: Option<u32>) -> String {
    match (path, line) {
        ("", _) => String::new(),
        (path, Some(line)) => format!(" <code>{}:{line}</code>", escape(path)),
        (path, None) => format!(" <code>{}</code>", escape(path)),
    }
}

/// Texts, each once.
#[derive(Default)]
struct Texts {
    all: Vec<String>,
    numbers: HashMap<String, u32>,
}

impl Texts {
    fn number(&mut self, text: String) -> u32 {
        if let Some(known) = self.numbers.get(&text) {
            return *known;
        }
        let number = self.all.len() as u32;
        self.all.push(text.clone());
        self.numbers.insert(text, number);
        number
    }
}

/// Which part of the graph the page holds: old numbers to new ones, in the same order.
struct Numbers {
    vertices: HashMap<u32, u32>,
    edges: HashMap<u32, u32>,
}

fn data(explorer: &Explorer<'_>) -> Data {
    let Explorer { report: _, teller, analysis, plan, opening } = explorer;
    let graph = teller.graph;
    let on_ways = analysis.on_ways();
    let vertices: Vec<u32> =
        (0..graph.vertices.len() as u32).filter(|at| on_ways.vertices.contains(*at as usize)).collect();
    let edges: Vec<u32> = (0..graph.edges.len() as u32).filter(|at| on_ways.edges.contains(*at as usize)).collect();
    let numbers = Numbers {
        vertices: vertices.iter().copied().zip(0..).collect(),
        edges: edges.iter().copied().zip(0..).collect(),
    };
    let mut texts = Texts::default();
    let mut words: Vec<&'static str> = vertices.iter().map(|at| graph.vertices[*at as usize].kind()).collect();
    words.sort_unstable();
    words.dedup();
    let mut kinds: Vec<Kind> = Vec::new();
    let mut evidence: Vec<[u32; 5]> = Vec::new();
    let mut known: HashMap<[u32; 5], u32> = HashMap::new();
    let written = edges.iter().map(|&at| {
        let edge = &graph.edges[at as usize];
        let kind = kinds.iter().position(|kind| kind.id == edge.kind.id).unwrap_or_else(|| {
            let paths::edge::EdgeKind { id, title, techniques, verify, .. } = *edge.kind;
            kinds.push(Kind { id, title, techniques, verify });
            kinds.len() - 1
        });
        let bits = ASSUMPTIONS.iter().zip(0..).filter(|(one, _)| edge.assumptions.iter().any(|own| own == **one));
        let shown = edge.evidence.iter().map(|shown| {
            let row = row(teller.evidence(shown), &mut texts);
            *known.entry(row).or_insert_with(|| {
                evidence.push(row);
                evidence.len() as u32 - 1
            })
        });
        let shown = shown.collect();
        let (from, to) = (graph.topology.from(EdgeId(at)), graph.topology.to(EdgeId(at)));
        (
            numbers.vertices[&from.0],
            numbers.vertices[&to.0],
            kind as u32,
            bits.fold(0, |bits, (_, bit)| bits | 1_u32 << bit),
            analysis.difficulty(EdgeId(at)).max(1),
            shown,
        )
    });
    let written = written.collect();
    let names = vertices.iter().map(|&at| {
        let word = words.binary_search(&graph.vertices[at as usize].kind()).unwrap_or_default();
        (word as u32, texts.number(teller.name(VertexId(at))))
    });
    let names = names.collect();
    let (fixes, fix_numbers) = fixes(teller, analysis, &numbers, &mut texts);
    let weighted = |vertex: VertexId, weight| Some((*numbers.vertices.get(&vertex.0)?, weight));
    let steps = plan.steps.iter().filter_map(|step| {
        let fix = *fix_numbers.get(&(step.change as u32))?;
        Some(Step { fix, cuts: step.cut, left: step.left, group: step.group })
    });
    Data {
        opening: *opening,
        words,
        vertices: names,
        kinds,
        assumptions: ASSUMPTIONS.iter().map(|one| Assumed { id: one.id, text: one.text }).collect(),
        edges: written,
        evidence,
        fixes,
        starts: analysis.starts().iter().filter_map(|start| weighted(start.vertex, start.weight)).collect(),
        sinks: analysis.sinks().iter().filter_map(|sink| weighted(sink.vertex, sink.weight)).collect(),
        of: analysis.starts().iter().fold(0, |sum, start| sum.saturating_add(start.weight)),
        plan: steps.collect(),
        texts: texts.all,
    }
}

fn row(shown: EvidenceInfo, texts: &mut Texts) -> [u32; 5] {
    let EvidenceInfo { object, field, path, line, note } = shown;
    let mut number = |text: Option<String>| texts.number(text.unwrap_or_default());
    [number(object), number(field), number(path), line.unwrap_or_default(), number(Some(note))]
}

/// The changes that take something away there, and their numbers.
fn fixes(
    teller: &Teller<'_>,
    analysis: &Analysis<'_>,
    numbers: &Numbers,
    texts: &mut Texts,
) -> (Vec<Fix>, HashMap<u32, u32>) {
    let mut fixes = Vec::new();
    let mut known = HashMap::new();
    for fix in 0..teller.graph.fixes.len() as u32 {
        let (mut edges, mut vertices) = (Vec::new(), Vec::new());
        for part in analysis.parts(FixId(fix)) {
            match part {
                Part::Edge(edge) => edges.extend(numbers.edges.get(&edge.0)),
                Part::Vertex(vertex) => vertices.extend(numbers.vertices.get(&vertex.0)),
            }
        }
        if edges.is_empty() && vertices.is_empty() {
            continue;
        }
        let told = teller.fix(FixId(fix), analysis);
        known.insert(fix, fixes.len() as u32);
        fixes.push(Fix {
            title: texts.number(told.title),
            object: texts.number(told.object),
            field: texts.number(told.field),
            value: texts.number(told.value.unwrap_or_default()),
            path: texts.number(told.path),
            line: told.line.unwrap_or_default(),
            cost: told.cost,
            edges,
            vertices,
        });
    }
    (fixes, known)
}
