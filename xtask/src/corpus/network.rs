//! How a service is reached and how many of it there are: Services, Ingresses, NetworkPolicies, HPAs and PDBs.

use super::app::App;
use super::draft::Draft;

pub(crate) fn service(draft: &mut Draft, app: &App) {
    draft.object(|draft| {
        head(draft, app, "v1", "Service");
        let kind = draft.random.pick(&["ClusterIP", "ClusterIP", "ClusterIP", "NodePort", "LoadBalancer"]);
        draft.map("spec", |draft| {
            draft.text("type", kind);
            draft.pairs("selector", &[("app.kubernetes.io/name", &app.name)]);
            draft.list("ports", |draft| {
                for (name, port, target) in [("http", 80, "http"), ("metrics", 9090, "metrics")] {
                    draft.item(|draft| {
                        draft.text("name", name);
                        draft.number("port", port);
                        draft.text("targetPort", target);
                        draft.text("protocol", "TCP");
                    });
                }
            });
        });
    });
}

pub(crate) fn ingress(draft: &mut Draft, app: &App) {
    draft.object(|draft| {
        head(draft, app, "networking.k8s.io/v1", "Ingress");
        let host = format!("{}.{}.example.com", app.name, app.team);
        let paths = draft.random.between(1, 4);
        draft.map("spec", |draft| {
            draft.text("ingressClassName", "nginx");
            if app.is_hardened() {
                draft.list("tls", |draft| {
                    draft.item(|draft| {
                        draft.strings("hosts", &[&host]);
                        draft.text("secretName", &format!("{}-tls", app.name));
                    });
                });
            }
            draft.list("rules", |draft| {
                draft.item(|draft| {
                    draft.text("host", &host);
                    draft.map("http", |draft| {
                        draft.list("paths", |draft| (0..paths).for_each(|version| path(draft, app, version)));
                    });
                });
            });
        });
    });
}

fn path(draft: &mut Draft, app: &App, version: usize) {
    draft.item(|draft| {
        draft.text("path", &if version == 0 { "/".to_owned() } else { format!("/api/v{version}") });
        draft.text("pathType", "Prefix");
        draft.map("backend", |draft| {
            draft.map("service", |draft| {
                draft.text("name", &app.name);
                draft.pairs("port", &[("name", "http")]);
            });
        });
    });
}

pub(crate) fn network_policy(draft: &mut Draft, app: &App) {
    draft.object(|draft| {
        head(draft, app, "networking.k8s.io/v1", "NetworkPolicy");
        let wide = draft.random.percent(25);
        draft.map("spec", |draft| {
            draft.map("podSelector", |draft| app.match_labels(draft));
            draft.strings("policyTypes", &["Ingress", "Egress"]);
            draft.list("ingress", |draft| {
                if wide {
                    return draft.item(|_| {});
                }
                draft.item(|draft| {
                    draft.list("from", |draft| {
                        draft.item(|draft| {
                            selector(draft, "namespaceSelector", "kubernetes.io/metadata.name", "ingress")
                        });
                        draft.item(|draft| selector(draft, "podSelector", "app.kubernetes.io/part-of", app.team));
                    });
                    draft.list("ports", |draft| port(draft, "TCP", app.port));
                });
            });
            draft.list("egress", |draft| {
                draft.item(|draft| {
                    draft.list("to", |draft| {
                        let except = ["169.254.169.254/32"];
                        draft.item(|draft| {
                            draft.map("ipBlock", |draft| {
                                draft.text("cidr", "10.0.0.0/8");
                                draft.strings("except", &except);
                            });
                        });
                    });
                    draft.list("ports", |draft| port(draft, "UDP", 53));
                });
            });
        });
    });
}

fn selector(draft: &mut Draft, name: &str, label: &str, value: &str) {
    draft.map(name, |draft| draft.pairs("matchLabels", &[(label, value)]));
}

fn port(draft: &mut Draft, protocol: &str, port: usize) {
    draft.item(|draft| {
        draft.text("protocol", protocol);
        draft.number("port", port);
    });
}

pub(crate) fn autoscaler(draft: &mut Draft, app: &App, kind: &str) {
    draft.object(|draft| {
        head(draft, app, "autoscaling/v2", "HorizontalPodAutoscaler");
        draft.map("spec", |draft| {
            draft.map("scaleTargetRef", |draft| {
                draft.text("apiVersion", "apps/v1");
                draft.text("kind", kind);
                draft.text("name", &app.name);
            });
            draft.number("minReplicas", 2);
            draft.number("maxReplicas", 20);
            draft.map("behavior", |draft| {
                for (direction, seconds) in [("scaleUp", 60), ("scaleDown", 300)] {
                    draft.map(direction, |draft| {
                        draft.number("stabilizationWindowSeconds", seconds);
                        draft.text("selectPolicy", "Max");
                        draft.list("policies", |draft| {
                            for (kind, value) in [("Percent", 100), ("Pods", 4)] {
                                draft.item(|draft| {
                                    draft.text("type", kind);
                                    draft.number("value", value);
                                    draft.number("periodSeconds", 60);
                                });
                            }
                        });
                    });
                }
            });
            draft.list("metrics", |draft| {
                for (name, percent) in [("cpu", 70), ("memory", 80)] {
                    draft.item(|draft| {
                        draft.text("type", "Resource");
                        draft.map("resource", |draft| {
                            draft.text("name", name);
                            draft.map("target", |draft| {
                                draft.text("type", "Utilization");
                                draft.number("averageUtilization", percent);
                            });
                        });
                    });
                }
            });
        });
    });
}

pub(crate) fn disruption_budget(draft: &mut Draft, app: &App) {
    draft.object(|draft| {
        head(draft, app, "policy/v1", "PodDisruptionBudget");
        draft.map("spec", |draft| {
            draft.number("minAvailable", 1);
            app.selector(draft);
        });
    });
}

fn head(draft: &mut Draft, app: &App, api_version: &str, kind: &str) {
    draft.text("apiVersion", api_version);
    draft.text("kind", kind);
    app.metadata(draft, "");
}
