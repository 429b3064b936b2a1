#!/usr/bin/env bash
# build.sh - the one command of Longjump: `./build.sh && ./build.sh run`, or `./build.sh help`
#
# Knows only where the commands are: commands/NAME.sh or commands/NAME.py, whose second
# line, "# NAME - what it does", is its line in the help. Without a command it is `image`.
set -euo pipefail

root=$(cd -P -- "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")" && pwd)

# Where everything is put that is made. An installed Longjump has no Makefile, and nothing but the
# user's own folders to write to.
export LONGJUMP_BUILD=$root/build
if [[ ! -e $root/Makefile ]]; then
	LONGJUMP_BUILD=${XDG_CACHE_HOME:-$HOME/.cache}/longjump
	mkdir -p -- "$LONGJUMP_BUILD"
fi

common=()
while [[ ${1-} == --verbose || ${1-} == --no-install ]]; do
	common+=("$1")
	shift
done

case ${1-} in
-h | --help) command=help && shift ;;
'' | -*) command=image ;;
*) command=$1 && shift ;;
esac

if [[ ! $command =~ ^[a-z][a-z0-9-]*$ ]]; then
	echo "build.sh: \"$command\" is no command; ./build.sh help lists them" >&2
	exit 2
elif [[ -f $root/commands/$command.sh ]]; then
	exec bash "$root/commands/$command.sh" ${common[@]+"${common[@]}"} "$@"
elif [[ -f $root/commands/$command.py ]]; then
	# shellcheck source=commands/lib/need.sh
	source "$root/commands/lib/need.sh"
	if ! python=$(find_python); then
		need_words python ${common[@]+"${common[@]}"} "$@"
		python=$(find_python)
	fi
	# What Python has compiled is kept there, or all of its library would be compiled each time.
	export PYTHONPYCACHEPREFIX=$LONGJUMP_BUILD/pycache
	unset PYTHONDONTWRITEBYTECODE
	exec "$python" "$root/commands/$command.py" ${common[@]+"${common[@]}"} "$@"
else
	echo "build.sh: there is no command \"$command\"; ./build.sh help lists them" >&2
	exit 2
fi
