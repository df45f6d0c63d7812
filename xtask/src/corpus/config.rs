//! ConfigMaps with whole files in them, and Secrets whose values are placeholders made here.

use std::fmt::Write;

use super::app::App;
use super::draft::Draft;
use super::random::Random;

pub(crate) fn config_map(draft: &mut Draft, app: &App) {
    let scripts = draft.random.below(3);
    draft.object(|draft| {
        head(draft, app, "ConfigMap", "");
        let nginx = nginx(&mut draft.random, app);
        let properties = properties(&mut draft.random, app);
        draft.map("data", |draft| {
            draft.text("LOG_LEVEL", "info");
            draft.text("PORT", &app.port.to_string());
            match scripts {
                0 => draft.block("nginx.conf", &nginx),
                1 => draft.block("start.sh", &script(app)),
                _ => draft.block("application.properties", properties.trim_end()),
            }
        });
    });
}

/// A ConfigMap that grows with dashboards until the file has about `size` bytes.
pub(crate) fn dashboards(draft: &mut Draft, app: &App, size: usize) {
    draft.object(|draft| {
        head(draft, app, "ConfigMap", "-dashboards");
        draft.map("data", |draft| {
            let start = draft.len();
            for number in 0.. {
                let left = size.saturating_sub(draft.len() - start);
                if left < 1000 && number > 0 {
                    break;
                }
                let dashboard = dashboard(&mut draft.random, app, left.min(40_000));
                draft.block(&format!("{}-{number}.json", app.name), &dashboard);
            }
        });
    });
}

pub(crate) fn secret(draft: &mut Draft, app: &App) {
    draft.object(|draft| {
        head(draft, app, "Secret", "");
        draft.text("type", "Opaque");
        let plain = draft.random.percent(30);
        draft.map(if plain { "stringData" } else { "data" }, |draft| {
            for name in ["username", "password", "url"] {
                let value = format!("placeholder-{name}-{}", draft.random.below(100_000));
                draft.text(name, &if plain { value } else { base64(value.as_bytes()) });
            }
        });
    });
}

fn head(draft: &mut Draft, app: &App, kind: &str, suffix: &str) {
    draft.text("apiVersion", "v1");
    draft.text("kind", kind);
    app.metadata(draft, suffix);
}

fn nginx(random: &mut Random, app: &App) -> String {
    let mut text =
        "worker_processes auto;\npid /tmp/nginx.pid;\n\nevents {\n    worker_connections 1024;\n}\n\n".to_owned();
    text.push_str("http {\n    server_tokens off;\n    log_format main '$remote_addr - \"$request\" $status';\n");
    for number in 0..random.between(1, 6) {
        let port = 8080 + number;
        writeln!(
            text,
            "\n    server {{\n        listen {port};  # behind the mesh\n        server_name {}-{number}.example.com;\n\n        \
             location / {{\n            proxy_pass http://{}:{};\n            proxy_set_header Host $host;\n        }}\n    }}",
            app.name, app.name, app.port
        )
        .expect("writing to a string cannot fail");
    }
    text.push_str("}\n");
    text
}

fn script(app: &App) -> String {
    let name = &app.name;
    format!(
        "#!/bin/sh\nset -eu\n\n# Waits for the database, then starts {name}.\nfor attempt in $(seq 1 30); do\n  if nc -z \
         \"$DATABASE_HOST\" 5432; then\n    break\n  fi\n  echo \"attempt ${{attempt}}: not yet\" >&2\n  sleep 2\ndone\n\n\
         exec /usr/local/bin/{name} --listen \"0.0.0.0:{}\" \\\n  --log-format json\n",
        app.port
    )
}

fn properties(random: &mut Random, app: &App) -> String {
    let mut text = format!("spring.application.name={}\nserver.port={}\n", app.name, app.port);
    for number in 0..random.between(5, 40) {
        writeln!(text, "{}.pool.{number}.limit={}", app.team, random.below(500))
            .expect("writing to a string cannot fail");
    }
    text
}

/// A dashboard as its editor exports it: JSON with two columns of indentation.
fn dashboard(random: &mut Random, app: &App, size: usize) -> String {
    let mut text = String::with_capacity(size + 1024);
    write!(text, "{{\n  \"title\": \"{}\",\n  \"editable\": true,\n  \"panels\": [\n", app.name)
        .expect("writing to a string cannot fail");
    for id in 1.. {
        panel(&mut text, random, app, id);
        if text.len() + 200 > size {
            break;
        }
        text.push_str(",\n");
    }
    write!(text, "\n  ],\n  \"schemaVersion\": 39,\n  \"uid\": \"{}\"\n}}\n", random.hex(12))
        .expect("writing to a string cannot fail");
    text
}

fn panel(text: &mut String, random: &mut Random, app: &App, id: usize) {
    let metric = random.pick(&["http_requests_total", "process_cpu_seconds_total", "queue_depth", "errors_total"]);
    let (x, y, width) = (random.below(2) * 12, id * 8, 12);
    write!(
        text,
        "    {{\n      \"id\": {id},\n      \"type\": \"timeseries\",\n      \"title\": \"{metric} of {name}\",\n      \
         \"datasource\": {{ \"type\": \"prometheus\", \"uid\": \"${{datasource}}\" }},\n      \"gridPos\": {{\n        \
         \"h\": 8,\n        \"w\": {width},\n        \"x\": {x},\n        \"y\": {y}\n      }},\n      \"targets\": [\n        \
         {{\n          \"expr\": \"sum(rate({metric}{{app=\\\"{name}\\\", namespace=\\\"$namespace\\\"}}[5m])) by (pod)\",\n          \
         \"legendFormat\": \"{{{{pod}}}}\",\n          \"refId\": \"A\"\n        }}\n      ]\n    }}",
        name = app.name,
    )
    .expect("writing to a string cannot fail");
}

/// RFC 4648, section 4.
fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let group = (0..3).fold(0, |group, index| group << 8 | u32::from(chunk.get(index).copied().unwrap_or(0)));
        for index in 0..4 {
            let sextet = (group >> (18 - 6 * index)) & 63;
            text.push(if index <= chunk.len() { char::from(ALPHABET[sextet as usize]) } else { '=' });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodes_the_test_vectors_of_rfc_4648() {
        for (plain, encoded) in [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg==")] {
            assert_eq!(base64(plain.as_bytes()), encoded);
        }
    }
}
