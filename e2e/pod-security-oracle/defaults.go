package main

// This file is responsible for the API server's defaulting of a Pod, as far as a check of the Pod Security
// Standards can see it. The defaulting functions of k8s.io/kubernetes are not importable without replacing
// every staging module, so the two that matter are written here by hand.

import (
	"reflect"

	corev1 "k8s.io/api/core/v1"
)

// defaultPod does what SetDefaults_Volume and SetDefaults_Pod do. SetDefaults_Pod applies to the kind Pod only:
// a pod template in a Deployment keeps its ports as they were written.
func defaultPod(pod *corev1.Pod) {
	for index := range pod.Spec.Volumes {
		source := &pod.Spec.Volumes[index].VolumeSource
		if hasNoSource(source) {
			source.EmptyDir = &corev1.EmptyDirVolumeSource{}
		}
	}
	if pod.Spec.HostNetwork {
		defaultHostPorts(pod.Spec.Containers)
		defaultHostPorts(pod.Spec.InitContainers)
	}
}

// hasNoSource looks at every pointer of the struct, so that a volume type of the next release is not overlooked.
func hasNoSource(source *corev1.VolumeSource) bool {
	fields := reflect.ValueOf(source).Elem()
	for index := range fields.NumField() {
		if !fields.Field(index).IsNil() {
			return false
		}
	}
	return true
}

func defaultHostPorts(containers []corev1.Container) {
	for _, container := range containers {
		for index := range container.Ports {
			port := &container.Ports[index]
			if port.HostPort == 0 {
				port.HostPort = port.ContainerPort
			}
		}
	}
}
