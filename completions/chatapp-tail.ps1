# TAB in PowerShell for chatapp-tail. Written by "make generated"; don't edit.
#
# Only the names of channels and profiles are asked of the program; all the rest is here.

Register-ArgumentCompleter -Native -CommandName 'chatapp-tail', 'chatapp-tail.exe' -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    # What is offered, by the set's name.
    $words = @{}

    $words['commands'] = @'
channels	List what the token may watch
doctor	Find the broken link
login	Store a login that renews its token
logout	Remove the stored login
demo	Show it all without an account
replay	Show a recorded file
serve	Run a local ChatApp
trigger	Send an event
events	List the documented events
completion	Print what makes TAB work
'@ -split '\r?\n'

    $words['messengers'] = @'
grWhatsApp
caWhatsApp
WhatsApp
telegram
telegramBot
avito
vkontakte
email
instagram
'@ -split '\r?\n'

    $words['events'] = @'
message	a message came in or went out
messageStatus	an outgoing message was sent, delivered, viewed, or failed
messageDestroy	a message was deleted
messageReaction	someone reacted to a message, or took the reaction back
chatTag	a tag was put on a chat, or taken off
chatStatus	a chat's status was set
chatResponsible	the employee responsible for a chat was set or cleared
chatResponsiblePin	the responsible employee was pinned to the chat, or unpinned
chatProducer	the producer of a chat was set or cleared
chatAccomplice	an accomplice was added to a chat, or removed
chatAuditor	an auditor was added to a chat, or removed
chatLevel	a chat's level was set or cleared
chatConversation	WhatsApp's 24-hour window for answers opened
chatRead	a chat was read
chatProcess	a chat's process was set or cleared
employeeStatus	an employee came online or left
employeeWorkday	an employee's working day started or ended
quickResponseList	a list of quick responses was created, edited or deleted
quickResponse	a quick response was created, edited or deleted
'@ -split '\r?\n'

    $words['format'] = @'
table
plain
json
pretty
raw
'@ -split '\r?\n'

    $words['color'] = @'
auto
always
never
'@ -split '\r?\n'

    $words['time'] = @'
local
utc
iso
relative
delta
'@ -split '\r?\n'

    $words['speeds'] = @'
1
10
max
'@ -split '\r?\n'

    $words['shell'] = @'
bash
zsh
fish
powershell
'@ -split '\r?\n'

    # The options: the commands that have them, their names, what they take, their help.
    $options = @'
tail	--version		Show the version and exit
tail doctor	-l --license	anything	Licence id; repeat, or a comma list
tail doctor	-m --messenger	messengers	Messenger type: telegram, grWhatsApp, caWhatsApp, WhatsApp, ... in exact case; every licence is combined with every messenger
tail doctor	--company	anything	Company id, for what its employees do
tail doctor	--user	anything	User id, for the user's quick responses
tail doctor	-c --channel	specs	The same as the argument SPEC; repeat
tail doctor	--all		Every channel that chatapp-tail channels lists
tail doctor	--shard	anything	Only this share of the channels: 0/3, 1/3 and 2/3 on three hosts
tail demo replay	-e --event	events	Only this event; repeat, comma list, or glob (chat*). chatapp-tail events lists them
tail demo replay	-E --exclude-event	events	All but this event; in the same forms
tail demo replay	--chat	anything	Only this chat: id, hash, phone, username, e-mail, or a part of its name; repeat, or a comma list
tail demo replay	--msg	anything	Only what is about this message: itself, statuses, reactions, replies; by the column MSG, its id, or the end of its id; repeat, or a comma list
tail demo replay	-g --grep	anything	Only rows with a match in EVENT, WHO or WORDS, whose first 10,000 characters are searched; repeated: any will do
tail demo replay	-G --no-grep	anything	Only rows without a match; repeated: with none of them
tail demo replay	-w --where	anything	Only if a field of the record passes: data.side=in, data.type!=sent, data.message.text~invoice (a regex, in the first 10,000 characters; !~ for none), data.message.file (is there); repeated: all must hold
tail demo replay	--highlight	anything	Mark what matches in the formats for people, in the first 10,000 characters
tail demo replay	-f --format	format	How to write events: table, plain, json, pretty or raw
tail channels doctor demo replay events	--json		The same as --format json
tail channels doctor demo replay events	--color	color	When to colour: auto, always or never; auto heeds NO_COLOR, FORCE_COLOR
tail channels doctor login logout demo replay serve trigger events	-q --quiet		Only errors on stderr
tail channels doctor login logout demo replay serve trigger events	-v --verbose		-v: each step of the connection; -vv: each frame, secrets masked
tail demo replay	--time	time	Times in table and plain: local, utc, iso, relative or delta
tail demo replay	--full		Wrap the last column instead of cutting it
tail demo replay	--names		Employees by name, not as employee 685
tail demo replay	--notices		Losses, retries, gaps and more also as records on stdout, which is json then
tail demo replay	--heartbeat	anything	After T without events, say whether the connection is alive
tail demo replay	--summary		At the end a table of what was seen, by event and channel; so does -v
tail demo replay	--buffer	anything	Memory for events while stdout isn't read; then a file of up to 1 GiB
tail demo replay	-n --count	anything	End after N shown items
tail demo replay	-d --duration	anything	End after T: 30s, 5m, 1h30m; with --count or --until unmet, exit code 6
tail demo replay	--until	anything	End after the item that passes this test (as --where) and show it; repeated: all of them
tail demo replay	--idle	anything	End after T without a shown item; exit codes as with --duration
tail demo replay	--record	files	Append everything received, before filters, as JSON Lines; *.gz is compressed
tail demo replay	--redact		Mask phones, e-mails, names and texts, the same person by the same mask
tail demo replay	--redact-key	anything	Any text; with the same key the masks are the same in every run
tail demo replay	--forward-to	anything	POST each shown event to URL, as a ChatApp webhook does
tail demo replay	--forward-header	anything	A header to send with it: name, colon, value; repeat
tail demo replay	--forward-insecure		Allow plain http:// to another host
tail	--retries	anything	Failed connections in a row before giving up
tail	--connect-timeout	anything	For each step of connecting
tail	--strict		End with code 4 at the first refused channel
tail	--backfill		After a gap, get its messages from the API; marked, and none twice
tail	--since	anything	Get the messages from T on, too: 10m, 08:00, 2026-11-27 or 2026-11-27T08:00
tail	--no-footer		No line about the connection below the table
tail channels doctor login	--socket-url	anything	ws[s]://host[:port] of any Pusher server
tail channels doctor login	--api-url	anything	http[s]://host[:port] that authorizes channels
tail channels doctor login	--app-key	anything	The Pusher app's public key
tail channels doctor login	--api-insecure		Allow plain http:// to the API of another host
tail channels doctor	--token	anything	Access token: itself (ps shows it), a file, or - for stdin; not needed after chatapp-tail login
tail channels doctor login logout	-p --profile	profiles	Options from [profile.NAME] of the configuration file
tail channels doctor login logout	--config	files	The configuration file
tail channels doctor login logout demo replay serve trigger events completion	-h --help		Show this message and exit
channels doctor events	-f --format	format	How to write it: table, plain, json, pretty or raw; json is for programs
login	--email	anything	The ChatApp account's
login	--app-id	anything	As ChatApp's cabinet shows it, in the form app_<user>_<n>
login	--password-stdin		Read the password from standard input
demo serve	--seed	anything	Another number, another story
demo serve	--drop-every	anything	Break all connections every T (10s), to see what happens
replay	--speed	speeds	1 is as fast as it was recorded, 10 ten times that
replay	--since	anything	Only what came at T or later: 10m, 08:00, 2026-11-27 or 2026-11-27T08:00
replay	--before	anything	Only what came before T, in the same forms
serve	--port	anything	On 127.0.0.1; 0 takes any free one
trigger	--set	anything	Change a field: data.0.message.text=Hello, meta.licenseId=1; repeat. A value that is JSON (1, true, null, '"1"', {...}) is taken as such, any other as text
trigger	--file	files	Send this JSON in place of the sample: {data, meta}, an item, or a list
trigger	-n --count	anything	Send N events
trigger	--rate	anything	So many a second
trigger	-c --channel	specs	The same as the argument SPEC
trigger	--api-url	anything	Where serve listens
trigger	--to	anything	POST {data, meta} to this webhook instead
trigger	--header	anything	A header for the webhook; repeat
trigger	--insecure		Allow plain http:// to another host
'@ -split '\r?\n'

    # What may stand at COMMAND:PLACE, counted from 0.
    $arguments = @{
        'tail:*' = 'specs'
        'doctor:*' = 'specs'
        'replay:0' = 'files'
        'trigger:0' = 'events'
        'trigger:1' = 'specs'
        'events:0' = 'events'
        'completion:0' = 'shell'
    }

    # Short options in one word, of which the last may take a value.
    $clusters = '^-[qvh]*([^-])$'

    # The words before the one at the cursor, without the program's name.
    $line = @($commandAst.CommandElements | Select-Object -Skip 1 |
        Where-Object { $_.Extent.EndOffset -lt $cursorPosition } |
        ForEach-Object { if ($_.Value -is [string]) { $_.Value } else { $_.Extent.Text } })

    # What each option takes; a flag isn't in it.
    $takes = [Collections.Hashtable]::new([StringComparer]::Ordinal)
    foreach ($row in $options) {
        $null, $names, $value, $null = $row -split "`t"
        if ($value) { foreach ($name in $names -split ' ') { $takes[$name] = $value } }
    }

    # The command of the line, which is tail without one, and how many arguments it has so far.
    $command = ''; $place = 0; $value = ''
    foreach ($word in $line) {
        if ($value) { $value = '' }
        elseif ($word -cmatch $clusters) { $value = $takes['-' + $Matches[1]] }
        elseif ($word -like '-?*') { $value = $takes[$word] }
        elseif ($command) { $place++ }
        elseif ($words['commands'] -replace "`t.*" -ccontains $word) { $command = $word }
        else { $command = 'tail'; $place = 1 }
    }

    $typed = $wordToComplete.Trim("'", '"'); $before = ''; $offers = @()
    if (-not $value -and $typed -match '^(--[a-z-]+=)(.*)$') {
        $before = $Matches[1]; $typed = $Matches[2]; $value = $takes[$before.TrimEnd('=')]
    }
    elseif (-not $value -and $typed -like '-*') {
        $named = if ($command) { $command } else { 'tail' }
        $offers = foreach ($row in $options) {
            $having, $names, $null, $help = $row -split "`t"
            if ($having -split ' ' -ccontains $named) {
                foreach ($name in $names -split ' ') { "$name`t$help" }
            }
        }
    }
    elseif (-not $value -and -not $command) { $offers = $words['commands']; $value = 'specs' }
    elseif (-not $value) {
        $value = $arguments["${command}:$place"], $arguments["${command}:*"] -ne $null |
            Select-Object -First 1
    }

    if ($value -in 'specs', 'profiles') {
        try {
            $encoding = [Console]::OutputEncoding
            [Console]::OutputEncoding = [Text.UTF8Encoding]::new($false)
            try { $offers = @($offers) + @(& chatapp-tail complete $value @line 2>$null) }
            finally { [Console]::OutputEncoding = $encoding }
        }
        catch { }
    }
    elseif ($value) { $offers = $words[$value] }

    # A name with anything in it that means more than itself goes into quotes.
    foreach ($offer in $offers) {
        $name, $help = $offer -split "`t", 2
        if (-not $name -or -not $name.StartsWith($typed, [StringComparison]::Ordinal)) { continue }
        $text = $before + $name
        if ($text -notmatch '^[A-Za-z0-9_./=-]+$') {
            $text = $text -replace "['\u2018-\u201b]", '$0$0'
            $text = "'$text'"
        }
        if (-not $help) { $help = $name }
        [Management.Automation.CompletionResult]::new($text, $name, 'ParameterValue', $help)
    }
}
