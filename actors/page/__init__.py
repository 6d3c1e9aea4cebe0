"""A small web server on Trio: what a browser asks, what it is answered, and who may ask."""
