// Serves the Git repositories in a directory over HTTP on loopback with git-http-backend, since Flux supports only HTTP and SSH:
// serve DIRECTORY GIT-HTTP-BACKEND. Prints its URL.
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
