"""A recorded market lived through once more, with our orders in it: others' transactions executed anew beside ours."""
