//! Renders a chart or a kustomization with the engines that know how.

pub(crate) mod charts;
mod join;
mod overlays;

use model::coverage::Skipped;

use crate::options::Options;
use crate::plan::Unit;
use crate::world::Outcome;

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

/// The text of a unit as Helm or Kustomize prints it.
///
/// # Errors
/// What could not be rendered.
pub fn plain(unit: &Unit, options: &Options) -> Result<String, Vec<Skipped>> {
    match unit {
        Unit::Chart(chart) => charts::plain(chart, options),
        Unit::Kustomization(_) => {
            let Outcome { rendered, skipped, notes: _ } = render(unit, options);
            rendered.map(|rendered| rendered.text).ok_or(skipped)
        }
    }
}
