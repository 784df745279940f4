"""HTTP: routes over the service, with access control in front."""
