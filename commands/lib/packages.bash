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
	elif ((packages_child)); then # 0 would mean all programs of our group
		kill -TERM "$packages_child" 2>/dev/null || :
	fi
}

# Runs a command, appends its output to file $1, and waits until it has ended, whatever signals
# arrive. Does nothing if we must stop.
packages_run() {
	local log=$1 status=0
	shift
	[[ -z $packages_stopped ]] || return 130
	if [[ $packages_verbose == yes ]]; then
		echo "+ $*"
		"$@" 2>&1 </dev/null &
	else
		"$@" >>"$log" 2>&1 </dev/null &
	fi
	packages_child=$!
	while :; do
		wait "$packages_child" && status=0 || status=$?
		kill -0 "$packages_child" 2>/dev/null || break
	done
	packages_child=0
	return "$status"
}

# What apt-get or dpkg writes (a pattern), and what that means, as a format: %s is the text that was
# found, %(...)T the time. The first pattern that is found counts.
packages_reasons=(
	"dpkg --configure -a"
	"an earlier installation was interrupted; this mends it:\n\n    dpkg --configure -a\n"

	"--fix-broken install"
	"installed packages lack others; this mends it:\n\n    apt-get --fix-broken install\n"

	"Could not get lock|is another process using it|was locked by another process"
	"another program is installing packages; try again when it is done"

	"Read-only file system"
	"the packages cannot be installed: the file system is read-only"

	"No space left on device|enough free space|Disk quota exceeded"
	"the packages cannot be installed: the disk is full"

	"open \(13: Permission denied\)|are you root\?|set(groups|egid|euid|resuid) [^ ]* ?failed"
	"the packages cannot be installed: root lacks the rights here, as in some containers (%s)"

	"Release file for [^ ]* is (not valid yet|expired)"
	"the lists of packages are refused: %s; is the clock right? It is %(%F %R)T UTC"

	"[Cc]ertificate [a-z ]*(not yet valid|not yet activated|expired)"
	"the packages cannot be fetched: %s; is the clock right? It is %(%F %R)T UTC"

	"40[37] +(Forbidden|Proxy[A-Za-z -]*)|(HTTP/[0-9.]+|HTTP code) 40[37]( from proxy)?"
	"the packages cannot be fetched: a proxy or the server refuses (%s)"

	"(Temporary failure|Something wicked happened) resolving '[^']*'|Could not resolve '[^']*'"
	"the packages cannot be fetched: there is no way to the network (%s)"

	"(Could not|Unable to|Cannot initiate the) connect[a-z]* to [^ ]*|Connection failed"
	"the packages cannot be fetched: there is no way to the network (%s)"

	"Network is unreachable|No route to host|Connection (timed out|refused)"
	"the packages cannot be fetched: there is no way to the network (%s)"

	"[Cc]ertificate (verification failed|issuer is unknown)"
	"the packages cannot be fetched: %s; install ca-certificates, or the certificate of the proxy"

	"NO_PUBKEY [0-9A-F]+|The repository '[^']*' is not signed"
	"the lists of packages cannot be verified: the key of a repository is missing (%s)"

	"The repository '[^']*' (does not have|no longer has) a Release file|404 +Not Found"
	"the packages cannot be fetched: what /etc/apt names is not there any more (%s)"

	"Hash Sum mismatch|File has unexpected size"
	"the packages are damaged, or the server is being updated; try again later (%s)"

	"Unable to locate package [^ ]+|Package '?[^ ]+ has no installation candidate"
	"%s: no repository in /etc/apt has it (on Ubuntu: add-apt-repository universe)"
)

# Says why apt-get has failed, judging by its output in file $1.
packages_explain() {
	local found number
	for ((number = 0; number < ${#packages_reasons[@]}; number += 2)); do
		found=$(grep -aoE -e "${packages_reasons[number]}" "$1" | head -n 1 || :)
		if [[ $found ]]; then
			# shellcheck disable=SC2059 # the reasons are formats
			TZ=UTC printf "${packages_reasons[number + 1]}\n" "$found" >&2
			return
		fi
	done
	tail -n 20 "$1" >&2
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
	packages_fetch "$log" "$@" && : >"$log" && packages_whole=yes &&
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
	: >"$log" # before version 2.1, apt-get writes here what is wrong, but ends with 0
	packages_run "$log" apt-get update -o APT::Update::Error-Mode=any "${packages_options[@]}" &&
		packages_run "$log" apt-get install --download-only "${packages_options[@]}" "$@"
}
