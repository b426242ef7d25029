// Serves the Git repositories in a folder over HTTP on loopback, by Git's own program: serve FOLDER GIT-HTTP-BACKEND. It prints
// its address. Flux reads Git over HTTP or SSH alone.
package main

import (
	"fmt"
	"log"
	"net"
	"net/http"
	"net/http/cgi"
	"os"
)

func main() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	git := &cgi.Handler{Path: os.Args[2], Env: []string{"GIT_PROJECT_ROOT=" + os.Args[1], "GIT_HTTP_EXPORT_ALL=1"}}
	fmt.Println("http://" + listener.Addr().String())
	log.Fatal(http.Serve(listener, git))
}
