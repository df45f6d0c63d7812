//! What runs pods: Deployments, StatefulSets, DaemonSets, Jobs, CronJobs, Argo Rollouts and bare Pods.

use super::app::App;
use super::draft::Draft;
use super::pod;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Workload {
    Deployment,
    StatefulSet,
    DaemonSet,
    CronJob,
    Job,
    Rollout,
    Pod,
}

impl Workload {
    /// Of a hundred services, about this many of each.
    pub(crate) fn of(percentile: usize) -> Workload {
        match percentile {
            0..58 => Workload::Deployment,
            58..70 => Workload::StatefulSet,
            70..77 => Workload::DaemonSet,
            77..87 => Workload::CronJob,
            87..91 => Workload::Job,
            91..97 => Workload::Rollout,
            _ => Workload::Pod,
        }
    }

    pub(crate) fn kind(self) -> &'static str {
        match self {
            Workload::Deployment => "Deployment",
            Workload::StatefulSet => "StatefulSet",
            Workload::DaemonSet => "DaemonSet",
            Workload::CronJob => "CronJob",
            Workload::Job => "Job",
            Workload::Rollout => "Rollout",
            Workload::Pod => "Pod",
        }
    }

    pub(crate) fn api_version(self) -> &'static str {
        match self {
            Workload::Deployment | Workload::StatefulSet | Workload::DaemonSet => "apps/v1",
            Workload::CronJob | Workload::Job => "batch/v1",
            Workload::Rollout => "argoproj.io/v1alpha1",
            Workload::Pod => "v1",
        }
    }

    /// Whether clients reach it through a Service.
    pub(crate) fn is_served(self) -> bool {
        matches!(self, Workload::Deployment | Workload::StatefulSet | Workload::Rollout)
    }
}

pub(crate) fn write(draft: &mut Draft, app: &App, workload: Workload) {
    draft.object(|draft| {
        draft.text("apiVersion", workload.api_version());
        draft.text("kind", workload.kind());
        app.metadata(draft, "");
        draft.map("spec", |draft| spec(draft, app, workload));
    });
}

/// The strategic merge patch of an overlay: a few members of a workload, and no more.
pub(crate) fn write_patch(draft: &mut Draft, app: &App, workload: Workload) {
    draft.object(|draft| {
        draft.text("apiVersion", workload.api_version());
        draft.text("kind", workload.kind());
        draft.map("metadata", |draft| {
            draft.text("name", &app.name);
            draft.text("namespace", &app.namespace);
        });
        draft.map("spec", |draft| match workload {
            Workload::Pod => patch_containers(draft, app),
            Workload::CronJob => draft.text("schedule", "15 * * * *"),
            Workload::Job => draft.number("backoffLimit", 6),
            _ => {
                if workload.is_served() {
                    let replicas = draft.random.between(2, 12);
                    draft.number("replicas", replicas);
                }
                draft.map("template", |draft| draft.map("spec", |draft| patch_containers(draft, app)));
            }
        });
    });
}

fn patch_containers(draft: &mut Draft, app: &App) {
    draft.list("containers", |draft| {
        draft.item(|draft| {
            draft.text("name", &app.name);
            draft.list("env", |draft| {
                for (name, value) in [("LOG_LEVEL", "debug"), ("REGION", "eu-west-3"), ("MAX_CONNECTIONS", "256")] {
                    draft.item(|draft| {
                        draft.text("name", name);
                        draft.text("value", value);
                    });
                }
                for number in 0..draft.random.below(24) {
                    draft.item(|draft| {
                        draft.text("name", &format!("SHARD_{number}_URL"));
                        draft.text("value", &format!("postgres-{number}.{}.svc.cluster.local:5432", app.namespace));
                    });
                }
            });
            draft.map("resources", |draft| {
                draft.pairs("requests", &[("cpu", "750m"), ("memory", "768Mi")]);
                draft.pairs("limits", &[("memory", "768Mi")]);
            });
        });
    });
}

fn spec(draft: &mut Draft, app: &App, workload: Workload) {
    match workload {
        Workload::Deployment => {
            replicas(draft);
            draft.number("revisionHistoryLimit", 5);
            app.selector(draft);
            draft.map("strategy", |draft| {
                draft.text("type", "RollingUpdate");
                draft.pairs("rollingUpdate", &[("maxSurge", "25%"), ("maxUnavailable", "0%")]);
            });
            pod::template(draft, app);
        }
        Workload::StatefulSet => {
            replicas(draft);
            draft.text("serviceName", &app.name);
            app.selector(draft);
            pod::template(draft, app);
            claim_template(draft);
        }
        Workload::DaemonSet => {
            app.selector(draft);
            draft.map("updateStrategy", |draft| draft.text("type", "RollingUpdate"));
            pod::template(draft, app);
        }
        Workload::CronJob => {
            let schedule = format!("{} {} * * *", draft.random.below(60), draft.random.below(24));
            draft.text("schedule", &schedule);
            draft.text("concurrencyPolicy", "Forbid");
            draft.number("successfulJobsHistoryLimit", 3);
            draft.map("jobTemplate", |draft| draft.map("spec", |draft| job(draft, app)));
        }
        Workload::Job => job(draft, app),
        Workload::Rollout => {
            replicas(draft);
            app.selector(draft);
            canary(draft);
            pod::template(draft, app);
        }
        Workload::Pod => pod::spec(draft, app),
    }
}

fn replicas(draft: &mut Draft) {
    let replicas = draft.random.between(1, 6);
    draft.comment("the autoscaler owns this number in production");
    draft.number("replicas", replicas);
}

fn job(draft: &mut Draft, app: &App) {
    draft.number("backoffLimit", 2);
    draft.number("ttlSecondsAfterFinished", 86_400);
    pod::template(draft, app);
}

fn claim_template(draft: &mut Draft) {
    let size = draft.random.pick(&["8Gi", "20Gi", "100Gi", "512Gi"]);
    draft.list("volumeClaimTemplates", |draft| {
        draft.item(|draft| {
            draft.map("metadata", |draft| draft.text("name", "data"));
            draft.map("spec", |draft| {
                draft.strings("accessModes", &["ReadWriteOnce"]);
                draft.text("storageClassName", "fast-ssd");
                draft.map("resources", |draft| draft.pairs("requests", &[("storage", size)]));
            });
        });
    });
}

fn canary(draft: &mut Draft) {
    draft.map("strategy", |draft| {
        draft.map("canary", |draft| {
            draft.list("steps", |draft| {
                for weight in [5, 25, 50] {
                    draft.item(|draft| draft.number("setWeight", weight));
                    draft.item(|draft| draft.pairs("pause", &[("duration", "10m")]));
                }
            });
        });
    });
}
