//! The arguments of a task and where it speaks. Smaller than a library, so that `cargo xtask` builds in a moment.

use std::io::{self, Write};
use std::process::{Command, ExitCode};
use std::str::FromStr;

use anyhow::{Context, Result, bail};

/// Arguments that nobody has taken yet.
pub(crate) struct Arguments {
    all: Vec<String>,
    rest: Vec<String>,
}

impl Arguments {
    pub(crate) fn from_environment() -> Arguments {
        Arguments::new(std::env::args().skip(1).collect())
    }

    pub(crate) fn new(all: Vec<String>) -> Arguments {
        Arguments { rest: all.clone(), all }
    }

    /// Takes the next argument that is not an option. Ask for options with a value first.
    pub(crate) fn positional(&mut self) -> Option<String> {
        let index = self.rest.iter().position(|argument| !argument.starts_with("--"))?;
        Some(self.rest.remove(index))
    }

    /// Takes `--name`.
    pub(crate) fn flag(&mut self, name: &str) -> bool {
        let index = self.rest.iter().position(|argument| argument == name);
        index.map(|index| self.rest.remove(index)).is_some()
    }

    /// Takes `--name VALUE` or `--name=VALUE`.
    pub(crate) fn option<T: FromStr>(&mut self, name: &str) -> Result<Option<T>> {
        let joined = |argument: &String| argument.strip_prefix(name).is_some_and(|rest| rest.starts_with('='));
        let Some(index) = self.rest.iter().position(|argument| argument == name || joined(argument)) else {
            return Ok(None);
        };
        let argument = self.rest.remove(index);
        let value = match argument.split_once('=') {
            Some((_, value)) => value.to_owned(),
            None if index < self.rest.len() => self.rest.remove(index),
            None => bail!("`{name}` needs a value"),
        };
        let parsed = value.parse().ok().with_context(|| format!("`{value}` is not a value for `{name}`"))?;
        Ok(Some(parsed))
    }

    /// Fails if something was given that no one asked for.
    pub(crate) fn finish(&self) -> Result<()> {
        match self.rest.first() {
            Some(unknown) => bail!("unknown argument `{unknown}`"),
            None => Ok(()),
        }
    }

    /// Runs the same task in an optimized build of this program, if this is not one.
    /// What is measured here must not be the lack of optimization.
    pub(crate) fn run_optimized(&self) -> Result<Option<ExitCode>> {
        if !cfg!(debug_assertions) {
            return Ok(None);
        }
        let status = cargo().args(["run", "--quiet", "--release", "--package", "xtask", "--"]).args(&self.all).status();
        let status = status.context("cannot run `cargo`")?;
        Ok(Some(status.code().and_then(|code| u8::try_from(code).ok()).map_or(ExitCode::FAILURE, ExitCode::from)))
    }
}

/// The `cargo` that runs this task.
pub(crate) fn cargo() -> Command {
    Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// Progress and complaints, on stderr. A reader who has gone away is no error.
pub(crate) fn say(text: &str) {
    writeln!(io::stderr(), "{text}").ok();
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arguments(text: &str) -> Arguments {
        Arguments::new(text.split_whitespace().map(str::to_owned).collect())
    }

    #[test]
    fn takes_options_flags_and_the_rest() {
        let mut arguments = arguments("bench --runs 3 --dir=x --quick profile");
        assert_eq!(arguments.option::<usize>("--runs").unwrap(), Some(3));
        assert_eq!(arguments.option::<String>("--dir").unwrap().as_deref(), Some("x"));
        assert!(arguments.flag("--quick"));
        assert!(!arguments.flag("--quick"));
        assert_eq!(arguments.positional().as_deref(), Some("bench"));
        assert_eq!(arguments.positional().as_deref(), Some("profile"));
        assert!(arguments.finish().is_ok());
    }

    #[test]
    fn refuses_what_nobody_asked_for() {
        assert!(arguments("--unknown").finish().is_err());
        assert!(arguments("--runs").option::<usize>("--runs").is_err());
        assert!(arguments("--runs many").option::<usize>("--runs").is_err());
    }
}
