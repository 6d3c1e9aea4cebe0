"""What sessions came to: in the terminal, as a page, side by side, and as the experiment log."""
