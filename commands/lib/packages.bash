# shellcheck shell=bash
# packages.bash - installs Debian packages, as root. An interruption leaves the system in order, and
# a failure is explained in one sentence. Sourced by need.sh.

packages_options=(-y --no-install-recommends -o DPkg::Lock::Timeout=300
	-o Acquire::http::Timeout=30 -o Acquire::https::Timeout=30 -o Acquire::Retries=1)
packages_verbose=no
packages_child=0     # the program that runs
packages_whole=no    # it must come to its end
packages_stopped=''  # the signal that asked us to stop

# Notes that we must stop; ends a program that may be ended.
packages_stop() {
	packages_stopped=$1
	if [[ $packages_whole == yes ]]; then
		echo "stopping as soon as dpkg has finished what it has begun" >&2
	else
		kill -TERM "$packages_child" 2>/dev/null || :
	fi
}

# Runs a command with its output in file $1, and waits until it has ended, whatever signals arrive.
# Does nothing if we must stop.
packages_run() {
	local log=$1 status=0
	shift
	[[ -z $packages_stopped ]] || return 130
	if [[ $packages_verbose == yes ]]; then
		echo "+ $*"
		"$@" 2>&1 </dev/null &
	else
		"$@" >"$log" 2>&1 </dev/null &
	fi
	packages_child=$!
	while :; do
		wait "$packages_child" && status=0 || status=$?
		kill -0 "$packages_child" 2>/dev/null || return "$status"
	done
}

# What apt-get writes if it cannot reach a server.
packages_unreachable="(Temporary failure|Something wicked happened) resolving '[^']*'"
packages_unreachable+="|Could not resolve '[^']*'"
packages_unreachable+='|(Could not|Unable to|Cannot initiate the) connect[a-z]* to [^ ]*'
packages_unreachable+='|Network is unreachable|No route to host|Connection (timed out|refused)'

# Says why apt-get has failed, judging by its output in file $1.
packages_explain() {
	local line
	line=$(grep -oE "$packages_unreachable" "$1" | head -n 1 || :)
	if grep -q 'dpkg --configure -a' "$1"; then
		printf 'an earlier installation was interrupted; this mends it:\n\n    dpkg --configure -a\n\n'
	elif grep -q 'Could not get lock\|is another process using it' "$1"; then
		echo "another program is installing packages; try again when it is done"
	elif grep -q 'No space left on device\|enough free space' "$1"; then
		echo "the packages cannot be installed: the disk is full"
	elif [[ -n $line ]]; then
		echo "the packages cannot be fetched: there is no way to the network ($line)"
	else
		tail -n 20 "$1"
	fi >&2
}

# Installs packages; the lists are fetched again only if the first attempt fails. While packages are
# fetched, Ctrl-C takes effect at once; later, only when dpkg, which does not get the signal, has
# finished.
packages_install() {
	local log status=0
	log=$(mktemp)
	trap 'packages_stop INT' INT
	trap 'packages_stop TERM' TERM
	trap 'packages_stop HUP' HUP
	export LC_ALL=C DEBIAN_FRONTEND=noninteractive
	echo "installing: $*"
	packages_fetch "$log" "$@" && packages_whole=yes &&
		packages_run "$log" setsid --wait apt-get install "${packages_options[@]}" "$@" ||
		status=$?
	trap - INT TERM HUP
	if ((status != 0)) && [[ $packages_verbose == no && -z $packages_stopped ]]; then
		packages_explain "$log"
	fi
	rm -f "$log"
	if [[ -n $packages_stopped ]]; then
		echo "stopped; no package is half installed" >&2
		exit 130
	fi
	return "$status"
}

# Fetches packages, with output in file $1.
packages_fetch() {
	local log=$1
	shift
	if packages_run /dev/null apt-get install --simulate "${packages_options[@]}" "$@" &&
		packages_run "$log" apt-get install --download-only "${packages_options[@]}" "$@"; then
		return
	fi
	[[ -z $packages_stopped ]] || return
	echo "fetching the lists of packages"
	packages_run "$log" apt-get update -o APT::Update::Error-Mode=any "${packages_options[@]}" &&
		packages_run "$log" apt-get install --download-only "${packages_options[@]}" "$@"
}
