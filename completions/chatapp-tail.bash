# TAB in bash for chatapp-tail. Written by "make generated"; don't edit.
#
# Only the names of channels and profiles are asked of the program; all the rest is here.
# In these functions $value is what a word may be: words, files, specs, profiles, or anything.

_chatapp_tail_commands='channels doctor login logout demo replay serve trigger events completion'

# Sets $words to the options of the command $1.
_chatapp_tail_options() {
    case $1 in
        tail) words='-l --license -m --messenger --company --user -c --channel --all --shard -e --event -E --exclude-event --chat --msg -g --grep -G --no-grep -w --where --highlight -f --format --json --color -q --quiet -v --verbose -b --browse --time --full --names --idempotency-key --buffer --summary -n --count --until --record --redact --redact-key --forward-to --forward-header --forward-insecure --forward-spool -d --duration --idle --notices --heartbeat --retries --connect-timeout --strict --backfill --since --resume --on-ready --metrics --no-footer --socket-url --api-url --app-key --api-insecure --token -p --profile --config --version -h --help' ;;
        channels) words='-f --format --json --color -q --quiet -v --verbose --socket-url --api-url --app-key --api-insecure --token -p --profile --config -h --help' ;;
        doctor) words='-l --license -m --messenger --company --user -c --channel --all --shard -f --format --json --color -q --quiet -v --verbose --resume --socket-url --api-url --app-key --api-insecure --token -p --profile --config -h --help' ;;
        login) words='--email --app-id --password-stdin --socket-url --api-url --app-key --api-insecure -q --quiet -v --verbose -p --profile --config -h --help' ;;
        logout) words='-q --quiet -v --verbose -p --profile --config -h --help' ;;
        demo) words='-e --event -E --exclude-event --chat --msg -g --grep -G --no-grep -w --where --highlight -f --format --json --color -q --quiet -v --verbose -b --browse --time --full --names --idempotency-key --buffer --summary -n --count --until --record --redact --redact-key --forward-to --forward-header --forward-insecure --forward-spool -d --duration --idle --notices --heartbeat --seed --drop-every -h --help' ;;
        replay) words='-e --event -E --exclude-event --chat --msg -g --grep -G --no-grep -w --where --highlight -f --format --json --color -q --quiet -v --verbose -b --browse --time --full --names --idempotency-key --buffer --summary -n --count --until --record --redact --redact-key --forward-to --forward-header --forward-insecure --forward-spool --speed --since --before --notices -h --help' ;;
        serve) words='--port --no-story --token-life --accounts --tls -q --quiet -v --verbose --seed --drop-every -h --help' ;;
        trigger) words='--set --file -n --count --rate -c --channel --api-url --to --header --insecure -q --quiet -v --verbose -h --help' ;;
        events) words='-f --format --json --color -q --quiet -v --verbose -h --help' ;;
        completion) words='-h --help' ;;
    esac
}

# Sets $value to what the option $1 takes, to nothing for a flag.
_chatapp_tail_option() {
    local name=$1
    [[ $name =~ ^-[qvbh]*(.)$ ]] && name=-${BASH_REMATCH[1]}
    value= words= separator=
    case $name in
        -l | --license | --company | --user | --shard | --chat | --msg | -g | --grep | -G | --no-grep | -w | --where | --highlight | --buffer | -n | --count | --until | --redact-key | --forward-to | --forward-header | --forward-spool | -d | --duration | --idle | --heartbeat | --retries | --connect-timeout | --since | --resume | --on-ready | --metrics | --socket-url | --api-url | --app-key | --token | --email | --app-id | --seed | --drop-every | --before | --port | --token-life | --set | --rate | --to | --header) value=anything ;;
        -m | --messenger) value=words words='grWhatsApp caWhatsApp WhatsApp telegram telegramBot avito vkontakte email instagram' separator=, ;;
        -c | --channel) value=specs ;;
        -e | --event | -E | --exclude-event) value=words words='message messageStatus messageDestroy messageReaction chatTag chatStatus chatResponsible chatResponsiblePin chatProducer chatAccomplice chatAuditor chatLevel chatConversation chatRead chatProcess employeeStatus employeeWorkday quickResponseList quickResponse' separator=, ;;
        -f | --format) value=words words='table plain json pretty raw browse' ;;
        --color) value=words words='auto always never' ;;
        --time) value=words words='local utc iso relative delta' ;;
        --record | --config | --accounts | --file) value=files ;;
        -p | --profile) value=profiles ;;
        --speed) value=words words='1 10 max' ;;
    esac
}

# Sets $value to what may stand at COMMAND:PLACE, which is counted from 0.
_chatapp_tail_argument() {
    case $1 in
        tail:*) value=specs ;;
        doctor:*) value=specs ;;
        replay:0) value=files ;;
        trigger:0) value=words words='message messageStatus messageDestroy messageReaction chatTag chatStatus chatResponsible chatResponsiblePin chatProducer chatAccomplice chatAuditor chatLevel chatConversation chatRead chatProcess employeeStatus employeeWorkday quickResponseList quickResponse' ;;
        trigger:1) value=specs ;;
        events:0) value=words words='message messageStatus messageDestroy messageReaction chatTag chatStatus chatResponsible chatResponsiblePin chatProducer chatAccomplice chatAuditor chatLevel chatConversation chatRead chatProcess employeeStatus employeeWorkday quickResponseList quickResponse' ;;
        completion:0) value=words words='bash zsh fish' ;;
    esac
}

_chatapp_tail() {
    local typed=() word i
    _chatapp_tail_split
    local last=$((${#typed[@]} - 1))
    local current=${typed[last]} before= rest=${typed[last]}
    local value= words= separator= command= place=0 only_arguments=
    if [[ " $_chatapp_tail_commands " == *" ${typed[1]} "* && $last -gt 1 ]]; then
        command=${typed[1]}
    elif [[ $last -gt 1 ]]; then
        command=tail
    fi
    for ((i = 1; i < last; i++)); do
        word=${typed[i]}
        if [[ $value ]]; then
            value=
        elif [[ $word == -- ]]; then
            only_arguments=yes
        elif [[ ! $only_arguments && $word == -?* ]]; then
            _chatapp_tail_option "$word"
        elif [[ $i -gt 1 || $command == tail ]]; then
            place=$((place + 1))
        fi
    done
    if [[ ! $value && ! $only_arguments && $current == --*=* ]]; then
        _chatapp_tail_option "${current%%=*}"
        before=${current%%=*}= rest=${current#*=}
    elif [[ ! $value && ! $only_arguments && $current == -* ]]; then
        _chatapp_tail_options "${command:-tail}"
    elif [[ ! $value && ! $command ]]; then
        value=specs words=$_chatapp_tail_commands
    elif [[ ! $value ]]; then
        _chatapp_tail_argument "$command:$place"
    fi
    COMPREPLY=()
    _chatapp_tail_offer "${current%"$2"}"
}

# Sets $typed to the words up to the cursor. Readline cuts them at characters like = and @, too.
_chatapp_tail_split() {
    local line=${COMP_LINE:0:COMP_POINT} piece gap
    for piece in "${COMP_WORDS[@]:0:COMP_CWORD + 1}"; do
        gap=${line%%[![:space:]]*}
        line=${line#"$gap"}
        piece=${line:0:${#piece}}
        line=${line:${#piece}}
        if [[ $gap || ${#typed[@]} -eq 0 ]]; then
            typed+=("$piece")
        else
            typed[${#typed[@]} - 1]+=$piece
        fi
    done
}

# Offers what $value allows, without $1, the beginning of the word that readline leaves alone.
_chatapp_tail_offer() {
    local quote= name
    if [[ $rest == [\"\']* ]]; then
        quote=${rest:0:1} rest=${rest:1}
    fi
    if [[ $separator && $rest == *$separator* ]]; then
        before+=${rest%"$separator"*}$separator rest=${rest##*"$separator"}
    fi
    before=$quote$before
    for name in $words; do
        _chatapp_tail_add "$1" "$name"
    done
    case $value in
        files) compopt -o default 2>/dev/null ;;
        specs | profiles)
            while IFS=$'\t' read -r name _; do
                _chatapp_tail_add "$1" "$name"
            done <<<"$(_chatapp_tail_ask "$value")"
            ;;
    esac
}

# Says the names that the program knows; quotes in the line so far don't belong to its words.
_chatapp_tail_ask() {
    command chatapp-tail complete "$1" "${typed[@]//[\"\'\\]/}" 2>/dev/null </dev/null
}

# Offers the name $2, quoted so that no shell finds anything to run in it.
_chatapp_tail_add() {
    local quoted
    printf -v quoted %q "$2"
    if [[ ! $2 || ($quote && $quoted != "$2") ]]; then
        return
    fi
    if [[ $2 == "$rest"* || $quoted == "$rest"* ]]; then
        quoted=$before$quoted
        COMPREPLY+=("${quoted#"$1"}")
    fi
}

complete -F _chatapp_tail chatapp-tail
