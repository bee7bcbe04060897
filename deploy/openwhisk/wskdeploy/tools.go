//go:build tools

// Package tools has wskdeploy in go.mod, by version and checksum. `go install ...@version` would check neither its dependencies'
// checksums against this repository nor work where a proxy keeps no list of versions.
package tools

import _ "github.com/apache/openwhisk-wskdeploy"
