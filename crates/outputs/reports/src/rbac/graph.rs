//! `plimsoll rbac graph`: how subjects come to what is dangerous, from left to right: subjects, bindings, roles, themes.
//!
//! The same input gives the same picture. What is alike is one node with a number; the picture has as many nodes as can be
//! read, and says how many more there are.

use std::fmt::Write as _;
use std::io::{self, Write};

use schemars::JsonSchema;
use serde::Serialize;

use super::RbacReport;
use crate::html::escape;

/// The picture.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct GraphReport {
    /// The nodes, by column and from top to bottom.
    pub nodes: Vec<GraphNode>,
    /// What leads to what.
    pub edges: Vec<GraphEdge>,
    /// What is left out, in words; empty if nothing is.
    pub left_out: Vec<String>,
}

/// A node.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct GraphNode {
    /// 0 subjects, 1 bindings, 2 roles, 3 what they can do.
    pub column: u8,
    /// What it is.
    pub kind: String,
    /// Its name, or how many there are.
    pub label: String,
    /// The severity of the worst that goes through it.
    pub severity: String,
    /// What is behind it, a line for each, as far as that is listed.
    pub members: Vec<String>,
}

/// An edge.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct GraphEdge {
    /// The index of the node on the left.
    pub from: u32,
    /// The index of the node on the right.
    pub to: u32,
    /// The severity of the worst that it leads to.
    pub severity: String,
}

const COLUMNS: [&str; 4] = ["Subjects", "Bindings", "Roles", "Can reach"];
const NODE_WIDTH: u32 = 240;
const NODE_HEIGHT: u32 = 40;
const STEP_X: u32 = 340;
const STEP_Y: u32 = 52;
const TOP: u32 = 56;
const STYLE: &str = include_str!("graph.css");

/// Writes the picture as a page, with the same as text under it.
///
/// # Errors
/// What writing to `out` returns.
pub fn write_html(report: &RbacReport, out: &mut dyn Write) -> io::Result<()> {
    let Some(graph) = &report.graph else { return Ok(()) };
    super::page::begin("How do subjects come to what is dangerous?", STYLE, out)?;
    let logo = super::page::LOGO;
    writeln!(out, "<header><h1>{logo} How do subjects come to what is dangerous?</h1>")?;
    for text in &graph.left_out {
        writeln!(out, "<p class=\"quiet\">{}</p>", escape(text))?;
    }
    super::page::write_unseen(report, out)?;
    writeln!(out, "</header>\n<div class=\"scroll\">")?;
    write_drawing(graph, out)?;
    writeln!(out, "</div>\n<h2>The same in words</h2>\n<ul>")?;
    for edge in &graph.edges {
        let (from, to) = (&graph.nodes[edge.from as usize], &graph.nodes[edge.to as usize]);
        let verb = ["is named by", "gives", "is what"][usize::from(from.column.min(2))];
        writeln!(
            out,
            "<li class=\"{}\"><b>{} {}</b> {verb} {} {} <span class=\"quiet\">({})</span></li>",
            escape(&edge.severity),
            escape(&from.kind),
            escape(&from.label),
            escape(&to.kind),
            escape(&to.label),
            escape(&edge.severity)
        )?;
    }
    writeln!(out, "</ul>\n</body>\n</html>")
}

/// Writes the picture alone.
///
/// # Errors
/// What writing to `out` returns.
pub fn write_svg(report: &RbacReport, out: &mut dyn Write) -> io::Result<()> {
    report.graph.as_ref().map_or(Ok(()), |graph| write_drawing(graph, out))
}

/// Where every node stands: its left upper corner.
fn positions(graph: &GraphReport) -> Vec<(u32, u32)> {
    let mut rows = [0u32; 4];
    let counts = [0u8, 1, 2, 3].map(|column| graph.nodes.iter().filter(|node| node.column == column).count() as u32);
    let tallest = counts.into_iter().max().unwrap_or(0);
    graph
        .nodes
        .iter()
        .map(|node| {
            let column = usize::from(node.column.min(3));
            let free = (tallest - counts[column]) * STEP_Y / 2;
            let y = TOP + free + rows[column] * STEP_Y;
            rows[column] += 1;
            (16 + column as u32 * STEP_X, y)
        })
        .collect()
}

fn write_drawing(graph: &GraphReport, out: &mut dyn Write) -> io::Result<()> {
    let positions = positions(graph);
    let height = positions.iter().map(|(_, y)| y + STEP_Y).max().unwrap_or(TOP) + 16;
    let width = 3 * STEP_X + NODE_WIDTH + 32;
    writeln!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" \
         role=\"img\" aria-label=\"Subjects, bindings, roles and what they can reach\" font-family=\"system-ui, sans-serif\">\n\
         <style>{STYLE}</style>"
    )?;
    for (column, title) in (0u32..).zip(COLUMNS) {
        writeln!(out, "<text class=\"title\" x=\"{}\" y=\"32\">{title}</text>", 16 + column * STEP_X)?;
    }
    for edge in &graph.edges {
        let ((x1, y1), (x2, y2)) = (positions[edge.from as usize], positions[edge.to as usize]);
        let (x1, y1, y2) = (x1 + NODE_WIDTH, y1 + NODE_HEIGHT / 2, y2 + NODE_HEIGHT / 2);
        let bend = (x2.saturating_sub(x1)) / 2;
        writeln!(
            out,
            "<path class=\"edge {}\" d=\"M{x1} {y1} C{} {y1} {} {y2} {x2} {y2}\"/>",
            escape(&edge.severity),
            x1 + bend,
            x2 - bend
        )?;
    }
    for (node, (x, y)) in graph.nodes.iter().zip(positions) {
        write_node(node, x, y, out)?;
    }
    writeln!(out, "</svg>")
}

fn write_node(node: &GraphNode, x: u32, y: u32, out: &mut dyn Write) -> io::Result<()> {
    let severity = escape(&node.severity);
    let mut about = format!("{} {}", node.kind, node.label);
    for member in node.members.iter().take(40) {
        let _ = write!(about, "\n{member}");
    }
    writeln!(
        out,
        "<g class=\"node {severity}\"><title>{}</title>\
         <rect x=\"{x}\" y=\"{y}\" width=\"{NODE_WIDTH}\" height=\"{NODE_HEIGHT}\" rx=\"6\"/>\
         <rect class=\"bar\" x=\"{x}\" y=\"{y}\" width=\"4\" height=\"{NODE_HEIGHT}\" rx=\"2\"/>\
         <text class=\"kind\" x=\"{}\" y=\"{}\">{}</text><text class=\"name\" x=\"{}\" y=\"{}\">{}</text></g>",
        escape(&about),
        x + 14,
        y + 15,
        escape(&node.kind),
        x + 14,
        y + 31,
        escape(&short(&node.label))
    )
}

/// A label that fits into its node: names end with what tells them apart more often than they begin with it.
fn short(label: &str) -> String {
    let count = label.chars().count();
    if count <= 32 {
        return label.to_owned();
    }
    let begin: String = label.chars().take(15).collect();
    let end: String = label.chars().skip(count - 16).collect();
    format!("{begin}…{end}")
}

/// Writes the graph for Graphviz.
///
/// # Errors
/// What writing to `out` returns.
pub fn write_dot(report: &RbacReport, out: &mut dyn Write) -> io::Result<()> {
    let Some(graph) = &report.graph else { return Ok(()) };
    writeln!(out, "digraph rbac {{\n  rankdir=LR;\n  node [shape=box, style=rounded, fontname=\"sans-serif\"];")?;
    for (number, node) in graph.nodes.iter().enumerate() {
        let label = quoted(&format!("{}\n{}", node.kind, node.label));
        writeln!(out, "  n{number} [label={label}, tooltip={}];", quoted(&node.severity))?;
    }
    for edge in &graph.edges {
        writeln!(out, "  n{} -> n{} [tooltip={}];", edge.from, edge.to, quoted(&edge.severity))?;
    }
    writeln!(out, "}}")
}

fn quoted(text: &str) -> String {
    let clean = crate::text::terminal::sanitize(text).replace('\\', "\\\\").replace('"', "\\\"");
    format!("\"{}\"", clean.replace('\n', "\\n"))
}

/// Writes the graph for people, without a picture.
///
/// # Errors
/// What writing to `out` returns.
pub(super) fn write_text(graph: &GraphReport, out: &mut dyn Write) -> io::Result<()> {
    for edge in &graph.edges {
        let (from, to) = (&graph.nodes[edge.from as usize], &graph.nodes[edge.to as usize]);
        let line = format!("{:<8} {} {} -> {} {}", edge.severity, from.kind, from.label, to.kind, to.label);
        writeln!(out, "{}", crate::text::terminal::sanitize(&line))?;
    }
    graph.left_out.iter().try_for_each(|text| writeln!(out, "{text}"))
}
