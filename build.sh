#!/usr/bin/env bash
# build.sh - the one command of Longjump: `./build.sh && ./build.sh run`, or `./build.sh help`
#
# Knows only where the commands are: commands/NAME.sh or commands/NAME.py, whose second
# line, "# NAME - what it does", is its line in the help. Without a command it is `image`.
set -euo pipefail

# Functions that the caller's shell exports, such as another cd, must not replace commands here.
if compgen -A function >/dev/null; then
	for name in $(compgen -A function); do
		unset -f "$name"
	done
fi

set -o errtrace
trap 'exit 2' ERR # 1 is the status of a test that has failed

# A file that is opened must not become one of the standard streams because that was closed.
[[ -e /dev/fd/0 ]] || exec </dev/null
[[ -e /dev/fd/1 ]] || exec >/dev/null
[[ -e /dev/fd/2 && ! /dev/fd/2 -ef ${BASH_SOURCE[0]} ]] || exec 2>/dev/null # bash puts itself there

# A relative folder in PATH must be found from everywhere.
rest=${PATH-}: path=
while [[ $rest ]]; do
	folder=${rest%%:*} rest=${rest#*:}
	[[ $folder == /* ]] || folder=$PWD/$folder
	path+=:$folder
done
PATH=${path#:}

# The PATH of a user who is not root may lack these, and so may that of root after su.
for folder in /usr/sbin /sbin; do
	[[ :$PATH: == *:$folder:* ]] || PATH+=:$folder
done

root=${BASH_SOURCE[0]}
[[ ! -L $root ]] || root=$(readlink -f -- "$root")
[[ $root == */* ]] || root=./$root
root=$(CDPATH='' cd -P -- "${root%/*}/" && pwd) need_root=$root
# shellcheck source=commands/lib/place.bash
source "$root/commands/lib/place.bash"
# shellcheck source=commands/lib/need.sh
source "$root/commands/lib/need.sh"

# An archive comes with a program that makes images, for machines that have none.
own=$root/../../lib/longjump/bin
[[ -e $root/Makefile || ! -d $own ]] || PATH+=:$own

# Prints the command that was probably meant by $1, if there is one.
suggest() {
	local python file names=()
	find_python || return 0
	for file in "$root"/commands/*.sh "$root"/commands/*.py; do
		file=${file##*/}
		names+=("${file%.*}")
	done
	"$python" -E -c 'import difflib, sys
print(*difflib.get_close_matches(sys.argv[1], sys.argv[2:], 1))' "$1" "${names[@]}"
}

common=()
while [[ ${1-} == --verbose || ${1-} == --no-install ]]; do
	common+=("$1")
	shift
done

case ${1-} in
-h | --help) command=help && shift ;;
--version)
	sed -n 's/^#define LOADER_VERSION "\(.*\)"/Longjump \1/p' "$root/loader/core/version.h"
	exit
	;;
'' | -*) command=image ;;
*) command=$1 && shift ;;
esac

# Commands that only print something install nothing.
case " $command $* " in
' doctor '* | ' explain '* | ' help '* | *' --help '* | *' -h '*) common+=(--no-install) ;;
esac

find_place "$root"

if [[ $command =~ ^[a-z][a-z0-9-]*$ && -f $root/commands/$command.sh ]]; then
	exec bash "$root/commands/$command.sh" ${common[@]+"${common[@]}"} "$@"
elif [[ $command =~ ^[a-z][a-z0-9-]*$ && -f $root/commands/$command.py ]]; then
	if ! find_python; then
		# Status 1 says that a test has failed, so what cannot be run ends with 2.
		need_words python ${common[@]+"${common[@]}"} "$@" || exit 2
		find_python || exit 2
	fi
	# What was found need not be looked for again by another shell.
	export LONGJUMP_THERE=
	for group in build image run; do
		! look "$group" 2>/dev/null || ((${#missing[@]})) || LONGJUMP_THERE+="$group "
	done
	# Without a cache, Python would compile its library each time. Variables and packages for
	# Python are for the user's programs, so they are ignored.
	exec "$python" -ES -X pycache_prefix="$LONGJUMP_BUILD/pycache" \
		"$root/commands/$command.py" ${common[@]+"${common[@]}"} "$@"
elif [[ ! -e $root/Makefile && " bench dist install test " == *" $command "* ]]; then
	echo "$(error_words build.sh:) $command works only in a checkout of Longjump" >&2
	exit 2
else
	word=$(printf %q "$command")
	if [[ -f $command || $command == *[./]* ]]; then
		hint=" (to boot a kernel: ./build.sh run --kernel $word)"
	else
		near=$(suggest "$command")
		hint=${near:+ (did you mean $near?)}
	fi
	hint+="; ./build.sh help lists them"
	echo "$(error_words "build.sh: ")there is no command $word$hint" >&2
	exit 2
fi
