#!/bin/sh
# Builds kube-apiserver and kube-controller-manager into a folder, from Go modules; needs Go 1.24 or newer.
# The store is Debian's: apt-get download etcd-server, and dpkg -x.
#   sh test/kubernetes/build.sh FOLDER
set -eu
version=1.34.4
mkdir -p "$1"
cd "$1"
printf 'module dray.test/kubernetes\n\ngo 1.24.0\n\nrequire k8s.io/kubernetes v%s\n' "$version" > go.mod
# Its own modules are in folders of its repository, which its module leaves out; they are published, too.
go mod download "k8s.io/kubernetes@v$version"
parts=$(grep -oE 'k8s.io/[a-z0-9-]+ => ./staging' "$(go env GOMODCACHE)/cache/download/k8s.io/kubernetes/@v/v$version.mod" | cut -d ' ' -f 1)
for part in $parts; do
  printf 'replace %s => %s v0.%s\n' "$part" "$part" "${version#1.}" >> go.mod
done
cat > programs.go <<'EOF'
//go:build programs

package programs

import (
	_ "k8s.io/kubernetes/cmd/kube-apiserver"
	_ "k8s.io/kubernetes/cmd/kube-controller-manager"
)
EOF
go mod tidy
go build -ldflags '-s -w' -o . k8s.io/kubernetes/cmd/kube-apiserver k8s.io/kubernetes/cmd/kube-controller-manager
