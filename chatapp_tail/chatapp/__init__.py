"""What ChatApp puts into Pusher events: channels, events, records. Pure data."""
