//! Schedules of CronJobs. Source: the standard parser of `github.com/robfig/cron/v3`, which the API server uses.

/// The fields: name, least, most, names.
const FIELDS: [(&str, u32, u32, &[&str]); 5] = [
    ("minute", 0, 59, &[]),
    ("hour", 0, 23, &[]),
    ("day of the month", 1, 31, &[]),
    ("month", 1, 12, &["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]),
    ("day of the week", 0, 6, &["sun", "mon", "tue", "wed", "thu", "fri", "sat"]),
];

/// Whether a text is a schedule, and why not.
pub(crate) fn check(text: &str) -> Result<(), String> {
    if let Some(word) = text.strip_prefix('@') {
        return match word {
            "yearly" | "annually" | "monthly" | "weekly" | "daily" | "midnight" | "hourly" => Ok(()),
            _ => match word.strip_prefix("every ") {
                Some(duration) if is_duration(duration) => Ok(()),
                _ => Err(format!("there is no `@{word}`")),
            },
        };
    }
    let fields: Vec<&str> = text.split_ascii_whitespace().collect();
    if fields.len() != FIELDS.len() {
        return Err(format!("it has {} fields and not 5", fields.len()));
    }
    fields.iter().zip(FIELDS).try_for_each(|(field, known)| {
        field.split(',').try_for_each(|part| range(part, known)).map_err(|reason| format!("{}: {reason}", known.0))
    })
}

/// `*`, `?`, a number or name, or a range of them; each with a step.
fn range(part: &str, (_, least, most, names): (&str, u32, u32, &[&str])) -> Result<(), String> {
    let (span, step) = part.split_once('/').map_or((part, None), |(span, step)| (span, Some(step)));
    let value = |text: &str| {
        let name = names.iter().position(|name| name.eq_ignore_ascii_case(text));
        name.map(|at| at as u32 + least).or_else(|| text.parse().ok()).ok_or_else(|| format!("`{text}` is no number"))
    };
    if !matches!(span, "*" | "?") {
        let (from, to) = match span.split_once('-') {
            Some((from, to)) => (value(from)?, value(to)?),
            None => {
                let one = value(span)?;
                (one, one)
            }
        };
        if from < least || to > most {
            return Err(format!("`{span}` is not within {least} and {most}"));
        }
        if from > to {
            return Err(format!("`{span}` ends before it begins"));
        }
    }
    match step.map(str::parse::<u32>) {
        None | Some(Ok(1..)) => Ok(()),
        Some(_) => Err(format!("`{part}` has no step above 0")),
    }
}

/// A duration as Go writes it: `1h30m`, `90s`, `1.5h`.
fn is_duration(text: &str) -> bool {
    let mut rest = text.strip_prefix(['+', '-']).unwrap_or(text);
    if rest.is_empty() {
        return false;
    }
    if rest == "0" {
        return true;
    }
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let unit = ["ns", "us", "\u{b5}s", "\u{3bc}s", "ms", "s", "m", "h"].iter().find_map(|unit| {
            let after = rest[digits..].strip_prefix(unit)?;
            after
                .starts_with(|c: char| c.is_ascii_digit() || c == '.')
                .then_some(after)
                .or(after.is_empty().then_some(after))
        });
        let (Ok(_), Some(after)) = (rest[..digits].parse::<f64>(), unit) else { return false };
        rest = after;
    }
    true
}
