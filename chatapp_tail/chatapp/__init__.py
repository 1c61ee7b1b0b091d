"""What ChatApp puts inside a Pusher event: channels, events, records. Pure data."""
