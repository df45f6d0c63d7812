package main

// This file is responsible for the changes that are made to a random pod: one function for each group of fields
// that a check reads, with the values on both sides of its border.

import "strings"

// changes has every change. Some are twice, because several checks depend on them.
var changes = []func(*generator){
	changeHostNamespaces,
	changeHostNetworkPorts,
	changeHostUsers,
	changeHostUsers,
	changeOS,
	changeOS,
	changeVolumes,
	changePorts,
	changeProbes,
	changeLifecycle,
	changePrivileged,
	changeAddedCapabilities,
	changeDroppedCapabilities,
	changeSELinux,
	changeAppArmorFields,
	changeAppArmorAnnotations,
	changeProcMount,
	changeSeccompFields,
	changeSeccompAnnotations,
	changeSysctls,
	changeHostProcess,
	changeAllowPrivilegeEscalation,
	changeRunAsNonRoot,
	changeRunAsUser,
	changeSecurityContext,
	changeNames,
	changeSpelling,
}

func changeHostNamespaces(g *generator) {
	for _, field := range []string{"hostNetwork", "hostPID", "hostIPC"} {
		g.set(g.spec, field, g.pick(true, false, nil, missing{}, missing{}))
	}
}

// changeHostNetworkPorts is about the defaulting of host ports.
func changeHostNetworkPorts(g *generator) {
	g.spec["hostNetwork"] = true
	for _, container := range g.targets() {
		container["ports"] = []any{object{"containerPort": g.pick(0, 80, 8080)}}
	}
}

func changeHostUsers(g *generator) {
	g.set(g.spec, "hostUsers", g.pick(false, false, true, nil, missing{}))
}

func changeOS(g *generator) {
	name := g.pick("windows", "windows", "windows", "linux", "Windows", "", nil, missing{})
	switch {
	case g.chance(10):
		g.set(g.spec, "os", g.pick(nil, missing{}))
	default:
		g.set(child(g.spec, "os"), "name", name)
	}
}

// volumeSources are the JSON names of all the sources, and of two that do not exist.
var volumeSources = []any{
	"awsElasticBlockStore", "azureDisk", "azureFile", "cephfs", "cinder", "configMap", "csi", "downwardAPI",
	"emptyDir", "ephemeral", "fc", "flexVolume", "flocker", "gcePersistentDisk", "gitRepo", "glusterfs", "hostPath",
	"image", "iscsi", "nfs", "persistentVolumeClaim", "photonPersistentDisk", "portworxVolume", "projected", "quobyte",
	"rbd", "scaleIO", "secret", "storageos", "vsphereVolume", "hostpath", "futureVolume",
}

func changeVolumes(g *generator) {
	if g.chance(5) {
		g.spec["volumes"] = g.pick(nil, []any{})
		return
	}
	var volumes []any
	for _, name := range g.some(4, "v", "data", "tmp", "A", "v-10", "v-9") {
		volume := object{"name": name}
		switch {
		case g.chance(15):
			// No source at all.
		case g.chance(20):
			volume["hostPath"] = g.pick(object{}, object{"path": "/"}, nil)
		default:
			volume[g.pick(volumeSources...).(string)] = g.pick(object{}, object{}, object{}, nil)
		}
		if g.chance(10) {
			volume[g.pick(volumeSources...).(string)] = g.pick(object{}, nil)
		}
		volumes = append(volumes, volume)
	}
	g.spec["volumes"] = volumes
}

func changePorts(g *generator) {
	for _, container := range g.targets() {
		var ports []any
		for _, number := range g.some(3, 80, 80, 8080, 443, 9, 10, 65535, -1, 0, 0, nil, missing{}) {
			port := object{"containerPort": g.pick(80, 8080, 443)}
			g.set(port, "hostPort", number)
			g.set(port, "hostIP", g.pick("127.0.0.1", missing{}, missing{}))
			ports = append(ports, port)
		}
		g.set(container, "ports", g.pick(ports, ports, ports, ports, ports, nil, []any{}))
	}
}

// handler is one of the kinds of a probe or a lifecycle handler, or two of them, which only validation forbids.
func (g *generator) handler() object {
	made := object{}
	for _, kind := range g.some(2, "httpGet", "httpGet", "tcpSocket", "tcpSocket", "exec", "grpc", "sleep") {
		action := object{}
		switch kind {
		case "exec":
			action["command"] = []any{"true"}
		case "sleep":
			action["seconds"] = 1
		case "grpc":
			action["port"] = 80
			// No such field: it must not be read.
			g.set(action, "host", g.pick("example.com", missing{}))
		default:
			action["port"] = g.pick(80, "http")
			g.set(action, "host", g.pick("127.0.0.1", "localhost", "example.com", "::1", "B", " ", "", "", nil, missing{}, missing{}))
			if kind == "httpGet" && g.chance(20) {
				action["httpHeaders"] = []any{object{"name": "Host", "value": "example.com"}}
			}
		}
		made[kind.(string)] = action
	}
	return made
}

func changeProbes(g *generator) {
	for _, container := range g.targets() {
		for _, probe := range g.some(2, "livenessProbe", "readinessProbe", "startupProbe") {
			container[probe.(string)] = g.pick(g.handler(), g.handler(), g.handler(), g.handler(), nil, object{})
		}
	}
}

func changeLifecycle(g *generator) {
	for _, container := range g.targets() {
		lifecycle := child(container, "lifecycle")
		for _, moment := range g.some(2, "postStart", "preStop") {
			lifecycle[moment.(string)] = g.pick(g.handler(), g.handler(), g.handler(), g.handler(), nil, object{})
		}
		if g.chance(5) {
			container["lifecycle"] = nil
		}
	}
}

func changePrivileged(g *generator) {
	for _, container := range g.targets() {
		g.set(g.security(container), "privileged", g.pick(true, true, false, nil, missing{}))
	}
}

func changeAddedCapabilities(g *generator) {
	for _, container := range g.targets() {
		names := []any{
			"NET_BIND_SERVICE", "NET_BIND_SERVICE", "NET_BIND_SERVICE", "AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER",
			"FSETID", "KILL", "MKNOD", "SETFCAP", "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT", "NET_RAW", "SYS_ADMIN",
			"NET_ADMIN", "PERFMON", "ALL", "all", "CAP_ALL", "CAP_CHOWN", "CAP_NET_BIND_SERVICE", "CAP_SYS_ADMIN",
			"chown", "net_bind_service", " CHOWN", "SETUID ", "",
		}
		g.set(g.capabilities(container), "add", g.pick(
			g.some(1, names[:3]...), g.some(2, names[:15]...), g.some(2, names[:15]...), g.some(3, names...),
			g.some(3, names...), []any{}, nil, missing{}))
	}
}

func changeDroppedCapabilities(g *generator) {
	for _, container := range g.targets() {
		if g.chance(15) {
			g.set(g.security(container), "capabilities", g.pick(nil, object{}, missing{}))
			continue
		}
		g.set(g.capabilities(container), "drop", g.pick(
			[]any{"ALL"}, []any{"NET_RAW", "ALL"}, g.some(2, "ALL", "all", "CAP_ALL", "NET_RAW", "SYS_ADMIN", "All", ""),
			g.some(2, "ALL", "all", "CAP_ALL", "NET_RAW", "SYS_ADMIN", "All", ""), []any{}, nil, missing{}))
	}
}

func (g *generator) capabilities(container object) object {
	return child(g.security(container), "capabilities")
}

func changeSELinux(g *generator) {
	for _, security := range g.securityContexts() {
		if g.chance(10) {
			g.set(security, "seLinuxOptions", g.pick(nil, object{}))
			continue
		}
		options := child(security, "seLinuxOptions")
		g.set(options, "type", g.pick("container_t", "container_init_t", "container_kvm_t", "container_engine_t",
			"container_engine_t", "spc_t", "unconfined_t", "CONTAINER_T", "container_t ", "", nil, missing{}))
		g.set(options, "user", g.pick("system_u", "", nil, missing{}, missing{}, missing{}))
		g.set(options, "role", g.pick("system_r", "", nil, missing{}, missing{}, missing{}))
		g.set(options, "level", g.pick("s0:c1", missing{}))
	}
}

func changeAppArmorFields(g *generator) {
	for _, security := range g.securityContexts() {
		g.set(security, "appArmorProfile", g.profile())
	}
}

func changeSeccompFields(g *generator) {
	for _, security := range g.securityContexts() {
		g.set(security, "seccompProfile", g.profile())
	}
}

// profile is of AppArmor or of seccomp, whose types are the same.
func (g *generator) profile() any {
	if g.chance(15) {
		return g.pick(nil, object{}, missing{})
	}
	made := object{}
	g.set(made, "type", g.pick("RuntimeDefault", "RuntimeDefault", "Localhost", "Localhost", "Unconfined", "Unconfined",
		"runtime/default", "runtimeDefault", "localhost", "unconfined", "", nil, missing{}))
	g.set(made, "localhostProfile", g.pick("profiles/a.json", "", missing{}, missing{}))
	return made
}

// annotationValues has those that are allowed for AppArmor and seccomp, and text that Go's %q writes with escapes.
var annotationValues = []any{
	"runtime/default", "localhost/", "localhost/a", "docker/default", "unconfined", "unconfined", "", "Unconfined",
	"RuntimeDefault", "runtime/default ", "runtime/default/x", "localhost", "Localhost/a", "say \"x\"", "back\\slash",
	"tab\tline\n", "é<&>", "\u00a0\u200b\u3000", "\x01\x7f\u0085", "😀\U0010ffff", "a, b",
}

func changeAppArmorAnnotations(g *generator) {
	g.annotate("container.apparmor.security.beta.kubernetes.io/")
}

func changeSeccompAnnotations(g *generator) {
	g.annotate("container.seccomp.security.alpha.kubernetes.io/")
	if g.chance(60) {
		g.annotations["seccomp.security.alpha.kubernetes.io/pod"] = g.pick(annotationValues...)
	}
}

// annotate writes annotations of containers that exist, of one that does not, and some whose key is not quite right.
func (g *generator) annotate(prefix string) {
	for _, container := range g.targets() {
		if name, ok := container["name"].(string); ok {
			g.annotations[prefix+name] = g.pick(annotationValues...)
		}
	}
	if g.chance(25) {
		keys := []any{
			prefix + "nobody", prefix, strings.TrimSuffix(prefix, "/"), strings.ToUpper(prefix) + "a",
			"x." + prefix + "a", "security.alpha.kubernetes.io/a",
		}
		g.annotations[g.pick(keys...).(string)] = g.pick(annotationValues...)
	}
}

func changeProcMount(g *generator) {
	for _, container := range g.targets() {
		g.set(g.security(container), "procMount", g.pick("Unmasked", "Unmasked", "Default", "Default", "default", "Masked", "", nil, missing{}))
	}
}

func changeSysctls(g *generator) {
	names := []any{
		"kernel.shm_rmid_forced", "net.ipv4.ip_local_port_range", "net.ipv4.tcp_syncookies", "net.ipv4.ping_group_range",
		"net.ipv4.ip_unprivileged_port_start", "net.ipv4.ip_local_reserved_ports", "net.ipv4.ip_local_reserved_ports",
		"net.ipv4.tcp_keepalive_time", "net.ipv4.tcp_fin_timeout", "net.ipv4.tcp_keepalive_intvl",
		"net.ipv4.tcp_keepalive_probes", "net.ipv4.tcp_rmem", "net.ipv4.tcp_wmem", "net.ipv4.tcp_slow_start_after_idle",
		"net.ipv4.tcp_notsent_lowat", "kernel.msgmax", "net.core.somaxconn", "net/ipv4/tcp_syncookies", "kernel.*", "",
	}
	allowed := names[:15]
	var sysctls []any
	for _, name := range g.pick(g.some(1, allowed...), g.some(2, allowed...), g.some(4, names...)).([]any) {
		sysctls = append(sysctls, object{"name": name, "value": "1"})
	}
	g.set(g.podSecurity(), "sysctls", g.pick(sysctls, sysctls, sysctls, sysctls, sysctls, sysctls, sysctls, sysctls, nil, []any{}))
}

func changeHostProcess(g *generator) {
	for _, security := range g.securityContexts() {
		if g.chance(10) {
			security["windowsOptions"] = g.pick(nil, object{})
			continue
		}
		g.set(child(security, "windowsOptions"), "hostProcess", g.pick(true, true, false, nil, missing{}))
	}
}

func changeAllowPrivilegeEscalation(g *generator) {
	for _, container := range g.targets() {
		g.set(g.security(container), "allowPrivilegeEscalation", g.pick(true, false, false, nil, missing{}))
	}
}

func changeRunAsNonRoot(g *generator) {
	for _, security := range g.securityContexts() {
		g.set(security, "runAsNonRoot", g.pick(true, true, false, nil, missing{}))
	}
}

func changeRunAsUser(g *generator) {
	for _, security := range g.securityContexts() {
		g.set(security, "runAsUser", g.pick(0, 0, 1, 1000, -1, nil, missing{}))
		g.set(security, "runAsGroup", g.pick(0, 1000, missing{}, missing{}))
	}
}

// changeSecurityContext takes a whole securityContext away.
func changeSecurityContext(g *generator) {
	if g.chance(30) {
		g.set(g.spec, "securityContext", g.pick(nil, object{}, missing{}))
		return
	}
	for _, container := range g.targets() {
		g.set(container, "securityContext", g.pick(nil, object{}, missing{}))
	}
}

// changeNames gives names that validation forbids, and the plugin prints nevertheless.
func changeNames(g *generator) {
	for _, container := range g.targets() {
		g.set(container, "name", g.pick("a", "a", "", "q\"x", "back\\slash", "é", "two words", nil, missing{}))
	}
}

// changeSpelling adds fields that a decoder which ignores case, or knows other names, would take for real ones.
func changeSpelling(g *generator) {
	g.spec[g.pick("hostPid", "hostpid", "HostNetwork", "hostUser", "hostNetworks").(string)] = true
	for _, container := range g.targets() {
		container["securitycontext"] = object{"privileged": true}
		security := g.security(container)
		security[g.pick("Privileged", "hostProcess", "hostPID", "sysctls", "runAsNonroot").(string)] = g.pick(true, []any{}, "x")
	}
}
