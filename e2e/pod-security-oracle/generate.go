package main

// This file is responsible for random cases: the pod they start from, and how many of the changes of
// generate_changes.go are made to it. It knows no rule of the Pod Security Standards, only where their border is.

import (
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
)

// generation is what a user asks of `generate`.
type generation struct {
	count       int
	seed        uint64
	allVersions bool
}

// object is a JSON object. A pod is built of these and not of the API's types, so that `null`, an empty object and
// a missing field stay three different things.
type object = map[string]any

// missing as a value leaves the field out; nil writes `null`.
type missing struct{}

// generator builds one pod. containers has those of all three lists, so that a change can be made to any.
type generator struct {
	random      *rand.Rand
	metadata    object
	spec        object
	containers  []object
	annotations object
}

func generateAll(wanted generation, output io.Writer) error {
	encoder := json.NewEncoder(output)
	encoder.SetEscapeHTML(false)
	for index := range wanted.count {
		// One stream of numbers for each case: a case stays the same whatever the count.
		random := rand.New(rand.NewPCG(wanted.seed, uint64(index)))
		pod, err := json.Marshal(generatePod(random))
		if err != nil {
			return err
		}
		generated := testCase{ID: fmt.Sprintf("%d-%d", wanted.seed, index), Pod: pod}
		if !wanted.allVersions {
			generated.Versions = generateVersions(random)
		}
		if err := encoder.Encode(generated); err != nil {
			return err
		}
	}
	return nil
}

// generateVersions prefers the first version of a check and the one before it. `v1.99` is newer than any check.
func generateVersions(random *rand.Rand) []string {
	versions := []string{"latest"}
	for len(versions) < 5 {
		version := fmt.Sprintf("v1.%d", random.IntN(newestMinor+1))
		if random.IntN(3) > 0 {
			first := []int{8, 19, 22, 23, 25, 27, 29, 31, 32, 34, 35, 37}
			version = fmt.Sprintf("v1.%d", first[random.IntN(len(first))]-random.IntN(2))
		}
		if random.IntN(40) == 0 {
			version = "v1.99"
		}
		if !slices.Contains(versions, version) {
			versions = append(versions, version)
		}
	}
	return versions
}

func generatePod(random *rand.Rand) object {
	g := &generator{random: random, metadata: object{"name": "pod"}, spec: object{}, annotations: object{}}
	g.addContainers()
	// From a pod that satisfies everything, one change decides; from a bare one, the restricted level always fails.
	if g.chance(75) {
		g.restrict()
	}
	for range g.changeCount() {
		changes[random.IntN(len(changes))](g)
	}
	if len(g.annotations) > 0 {
		g.metadata["annotations"] = g.annotations
	} else if g.chance(10) {
		g.metadata["annotations"] = g.pick(nil, object{})
	}
	return object{"metadata": g.metadata, "spec": g.spec}
}

func (g *generator) changeCount() int {
	switch {
	case g.chance(5):
		return 0
	case g.chance(50):
		return 1 + g.random.IntN(2)
	default:
		return 2 + g.random.IntN(7)
	}
}

func (g *generator) addContainers() {
	names := []string{"a", "b", "c", "app", "sidecar", "z", "a-1", "a.b", "b10", "b9"}
	g.random.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
	lists := []struct {
		field   string
		atLeast int
		atMost  int
	}{{"initContainers", 0, 2}, {"containers", 1, 3}, {"ephemeralContainers", 0, 2}}
	for _, list := range lists {
		length := list.atLeast + g.random.IntN(list.atMost-list.atLeast+1)
		if list.atLeast == 0 && g.chance(50) {
			length = 0
		}
		if length == 0 {
			g.set(g.spec, list.field, g.pick(missing{}, missing{}, missing{}, nil, []any{}))
			continue
		}
		containers := make([]object, 0, length)
		for range length {
			container := object{"name": names[0], "image": "example.com/image:1"}
			names = names[1:]
			if list.field == "initContainers" && g.chance(40) {
				container["restartPolicy"] = "Always"
			}
			containers = append(containers, container)
		}
		g.containers = append(g.containers, containers...)
		g.spec[list.field] = containers
	}
}

// restrict gives the pod everything that the restricted level asks for, at the pod, at the containers, or at both.
func (g *generator) restrict() {
	pod, containers := g.oneOrBoth()
	if pod {
		g.podSecurity()["runAsNonRoot"] = true
	}
	for _, container := range g.containers {
		security := g.security(container)
		security["allowPrivilegeEscalation"] = false
		security["capabilities"] = object{"drop": []any{"ALL"}}
		if containers {
			security["runAsNonRoot"] = true
		}
	}
	pod, containers = g.oneOrBoth()
	if pod {
		g.podSecurity()["seccompProfile"] = object{"type": "RuntimeDefault"}
	}
	if containers {
		for _, container := range g.containers {
			g.security(container)["seccompProfile"] = object{"type": g.pick("RuntimeDefault", "Localhost")}
		}
	}
}

func (g *generator) oneOrBoth() (pod, containers bool) {
	choice := g.random.IntN(3)
	return choice != 0, choice != 1
}

// chance is true so many times in a hundred.
func (g *generator) chance(percent int) bool {
	return g.random.IntN(100) < percent
}

func (g *generator) pick(values ...any) any {
	return values[g.random.IntN(len(values))]
}

// some gives between one and so many values, which may repeat.
func (g *generator) some(atMost int, values ...any) []any {
	chosen := make([]any, 0, atMost)
	for range 1 + g.random.IntN(atMost) {
		chosen = append(chosen, g.pick(values...))
	}
	return chosen
}

func (g *generator) set(target object, field string, value any) {
	if value == (missing{}) {
		delete(target, field)
		return
	}
	target[field] = value
}

// targets are the containers that a change is made to: often one, often several.
func (g *generator) targets() []object {
	if g.chance(40) {
		return []object{g.containers[g.random.IntN(len(g.containers))]}
	}
	var chosen []object
	for _, container := range g.containers {
		if g.chance(65) {
			chosen = append(chosen, container)
		}
	}
	return chosen
}

// security is the container's securityContext, which is made if it is missing or `null`.
func (g *generator) security(container object) object {
	return child(container, "securityContext")
}

func (g *generator) podSecurity() object {
	return child(g.spec, "securityContext")
}

// securityContexts are those that a field of pod and container is changed in.
func (g *generator) securityContexts() []object {
	var contexts []object
	pod, containers := g.oneOrBoth()
	if pod {
		contexts = append(contexts, g.podSecurity())
	}
	if containers {
		for _, container := range g.targets() {
			contexts = append(contexts, g.security(container))
		}
	}
	return contexts
}

func child(parent object, field string) object {
	if existing, ok := parent[field].(object); ok {
		return existing
	}
	created := object{}
	parent[field] = created
	return created
}
