//! `plimsoll paths tracks`: the questions that have a name.

use std::io::{self, Write};

use ::paths::tracks::{TRACKS, Track, track};
use model::nearest::nearest;
use reports::text::terminal::wrap;

use crate::exit::{Exit, UsageError};
use crate::screen::{self, Destination};

/// Before what is said of a track stands its name.
const INDENT: usize = 24;

/// Runs the command.
pub(super) fn run() -> anyhow::Result<Exit> {
    let mut out = io::stdout().lock();
    let terminal = screen::terminal(&Destination::Stdout);
    for Track { id, title, from, to, without } in TRACKS {
        let room = terminal.width.saturating_sub(INDENT);
        for (at, line) in wrap(title, room).iter().enumerate() {
            let id = if at == 0 { *id } else { "" };
            writeln!(out, "{}  {line}", terminal.bold(&format!("{id:<22}")))?;
        }
        let flags = [("--from", from), ("--to", to), ("--without", without)];
        let flags: Vec<String> =
            flags.iter().flat_map(|(flag, names)| names.iter().map(move |name| format!("{flag} {name}"))).collect();
        for line in wrap(&flags.join(" "), room) {
            writeln!(out, "{:INDENT$}{}", "", terminal.dim(&line))?;
        }
    }
    let text = "`plimsoll paths list --track NAME` asks one; `paths plan --track NAME` ends it";
    for (at, line) in wrap(text, terminal.width.saturating_sub(2)).iter().enumerate() {
        let sign = if at == 0 { terminal.logo().to_string() } else { " ".to_owned() };
        writeln!(out, "{sign} {line}")?;
    }
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
