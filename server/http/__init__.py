"""Serve HTTP: routes for the service, with access control in front."""
