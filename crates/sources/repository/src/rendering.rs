//! Renders a chart or a kustomization with the engines that know how.

pub(crate) mod charts;
mod join;
mod overlays;

use model::coverage::Skipped;

use crate::options::Options;
use crate::plan::Unit;
use crate::world::Outcome;

pub use charts::check_flags;

/// A text of several lines as one: Helm tells the place, then what is done there, then what is wrong.
fn one_line(text: &str) -> String {
    let mut whole = String::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        if whole.ends_with(':') {
            whole.push(' ');
        } else if line.starts_with("executing ") {
            whole.push_str(": ");
        } else if !whole.is_empty() {
            whole.push_str("; ");
        }
        whole.push_str(line);
    }
    whole
}

/// Renders a unit.
pub fn render(unit: &Unit, options: &Options) -> Outcome {
    let mut outcome = match unit {
        Unit::Chart(chart) => charts::render(chart, options),
        Unit::Kustomization(folder) => overlays::render(folder, options),
    };
    // Files below the folder that one is in are shown without it.
    if let Some(rendered) = &mut outcome.rendered {
        for file in &mut rendered.provenance.files {
            if let Ok(short) = file.path.strip_prefix("./") {
                file.path = short.to_path_buf();
            }
        }
    }
    outcome
}

/// The text of a unit as Helm or Kustomize prints it, and what of it could not be rendered.
pub fn plain(unit: &Unit, options: &Options) -> (String, Vec<Skipped>) {
    match unit {
        Unit::Chart(chart) => charts::plain(chart, options),
        Unit::Kustomization(_) => {
            let Outcome { rendered, skipped, notes: _ } = render(unit, options);
            (rendered.unwrap_or_default().text, skipped)
        }
    }
}
