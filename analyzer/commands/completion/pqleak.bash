# SPDX-License-Identifier: PostgreSQL
# shellcheck shell=bash
# Bash completion for pqleak, which is asked for its commands and options: `pqleak complete`.

# What an option's value can be: words, or what its help calls it.
_pqleak_value()
{
  case $1 in
    FILE | TRACE | FORMAT=FILE) _filedir ;;
    DIR*) _filedir -d ;;
    [a-z]*) mapfile -t COMPREPLY < <(compgen -W "$1" -- "$cur") ;;
  esac
}

_pqleak()
{
  local cur prev words cword split
  _init_completion -s -n : || return

  local pqleak=${words[0]/#\~/$HOME} command=${words[1]} names='' line i
  if ((cword == 1)); then
    names=$("$pqleak" complete 2> /dev/null)
    mapfile -t COMPREPLY < <(compgen -W "$names --help --version" -- "$cur")
    return
  fi

  # "-o --trace=TRACE" of each option gives the name with its '=', and by "-o" and "--trace" what its value can be.
  local -A value=()
  while read -r line; do
    local short='' long
    [[ $line == -?\ * ]] && short=${line%% *} line=${line#* }
    long=${line%%=*}
    if [[ $line == *=* ]]; then
      value[$long]=${line#*=}
      [[ $short ]] && value[$short]=${line#*=}
      long+='='
    fi
    names+=" $long"
  done < <("$pqleak" complete "$command" 2> /dev/null)

  # What follows the options of `run` is a command line of its own.
  if [[ $command == run || $command == doctor ]]; then
    for ((i = 2; i < cword; i++)); do
      case ${words[i]} in
        --) ((i++)); _command_offset "$i"; return ;;
        -*) [[ ${value[${words[i]}]-} ]] && ((i++)) ;;
        *) _command_offset "$i"; return ;;
      esac
    done
  fi

  if [[ $prev == -* && ${value[$prev]-} ]]; then
    _pqleak_value "${value[$prev]}"
    return
  fi
  $split && return

  if [[ $cur == -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$names" -- "$cur")
    [[ ${COMPREPLY[0]-} == *= ]] && compopt -o nospace
  elif [[ $command == help ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$("$pqleak" complete 2> /dev/null)" -- "$cur")
  elif [[ $command == run || $command == doctor ]]; then
    mapfile -t COMPREPLY < <(compgen -c -- "$cur")
  else
    _filedir
  fi
} &&
  complete -F _pqleak pqleak
