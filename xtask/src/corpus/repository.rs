//! Writes the files of an invented repository, one after the other, each from its own seed.

use std::io;

use super::app::{App, Posture};
use super::draft::{Draft, Style, Syntax, Wrapping};
use super::layout::{Group, Planned, Recipe};
use super::random::Random;
use super::scalar::Quotes;
use super::sizes::{Growth, Sizes};
use super::workload::Workload;
use super::{access, config, crd, damage, network, project, workload};

/// One file in so many is not YAML, has other line ends, or is a template of a chart.
const BROKEN: usize = 1000;
const CARRIAGE_RETURNS: usize = 100;
const TEMPLATES: usize = 200;

const LICENSE: &[&str] = &[
    "Copyright the Example authors. Licensed under the terms in the file LICENSE.",
    "You may not use this file except in compliance with these terms. Unless required by law or agreed to in",
    "writing, it is distributed on an \"as is\" basis, without warranties of any kind, express or implied.",
    "---",
    "Please run the formatter before you commit: two columns, no tabs. Ask in the channel when in doubt.",
];

/// Takes the path of a file within the repository, and its bytes.
pub(crate) type Sink<'a> = dyn FnMut(&str, &[u8]) -> io::Result<()> + 'a;

struct Writer<'a> {
    seed: u64,
    draft: Draft,
    sizes: Sizes,
    files: usize,
    broken: usize,
    carriage_returns: usize,
    templates: usize,
    sink: &'a mut Sink<'a>,
}

/// The same seed, files and bytes give the same repository, whatever the machine. Constant memory.
pub(crate) fn write<'a>(seed: u64, files: usize, bytes: usize, sink: &'a mut Sink<'a>) -> io::Result<()> {
    let draft = Draft::new(Random::new(seed), Style::KUBECTL_YAML, Wrapping::Documents);
    let sizes = Sizes::new(files, bytes);
    let mut writer = Writer { seed, draft, sizes, files: 0, broken: 0, carriage_returns: 0, templates: 0, sink };
    for number in 0.. {
        if writer.sizes.left() == 0 {
            break;
        }
        writer.group(number)?;
    }
    Ok(())
}

/// One Deployment, as somebody wrote it by hand.
pub(crate) fn write_small(seed: u64) -> String {
    let mut random = Random::stream(seed, 1);
    let app = App::with_posture(&mut random, 0, Posture::Open);
    let mut draft = Draft::new(random, Style { dash_offset: 2, ..Style::KUBECTL_YAML }, Wrapping::Documents);
    workload::write(&mut draft, &app, Workload::Deployment);
    draft.finish();
    draft.as_str().to_owned()
}

/// Deployments in which much is wrong, in one file.
pub(crate) fn write_careless(seed: u64, first: usize, count: usize) -> String {
    let mut draft = Draft::new(Random::stream(seed, first as u64), Style::KUBECTL_YAML, Wrapping::Documents);
    for number in first..first + count {
        let app = App::with_posture(&mut draft.random, number, Posture::Open);
        workload::write(&mut draft, &app, Workload::Deployment);
    }
    draft.finish();
    draft.as_str().to_owned()
}

impl Writer<'_> {
    fn group(&mut self, number: usize) -> io::Result<()> {
        let mut random = Random::stream(self.seed, number as u64);
        let app = App::new(&mut random, number);
        let style = style(&mut random);
        let extension = if style.syntax == Syntax::Json { "json" } else { "yaml" };
        let mut group = if self.templates * TEMPLATES < self.files {
            Group::chart(&app)
        } else if self.sizes.wants_definitions() {
            Group::platform(&app)
        } else if !self.sizes.wants_elastic() {
            Group::service(&mut random, &app, extension)
        } else if random.percent(35) {
            Group::monitoring(&app)
        } else {
            Group::cluster(&mut random, &app, extension)
        };
        group.files.truncate(self.sizes.left());
        for planned in &group.files {
            let syntax = if planned.name.ends_with(".json") { Syntax::Json } else { Syntax::Yaml };
            let comments = style.comments && syntax == Syntax::Yaml;
            let random = Random::new(random.next());
            self.file(&group, planned, &app, random, Style { syntax, comments, ..style })?;
        }
        Ok(())
    }

    fn file(&mut self, group: &Group, planned: &Planned, app: &App, random: Random, style: Style) -> io::Result<()> {
        let recipe = planned.recipe;
        self.files += 1;
        self.start(recipe, random, style);
        let growth = match recipe {
            Recipe::Definition => Growth::Definition,
            _ if recipe.is_elastic() => Growth::Elastic,
            _ => Growth::Plain,
        };
        if growth == Growth::Plain {
            plain(&mut self.draft, app, recipe, &group.siblings(&planned.directory));
        } else {
            self.grown(app, planned);
        }
        self.draft.finish();
        let path = format!("{}/{}", planned.directory, planned.name);
        let damaged = self.damage(recipe, style.syntax);
        let bytes = damaged.as_deref().unwrap_or(self.draft.as_str()).as_bytes();
        self.sizes.record(growth, bytes.len());
        (self.sink)(&path, bytes)
    }

    fn start(&mut self, recipe: Recipe, mut random: Random, style: Style) {
        let wrapping = match recipe {
            Recipe::Bundle(bundle) => bundle.wrapping(),
            // Two objects in one file: JSON has no documents.
            Recipe::Role | Recipe::ClusterRole if style.syntax == Syntax::Json => Wrapping::List,
            _ => Wrapping::Documents,
        };
        let anchors = style.syntax == Syntax::Yaml && matches!(recipe, Recipe::Workload(_)) && random.percent(6);
        self.draft.restart(random, Style { anchors, ..style }, wrapping);
        if wrapping == Wrapping::Documents && recipe.is_yaml() && self.draft.random.percent(40) {
            LICENSE.iter().for_each(|line| self.draft.comment(line));
        }
    }

    /// The files whose length is ours to choose.
    fn grown(&mut self, app: &App, planned: &Planned) {
        let (draft, sizes) = (&mut self.draft, &self.sizes);
        match planned.recipe {
            Recipe::Definition => {
                let number = usize::from(planned.name.contains('1')) + draft.random.below(10) * 2;
                let size = sizes.definition(&mut draft.random);
                draft.style = Style {
                    dash_offset: 0,
                    step: 2,
                    flow: false,
                    comments: false,
                    quotes: Quotes::Plain,
                    ..draft.style
                };
                crd::write(draft, app, number, size);
            }
            Recipe::Dashboards => {
                let size = sizes.elastic(&mut draft.random);
                config::dashboards(draft, app, size);
            }
            _ => {
                let size = sizes.elastic(&mut draft.random);
                bundle(draft, app, size);
            }
        }
    }

    fn damage(&mut self, recipe: Recipe, syntax: Syntax) -> Option<String> {
        let text = self.draft.as_str();
        if recipe.may_be_broken() && syntax == Syntax::Yaml && (self.broken + 1) * BROKEN <= self.files {
            self.broken += 1;
            return Some(damage::broken(text, self.broken));
        }
        if recipe.is_yaml() && (self.carriage_returns + 1) * CARRIAGE_RETURNS <= self.files {
            self.carriage_returns += 1;
            return Some(damage::carriage_returns(text));
        }
        self.templates += usize::from(recipe == Recipe::ChartTemplate);
        None
    }
}

fn plain(draft: &mut Draft, app: &App, recipe: Recipe, siblings: &(Vec<&str>, Vec<&str>)) {
    match recipe {
        Recipe::Workload(workload) => workload::write(draft, app, workload),
        Recipe::Patch(workload) => workload::write_patch(draft, app, workload),
        Recipe::Service => network::service(draft, app),
        Recipe::Ingress => network::ingress(draft, app),
        Recipe::NetworkPolicy => network::network_policy(draft, app),
        Recipe::Autoscaler(workload) => network::autoscaler(draft, app, workload.kind()),
        Recipe::DisruptionBudget => network::disruption_budget(draft, app),
        Recipe::Namespace => access::namespace(draft, app),
        Recipe::ServiceAccount => access::service_account(draft, app),
        Recipe::Role => access::role(draft, app),
        Recipe::ClusterRole => access::cluster_role(draft, app),
        Recipe::ConfigMap => config::config_map(draft, app),
        Recipe::Secret => config::secret(draft, app),
        Recipe::Kustomization => project::kustomization(draft, app, &siblings.0, &siblings.1),
        Recipe::Values => project::values(draft, app),
        Recipe::Chart => project::chart(draft, app),
        Recipe::ChartTemplate => project::chart_template(draft, app),
        Recipe::Readme => project::readme(draft, app),
        Recipe::Package => project::package(draft, app),
        Recipe::Dashboards | Recipe::Bundle(_) | Recipe::Definition => {}
    }
}

/// All that belongs to a service, service after service, until the file is long enough.
fn bundle(draft: &mut Draft, app: &App, size: usize) {
    let mut number = draft.random.below(1_000_000);
    access::namespace(draft, app);
    while draft.len() < size.saturating_sub(900) {
        number += 1;
        let app = App { namespace: app.namespace.clone(), team: app.team, ..App::new(&mut draft.random, number) };
        let workload = Workload::of(draft.random.below(100));
        let parts: [&dyn Fn(&mut Draft); 7] = [
            &|draft| workload::write(draft, &app, workload),
            &|draft| network::service(draft, &app),
            &|draft| access::service_account(draft, &app),
            &|draft| config::config_map(draft, &app),
            &|draft| access::role(draft, &app),
            &|draft| network::network_policy(draft, &app),
            &|draft| network::ingress(draft, &app),
        ];
        for (index, part) in parts.iter().enumerate() {
            if draft.len() < size && (index == 0 || draft.random.percent(60)) {
                part(draft);
            }
        }
    }
}

/// The habits of one team.
fn style(random: &mut Random) -> Style {
    Style {
        syntax: if random.percent(5) { Syntax::Json } else { Syntax::Yaml },
        step: if random.percent(4) { 4 } else { 2 },
        dash_offset: random.pick(&[0, 2]),
        quotes: random.pick(&[
            Quotes::Plain,
            Quotes::Plain,
            Quotes::Plain,
            Quotes::Plain,
            Quotes::Double,
            Quotes::Single,
        ]),
        flow: random.percent(30),
        comments: random.percent(40),
        anchors: false,
    }
}
