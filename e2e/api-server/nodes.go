package main

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/clientcmd"
)

// simulateNodes makes nodes, binds pods to them in turn, and says that their containers run. Nothing runs.
func simulateNodes(ctx context.Context, kubeconfig string, count int) error {
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return err
	}
	config.QPS, config.Burst = -1, -1
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err
	}
	for number := range count {
		if _, err := client.CoreV1().Nodes().Create(ctx, node(number), metav1.CreateOptions{}); err != nil {
			return err
		}
	}
	pods := make(chan *corev1.Pod, 1024)
	factory := informers.NewSharedInformerFactory(client, 0)
	seen := func(object any) {
		if pod, ok := object.(*corev1.Pod); ok && pod.Status.Phase == corev1.PodPending && pod.DeletionTimestamp == nil {
			pods <- pod
		}
	}
	if _, err := factory.Core().V1().Pods().Informer().AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc: seen, UpdateFunc: func(_, object any) { seen(object) },
	}); err != nil {
		return err
	}
	factory.Start(ctx.Done())
	for worker := range 8 {
		go func() {
			for pod := range pods {
				run(ctx, client, pod, fmt.Sprintf("node-%d", worker%count))
			}
		}()
	}
	return nil
}

func node(number int) *corev1.Node {
	capacity := corev1.ResourceList{
		"cpu": resource.MustParse("64"), "memory": resource.MustParse("256Gi"), "pods": resource.MustParse("10000"),
	}
	return &corev1.Node{
		ObjectMeta: metav1.ObjectMeta{
			Name:   fmt.Sprintf("node-%d", number),
			Labels: map[string]string{"kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64"},
		},
		Status: corev1.NodeStatus{
			Capacity: capacity, Allocatable: capacity,
			Conditions: []corev1.NodeCondition{{Type: corev1.NodeReady, Status: corev1.ConditionTrue, LastHeartbeatTime: metav1.Now()}},
			NodeInfo: corev1.NodeSystemInfo{
				KubeletVersion: "v1.37.2", ContainerRuntimeVersion: "containerd://2.1.4", OperatingSystem: "linux",
				Architecture: "amd64", OSImage: "Debian GNU/Linux 13 (trixie)", KernelVersion: "6.12.0",
			},
		},
	}
}

// run is what a scheduler and a kubelet would do, as far as the API shows it.
func run(ctx context.Context, client kubernetes.Interface, pod *corev1.Pod, node string) {
	pods := client.CoreV1().Pods(pod.Namespace)
	if pod.Spec.NodeName == "" {
		binding := &corev1.Binding{
			ObjectMeta: metav1.ObjectMeta{Name: pod.Name, Namespace: pod.Namespace, UID: pod.UID},
			Target:     corev1.ObjectReference{Kind: "Node", Name: node},
		}
		// Bound or gone by now: the next change of the pod says so.
		_ = pods.Bind(ctx, binding, metav1.CreateOptions{})
		return
	}
	running := pod.DeepCopy()
	started := metav1.NewTime(time.Now())
	running.Status.Phase, running.Status.StartTime = corev1.PodRunning, &started
	running.Status.Conditions = []corev1.PodCondition{
		{Type: corev1.PodScheduled, Status: corev1.ConditionTrue}, {Type: corev1.PodReady, Status: corev1.ConditionTrue},
	}
	running.Status.ContainerStatuses = nil
	for _, container := range pod.Spec.Containers {
		running.Status.ContainerStatuses = append(running.Status.ContainerStatuses, corev1.ContainerStatus{
			Name: container.Name, Image: container.Image, Ready: true,
			State: corev1.ContainerState{Running: &corev1.ContainerStateRunning{StartedAt: started}},
		})
	}
	_, _ = pods.UpdateStatus(ctx, running, metav1.UpdateOptions{})
}
