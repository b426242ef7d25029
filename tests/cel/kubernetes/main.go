// Evaluates CEL expressions in the environment that kube-apiserver evaluates them in, and writes what comes of each as JSON: its value
// as a CEL literal, or the error. One expression a line on standard input; lines that begin with // are comments. Functions that
// Kubernetes does not have come from the same version of cel-go.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"log"
	"math"
	"os"
	"strconv"
	"strings"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
	"github.com/google/cel-go/common/types/traits"
	"github.com/google/cel-go/ext"
	"k8s.io/apiserver/pkg/cel/environment"
)

type result struct {
	Expression string `json:"expression"`
	Value      string `json:"value,omitempty"`
	Error      string `json:"error,omitempty"`
}

func main() {
	base := environment.MustBaseEnvSet(environment.DefaultCompatibilityVersion())
	env, err := base.Env(environment.StoredExpressions)
	if err != nil {
		log.Fatal(err)
	}
	env, err = env.Extend(ext.Math(), ext.Encoders(), ext.Bindings())
	if err != nil {
		log.Fatal(err)
	}
	out := json.NewEncoder(os.Stdout)
	out.SetEscapeHTML(false)
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(nil, 1<<20)
	for in.Scan() {
		expression := in.Text()
		if expression == "" || strings.HasPrefix(expression, "//") {
			continue
		}
		answer := result{Expression: expression}
		if answer.Value, err = evaluate(env, expression); err != nil {
			answer.Error = err.Error()
		}
		if err := out.Encode(answer); err != nil {
			log.Fatal(err)
		}
	}
	if err := in.Err(); err != nil {
		log.Fatal(err)
	}
}

func evaluate(env *cel.Env, expression string) (string, error) {
	ast, issues := env.Compile(expression)
	if issues.Err() != nil {
		return "", issues.Err()
	}
	program, err := env.Program(ast)
	if err != nil {
		return "", err
	}
	value, _, err := program.Eval(map[string]any{})
	if err != nil {
		return "", err
	}
	return literal(value), nil
}

// literal writes a value as an expression that gives it.
func literal(value ref.Val) string {
	switch v := value.(type) {
	case types.Bool, types.Int:
		return fmt.Sprint(v)
	case types.Uint:
		return fmt.Sprintf("%du", uint64(v))
	case types.Double:
		return double(float64(v))
	case types.String:
		return quoted(string(v))
	case types.Bytes:
		text := "b\""
		for _, b := range []byte(v) {
			text += fmt.Sprintf("\\x%02x", b)
		}
		return text + "\""
	case types.Null:
		return "null"
	case types.Duration:
		return fmt.Sprintf("duration('%dns')", v.Duration.Nanoseconds())
	case types.Timestamp:
		return fmt.Sprintf("(timestamp(%d) + duration('%dns'))", v.Unix(), v.Nanosecond())
	case *types.Type:
		return v.TypeName()
	case *types.Optional:
		if !v.HasValue() {
			return "optional.none()"
		}
		return "optional.of(" + literal(v.GetValue()) + ")"
	case traits.Lister:
		items := []string{}
		for it := v.Iterator(); it.HasNext() == types.True; {
			items = append(items, literal(it.Next()))
		}
		return "[" + strings.Join(items, ", ") + "]"
	case traits.Mapper:
		entries := []string{}
		for it := v.Iterator(); it.HasNext() == types.True; {
			key := it.Next()
			entries = append(entries, literal(key)+": "+literal(v.Get(key)))
		}
		return "{" + strings.Join(entries, ", ") + "}"
	}
	log.Fatalf("no literal of %v: ask for a part of it", value.Type())
	return ""
}

func double(number float64) string {
	if math.IsInf(number, 0) || math.IsNaN(number) {
		return fmt.Sprintf("double('%v')", number)
	}
	text := strconv.FormatFloat(number, 'g', -1, 64)
	if !strings.ContainsAny(text, ".e") {
		text += ".0"
	}
	return text
}

func quoted(text string) string {
	out := "\""
	for _, r := range text {
		if r >= ' ' && r < 0x7f && r != '"' && r != '\\' {
			out += string(r)
		} else {
			out += fmt.Sprintf("\\U%08x", r)
		}
	}
	return out + "\""
}
