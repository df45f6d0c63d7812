//! What pages about rights have in common.

use std::io::{self, Write};

use super::RbacReport;
use crate::html::escape;

/// The mark: a circle cut by a line.
pub(super) const LOGO: &str = "<svg class=\"logo\" viewBox=\"0 0 20 16\" width=\"20\" height=\"16\" aria-hidden=\"true\">\
<circle cx=\"10\" cy=\"8\" r=\"6.5\" fill=\"none\" stroke=\"currentcolor\" stroke-width=\"1.6\"/>\
<path d=\"M1.5 8h17\" stroke=\"currentcolor\" stroke-width=\"1.6\"/></svg>";

/// Writes everything up to the beginning of the body.
pub(super) fn begin(title: &str, style: &str, out: &mut dyn Write) -> io::Result<()> {
    write!(
        out,
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; \
         script-src 'unsafe-inline'; base-uri 'none'; form-action 'none'\">\n\
         <title>Plimsoll: {}</title>\n<style>\n{style}</style>\n</head>\n<body>\n",
        escape(title)
    )
}

/// Writes what was not looked at, and what was assumed.
pub(super) fn write_unseen(report: &RbacReport, out: &mut dyn Write) -> io::Result<()> {
    for skipped in report.coverage.skipped.iter().take(200) {
        let line = skipped.line.map(|line| format!(":{line}")).unwrap_or_default();
        writeln!(
            out,
            "<p class=\"unseen\">◌ not looked at: <code>{}{line}</code> ({})</p>",
            escape(&skipped.path),
            escape(&skipped.reason)
        )?;
    }
    for assumption in &report.assumptions {
        writeln!(out, "<p class=\"quiet\">Assumed: {}.</p>", escape(assumption))?;
    }
    Ok(())
}
