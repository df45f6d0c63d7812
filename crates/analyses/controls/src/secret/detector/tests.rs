//! What is found and what is not. Nothing here looks like a credential before the program runs: tokens are put
//! together from their parts.

use super::formats::{self, CLASSES, FORMATS, Format};
use super::*;

fn names(text: &str) -> Vec<&'static str> {
    find(text).map(|hit| hit.name).collect()
}

/// The only secret in `text`.
fn only(text: &str) -> Option<&str> {
    let hits: Vec<Hit> = find(text).collect();
    assert!(hits.len() <= 1, "{text}: {hits:?}");
    hits.first().map(|hit| &text[hit.start..hit.end])
}

/// Characters of an alphabet, as if drawn by lot.
fn drawn(alphabet: formats::Alphabet, length: usize) -> String {
    let allowed: Vec<char> = (b'0'..=b'z')
        .filter(|&b| b.is_ascii_alphanumeric() && CLASSES[b as usize] & alphabet != 0)
        .map(char::from)
        .collect();
    let mut state = 7u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        allowed[(state >> 16) as usize % allowed.len()]
    };
    (0..length).map(|_| next()).collect()
}

/// A body that the format's own check accepts.
fn body(format: &Format) -> String {
    let mut body = drawn(format.alphabet, format.shortest);
    let hex = |length| drawn(formats::HEX, length);
    match format.prefix {
        "ghp_" | "gho_" | "ghu_" | "ghs_" | "ghr_" => {
            let random = drawn(formats::BASE62, 30);
            let checksum = encoding::base62_of_crc(encoding::crc32(random.as_bytes()));
            body = random + std::str::from_utf8(&checksum).unwrap();
        }
        "github_pat_" => body.replace_range(22..23, "_"),
        "dapi" => body = hex(32),
        "glsa_" => body = format!("{}_{}", &body[..32], hex(8)),
        "glc_" => body.replace_range(..3, "eyJ"),
        "SG." => body.replace_range(22..23, "."),
        "xkeysib-" => body = format!("{}-{}", hex(64), &body[..16]),
        "PMAK-" => body = format!("{}-{}", hex(24), hex(34)),
        "dp." => body.replace_range(..3, "pt."),
        "sdk-" | "api-" => body = "123e4567-e89b-12d3-a456-426614174000".to_owned(),
        "sgp_" => body = hex(40),
        "pat" => body = format!("{}.{}", &body[..14], hex(64)),
        "dt0c01." => body.replace_range(24..25, "."),
        "lsv2_pt_" | "lsv2_sk_" => body = format!("{}_{}", hex(32), hex(10)),
        _ => {}
    }
    body
}

#[test]
fn every_format_is_found_alone_and_in_text() {
    for format in FORMATS {
        let token = format!("{}{}", format.prefix, body(format));
        assert_eq!(names(&token), [format.name], "{}", format.prefix);
        for text in
            [format!("token={token}\n"), format!("{{\"a\":\"{token}\"}}"), format!("see {token}, and {token}; ä")]
        {
            let hits: Vec<Hit> = find(&text).collect();
            assert!(!hits.is_empty() && hits.iter().all(|hit| text[hit.start..hit.end] == token), "{}", format.prefix);
        }
    }
}

#[test]
fn a_format_is_not_found_in_the_middle_of_a_word_or_with_another_length() {
    for format in FORMATS {
        let token = format!("{}{}", format.prefix, body(format));
        assert_eq!(names(&format!("a{token}")), [""; 0], "{}", format.prefix);
        let short = &token[..format.prefix.len() + format.shortest.min(16) - 8];
        assert_eq!(names(short), [""; 0], "{}", format.prefix);
        if format.longest == format.shortest {
            let long = format!("{token}0a0b0c0d0e0f0a0b0c0d0e0f");
            assert_eq!(names(&long), [""; 0], "{}", format.prefix);
        }
    }
}

#[test]
fn no_format_is_found_in_a_body_of_one_character() {
    for format in FORMATS {
        for filler in ["x", "X", "0", "a"] {
            let token = format!("{}{}", format.prefix, filler.repeat(format.shortest));
            assert_eq!(names(&token), [""; 0], "{token}");
        }
    }
}

#[test]
fn a_github_token_needs_its_checksum() {
    let format = &FORMATS[FORMATS.iter().position(|format| format.prefix == "ghp_").unwrap()];
    let mut token = format!("{}{}", format.prefix, body(format));
    assert_eq!(names(&token), ["GitHub token"]);
    let last = if token.pop() == Some('0') { '1' } else { '0' };
    token.push(last);
    assert_eq!(names(&token), [""; 0]);
}

fn base64url(text: &str) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let bits: Vec<u8> = text.bytes().flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1)).collect();
    let six = |bits: &[u8]| (0..6).fold(0, |sum, at| sum << 1 | bits.get(at).copied().unwrap_or(0));
    bits.chunks(6).map(|bits| char::from(DIGITS[six(bits) as usize])).collect()
}

#[test]
fn web_tokens_are_decoded() {
    let header = base64url("{\"alg\":\"RS256\",\"typ\":\"JWT\"}");
    let payload = base64url("{\"sub\":\"system:serviceaccount:a:b\"}");
    let signature = drawn(formats::URL64, 43);
    let token = format!("{header}.{payload}.{signature}");
    assert_eq!(only(&format!("token: {token}\n")), Some(token.as_str()));
    assert_eq!(names(&token), ["JSON web token"]);
    let encrypted = format!("{header}.{signature}.{signature}.{signature}.{signature}");
    assert_eq!(only(&encrypted), Some(encrypted.as_str()));
    for text in [
        header.clone(),
        format!("{header}.{payload}"),
        format!("{header}.{payload}."),
        format!("{}.{payload}.{signature}", base64url("{\"typ\":\"JWT\"}")),
        format!("{}.{payload}.{signature}", &header[..20]),
        format!("a{token}"),
        format!("eyJ.{payload}.{signature}"),
    ] {
        assert_eq!(names(&text), [""; 0], "{text}");
    }
}

#[test]
fn private_keys_are_found_and_certificates_are_not() {
    let line = drawn(formats::BASE62, 64);
    let armour = |label: &str, newline: &str| {
        format!("-----BEGIN {label}-----{newline}{line}{newline}{line}{newline}-----END {label}-----")
    };
    for label in [
        "PRIVATE KEY",
        "RSA PRIVATE KEY",
        "EC PRIVATE KEY",
        "OPENSSH PRIVATE KEY",
        "ENCRYPTED PRIVATE KEY",
        "PGP PRIVATE KEY BLOCK",
    ] {
        for newline in ["\n", "\r\n", "\\n", "\n    "] {
            let key = armour(label, newline);
            assert_eq!(only(&format!("a\n{key}\nb")), Some(key.as_str()));
            assert_eq!(names(&key), ["private key"]);
        }
    }
    let cut = format!("-----BEGIN PRIVATE KEY-----\n{line}\n{line}\nother: text\n");
    assert_eq!(only(&cut), cut.strip_suffix("other: text\n"));
    for text in [
        armour("CERTIFICATE", "\n"),
        armour("PUBLIC KEY", "\n"),
        "grep -q '-----BEGIN PRIVATE KEY-----' /tls/key || exit 1".to_owned(),
        "-----BEGIN PRIVATE KEY-----\n<key>\n-----END PRIVATE KEY-----".to_owned(),
        "-----BEGIN ".to_owned(),
    ] {
        assert_eq!(names(&text), [""; 0], "{text}");
    }
}

#[test]
fn passwords_in_urls_are_found() {
    for text in [
        "postgres://app:hunter2@db/app",
        "url = \"amqp://app:hunter2@mq:5672/%2f\"",
        "mongodb://app:hunter2@a:27017,b:27017/db",
        "redis://:hunter2@cache",
        "https://proxy:hunter2@[::1]:3128",
        "jdbc:postgresql://app:hunter2@db/app",
    ] {
        assert_eq!(only(text), Some("hunter2"), "{text}");
    }
    for text in [
        "https://example.com/a:b@c",
        "https://user@host/",
        "https://host:8080/path",
        "git+ssh://git@host:22/a",
        "postgres://app:$(PASSWORD)@db/app",
        "postgres://app:${PASSWORD}@db/app",
        "postgres://app:<password>@db/app",
        "postgres://{{ .user }}:{{ .password }}@db/app",
        "postgres://user:password@host/db",
        "postgres://app:changeme@db/app",
        "http://(username:password@)domain",
        "^(\\w+)://([^:]+):([^@]+)@(.*)$",
        "://:a@",
        "a://",
    ] {
        assert_eq!(names(text), [""; 0], "{text}");
    }
}

#[test]
fn passwords_in_connection_strings_are_found() {
    for text in [
        "Server=db;Database=app;User Id=app;Password=hunter2;",
        "Data Source=db;pwd=hunter2",
        "host=db user=app password=hunter2 dbname=app",
        "jdbc:mysql://db/app?user=app&password=hunter2",
        "cache:6380,password=hunter2,ssl=True",
        "org.example.Login required username=\"app\" password=\"hunter2\";",
    ] {
        assert_eq!(only(text), Some("hunter2"), "{text}");
    }
    let key = drawn(formats::BASE62, 86) + "==";
    let text = format!("DefaultEndpointsProtocol=https;AccountName=a;AccountKey={key};EndpointSuffix=b");
    assert_eq!(only(&text), Some(key.as_str()));
    for text in [
        "Server=db;User Id=app;Password=$(PASSWORD);",
        "connect(host=host, user=user, password=password)",
        "connect(host=host, password=settings.password)",
        "password=hunter2",
        "the password=of the thing",
        "host=db password=",
    ] {
        assert_eq!(names(text), [""; 0], "{text}");
    }
}

#[test]
fn authorization_headers_are_read() {
    let login = base64url("app:hunter2");
    assert_eq!(only(&format!("curl -H 'Authorization: Basic {login}' host")), Some(login.as_str()));
    let token = drawn(formats::BASE62, 40);
    assert_eq!(only(&format!("authorization: Bearer {token}")), Some(token.as_str()));
    for text in [
        "Authorization: Basic $CREDENTIALS".to_owned(),
        "Authorization: Bearer ${TOKEN}".to_owned(),
        "Authorization: Bearer <token>".to_owned(),
        format!("Authorization: Basic {}", base64url("just a text")),
        format!("a basic {login}"),
    ] {
        assert_eq!(names(&text), [""; 0], "{text}");
    }
}

#[test]
fn tokens_with_a_mark_in_their_middle_are_found() {
    let base62 = |length| drawn(formats::BASE62, length);
    for (token, name) in [
        (format!("123456789:AA{}", base62(33)), "Telegram bot token"),
        (format!("abc8Q~{}", base62(34)), "Entra ID client secret"),
        (format!("{}.atlasv1.{}", base62(14), base62(67)), "HCP Terraform token"),
        (format!("{}JQQJ99{}", base62(52), base62(26)), "Azure service key"),
        (format!("{}NRAL", drawn(formats::HEX, 36)), "New Relic license key"),
    ] {
        assert_eq!(only(&format!("a: {token}\n")), Some(token.as_str()), "{name}");
        assert_eq!(names(&token), [name]);
        assert_eq!(names(&format!("{token}0a0a")), [""; 0], "{name}");
    }
}

#[test]
fn ordinary_text_has_none() {
    for text in [
        "",
        "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "123e4567-e89b-12d3-a456-426614174000",
        "registry.example.com/team/app:v1.2.3-rc.1",
        "aGVsbG8gd29ybGQsIHRoaXMgaXMgYSB0ZXh0IGluIGJhc2U2NAo=",
        "api-gateway sdk-runner key-value pat-terns sk-learn cio hf_transformers",
        "the quick brown fox, glpat-terns, xoxb-anana, AKIAxxxxxxxxxxxxxxxx",
        "größe: ©®™ 日本語 🦀",
    ] {
        assert_eq!(names(text), [""; 0], "{text}");
    }
}

#[test]
fn placeholders_are_recognised() {
    for value in [
        "",
        " ",
        "changeme",
        "CHANGE_ME",
        "changeme-example",
        "example",
        "my-example-password",
        "xxx",
        "XXXX-XXXX",
        "********",
        "...",
        "<password>",
        "<your token>",
        "${PASSWORD}",
        "$(PASSWORD)",
        "$PASSWORD",
        "$(USER):$(PASSWORD)",
        "%PASSWORD%",
        "%(password)s",
        "{{ .Values.password }}",
        "prefix-{{ .Values.password }}",
        "__PASSWORD__",
        "@PASSWORD@",
        "#{PASSWORD}#",
        "your-password",
        "REPLACE_ME",
        "todo",
        "null",
        "\"\"",
        "'changeme'",
        "[password]",
        "$1",
        "{password}",
    ] {
        assert!(is_placeholder(value), "{value}");
    }
    for value in [
        "hunter2",
        "a$(B)c",
        "s3cr3t",
        "exampleA1",
        "admin",
        "password",
        "$2a$10$abcdefg",
        "x1",
        "P@ss",
        "<a",
        "{\"a\":\"b\"}",
    ] {
        assert!(!is_placeholder(value), "{value}");
    }
}

#[test]
fn harmless_values_are_recognised() {
    for value in [
        "true",
        "False",
        "5432",
        "-1",
        "0.5",
        "30m",
        "100Mi",
        "/run/secrets/a",
        "./a",
        "~/a",
        "C:\\a",
        "https://a.b/c",
        "a.key",
        "sha256:9f86d081884c7d659a2feaa0c55ad015",
        "vault:secret/data/app#key",
        "arn:aws:secretsmanager:eu-west-1:1:secret:a",
        "-----BEGIN CERTIFICATE-----\nMIID",
        "changeme",
        "file:/a",
        "ENC[AES256_GCM,data:a]",
    ] {
        assert!(is_harmless(value), "{value}");
    }
    for value in [
        "hunter2",
        "123456",
        "https://a:hunter2@b",
        "1a2b3c",
        "pass word",
        "12345x6",
        "/q8Zr4TmWc1Lp0VsYx7Nb3Kd6Hg9Jf2A+",
    ] {
        assert!(!is_harmless(value), "{value}");
    }
}

#[test]
fn name_and_value_are_judged_together() {
    let random = drawn(formats::BASE62, 32);
    for (name, value, expected) in [
        ("API_KEY", random.as_str(), Some(Certainty::Random)),
        ("API_KEY", "4f9a1c7be02d83655d0e7ac9b1f46e2d", Some(Certainty::Random)),
        ("CLIENT_SECRET", "123e4567-e89b-12d3-a456-426614174000", Some(Certainty::Random)),
        ("REGISTRY_AUTH", "YXBwOmh1bnRlcjI=", Some(Certainty::Random)),
        ("DB_PASSWORD", "hunter2", Some(Certainty::Named)),
        ("DB_PASSWORD", "db-login", Some(Certainty::Named)),
        ("CLIENT_SECRET", "my-client-secret", Some(Certainty::Named)),
        ("SECRET", "aGVsbG8gd29ybGQsIHRoaXMgaXMgdGV4dA==", Some(Certainty::Named)),
        ("TOKEN", "my-app-2024-production", Some(Certainty::Named)),
        ("DB_SECRET", "db-login", None),
        ("DB_SECRET", "team/db-login", None),
        ("AUTH", "oauth2", None),
        ("AUTH_TYPE", random.as_str(), None),
        ("REQUEST_ID", random.as_str(), None),
        ("DB_PASSWORD", "changeme", None),
    ] {
        assert_eq!(judge(name, value), expected, "{name}: {value}");
    }
}

#[test]
fn addresses_of_webhooks_are_secrets() {
    let token = drawn(formats::BASE62, 24);
    let path = format!("T0A1B2C3D/B0E1F2G3H/{token}");
    let slack = format!("curl -d x https://hooks.slack.com/services/{path} -s");
    assert_eq!((only(&slack), names(&slack)), (Some(&*path), vec!["Slack webhook"]));
    let discord = format!("https://discord.com/api/webhooks/123456789012345678/{token}");
    assert_eq!(names(&discord), ["Discord webhook"]);
    let example = "https://hooks.slack.com/services/T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX";
    for text in [example, "https://hooks.slack.com/services/", "https://hooks.slack.com/services/${TEAM}/${TOKEN}"] {
        assert_eq!(names(text), [""; 0], "{text}");
    }
}
