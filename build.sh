#!/bin/sh
# Builds, runs and tests modwsgi-express. "./build.sh help" lists the commands.
#
# Works from any directory and needs Go and, to run or test, Python 3.
# Everything made here lies in build/, but for Debian packages that the tests
# need and root can install.

set -eu

here=$(pwd)
root=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
cd "$root"

program=modwsgi-express
binary=$root/build/$program
main=./express/modwsgi-express
venv=$root/build/venv
requirements=$root/integration/requirements.txt
demo=$root/express/demo/demo.py

# Users that a service may run as, in the order of preference.
service_users="www-data www _www http nginx nobody daemon"

# Debian packages behind the commands that tests use beside Go and Python.
debian_packages="gcc:gcc pypy3:pypy3 strace:strace"

help() {
	cat <<'HELP'
Usage: ./build.sh [COMMAND]

  build          build/modwsgi-express, the one static binary (the default)
  run [OPTION…]  build, and serve the demonstration application on
                 http://127.0.0.1:8000 (options go to start-server)
  test [--without-peers] [ARGUMENT…]
                 install what the tests need, then run all of them; with
                 arguments: run "go test ARGUMENT…" in the same surroundings.
                 --without-peers: go on without the programs of other projects
                 that are missing; the tests that need them are skipped
  bench [OPTION…]
                 measure against other servers, which are installed into
                 build/bench-venv; --list and --help tell what, --quick is short
  lint           gofmt, go vet and staticcheck; shellcheck where it is installed
  cross          build for other systems, into build/cross
  clean          remove build/
  help           this text
HELP
}

say() { printf '==> %s\n' "$*" >&2; }

fail() {
	printf 'build.sh: %s\n' "$*" >&2
	exit 1
}

has() { command -v "$1" >/dev/null 2>&1; }

need_go() {
	has go || fail "cannot find go: install Go (the version is in go.mod) and put it on PATH"
}

# stamp: the linker's option that sets the version, where a tag names one. The
# revision is in the program in any case.
stamp() {
	tag=$(git describe --tags --match 'v[0-9]*' --dirty 2>/dev/null) || return 0
	echo "-X $program/express/cli.Version=${tag#v}"
}

# compile OUTPUT: the program for the system that GOOS and GOARCH name. Without
# cgo: only then do the system calls of a privilege drop reach every thread.
compile() {
	CGO_ENABLED=0 go build -trimpath -ldflags "-s -w $(stamp)" -o "$1" "$main"
}

# zig: a Python that has the ziglang package (from PyPI), whose C compiler also
# builds for other processors; installed into build/zig where it can be.
zig() {
	for python in $(pythons); do
		if "$python" -c 'import ziglang' 2>/dev/null; then
			echo "$python"
			return
		fi
		export PYTHONPATH="$root/build/zig"
		if "$python" -c 'import ziglang' 2>/dev/null ||
			"$python" -m pip install --quiet --disable-pip-version-check --no-input --target build/zig ziglang 2>/dev/null; then
			echo "$python"
			return
		fi
		unset PYTHONPATH
	done
	return 1
}

# library ARCHITECTURE: the workers' side of the ring (core/ring), as a library
# that is embedded into the program. Without one the workers use lanes.
library() {
	source=core/ring/library/ring.c
	output=core/ring/library/ring-linux-$1.so
	if [ "$output" -nt $source ]; then
		return
	fi
	case $1 in
	amd64) machine=x86_64 options= ;;
	arm64) machine=aarch64 options=-mno-outline-atomics ;;
	esac
	say "building $output"
	options="$options -O2 -shared -fPIC -nostdlib -ffreestanding -fno-stack-protector -fno-asynchronous-unwind-tables -fvisibility=hidden -Wall -Wextra -Werror -s"
	# shellcheck disable=SC2086 # a list of words
	if [ "$(uname -s) $(uname -m)" = "Linux $machine" ] && has cc; then
		cc $options -o "$output" $source
	elif python=$(zig); then
		PYTHONPATH=${PYTHONPATH-$root/build/zig} "$python" -m ziglang cc -target $machine-linux-gnu $options -o "$output" $source
	else
		say "no C compiler for $machine: neither cc nor the Python package ziglang; the workers will use lanes"
	fi
}

build() {
	need_go
	case $(go env GOOS GOARCH | tr '\n' ' ') in
	"linux amd64 ") library amd64 ;;
	"linux arm64 ") library arm64 ;;
	esac
	say "building ${binary#"$here"/}"
	compile "$binary"
}

cross() {
	need_go
	library amd64
	library arm64
	for target in linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 windows/amd64; do
		output=build/cross/$program-$(echo "$target" | tr / -)
		case $target in windows/*) output=$output.exe ;; esac
		say "building $output"
		GOOS=${target%/*} GOARCH=${target#*/} compile "$output"
	done
}

# pythons: every python3 on PATH, by the path of the interpreter behind it.
pythons() {
	(
		IFS=:
		for directory in $PATH; do
			if [ -x "$directory/python3" ]; then
				"$directory/python3" -c 'import sys; print(sys.executable)' 2>/dev/null || :
			fi
		done
	)
}

# usable PYTHON USER: can this user run this interpreter and read the demo?
usable() {
	"$1" - "$2" "$demo" 2>/dev/null <<'PYTHON'
import os, pwd, sys

user = pwd.getpwnam(sys.argv[1])
if user.pw_uid == 0 or user.pw_gid == 0:
    sys.exit(1)
os.setgroups([])
os.setgid(user.pw_gid)
os.setuid(user.pw_uid)
os.execv(sys.executable, [sys.executable, "-I", "-c", "import json; open(%r)" % sys.argv[2]])
PYTHON
}

# identity: the options that say who serves the demo, when root starts it.
identity() {
	first=
	for python in $(pythons); do
		first=${first:-$python}
		for user in $service_users; do
			if usable "$python" "$user"; then
				say "serving as user $user with $python"
				echo "--user $user --python $python"
				return
			fi
		done
	done
	[ -n "$first" ] || fail "cannot find python3: install Python 3.8 or newer and put it on PATH"
	say "serving as root (--allow-root): none of $service_users can run $first and read $demo"
	echo "--allow-root --python $first"
}

# bench: not by "go run", which keeps signals from the program.
bench() {
	build
	say "building build/bench-harness"
	go build -o build/bench-harness ./integration/bench
	exec build/bench-harness "$@"
}

run() {
	build
	options=
	if [ "$(id -u)" = 0 ]; then
		case " $* " in
		*" --user"* | *" --allow-root "*) ;;
		*) options=$(identity) ;;
		esac
	fi
	cd "$here"
	# shellcheck disable=SC2086 # a list of words, none with a space that matters
	exec "$binary" start-server "$demo" --host 127.0.0.1 --port 8000 $options "$@"
}

# missing_packages: the Debian packages whose commands are not there.
missing_packages() {
	for entry in $debian_packages; do
		has "${entry%%:*}" || echo "${entry#*:}"
	done
	venv_python >/dev/null || echo python3 python3-venv
}

# peers: programs of other projects that tests run.
peers() {
	missing=$(missing_packages | tr '\n' ' ')
	[ -n "$missing" ] || return 0
	if [ "$(id -u)" = 0 ] && has apt-get; then
		say "installing Debian packages: $missing"
		export DEBIAN_FRONTEND=noninteractive
		# shellcheck disable=SC2086 # a list of names
		{ apt-get update -qq && apt-get install -qq -y --no-install-recommends $missing; } >build/apt.log 2>&1 || {
			tail -n 20 build/apt.log >&2
			$without_peers || fail "cannot install $missing(the whole output is in build/apt.log)"
		}
		missing=$(missing_packages | tr '\n' ' ')
		[ -n "$missing" ] || return 0
	fi
	$without_peers || fail "the tests need these Debian packages: ${missing}- install them, or leave out what needs them with: ./build.sh test --without-peers"
	say "without $missing- the tests that need them are skipped"
}

# venv_python: an interpreter that can make the virtualenv.
venv_python() {
	for python in ${MODWSGI_TEST_PYTHON:-} $(pythons); do
		if "$python" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))' 2>/dev/null; then
			echo "$python"
			return
		fi
	done
	return 1
}

# virtualenv: build/venv with what requirements.txt says, made anew when that
# or the interpreter changes.
virtualenv() {
	python=$(venv_python) || fail "cannot make a virtualenv for the test applications: no Python 3.10 or newer with the venv module on PATH"
	stamp=$({ echo "$python" && "$python" -V && cat "$requirements"; } | cksum)
	if [ "$(cat "$venv/stamp" 2>/dev/null)" = "$stamp" ]; then
		return
	fi
	say "installing the test applications into build/venv"
	rm -rf "$venv"
	"$python" -m venv "$venv"
	# Without dependencies: the list has them all, and pip check proves it.
	"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-input --no-deps -r "$requirements"
	"$venv/bin/python" -m pip check --disable-pip-version-check >/dev/null
	echo "$stamp" >"$venv/stamp"
}

# step NAME COMMAND…: runs it and remembers whether it failed.
step() {
	name=$1
	shift
	say "$name"
	if "$@"; then
		passed="$passed $name;"
	else
		failed="$failed $name;"
	fi
}

formatted() {
	# shellcheck disable=SC2046 # directories of this tree have no spaces
	unformatted=$(gofmt -l $(go_directories))
	[ -z "$unformatted" ] || {
		printf 'not formatted, run gofmt -w on:\n%s\n' "$unformatted" >&2
		return 1
	}
}

go_directories() { for directory in express privdrop core apacheconf platforms integration; do [ ! -d $directory ] || echo $directory; done; }

# vet checks everything for this system, and the program for the others that it
# is written for.
vet() {
	# shellcheck disable=SC2046 # lists of words
	go vet ./... &&
		GOOS=darwin CGO_ENABLED=0 go vet $(unit_packages) &&
		GOOS=windows CGO_ENABLED=0 go vet $(unit_packages)
}

unit_packages() { go list ./... | grep -v "^$program/integration/"; }

# race: the race detector, where there is the C compiler that it needs.
race() { if has gcc; then echo -race; fi; }

unit_tests() {
	# shellcheck disable=SC2046 # a list of words
	go test $(race) $(unit_packages) ./integration/arch ./integration/harness
}

integration_packages() { go list ./integration/... | grep -v -e /arch -e /harness -e /bench; }

# Results are never taken from the cache: go test does not know that they depend
# on the program.
integration_tests() {
	# shellcheck disable=SC2046 # a list of words
	MODWSGI_EXPRESS_BINARY=$binary go test -count=1 -timeout 20m $(integration_packages)
}

# race_tests: the bytes on the wire and the life of processes once more, with a
# program that reports data races.
race_tests() {
	go build -race -trimpath -o "$binary-race" "$main" &&
		MODWSGI_EXPRESS_BINARY=$binary-race go test -count=1 -timeout 20m ./integration/wire ./integration/lifecycle
}

interpreters() {
	go test -count=1 -v -run '^TestInterpreters$' ./integration/harness | sed -n 's/^ *[a-z_]*\.go:[0-9]*: /    /p' >&2
}

tests() {
	without_peers=false
	if [ "${1:-}" = --without-peers ]; then
		without_peers=true
		shift
	fi
	need_go
	mkdir -p build
	peers
	virtualenv
	build
	$without_peers || export MODWSGI_TEST_PEERS=required
	if [ $# -gt 0 ]; then
		say "go test $*"
		MODWSGI_EXPRESS_BINARY=$binary exec go test -count=1 "$@"
	fi
	say "interpreters"
	interpreters
	began=$(date +%s) passed='' failed=''
	step "gofmt" formatted
	step "go vet" vet
	step "unit tests" unit_tests
	step "integration tests" integration_tests
	if has gcc; then
		step "integration tests with the race detector" race_tests
	fi
	seconds=$(($(date +%s) - began))
	[ -z "$failed" ] || fail "failed after ${seconds} s:${failed%;} (passed:${passed:- nothing})"
	say "all passed in ${seconds} s:${passed%;}"
}

staticcheck() {
	(cd integration/tools && go build -o "$root/build/staticcheck" honnef.co/go/tools/cmd/staticcheck) && build/staticcheck ./...
}

lint() {
	need_go
	passed='' failed=''
	step "gofmt" formatted
	step "go vet" vet
	step "staticcheck" staticcheck
	if has shellcheck; then
		step "shellcheck" shellcheck build.sh .ci/run
	fi
	[ -z "$failed" ] || fail "failed:${failed%;}"
}

command=${1:-build}
[ $# -eq 0 ] || shift
case $command in
build) build ;;
run) run "$@" ;;
test) tests "$@" ;;
bench) bench "$@" ;;
lint) lint ;;
cross) cross ;;
clean) rm -rf build ;;
help | -h | --help) help ;;
*)
	help >&2
	fail "unknown command: $command"
	;;
esac
