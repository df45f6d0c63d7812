//! Charts against Helm itself, byte for byte. Where `PLIMSOLL_HELM` names no Helm, the texts that Helm 4.3.1 printed
//! for the same charts are what is compared with (`*.expected`, written with `PLIMSOLL_HELM_RECORD=1`).

#![expect(clippy::unwrap_used, reason = "a test that fails says where")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use helm::manifests::{Crds, Hooks, Tests};
use helm::{Chart, Operation, Options, Print, Values};

fn charts() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/charts")
}

/// The runs of a chart: a name, and flags. One without flags if the file beside it does not say otherwise.
fn runs(chart: &Path) -> Vec<(String, Vec<String>)> {
    let name = chart.file_name().unwrap().to_string_lossy().into_owned();
    let Ok(text) = fs::read_to_string(chart.with_extension("flags")) else { return vec![(name, Vec::new())] };
    let split = |line: &str| line.split_whitespace().map(str::to_owned).collect();
    text.lines().enumerate().map(|(index, line)| (format!("{name}-{index}"), split(line))).collect()
}

fn ours(chart: &Path, flags: &[String]) -> Result<String, String> {
    let text = |error: &dyn std::error::Error| error.to_string();
    let (mut values, mut options, mut print) = (Values::default(), Options::default(), Print::default());
    let mut flags = flags.iter();
    while let Some(flag) = flags.next() {
        let mut next = || flags.next().unwrap().as_str();
        match flag.as_str() {
            "-f" => {
                let path = charts().join(next());
                values.add_file(&path, &fs::read_to_string(&path).unwrap()).map_err(|error| text(&error))?;
            }
            "--set" => values.set(next()).map_err(|error| text(&error))?,
            "--set-string" => values.set_string(next()).map_err(|error| text(&error))?,
            "--set-json" => values.set_json(next()).map_err(|error| text(&error))?,
            "--set-literal" => values.set_literal(next()).map_err(|error| text(&error))?,
            "--namespace" => next().clone_into(&mut options.namespace),
            "--kube-version" => options.kube_version = Some(next().to_owned()),
            "--api-versions" => options.api_versions.push(next().to_owned()),
            "--is-upgrade" => options.operation = Operation::Upgrade,
            "--include-crds" => print.crds = Crds::Include,
            "--no-hooks" => print.hooks = Hooks::Omit,
            "--skip-tests" => print.tests = Tests::Omit,
            "--show-only" => print.show_only.push(next().to_owned()),
            other => panic!("{other}"),
        }
    }
    let chart = Chart::load_folder(chart).map_err(|error| text(&error))?;
    let output = helm::render(&chart, &values, &options).map_err(|error| text(&error))?;
    let whole = output.print(&print).map_err(|error| text(&error))?;
    for file in &output.files {
        let pieces = &file.rendered.provenance.pieces;
        assert_eq!(pieces.is_empty(), file.rendered.text.is_empty(), "{}", file.name);
        assert!(pieces.first().is_none_or(|piece| piece.start == 0), "{}", file.name);
        verbatim_is_copied(file);
    }
    Ok(whole)
}

fn verbatim_is_copied(file: &helm::File) {
    let provenance = &file.rendered.provenance;
    for (index, piece) in provenance.pieces.iter().enumerate() {
        let end = provenance.pieces.get(index + 1).map_or(file.rendered.text.len(), |next| next.start as usize);
        let here = &file.rendered.text[piece.start as usize..end];
        if piece.verbatim {
            let start = piece.source.span.start as usize;
            let source = &provenance.files[piece.source.file.0 as usize].text;
            assert_eq!(here, &source[start..start + here.len()], "{}", file.name);
        }
    }
}

fn theirs(helm: &str, chart: &Path, flags: &[String]) -> Result<String, String> {
    let mut command = Command::new(helm);
    command.current_dir(charts()).args(["template", "release-name"]).arg(chart).args(flags);
    let output = command.env("HELM_CACHE_HOME", std::env::temp_dir()).output().unwrap();
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    let start = text.find("Error: ").map_or(0, |at| at + "Error: ".len());
    Err(text[start..].replace("\n\nUse --debug flag to render out invalid YAML", "").trim_end().to_owned())
}

fn shown(result: &Result<String, String>) -> String {
    match result {
        Ok(text) => text.clone(),
        Err(message) => format!("Error: {}\n", message.trim_end()),
    }
}

/// The file in which a document is no manifest.
fn comparable(text: &str) -> Option<&str> {
    text.strip_prefix("Error: YAML parse error on ")?.split(": ").next()
}

fn difference(a: &str, b: &str) -> String {
    let mut out = String::new();
    for (number, (ours, theirs)) in a.lines().zip(b.lines()).enumerate() {
        if ours != theirs {
            out.push_str(&format!("  {}:\n    ours  {ours}\n    helm  {theirs}\n", number + 1));
        }
    }
    if a.lines().count() != b.lines().count() {
        out.push_str(&format!("  {} lines and {} lines\n", a.lines().count(), b.lines().count()));
    }
    out
}

#[test]
fn prints_what_helm_prints() {
    let helm = std::env::var("PLIMSOLL_HELM").ok();
    let record = std::env::var("PLIMSOLL_HELM_RECORD").is_ok();
    let mut names: Vec<PathBuf> =
        fs::read_dir(charts()).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()).collect();
    names.sort();
    let (mut failed, mut count) = (String::new(), 0);
    for chart in &names {
        for (name, flags) in runs(chart) {
            let ours = shown(&ours(chart, &flags));
            let file = charts().join(format!("{name}.expected"));
            let theirs = match &helm {
                Some(helm) => shown(&theirs(helm, chart, &flags)),
                None => fs::read_to_string(&file).unwrap_or_default(),
            };
            if record {
                fs::write(&file, &theirs).unwrap();
            }
            count += 1;
            // The YAML readers differ in their words, not in what they refuse.
            let same = ours == theirs || comparable(&ours).is_some_and(|name| Some(name) == comparable(&theirs));
            if !same {
                failed.push_str(&format!("{name}:\n{}", difference(&ours, &theirs)));
            }
        }
    }
    assert!(failed.is_empty(), "of {count} runs these differ:\n{failed}");
    println!("{count} runs of charts, {count} equal");
}
