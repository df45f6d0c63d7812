package main

import (
	"bytes"
	"slices"
	"strings"
	"testing"
)

func ask(t *testing.T, object string) answer {
	t.Helper()
	all, err := types()
	if err != nil {
		t.Fatal(err)
	}
	result, err := decode(all, []byte(object))
	if err != nil {
		t.Fatal(err)
	}
	return result
}

func TestSaysWhatTheDecoderSays(t *testing.T) {
	result := ask(t, `{"apiVersion":"v1","kind":"Pod","spec":{"hostPid":true,"containers":[{"imag":"a"}]}}`)
	if !slices.Equal(result.Unknown, []string{"spec.hostPid", "spec.containers[0].imag"}) || result.Error != "" {
		t.Errorf("unknown fields: %+v", result)
	}
	result = ask(t, `{"apiVersion":"apps/v1","kind":"Deployment","spec":{"replicas":"3"}}`)
	if len(result.Unknown) != 0 || !strings.Contains(result.Error, "replicas") {
		t.Errorf("a wrong type: %+v", result)
	}
	if result = ask(t, `{"apiVersion":"apps/v1","kind":"Nothing"}`); result.Known {
		t.Errorf("a kind that is none: %+v", result)
	}
}

func TestGeneratedObjectsAreRightAndWrong(t *testing.T) {
	var first, second bytes.Buffer
	for _, output := range []*bytes.Buffer{&first, &second} {
		if err := generateAll(2000, 1, output); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(first.Bytes(), second.Bytes()) {
		t.Error("the same seed gives other objects")
	}
	right, unknown, refused := 0, 0, 0
	for _, line := range strings.Split(strings.TrimSpace(first.String()), "\n") {
		result := ask(t, line)
		switch {
		case !result.Known:
			t.Errorf("not known: %s", line)
		case result.Error != "":
			refused++
		case len(result.Unknown) > 0:
			unknown++
		default:
			right++
		}
	}
	if right < 1000 || unknown < 100 || refused < 100 {
		t.Errorf("%d right, %d with unknown fields, %d refused", right, unknown, refused)
	}
}
