"""What we own and what it brought: inventory and profit and loss."""
