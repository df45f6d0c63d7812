//! Parameters of controls from the command line.

use controls::selection;
use model::control::Control;
use model::parameter::{Parameter, Setting, Settings};

use crate::exit::UsageError;

/// The settings that `given`, each `CONTROL.PARAMETER=VALUE`, write down.
///
/// # Errors
/// A control or parameter that does not exist, or a value of another kind.
pub(crate) fn from_arguments(given: &[String]) -> Result<Settings, UsageError> {
    let mut settings = Settings::default();
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
        // The one text among parameters that not every text is.
        let is_version = matches!(&setting, Setting::Text(text) if text.parse::<schemas::Version>().is_ok());
        if parameter.name == "target_version" && !is_version {
            return Err(UsageError(format!("`{value}` is no version of Kubernetes; `1.31` would be one")));
        }
        settings.set(control.id, parameter, setting);
    }
    Ok(settings)
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
