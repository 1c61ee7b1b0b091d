"""Events made on purpose: samples and files, changed, into a local ChatApp or to a webhook."""
