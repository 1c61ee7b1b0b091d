"""Events to a webhook's URL, in the form that ChatApp's own webhooks have."""
