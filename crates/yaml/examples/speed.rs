//! How fast the readers are: `cargo run --release -p yaml --example speed [FILE…]`.
//!
//! Without files it reads manifests that it makes up: workloads, services, configuration, a definition with a large
//! schema; as YAML and as JSON.

use std::fmt::Write as _;
use std::hint::black_box;
use std::io::Write as _;
use std::time::Instant;

use yaml::{fast, general};
use yaml::{json, parse_document, separate};

fn main() -> std::io::Result<()> {
    let files: Vec<String> = std::env::args().skip(1).collect();
    let mut corpora: Vec<(String, String)> = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(&file)?;
        corpora.push((file, text));
    }
    if corpora.is_empty() {
        corpora.push(("workloads".to_owned(), repeat(WORKLOAD, 3_000)));
        corpora.push(("definitions".to_owned(), definitions(100)));
        corpora.push(("configuration".to_owned(), configuration(2_000)));
    }
    let mut out = std::io::stdout().lock();
    for (name, text) in &corpora {
        let ranges: Vec<_> = separate::documents(text).collect();
        let documents = || ranges.iter().map(|range| &text[range.clone()]);
        let as_json: Vec<String> = documents().filter_map(to_json).collect();
        let json_bytes = as_json.iter().map(String::len).sum();
        let taken = documents().filter(|text| fast::parse(text).is_some()).count();
        writeln!(out, "{name}: {} documents, {} bytes, {taken} by the fast path", ranges.len(), text.len())?;
        let mut line =
            |what: &str, bytes: usize, work: &dyn Fn()| writeln!(out, "  {what:<10} {:>6.0} MB/s", best(bytes, work));
        line("separate", text.len(), &|| {
            black_box(separate::documents(text).count());
        })?;
        line("parse", text.len(), &|| documents().for_each(|text| drop(black_box(parse_document(text)))))?;
        line("fast", text.len(), &|| documents().for_each(|text| drop(black_box(fast::parse(text)))))?;
        line("general", text.len(), &|| documents().for_each(|text| drop(black_box(general::parse(text)))))?;
        line("json", json_bytes, &|| as_json.iter().for_each(|text| drop(black_box(json::parse(text)))))?;
        line("scalars", text.len(), &|| documents().for_each(resolve_all))?;
    }
    Ok(())
}

/// The best of several runs.
fn best(bytes: usize, work: &dyn Fn()) -> f64 {
    let run = |_| {
        let start = Instant::now();
        work();
        bytes as f64 / start.elapsed().as_secs_f64() / 1e6
    };
    (0..15).map(run).fold(0.0, f64::max)
}

/// Parses and resolves every scalar.
fn resolve_all(text: &str) {
    let Ok(document) = parse_document(text) else { return };
    for id in 0..document.nodes.len() {
        drop(black_box(document.value(model::document::NodeId(id as u32)).scalar()));
    }
}

fn to_json(text: &str) -> Option<String> {
    let document = parse_document(text).ok()?;
    let mut out = String::new();
    write_json(document.root(), 0, &mut out);
    Some(out)
}

fn write_json(value: model::document::Value<'_>, depth: usize, out: &mut String) {
    let indent = |out: &mut String, depth: usize| (0..depth * 4).for_each(|_| out.push(' '));
    if value.is_mapping() {
        out.push_str("{\n");
        for (number, (key, value)) in value.entries().enumerate() {
            out.push_str(if number > 0 { ",\n" } else { "" });
            indent(out, depth + 1);
            let _ = write!(out, "{}: ", serde_json::json!(key.text()));
            write_json(value, depth + 1, out);
        }
        out.push('\n');
        indent(out, depth);
        out.push('}');
    } else if value.is_sequence() {
        out.push_str("[\n");
        for (number, item) in value.items().enumerate() {
            out.push_str(if number > 0 { ",\n" } else { "" });
            indent(out, depth + 1);
            write_json(item, depth + 1, out);
        }
        out.push('\n');
        indent(out, depth);
        out.push(']');
    } else {
        let _ = match value.scalar() {
            model::scalar::Scalar::Int(number) => write!(out, "{number}"),
            model::scalar::Scalar::Bool(truth) => write!(out, "{truth}"),
            _ => write!(out, "{}", serde_json::json!(value.text())),
        };
    }
}

fn repeat(template: &str, count: usize) -> String {
    (0..count).map(|number| template.replace("NUMBER", &number.to_string())).collect()
}

fn definitions(count: usize) -> String {
    let mut text = String::new();
    for number in 0..count {
        text.push_str(&DEFINITION.replace("NUMBER", &number.to_string()));
        for field in 0..60 {
            text.push_str(&FIELD.replace("NUMBER", &field.to_string()));
        }
    }
    text
}

fn configuration(count: usize) -> String {
    let mut text = String::new();
    for number in 0..count {
        text.push_str(&CONFIGURATION.replace("NUMBER", &number.to_string()));
    }
    text
}

const WORKLOAD: &str = r#"---
# Source: shop/templates/deployment.yaml
apiVersion: apps/v1
kind: Deployment
metadata:
  name: shop-NUMBER
  namespace: production
  labels:
    helm.sh/chart: shop-1.2.3
    app.kubernetes.io/name: shop
    app.kubernetes.io/instance: shop-NUMBER
    app.kubernetes.io/managed-by: Helm
spec:
  replicas: 3
  selector:
    matchLabels:
      app.kubernetes.io/name: shop
      app.kubernetes.io/instance: shop-NUMBER
  template:
    metadata:
      annotations:
        checksum/config: "01ba4719c80b6fe911b091a7c05124b64eeece964e09c058ef8f9805daca546b"
        prometheus.io/scrape: "true"
      labels:
        app.kubernetes.io/name: shop
        app.kubernetes.io/instance: shop-NUMBER
    spec:
      serviceAccountName: shop-NUMBER
      securityContext: {runAsNonRoot: true, fsGroup: 2000}
      containers:
        - name: shop
          securityContext:
            allowPrivilegeEscalation: false
            capabilities:
              drop: [ALL]
            readOnlyRootFilesystem: true
            runAsUser: 1000
          image: "registry.example.com/shop/server:1.2.3"
          imagePullPolicy: IfNotPresent
          args:
            - --listen=0.0.0.0:8080
            - --log-level=info
          ports:
            - name: http
              containerPort: 8080
              protocol: TCP
          livenessProbe:
            httpGet:
              path: /healthz
              port: http
            initialDelaySeconds: 10
          resources:
            limits:
              cpu: 500m
              memory: 256Mi
            requests:
              cpu: 100m
              memory: 128Mi
          env:
            - name: DATABASE_URL
              value: postgres://shop@database.production.svc:5432/shop
            - name: PASSWORD
              valueFrom:
                secretKeyRef:
                  name: shop-NUMBER
                  key: password
          volumeMounts:
            - mountPath: /etc/shop
              name: configuration
              readOnly: true
      volumes:
        - name: configuration
          configMap:
            name: shop-NUMBER
---
# Source: shop/templates/service.yaml
apiVersion: v1
kind: Service
metadata:
  name: shop-NUMBER
  labels:
    app.kubernetes.io/name: shop
spec:
  type: ClusterIP
  ports:
    - port: 80
      targetPort: http
      protocol: TCP
      name: http
  selector:
    app.kubernetes.io/name: shop
    app.kubernetes.io/instance: shop-NUMBER
"#;

const DEFINITION: &str = r"---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: dNUMBER.example.com
spec:
  group: example.com
  names: {kind: DNUMBER, plural: dNUMBER}
  scope: Namespaced
  versions:
  - name: v1
    served: true
    storage: true
    schema:
      openAPIV3Schema:
        type: object
        properties:
";

const FIELD: &str = r"          fieldNUMBER:
            description: |-
              The field holds what its name says, and it is described at some length as such fields are.
              More info: https://example.com/docs/fields#NUMBER
            properties:
              name:
                description: Name of the referent. It is not empty, and must be a DNS label.
                maxLength: 63
                type: string
              key:
                description: 'The key to select: it must be a valid key.'
                type: string
            required:
            - name
            type: object
";

const CONFIGURATION: &str = r#"---
apiVersion: v1
kind: ConfigMap
metadata:
  name: configuration-NUMBER
data:
  mode: "production"
  nginx.conf: |
    worker_processes  1;
    events {
        worker_connections  1024;
    }
    http {
        include       mime.types;
        default_type  application/octet-stream;

        server {
            listen       80;
            server_name  example.com;
            location / {
                proxy_pass http://127.0.0.1:8080;
                proxy_set_header Host $host;
            }
        }
    }
  escaped: "first line\nsecond line\n\tthird line with a tab\n"
  folded: >-
    some text that goes on
    over several lines
"#;
