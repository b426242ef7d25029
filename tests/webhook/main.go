// Decodes the body of a webhook in Alertmanager's own types and prints some of it: standard input to standard output. A field that they do
// not have, a missing one that they need, or a value of another type is an error.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"

	"github.com/prometheus/alertmanager/notify/webhook"
)

func fail(what any) {
	fmt.Fprintln(os.Stderr, what)
	os.Exit(1)
}

func main() {
	decoder := json.NewDecoder(os.Stdin)
	decoder.DisallowUnknownFields()
	var message webhook.Message
	if err := decoder.Decode(&message); err != nil {
		fail(err)
	}
	if _, err := decoder.Token(); err != io.EOF {
		fail("more than one value")
	}
	if message.Data == nil || message.Version != "4" || message.GroupKey == "" || len(message.Alerts) == 0 {
		fail("version, groupKey or alerts is missing")
	}
	if firing := len(message.Alerts.Firing()); (firing > 0) != (message.Status == "firing") {
		fail(fmt.Sprintf("status %q with %d firing alerts", message.Status, firing))
	}
	for _, alert := range message.Alerts {
		if alert.Status != "firing" && alert.Status != "resolved" {
			fail(fmt.Sprintf("status %q", alert.Status))
		}
		if alert.Labels["alertname"] == "" || alert.Fingerprint == "" || alert.StartsAt.IsZero() {
			fail("alertname, fingerprint or startsAt is missing")
		}
		if (alert.Status == "resolved") == alert.EndsAt.IsZero() {
			fail("endsAt is set if, and only if, the alert is resolved")
		}
		fmt.Println(alert.Status, alert.Fingerprint, alert.StartsAt.UTC().Format("2006-01-02T15:04:05Z"), alert.Labels["alertname"])
	}
}
