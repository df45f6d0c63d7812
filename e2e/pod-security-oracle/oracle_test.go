package main

// This file is responsible for the proof that the oracle asks what it claims to ask, and that the random cases reach
// both sides of every check.

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
)

func answers(t *testing.T, input string, arguments ...string) []answer {
	t.Helper()
	var output bytes.Buffer
	if err := run(arguments, strings.NewReader(input), &output); err != nil {
		t.Fatal(err)
	}
	var parsed []answer
	for line := range strings.Lines(output.String()) {
		var one answer
		if err := json.Unmarshal([]byte(line), &one); err != nil {
			t.Fatal(err)
		}
		parsed = append(parsed, one)
	}
	return parsed
}

// details has what the plugin says of one pod at each level.
func details(t *testing.T, version, pod string, arguments ...string) (baseline, restricted string) {
	t.Helper()
	input := fmt.Sprintf(`{"id": "a", "pod": %s, "versions": [%q]}`, pod, version)
	results := answers(t, input, arguments...)[0].Results
	if results[0].Level != api.LevelBaseline || results[1].Level != api.LevelRestricted || len(results) != 2 {
		t.Fatalf("expected the levels baseline and restricted, got %v", results)
	}
	return results[0].Detail, results[1].Detail
}

func expect(t *testing.T, actual, expected string) {
	t.Helper()
	if actual != expected {
		t.Errorf("expected %q, got %q", expected, actual)
	}
}

func generated(t *testing.T, arguments ...string) string {
	t.Helper()
	var output bytes.Buffer
	if err := run(append([]string{"generate"}, arguments...), nil, &output); err != nil {
		t.Fatal(err)
	}
	return output.String()
}

func TestEvaluatesAtTheVersionAsked(t *testing.T) {
	pod := `{"spec": {"securityContext": {"sysctls": [{"name": "net.ipv4.tcp_rmem", "value": "1"}]}}}`
	before, _ := details(t, "v1.31", pod)
	expect(t, before, "forbidden sysctls (net.ipv4.tcp_rmem)")
	since, _ := details(t, "v1.32", pod)
	expect(t, since, "")
}

func TestLeavesOutOverriddenChecks(t *testing.T) {
	pod := `{"spec": {"volumes": [{"name": "v", "hostPath": {"path": "/"}}]}}`
	baseline, restricted := details(t, "latest", pod)
	expect(t, baseline, `hostPath volumes (volume "v")`)
	expect(t, restricted, `restricted volume types (volume "v" uses restricted volume type "hostPath")`)
}

func TestReadsNamesOfFieldsAsTheAPIServerDoes(t *testing.T) {
	baseline, _ := details(t, "latest", `{"spec": {"hostpid": true, "HostPID": true, "unknown": 1}}`)
	expect(t, baseline, "")
}

func TestDefaultsVolumesWithoutSource(t *testing.T) {
	pod := `{"spec": {"volumes": [{"name": "v"}, {"name": "w", "secret": {}}]}}`
	_, plain := details(t, "latest", pod)
	expect(t, plain, `restricted volume types (volume "v" uses restricted volume type "unknown")`)
	_, defaulted := details(t, "latest", pod, "--default")
	expect(t, defaulted, "")
}

func TestDefaultsHostPortsOnTheNetworkOfTheNode(t *testing.T) {
	spec := `"initContainers": [{"name": "i", "ports": [{"containerPort": 1}]}],
		"containers": [{"name": "c", "ports": [{"containerPort": 2}, {"containerPort": 3, "hostPort": 4}]}],
		"ephemeralContainers": [{"name": "e", "ports": [{"containerPort": 5}]}]`
	spec = strings.ReplaceAll(spec, "\n", "")
	network := "host namespaces (hostNetwork=true), "
	plain, _ := details(t, "latest", `{"spec": {"hostNetwork": true, `+spec+`}}`)
	expect(t, plain, network+`hostPort (container "c" uses hostPort 4)`)
	defaulted, _ := details(t, "latest", `{"spec": {"hostNetwork": true, `+spec+`}}`, "--default")
	expect(t, defaulted, network+`hostPort (containers "i", "c" use hostPorts 1, 2, 4)`)
	own, _ := details(t, "latest", `{"spec": {`+spec+`}}`, "--default")
	expect(t, own, `hostPort (container "c" uses hostPort 4)`)
}

func TestEvaluatesEveryVersionUnlessSome(t *testing.T) {
	results := answers(t, `{"id": "a", "pod": {}}`)[0].Results
	if expected := 2 * (newestMinor + 2); len(results) != expected {
		t.Errorf("expected %d results, got %d", expected, len(results))
	}
}

func TestKnowsTheNewestVersionOfTheLibrary(t *testing.T) {
	newest := api.MajorMinorVersion(1, newestMinor)
	for _, check := range policy.DefaultChecks() {
		for _, variant := range check.Versions {
			if newest.Older(variant.MinimumVersion) {
				t.Errorf("%s begins at %s, which is newer than %s", check.ID, variant.MinimumVersion.String(), newest.String())
			}
		}
	}
}

func TestAnswersTheLinesThatCanBeRead(t *testing.T) {
	var output bytes.Buffer
	input := "{\n" + `{"id": "pod", "pod": {"spec": 1}}` + "\n" + `{"id": "ok", "pod": {}, "versions": ["latest"]}` + "\n"
	err := run(nil, strings.NewReader(input), &output)
	if err == nil || err.Error() != "2 of 3 cases could not be evaluated" {
		t.Errorf("expected an error about 2 of 3 cases, got %v", err)
	}
	lines := strings.Split(strings.TrimSpace(output.String()), "\n")
	if len(lines) != 3 || !strings.HasPrefix(lines[0], `{"id":"","error":"line 1: `) ||
		!strings.HasPrefix(lines[1], `{"id":"pod","error":"line 2: `) || !strings.HasPrefix(lines[2], `{"id":"ok","results":`) {
		t.Errorf("unexpected answers: %q", lines)
	}
}

func TestSameSeedGivesTheSameCases(t *testing.T) {
	few, many := generated(t, "--count", "5", "--seed", "7"), generated(t, "--count", "9", "--seed", "7")
	if !strings.HasPrefix(many, few) {
		t.Error("the first five cases depend on the count")
	}
	if generated(t, "--count", "5", "--seed", "8") == few {
		t.Error("the cases do not depend on the seed")
	}
}

// TestGeneratedCasesReachBothSidesOfEveryCheck holds for each variant of each check, so that a variant of the next
// release is noticed if the generator does not reach it.
func TestGeneratedCasesReachBothSidesOfEveryCheck(t *testing.T) {
	type side struct {
		check   policy.CheckID
		variant string
		allowed bool
	}
	checks := map[policy.CheckID]policy.Check{}
	for _, check := range policy.DefaultChecks() {
		checks[check.ID] = check
	}
	reached := map[side]int{}
	for _, one := range answers(t, generated(t, "--count", "3000", "--seed", "1")) {
		for _, result := range one.Results {
			version, err := api.ParseVersion(result.Version)
			if err != nil {
				t.Fatal(err)
			}
			for _, check := range result.Checks {
				variant := ""
				for _, candidate := range checks[check.ID].Versions {
					if !version.Older(candidate.MinimumVersion) {
						variant = candidate.MinimumVersion.String()
					}
				}
				reached[side{check.ID, variant, check.Allowed}]++
			}
		}
	}
	for _, check := range checks {
		for _, variant := range check.Versions {
			for _, allowed := range []bool{true, false} {
				wanted := side{check.ID, variant.MinimumVersion.String(), allowed}
				if reached[wanted] < 10 {
					t.Errorf("%+v is reached %d times", wanted, reached[wanted])
				}
			}
		}
	}
}
