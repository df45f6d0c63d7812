//! `plimsoll paths tracks`: the questions that have a name.

use std::io::{self, Write};

use ::paths::tracks::{TRACKS, Track, track};
use model::nearest::nearest;

use crate::exit::{Exit, UsageError};
use crate::screen::{self, Destination};

/// Runs the command.
pub(super) fn run() -> anyhow::Result<Exit> {
    let mut out = io::stdout().lock();
    let terminal = screen::terminal(&Destination::Stdout);
    for Track { id, title, from, to, without } in TRACKS {
        writeln!(out, "{}  {title}", terminal.bold(&format!("{id:<22}")))?;
        let flags = [("--from", from), ("--to", to), ("--without", without)];
        let flags: Vec<String> =
            flags.iter().flat_map(|(flag, names)| names.iter().map(move |name| format!("{flag} {name}"))).collect();
        writeln!(out, "{:24}{}", "", terminal.dim(&flags.join(" ")))?;
    }
    writeln!(
        out,
        "{} `plimsoll paths list --track NAME` asks one; `paths plan --track NAME` ends it",
        terminal.logo()
    )?;
    Ok(Exit::Clean)
}

/// The question of that name.
pub(super) fn named(id: &str) -> Result<&'static Track, UsageError> {
    track(id).ok_or_else(|| {
        let near = nearest(id, TRACKS.iter().map(|track| track.id));
        let hint = near.map_or_else(String::new, |name| format!("did you mean `{name}`? "));
        UsageError(format!("there is no track `{id}`: {hint}`plimsoll paths tracks` lists them"))
    })
}
