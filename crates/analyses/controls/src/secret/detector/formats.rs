//! Tokens that say what they are: a prefix, an alphabet, a length, and a check where the issuer has one.
//!
//! Facts about formats, from the issuers' own documentation. The order does not matter; the bytes before the
//! prefix and after the body are not part of a word, which `detector` sees to.

use super::encoding::{base62_of_crc, base64_prefix, crc32};

/// A set of characters, as bits of `CLASSES`.
pub(super) type Alphabet = u8;

/// `0-9a-f`.
pub(super) const HEX: Alphabet = 1;
/// `0-9A-Z`.
pub(super) const UPPER36: Alphabet = 2;
/// `0-9a-z`.
pub(super) const LOWER36: Alphabet = 4;
/// `0-9A-Za-z`.
pub(super) const BASE62: Alphabet = 8;
/// `0-9A-Za-z_-`: base64 for URLs, and words.
pub(super) const URL64: Alphabet = 16;
/// The same and `.`.
pub(super) const DOTTED: Alphabet = 32;
/// `0-9A-Za-z+/=`, and `_-` of the other alphabet.
pub(super) const BASE64: Alphabet = 64;
/// What a client secret of Entra ID is made of: `0-9A-Za-z_~.-`.
pub(super) const TILDE: Alphabet = 128;

/// The alphabets that each byte is in.
pub(super) static CLASSES: [Alphabet; 256] = classes();

const fn classes() -> [Alphabet; 256] {
    let mut classes = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let b = byte as u8;
        let mut set = 0;
        if b.is_ascii_alphanumeric() {
            set |= BASE62;
        }
        if b.is_ascii_digit() {
            set |= HEX | UPPER36 | LOWER36;
        }
        if b.is_ascii_uppercase() {
            set |= UPPER36;
        }
        if b.is_ascii_lowercase() {
            set |= LOWER36;
        }
        if matches!(b, b'a'..=b'f') {
            set |= HEX;
        }
        if b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-') {
            set |= URL64 | DOTTED | BASE64 | TILDE;
        }
        if matches!(b, b'+' | b'/' | b'=') {
            set |= BASE64;
        }
        if b == b'.' {
            set |= DOTTED | TILDE;
        }
        if b == b'~' {
            set |= TILDE;
        }
        classes[byte] = set;
        byte += 1;
    }
    classes
}

/// The length of the run of `alphabet` at the start of `bytes`, counted up to `limit`.
pub(super) fn run(bytes: &[u8], alphabet: Alphabet, limit: usize) -> usize {
    bytes.iter().take(limit).take_while(|&&byte| CLASSES[byte as usize] & alphabet != 0).count()
}

/// The length of the run of `alphabet` at the end of `bytes`, counted up to `limit`.
pub(super) fn run_back(bytes: &[u8], alphabet: Alphabet, limit: usize) -> usize {
    bytes.iter().rev().take(limit).take_while(|&&byte| CLASSES[byte as usize] & alphabet != 0).count()
}

/// A token format.
pub(super) struct Format {
    /// What it is, for messages.
    pub(super) name: &'static str,
    /// How it begins. At least two characters.
    pub(super) prefix: &'static str,
    /// What the rest is made of.
    pub(super) alphabet: Alphabet,
    /// The shortest rest.
    pub(super) shortest: usize,
    /// The longest rest.
    pub(super) longest: usize,
    /// What else holds for the rest.
    pub(super) check: fn(&[u8]) -> bool,
}

const fn exactly(name: &'static str, prefix: &'static str, alphabet: Alphabet, length: usize) -> Format {
    Format { name, prefix, alphabet, shortest: length, longest: length, check: any }
}

const fn between(
    name: &'static str,
    prefix: &'static str,
    alphabet: Alphabet,
    shortest: usize,
    longest: usize,
) -> Format {
    Format { name, prefix, alphabet, shortest, longest, check: any }
}

impl Format {
    const fn that(self, check: fn(&[u8]) -> bool) -> Self {
        Self { check, ..self }
    }
}

/// All of them.
pub(super) const FORMATS: &[Format] = &[
    exactly("AWS access key id", "AKIA", UPPER36, 16),
    exactly("AWS temporary access key id", "ASIA", UPPER36, 16),
    exactly("AWS bearer token id", "ABIA", UPPER36, 16),
    exactly("AWS context credential id", "ACCA", UPPER36, 16),
    between("Amazon Bedrock API key", "ABSKQmVkcm9ja0FQSUtleS", BASE64, 80, 400),
    between("GitHub token", "ghp_", BASE62, 36, 251).that(github),
    between("GitHub OAuth token", "gho_", BASE62, 36, 251).that(github),
    between("GitHub app user token", "ghu_", BASE62, 36, 251).that(github),
    between("GitHub app token", "ghs_", BASE62, 36, 251).that(github),
    between("GitHub refresh token", "ghr_", BASE62, 36, 251).that(github),
    exactly("GitHub fine-grained token", "github_pat_", URL64, 82).that(|rest| rest[22] == b'_'),
    between("GitLab access token", "glpat-", DOTTED, 20, 320),
    between("GitLab deploy token", "gldt-", DOTTED, 20, 320),
    between("GitLab runner token", "glrt-", DOTTED, 20, 320),
    between("GitLab runner registration token", "glrtr-", DOTTED, 20, 320),
    between("GitLab job token", "glcbt-", DOTTED, 20, 320),
    between("GitLab trigger token", "glptt-", DOTTED, 20, 320),
    between("GitLab feed token", "glft-", DOTTED, 20, 320),
    between("GitLab mail token", "glimt-", DOTTED, 20, 320),
    between("GitLab agent token", "glagent-", DOTTED, 20, 320),
    between("GitLab SCIM token", "glsoat-", DOTTED, 20, 320),
    between("GitLab feature flag token", "glffct-", DOTTED, 20, 320),
    between("GitLab OAuth secret", "gloas-", DOTTED, 20, 320),
    exactly("GitLab runner registration token", "GR1348941", URL64, 20),
    between("Slack bot token", "xoxb-", URL64, 24, 300).that(has_digit),
    between("Slack user token", "xoxp-", URL64, 24, 300).that(has_digit),
    between("Slack token", "xoxa-", URL64, 24, 300).that(has_digit),
    between("Slack refresh token", "xoxr-", URL64, 24, 300).that(has_digit),
    between("Slack token", "xoxs-", URL64, 24, 300).that(has_digit),
    between("Slack token", "xoxo-", URL64, 24, 300).that(has_digit),
    between("Slack rotated token", "xoxe", DOTTED, 60, 400).that(has_digit),
    between("Slack app token", "xapp-1-", URL64, 40, 300),
    between("Stripe live key", "sk_live_", BASE62, 16, 250),
    between("Stripe restricted live key", "rk_live_", BASE62, 16, 250),
    between("Stripe test key", "sk_test_", BASE62, 16, 250),
    between("Stripe restricted test key", "rk_test_", BASE62, 16, 250),
    between("Stripe webhook secret", "whsec_", BASE64, 32, 100),
    exactly("Google API key", "AIza", URL64, 35),
    exactly("Google OAuth client secret", "GOCSPX-", URL64, 28),
    between("Google OAuth access token", "ya29.", DOTTED, 30, 2048),
    exactly("npm token", "npm_", BASE62, 36),
    between("PyPI token", "pypi-AgE", URL64, 50, 1024),
    exactly("RubyGems key", "rubygems_", HEX, 48),
    exactly("crates.io token", "cio", BASE62, 32).that(is_mixed),
    exactly("NuGet key", "oy2", LOWER36, 43).that(has_digit),
    between("Docker Hub token", "dckr_pat_", URL64, 27, 40),
    between("Docker Hub organisation token", "dckr_oat_", URL64, 27, 40),
    between("Hugging Face token", "hf_", BASE62, 34, 40),
    exactly("DigitalOcean token", "dop_v1_", HEX, 64),
    exactly("DigitalOcean OAuth token", "doo_v1_", HEX, 64),
    exactly("DigitalOcean refresh token", "dor_v1_", HEX, 64),
    between("Databricks token", "dapi", URL64, 32, 34).that(|rest| is_hex(&rest[..32])),
    between("Vault service token", "hvs.", URL64, 24, 300),
    between("Vault batch token", "hvb.", URL64, 24, 400),
    between("Vault recovery token", "hvr.", URL64, 24, 300),
    exactly("Grafana service account token", "glsa_", URL64, 41).that(|rest| rest[32] == b'_' && is_hex(&rest[33..])),
    between("Grafana Cloud token", "glc_", BASE64, 32, 400).that(|rest| rest.starts_with(b"eyJ")),
    between("Grafana API key", "eyJrIjoi", BASE64, 60, 400),
    exactly("New Relic user key", "NRAK-", UPPER36, 27),
    exactly("New Relic insert key", "NRII-", URL64, 32),
    exactly("SendGrid key", "SG.", DOTTED, 66).that(|rest| rest[22] == b'.'),
    exactly("Mailgun key", "key-", HEX, 32),
    exactly("Brevo key", "xkeysib-", URL64, 81).that(|rest| is_hex(&rest[..64]) && rest[64] == b'-'),
    exactly("Shopify access token", "shpat_", BASE62, 32),
    exactly("Shopify custom app token", "shpca_", BASE62, 32),
    exactly("Shopify private app token", "shppa_", BASE62, 32),
    exactly("Shopify shared secret", "shpss_", BASE62, 32),
    exactly("Square access token", "sq0atp-", URL64, 22),
    exactly("Square OAuth secret", "sq0csp-", URL64, 43),
    exactly("Linear key", "lin_api_", BASE62, 40),
    exactly("Notion secret", "secret_", BASE62, 43).that(is_mixed),
    between("Notion token", "ntn_", BASE62, 40, 60),
    between("Figma token", "figd_", URL64, 40, 60),
    exactly("Postman key", "PMAK-", URL64, 59).that(|rest| is_hex(&rest[..24]) && rest[24] == b'-'),
    exactly("Pulumi token", "pul-", HEX, 40),
    between("Doppler token", "dp.", DOTTED, 40, 80).that(doppler),
    between("1Password service account token", "ops_eyJ", BASE64, 150, 2048),
    exactly("age secret key", "AGE-SECRET-KEY-1", UPPER36, 58),
    between("Anthropic key", "sk-ant-", URL64, 80, 200),
    between("OpenAI key", "sk-proj-", URL64, 40, 300),
    between("OpenAI service account key", "sk-svcacct-", URL64, 40, 300),
    between("OpenAI admin key", "sk-admin-", URL64, 40, 300),
    exactly("OpenRouter key", "sk-or-v1-", HEX, 64),
    between("OpenAI key", "sk-", BASE62, 32, 64).that(has_digit),
    exactly("Groq key", "gsk_", BASE62, 52),
    between("Perplexity key", "pplx-", BASE62, 40, 64),
    exactly("Replicate token", "r8_", BASE62, 37),
    between("xAI key", "xai-", BASE62, 70, 90),
    between("Tailscale key", "tskey-", URL64, 24, 100).that(has_digit),
    between("Atlassian token", "ATATT3", BASE64, 100, 400),
    exactly("Bitbucket app password", "ATBB", BASE62, 32).that(is_mixed),
    between("Atlassian token", "ATCTT3", BASE64, 100, 400),
    between("Heroku key", "HRKU-AA", URL64, 50, 70),
    exactly("LaunchDarkly SDK key", "sdk-", URL64, 36).that(is_uuid),
    exactly("LaunchDarkly API key", "api-", URL64, 36).that(is_uuid),
    between("Sentry token", "sntrys_eyJ", BASE64, 60, 400),
    exactly("Sentry user token", "sntryu_", HEX, 64),
    between("Sourcegraph token", "sgp_", URL64, 40, 64).that(|rest| is_hex(&rest[rest.len() - 40..])),
    exactly("SonarQube token", "sqp_", HEX, 40),
    exactly("SonarQube token", "squ_", HEX, 40),
    exactly("SonarQube token", "sqa_", HEX, 40),
    between("Artifactory key", "AKCp", BASE62, 60, 80).that(has_digit),
    exactly("Artifactory reference token", "cmVmdGtu", BASE62, 56),
    exactly("Buildkite token", "bkua_", HEX, 40),
    between("CircleCI token", "CCIPAT_", URL64, 40, 100),
    between("CircleCI token", "CCIPRJ_", URL64, 40, 100),
    between("Alibaba Cloud access key id", "LTAI", BASE62, 12, 26).that(is_mixed),
    exactly("Tencent Cloud secret id", "AKID", BASE62, 32).that(has_digit),
    exactly("Airtable token", "pat", DOTTED, 79).that(|rest| rest[14] == b'.' && is_hex(&rest[15..])),
    exactly("Dynatrace token", "dt0c01.", DOTTED, 89).that(|rest| rest[24] == b'.'),
    between("Netlify token", "nfp_", BASE62, 36, 40),
    between("Fly.io token", "fm2_", BASE64, 100, 2048),
    between("PlanetScale token", "pscale_tkn_", DOTTED, 32, 64),
    between("PlanetScale password", "pscale_pw_", DOTTED, 32, 64),
    exactly("Supabase token", "sbp_", HEX, 40),
    between("Supabase secret key", "sb_secret_", URL64, 30, 60),
    exactly("Contentful token", "CFPAT-", URL64, 43),
    exactly("LangSmith key", "lsv2_pt_", URL64, 43).that(|rest| is_hex(&rest[..32]) && rest[32] == b'_'),
    exactly("LangSmith key", "lsv2_sk_", URL64, 43).that(|rest| is_hex(&rest[..32]) && rest[32] == b'_'),
];

/// The formats whose prefix begins with `byte`.
pub(super) fn beginning_with(byte: u8) -> impl Iterator<Item = &'static Format> {
    let bucket = (byte & 0x7F) as usize;
    ORDER[STARTS[bucket] as usize..STARTS[bucket + 1] as usize].iter().map(|&at| &FORMATS[at as usize])
}

/// The indexes of the formats, ordered by the first character of their prefix.
static ORDER: [u8; FORMATS.len()] = order().0;
/// Where the formats of each first character begin in `ORDER`.
static STARTS: [u8; 129] = order().1;

const fn order() -> ([u8; FORMATS.len()], [u8; 129]) {
    let mut order = [0; FORMATS.len()];
    let mut starts = [0; 129];
    let (mut byte, mut filled) = (0, 0);
    while byte < 128 {
        starts[byte] = filled as u8;
        let mut at = 0;
        while at < FORMATS.len() {
            if FORMATS[at].prefix.as_bytes()[0] as usize == byte {
                order[filled] = at as u8;
                filled += 1;
            }
            at += 1;
        }
        byte += 1;
    }
    starts[128] = filled as u8;
    (order, starts)
}

fn any(_rest: &[u8]) -> bool {
    true
}

/// The last six characters are the checksum of those before them. Source: GitHub's blog, "Behind GitHub's new
/// authentication token formats".
fn github(rest: &[u8]) -> bool {
    let (random, checksum) = rest.split_at(rest.len() - 6);
    base62_of_crc(crc32(random)) == checksum
}

fn doppler(rest: &[u8]) -> bool {
    ["pt.", "st.", "ct.", "sa.", "scim.", "audit."].iter().any(|kind| rest.starts_with(kind.as_bytes()))
}

fn has_digit(rest: &[u8]) -> bool {
    rest.iter().any(u8::is_ascii_digit)
}

/// Digits, capitals and small letters: nothing that a prefix of a few letters could meet by chance.
pub(super) fn is_mixed(rest: &[u8]) -> bool {
    has_digit(rest) && rest.iter().any(u8::is_ascii_uppercase) && rest.iter().any(u8::is_ascii_lowercase)
}

/// Only `0-9a-f`.
pub(super) fn is_hex(bytes: &[u8]) -> bool {
    bytes.iter().all(|&byte| CLASSES[byte as usize] & HEX != 0)
}

/// 8-4-4-4-12 hexadecimal digits.
pub(super) fn is_uuid(bytes: &[u8]) -> bool {
    let dashes = [8, 13, 18, 23];
    bytes.len() == 36
        && bytes.iter().enumerate().all(|(at, byte)| match dashes.contains(&at) {
            true => *byte == b'-',
            false => byte.is_ascii_hexdigit(),
        })
}

/// Whether base64 at the start of `bytes` is the start of a JSON object that has the key `alg`.
pub(super) fn is_jose_header(bytes: &[u8]) -> bool {
    let header = base64_prefix(bytes, 2048);
    header.starts_with(b"{") && header.ends_with(b"}") && memchr::memmem::find(&header, b"\"alg\"").is_some()
}
