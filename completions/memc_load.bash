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
    local all='--test --help --version'
    local mapped='--mapping --columns --idfa --gaid --adid --dvid --shard
        --config'
    local read='--pattern --skip-header --strict --max-line --inflate --ttl
        --processes --threads --connections --batch --retry-delay --max-outage
        --degraded --verify --margin --confidence --min-success --seed
        --log --verbose --quiet --progress --summary'
    local load='--max-error-rate --no-rename --settle --mode --dry --window
        --retries --on-restart --no-canary --max-evictions --require-capacity
        --rejects --no-rejects'
    local bench='--sweep --repeat --generate --yes --seed --json --csv --plot
        --write-config --skip-header --strict --max-line --max-error-rate
        --inflate --mode --ttl --processes --threads --connections --batch
        --window --retries --retry-delay --max-outage --quiet --progress'
    local explain='--lines --skip-header --strict --max-line --inflate'
    local init='--output --max-line --inflate'
    local command=load i # doctor takes what load takes

    [[ $COMP_CWORD -gt 1 && ${COMP_WORDS[1]} == \
        @(get|verify|bench|explain|init) ]] && command=${COMP_WORDS[1]}
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
    --verify)
        _memc_load_words 'all' "$cur" # or a number
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
    --pattern | --mapping | --log | -l | --summary | --config | --json | \
        --csv | --plot | --write-config)
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
    --columns | --idfa | --gaid | --adid | --dvid | --shard | --max-line | \
        --max-error-rate | --ttl | --processes | --threads | --connections | \
        --batch | --window | --retries | --retry-delay | --timeout | \
        --max-outage | --settle | --max-evictions | --margin | \
        --confidence | \
        --min-success | --seed | --repeat | --generate | --lines | \
        --output)
        return # nothing to offer
        ;;
    esac

    if [[ $cur == -* ]]; then
        case $command in
        init) _memc_load_words "$init $all" "$cur" ;;
        explain) _memc_load_words "$explain $mapped $all" "$cur" ;;
        get) _memc_load_words "--timeout $mapped $all" "$cur" ;;
        verify) _memc_load_words "$read --timeout $mapped $all" "$cur" ;;
        bench) _memc_load_words "$bench --timeout $mapped $all" "$cur" ;;
        *) _memc_load_words "$load $read --timeout $mapped $all" "$cur" ;;
        esac
    elif [[ $command != get ]]; then
        _memc_load_names -f "$cur"
        if [[ $COMP_CWORD -eq 1 ]]; then
            mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY \
                < <(compgen -W 'load get doctor verify bench explain init' \
                    -- "$cur")
        fi
    fi
}

complete -F _memc_load memc_load
