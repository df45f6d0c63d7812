//! Parts of a pod that have defaults elsewhere: what is not set here is as it is there.

use crate::pod::{Container, Pod, SecurityContext};

/// Gives `container` what it does not set itself. Lists are taken whole: their items are not merged.
pub(super) fn container<'d>(container: &mut Container<'d>, defaults: &Container<'d>) {
    let Container {
        value: _,
        list: _,
        index: _,
        name,
        image,
        image_pull_policy,
        command,
        args,
        env,
        env_from,
        ports,
        resources,
        volume_mounts,
        volume_devices,
        liveness_probe,
        readiness_probe,
        startup_probe,
        lifecycle,
        restart_policy,
        security_context,
    } = defaults;
    container.name = container.name.or(*name);
    container.image = container.image.or(*image);
    container.image_pull_policy = container.image_pull_policy.or(*image_pull_policy);
    container.command = container.command.or(*command);
    container.args = container.args.or(*args);
    container.env = container.env.or(*env);
    container.env_from = container.env_from.or(*env_from);
    container.ports = container.ports.or(*ports);
    container.resources = container.resources.or(*resources);
    container.volume_mounts = container.volume_mounts.or(*volume_mounts);
    container.volume_devices = container.volume_devices.or(*volume_devices);
    container.liveness_probe = container.liveness_probe.or(*liveness_probe);
    container.readiness_probe = container.readiness_probe.or(*readiness_probe);
    container.startup_probe = container.startup_probe.or(*startup_probe);
    container.lifecycle = container.lifecycle.or(*lifecycle);
    container.restart_policy = container.restart_policy.or(*restart_policy);
    context(&mut container.security_context, security_context.as_ref());
}

/// Gives a security context what it does not set itself, field by field.
pub(super) fn context<'d>(own: &mut Option<SecurityContext<'d>>, defaults: Option<&SecurityContext<'d>>) {
    let Some(defaults) = defaults else { return };
    let Some(own) = own else {
        *own = Some(defaults.clone());
        return;
    };
    let SecurityContext {
        value: _,
        privileged,
        allow_privilege_escalation,
        read_only_root_filesystem,
        proc_mount,
        capabilities,
        run_as_user,
        run_as_group,
        run_as_non_root,
        seccomp_profile,
        app_armor_profile,
        se_linux_options,
        windows_options,
        sysctls,
        fs_group,
        supplemental_groups,
    } = defaults;
    own.privileged = own.privileged.or(*privileged);
    own.allow_privilege_escalation = own.allow_privilege_escalation.or(*allow_privilege_escalation);
    own.read_only_root_filesystem = own.read_only_root_filesystem.or(*read_only_root_filesystem);
    own.proc_mount = own.proc_mount.or(*proc_mount);
    own.capabilities = own.capabilities.or(*capabilities);
    own.run_as_user = own.run_as_user.or(*run_as_user);
    own.run_as_group = own.run_as_group.or(*run_as_group);
    own.run_as_non_root = own.run_as_non_root.or(*run_as_non_root);
    own.seccomp_profile = own.seccomp_profile.or(*seccomp_profile);
    own.app_armor_profile = own.app_armor_profile.or(*app_armor_profile);
    own.se_linux_options = own.se_linux_options.or(*se_linux_options);
    own.windows_options = own.windows_options.or(*windows_options);
    own.sysctls = own.sysctls.or(*sysctls);
    own.fs_group = own.fs_group.or(*fs_group);
    own.supplemental_groups = own.supplemental_groups.or(*supplemental_groups);
}

/// Gives `pod` what it does not set itself of a pod template. Containers and volumes are added.
pub(super) fn pod<'d>(pod: &mut Pod<'d>, template: Pod<'d>) {
    let Pod {
        spec: _,
        metadata,
        containers,
        volumes,
        volumes_by_name: _,
        mounts_by_volume: _,
        security_context,
        host_network,
        host_pid,
        host_ipc,
        host_users,
        service_account_name,
        automount_service_account_token,
        node_name,
        node_selector,
        affinity,
        tolerations,
        os_name,
        resources,
        resource_claims,
        image_pull_secrets,
        dns_policy,
        restart_policy,
        runtime_class_name,
        share_process_namespace,
        gap,
    } = template;
    pod.metadata = pod.metadata.or(metadata);
    pod.containers.extend(containers);
    pod.volumes.extend(volumes);
    context(&mut pod.security_context, security_context.as_ref());
    pod.gap = pod.gap.or(gap);
    pod.host_network = pod.host_network.or(host_network);
    pod.host_pid = pod.host_pid.or(host_pid);
    pod.host_ipc = pod.host_ipc.or(host_ipc);
    pod.host_users = pod.host_users.or(host_users);
    pod.service_account_name = pod.service_account_name.or(service_account_name);
    pod.automount_service_account_token = pod.automount_service_account_token.or(automount_service_account_token);
    pod.node_name = pod.node_name.or(node_name);
    pod.node_selector = pod.node_selector.or(node_selector);
    pod.affinity = pod.affinity.or(affinity);
    pod.tolerations = pod.tolerations.or(tolerations);
    pod.os_name = pod.os_name.or(os_name);
    pod.resources = pod.resources.or(resources);
    pod.resource_claims = pod.resource_claims.or(resource_claims);
    pod.image_pull_secrets = pod.image_pull_secrets.or(image_pull_secrets);
    pod.dns_policy = pod.dns_policy.or(dns_policy);
    pod.restart_policy = pod.restart_policy.or(restart_policy);
    pod.runtime_class_name = pod.runtime_class_name.or(runtime_class_name);
    pod.share_process_namespace = pod.share_process_namespace.or(share_process_namespace);
}
