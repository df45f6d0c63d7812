//! Controls and frameworks name each other truly, in both directions.

use compliance::{Serving, resolve};
use frameworks::{FRAMEWORKS, Need, upcoming};
use model::control::{Group, Registered};
use model::severity::Severity;

fn controls() -> Vec<Registered> {
    controls::all().collect()
}

#[test]
fn controls_serve_requirements_that_exist() {
    for registered in controls() {
        for mapping in registered.control.mappings {
            let framework = frameworks::by_id(mapping.framework);
            let found = framework.and_then(|framework| framework.requirement(mapping.requirement));
            assert!(found.is_some(), "{}: there is no {mapping:?}", registered.control.id);
        }
    }
}

#[test]
fn requirements_are_served_or_need_a_person() {
    for framework in FRAMEWORKS {
        for asked in resolve(framework, &controls()).requirements {
            let served = !asked.controls.is_empty() || asked.needs.contains(&Need::Person);
            assert!(served, "{}:{}: nothing serves it", framework.id, asked.id);
        }
    }
}

#[test]
fn requirements_name_controls_that_exist_or_will() {
    for framework in FRAMEWORKS {
        for id in framework.requirements.iter().flat_map(|requirement| requirement.controls) {
            let exists = controls().iter().any(|registered| registered.control.id == *id);
            assert!(exists || upcoming::by_id(id).is_some(), "{}: there is no control `{id}`", framework.id);
        }
    }
}

#[test]
fn what_is_available_is_not_still_to_come() {
    for registered in controls() {
        let id = registered.control.id;
        let message = format!("`{id}` is there: `cargo xtask codegen` takes its line out of upcoming.txt");
        assert!(upcoming::by_id(id).is_none(), "{message}");
    }
}

#[test]
fn what_is_to_come_has_a_group_and_a_severity() {
    for upcoming in upcoming::all() {
        assert!(Group::from_name(upcoming.group).is_some(), "{}: {}", upcoming.id, upcoming.group);
        assert!(Severity::from_name(upcoming.severity).is_some(), "{}: {}", upcoming.id, upcoming.severity);
    }
}

#[test]
fn controls_serve_through_other_frameworks_and_by_lists() {
    let served = |framework: &str, requirement: &str| -> Vec<&str> {
        let subject = resolve(frameworks::by_id(framework).unwrap_or_else(|| panic!("{framework}")), &controls());
        let asked = subject.requirements.into_iter().find(|asked| asked.id == requirement);
        asked.into_iter().flat_map(|asked| asked.controls).map(|serving: Serving| serving.id()).collect()
    };
    assert!(served("cis-kubernetes", "5.2.2").contains(&"privileged-container"));
    // SOC 2 asks for the least privilege, which is AC-6 of NIST SP 800-53.
    assert!(served("soc-2", "CC6.3").contains(&"privileged-container"));
    assert!(served("microsoft-threat-matrix", "MS-TA9018").contains(&"privileged-container"));
    assert_eq!(served("pss", "hostNamespaces").len(), 3);
}
