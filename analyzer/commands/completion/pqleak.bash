# SPDX-License-Identifier: PostgreSQL
# shellcheck shell=bash
# Bash completion for pqleak.

_pqleak()
{
  local cur prev words cword split
  _init_completion -s -n : || return

  local commands='run report check baseline show audit doctor symbolize sql help --help --version'
  local symbols='--sysroot= --debug-path= --debuginfod --help'
  local frames='--skip= --skip-file= --native'
  local accepted='--config= --no-config --suppressions= --strict-suppressions --print-suppressions --baseline= --show-excused'
  local report="--format= --group-by= --output= --reproducible --held= --all --stacks --source-root= $accepted $frames $symbols"
  local faults='default none leaked open-at-death open connection result misuse transaction query copy cancel memory statement large-object finished-in-transaction
    finished-with-query finished-in-copy use-after-finish finished-twice cleared-twice used-in-child finished-in-child
    two-threads'
  local gate='--max= --allow-held-at-exit --allow-unseen --max-open= --fail-on='
  local command=${words[1]} options=

  if ((cword == 1)); then
    mapfile -t COMPREPLY < <(compgen -W "$commands" -- "$cur")
    return
  fi

  # What follows the options of `run` is a command line of its own.
  if [[ $command == run || $command == doctor ]]; then
    local i
    for ((i = 2; i < cword; i++)); do
      case ${words[i]} in
        --) ((i++)); _command_offset "$i"; return ;;
        -o | --trace | --output | --format | --group-by | --error-exitcode | --max | --max-open | --fail-on | --held) ((i++)) ;;
        --suppressions | --baseline | --source-root | --config) ((i++)) ;;
        --sql | --events | --label | --sysroot | --debug-path | --skip | --skip-file) ((i++)) ;;
        -*) ;;
        *) _command_offset "$i"; return ;;
      esac
    done
  fi

  case $prev in
    --format) mapfile -t COMPREPLY < <(compgen -W 'text json sarif junit github gitlab tap' -- "$cur"); return ;;
    --group-by) mapfile -t COMPREPLY < <(compgen -W 'site stack function module database label' -- "$cur"); return ;;
    --sql) mapfile -t COMPREPLY < <(compgen -W 'text' -- "$cur"); return ;;
    --events) mapfile -t COMPREPLY < <(compgen -W 'all' -- "$cur"); return ;;
    --max | --max-open | --held | --error-exitcode | --skip | --label) return ;;
    --fail-on) mapfile -t COMPREPLY < <(compgen -W "$faults" -- "$cur"); return ;;
    -o | --trace | --output | --skip-file | --suppressions | --baseline | --config) _filedir; return ;;
    --sysroot | --debug-path | --source-root) _filedir -d; return ;;
  esac
  $split && return

  case $command in
    run) options="--trace= --append --check --error-exitcode= $gate --sql= --events= --label= --no-symbolize --quiet $report" ;;
    doctor) options='--trace= --help' ;;
    report) options=$report ;;
    check) options="$gate --quiet $report" ;;
    baseline) options="--config= --no-config --output= --fail-on= --suppressions= --source-root= $frames $symbols" ;;
    show) options="$frames $symbols" ;;
    audit | symbolize | sql) options=$symbols ;;
    help) options='run report check baseline show audit doctor symbolize sql' ;;
  esac
  if [[ $cur == -* || $command == help ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$options" -- "$cur")
    [[ ${COMPREPLY[0]-} == *= ]] && compopt -o nospace
  elif [[ $command == run || $command == doctor ]]; then
    mapfile -t COMPREPLY < <(compgen -c -- "$cur")
  else
    _filedir
  fi
} &&
  complete -F _pqleak pqleak
