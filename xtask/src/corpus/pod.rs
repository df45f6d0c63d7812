//! The pod template: containers, their security contexts and everything around them, with and without care.

use super::app::{App, Posture, image};
use super::draft::Draft;

const SIDECARS: &[&str] =
    &["envoy", "fluent-bit", "otel-collector", "config-reloader", "statsd-exporter", "vault-agent"];
const VARIABLES: &[&str] = &[
    "LOG_LEVEL",
    "HTTP_TIMEOUT",
    "CACHE_URL",
    "QUEUE_NAME",
    "REGION",
    "FEATURE_FLAGS",
    "MAX_CONNECTIONS",
    "TRACE_RATIO",
    "UPSTREAM_URL",
    "RETRY_LIMIT",
    "JAVA_TOOL_OPTIONS",
    "GOMEMLIMIT",
    "DATABASE_HOST",
    "DATABASE_NAME",
    "BUCKET",
    "TZ",
];
const VALUES: &[&str] = &[
    "info",
    "30s",
    "redis://cache.data.svc:6379/0",
    "orders-v2",
    "eu-central-1",
    "new-checkout,fast-search",
    "64",
    "0.05",
    "http://gateway.platform.svc.cluster.local:8080",
    "true",
    "-XX:MaxRAMPercentage=75.0 -XX:+UseZGC",
    "400MiB",
    "postgres-primary.data.svc",
    "*",
    "exports-eu",
    "Europe/Berlin",
];
const HOST_PATHS: &[&str] = &["/var/run/docker.sock", "/", "/var/log", "/proc", "/etc/kubernetes", "/var/lib/kubelet"];

/// `template` of a workload.
pub(crate) fn template(draft: &mut Draft, app: &App) {
    draft.map("template", |draft| {
        draft.map("metadata", |draft| {
            app.labels(draft);
            if draft.random.percent(40) {
                let port = app.port.to_string();
                let pairs = [
                    ("prometheus.io/scrape", "true"),
                    ("prometheus.io/port", port.as_str()),
                    ("prometheus.io/path", "/metrics"),
                ];
                draft.pairs("annotations", &pairs);
            }
        });
        draft.map("spec", |draft| spec(draft, app));
    });
}

/// The members of a pod's `spec`.
pub(crate) fn spec(draft: &mut Draft, app: &App) {
    let open = app.posture == Posture::Open;
    if !open || draft.random.percent(30) {
        draft.text("serviceAccountName", &app.name);
    }
    if app.is_hardened() {
        draft.flag("automountServiceAccountToken", false);
    }
    if open {
        for name in ["hostNetwork", "hostPID", "hostIPC"] {
            if draft.random.percent(8) {
                draft.flag(name, true);
            }
        }
    }
    pod_security(draft, app);
    if draft.random.percent(25) {
        draft.list("imagePullSecrets", |draft| draft.item(|draft| draft.text("name", "registry-credentials")));
    }
    scheduling(draft, app);
    if draft.random.percent(20) {
        draft.list("initContainers", |draft| init_container(draft, app));
    }
    let sidecars = draft.random.pick(&[0, 0, 0, 1, 1, 2]);
    draft.list("containers", |draft| {
        container(draft, app, &app.name, &app.image, Role::Main);
        for _ in 0..sidecars {
            let name = draft.random.pick(SIDECARS);
            let image = image(&mut draft.random, name, "1.30.2", app.posture);
            draft.comment("added by the platform team");
            container(draft, app, name, &image, Role::Sidecar);
        }
    });
    volumes(draft, app);
    if draft.random.percent(30) {
        draft.number("terminationGracePeriodSeconds", 45);
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Main,
    Sidecar,
}

fn pod_security(draft: &mut Draft, app: &App) {
    match app.posture {
        Posture::Hardened => draft.map("securityContext", |draft| {
            draft.flag("runAsNonRoot", true);
            draft.number("runAsUser", 10001);
            draft.number("runAsGroup", 10001);
            draft.number("fsGroup", 10001);
            draft.pairs("seccompProfile", &[("type", "RuntimeDefault")]);
        }),
        Posture::Partial => draft.map("securityContext", |draft| {
            draft.flag("runAsNonRoot", true);
        }),
        Posture::Open => {
            if draft.random.percent(20) {
                draft.map("securityContext", |_| {});
            }
        }
    }
}

fn scheduling(draft: &mut Draft, app: &App) {
    if draft.random.percent(25) {
        draft.pairs("nodeSelector", &[("kubernetes.io/os", "linux"), ("example.com/pool", "general")]);
    }
    if draft.random.percent(20) {
        draft.list("tolerations", |draft| {
            draft.item(|draft| {
                draft.text("key", "example.com/dedicated");
                draft.text("operator", "Equal");
                draft.text("value", app.team);
                draft.text("effect", "NoSchedule");
            });
        });
    }
    if draft.random.percent(30) {
        draft.list("topologySpreadConstraints", |draft| {
            draft.item(|draft| {
                draft.number("maxSkew", 1);
                draft.text("topologyKey", "topology.kubernetes.io/zone");
                draft.text("whenUnsatisfiable", "ScheduleAnyway");
                draft.map("labelSelector", |draft| app.match_labels(draft));
            });
        });
    }
    if draft.random.percent(15) {
        affinity(draft, app);
    }
}

fn affinity(draft: &mut Draft, app: &App) {
    draft.map("affinity", |draft| {
        draft.map("podAntiAffinity", |draft| {
            draft.list("preferredDuringSchedulingIgnoredDuringExecution", |draft| {
                draft.item(|draft| {
                    draft.number("weight", 100);
                    draft.map("podAffinityTerm", |draft| {
                        draft.map("labelSelector", |draft| app.match_labels(draft));
                        draft.text("topologyKey", "kubernetes.io/hostname");
                    });
                });
            });
        });
    });
}

fn init_container(draft: &mut Draft, app: &App) {
    draft.item(|draft| {
        draft.text("name", "migrate");
        draft.text("image", &app.image);
        draft.list("command", |draft| {
            draft.text_item("/bin/sh");
            draft.text_item("-c");
            draft.text_item("until nc -z postgres 5432; do echo waiting; sleep 2; done && exec /app/migrate up");
        });
        container_security(draft, app.posture);
    });
}

fn container(draft: &mut Draft, app: &App, name: &str, image: &str, role: Role) {
    draft.item(|draft| {
        draft.text("name", name);
        draft.text("image", image);
        if draft.random.percent(50) {
            draft.text("imagePullPolicy", if app.posture == Posture::Open { "Always" } else { "IfNotPresent" });
        }
        if role == Role::Main && draft.random.percent(40) {
            draft.strings("args", &["serve", "--config=/etc/app/config.yaml", "--listen=:8080", "-v"]);
        }
        ports(draft, app, role);
        environment(draft, app);
        container_security(draft, app.posture);
        resources(draft, app.posture, role);
        if role == Role::Main && (app.is_hardened() || draft.random.percent(50)) {
            probe(draft, "livenessProbe", "/healthz");
            probe(draft, "readinessProbe", "/ready");
        }
        mounts(draft, app);
    });
}

fn ports(draft: &mut Draft, app: &App, role: Role) {
    if role == Role::Sidecar {
        return;
    }
    draft.list("ports", |draft| {
        draft.item(|draft| {
            draft.text("name", "http");
            draft.number("containerPort", app.port);
            if app.posture == Posture::Open && draft.random.percent(10) {
                draft.number("hostPort", app.port);
            }
            draft.text("protocol", "TCP");
        });
    });
}

fn environment(draft: &mut Draft, app: &App) {
    let count = draft.random.between(2, 9);
    draft.list("env", |draft| {
        if app.posture == Posture::Open && draft.random.percent(35) {
            let value = format!("changeme-{}", draft.random.below(1000));
            draft.item(|draft| {
                draft.text("name", "DATABASE_PASSWORD");
                draft.text("value", &value);
            });
        }
        let start = draft.random.below(VARIABLES.len());
        for index in start..start + count {
            draft.item(|draft| {
                draft.text("name", VARIABLES[index % VARIABLES.len()]);
                draft.text("value", VALUES[index % VALUES.len()]);
            });
        }
        if draft.random.percent(50) {
            reference(draft, "DATABASE_PASSWORD_FILE", "secretKeyRef", &app.name, "password");
        }
        if draft.random.percent(25) {
            draft.item(|draft| {
                draft.text("name", "POD_IP");
                draft.map("valueFrom", |draft| draft.pairs("fieldRef", &[("fieldPath", "status.podIP")]));
            });
        }
    });
    if draft.random.percent(30) {
        draft.list("envFrom", |draft| {
            draft.item(|draft| draft.map("configMapRef", |draft| draft.text("name", &app.name)));
        });
    }
}

fn reference(draft: &mut Draft, variable: &str, kind: &str, name: &str, key: &str) {
    draft.item(|draft| {
        draft.text("name", variable);
        draft.map("valueFrom", |draft| {
            draft.map(kind, |draft| {
                draft.text("name", name);
                draft.text("key", key);
            });
        });
    });
}

fn container_security(draft: &mut Draft, posture: Posture) {
    match posture {
        Posture::Hardened => draft.map("securityContext", |draft| {
            draft.flag("allowPrivilegeEscalation", false);
            draft.flag("readOnlyRootFilesystem", true);
            draft.flag("runAsNonRoot", true);
            draft.map("capabilities", |draft| draft.strings("drop", &["ALL"]));
        }),
        Posture::Partial => {
            if draft.random.percent(60) {
                draft.map("securityContext", |draft| {
                    draft.flag("allowPrivilegeEscalation", false);
                    if draft.random.percent(50) {
                        draft.map("capabilities", |draft| draft.strings("add", &["NET_BIND_SERVICE"]));
                    }
                });
            }
        }
        Posture::Open => {
            if draft.random.percent(30) {
                let choice = draft.random.below(3);
                draft.comment("needed for the debugger");
                draft.map("securityContext", |draft| match choice {
                    0 => draft.flag("privileged", true),
                    1 => draft.number("runAsUser", 0),
                    _ => draft.map("capabilities", |draft| draft.strings("add", &["SYS_ADMIN", "NET_RAW"])),
                });
            }
        }
    }
}

fn resources(draft: &mut Draft, posture: Posture, role: Role) {
    // The main container comes first, so that its anchor is there for the others.
    if draft.style.anchors && role == Role::Sidecar {
        return draft.alias("resources", "resources");
    }
    if posture == Posture::Open && !draft.style.anchors && draft.random.percent(60) {
        return;
    }
    let cpu = draft.random.pick(&["50m", "100m", "250m", "500m", "1", "2"]);
    let memory = draft.random.pick(&["64Mi", "128Mi", "256Mi", "512Mi", "1Gi", "2Gi"]);
    draft.anchored_map("resources", "resources", |draft| {
        draft.pairs("requests", &[("cpu", cpu), ("memory", memory)]);
        if posture == Posture::Hardened || draft.random.percent(50) {
            draft.pairs("limits", &[("cpu", cpu), ("memory", memory)]);
        }
    });
}

fn probe(draft: &mut Draft, name: &str, path: &str) {
    draft.map(name, |draft| {
        draft.map("httpGet", |draft| {
            draft.text("path", path);
            draft.text("port", "http");
        });
        draft.number("initialDelaySeconds", 10);
        draft.number("periodSeconds", 15);
        draft.number("failureThreshold", 3);
    });
}

fn mounts(draft: &mut Draft, app: &App) {
    draft.list("volumeMounts", |draft| {
        for (name, path) in [("config", "/etc/app"), ("tmp", "/tmp")] {
            draft.item(|draft| {
                draft.text("name", name);
                draft.text("mountPath", path);
                if app.is_hardened() && name == "config" {
                    draft.flag("readOnly", true);
                }
            });
        }
    });
}

fn volumes(draft: &mut Draft, app: &App) {
    draft.list("volumes", |draft| {
        draft.item(|draft| {
            draft.text("name", "config");
            draft.map("configMap", |draft| draft.text("name", &app.name));
        });
        draft.item(|draft| {
            draft.text("name", "tmp");
            draft.map("emptyDir", |draft| {
                if app.is_hardened() {
                    draft.text("sizeLimit", "128Mi");
                }
            });
        });
        if app.posture == Posture::Open && draft.random.percent(12) {
            let path = draft.random.pick(HOST_PATHS);
            draft.item(|draft| {
                draft.text("name", "host");
                draft.map("hostPath", |draft| draft.text("path", path));
            });
        }
    });
}
