//! What of a rule can be taken out so that it no longer grants something: single items of its lists.

use model::symbols::Symbol;

use crate::compile::RoleRule;
use crate::evaluator::Evaluator;
use crate::request::Request;
use crate::rule::{Rule, Words};

/// A list of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum List {
    /// `verbs`.
    Verbs,
    /// `resources`.
    Resources,
    /// `resourceNames`.
    Names,
}

impl List {
    /// Its key.
    pub fn key(self) -> &'static str {
        match self {
            Self::Verbs => "verbs",
            Self::Resources => "resources",
            Self::Names => "resourceNames",
        }
    }
}

/// An item of a list of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Item {
    /// The list.
    pub list: List,
    /// Its index there.
    pub at: usize,
}

/// Rules with more items than this are looked at as a whole only.
const MOST: usize = 64;

impl Evaluator<'_> {
    /// The verbs and resources without any one of which a rule grants none of these requests, whatever objects it names. A
    /// list that would be empty is no rule, and who takes a wildcard out has to say what is needed: neither is told.
    pub fn items_needed(&self, rule: RoleRule, requests: &[Request]) -> Vec<Item> {
        let words = &self.rule(rule).words;
        if words.verbs.len() + words.resources.len() > MOST {
            return Vec::new();
        }
        let grants: Vec<_> = requests.iter().map(|request| self.grants_apart_from_names(request)).collect();
        let of_list = |list| {
            let items = if list == List::Verbs { &words.verbs } else { &words.resources };
            let count = if items.len() > 1 { items.len() } else { 0 };
            (0..count).map(move |at| Item { list, at }).filter(|item| items[item.at] != self.compiled().vocabulary.star)
        };
        let is_needed = |item: &Item| {
            let without = Rule::new(without(words, *item), &self.compiled().vocabulary, &self.inventory().symbols);
            !grants.iter().any(|grants| grants(&without))
        };
        of_list(List::Verbs).chain(of_list(List::Resources)).filter(is_needed).collect()
    }

    /// The name by which a rule is for an object, if it is for others besides.
    pub fn item_naming(&self, rule: RoleRule, name: Symbol) -> Option<Item> {
        let names = &self.rule(rule).words.names;
        let mut found = names.iter().enumerate().filter(|(_, known)| **known == name);
        match (found.next(), found.next()) {
            (Some((at, _)), None) if names.len() > 1 => Some(Item { list: List::Names, at }),
            _ => None,
        }
    }

    /// What an item says.
    pub fn item_text(&self, rule: RoleRule, item: Item) -> String {
        let words = &self.rule(rule).words;
        let list = match item.list {
            List::Verbs => &words.verbs,
            List::Resources => &words.resources,
            List::Names => &words.names,
        };
        list.get(item.at).map(|word| self.text(*word)).unwrap_or_default()
    }
}

fn without(words: &Words, item: Item) -> Words {
    let mut words = words.clone();
    let list = match item.list {
        List::Verbs => &mut words.verbs,
        List::Resources => &mut words.resources,
        List::Names => &mut words.names,
    };
    let kept = list.iter().enumerate().filter(|(at, _)| *at != item.at);
    *list = kept.map(|(_, word)| *word).collect();
    words
}
