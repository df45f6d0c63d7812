//! A cluster as `kubectl get pods --all-namespaces -o yaml` and `-o json` print it: one very long `kind: List`.

use std::io::{self, Write};

use super::app::App;
use super::draft::{Draft, Style, Wrapping};
use super::random::Random;

/// Written to the file whenever this much has come together.
const CHUNK: usize = 256 * 1024;
/// Pods of one service stand together, as in a cluster.
const PODS_OF_A_SERVICE: usize = 12;

/// Writes the same pods whatever the style, in constant memory.
pub(crate) fn write(seed: u64, objects: usize, style: Style, output: &mut dyn Write) -> io::Result<()> {
    let mut draft = Draft::new(Random::stream(seed, u64::MAX), style, Wrapping::Export);
    let mut app = App::new(&mut draft.random, 0);
    for number in 0..objects {
        if number % PODS_OF_A_SERVICE == 0 {
            app = App::new(&mut draft.random, number / PODS_OF_A_SERVICE);
        }
        draft.object(|draft| pod(draft, &app));
        if draft.len() > CHUNK {
            output.write_all(draft.as_str().as_bytes())?;
            draft.clear();
        }
    }
    draft.finish();
    output.write_all(draft.as_str().as_bytes())
}

fn pod(draft: &mut Draft, app: &App) {
    let set = format!("{}-{}", app.name, draft.random.suffix(9));
    let name = format!("{set}-{}", draft.random.suffix(5));
    let uid = uid(&mut draft.random);
    let owner = self::uid(&mut draft.random);
    let started = format!("2025-0{}-{:02}T0{}:14:29Z", draft.random.between(1, 9), draft.random.between(1, 28), 7);
    let node = format!("node-{}.eu-central-1.example.com", draft.random.below(900));
    let version = draft.random.between(1_000_000, 90_000_000).to_string();
    draft.text("apiVersion", "v1");
    draft.text("kind", "Pod");
    draft.map("metadata", |draft| {
        draft.map("annotations", |draft| {
            draft.text("kubectl.kubernetes.io/restartedAt", &started);
            draft.text("prometheus.io/scrape", "true");
        });
        draft.text("creationTimestamp", &started);
        draft.text("generateName", &format!("{set}-"));
        app.labels(draft);
        draft.text("name", &name);
        draft.text("namespace", &app.namespace);
        draft.list("ownerReferences", |draft| {
            draft.item(|draft| {
                draft.text("apiVersion", "apps/v1");
                draft.flag("blockOwnerDeletion", true);
                draft.flag("controller", true);
                draft.text("kind", "ReplicaSet");
                draft.text("name", &set);
                draft.text("uid", &owner);
            });
        });
        draft.text("resourceVersion", &version);
        draft.text("uid", &uid);
    });
    let token = format!("kube-api-access-{}", draft.random.suffix(5));
    draft.map("spec", |draft| spec(draft, app, &node, &token));
    draft.map("status", |draft| status(draft, app, &started));
}

fn spec(draft: &mut Draft, app: &App, node: &str, token: &str) {
    draft.list("containers", |draft| draft.item(|draft| container(draft, app, token)));
    draft.text("dnsPolicy", "ClusterFirst");
    draft.flag("enableServiceLinks", true);
    draft.text("nodeName", node);
    draft.text("preemptionPolicy", "PreemptLowerPriority");
    draft.number("priority", 0);
    draft.text("restartPolicy", "Always");
    draft.text("schedulerName", "default-scheduler");
    draft.map("securityContext", |draft| {
        if app.is_hardened() {
            draft.number("fsGroup", 10001);
            draft.flag("runAsNonRoot", true);
            draft.map("seccompProfile", |draft| draft.text("type", "RuntimeDefault"));
        }
    });
    draft.text("serviceAccount", &app.name);
    draft.text("serviceAccountName", &app.name);
    draft.number("terminationGracePeriodSeconds", 30);
    draft.list("tolerations", |draft| {
        for reason in ["not-ready", "unreachable"] {
            draft.item(|draft| {
                draft.text("effect", "NoExecute");
                draft.text("key", &format!("node.kubernetes.io/{reason}"));
                draft.text("operator", "Exists");
                draft.number("tolerationSeconds", 300);
            });
        }
    });
    draft.list("volumes", |draft| {
        draft.item(|draft| {
            draft.map("configMap", |draft| {
                draft.number("defaultMode", 420);
                draft.text("name", &app.name);
            });
            draft.text("name", "config");
        });
        draft.item(|draft| {
            draft.text("name", token);
            draft.map("projected", projected);
        });
    });
}

fn projected(draft: &mut Draft) {
    draft.number("defaultMode", 420);
    draft.list("sources", |draft| {
        draft.item(|draft| {
            draft.map("serviceAccountToken", |draft| {
                draft.number("expirationSeconds", 3607);
                draft.text("path", "token");
            });
        });
        draft.item(|draft| {
            draft.map("configMap", |draft| {
                draft.list("items", |draft| {
                    draft.item(|draft| {
                        draft.text("key", "ca.crt");
                        draft.text("path", "ca.crt");
                    });
                });
                draft.text("name", "kube-root-ca.crt");
            });
        });
    });
}

fn container(draft: &mut Draft, app: &App, token: &str) {
    draft.list("env", |draft| {
        for (name, value) in [("LOG_LEVEL", "info"), ("REGION", "eu-central-1"), ("HTTP_TIMEOUT", "30s")] {
            draft.item(|draft| {
                draft.text("name", name);
                draft.text("value", value);
            });
        }
    });
    draft.text("image", &app.image);
    draft.text("imagePullPolicy", "IfNotPresent");
    draft.map("livenessProbe", |draft| {
        draft.number("failureThreshold", 3);
        draft.map("httpGet", |draft| {
            draft.text("path", "/healthz");
            draft.text("port", "http");
            draft.text("scheme", "HTTP");
        });
        draft.number("periodSeconds", 10);
        draft.number("successThreshold", 1);
        draft.number("timeoutSeconds", 1);
    });
    draft.text("name", &app.name);
    draft.list("ports", |draft| {
        draft.item(|draft| {
            draft.number("containerPort", app.port);
            draft.text("name", "http");
            draft.text("protocol", "TCP");
        });
    });
    draft.map("resources", |draft| {
        if app.is_hardened() {
            draft.map("limits", |draft| draft.text("memory", "256Mi"));
        }
        draft.map("requests", |draft| {
            draft.text("cpu", "100m");
            draft.text("memory", "256Mi");
        });
    });
    if app.is_hardened() {
        draft.map("securityContext", |draft| {
            draft.flag("allowPrivilegeEscalation", false);
            draft.map("capabilities", |draft| draft.strings("drop", &["ALL"]));
            draft.flag("readOnlyRootFilesystem", true);
        });
    }
    draft.text("terminationMessagePath", "/dev/termination-log");
    draft.text("terminationMessagePolicy", "File");
    draft.list("volumeMounts", |draft| {
        for (path, name) in [("/etc/app", "config"), ("/var/run/secrets/kubernetes.io/serviceaccount", token)] {
            draft.item(|draft| {
                draft.text("mountPath", path);
                draft.text("name", name);
                draft.flag("readOnly", true);
            });
        }
    });
}

fn status(draft: &mut Draft, app: &App, started: &str) {
    draft.list("conditions", |draft| {
        for kind in ["PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled"] {
            draft.item(|draft| {
                draft.bare("lastProbeTime", "null");
                draft.text("lastTransitionTime", started);
                draft.text("status", "True");
                draft.text("type", kind);
            });
        }
    });
    let address = format!("10.{}.{}.{}", draft.random.below(255), draft.random.below(255), draft.random.below(255));
    let (id, digest) = (draft.random.hex(64), draft.random.hex(64));
    draft.list("containerStatuses", |draft| {
        draft.item(|draft| {
            draft.text("containerID", &format!("containerd://{id}"));
            draft.text("image", &app.image);
            draft.text("imageID", &format!("registry.example.com/{}@sha256:{digest}", app.name));
            draft.map("lastState", |_| {});
            draft.text("name", &app.name);
            draft.flag("ready", true);
            draft.number("restartCount", 0);
            draft.flag("started", true);
            draft.map("state", |draft| draft.map("running", |draft| draft.text("startedAt", started)));
        });
    });
    draft.text("hostIP", "10.0.12.7");
    draft.text("phase", "Running");
    draft.text("podIP", &address);
    draft.list("podIPs", |draft| draft.item(|draft| draft.text("ip", &address)));
    draft.text("qosClass", "Burstable");
    draft.text("startTime", started);
}

fn uid(random: &mut Random) -> String {
    let digits = random.hex(32);
    format!("{}-{}-4{}-a{}-{}", &digits[..8], &digits[8..12], &digits[12..15], &digits[15..18], &digits[18..30])
}
