"""What a running session shows and tells the outside in real time: the page, the figures, alerts, signs of life."""
