package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

// request is a line of standard input.
type request struct {
	Method string          `json:"method"`
	Path   string          `json:"path"`
	Body   json.RawMessage `json:"body,omitempty"`
	// As whom it is made, if not as the user of the kubeconfig.
	As     string              `json:"as,omitempty"`
	Groups []string            `json:"groups,omitempty"`
	Header map[string][]string `json:"header,omitempty"`
}

// answer is a line of standard output.
type answer struct {
	Status   int             `json:"status"`
	Body     json.RawMessage `json:"body"`
	Warnings []string        `json:"warnings,omitempty"`
}

// requests sends lines in any order, several at a time, and prints what came back in the order of the lines.
func requests(arguments []string) error {
	flags := flag.NewFlagSet("requests", flag.ContinueOnError)
	kubeconfig := flags.String("kubeconfig", "", "who sends them")
	workers := flags.Int("workers", 16, "how many are sent at a time")
	if err := flags.Parse(arguments); err != nil {
		return err
	}
	config, err := clientcmd.BuildConfigFromFlags("", *kubeconfig)
	if err != nil {
		return err
	}
	client, err := rest.HTTPClientFor(config)
	if err != nil {
		return err
	}
	// Each slot is a promise; their order is that of the lines.
	slots := make(chan chan answer, *workers)
	failed := make(chan error, 1)
	go func() {
		defer close(slots)
		lines := bufio.NewReaderSize(os.Stdin, 1<<20)
		decoder := json.NewDecoder(lines)
		for {
			var next request
			if err := decoder.Decode(&next); err == io.EOF {
				return
			} else if err != nil {
				failed <- err
				return
			}
			slot := make(chan answer, 1)
			slots <- slot
			go func() { slot <- send(client, config.Host, next) }()
		}
	}()
	out := bufio.NewWriterSize(os.Stdout, 1<<16)
	encoder := json.NewEncoder(out)
	for slot := range slots {
		if err := encoder.Encode(<-slot); err != nil {
			return err
		}
		// A conversation, line by line, is possible too.
		if len(slots) == 0 {
			if err := out.Flush(); err != nil {
				return err
			}
		}
	}
	if err := out.Flush(); err != nil {
		return err
	}
	select {
	case err := <-failed:
		return err
	default:
		return nil
	}
}

func send(client *http.Client, host string, next request) answer {
	made, err := http.NewRequest(next.Method, host+next.Path, bytes.NewReader(next.Body))
	if err != nil {
		return failure(err)
	}
	made.Header.Set("Accept", "application/json")
	if len(next.Body) > 0 {
		made.Header.Set("Content-Type", "application/json")
	}
	if next.As != "" {
		made.Header.Set("Impersonate-User", next.As)
		for _, group := range next.Groups {
			made.Header.Add("Impersonate-Group", group)
		}
	}
	for name, values := range next.Header {
		for _, value := range values {
			made.Header.Set(name, value)
		}
	}
	response, err := client.Do(made)
	if err != nil {
		return failure(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return failure(err)
	}
	if !json.Valid(body) {
		body, _ = json.Marshal(string(body))
	}
	return answer{response.StatusCode, body, response.Header.Values("Warning")}
}

func failure(err error) answer {
	body, _ := json.Marshal(fmt.Sprint(err))
	return answer{Status: 0, Body: body}
}
