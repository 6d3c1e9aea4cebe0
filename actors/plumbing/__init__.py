"""What the actors stand on: mailboxes, supervision, wiring, the clock, the tap, files."""
