//! Parameters of controls, by name.

use controls::selection;
use model::control::Control;
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

/// The control of that id.
///
/// # Errors
/// There is none.
pub(crate) fn find_control(id: &str) -> Result<&'static Control, UsageError> {
    let found = controls::all().find(|registered| registered.control.id == id);
    found.map(|registered| registered.control).ok_or_else(|| {
        let hint = match selection::suggest(id) {
            Some(suggestion) => format!("did you mean `{suggestion}`?"),
            None => "`plimsoll controls` lists them".to_owned(),
        };
        UsageError(format!("there is no control `{id}`: {hint}"))
    })
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
