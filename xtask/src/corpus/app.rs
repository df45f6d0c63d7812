//! Who the manifests are about: invented services of invented teams, each with a name, an image and a posture.

use super::draft::Draft;
use super::random::Random;

/// How much care its owners took.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Posture {
    Hardened,
    Partial,
    Open,
}

pub(crate) struct App {
    pub(crate) name: String,
    pub(crate) team: &'static str,
    pub(crate) namespace: String,
    pub(crate) image: String,
    pub(crate) port: usize,
    pub(crate) posture: Posture,
    pub(crate) version: String,
    pub(crate) component: &'static str,
}

const TEAMS: &[&str] = &[
    "accounts",
    "billing",
    "catalog",
    "checkout",
    "data",
    "delivery",
    "fraud",
    "growth",
    "identity",
    "insights",
    "ledger",
    "logistics",
    "media",
    "messaging",
    "mobile",
    "observability",
    "partners",
    "payments",
    "platform",
    "pricing",
    "search",
    "security",
    "storefront",
    "support",
];
const FIRST: &[&str] = &[
    "account",
    "address",
    "audit",
    "batch",
    "booking",
    "campaign",
    "cart",
    "claim",
    "config",
    "contract",
    "coupon",
    "customer",
    "device",
    "document",
    "event",
    "export",
    "feature",
    "feed",
    "forecast",
    "geo",
    "image",
    "import",
    "invoice",
    "item",
    "job",
    "lead",
    "limit",
    "login",
    "mail",
    "market",
    "metric",
    "notification",
    "offer",
    "order",
    "parcel",
    "payout",
    "price",
    "product",
    "profile",
    "quota",
    "rating",
    "refund",
    "report",
    "risk",
    "route",
    "session",
    "shipment",
    "stock",
    "tax",
    "tenant",
    "ticket",
    "token",
    "usage",
    "user",
    "voucher",
    "wallet",
];
const SECOND: &[&str] = &[
    "aggregator",
    "api",
    "archiver",
    "backend",
    "bridge",
    "broker",
    "cache",
    "collector",
    "consumer",
    "controller",
    "dispatcher",
    "engine",
    "exporter",
    "frontend",
    "gateway",
    "index",
    "ingest",
    "listener",
    "loader",
    "monitor",
    "observer",
    "planner",
    "processor",
    "projector",
    "proxy",
    "publisher",
    "reader",
    "reconciler",
    "registry",
    "relay",
    "renderer",
    "resolver",
    "router",
    "scheduler",
    "server",
    "service",
    "store",
    "sync",
    "validator",
    "web",
    "webhook",
    "worker",
    "writer",
];
const COMPONENTS: &[&str] = &["api", "backend", "cache", "database", "frontend", "gateway", "queue", "worker"];
const REGISTRIES: &[&str] =
    &["registry.example.com", "ghcr.io/example", "docker.io/example", "example", "quay.io/example"];

impl App {
    /// The same number gives the same name; different numbers give different names.
    pub(crate) fn new(random: &mut Random, number: usize) -> App {
        let posture = random.pick(&[Posture::Hardened, Posture::Partial, Posture::Open]);
        App::with_posture(random, number, posture)
    }

    pub(crate) fn with_posture(random: &mut Random, number: usize, posture: Posture) -> App {
        // A stride without a common divisor visits all pairs before any comes again.
        let pair = number * 1009 % (FIRST.len() * SECOND.len());
        let mut name = format!("{}-{}", FIRST[pair % FIRST.len()], SECOND[pair / FIRST.len()]);
        let round = number / (FIRST.len() * SECOND.len());
        if round > 0 {
            name.push_str(&format!("-v{}", round + 1));
        }
        let team = random.pick(TEAMS);
        let version = format!("{}.{}.{}", random.below(9), random.below(30), random.below(12));
        let image = image(random, &name, &version, posture);
        App {
            image,
            namespace: if random.percent(6) { "default".to_owned() } else { team.to_owned() },
            port: random.pick(&[80, 3000, 5000, 8000, 8080, 8443, 9000, 9090]),
            component: random.pick(COMPONENTS),
            name,
            team,
            posture,
            version,
        }
    }

    pub(crate) fn is_hardened(&self) -> bool {
        self.posture == Posture::Hardened
    }

    /// `metadata` of an object that belongs to this service.
    pub(crate) fn metadata(&self, draft: &mut Draft, suffix: &str) {
        draft.map("metadata", |draft| {
            draft.text("name", &format!("{}{suffix}", self.name));
            draft.text("namespace", &self.namespace);
            self.labels(draft);
            if draft.random.percent(70) {
                self.annotations(draft);
            }
        });
    }

    /// `metadata` of an object without a namespace.
    pub(crate) fn cluster_metadata(&self, draft: &mut Draft, suffix: &str) {
        draft.map("metadata", |draft| {
            draft.text("name", &format!("{}-{}{suffix}", self.team, self.name));
            self.labels(draft);
        });
    }

    pub(crate) fn labels(&self, draft: &mut Draft) {
        draft.map("labels", |draft| {
            draft.text("app.kubernetes.io/name", &self.name);
            draft.text("app.kubernetes.io/instance", &format!("{}-{}", self.name, self.namespace));
            draft.text("app.kubernetes.io/version", &self.version);
            draft.text("app.kubernetes.io/component", self.component);
            draft.text("app.kubernetes.io/part-of", self.team);
            draft.text("app.kubernetes.io/managed-by", "kustomize");
        });
    }

    pub(crate) fn selector(&self, draft: &mut Draft) {
        draft.map("selector", |draft| self.match_labels(draft));
    }

    pub(crate) fn match_labels(&self, draft: &mut Draft) {
        draft.pairs("matchLabels", &[("app.kubernetes.io/name", &self.name)]);
    }

    fn annotations(&self, draft: &mut Draft) {
        draft.map("annotations", |draft| {
            draft.text("example.com/owner", &format!("team-{}@example.com", self.team));
            draft.text("example.com/runbook", &format!("https://runbooks.example.com/{}/{}", self.team, self.name));
            let slack = format!("#{}-alerts", self.team);
            draft.text("example.com/chat", &slack);
            let (commit, build) = (draft.random.hex(40), draft.random.below(100_000));
            draft.text("example.com/commit", &commit);
            draft.text(
                "example.com/pipeline",
                &format!("https://ci.example.com/{}/{}/builds/{build}", self.team, self.name),
            );
            draft.text(
                "example.com/description",
                &format!("{} of the {} domain; see the catalogue", self.component, self.team),
            );
            if draft.random.percent(40) {
                let wave = draft.random.below(10).to_string();
                draft.text("argocd.argoproj.io/sync-wave", &wave);
            }
        });
    }
}

/// An image reference as its team writes it: pinned by digest, by tag, or not at all.
pub(crate) fn image(random: &mut Random, name: &str, version: &str, posture: Posture) -> String {
    let registry = random.pick(REGISTRIES);
    match (posture, random.below(10)) {
        (Posture::Hardened, 0..5) => format!("{registry}/{name}:{version}@sha256:{}", random.hex(64)),
        (Posture::Open, 0..4) => format!("{registry}/{name}:latest"),
        (Posture::Open, 4) => format!("{registry}/{name}"),
        (Posture::Hardened | Posture::Partial | Posture::Open, _) => format!("{registry}/{name}:{version}"),
    }
}
