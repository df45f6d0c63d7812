//! Finds a control by any of its names.

use model::control::Registered;

/// The controls that `name` stands for: the one with that id, or all that carry it as an alias.
pub fn find(name: &str) -> Vec<Registered> {
    let by_id: Vec<Registered> = crate::all().filter(|registered| registered.control.id == name).collect();
    if !by_id.is_empty() {
        return by_id;
    }
    let aliased =
        |registered: &Registered| registered.control.aliases.iter().any(|alias| alias.id.eq_ignore_ascii_case(name));
    crate::all().filter(aliased).collect()
}
