//! Repositories by address, and what a change touches: with repositories of git that the tests make.

use std::path::Path;
use std::process::Command;

use crate::program::Folder;

fn pod(name: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Pod\nmetadata:\n  name: {name}\n  namespace: shop\nspec:\n  containers:\n    - name: main\n      \
         image: app:1\n      securityContext:\n        privileged: true\n"
    )
}

fn git(folder: &Path, arguments: &[&str]) {
    let identity = ["-c", "user.name=Test", "-c", "user.email=test@example.org", "-c", "commit.gpgsign=false"];
    let output = Command::new("git").arg("-C").arg(folder).args(identity).args(arguments).output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// A repository with a commit for each list of files.
fn repository(commits: &[&[(&str, &str)]]) -> Folder {
    let folder = Folder::new(&[]);
    git(folder.path(), &["init", "--quiet", "--initial-branch=main"]);
    for files in commits {
        for (name, text) in *files {
            folder.write(name, text.as_bytes());
        }
        git(folder.path(), &["add", "--all"]);
        git(folder.path(), &["commit", "--quiet", "--message=change"]);
    }
    folder
}

const ONLY: [&str; 2] = ["--only", "privileged-container"];

/// The exit code, and the paths of what failed.
fn scan(folder: &Folder, arguments: &[&str]) -> (i32, Vec<String>) {
    let (code, json) = folder.scan(&[&ONLY[..], arguments].concat());
    let results = json["results"].as_array().unwrap().iter();
    let paths = results.map(|result| result["occurrences"][0]["path"].as_str().unwrap().to_owned());
    (code, paths.collect())
}

fn address(folder: &Folder, rest: &str) -> String {
    format!("git+file://{}{rest}", folder.path().canonicalize().unwrap().display())
}

#[test]
fn a_repository_is_scanned_at_the_revision_that_is_asked_for() {
    let repository = repository(&[&[("deploy/a.yaml", &pod("a"))], &[("deploy/b.yaml", &pod("b"))]]);
    git(repository.path(), &["tag", "old", "HEAD~1"]);
    let here = Folder::new(&[]);
    let expected = |paths: &[&str]| (1, paths.iter().map(|path| (*path).to_owned()).collect::<Vec<_>>());
    assert_eq!(scan(&here, &[&address(&repository, "")]), expected(&["deploy/a.yaml", "deploy/b.yaml"]));
    assert_eq!(scan(&here, &[&address(&repository, "@old")]), expected(&["deploy/a.yaml"]));
    assert_eq!(scan(&here, &[&address(&repository, "//deploy@main")]).1.len(), 2);
    // The first commit by its abbreviated name, which no server gives by itself.
    let output = Command::new("git").arg("-C").arg(repository.path()).args(["rev-parse", "--short=10", "old"]).output();
    let commit = String::from_utf8(output.unwrap().stdout).unwrap();
    assert_eq!(scan(&here, &[&address(&repository, &format!("@{}", commit.trim()))]), expected(&["deploy/a.yaml"]));
    // Frames are made of the files that were fetched.
    let said = here.run(&[&["scan"], &ONLY[..], &[&address(&repository, "@old")]].concat());
    assert!(said.out.contains("deploy/a.yaml:") && said.out.contains("privileged: true"), "{}", said.out);
    assert!(std::fs::read_dir(here.path()).unwrap().next().is_none(), "nothing is written where one is");
}

#[test]
fn what_cannot_be_fetched_is_an_error_that_says_why() {
    let repository = repository(&[&[("a.yaml", &pod("a"))]]);
    let here = Folder::new(&[]);
    for (rest, expected) in [("@nothing", "nothing"), ("//deploy", "has no `deploy`"), ("/no/such", "cannot fetch")] {
        let said = here.run(&["scan", &address(&repository, rest)]);
        assert!(said.code == 3 && said.err.contains(expected), "{rest}: {} {}", said.code, said.err);
    }
    let said = here.run(&["scan", "git+ssh://example.org/a"]);
    assert!(said.code == 3 && said.err.contains("not by `ssh`"), "{}", said.err);
}

#[test]
fn nothing_of_a_repository_runs() {
    let repository =
        repository(&[&[("a.yaml", &pod("a")), (".gitattributes", "*.yaml filter=mine"), ("escape.yaml", "x: y")]]);
    let mark = repository.path().join("ran");
    let hook = format!("#!/bin/sh\ntouch {}\n", mark.display());
    for name in ["post-checkout", "pre-upload-pack", "post-index-change"] {
        repository.write(&format!(".git/hooks/{name}"), hook.as_bytes());
    }
    let here = Folder::new(&[]);
    assert_eq!(scan(&here, &[&address(&repository, "")]).0, 1);
    assert!(!mark.exists());
}

#[cfg(unix)]
#[test]
fn links_of_a_repository_lead_nowhere() {
    let secret = Folder::new(&[("secret.yaml", &pod("secret"))]);
    let repository = repository(&[&[("a.yaml", &pod("a"))]]);
    std::os::unix::fs::symlink(secret.path().join("secret.yaml"), repository.path().join("b.yaml")).unwrap();
    git(repository.path(), &["add", "--all"]);
    git(repository.path(), &["commit", "--quiet", "--message=link"]);
    let here = Folder::new(&[]);
    assert_eq!(scan(&here, &[&address(&repository, "")]), (1, vec!["a.yaml".to_owned()]));
}

#[test]
fn only_what_a_change_touches_is_reported() {
    let policy = "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: shop\n";
    let files = [("a.yaml", &*pod("a")), ("deploy/b.yaml", &*pod("b")), ("c.yaml", &*pod("c")), ("n.yaml", policy)];
    let repository = repository(&[&files]);
    git(repository.path(), &["checkout", "--quiet", "-b", "change"]);
    assert_eq!(scan(&repository, &["--since", "main"]), (0, Vec::new()));
    // Changed and committed, changed only, and new.
    repository.write("a.yaml", format!("# changed\n{}", pod("a")).as_bytes());
    git(repository.path(), &["commit", "--quiet", "--all", "--message=change"]);
    repository.write("deploy/b.yaml", format!("# changed\n{}", pod("b")).as_bytes());
    repository.write("d.yaml", pod("d").as_bytes());
    let expected: Vec<String> = ["a.yaml", "d.yaml", "deploy/b.yaml"].map(str::to_owned).to_vec();
    assert_eq!(scan(&repository, &["--since", "main"]), (1, expected.clone()));
    // What main has done since does not count.
    git(repository.path(), &["stash", "--quiet", "--include-untracked"]);
    git(repository.path(), &["checkout", "--quiet", "main"]);
    repository.write("c.yaml", format!("# changed\n{}", pod("c")).as_bytes());
    git(repository.path(), &["commit", "--quiet", "--all", "--message=elsewhere"]);
    git(repository.path(), &["checkout", "--quiet", "change"]);
    git(repository.path(), &["stash", "pop", "--quiet"]);
    assert_eq!(scan(&repository, &["--since", "main"]), (1, expected));
    // From a folder below, and for it alone.
    let below = Folder::at(&repository.path().join("deploy"));
    assert_eq!(scan(&below, &["--since", "main"]), (1, vec!["b.yaml".to_owned()]));
}

#[test]
fn what_an_object_leaves_out_of_a_changed_chart_is_a_gap() {
    let release = "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: hr, namespace: flux}\nspec:\n  chart: {spec: {chart: ./ch, sourceRef: {kind: GitRepository, name: r}}}\n  valuesFrom: [{kind: ConfigMap, name: nothere}]\n";
    let template =
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c, namespace: x}\ndata: {a: \"{{ .Values.a }}\"}\n";
    let files = [
        ("ch/Chart.yaml", "apiVersion: v2\nname: ch\nversion: 0.1.0\n"),
        ("ch/values.yaml", "a: 1\n"),
        ("ch/templates/a.yaml", template),
        ("apps/hr.yaml", release),
        ("other.yaml", &pod("other")),
    ];
    let repository = repository(&[&files]);
    repository.write("ch/values.yaml", b"a: 2\n");
    let said = repository.run(&["scan", "--since", "HEAD"]);
    assert!(said.code == 2 && said.out.contains("apps/hr.yaml"), "{} {}", said.code, said.out);
    repository.write("ch/values.yaml", b"a: 1\n");
    repository.write("other.yaml", format!("# changed\n{}", pod("other")).as_bytes());
    assert_eq!(scan(&repository, &["--since", "HEAD"]).0, 1);
}

#[test]
fn trouble_that_no_change_touches_is_no_gap() {
    let repository = repository(&[&[("a.yaml", &pod("a")), ("broken.yaml", "a: b: c\n")]]);
    repository.write("b.yaml", pod("b").as_bytes());
    assert_eq!(scan(&repository, &["--since", "HEAD"]), (1, vec!["b.yaml".to_owned()]));
    repository.write("broken.yaml", b"a: b: d\n");
    assert_eq!(scan(&repository, &["--since", "HEAD"]).0, 2);
}

#[test]
fn a_revision_that_is_none_is_an_error() {
    let repository = repository(&[&[("a.yaml", &pod("a"))]]);
    let said = repository.run(&["scan", "--since", "--output=x"]);
    assert_eq!(said.code, 3);
    let said = repository.run(&["scan", "--since", "nothing"]);
    assert!(said.code == 3 && said.err.contains("no such revision"), "{}", said.err);
    let outside = Folder::new(&[("a.yaml", &pod("a"))]);
    let said = outside.run(&["scan", "--since", "main"]);
    assert!(said.code == 3 && said.err.contains("in no repository"), "{}", said.err);
}
