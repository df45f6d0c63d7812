//! The pages of frameworks: one each, and their list.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use compliance::{Asked, Serving, Subject, resolve};
use frameworks::{FRAMEWORKS, Framework, Need};
use model::control::Registered;

use super::NOTE;

/// Adds all of them.
pub(super) fn insert(pages: &mut BTreeMap<String, String>) {
    let controls: Vec<Registered> = controls::all().collect();
    let mut index = format!(
        "{NOTE}# Frameworks\n\n[How requirements get their status, and how a score is made](../frameworks.md).\n\n\
         | framework | id | requirements | served | need a person |\n|---|---|---|---|---|\n"
    );
    for framework in FRAMEWORKS {
        let subject = resolve(framework, &controls);
        let count = |holds: fn(&Asked) -> bool| subject.requirements.iter().filter(|asked| holds(asked)).count();
        let served = count(|asked| asked.controls.iter().any(|serving| serving.available().is_some()));
        let person = count(|asked| asked.needs.contains(&Need::Person));
        let (id, name, all) = (framework.id, framework.name(), subject.requirements.len());
        let _ = writeln!(index, "| [{name}]({id}.md) | `{id}` | {all} | {served} | {person} |");
        pages.insert(format!("frameworks/{id}.md"), page(framework, &subject));
    }
    pages.insert("frameworks/README.md".to_owned(), index);
}

fn page(framework: &Framework, subject: &Subject) -> String {
    let mut page = format!("{NOTE}# {}\n\n", framework.name());
    let (id, publisher, url) = (framework.id, framework.publisher, framework.url);
    let _ = write!(page, "Published by [{publisher}]({url}). {}\n\n", framework.extent);
    let _ = write!(page, "```sh\nplimsoll scan --framework {id}\n```\n\n");
    page.push_str("Controls in *italics* are not yet available; what needs them is not observed, or in part.\n");
    for part in subject.requirements.chunk_by(|a, b| a.section == b.section) {
        if !part[0].section.is_empty() {
            let _ = write!(page, "\n## {}\n", part[0].section);
        }
        page.push_str("\n| id | what holds | level | proof from | controls |\n|---|---|---|---|---|\n");
        for asked in part {
            let needs: Vec<&str> = asked.needs.iter().copied().map(Need::name).collect();
            let controls: Vec<String> = asked.controls.iter().map(link).collect();
            let (id, title, level) = (&asked.id, &asked.title, &asked.level);
            let _ = writeln!(page, "| {id} | {title} | {level} | {} | {} |", needs.join(", "), controls.join(", "));
        }
    }
    page
}

fn link(serving: &Serving) -> String {
    match serving {
        Serving::Available(registered) => format!("[{0}](../controls/{0}.md)", registered.control.id),
        Serving::Upcoming(upcoming) => format!("*{}*", upcoming.id),
    }
}
