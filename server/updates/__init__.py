"""Commands that wait and updates that are sent: queues that keep the newest of each kind."""
