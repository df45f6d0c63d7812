//! What the repository offers to CI servers runs: the commands of the hook, the action, the template and the page about
//! them are taken out of the files and run on a copy of the example.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use model::document::{Document, Value};
use serde_json::Value as Json;

use crate::program::Folder;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

fn text(name: &str) -> String {
    fs::read_to_string(root().join(name)).unwrap()
}

/// A copy of the example, with a file that is no manifest.
fn shop() -> Folder {
    let folder = Folder::new(&[("compose.yaml", "services: {api: {image: 'api:1'}}\n")]);
    copy(&root().join("examples/shop"), folder.path());
    folder
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else {
            fs::copy(&path, target).unwrap();
        }
    }
}

/// Runs a script as CI servers do, with our program on the PATH, and returns its exit code and what it said.
fn run(folder: &Folder, script: &str, variables: &[(String, String)]) -> (i32, String) {
    let program = Path::new(env!("CARGO_BIN_EXE_plimsoll")).parent().unwrap();
    let path = format!("{}/bin:{}:{}", folder.path().display(), program.display(), std::env::var("PATH").unwrap());
    let mut command = Command::new("bash");
    command.args(["-e", "-o", "pipefail", "-c", script]).current_dir(folder.path()).env("PATH", path);
    for name in ["GITHUB_STEP_SUMMARY", "GITHUB_OUTPUT", "GITHUB_PATH"] {
        command.env(name, folder.path().join(format!("{name}.txt")));
    }
    command.env("RUNNER_TEMP", folder.path().join("temp")).env("GITHUB_WORKSPACE", folder.path());
    let output = command.envs(variables.iter().cloned()).output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
    (output.status.code().unwrap(), said)
}

fn parse(text: &str) -> Document<'_> {
    yaml::parse_document(text).unwrap()
}

fn field(value: Value<'_>, keys: &[&str]) -> String {
    value.at(keys).unwrap_or_else(|| panic!("there is no {keys:?}")).text().into_owned()
}

/// What `$NAME.txt` of a run holds.
fn written(folder: &Folder, name: &str) -> String {
    fs::read_to_string(folder.path().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

#[test]
fn hooks_of_pre_commit_scan_what_they_are_given() {
    let text = text(".pre-commit-hooks.yaml");
    let document = parse(&text);
    let hooks: Vec<(String, String)> =
        document.root().items().map(|hook| (field(hook, &["id"]), field(hook, &["entry"]))).collect();
    let [(changed, changed_entry), (all, all_entry)] = hooks.as_slice() else { panic!("{hooks:?}") };
    assert_eq!((changed.as_str(), all.as_str()), ("plimsoll", "plimsoll-all"));
    let commit = |files: &str| run(&shop(), &format!("{changed_entry} {files}"), &[]).0;
    assert_eq!(commit("payments/api.yaml compose.yaml"), 1);
    assert_eq!(commit("storefront/ingress.yaml compose.yaml"), 0);
    assert_eq!(commit("compose.yaml"), 0);
    assert_eq!(commit("payments/refunds.yaml"), 2, "it is not YAML");
    assert_eq!(run(&shop(), all_entry, &[]).0, 2, "one file is not YAML");
}

/// The script of a step of the action, and its environment if the inputs are `given` and otherwise as declared.
fn step(name: &str, given: &[(&str, &str)]) -> (String, Vec<(String, String)>) {
    let text = text("action.yml");
    let document = parse(&text);
    let steps = document.root().at(&["runs", "steps"]).unwrap();
    let step = steps.items().find(|step| field(*step, &["name"]) == name).unwrap();
    let variables = step.get("env").unwrap().entries().map(|(variable, value)| {
        let expression = value.text();
        let input = expression.trim_start_matches("${{ ").trim_end_matches(" }}").trim_start_matches("inputs.");
        let given = given.iter().find(|(name, _)| *name == input).map(|(_, value)| (*value).to_owned());
        let declared =
            || document.root().at(&["inputs", input]).map(|_| field(document.root(), &["inputs", input, "default"]));
        (variable.text().into_owned(), given.or_else(declared).unwrap_or_default())
    });
    (field(step, &["run"]), variables.collect())
}

#[test]
fn the_action_annotates_summarizes_and_leaves_sarif() {
    let (script, variables) = step("Scan", &[]);
    let folder = shop();
    let (code, said) = run(&folder, &script, &variables);
    assert_eq!(code, 2, "{said}");
    assert!(said.starts_with("::error file=monitoring/node-agent.yaml,line="), "{said}");
    assert!(written(&folder, "GITHUB_STEP_SUMMARY.txt").contains("below the line"));
    assert_eq!(written(&folder, "GITHUB_OUTPUT.txt"), "exit-code=2\nsarif=plimsoll.sarif\n");
    let sarif: Json = serde_json::from_str(&written(&folder, "plimsoll.sarif")).unwrap();
    assert!(sarif["runs"][0]["results"].as_array().unwrap().len() > 20);
}

#[test]
fn the_action_passes_if_it_is_told_not_to_fail() {
    let (script, variables) = step("Scan", &[("fail", "false"), ("path", "payments")]);
    let folder = shop();
    assert_eq!(run(&folder, &script, &variables).0, 0);
    assert!(written(&folder, "GITHUB_OUTPUT.txt").starts_with("exit-code=2\n"));
    let (script, variables) = step("Scan", &[("fail", "false"), ("severity-threshold", "grave")]);
    assert_eq!(run(&shop(), &script, &variables).0, 3, "a wrong command line is never passed");
}

#[test]
fn an_input_of_the_action_is_never_a_command() {
    let (script, variables) = step("Scan", &[("path", "--help; $(touch owned) `touch owned`")]);
    let folder = shop();
    assert_eq!(run(&folder, &script, &variables).0, 2, "there is no such path");
    assert!(!folder.path().join("owned").exists());
}

/// Runs the installation with a `curl` that copies a file, and returns the exit code.
fn install(folder: &Folder, sum: &str) -> i32 {
    let curl = "#!/bin/sh\nwhile [ $# -gt 2 ]; do shift; done\ncp \"${2#file://}\" \"$1\"\n";
    folder.write("bin/curl", curl.as_bytes());
    fs::set_permissions(folder.path().join("bin/curl"), fs::Permissions::from_mode(0o755)).unwrap();
    folder.write("asset", b"#!/bin/sh\necho installed\n");
    let address = format!("file://{}/asset", folder.path().display());
    let (script, variables) = step("Install Plimsoll", &[("asset-url", &address), ("asset-sha256", sum)]);
    run(folder, &script, &variables).0
}

#[test]
fn the_action_installs_what_has_the_right_checksum() {
    let folder = shop();
    assert_eq!(install(&folder, &"0".repeat(64)), 3, "a wrong checksum");
    assert!(!folder.path().join("temp/plimsoll/bin/plimsoll").exists());
    let sum = run(&folder, "sha256sum asset 2>/dev/null || shasum -a 256 asset", &[]).1;
    assert_eq!(install(&folder, sum.split(' ').next().unwrap()), 0);
    assert_eq!(run(&folder, "\"$(cat GITHUB_PATH.txt)/plimsoll\"", &[]), (0, "installed\n".to_owned()));
}

#[test]
fn the_job_of_gitlab_leaves_the_reports_that_it_names() {
    let text = text("templates/gitlab-ci.yml");
    let document = parse(&text);
    let job = document.root().get("plimsoll").unwrap();
    let lines =
        |name| job.get(name).unwrap().items().map(|line| line.text().into_owned()).collect::<Vec<_>>().join("\n");
    let folder = shop();
    let (code, said) = run(&folder, &format!("{}\n{}", lines("before_script"), lines("script")), &[]);
    assert_eq!(code, 2, "{said}");
    assert!(said.contains("exit 2: not everything could be looked at"), "{said}");
    for (_, name) in job.at(&["artifacts", "reports"]).unwrap().entries() {
        let report: Json = serde_json::from_str(&written(&folder, &name.text())).unwrap();
        assert!(report.is_array() || report["vulnerabilities"].is_array());
    }
    assert_eq!(field(job, &["artifacts", "when"]), "always");
    let variables = [("PLIMSOLL_PATH", "namespaces.yaml"), ("PLIMSOLL_SEVERITY_THRESHOLD", "critical")];
    let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(run(&shop(), &lines("script"), &variables).0, 0);
}

/// As `init` writes it: the steps run one after the other, and the last one finds what there is.
#[test]
fn the_workflow_that_init_writes_works_as_it_is() {
    let folder = shop();
    folder.write(".github/CODEOWNERS", b"");
    assert_eq!(folder.run(&["init"]).code, 0);
    let text = written(&folder, ".github/workflows/plimsoll.yaml");
    let document = parse(&text);
    let job = document.root().at(&["jobs", "plimsoll"]).unwrap();
    let scripts: Vec<String> =
        job.get("steps").unwrap().items().filter_map(|step| Some(step.get("run")?.text().into_owned())).collect();
    let [install, scan] = scripts.as_slice() else { panic!("{scripts:?}") };
    let home = [("HOME".to_owned(), folder.path().display().to_string())];
    assert_eq!(run(&folder, install, &home).0, 0);
    assert_eq!(written(&folder, "GITHUB_PATH.txt"), format!("{}/.local/bin\n", folder.path().display()));
    let (code, said) = run(&folder, scan, &home);
    assert!(code == 2 && said.contains("::error file=monitoring/node-agent.yaml"), "{code} {said}");
    assert!(written(&folder, "GITHUB_STEP_SUMMARY.txt").contains("below the line"));
    let variables = [("PLIMSOLL_PATH".to_owned(), "namespaces.yaml".to_owned())];
    let (code, said) = run(&folder, scan, &variables);
    assert!(code == 1 && !said.contains("node-agent"), "{code} {said}");
    // Without a plimsoll it says what is missing, and downloads what it is told to with the right checksum.
    let bare = install.replace("command -v plimsoll", "command -v no-plimsoll");
    let (code, said) = run(&folder, &bare, &home);
    assert!(code == 3 && said.contains("set the variable PLIMSOLL_ASSET_URL or PLIMSOLL_SOURCE"), "{code} {said}");
}

/// The commands in a page: `plimsoll scan …` up to the end of the line, of the quoted text, or of the command.
fn commands(page: &str) -> Vec<&str> {
    let starts = page.match_indices("plimsoll scan").filter(|(at, _)| !page[..*at].ends_with('`'));
    starts.map(|(at, _)| page[at..].split(['\n', '\'']).next().unwrap().split("||").next().unwrap().trim()).collect()
}

#[test]
fn commands_of_the_page_about_ci_run() {
    let page = text("docs/ci.md");
    let commands = commands(&page);
    assert_eq!(commands.len(), page.matches("plimsoll scan").count());
    assert!(commands.len() >= 7, "{commands:?}");
    for command in commands {
        let folder = shop();
        let (code, said) = run(&folder, command, &[]);
        assert!((0..=2).contains(&code) && !said.contains("error:"), "`{command}` ended with {code}\n{said}");
        for file in command.split(' ').filter_map(|word| word.split_once('=')).map(|(_, file)| file) {
            if file.contains('.') {
                assert!(!written(&folder, file).is_empty(), "`{command}` wrote no `{file}`");
            }
        }
    }
}

#[test]
fn files_that_the_page_names_are_there() {
    let page = text("docs/ci.md");
    for name in ["templates/gitlab-ci.yml", "crates/cli", "docs/reports.md"] {
        assert!(page.contains(name.trim_start_matches("docs/")) && root().join(name).exists(), "{name}");
    }
    for input in ["path", "severity-threshold", "asset-url", "asset-sha256", "fail"] {
        assert!(page.contains(input) && parse(&text("action.yml")).root().at(&["inputs", input]).is_some(), "{input}");
    }
}
