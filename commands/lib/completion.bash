# shellcheck shell=bash
# completion.bash - completes the words of build.sh and longjump in bash. In ~/.bashrc:
#
#     source /path/to/longjump/commands/lib/completion.bash
#
# The commands themselves say what can be completed, so it is never out of date. Other projects have
# a build.sh as well: only the one that belongs to this file is called.

# Prints the help of a command of the program, which is asked only once per shell.
declare -gA _longjump_help
_longjump_help() {
	local key="$1 $2"
	[[ -v _longjump_help[$key] ]] || _longjump_help[$key]=$("$1" "$2" --help 2>/dev/null)
	printf '%s\n' "${_longjump_help[$key]}"
}

# Prints the names of the commands.
_longjump_commands() {
	_longjump_help "$1" help | sed -n 's/^    \([a-z][a-z0-9-]*\)  .*/\1/p'
}

_longjump() {
	local program=${COMP_WORDS[0]/#\~/$HOME} word=${COMP_WORDS[COMP_CWORD]} command='' i
	local previous=${COMP_WORDS[COMP_CWORD - 1]} choice
	COMPREPLY=()
	program=$(type -P -- "$program") && program=$(readlink -f -- "$program") || return 0
	[[ ${BASH_SOURCE[0]} -ef ${program%/*}/commands/lib/completion.bash ]] || return 0
	for ((i = 1; i < COMP_CWORD; i++)); do
		[[ ${COMP_WORDS[i]} == -* ]] || { command=${COMP_WORDS[i]} && break; }
	done
	if [[ $previous == --options ]]; then
		choice=$(sed -n 's,\\|,,g; s/^| \(`[^|]*`\) |.*/\1/p' "${program%/*}/docs/options.md" |
			grep -o '`-[a-z0-9-]*=\{0,1\}' | tr -d '`')
	elif [[ $word == -* ]]; then
		choice=$(_longjump_help "$program" "${command:-image}" |
			sed -n 's/^    \(-[a-z], \)\{0,1\}\(--[a-z0-9-]*\).*/\2/p')
		[[ -n $command ]] || choice+=" --version --help"
	elif [[ -z $command || $command == help ]]; then
		choice=$(_longjump_commands "$program")
	elif [[ $previous == --* ]]; then
		# The help shows the values to choose from as one|other.
		choice=$(_longjump_help "$program" "$command" |
			sed -n "s/^    $previous \([a-z0-9]*|[a-z0-9|]*\) .*/\1/p" | tr '|' ' ')
	elif [[ $command == explain ]]; then
		choice=$(sed -n 's/^## \(K[0-9]*\) .*/\1/p; s/^### \([a-z][a-z0-9-]*\)$/\1/p' \
			"${program%/*}/docs/errors.md")
	elif [[ $command == test ]]; then
		choice=$(cd -- "${program%/*}/tests" && compgen -d)
	fi
	mapfile -t COMPREPLY < <(compgen -W "${choice-}" -- "$word")
}

complete -o default -F _longjump build.sh longjump
