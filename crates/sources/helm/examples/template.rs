//! Prints a chart as `helm template` does: `cargo run -p helm --example template -- CHART [-f FILE] [--set …]…`.

use std::error::Error;
use std::path::Path;

use helm::manifests::{Crds, Hooks, Print, Tests};
use helm::{Chart, Operation, Options, Values};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let chart = arguments.next().ok_or("which chart?")?;
    let (mut values, mut options, mut print) = (Values::default(), Options::default(), Print::default());
    while let Some(flag) = arguments.next() {
        let mut value = || arguments.next().ok_or_else(|| format!("`{flag}` needs a value"));
        match flag.as_str() {
            "-f" => {
                let path = value()?;
                values.add_file(Path::new(&path), &std::fs::read_to_string(&path)?)?;
            }
            "--set" => values.set(&value()?)?,
            "--set-string" => values.set_string(&value()?)?,
            "--set-json" => values.set_json(&value()?)?,
            "--set-literal" => values.set_literal(&value()?)?,
            "--set-file" => {
                values.set_file(&value()?, &|path| std::fs::read_to_string(path).map_err(|error| error.to_string()))?;
            }
            "--name" => options.release_name = value()?,
            "--namespace" => options.namespace = value()?,
            "--kube-version" => options.kube_version = Some(value()?),
            "--api-versions" => options.api_versions.push(value()?),
            "--is-upgrade" => options.operation = Operation::Upgrade,
            "--include-crds" => print.crds = Crds::Include,
            "--no-hooks" => print.hooks = Hooks::Omit,
            "--skip-tests" => print.tests = Tests::Omit,
            "--show-only" => print.show_only.push(value()?),
            other => return Err(format!("`{other}` is not known").into()),
        }
    }
    let path = Path::new(&chart);
    let chart =
        if path.is_dir() { Chart::load_folder(path)? } else { Chart::load_archive(&std::fs::read(path)?, path)? };
    let output = helm::render(&chart, &values, &options)?;
    use std::io::Write as _;
    std::io::stdout().write_all(output.print(&print)?.as_bytes())?;
    Ok(())
}
