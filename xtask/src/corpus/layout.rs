//! Which files a repository has and where: services with bases and overlays, platforms with definitions,
//! what was rendered or exported for each cluster, dashboards, and charts.

use super::app::App;
use super::draft::Wrapping;
use super::random::Random;
use super::workload::Workload;

/// What is in a file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Recipe {
    Workload(Workload),
    Patch(Workload),
    Service,
    Ingress,
    NetworkPolicy,
    Autoscaler(Workload),
    DisruptionBudget,
    Namespace,
    ServiceAccount,
    Role,
    ClusterRole,
    ConfigMap,
    Secret,
    Kustomization,
    Values,
    Chart,
    ChartTemplate,
    Readme,
    Package,
    /// As many dashboards as fit.
    Dashboards,
    /// Several services in one file.
    Bundle(Bundle),
    /// A CustomResourceDefinition.
    Definition,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Bundle {
    Documents,
    List,
    Export,
}

impl Bundle {
    pub(crate) fn wrapping(self) -> Wrapping {
        match self {
            Bundle::Documents => Wrapping::Documents,
            Bundle::List => Wrapping::List,
            Bundle::Export => Wrapping::Export,
        }
    }
}

impl Recipe {
    /// Whether it can be as long as the plan of sizes wants.
    pub(crate) fn is_elastic(self) -> bool {
        matches!(self, Recipe::Dashboards | Recipe::Bundle(_))
    }

    /// One object that nothing else in the repository refers to by its file.
    pub(crate) fn may_be_broken(self) -> bool {
        matches!(self, Recipe::Ingress | Recipe::Workload(_) | Recipe::Service | Recipe::ConfigMap)
    }

    pub(crate) fn is_yaml(self) -> bool {
        !matches!(self, Recipe::Readme | Recipe::Package)
    }
}

pub(crate) struct Planned {
    pub(crate) directory: String,
    pub(crate) name: String,
    pub(crate) recipe: Recipe,
}

/// Files that belong together, and the service they are about.
#[derive(Default)]
pub(crate) struct Group {
    pub(crate) files: Vec<Planned>,
}

impl Group {
    /// A service: a base, and an overlay for each environment.
    pub(crate) fn service(random: &mut Random, app: &App, extension: &str) -> Group {
        let mut group = Group::default();
        let home = format!("apps/{}/{}", app.team, app.name);
        let base = format!("{home}/base");
        let workload = Workload::of(random.below(100));
        let mut add = |random: &mut Random, percent: usize, name: &str, recipe: Recipe| {
            if random.percent(percent) {
                group.add(&base, &format!("{name}.{extension}"), recipe);
            }
        };
        add(random, 100, &workload.kind().to_lowercase(), Recipe::Workload(workload));
        add(random, 70, "configmap", Recipe::ConfigMap);
        add(random, 30, "serviceaccount", Recipe::ServiceAccount);
        add(random, 20, "rbac", Recipe::Role);
        add(random, 20, "secret", Recipe::Secret);
        add(random, 35, "networkpolicy", Recipe::NetworkPolicy);
        if workload.is_served() {
            add(random, 95, "service", Recipe::Service);
            add(random, 45, "ingress", Recipe::Ingress);
            add(random, 35, "hpa", Recipe::Autoscaler(workload));
            add(random, 35, "pdb", Recipe::DisruptionBudget);
        }
        group.add(&base, "kustomization.yaml", Recipe::Kustomization);
        for environment in &["dev", "staging", "production", "production-eu"][..random.between(1, 4)] {
            let overlay = format!("{home}/overlays/{environment}");
            group.add(&overlay, &format!("patch.{extension}"), Recipe::Patch(workload));
            for (percent, name, recipe) in [
                (30, "configmap", Recipe::ConfigMap),
                (20, "ingress", Recipe::Ingress),
                (35, "backup-job", Recipe::Workload(Workload::CronJob)),
            ] {
                if random.percent(percent) {
                    group.add(&overlay, &format!("{name}.{extension}"), recipe);
                }
            }
            group.add(&overlay, "kustomization.yaml", Recipe::Kustomization);
        }
        for (percent, name, recipe) in [
            (40, "README.md", Recipe::Readme),
            (12, "package.json", Recipe::Package),
            (15, "values.yaml", Recipe::Values),
        ] {
            if random.percent(percent) {
                group.add(&home, name, recipe);
            }
        }
        group
    }

    /// An operator: its definitions, its rights and its pods.
    pub(crate) fn platform(app: &App) -> Group {
        let mut group = Group::default();
        let home = format!("platform/{}/{}", app.team, app.name);
        group.add(&format!("{home}/crds"), "definition-0.yaml", Recipe::Definition);
        group.add(&format!("{home}/crds"), "definition-1.yaml", Recipe::Definition);
        for (name, recipe) in [
            ("namespace.yaml", Recipe::Namespace),
            ("rbac.yaml", Recipe::ClusterRole),
            ("serviceaccount.yaml", Recipe::ServiceAccount),
            ("manager.yaml", Recipe::Workload(Workload::Deployment)),
            ("agent.yaml", Recipe::Workload(Workload::DaemonSet)),
        ] {
            group.add(&home, name, recipe);
        }
        group
    }

    /// What was rendered for a cluster, or exported from it.
    pub(crate) fn cluster(random: &mut Random, app: &App, extension: &str) -> Group {
        let mut group = Group::default();
        let cluster = random.pick(&["eu-1", "eu-2", "us-1", "us-2", "ap-1", "ci"]);
        let home = format!("clusters/{cluster}/{}/{}", app.team, app.name);
        for name in ["all", "rendered", "workloads"] {
            let bundle = match random.below(10) {
                0 | 1 => Bundle::List,
                2 | 3 => Bundle::Export,
                _ if extension == "json" => Bundle::List,
                _ => Bundle::Documents,
            };
            group.add(&home, &format!("{name}.{extension}"), Recipe::Bundle(bundle));
        }
        group
    }

    pub(crate) fn monitoring(app: &App) -> Group {
        let mut group = Group::default();
        group.add(&format!("monitoring/{}", app.team), &format!("{}.yaml", app.name), Recipe::Dashboards);
        group
    }

    pub(crate) fn chart(app: &App) -> Group {
        let mut group = Group::default();
        let home = format!("charts/{}", app.name);
        group.add(&home, "Chart.yaml", Recipe::Chart);
        group.add(&home, "values.yaml", Recipe::Values);
        group.add(&format!("{home}/templates"), "deployment.yaml", Recipe::ChartTemplate);
        group.add(&format!("{home}/templates"), "worker.yaml", Recipe::ChartTemplate);
        group
    }

    /// What the kustomization of a directory names: its resources, and the patches among its files.
    pub(crate) fn siblings(&self, directory: &str) -> (Vec<&str>, Vec<&str>) {
        let mut resources = if directory.contains("/overlays/") { vec!["../../base"] } else { Vec::new() };
        let mut patches = Vec::new();
        for file in self.files.iter().filter(|file| file.directory == directory) {
            match file.recipe {
                Recipe::Kustomization => {}
                Recipe::Patch(_) => patches.push(file.name.as_str()),
                _ => resources.push(file.name.as_str()),
            }
        }
        (resources, patches)
    }

    fn add(&mut self, directory: &str, name: &str, recipe: Recipe) {
        self.files.push(Planned { directory: directory.to_owned(), name: name.to_owned(), recipe });
    }
}
