//go:build tools

// Package tools has versitygw in go.mod, by version and checksum of itself and of all that it needs.
package tools

import _ "github.com/versity/versitygw/cmd/versitygw"
