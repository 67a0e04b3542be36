# shellcheck shell=bash
# Completion of memc_load for bash; works with and without the bash-completion
# package. tests/cli/test_options.py holds it against `memc_load --help`.

_memc_load_names()
{
    compopt -o filenames 2>/dev/null
    mapfile -t COMPREPLY < <(compgen "$1" -- "$2")
}

_memc_load_words()
{
    mapfile -t COMPREPLY < <(compgen -W "$1" -- "$2")
}

# an option that can be swept, its values are to be typed behind it
_memc_load_sweeps()
{
    compopt -o nospace 2>/dev/null
    _memc_load_words 'processes= threads= connections= batch= window= mode=
        inflate=' "$1"
}

_memc_load()
{
    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}
    local both='--idfa --gaid --adid --dvid --shard --timeout --config
        --test --help --version'
    local load='--pattern --strict --max-line --max-error-rate --no-rename
        --inflate --mode --ttl --dry --processes --threads --connections
        --batch --window --retries --retry-delay --max-outage --degraded
        --on-restart --max-evictions --require-capacity
        --rejects --no-rejects
        --log --verbose --quiet --progress --summary'
    local bench='--sweep --repeat --generate --yes --seed --json --csv --plot
        --write-config --strict --max-line --max-error-rate --inflate --mode
        --ttl --processes --threads --connections --batch --window --retries
        --retry-delay --max-outage --quiet --progress'
    local command=load i # doctor takes what load takes

    [[ ${COMP_WORDS[1]} == @(get|bench) && $COMP_CWORD -gt 1 ]] &&
        command=${COMP_WORDS[1]}
    COMPREPLY=()

    # bash splits "--mode=se" at the "="
    if [[ $cur == '=' ]]; then
        cur=
    elif [[ $prev == '=' && $COMP_CWORD -gt 2 ]]; then
        prev=${COMP_WORDS[COMP_CWORD - 2]}
    fi

    # behind "--" everything is an operand
    for ((i = 1; i < COMP_CWORD; i++)); do
        if [[ ${COMP_WORDS[i]} == -- ]]; then
            [[ $command != get ]] && _memc_load_names -f "$cur"
            return
        fi
    done

    case $prev in
    --mode)
        _memc_load_words 'set multi noreply' "$cur"
        return
        ;;
    --on-restart)
        _memc_load_words 'reload fail' "$cur"
        return
        ;;
    --inflate)
        _memc_load_words 'isal zlib' "$cur"
        return
        ;;
    --progress)
        _memc_load_words 'auto always never' "$cur"
        return
        ;;
    --pattern | --log | -l | --summary | --config | --json | --csv | \
        --plot | --write-config)
        _memc_load_names -f "$cur"
        return
        ;;
    --sweep)
        _memc_load_sweeps "$cur"
        return
        ;;
    --rejects)
        _memc_load_names -d "$cur"
        return
        ;;
    --idfa | --gaid | --adid | --dvid | --shard | --max-line | \
        --max-error-rate | --ttl | --processes | --threads | --connections | \
        --batch | --window | --retries | --retry-delay | --timeout | \
        --max-outage | --max-evictions | --repeat | --generate | --seed)
        return # nothing to offer
        ;;
    esac

    if [[ $cur == -* ]]; then
        case $command in
        get) _memc_load_words "$both" "$cur" ;;
        bench) _memc_load_words "$bench $both" "$cur" ;;
        *) _memc_load_words "$load $both" "$cur" ;;
        esac
    elif [[ $command != get ]]; then
        _memc_load_names -f "$cur"
        if [[ $COMP_CWORD -eq 1 ]]; then
            mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY \
                < <(compgen -W 'load get doctor bench' -- "$cur")
        fi
    fi
}

complete -F _memc_load memc_load
