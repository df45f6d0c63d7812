//! Parameters of controls, by name.

use controls::selection;
use model::control::{Control, Registered};
use model::parameter::{Parameter, Settings};

use crate::exit::UsageError;

/// Adds what `given`, each `CONTROL.PARAMETER=VALUE`, writes down.
///
/// # Errors
/// A control or parameter that does not exist, or a value of another kind.
pub(crate) fn from_arguments(given: &[String], settings: &mut Settings) -> Result<(), UsageError> {
    for text in given {
        let parts = text.split_once('=').and_then(|(name, value)| Some((name.split_once('.')?, value)));
        let Some(((control, parameter), value)) = parts else {
            return Err(UsageError(format!("`{text}` is not of the form CONTROL.PARAMETER=VALUE")));
        };
        let control = find_control(control)?;
        let parameter = find_parameter(control, parameter)?;
        let setting = parameter.parse(value).ok_or_else(|| {
            UsageError(format!("`{}.{}` is {}, and `{value}` is not", control.id, parameter.name, parameter.kind()))
        })?;
        settings.set(control.id, parameter, setting);
    }
    Ok(())
}

/// The control of that id, or the one that another tool calls so.
///
/// # Errors
/// There is none, or several.
pub(crate) fn find_control(id: &str) -> Result<&'static Control, UsageError> {
    let found = controls::all().find(|registered| registered.control.id == id);
    if let Some(registered) = found {
        return Ok(registered.control);
    }
    let called: Vec<Registered> = controls::all().filter(|known| selection::is_alias(known.control, id)).collect();
    match called.as_slice() {
        [one] => Ok(one.control),
        [] => Err(unknown_control(id)),
        several => {
            let ids: Vec<String> = several.iter().map(|known| format!("`{}`", known.control.id)).collect();
            Err(UsageError(format!("`{id}` stands for {}: name one of them", ids.join(", "))))
        }
    }
}

fn unknown_control(id: &str) -> UsageError {
    let hint = crate::commands::hint(id).unwrap_or_else(|| "`plimsoll controls` lists them".to_owned());
    UsageError(format!("there is no control `{id}`: {hint}"))
}

/// The parameter of `control` with that name.
///
/// # Errors
/// There is none.
pub(crate) fn find_parameter(control: &'static Control, name: &str) -> Result<&'static Parameter, UsageError> {
    control.parameters.iter().find(|parameter| parameter.name == name).ok_or_else(|| {
        let names: Vec<String> = control.parameters.iter().map(|known| format!("`{}`", known.name)).collect();
        let hint = if names.is_empty() { "it has none".to_owned() } else { format!("it has {}", names.join(", ")) };
        UsageError(format!("control `{}` has no parameter `{name}`: {hint}", control.id))
    })
}
