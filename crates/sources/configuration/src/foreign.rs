//! Files in which other tools keep their exceptions, read as they are.

use model::document::Value;
use model::exception::{Date, Form};

use crate::exceptions::Written;
use crate::fields::Reader;

/// What a file of another tool says.
#[derive(Default)]
pub struct Foreign {
    /// Exceptions.
    pub written: Vec<Written>,
    /// What cannot be said here: the line, and why.
    pub untranslated: Vec<(u32, String)>,
}

/// A form that files of other tools have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// `.trivyignore`: lines of text.
    TrivyIgnore,
    /// `.trivyignore.yaml`.
    TrivyIgnoreYaml,
    /// `.checkov.yaml`.
    Checkov,
    /// `.kube-linter.yaml`.
    KubeLinter,
    /// The configuration of Polaris.
    Polaris,
    /// A list of exceptions of Kubescape.
    Kubescape,
}

/// The form of a file of that name, if only one tool calls its files so.
pub fn dialect_of_name(name: &str) -> Option<Dialect> {
    Some(match name {
        ".trivyignore" => Dialect::TrivyIgnore,
        ".trivyignore.yaml" | ".trivyignore.yml" => Dialect::TrivyIgnoreYaml,
        ".checkov.yaml" | ".checkov.yml" => Dialect::Checkov,
        ".kube-linter.yaml" | ".kube-linter.yml" => Dialect::KubeLinter,
        _ => return None,
    })
}

/// The form of a parsed file, by what is in it.
pub fn dialect_of_content(root: Value<'_>) -> Option<Dialect> {
    let of_kubescape = |item: Value<'_>| item.get("policyType").is_some() || item.get("posturePolicies").is_some();
    if root.items().any(of_kubescape) {
        return Some(Dialect::Kubescape);
    }
    let has = |key| root.get(key).is_some();
    match () {
        () if has("misconfigurations") || has("vulnerabilities") => Some(Dialect::TrivyIgnoreYaml),
        () if has("skip-check") || has("skip-path") => Some(Dialect::Checkov),
        () if has("exemptions") => Some(Dialect::Polaris),
        () if LINTER_KEYS.iter().any(|(key, _)| root.at(&["checks", key]).is_some()) => Some(Dialect::KubeLinter),
        () if root.at(&["checks", "exclude"]).is_some() => Some(Dialect::KubeLinter),
        () if root.get("checks").is_some_and(is_of_polaris) => Some(Dialect::Polaris),
        () => None,
    }
}

/// Reads `.trivyignore`: an id on each line, perhaps with `exp:DATE`, and comments.
pub fn trivy_lines(text: &str) -> Foreign {
    let mut foreign = Foreign::default();
    let mut others = 0;
    let mut reason = String::new();
    for (number, line) in (1..).zip(text.lines()) {
        let (entry, comment) = line.split_once('#').unwrap_or((line, ""));
        let mut words = entry.split_whitespace();
        let Some(id) = words.next() else {
            // A comment on a line of its own is the reason of what follows it.
            reason = comment.trim().to_owned();
            continue;
        };
        if !is_misconfiguration(id) {
            others += 1;
            continue;
        }
        let mut written = Written::new(vec![id.to_owned()], Form::File, "trivy", number);
        written.reason = if comment.trim().is_empty() { reason.clone() } else { comment.trim().to_owned() };
        for word in words {
            match word.strip_prefix("exp:").map(Date::parse) {
                Some(Some(day)) => written.expires = Some(day),
                Some(None) => foreign.untranslated.push((number, format!("`{word}` is not a day"))),
                None => {}
            }
        }
        foreign.written.push(written);
    }
    if others > 0 {
        foreign.untranslated.push((1, format!("{others} entries are about images and not about manifests")));
    }
    foreign
}

fn is_misconfiguration(id: &str) -> bool {
    let id = id.to_ascii_uppercase();
    let id = id.strip_prefix("AVD-").unwrap_or(&id);
    id.starts_with("KSV") || id.starts_with("KCV")
}

/// Reads a parsed file of the other dialects.
pub fn read(dialect: Dialect, reader: &Reader<'_>) -> Foreign {
    let root = reader.root();
    match dialect {
        Dialect::TrivyIgnore => Foreign::default(),
        Dialect::TrivyIgnoreYaml => trivy(reader, root),
        Dialect::Checkov => checkov(reader, root),
        Dialect::KubeLinter => kube_linter(reader, root),
        Dialect::Polaris => polaris(reader, root),
        Dialect::Kubescape => kubescape(reader, root),
    }
}

/// Keys of Checkov that choose what it says and cannot be said by exceptions.
const CHECKOV_KEYS: &[(&str, &str)] = &[
    ("check", "chooses the checks that Checkov runs: that is `--only` here"),
    ("skip-framework", "leaves out what is no manifest as well: that is `--exclude` here"),
    ("framework", "chooses the kinds of files that Checkov reads"),
    ("soft-fail", "lets Checkov pass whatever it finds: that is `severity-threshold` here"),
    ("soft-fail-on", "lets Checkov pass with what it finds: that is `severity` of a control in `plimsoll.yaml` here"),
    ("hard-fail-on", "lets Checkov pass with all but that: that is `severity-threshold` here"),
    ("skip-resources-without-violations", "chooses what Checkov prints"),
];

/// Keys of KubeLinter below `checks` that choose what it runs.
const LINTER_KEYS: &[(&str, &str)] = &[
    ("ignorePaths", ""),
    ("include", "chooses the checks that KubeLinter runs: all controls run here, unless `--only` says otherwise"),
    ("doNotAutoAddDefaults", "switches off what KubeLinter checks by default: that is `--only` or `--skip` here"),
    ("addAllBuiltIn", "switches on all checks of KubeLinter, as all controls run here"),
];

fn checkov(reader: &Reader<'_>, root: Value<'_>) -> Foreign {
    let mut foreign = ids(reader, root.get("skip-check"), "checkov");
    for (line, text) in words(reader, root.get("skip-path")) {
        // An expression is found anywhere in the path; a pattern cannot say where one begins or ends.
        let is_anchored = text.starts_with('^') || text.ends_with('$');
        match glob_of_regex(&text).filter(|_| !is_anchored) {
            Some(glob) => foreign.written.push(of_path(format!("*{glob}*"), "checkov", line)),
            None => {
                let message = format!("`skip-path: {text}` is an expression that is more than stars can say");
                foreign.untranslated.push((line, message));
            }
        }
    }
    say(reader, root, CHECKOV_KEYS, &mut foreign);
    foreign
}

fn kube_linter(reader: &Reader<'_>, root: Value<'_>) -> Foreign {
    let mut foreign = ids(reader, root.at(&["checks", "exclude"]), "kube-linter");
    for (line, text) in words(reader, root.at(&["checks", "ignorePaths"])) {
        let below = text.trim_start_matches("/**/").trim_start_matches("**/");
        if below.starts_with(['~', '/']) || below.starts_with("..") || below.is_empty() {
            let message = format!("`ignorePaths: {text}` is not in the folder that is scanned");
            foreign.untranslated.push((line, message));
        } else {
            foreign.written.push(of_path(below.to_owned(), "kube-linter", line));
        }
    }
    if let Some(checks) = root.get("checks") {
        say(reader, checks, LINTER_KEYS, &mut foreign);
    }
    if let Some(custom) = root.get("customChecks").filter(|custom| custom.items().next().is_some()) {
        let line = line_of(reader, custom);
        foreign.untranslated.push((line, "`customChecks` of KubeLinter are not run here".to_owned()));
    }
    foreign
}

/// An exception for all checks of a tool in some files.
fn of_path(path: String, tool: &'static str, line: u32) -> Written {
    let mut written = Written::new(Vec::new(), Form::File, tool, line);
    written.selector.paths.push(path);
    written
}

/// Names the keys that are there and cannot be translated.
fn say(reader: &Reader<'_>, mapping: Value<'_>, keys: &[(&str, &str)], foreign: &mut Foreign) {
    for (key, why) in keys.iter().filter(|(_, why)| !why.is_empty()) {
        let Some(value) = mapping.get(key) else { continue };
        let is_set = value.as_bool() != Some(false) && (value.is_scalar() || value.items().next().is_some());
        if is_set && !value.is_null() {
            foreign.untranslated.push((line_of(reader, value), format!("`{key}` {why}")));
        }
    }
}

fn line_of(reader: &Reader<'_>, value: Value<'_>) -> u32 {
    reader.position(reader.root().document().value(value.id())).0
}

/// The texts of a list, or of one text with commas, with their lines.
fn words(reader: &Reader<'_>, list: Option<Value<'_>>) -> Vec<(u32, String)> {
    let Some(list) = list else { return Vec::new() };
    if list.is_scalar() && !list.is_null() {
        let line = line_of(reader, list);
        let text = list.text();
        return text
            .split(',')
            .map(|word| (line, word.trim().to_owned()))
            .filter(|(_, word)| !word.is_empty())
            .collect();
    }
    list.items().map(|item| (line_of(reader, item), item.text().into_owned())).collect()
}

/// Ids that hold everywhere.
fn ids(reader: &Reader<'_>, list: Option<Value<'_>>, tool: &'static str) -> Foreign {
    let written = words(reader, list).into_iter().map(|(line, id)| Written::new(vec![id], Form::File, tool, line));
    Foreign { written: written.collect(), untranslated: Vec::new() }
}

/// Whether these are checks as Polaris configures them: by their severity.
fn is_of_polaris(checks: Value<'_>) -> bool {
    let mut levels = checks.entries().map(|(_, level)| level.text()).peekable();
    levels.peek().is_some() && levels.all(|level| matches!(&*level, "ignore" | "warning" | "danger" | "error"))
}

fn texts(list: Option<Value<'_>>) -> Vec<String> {
    list.into_iter().flat_map(Value::items).map(|item| item.text().into_owned()).collect()
}

fn trivy(reader: &Reader<'_>, root: Value<'_>) -> Foreign {
    let mut foreign = Foreign::default();
    for entry in root.get("misconfigurations").into_iter().flat_map(Value::items) {
        let line = reader.position(reader.root().document().value(entry.id())).0;
        let Some(id) = entry.get("id") else { continue };
        let mut written = Written::new(vec![id.text().into_owned()], Form::File, "trivy", line);
        written.selector.paths = texts(entry.get("paths"));
        written.reason = entry.get("statement").map(|text| text.text().into_owned()).unwrap_or_default();
        if let Some(day) = entry.get("expired_at") {
            let text = day.text();
            written.expires = Date::parse(text.get(..10).unwrap_or(&text));
            if written.expires.is_none() {
                foreign.untranslated.push((line, format!("`{text}` is not a day")));
                continue;
            }
        }
        foreign.written.push(written);
    }
    let others: usize = ["vulnerabilities", "secrets", "licenses"].iter().map(|key| texts(root.get(key)).len()).sum();
    if others > 0 {
        foreign.untranslated.push((1, format!("{others} entries are about images and not about manifests")));
    }
    foreign
}

fn polaris(reader: &Reader<'_>, root: Value<'_>) -> Foreign {
    let mut foreign = Foreign::default();
    for entry in root.get("exemptions").into_iter().flat_map(Value::items) {
        let line = reader.position(reader.root().document().value(entry.id())).0;
        let mut written = Written::new(texts(entry.get("rules")), Form::File, "polaris", line);
        let namespace = entry.get("namespace").map(|text| text.text().into_owned());
        written.selector.namespaces = namespace.into_iter().collect();
        // Names of controllers are beginnings there.
        written.selector.names = texts(entry.get("controllerNames")).into_iter().map(|name| name + "*").collect();
        written.selector.containers = texts(entry.get("containerNames"));
        foreign.written.push(written);
    }
    // A check that Polaris does not run is accepted everywhere.
    for (check, level) in root.get("checks").into_iter().flat_map(Value::entries) {
        if level.is_scalar() && level.text() == "ignore" {
            let line = line_of(reader, check);
            foreign.written.push(Written::new(vec![check.text().into_owned()], Form::File, "polaris", line));
        }
    }
    foreign
}

fn kubescape(reader: &Reader<'_>, root: Value<'_>) -> Foreign {
    let mut foreign = Foreign::default();
    for policy in root.items() {
        let line = reader.position(reader.root().document().value(policy.id())).0;
        let name = policy.get("name").map(|text| text.text().into_owned()).unwrap_or_default();
        if policy.get("policyType").is_some_and(|kind| kind.text() == "vulnerabilityExceptionPolicy") {
            foreign
                .untranslated
                .push((line, format!("`{name}` is about vulnerabilities of images and not about manifests")));
            continue;
        }
        let mut controls = Vec::new();
        let mut by_framework = false;
        let said = foreign.untranslated.len();
        for posture in policy.get("posturePolicies").into_iter().flat_map(Value::items) {
            let text = |key| posture.get(key).map(|text| text.text().into_owned()).filter(|text| !text.is_empty());
            match (text("controlID").or_else(|| text("controlName").map(id_of_name)), text("ruleName")) {
                (Some(_), Some(rule)) => {
                    foreign.untranslated.push((line, format!("`{name}` is for the rule `{rule}` of a control alone")));
                }
                (Some(id), None) => controls.push(unanchored(&id)),
                (None, _) => by_framework |= text("frameworkName").is_some(),
            }
        }
        if by_framework {
            foreign.untranslated.push((line, format!("`{name}` is for a whole framework")));
        }
        // Without a control it covers nothing there, and would cover everything here.
        if controls.is_empty() {
            if foreign.untranslated.len() == said {
                foreign.untranslated.push((line, format!("`{name}` names no control")));
            }
            continue;
        }
        let expires = policy.get("expirationDate").map(|day| day.text().into_owned());
        let expires = match expires.as_deref().map(|day| Date::parse(day.get(..10).unwrap_or(day))) {
            Some(None) => {
                foreign.untranslated.push((line, format!("the end of `{name}` is not a day")));
                continue;
            }
            Some(day) => day,
            None => None,
        };
        let mut designators = policy.get("resources").into_iter().flat_map(Value::items).peekable();
        if designators.peek().is_none() {
            foreign.untranslated.push((line, format!("`{name}` names no resources")));
        }
        for designator in designators {
            let mut written = Written::new(controls.clone(), Form::File, "kubescape", line);
            written.expires = expires;
            written.reason = policy.get("reason").map(|text| text.text().into_owned()).unwrap_or_else(|| name.clone());
            match attributes(designator, &mut written) {
                Ok(()) => foreign.written.push(written),
                Err(reason) => foreign.untranslated.push((line, format!("`{name}`: {reason}"))),
            }
        }
    }
    foreign
}

/// The controls of Kubescape that may be named otherwise than by their ids.
const KUBESCAPE_NAMES: &str = include_str!("foreign/kubescape_names.txt");

/// The id of the control that Kubescape calls so, in any case; a name that is not known stays.
fn id_of_name(name: String) -> String {
    let bare = unanchored(&name);
    let mut known = KUBESCAPE_NAMES.lines().filter_map(|line| line.split_once(' '));
    known.find(|(_, title)| title.eq_ignore_ascii_case(&bare)).map_or(name, |(id, _)| id.to_owned())
}

fn attributes(designator: Value<'_>, written: &mut Written) -> Result<(), String> {
    let mut attributes = designator.get("attributes").into_iter().flat_map(Value::entries).peekable();
    if attributes.peek().is_none() {
        // Kubescape takes a designator without attributes for one that fits nothing.
        return Err("resources are named by their `attributes` alone".to_owned());
    }
    for (key, value) in attributes {
        let text = value.text();
        let patterns: Option<Vec<String>> = text.split('|').map(glob_of_regex).collect();
        let patterns = patterns.ok_or(format!("the expression `{text}` is more than stars can say"))?;
        match &*key.text() {
            "kind" => written.selector.kinds.extend(patterns),
            "name" => written.selector.names.extend(patterns),
            "namespace" => written.selector.namespaces.extend(patterns),
            "path" => written.selector.paths.extend(patterns),
            "cluster" if patterns == ["*"] => {}
            "cluster" => return Err("which cluster a manifest is for is not known".to_owned()),
            "resourceID" => return Err("ids that Kubescape gives to resources are not known".to_owned()),
            label => written.selector.labels.push((label.to_owned(), text.into_owned())),
        }
    }
    Ok(())
}

/// What a regular expression of letters and `.*` says with stars.
fn glob_of_regex(text: &str) -> Option<String> {
    let bare = unanchored(text);
    let starred = bare.replace(".*", "*").replace(".+", "?*").replace("\\.", "\u{0}").replace("\\-", "-");
    // `a*` is no star but any number of that letter.
    let counts = bare.replace(".*", "").replace(".+", "").contains(['*', '?']) && bare != "*";
    let is_plain = !counts && !starred.contains(['[', ']', '(', ')', '{', '}', '|', '+', '\\', '^', '$']);
    is_plain.then(|| starred.replace('\u{0}', "."))
}

fn unanchored(text: &str) -> String {
    text.trim().trim_start_matches('^').trim_end_matches('$').to_owned()
}
