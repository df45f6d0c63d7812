//! The page of a pull request, read by a parser of Markdown with the extensions of the code hosts: it has our own
//! structure and nothing that a text from a file put there.

use proptest::prelude::*;
use pulldown_cmark::{Event, Options as Extensions, Parser, Tag, TagEnd};
use reports::markdown::{self, COMMENT_LIMIT, Options};
use reports::repository::Repository;

use crate::sample::{self, FOUND, Found, Sample, hostile, many, report, texts, written};

const ADDRESS: &str = "https://code.example/acme/shop/blob/abc/";

fn repository() -> Repository {
    Repository { root: Some("/src".into()), here: "/src".into(), address: Some(ADDRESS.to_owned()) }
}

fn page(sample: Sample, limit: usize) -> String {
    let results = sample.results();
    let repository = repository();
    let options = Options { title: "deploy", limit, rows: 25, places: 50, repository: &repository };
    written(|out| markdown::write(&report(&results), &options, out))
}

/// What a page comes to.
#[derive(Default)]
struct Read {
    /// Text outside of code.
    text: String,
    /// The cells of the table's third column.
    objects: Vec<String>,
    links: Vec<String>,
    details: usize,
}

/// Reads a page, and fails at whatever is not ours.
fn read(page: &str) -> Read {
    let extensions = Extensions::ENABLE_TABLES
        | Extensions::ENABLE_STRIKETHROUGH
        | Extensions::ENABLE_TASKLISTS
        | Extensions::ENABLE_FOOTNOTES
        | Extensions::ENABLE_GFM;
    let mut read = Read::default();
    let (mut in_code, mut cell, mut object) = (0, 0, String::new());
    for event in Parser::new_ext(page, extensions) {
        match event {
            Event::Start(Tag::TableRow | Tag::TableHead) => cell = 0,
            Event::End(TagEnd::TableRow) => {
                assert_eq!(cell, 4, "{page}");
                read.objects.push(std::mem::take(&mut object));
            }
            Event::End(TagEnd::TableCell) => cell += 1,
            Event::Start(Tag::Link { dest_url, .. }) => read.links.push(dest_url.into_string()),
            Event::Start(Tag::Heading { .. } | Tag::Paragraph | Tag::Strong | Tag::Table(_) | Tag::TableCell)
            | Event::Start(Tag::List(None) | Tag::Item | Tag::HtmlBlock)
            | Event::End(_)
            | Event::SoftBreak => {}
            Event::Html(html) | Event::InlineHtml(html) => match html.trim() {
                "<details>" => read.details += 1,
                "</details>" => read.details -= 1,
                "<code>" => in_code += 1,
                "</code>" => in_code -= 1,
                "<!-- plimsoll -->" | "<!-- -->" | "<br>" => {}
                summary => assert!(summary.starts_with("<summary>") && summary.ends_with("</summary>"), "{html}"),
            },
            Event::Code(text) if cell == 2 => object.push_str(&text),
            Event::Text(text) if in_code > 0 && cell == 2 => object.push_str(&text),
            Event::Code(_) => {}
            Event::Text(text) if in_code == 0 => read.text.push_str(&text),
            Event::Text(_) => {}
            other => panic!("{other:?}\n{page}"),
        }
    }
    assert_eq!((read.details, in_code), (0, 0), "{page}");
    read
}

#[test]
fn the_verdict_comes_first_and_links_lead_to_lines() {
    let mut sample = Sample::default();
    sample.pod("deploy/a b.yaml", "p");
    sample.found(&FOUND);
    let page = page(sample, COMMENT_LIMIT);
    assert!(page.starts_with("<!-- plimsoll -->\n## ⦵ Plimsoll: at the line\n\n"), "{page}");
    let read = read(&page);
    assert_eq!(read.objects, ["Pod/p"]);
    assert_eq!(read.links, vec![format!("{ADDRESS}deploy/a%20b.yaml#L7"); 2]);
    assert!(read.text.contains("1 high"), "{page}");
}

#[test]
fn what_was_not_looked_at_is_named() {
    let mut sample = Sample::default();
    sample.skipped("broken.yaml", Some(3), "not valid YAML");
    let page = page(sample, COMMENT_LIMIT);
    assert!(page.contains("## ⦵ Plimsoll: not seen\n"), "{page}");
    assert!(read(&page).text.contains("not valid YAML"), "{page}");
}

#[test]
fn a_table_shows_the_worst_and_says_how_many_more() {
    let page = page(many(10), COMMENT_LIMIT);
    let expected: Vec<String> = ["critical", "high", "medium"]
        .iter()
        .flat_map(|name| (0..10).map(move |n| format!("Pod/{name}-{n}")))
        .collect();
    assert_eq!(read(&page).objects, expected[..25]);
    assert!(page.contains("\nAnd 5 more findings at or above `medium`, 20 findings below `medium`.\n"), "{page}");
}

#[test]
fn a_page_ends_between_blocks_whatever_its_limit_is() {
    for limit in (0..12_000).step_by(97) {
        let mut sample = many(30);
        sample.skipped("broken.yaml", Some(3), "not valid YAML");
        let page = page(sample, limit);
        assert!(page.len() <= limit, "{} of {limit}", page.len());
        let read = read(&page);
        assert!(page.is_empty() || read.text.contains("not valid YAML") || limit < 1500, "{limit}\n{page}");
    }
}

#[test]
fn what_is_left_out_is_counted() {
    let mut sample = many(40);
    sample.pod("z.yaml", "z");
    sample.found(&Found { control: 1, ..FOUND });
    let page = page(sample, 7000);
    read(&page);
    assert!(page.contains("- and 1") && page.contains("more\n\n</details>"), "{page}");
    assert!(
        page.ends_with("The page is full: 1 more control has findings. `--output json` has everything.\n"),
        "{page}"
    );
}

#[test]
fn texts_come_out_as_they_went_in() {
    for name in ["a|b", "a\\|b", "`x`", "``", "<b>", "&amp;", "*a*", "_a_", "@root", "$x$", "a\\"] {
        let mut sample = Sample::default();
        sample.pod("a.yaml", name);
        sample.found(&FOUND);
        assert_eq!(read(&page(sample, COMMENT_LIMIT)).objects, [format!("Pod/{name}")]);
    }
}

proptest! {
    #![proptest_config(sample::config())]
    #[test]
    fn whatever_the_texts_are_they_do_nothing(texts in texts()) {
        let page = page(hostile(&texts), COMMENT_LIMIT);
        let read = read(&page);
        prop_assert!(read.links.iter().all(|link| link.starts_with(ADDRESS)), "{:?}", read.links);
        // Code hosts look for these in what is left when Markdown is read, except in code.
        for sign in ["@", "#", "://", "www.", "<", "&", "\n/"] {
            prop_assert!(!read.text.contains(sign), "`{sign}` in {:?}", read.text);
        }
        prop_assert_eq!(read.objects.len(), 1, "{}", page);
        prop_assert!(!page.lines().any(|line| line.starts_with('/')), "{page}");
        prop_assert!(!page.chars().any(|c| c.is_control() && c != '\n'), "{page:?}");
    }
}
