//! Secrets that commands are given as flags: `--password=…`, `--token …`, `mysql -p…`, `curl -u name:password`.

use std::ops::Range;

use model::document::Value;

use super::detector;
use super::spans::Locator;

/// The flags; `--db-password` is one too.
const FLAGS: &[&str] = &["password", "token", "secret", "api-key"];

/// Programs whose `-p` is a password: followed by it at once, or by a space too.
const GLUED: &[&str] = &["mysql", "mysqldump", "mysqladmin", "mysqlimport", "mysqlcheck", "mariadb", "mariadb-dump"];
const SPACED: &[&str] = &["sshpass", "mongo", "mongosh", "mongodump", "mongorestore", "mongoexport", "mongoimport"];

/// Other flags that are a password, or a name and a password, with the programs that have them.
const OF_PROGRAMS: &[(&[&str], &[&str], Holds)] = &[
    (&["curl"], &["-u", "--user", "-U", "--proxy-user"], Holds::NameAndPassword),
    (&["redis-cli"], &["-a", "--pass"], Holds::Password),
    (&["sqlcmd", "bcp"], &["-P"], Holds::Password),
    (&["ldapsearch", "ldapadd", "ldapmodify", "ldapdelete", "ldapwhoami", "ldappasswd"], &["-w"], Holds::Password),
];

/// What the value of a flag is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Holds {
    Password,
    /// `name:password`
    NameAndPassword,
}

/// A value that a flag has.
pub(super) struct Literal<'a, 'd> {
    /// The argument that it is in.
    pub(super) argument: Value<'d>,
    /// Where the parts of that argument are in the document.
    pub(super) locator: &'a Locator<'a, 'd>,
    /// Where the value is in that text.
    pub(super) range: Range<usize>,
    /// The flag.
    pub(super) flag: &'a str,
}

/// Calls `on_literal` for every literal value of a flag in a sequence of arguments. `program` is what they are
/// given to, if it is known.
pub(super) fn each_literal<'d>(arguments: Value<'d>, program: &str, on_literal: &mut dyn FnMut(Literal<'_, 'd>)) {
    let mut reader = Reader { program: base_name(program).to_owned(), waiting: None };
    for argument in arguments.items().filter(|item| item.is_scalar()) {
        let text = argument.text();
        let is_script = reader.waiting.is_none() && text.trim().contains(char::is_whitespace);
        let locator = Locator::new(argument, &text);
        let mut report = |range: Range<usize>, flag: &str| {
            on_literal(Literal { argument, locator: &locator, range, flag });
        };
        if is_script {
            let mut script = Reader { program: String::new(), waiting: None };
            words(&text).for_each(|word| script.word(&text, word, &mut report));
        } else {
            reader.word(&text, 0..text.len(), &mut report);
        }
    }
}

struct Reader {
    program: String,
    /// The flag whose value comes next, and what that is.
    waiting: Option<(String, Holds)>,
}

impl Reader {
    fn word(&mut self, text: &str, word: Range<usize>, report: &mut dyn FnMut(Range<usize>, &str)) {
        self.read(text, word.clone(), report);
        // Another command begins.
        if text[word].ends_with([';', '|', '&']) {
            self.program.clear();
            self.waiting = None;
        }
    }

    fn read(&mut self, text: &str, word: Range<usize>, report: &mut dyn FnMut(Range<usize>, &str)) {
        if let Some((flag, holds)) = self.waiting.take()
            && !text[word.clone()].starts_with('-')
        {
            report_held(text, word, (&flag, holds), report);
            return;
        }
        let content = &text[word.clone()];
        if !content.starts_with('-') {
            if content.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'-' | b'_' | b'.')) {
                let name = base_name(content);
                if self.program.is_empty() || is_known(name) {
                    name.clone_into(&mut self.program);
                }
            }
            return;
        }
        let (flag, value) = match content.find('=') {
            Some(at) => (&content[..at], Some(word.start + at + 1..word.end)),
            None => (content, None),
        };
        if let Some((known, holds)) = self.flag_of_program(content) {
            let start = word.start + known.len();
            let value = text[start..word.end].strip_prefix('=').map_or(start, |_| start + 1)..word.end;
            match value.is_empty() {
                true => self.waiting = Some((known.to_owned(), holds)),
                false => report_held(text, value, (known, holds), report),
            }
        } else if is_flag(flag) {
            match value {
                Some(value) => report_literal(text, value, flag, report),
                None => self.waiting = Some((flag.to_owned(), Holds::Password)),
            }
        } else if content.len() > 2 && content.starts_with("-p") && (self.is_any(GLUED) || self.is_any(SPACED)) {
            report_literal(text, word.start + 2..word.end, "-p", report);
        } else if content == "-p" && self.is_any(SPACED) {
            self.waiting = Some((content.to_owned(), Holds::Password));
        }
    }

    /// The flag of the program that a word is, or begins with.
    fn flag_of_program(&self, word: &str) -> Option<(&'static str, Holds)> {
        let of_program = OF_PROGRAMS.iter().filter(|(programs, ..)| self.is_any(programs));
        let mut flags = of_program.flat_map(|(_, flags, holds)| flags.iter().map(|flag| (*flag, *holds)));
        flags.find(|(flag, _)| match word.strip_prefix(flag) {
            // The value of a short flag may follow it at once, that of a long one after `=`.
            Some(rest) => rest.is_empty() || rest.starts_with('=') || !flag.starts_with("--"),
            None => false,
        })
    }

    fn is_any(&self, programs: &[&str]) -> bool {
        programs.contains(&self.program.as_str())
    }
}

fn is_known(name: &str) -> bool {
    GLUED.contains(&name) || SPACED.contains(&name) || OF_PROGRAMS.iter().any(|(programs, ..)| programs.contains(&name))
}

fn report_held(
    text: &str,
    range: Range<usize>,
    (flag, holds): (&str, Holds),
    report: &mut dyn FnMut(Range<usize>, &str),
) {
    if holds == Holds::Password {
        return report_literal(text, range, flag, report);
    }
    // Without a password it is asked for.
    if let Some(at) = text[range.clone()].find(':') {
        report_literal(text, range.start + at + 1..range.end, flag, report);
    }
}

fn report_literal(text: &str, range: Range<usize>, flag: &str, report: &mut dyn FnMut(Range<usize>, &str)) {
    let range = without_quotes(text, range);
    let value = &text[range.clone()];
    let name = if is_flag(flag) { flag } else { "password" };
    if !value.starts_with(['$', '`', '-']) && !value.contains("$(") && detector::judge(name, value).is_some() {
        report(range, flag);
    }
}

fn is_flag(flag: &str) -> bool {
    let name = flag.trim_start_matches('-');
    let ends = |end: &str| {
        let Some(at) = name.len().checked_sub(end.len()) else { return false };
        let same = name.get(at..).is_some_and(|tail| tail.replace('_', "-").eq_ignore_ascii_case(end));
        same && (at == 0 || matches!(name.as_bytes()[at - 1], b'-' | b'_' | b'.'))
    };
    FLAGS.iter().any(|flag| ends(flag))
}

fn base_name(program: &str) -> &str {
    program.rsplit(['/', '\\']).next().unwrap_or(program)
}

/// The words of a script, roughly as a shell splits them; what is in quotes is not split.
fn words(text: &str) -> impl Iterator<Item = Range<usize>> + '_ {
    let bytes = text.as_bytes();
    let mut at = 0;
    std::iter::from_fn(move || {
        at += bytes[at..].iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        let start = at;
        let mut quote = None;
        while let Some(&byte) = bytes.get(at) {
            match quote {
                Some(open) if byte == open => quote = None,
                Some(_) => {}
                None if byte.is_ascii_whitespace() => break,
                None if byte == b'"' || byte == b'\'' => quote = Some(byte),
                None => {}
            }
            at += 1;
        }
        (at > start).then_some(start..at)
    })
}

fn without_quotes(text: &str, range: Range<usize>) -> Range<usize> {
    let value = &text[range.clone()];
    let bare = value.trim_start_matches(['"', '\'']);
    let start = range.end - bare.len();
    start..start + bare.trim_end_matches(['"', '\'', ';', ')', '`']).len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_end_in_a_word_of_the_list() {
        for flag in ["--password", "-password", "--db-password", "--api-key", "--api_key", "--auth.token"] {
            assert!(is_flag(flag), "{flag}");
        }
        for flag in ["--password-file", "--tokens", "--keyring", "--nopassword", "-p", "--", "--é"] {
            assert!(!is_flag(flag), "{flag}");
        }
    }

    fn in_script(text: &str) -> Vec<String> {
        let mut found = Vec::new();
        let mut reader = Reader { program: String::new(), waiting: None };
        let mut report = |range: Range<usize>, _: &str| found.push(text[range].to_owned());
        words(text).for_each(|word| reader.word(text, word, &mut report));
        found
    }

    #[test]
    fn reads_scripts_by_words() {
        assert_eq!(in_script("run --password=hunter2 --x"), ["hunter2"]);
        assert_eq!(in_script("run --password 'hunter2' --token \"hunter3\""), ["hunter2", "hunter3"]);
        assert_eq!(in_script("exec /usr/bin/mysql -uroot -phunter2 db"), ["hunter2"]);
        assert_eq!(in_script("sshpass -p hunter2 ssh host -p 2222"), ["hunter2"]);
        assert_eq!(in_script("mongosh -u root -p hunter2"), ["hunter2"]);
        assert_eq!(in_script("set -e; curl -sS -u admin:hunter2 https://a"), ["hunter2"]);
        assert_eq!(in_script("curl --user 'admin:hunter2' -U=a:hunter3 https://a"), ["hunter2", "hunter3"]);
        assert_eq!(in_script("curl -uadmin:hunter2 https://a"), ["hunter2"]);
        assert_eq!(in_script("redis-cli -h db -a hunter2 ping"), ["hunter2"]);
    }

    #[test]
    fn what_the_shell_fills_in_is_not_literal() {
        for text in [
            "run --password=$PASSWORD --token ${TOKEN}",
            "run --token=$(cat /var/run/token)",
            "run --token \"$(cat /var/run/token)\"",
            "run --token `cat /var/run/token`",
            "mkdir -p hunter2",
            "mysql -p db -P 3306",
            "curl -u admin https://a",
            "curl -u admin:$PASSWORD --user \"a:${B}\" https://a:8080",
            "curl --url https://a:8443 --user-agent a:hunter2",
            "redis-cli -a $PASSWORD; tar -a hunter2",
            "docker run -p 8080:80",
            "run --password --verbose",
            "run --secret=db-credentials --secret kube-system/tls",
            "run --token=/etc/token --password=true --password=changeme",
        ] {
            assert_eq!(in_script(text), [""; 0], "{text}");
        }
    }
}
