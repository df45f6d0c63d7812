//! Reads `kubernetes.txt`. Its lines are described at its head.

use foldhash::fast::FixedState;
use hashbrown::HashMap;

use crate::version::{Version, Versions};
use crate::{
    Choice, Definition, DefinitionId, EMPTY, EnumerationId, Field, Kind, Schemas, Shape, ShapeId, slot, slot_of_kind,
};

/// Reads the file. **Invariant:** `cargo xtask schemas` writes it, and a test reads all of it.
pub(crate) fn read(text: &'static str) -> Schemas {
    let names = text.lines().filter_map(|line| line.strip_prefix("def\t")).collect();
    let mut reader = Reader { names, ..Reader::default() };
    // A line for every field, and few others.
    reader.fields.reserve(memchr::memchr_iter(b'\n', text.as_bytes()).count());
    reader.definitions.reserve(reader.names.len());
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let parts: [&'static str; 8] = cells(line);
        match parts[0] {
            "versions" => {
                reader.versions =
                    parts[1].split(',').filter_map(|minor| minor.parse().ok().map(Version::new)).collect();
            }
            "kind" => reader.kind(parts),
            "def" => reader.definition(parts[1]),
            _ => reader.field(parts),
        }
    }
    reader.finish()
}

/// The cells of a line; empty where there is none.
fn cells(line: &'static str) -> [&'static str; 8] {
    let mut cells = [""; 8];
    let mut at = 0;
    for (cell, end) in cells.iter_mut().zip(memchr::memchr_iter(b'\t', line.as_bytes()).chain([line.len()])) {
        *cell = &line[at..end];
        at = end + 1;
    }
    cells
}

#[derive(Default)]
struct Reader {
    /// The names of all definitions, in order.
    names: Vec<&'static str>,
    versions: Vec<Version>,
    kinds: Vec<Kind>,
    definitions: Vec<Definition>,
    fields: Vec<Field>,
    shapes: Vec<Shape>,
    enumerations: Vec<Vec<Choice>>,
    /// What the texts that came so far stand for: most come again and again.
    known: HashMap<&'static str, Shape, FixedState>,
}

impl Reader {
    fn kind(&mut self, [_, api_version, kind, definition, versions, deprecated, removed, instead]: [&'static str; 8]) {
        let version = |text: &str| text.parse().ok().map(Version::new);
        let definition = self.id(definition);
        self.kinds.push(Kind {
            api_version,
            kind,
            definition,
            versions: if definition.is_some() { self.range(versions) } else { Versions::NONE },
            deprecated: version(deprecated),
            removed: version(removed),
            replacement: instead.split_once(' '),
        });
    }

    fn definition(&mut self, name: &'static str) {
        let at = self.fields.len() as u16;
        self.definitions.push(Definition { name, first: at, end: at, required: Vec::new(), table: 0, mask: 0 });
    }

    fn field(&mut self, [_, name, shape, required, versions, ..]: [&'static str; 8]) {
        let shape = self.shape(shape);
        let versions = self.range(versions);
        self.fields.push(Field { name, shape, required: required == "!", versions });
        if let Some(definition) = self.definitions.last_mut() {
            definition.end = self.fields.len() as u16;
        }
    }

    fn shape(&mut self, text: &'static str) -> Shape {
        if let Some(known) = self.known.get(text) {
            return *known;
        }
        let shape = self.new_shape(text);
        self.known.insert(text, shape);
        shape
    }

    fn new_shape(&mut self, text: &'static str) -> Shape {
        let inside = |word: &str| text.strip_prefix(word).and_then(|rest| rest.strip_suffix(')'));
        if let Some(inner) = inside("list(") {
            return Shape::List(self.inner(inner));
        }
        if let Some(inner) = inside("map(") {
            return Shape::Map(self.inner(inner));
        }
        if let Some(values) = inside("one-of(") {
            let choices = values.split('|').map(|value| {
                let (text, versions) = value.split_once('@').unwrap_or((value, ""));
                Choice { text, versions: self.range(versions) }
            });
            let choices = choices.collect();
            self.enumerations.push(choices);
            return Shape::OneOf(EnumerationId(self.enumerations.len() as u16 - 1));
        }
        if let Some(id) = inside("lenient(").and_then(|name| self.id(name)) {
            return Shape::Lenient(id);
        }
        if let Some(id) = inside("lenient-or-bool(").and_then(|name| self.id(name)) {
            return Shape::LenientOrBool(id);
        }
        match text {
            "bool" => Shape::Bool,
            "int32" => Shape::Int32,
            "int64" => Shape::Int64,
            "number" => Shape::Number,
            "text" => Shape::Text,
            "bytes" => Shape::Bytes,
            "time" => Shape::Time,
            "quantity" => Shape::Quantity,
            "int-or-text" => Shape::IntOrText,
            name => self.id(name).map_or(Shape::Any, Shape::Record),
        }
    }

    fn inner(&mut self, text: &'static str) -> ShapeId {
        // Each collection that is written out comes here once.
        let shape = self.shape(text);
        self.shapes.push(shape);
        ShapeId(self.shapes.len() as u16 - 1)
    }

    fn id(&self, name: &str) -> Option<DefinitionId> {
        self.names.binary_search(&name).ok().map(|at| DefinitionId(at as u16))
    }

    /// `31-33,35`; nothing is everything.
    fn range(&self, text: &str) -> Versions {
        let oldest = self.versions.first().map_or(0, |version| version.minor());
        let newest = self.versions.last().map_or(0, |version| version.minor());
        if text.is_empty() {
            return Versions::range(oldest, newest);
        }
        text.split(',').fold(Versions::NONE, |all, part| {
            let (first, last) = part.split_once('-').unwrap_or((part, part));
            all.with(Versions::range(first.parse().unwrap_or(oldest), last.parse().unwrap_or(newest)))
        })
    }

    fn finish(mut self) -> Schemas {
        let mut slots = Vec::new();
        for definition in &mut self.definitions {
            let fields = &mut self.fields[usize::from(definition.first)..usize::from(definition.end)];
            // Of several types of one field the one of the newest version comes last.
            let newest = |field: &Field| field.versions.newest();
            fields.sort_by(|a, b| a.name.cmp(b.name).then_with(|| newest(a).cmp(&newest(b))));
            let required = fields.iter().enumerate().filter(|(at, field)| {
                let is_last = fields.get(at + 1).is_none_or(|next| next.name != field.name);
                field.required && is_last
            });
            definition.required = required.map(|(at, _)| definition.first + at as u16).collect();
            add_table(definition, fields, &mut slots);
        }
        let Self { names: _, versions, kinds, definitions, fields, shapes, enumerations, known: _ } = self;
        let mut groups: Vec<&'static str> = kinds.iter().map(Kind::group).collect();
        groups.dedup();
        let mut kind_slots = vec![EMPTY; (kinds.len() * 2 + 1).next_power_of_two()];
        let mask = kind_slots.len() - 1;
        for (number, kind) in kinds.iter().enumerate() {
            let mut slot = slot_of_kind(kind.api_version, kind.kind);
            while kind_slots[usize::from(slot) & mask] != EMPTY {
                slot = slot.wrapping_add(1);
            }
            kind_slots[usize::from(slot) & mask] = number as u16;
        }
        Schemas { versions, groups, kinds, definitions, fields, shapes, enumerations, slots, kind_slots }
    }
}

/// Gives a definition its table, which is at most half full.
fn add_table(definition: &mut Definition, fields: &[Field], slots: &mut Vec<u16>) {
    let length = (fields.len() * 2 + 1).next_power_of_two();
    definition.table = slots.len() as u16;
    definition.mask = length as u16 - 1;
    slots.resize(slots.len() + length, EMPTY);
    let table = &mut slots[usize::from(definition.table)..];
    for (number, field) in fields.iter().enumerate() {
        if number > 0 && fields[number - 1].name == field.name {
            continue;
        }
        let mut slot = slot(field.name);
        while table[usize::from(slot & definition.mask)] != EMPTY {
            slot = slot.wrapping_add(1);
        }
        table[usize::from(slot & definition.mask)] = definition.first + number as u16;
    }
}
