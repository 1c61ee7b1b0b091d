# TAB in fish for chatapp-tail. Written by "make generated"; don't edit.
#
# Only the names of channels and profiles are asked of the program; all the rest is here.

# Says the command of the line, which is tail without one, and how many arguments it has so far;
# "- 0" for the first word. The empty word stands for the one at the cursor.
function __chatapp_tail_place
    set -l line (commandline -opc) ''
    set -e line[1]
    set -l command tail
    if test (count $line) -eq 1
        set command -
    else if contains -- $line[1] $__chatapp_tail_commands
        set command $line[1]
        set -e line[1]
    end
    argparse --ignore-unknown $__chatapp_tail_options -- $line 2>/dev/null
    echo $command (math (count $argv) - 1)
end

# Whether the line's command is one of these; no command yet is tail.
function __chatapp_tail_has
    set -l place (__chatapp_tail_place | string split ' ' | string replace -- - tail)
    contains -- $place[1] $argv
end

# Whether this is the place for argument $argv[2] of the command $argv[1]; from 0, * is any.
function __chatapp_tail_at
    set -l place (__chatapp_tail_place | string split ' ')
    test "$place[1]" = $argv[1]
    and string match -q -- $argv[2] "$place[2]"
end

# Offers the words of a list, behind those that stand before the last comma.
function __chatapp_tail_list
    set -l before (commandline -ct | string replace -r -- '^--[a-z-]+=' '' | string match -r '^.*,')
    printf '%s\n' "$before"$argv
end

# Offers the names that the program knows, and their descriptions.
function __chatapp_tail_ask
    set -l line (commandline -opc)
    command chatapp-tail complete $argv[1] $line[2..-1] 2>/dev/null </dev/null
end

set -g __chatapp_tail_commands channels doctor login logout demo replay serve trigger events completion
set -g __chatapp_tail_options l/license=+ m/messenger=+ company=+ user=+ c/channel=+ all shard=+ e/event=+ E/exclude-event=+ chat=+ msg=+ g/grep=+ G/no-grep=+ w/where=+ highlight=+ f/format=+ json color=+ q/quiet v/verbose b/browse time=+ full names idempotency-key buffer=+ summary n/count=+ until=+ record=+ redact redact-key=+ forward-to=+ forward-header=+ forward-insecure forward-spool=+ d/duration=+ idle=+ notices heartbeat=+ retries=+ connect-timeout=+ strict backfill since=+ resume=+ on-ready=+ metrics=+ no-footer socket-url=+ api-url=+ app-key=+ api-insecure token=+ p/profile=+ config=+ version h/help email=+ app-id=+ password-stdin seed=+ drop-every=+ speed=+ before=+ port=+ no-story token-life=+ accounts=+ tls set=+ file=+ rate=+ to=+ header=+ insecure
set -g __chatapp_tail_messengers 'grWhatsApp' 'caWhatsApp' 'WhatsApp' 'telegram' 'telegramBot' 'avito' 'vkontakte' 'email' 'instagram'
set -g __chatapp_tail_events 'message	a message came in or went out' 'messageStatus	an outgoing message was sent, delivered, viewed, or failed' 'messageDestroy	a message was deleted' 'messageReaction	someone reacted to a message, or took the reaction back' 'chatTag	a tag was put on a chat, or taken off' 'chatStatus	a chat\'s status was set' 'chatResponsible	the employee responsible for a chat was set or cleared' 'chatResponsiblePin	the responsible employee was pinned to the chat, or unpinned' 'chatProducer	the producer of a chat was set or cleared' 'chatAccomplice	an accomplice was added to a chat, or removed' 'chatAuditor	an auditor was added to a chat, or removed' 'chatLevel	a chat\'s level was set or cleared' 'chatConversation	WhatsApp\'s 24-hour window for answers opened' 'chatRead	a chat was read' 'chatProcess	a chat\'s process was set or cleared' 'employeeStatus	an employee came online or left' 'employeeWorkday	an employee\'s working day started or ended' 'quickResponseList	a list of quick responses was created, edited or deleted' 'quickResponse	a quick response was created, edited or deleted'
set -g __chatapp_tail_format 'table' 'plain' 'json' 'pretty' 'raw' 'browse'
set -g __chatapp_tail_color 'auto' 'always' 'never'
set -g __chatapp_tail_time 'local' 'utc' 'iso' 'relative' 'delta'
set -g __chatapp_tail_speed '1' '10' 'max'
set -g __chatapp_tail_shell 'bash' 'zsh' 'fish'

complete -c chatapp-tail -f
complete -c chatapp-tail -n '__chatapp_tail_at - 0' -a '(__chatapp_tail_ask specs)' -d Channel
complete -c chatapp-tail -n '__chatapp_tail_at - 0' -a channels -d 'List what the token may watch'
complete -c chatapp-tail -n '__chatapp_tail_at - 0' -a doctor -d 'Find what is broken'
complete -c chatapp-tail -n '__chatapp_tail_at - 0' -a login -d 'Store a login that renews its token'
complete -c chatapp-tail -n '__chatapp_tail_at - 0' -a logout -d 'Remove the stored login'
complete -c chatapp-tail -n '__chatapp_tail_at - 0' -a demo -d 'Show it all without an account'
complete -c chatapp-tail -n '__chatapp_tail_at - 0' -a replay -d 'Show a recorded file'
complete -c chatapp-tail -n '__chatapp_tail_at - 0' -a serve -d 'Run a local ChatApp'
complete -c chatapp-tail -n '__chatapp_tail_at - 0' -a trigger -d 'Send an event'
complete -c chatapp-tail -n '__chatapp_tail_at - 0' -a events -d 'List the documented events'
complete -c chatapp-tail -n '__chatapp_tail_at - 0' -a completion -d 'Print a completion script'

complete -c chatapp-tail -n '__chatapp_tail_at tail \*' -f -a '(__chatapp_tail_ask specs)'
complete -c chatapp-tail -n '__chatapp_tail_at doctor \*' -f -a '(__chatapp_tail_ask specs)'
complete -c chatapp-tail -n '__chatapp_tail_at replay 0' -F
complete -c chatapp-tail -n '__chatapp_tail_at trigger 0' -f -a '$__chatapp_tail_events'
complete -c chatapp-tail -n '__chatapp_tail_at trigger 1' -f -a '(__chatapp_tail_ask specs)'
complete -c chatapp-tail -n '__chatapp_tail_at events 0' -f -a '$__chatapp_tail_events'
complete -c chatapp-tail -n '__chatapp_tail_at completion 0' -f -a '$__chatapp_tail_shell'

complete -c chatapp-tail -n '__chatapp_tail_has tail doctor' -s l -l license -r -f -d 'Licence id; repeat, or a comma list'
complete -c chatapp-tail -n '__chatapp_tail_has tail doctor' -s m -l messenger -r -f -a '(__chatapp_tail_list $__chatapp_tail_messengers)' -d 'Messenger type: telegram, grWhatsApp, caWhatsApp, WhatsApp, ... in exact case; every licence is combined with every messenger'
complete -c chatapp-tail -n '__chatapp_tail_has tail doctor' -l company -r -f -d 'Company id, for what its employees do'
complete -c chatapp-tail -n '__chatapp_tail_has tail doctor' -l user -r -f -d 'User id, for the user\'s quick responses'
complete -c chatapp-tail -n '__chatapp_tail_has tail doctor' -s c -l channel -r -f -a '(__chatapp_tail_ask specs)' -d 'The same as the argument SPEC; repeat'
complete -c chatapp-tail -n '__chatapp_tail_has tail doctor' -l all -d 'Every channel that chatapp-tail channels lists'
complete -c chatapp-tail -n '__chatapp_tail_has tail doctor' -l shard -r -f -d 'Only this share of the channels: 0/3, 1/3 and 2/3 on three hosts'
complete -c chatapp-tail -n '__chatapp_tail_has tail demo replay' -s e -l event -r -f -a '(__chatapp_tail_list $__chatapp_tail_events)' -d 'Only this event; repeat, comma list, or glob (chat*). chatapp-tail events lists them'
complete -c chatapp-tail -n '__chatapp_tail_has tail demo replay' -s E -l exclude-event -r -f -a '(__chatapp_tail_list $__chatapp_tail_events)' -d 'All but this event; in the same forms'
complete -c chatapp-tail -n '__chatapp_tail_has tail demo replay' -l chat -r -f -d 'Only this chat: id, hash, phone, username, e-mail, or a part of its name; repeat, or a comma list'
complete -c chatapp-tail -n '__chatapp_tail_has tail demo replay' -l msg -r -f -d 'Only what is about this message: itself, statuses, reactions, replies; by the column MSG, its id, or the end of its id; repeat, or a comma list'
complete -c chatapp-tail -n '__chatapp_tail_has tail demo replay' -s g -l grep -r -f -d 'Only rows with a match in EVENT, WHO or WORDS; their first 10,000 characters are searched; repeated: any will do'
complete -c chatapp-tail -n '__chatapp_tail_has tail demo replay' -s G -l no-grep -r -f -d 'Only rows without a match; repeated: with none of them'
complete -c chatapp-tail -n '__chatapp_tail_has tail demo replay' -s w -l where -r -f -d 'Only if a field of the record passes: data.side=in, data.type!=sent, data.message.text~invoice (a regex, in the first 10,000 characters; !~ for none), data.message.file (is there); repeated: all must hold'
complete -c chatapp-tail -n '__chatapp_tail_has tail demo replay' -l highlight -r -f -d 'Mark what matches in the formats for people, in the first 10,000 characters'
complete -c chatapp-tail -n '__chatapp_tail_has tail demo replay' -s f -l format -r -f -a '$__chatapp_tail_format' -d 'How to write events: table, plain, json, pretty, raw or browse'
complete -c chatapp-tail -n '__chatapp_tail_has tail channels doctor demo replay events' -l json -d 'The same as --format json'
complete -c chatapp-tail -n '__chatapp_tail_has tail channels doctor demo replay events' -l color -r -f -a '$__chatapp_tail_color' -d 'When to colour: auto, always or never; auto heeds NO_COLOR, FORCE_COLOR'
complete -c chatapp-tail -n '__chatapp_tail_has tail channels doctor login logout demo replay serve trigger events' -s q -l quiet -d 'Only errors on stderr'
complete -c chatapp-tail -n '__chatapp_tail_has tail channels doctor login logout demo replay serve trigger events' -s v -l verbose -d '-v: each step of the connection; -vv: each frame, secrets masked'
complete -c chatapp-tail -n '__chatapp_tail_has tail demo replay' -s b -l browse -d 'The same as --format browse: a screen to scroll, search and open what comes'
complete -c chatapp-tail -n '__chatapp_tail_has tail demo replay' -l time -r -f -a '$__chatapp_tail_time' -d 'Times in table and plain: local, utc, iso, relative or delta'
complete -c chatapp-tail -n '__chatapp_tail_has tail demo replay' -l full -d 'Wrap the last column instead of cutting it'
complete -c chatapp-tail -n '__chatapp_tail_has tail demo replay' -l names -d 'Show employees by name, not as employee 685'
complete -c chatapp-tail -n '__chatapp_tail_has tail demo replay' -l idempotency-key -d 'Add idempotency_key to json records, as webhooks get it: the same for the same event'
complete -c chatapp-tail -n '__chatapp_tail_has tail demo replay' -l buffer -r -f -d 'Memory for events that wait while stdout isn\'t read; the rest waits in a file of up to 1 GiB. With --browse: memory for the rows that are kept'
complete -c chatapp-tail -n '__chatapp_tail_has tail demo replay' -l summary -d 'Show a table at the end of what was seen, by event and channel; -v does so, too'
complete -c chatapp-tail -n '__chatapp_tail_has tail demo replay' -s n -l count -r -f -d 'End after N shown items'
complete -c chatapp-tail -n '__chatapp_tail_has tail demo replay' -l until -r -f -d 'End after the item that passes this test (as --where) and show it; repeated: all of them'
complete -c chatapp-tail -n '__chatapp_tail_has tail demo replay' -l record -r -F -d 'Append everything received, before filters, as JSON Lines; *.gz is compressed'
complete -c chatapp-tail -n '__chatapp_tail_has tail demo replay' -l redact -d 'Mask phones, e-mails, names and texts, the same person by the same mask'
complete -c chatapp-tail -n '__chatapp_tail_has tail demo replay' -l redact-key -r -f -d 'Any text; with the same key the masks are the same in every run'
complete -c chatapp-tail -n '__chatapp_tail_has tail demo replay' -l forward-to -r -f -d 'POST each shown event to URL, as a ChatApp webhook does; repeat. With EVENTS (message,messageStatus=https://...) only these'
complete -c chatapp-tail -n '__chatapp_tail_has tail demo replay' -l forward-header -r -f -d 'A header to send to the webhook: name, colon, value; repeat'
complete -c chatapp-tail -n '__chatapp_tail_has tail demo replay' -l forward-insecure -d 'Allow plain http:// to another host'
complete -c chatapp-tail -n '__chatapp_tail_has tail demo replay' -l forward-spool -r -f -d 'Keep in FILE what isn\'t delivered yet, over restarts'
complete -c chatapp-tail -n '__chatapp_tail_has tail demo' -s d -l duration -r -f -d 'End after T: 30s, 5m, 1h30m; with --count or --until unmet, exit code 6'
complete -c chatapp-tail -n '__chatapp_tail_has tail demo' -l idle -r -f -d 'End after T without a shown item; exit codes as with --duration'
complete -c chatapp-tail -n '__chatapp_tail_has tail demo' -l notices -d 'Write losses, retries, gaps and more to stdout, too, as records; the format is then json'
complete -c chatapp-tail -n '__chatapp_tail_has tail demo' -l heartbeat -r -f -d 'After T without events, say whether the connection is alive'
complete -c chatapp-tail -n '__chatapp_tail_has tail' -l retries -r -f -d 'Failed connections in a row before giving up'
complete -c chatapp-tail -n '__chatapp_tail_has tail' -l connect-timeout -r -f -d 'The time limit for each step of connecting'
complete -c chatapp-tail -n '__chatapp_tail_has tail' -l strict -d 'End with code 4 at the first refused channel'
complete -c chatapp-tail -n '__chatapp_tail_has tail' -l backfill -d 'After a gap, get its messages from the API; they are marked, and none comes twice'
complete -c chatapp-tail -n '__chatapp_tail_has tail' -l since -r -f -d 'First get the messages since T from the API: 10m, 08:00, 2026-11-27 or 2026-11-27T08:00'
complete -c chatapp-tail -n '__chatapp_tail_has tail' -l resume -r -f -d 'Begin where the last run ended; FILE keeps how far a run is'
complete -c chatapp-tail -n '__chatapp_tail_has tail' -l on-ready -r -f -d 'Run CMD in a shell once every channel is subscribed or refused'
complete -c chatapp-tail -n '__chatapp_tail_has tail' -l metrics -r -f -d 'Prometheus metrics on 127.0.0.1, or in a file for node_exporter'
complete -c chatapp-tail -n '__chatapp_tail_has tail' -l no-footer -d 'Show no line about the connection below the table'
complete -c chatapp-tail -n '__chatapp_tail_has tail channels doctor login' -l socket-url -r -f -d 'ws[s]://host[:port] of any Pusher server'
complete -c chatapp-tail -n '__chatapp_tail_has tail channels doctor login' -l api-url -r -f -d 'http[s]://host[:port] that authorizes channels'
complete -c chatapp-tail -n '__chatapp_tail_has tail channels doctor login' -l app-key -r -f -d 'The Pusher app\'s public key'
complete -c chatapp-tail -n '__chatapp_tail_has tail channels doctor login' -l api-insecure -d 'Allow plain http:// to the API of another host'
complete -c chatapp-tail -n '__chatapp_tail_has tail channels doctor' -l token -r -f -d 'Access token: the token itself (ps shows it), a file, or - for stdin; not needed after chatapp-tail login'
complete -c chatapp-tail -n '__chatapp_tail_has tail channels doctor login logout' -s p -l profile -r -f -a '(__chatapp_tail_ask profiles)' -d 'Options from [profile.NAME] of the configuration file'
complete -c chatapp-tail -n '__chatapp_tail_has tail channels doctor login logout' -l config -r -F -d 'The configuration file'
complete -c chatapp-tail -n '__chatapp_tail_has tail' -l version -d 'Show the version and exit'
complete -c chatapp-tail -n '__chatapp_tail_has tail channels doctor login logout demo replay serve trigger events completion' -s h -l help -d 'Show help and exit; chatapp-tail -h shows one screen of it'
complete -c chatapp-tail -n '__chatapp_tail_has channels doctor events' -s f -l format -r -f -a '$__chatapp_tail_format' -d 'How to write it: table, plain, json, pretty, raw or browse; json is for programs'
complete -c chatapp-tail -n '__chatapp_tail_has doctor' -l resume -r -f -d 'Compare the newest messages with what a tail with --resume FILE has got'
complete -c chatapp-tail -n '__chatapp_tail_has login' -l email -r -f -d 'The e-mail of the ChatApp account'
complete -c chatapp-tail -n '__chatapp_tail_has login' -l app-id -r -f -d 'The appId that ChatApp\'s cabinet shows, in the form app_<user>_<n>'
complete -c chatapp-tail -n '__chatapp_tail_has login' -l password-stdin -d 'Read the password from standard input'
complete -c chatapp-tail -n '__chatapp_tail_has demo serve' -l seed -r -f -d 'Another number makes another story'
complete -c chatapp-tail -n '__chatapp_tail_has demo serve' -l drop-every -r -f -d 'Break all connections every T (10s), to see what happens'
complete -c chatapp-tail -n '__chatapp_tail_has replay' -l speed -r -f -a '$__chatapp_tail_speed' -d 'The speed: 1 is as fast as it was recorded, 10 is ten times that'
complete -c chatapp-tail -n '__chatapp_tail_has replay' -l since -r -f -d 'Only what came at T or later: 10m, 08:00, 2026-11-27 or 2026-11-27T08:00'
complete -c chatapp-tail -n '__chatapp_tail_has replay' -l before -r -f -d 'Only what came before T, in the same forms'
complete -c chatapp-tail -n '__chatapp_tail_has replay' -l notices -d 'Write recorded losses, gaps and more to stdout, too, as records; the format is then json'
complete -c chatapp-tail -n '__chatapp_tail_has serve' -l port -r -f -d 'The port on 127.0.0.1; 0 takes any free one'
complete -c chatapp-tail -n '__chatapp_tail_has serve' -l no-story -d 'Tell no story: only what is published happens'
complete -c chatapp-tail -n '__chatapp_tail_has serve' -l token-life -r -f -d 'Access tokens expire after T, the printed ones too'
complete -c chatapp-tail -n '__chatapp_tail_has serve' -l accounts -r -F -d 'A JSON file of accounts in place of the made-up one; they have no story'
complete -c chatapp-tail -n '__chatapp_tail_has serve' -l tls -d 'Serve https and wss, with an authority made for this run; its file is printed'
complete -c chatapp-tail -n '__chatapp_tail_has trigger' -l set -r -f -d 'Change a field: data.0.message.text=Hello, meta.licenseId=1; repeat. A value that is JSON (1, true, null, \'"1"\', {...}) is taken as such, any other as text'
complete -c chatapp-tail -n '__chatapp_tail_has trigger' -l file -r -F -d 'Send this JSON in place of the sample: {data, meta}, an item, or a list'
complete -c chatapp-tail -n '__chatapp_tail_has trigger' -s n -l count -r -f -d 'Send N events'
complete -c chatapp-tail -n '__chatapp_tail_has trigger' -l rate -r -f -d 'Send R events a second'
complete -c chatapp-tail -n '__chatapp_tail_has trigger' -s c -l channel -r -f -a '(__chatapp_tail_ask specs)' -d 'The same as the argument SPEC'
complete -c chatapp-tail -n '__chatapp_tail_has trigger' -l api-url -r -f -d 'Where chatapp-tail serve listens'
complete -c chatapp-tail -n '__chatapp_tail_has trigger' -l to -r -f -d 'POST {data, meta} to this webhook instead'
complete -c chatapp-tail -n '__chatapp_tail_has trigger' -l header -r -f -d 'A header for the webhook; repeat'
complete -c chatapp-tail -n '__chatapp_tail_has trigger' -l insecure -d 'Allow plain http:// to another host'
