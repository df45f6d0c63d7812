package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/discovery/cached/memory"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/restmapper"
	"k8s.io/client-go/tools/clientcmd"
)

// loaded is what is printed when all objects were sent.
type loaded struct {
	Created int      `json:"created"`
	Existed int      `json:"existed"`
	Errors  []string `json:"errors"`
}

// load creates the objects of standard input: namespaces, definitions and classes first, since others need them.
func load(arguments []string) error {
	flags := flag.NewFlagSet("load", flag.ContinueOnError)
	kubeconfig := flags.String("kubeconfig", "", "who sends them")
	namespace := flags.String("namespace", "default", "for objects that name none")
	workers := flags.Int("workers", 16, "how many are sent at a time")
	if err := flags.Parse(arguments); err != nil {
		return err
	}
	config, err := clientcmd.BuildConfigFromFlags("", *kubeconfig)
	if err != nil {
		return err
	}
	config.QPS, config.Burst = -1, -1
	client, err := dynamic.NewForConfig(config)
	if err != nil {
		return err
	}
	found, err := discovery.NewDiscoveryClientForConfig(config)
	if err != nil {
		return err
	}
	objects, err := readObjects(os.Stdin)
	if err != nil {
		return err
	}
	l := &loader{
		client: client, namespace: *namespace,
		mapper: restmapper.NewDeferredDiscoveryRESTMapper(memory.NewMemCacheClient(found)),
		result: loaded{Errors: []string{}},
	}
	for _, wave := range waves(objects) {
		l.sendAll(wave, *workers)
	}
	return json.NewEncoder(os.Stdout).Encode(l.result)
}

func readObjects(from io.Reader) ([]*unstructured.Unstructured, error) {
	var objects []*unstructured.Unstructured
	decoder := yaml.NewYAMLOrJSONDecoder(bufio.NewReaderSize(from, 1<<20), 1<<16)
	for {
		object := &unstructured.Unstructured{}
		if err := decoder.Decode(&object.Object); errors.Is(err, io.EOF) {
			return objects, nil
		} else if err != nil {
			return nil, fmt.Errorf("object %d: %w", len(objects)+1, err)
		}
		if object.Object == nil {
			continue
		}
		if object.IsList() {
			list, err := object.ToList()
			if err != nil {
				return nil, err
			}
			for at := range list.Items {
				objects = append(objects, &list.Items[at])
			}
			continue
		}
		objects = append(objects, object)
	}
}

func waves(objects []*unstructured.Unstructured) [][]*unstructured.Unstructured {
	all := make([][]*unstructured.Unstructured, 3)
	for _, object := range objects {
		wave := 2
		switch object.GetKind() {
		case "Namespace", "CustomResourceDefinition", "PriorityClass", "StorageClass", "RuntimeClass":
			wave = 0
		case "ServiceAccount":
			wave = 1
		}
		all[wave] = append(all[wave], object)
	}
	return all
}

type loader struct {
	client    dynamic.Interface
	namespace string
	mapper    *restmapper.DeferredDiscoveryRESTMapper
	lock      sync.Mutex
	result    loaded
}

func (l *loader) sendAll(objects []*unstructured.Unstructured, workers int) {
	queue := make(chan *unstructured.Unstructured)
	var group sync.WaitGroup
	for range workers {
		group.Add(1)
		go func() {
			defer group.Done()
			for object := range queue {
				l.note(object, l.send(object))
			}
		}()
	}
	for _, object := range objects {
		queue <- object
	}
	close(queue)
	group.Wait()
}

// send creates one object. What it depends on may take a moment to act: a definition, the account of a namespace.
func (l *loader) send(object *unstructured.Unstructured) error {
	var err error
	for attempt := range 40 {
		if err = l.create(object); err == nil || apierrors.IsAlreadyExists(err) {
			return err
		}
		waits := meta.IsNoMatchError(err) || apierrors.IsNotFound(err) ||
			apierrors.IsForbidden(err) && object.GetKind() == "Pod"
		if !waits {
			return err
		}
		if meta.IsNoMatchError(err) && attempt%4 == 3 {
			l.lock.Lock()
			l.mapper.Reset()
			l.lock.Unlock()
		}
		time.Sleep(100 * time.Millisecond)
	}
	return err
}

func (l *loader) create(object *unstructured.Unstructured) error {
	kind := object.GroupVersionKind()
	l.lock.Lock()
	mapping, err := l.mapper.RESTMapping(kind.GroupKind(), kind.Version)
	l.lock.Unlock()
	if err != nil {
		return err
	}
	var resource dynamic.ResourceInterface = l.client.Resource(mapping.Resource)
	if mapping.Scope.Name() == meta.RESTScopeNameNamespace {
		namespace := object.GetNamespace()
		if namespace == "" {
			namespace = l.namespace
		}
		resource = l.client.Resource(mapping.Resource).Namespace(namespace)
	}
	_, err = resource.Create(context.Background(), object, metav1.CreateOptions{})
	return err
}

func (l *loader) note(object *unstructured.Unstructured, err error) {
	l.lock.Lock()
	defer l.lock.Unlock()
	switch {
	case err == nil:
		l.result.Created++
	case apierrors.IsAlreadyExists(err):
		l.result.Existed++
	default:
		l.result.Errors = append(l.result.Errors, fmt.Sprintf("%s %s/%s: %v", object.GetKind(), object.GetNamespace(), object.GetName(), err))
	}
}
