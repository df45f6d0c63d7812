package main

// This file is responsible for evaluating pods with k8s.io/pod-security-admission and for the format of the
// answers. It holds no rule of the Pod Security Standards itself.

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
	kjson "sigs.k8s.io/json"
)

// newestMinor is the last minor version that is evaluated when a case names no versions.
const newestMinor = 37

type testCase struct {
	ID       string          `json:"id"`
	Pod      json.RawMessage `json:"pod"`
	Versions []string        `json:"versions,omitempty"`
}

type answer struct {
	ID      string        `json:"id"`
	Error   string        `json:"error,omitempty"`
	Results []levelResult `json:"results,omitempty"`
}

type levelResult struct {
	Level   api.Level     `json:"level"`
	Version string        `json:"version"`
	Allowed bool          `json:"allowed"`
	Reason  string        `json:"reason"`
	Detail  string        `json:"detail"`
	Checks  []checkResult `json:"checks"`
}

type checkResult struct {
	ID      policy.CheckID `json:"id"`
	Allowed bool           `json:"allowed"`
	Reason  string         `json:"reason"`
	Detail  string         `json:"detail"`
}

// oracle holds the evaluator of the plugin, and one evaluator for each check, which is how an anonymous result
// gets the id of its check.
type oracle struct {
	whole   policy.Evaluator
	singles []singleCheck
	prepare func(*corev1.Pod)
}

type singleCheck struct {
	check     policy.Check
	evaluator policy.Evaluator
}

func newOracle() (*oracle, error) {
	checks := policy.DefaultChecks()
	// The emulation version lowers what `latest` means; without one it is the library's newest.
	whole, err := policy.NewEvaluator(checks, nil)
	if err != nil {
		return nil, fmt.Errorf("the default checks: %w", err)
	}
	result := &oracle{whole: whole, prepare: func(*corev1.Pod) {}}
	for _, check := range checks {
		single, err := policy.NewEvaluator([]policy.Check{check}, nil)
		if err != nil {
			return nil, fmt.Errorf("check %s: %w", check.ID, err)
		}
		result.singles = append(result.singles, singleCheck{check: check, evaluator: single})
	}
	slices.SortFunc(result.singles, func(a, b singleCheck) int { return compareChecks(a.check, b.check) })
	return result, nil
}

// compareChecks gives the order of evaluation: baseline first, then by id.
func compareChecks(a, b policy.Check) int {
	if order := api.CompareLevels(a.Level, b.Level); order != 0 {
		return order
	}
	if a.ID < b.ID {
		return -1
	}
	return 1
}

// evaluateAll answers every line. A line that cannot be read is answered with `error`, and is an error at the end.
func (o *oracle) evaluateAll(input io.Reader, output io.Writer) error {
	lines := bufio.NewScanner(input)
	lines.Buffer(make([]byte, 0, 1<<20), 1<<30)
	encoder := json.NewEncoder(output)
	encoder.SetEscapeHTML(false)
	number, failed := 0, 0
	for lines.Scan() {
		number++
		if len(lines.Bytes()) == 0 {
			continue
		}
		var parsed testCase
		err := json.Unmarshal(lines.Bytes(), &parsed)
		reply := answer{ID: parsed.ID}
		if err == nil {
			reply.Results, err = o.evaluate(parsed)
		}
		if err != nil {
			failed++
			reply.Error = fmt.Sprintf("line %d: %v", number, err)
		}
		if err := encoder.Encode(reply); err != nil {
			return err
		}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("line %d: %w", number+1, err)
	}
	if failed > 0 {
		return fmt.Errorf("%d of %d cases could not be evaluated", failed, number)
	}
	return nil
}

func (o *oracle) evaluate(parsed testCase) ([]levelResult, error) {
	var pod corev1.Pod
	// The API server's decoder: names of fields are case-sensitive, unknown fields are dropped.
	if err := kjson.UnmarshalCaseSensitivePreserveInts(parsed.Pod, &pod); err != nil {
		return nil, fmt.Errorf("pod: %w", err)
	}
	o.prepare(&pod)
	versions := parsed.Versions
	if len(versions) == 0 {
		versions = allVersions()
	}
	results := make([]levelResult, 0, 2*len(versions))
	for _, level := range []api.Level{api.LevelBaseline, api.LevelRestricted} {
		for _, text := range versions {
			version, err := api.ParseVersion(text)
			if err != nil {
				return nil, fmt.Errorf("version %q: %w", text, err)
			}
			result, err := o.evaluateAt(api.LevelVersion{Level: level, Version: version}, &pod)
			if err != nil {
				return nil, err
			}
			results = append(results, result)
		}
	}
	return results, nil
}

// evaluateAt asks the whole evaluator, then each check alone, and refuses to answer if they differ: then a result
// would bear the id of another check.
func (o *oracle) evaluateAt(at api.LevelVersion, pod *corev1.Pod) (levelResult, error) {
	whole := o.whole.EvaluatePod(at, &pod.ObjectMeta, &pod.Spec)
	var alone []policy.CheckResult
	checks := make([]checkResult, 0, len(whole))
	overridden := o.overriddenAt(at)
	for _, single := range o.singles {
		if slices.Contains(overridden, single.check.ID) {
			continue
		}
		// A check that does not exist at this level or version has no result.
		for _, result := range single.evaluator.EvaluatePod(at, &pod.ObjectMeta, &pod.Spec) {
			alone = append(alone, result)
			checks = append(checks, checkResult{
				ID:      single.check.ID,
				Allowed: result.Allowed,
				Reason:  result.ForbiddenReason,
				Detail:  result.ForbiddenDetail,
			})
		}
	}
	if !slices.Equal(whole, alone) {
		return levelResult{}, fmt.Errorf("%s: the checks one by one say %v, together %v", at.String(), alone, whole)
	}
	aggregate := policy.AggregateCheckResults(whole)
	return levelResult{
		Level:   at.Level,
		Version: at.Version.String(),
		Allowed: aggregate.Allowed,
		Reason:  aggregate.ForbiddenReason(),
		Detail:  aggregate.ForbiddenDetail(),
		Checks:  checks,
	}, nil
}

// overriddenAt names the baseline checks that a restricted check replaces at a version.
func (o *oracle) overriddenAt(at api.LevelVersion) []policy.CheckID {
	var overridden []policy.CheckID
	if at.Level != api.LevelRestricted {
		return overridden
	}
	for _, single := range o.singles {
		var current *policy.VersionedCheck
		for index := range single.check.Versions {
			candidate := &single.check.Versions[index]
			if !at.Version.Older(candidate.MinimumVersion) {
				current = candidate
			}
		}
		if current != nil {
			overridden = append(overridden, current.OverrideCheckIDs...)
		}
	}
	return overridden
}

func allVersions() []string {
	versions := make([]string, 0, newestMinor+2)
	for minor := range newestMinor + 1 {
		version := api.MajorMinorVersion(1, minor)
		versions = append(versions, version.String())
	}
	latest := api.LatestVersion()
	return append(versions, latest.String())
}
